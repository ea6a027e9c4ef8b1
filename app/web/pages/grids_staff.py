"""The grids as staff see them: which edition is out, where it stands, what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.content.library import Library, Problem
from app.content.release import GridRelease
from app.rendering.page import Page
from app.services.service_mode import ServiceState
from app.web.pages.offered import FAMILY_VOICE, is_switched_on


@dataclass(frozen=True)
class ReleaseRow:
    """One edition. ``status`` is draft_release, approved, expired or withdrawn."""

    slug: str
    public_id: str
    version: int
    title: str
    setting: str
    topic: str
    status: str
    released_on: date
    review_on: date
    review_due: bool
    expires_on: date
    sha256: str
    switched_on: bool

    @property
    def href(self) -> str:
        """Return the address of this very edition."""
        return f"/g/{self.public_id}/{self.version}"

    @property
    def review_href(self) -> str:
        """Return where reviewers read it."""
        return f"/grids/{self.public_id}/{self.version}"


@dataclass(frozen=True)
class GridsPage(Page):
    """Every edition of every grid, newest first; in a baseline period without links to them."""

    template: ClassVar[str] = "pages/grids_staff/list.html"
    rows: tuple[ReleaseRow, ...]
    problems: tuple[Problem, ...]
    grids_open: bool
    may_read: bool

    @property
    def any_draft(self) -> bool:
        """Say whether a draft is listed."""
        return any(row.status == "draft_release" for row in self.rows)

    @classmethod
    def of(
        cls,
        library: Library,
        state: ServiceState,
        on: date,
        *,
        grids_open: bool,
        may_read: bool,
    ) -> GridsPage:
        """Return the list as it stands on a day; ``may_read`` adds the way to each review."""
        order = sorted(library.releases.values(), key=_order)
        rows = tuple(_row(library, state, release, on) for release in order)
        return cls(rows, library.problems, grids_open, may_read)


def _order(release: GridRelease) -> tuple[str, str, str, int]:
    return release.grid.topic, release.grid.setting, release.slug, -release.number


def _row(library: Library, state: ServiceState, release: GridRelease, on: date) -> ReleaseRow:
    review = release.grid.review
    return ReleaseRow(
        slug=release.slug,
        public_id=release.public_id,
        version=release.number,
        title=release.words(FAMILY_VOICE).title,
        setting=release.grid.setting,
        topic=release.grid.topic,
        status=library.status(release, on).value,
        released_on=release.released_on,
        review_on=review.review_on,
        review_due=library.review_is_due(release, on),
        expires_on=review.expires_on,
        sha256=release.sha256,
        switched_on=is_switched_on(state, release),
    )
