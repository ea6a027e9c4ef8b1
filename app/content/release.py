"""Freezing a draft: every voice, the structure and the evidence it uses, in one hashed file.

`GridRelease` is what is served and printed. Fields: `slug`, `public_id`, `number` (from 1),
`released_on`, `note`, `grid` (structure), `voices` ("young-person.en" -> VoiceWords),
`sources` and `figures` (only those used, by id) and `sha256`, the hash over the bytes of
its file. A release is never edited; a change is the next number.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from app.content.finding import Finding
from app.content.grid import Figure, Grid, ReadOnly, Source
from app.content.parse import ENGLISH, Draft
from app.content.wording import VoiceWords

RELEASED: Final = "_released"
LOCK: Final = "RELEASES.lock"
DRAFT_RELEASE: Final = "draft release"


@dataclass(frozen=True, slots=True)
class GridRelease:
    """One frozen edition of a grid; see the module's docstring."""

    format: int
    slug: str
    public_id: str
    number: int
    released_on: date
    note: str
    grid: Grid
    voices: ReadOnly[str, VoiceWords]
    sources: ReadOnly[str, Source]
    figures: ReadOnly[str, Figure]
    sha256: str

    def words(self, voice: str, language: str = ENGLISH) -> VoiceWords:
        """The words of a voice. Raises KeyError where that voice or language is not there."""
        return self.voices[f"{voice}.{language}"]


@dataclass(frozen=True, slots=True)
class LockLine:
    """One line of RELEASES.lock, its fields parted by tabs.

    `approvals` is "draft release" until two reviewers approved that very hash, then
    "approved"; a later line of the same slug and number replaces an earlier one.
    """

    slug: str
    number: int
    sha256: str
    released_on: date
    approvals: str
    note: str

    def __str__(self) -> str:
        day = self.released_on.isoformat()
        return "\t".join((self.slug, str(self.number), self.sha256, day, self.approvals, self.note))


class GridHasFindings(Exception):
    """The gate found something to mend, so nothing was released."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{len(findings)} to mend")
        self.findings = findings


class NothingChanged(Exception):
    """The draft says what the last release says, so there is nothing to release."""


class LockIsBroken(Exception):
    """A line of RELEASES.lock cannot be read."""


def canonical_bytes(plain_json: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: the bytes that are hashed."""
    text = json.dumps(
        plain_json, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8")


def plain(value: Any) -> Any:
    """Frozen content as plain JSON values."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, date) else value


def freeze(draft: Draft, number: int, note: str, today: date) -> bytes:
    """The canonical bytes of a draft as edition `number`."""
    grid = draft.grid
    figures = {name: draft.evidence.figures[name] for name in grid.used_figures()}
    named = {*grid.used_sources(), *(figure.source for figure in figures.values())}
    return canonical_bytes(
        {
            "format": 1,
            "slug": grid.slug,
            "public_id": grid.public_id,
            "number": number,
            "released_on": today.isoformat(),
            "note": note,
            "grid": plain(grid),
            "voices": {f"{w.voice}.{w.language}": plain(w) for w in draft.voices.values()},
            "sources": {name: plain(draft.evidence.sources[name]) for name in named},
            "figures": plain(figures),
        }
    )


def thaw(raw: bytes) -> GridRelease:
    """The release of these bytes. Raises ValueError when they are not a release."""
    loaded = json.loads(raw)
    if not isinstance(loaded, dict):
        raise ValueError("a release is one JSON object")  # noqa: TRY004  (callers await one error)
    return _adapter().validate_python(loaded | {"sha256": hashlib.sha256(raw).hexdigest()})


@cache
def _adapter() -> TypeAdapter[GridRelease]:
    return TypeAdapter(GridRelease)


def read_lock(root: Path) -> tuple[list[LockLine], list[str]]:
    """The lines of RELEASES.lock and the lines that cannot be read."""
    path = root / RELEASED / LOCK
    if not path.exists():
        return [], []
    lines, broken = [], []
    for number, row in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
        if row.strip():
            try:
                lines.append(_lock_line(row))
            except ValueError:
                broken.append(f"{RELEASED}/{LOCK}:{number} cannot be read")
    return lines, broken


def _lock_line(row: str) -> LockLine:
    slug, number, sha256, day, approvals, note = row.split("\t")
    return LockLine(slug, int(number), sha256, date.fromisoformat(day), approvals, note)


def release_grid(root: Path, slug: str, *, note: str, today: date) -> LockLine:
    """Freeze a grid that passes the gate and enter it in RELEASES.lock.

    Raises GridHasFindings, NothingChanged or LockIsBroken; then nothing is written.
    """
    # The gate and its dictionary load only where something is released: a server never checks.
    from app.content.check import check_grid

    report = check_grid(root, slug)
    if report.draft is None or report.findings:
        raise GridHasFindings(report.findings)
    lines, broken = read_lock(root)
    if broken:
        raise LockIsBroken(broken[0])
    last = max((line.number for line in lines if line.slug == slug), default=0)
    raw = freeze(report.draft, last + 1, note, today)
    if last and _same_content(root / RELEASED / slug / f"{last}.json", raw):
        raise NothingChanged(slug)
    line = LockLine(
        slug, last + 1, hashlib.sha256(raw).hexdigest(), today, DRAFT_RELEASE, _one_line(note)
    )
    # The file first: a file that no line names was never released, and is written again.
    _write_whole(root / RELEASED / slug / f"{line.number}.json", raw)
    entries = "".join(f"{entry}\n" for entry in [*lines, line])
    _write_whole(root / RELEASED / LOCK, entries.encode("utf-8"))
    return line


def _one_line(note: str) -> str:
    return " ".join(note.split())


def _same_content(path: Path, raw: bytes) -> bool:
    """Whether two editions say the same; a field that did not exist then has its default."""
    try:
        return _content(thaw(path.read_bytes())) == _content(thaw(raw))
    except (OSError, ValueError):
        return False


def _content(release: GridRelease) -> GridRelease:
    return replace(release, number=0, released_on=date.min, note="", sha256="")


def _write_whole(path: Path, raw: bytes) -> None:
    """All of the bytes or none: written beside, then moved into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as handle:
            handle.write(raw)
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
