"""Papers that are the same for everybody, kept on disk beyond a restart and for a second process.

A paper is found by a name that holds everything that shapes it, the programs and templates that
draw it included (`drawn_by`), so an upgrade never serves an old layout. It is written beside and
then moved into place, so a killed process leaves no half of one. A file that is broken or of
somebody else is passed over. Files carry no time of theirs: when a sheet was asked for is
nobody's business. What a person wrote never comes here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Final

import structlog

from app.rendering.paper import Pdf

log = structlog.get_logger()

MOST_ON_DISK: Final = 64 * 1024**2
MOST_IN_ONE: Final = 4 * 1024**2
ENDING: Final = ".paper"
FORMAT: Final = 1
ENGINE: Final = ("weasyprint", "pydyf", "fonttools", "jinja2", "segno")
PROGRAM: Final = Path(__file__).resolve().parent.parent
NO_TIME: Final = (0, 0)


def drawn_by(templates: Path, styles: Iterable[str]) -> str:
    """Return a hash over what draws papers: our program, templates, styles, and the engine.

    `styles` are addresses with the hash of their bytes, and of the fonts that they name. More
    than strictly needed goes in: a paper made again costs a second, an old one would be wrong.
    """
    digest = hashlib.sha256()
    for folder, pattern in ((PROGRAM, "*.py"), (templates, "*.html")):
        for path in sorted(folder.rglob(pattern)):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    engine = [f"{name} {version(name)}" for name in ENGINE]
    digest.update(json.dumps([engine, sorted(styles)]).encode())
    return digest.hexdigest()[:16]


@dataclass
class PaperFolder:
    """Papers on disk, up to `most_bytes`; each of those that draw alike has a folder of its own.

    Nothing here raises: where the disk refuses, a paper is made again.
    """

    folder: Path
    templates: Path
    styles: Iterable[str]
    most_bytes: int = MOST_ON_DISK

    @cached_property
    def _mine(self) -> Path:
        return self.folder / drawn_by(self.templates, self.styles)

    def find(self, name: str) -> Pdf | None:
        """Return the paper of a name, or nothing where it is not there or not whole."""
        try:
            with self._path(name).open("rb") as file:
                return _read(file.read(MOST_IN_ONE + 1), name)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, pdf: Pdf) -> None:
        """Put a paper where `find` finds it, in one move."""
        written = _write(pdf, name)
        if len(written) > MOST_IN_ONE:
            return
        try:
            self._mine.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _beside(self._mine) as scratch:
                scratch.write_bytes(written)
                os.utime(scratch, NO_TIME)
                scratch.replace(self._path(name))
            self._make_room()
        except OSError as failed:
            log.warning("paper_not_kept", error=type(failed).__name__)

    def _path(self, name: str) -> Path:
        return self._mine / f"{hashlib.sha256(name.encode()).hexdigest()[:40]}{ENDING}"

    def _make_room(self) -> None:
        """Let go of what others drew, then of any: no file says which was asked for last."""
        sizes = dict(_sizes(self.folder))
        total = sum(sizes.values())
        if total <= self.most_bytes:
            return
        for other in self.folder.iterdir():
            if other.is_dir() and other != self._mine:
                shutil.rmtree(other, ignore_errors=True)
        mine = {path: size for path, size in sizes.items() if path.parent == self._mine}
        _thin(mine, self.most_bytes)


def _thin(sizes: Mapping[Path, int], most_bytes: int) -> None:
    total = sum(sizes.values())
    for path in random.sample(sorted(sizes), len(sizes)):
        if total <= most_bytes * 3 // 4:
            return
        path.unlink(missing_ok=True)
        total -= sizes[path]


def _sizes(folder: Path) -> Iterator[tuple[Path, int]]:
    for path in folder.glob(f"*/*{ENDING}"):
        with contextlib.suppress(OSError):  # another process made room meanwhile
            yield path, path.stat().st_size


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    number, name = tempfile.mkstemp(dir=folder)
    os.close(number)
    scratch = Path(name)
    try:
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)


def _write(pdf: Pdf, name: str) -> bytes:
    head = {
        "format": FORMAT,
        "name": name,
        "pages": pdf.pages,
        "missing": pdf.missing,
        "sha256": hashlib.sha256(pdf.body).hexdigest(),
    }
    return json.dumps(head).encode() + b"\n" + pdf.body


def _read(written: bytes, name: str) -> Pdf | None:
    """Return the paper in a file; raises ValueError, KeyError or TypeError on a foreign one."""
    first, _, body = written.partition(b"\n")
    head = json.loads(first)
    whole = head["sha256"] == hashlib.sha256(body).hexdigest()
    if not whole or (head["format"], head["name"]) != (FORMAT, name):
        return None
    return Pdf(body, int(head["pages"]), str(head["missing"]))
