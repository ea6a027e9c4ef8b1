"""An export as one zip file: made beside its place, hashed, and only then put there.

While it is made, its parts lie in a folder that is readable to the service alone and goes with
the maker, or with the next one that tries. A lock of the operating system says that somebody is
making it now; it ends with its process, also with one that was killed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the zip format's first day: two runs give the same bytes
PIECE: Final = 1 << 20
RECORD: Final = 64


@dataclass(frozen=True)
class Part:
    """One file inside an export: how many bytes and their hash."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Progress:
    """How far a job is: ``stage`` is a key, ``done`` of ``of`` answer sets."""

    stage: str
    done: int
    of: int


class BeingMade(Exception):
    """Somebody is making this export now."""


class ExportPlace:
    """Where the file of an export lies and where it is made."""

    def __init__(self, folder: Path, export_id: str) -> None:
        self.folder = folder
        self.target = folder / f"export-{export_id}.zip"
        self.partial = folder / f"export-{export_id}.partial"
        self.work = folder / f"export-{export_id}.work"
        self.lock = folder / f"export-{export_id}.job"

    def remove(self) -> None:
        """Remove everything that holds rows of this export."""
        self.target.unlink(missing_ok=True)
        self.remove_unfinished()

    def remove_unfinished(self) -> None:
        """Remove what a maker that is gone left behind."""
        self.partial.unlink(missing_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)

    def progress(self) -> Progress | None:
        """Return how far the job is, None where nobody makes this export now."""
        try:
            descriptor = os.open(self.lock, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            stage, done, of = (*os.read(descriptor, RECORD).decode().split(), "", "", "")[:3]
            return Progress(stage or "starting", int(done or 0), int(of or 0))
        finally:
            os.close(descriptor)
        return None

    @contextmanager
    def making(self) -> Iterator[Making]:
        """Hold this export as its maker; leaves nothing behind. Raises BeingMade."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BeingMade from None
            self.remove_unfinished()
            self.work.mkdir(mode=0o700)
            try:
                yield Making(self, descriptor)
            finally:
                # The lock's file stays: whoever opened it just now would hold one of their own.
                self.remove_unfinished()
        finally:
            os.close(descriptor)


class Making:
    """What a maker does: say how far it is, list the parts, put the whole in its place."""

    def __init__(self, place: ExportPlace, descriptor: int) -> None:
        self.place = place
        self.work = place.work
        self._descriptor = descriptor

    def tell(self, stage: str, done: int = 0, of: int = 0) -> None:
        """Say how far it is."""
        record = f"{stage} {done} {of}"[:RECORD].ljust(RECORD)
        os.pwrite(self._descriptor, record.encode(), 0)

    def parts(self) -> list[Part]:
        """Return what was written so far, by name."""
        names = [path for path in self.work.rglob("*") if path.is_file()]
        return [self._part(path) for path in sorted(names)]

    def _part(self, path: Path) -> Part:
        name = path.relative_to(self.work).as_posix()
        return Part(name, path.stat().st_size, file_sha256(path))

    def finish(self, manifest: Mapping[str, Any]) -> str:
        """Put all parts and the manifest in one zip, the zip in its place; return its SHA-256."""
        parts = self.parts()
        whole = {**manifest, "files": [asdict(part) for part in parts]}
        text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        (self.work / "manifest.json").write_text(text, encoding="utf-8")
        with zipfile.ZipFile(self.place.partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in [*(part.name for part in parts), "manifest.json"]:
                self._enter(archive, name)
        self.place.partial.chmod(0o600)
        _sync(self.place.partial)
        sha256 = file_sha256(self.place.partial)
        self.place.partial.rename(self.place.target)
        _sync(self.place.folder)
        return sha256

    def _enter(self, archive: zipfile.ZipFile, name: str) -> None:
        info = zipfile.ZipInfo(name, FIXED_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        source = self.work / name
        with source.open("rb") as file, archive.open(info, "w", force_zip64=True) as member:
            shutil.copyfileobj(file, member, PIECE)
        source.unlink()  # what is in the zip need not be on disk twice


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
