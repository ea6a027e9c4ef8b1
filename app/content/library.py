"""What is served: every released grid, read once at start and never changed.

`Library.load(grids_folder)` reads `_released/` against `RELEASES.lock`. A release whose
file is missing, broken or not of its hash is left out and named in `problems`; the rest
is served. Lookups answer None for what is not there:

- `current(public_id)`  newest edition that is not withdrawn
- `get(public_id, number)`  any edition, withdrawn ones too (printed ones must open again)
- `by_slug(slug)`  newest edition by the writers' name
- `list_current()`  newest edition of each grid, in a fixed order
- `list_offered(on)`  those of them that may be offered on that day (not expired)
- `pair(release)`  the newest edition of the grid beside it (inside or outside the NHS)
- `status(release, on)`  draft_release, approved, expired or withdrawn on that day
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from app.content.release import RELEASED, GridRelease, LockLine, read_lock, thaw


class ReleaseStatus(StrEnum):
    """Where a release stands on a given day."""

    DRAFT_RELEASE = "draft_release"
    APPROVED = "approved"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Problem:
    """A release that was left out, and why."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class Library:
    """The released grids by public id and number, and what was left out."""

    releases: Mapping[tuple[str, int], GridRelease] = field(
        default_factory=lambda: MappingProxyType({})
    )
    approvals: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> Library:
        """Read every release of a grids folder. Never raises on content."""
        lines, broken = read_lock(folder)
        problems = [Problem(*row.split(" ", 1)) for row in broken]
        releases: dict[tuple[str, int], GridRelease] = {}
        approvals: dict[str, str] = {}
        for line in {(line.slug, line.number): line for line in lines}.values():
            found = _read(folder, line)
            if isinstance(found, GridRelease):
                found = _enter(releases, found, line)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                approvals[found.sha256] = line.approvals
        problems += _strays(folder, lines)
        return cls(MappingProxyType(releases), MappingProxyType(approvals), tuple(problems))

    def get(self, public_id: str, number: int) -> GridRelease | None:
        """Any edition that was ever released, as long as its file is whole."""
        return self.releases.get((public_id, number))

    def current(self, public_id: str) -> GridRelease | None:
        """The newest edition that is not withdrawn."""
        return _newest(r for r in self._standing() if r.public_id == public_id)

    def by_slug(self, slug: str) -> GridRelease | None:
        """The newest edition that is not withdrawn, by the writers' name."""
        return _newest(release for release in self._standing() if release.slug == slug)

    def list_current(self) -> tuple[GridRelease, ...]:
        """The newest edition of each grid, by topic and setting."""
        newest = {r.public_id: r for r in sorted(self._standing(), key=lambda r: r.number)}
        return tuple(sorted(newest.values(), key=_order))

    def list_offered(self, on: date) -> tuple[GridRelease, ...]:
        """The current editions that have not expired on that day."""
        return tuple(r for r in self.list_current() if on <= r.grid.review.expires_on)

    def pair(self, release: GridRelease) -> GridRelease | None:
        """The newest edition of the grid that this one names as its pair."""
        return self.by_slug(release.grid.pair) if release.grid.pair else None

    def status(self, release: GridRelease, on: date) -> ReleaseStatus:
        """Where a release stands on a given day; withdrawn weighs more than expired."""
        approvals = self.approvals.get(release.sha256, "")
        if approvals == ReleaseStatus.WITHDRAWN:
            return ReleaseStatus.WITHDRAWN
        if on > release.grid.review.expires_on:
            return ReleaseStatus.EXPIRED
        if approvals == ReleaseStatus.APPROVED:
            return ReleaseStatus.APPROVED
        return ReleaseStatus.DRAFT_RELEASE

    def review_is_due(self, release: GridRelease, on: date) -> bool:
        """Whether the day on which somebody should have looked again has passed."""
        return on > release.grid.review.review_on

    def _standing(self) -> Iterable[GridRelease]:
        withdrawn = {sha for sha, word in self.approvals.items() if word == "withdrawn"}
        return (r for r in self.releases.values() if r.sha256 not in withdrawn)


def _newest(found: Iterable[GridRelease]) -> GridRelease | None:
    return max(found, key=lambda release: release.number, default=None)


def _order(release: GridRelease) -> tuple[str, str, str]:
    return release.grid.topic, release.grid.setting, release.slug


def _read(folder: Path, line: LockLine) -> GridRelease | Problem:
    file = f"{RELEASED}/{line.slug}/{line.number}.json"
    try:
        raw = (folder / file).read_bytes()
    except OSError:
        return Problem(file, "is missing or cannot be read")
    if hashlib.sha256(raw).hexdigest() != line.sha256:
        return Problem(file, "is not what was released: its hash differs from RELEASES.lock")
    try:
        return thaw(raw)
    except (ValueError, RecursionError):
        return Problem(file, "is not a release that this version can read")


def _enter(
    releases: dict[tuple[str, int], GridRelease], release: GridRelease, line: LockLine
) -> GridRelease | Problem:
    file = f"{RELEASED}/{line.slug}/{line.number}.json"
    if (release.slug, release.number) != (line.slug, line.number):
        return Problem(file, "names another grid or number than RELEASES.lock")
    if any(r.public_id == release.public_id and r.slug != release.slug for r in releases.values()):
        return Problem(file, f"public id {release.public_id} belongs to another grid")
    releases[release.public_id, release.number] = release
    return release


def _strays(folder: Path, lines: list[LockLine]) -> list[Problem]:
    named = {f"{line.slug}/{line.number}.json" for line in lines}
    home = folder / RELEASED
    found = sorted(path.relative_to(home).as_posix() for path in home.glob("*/*.json"))
    return [
        Problem(f"{RELEASED}/{file}", "is not named in RELEASES.lock")
        for file in found
        if file not in named
    ]
