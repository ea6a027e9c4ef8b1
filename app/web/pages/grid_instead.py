"""What stands in place of the columns: for others than those whom they fit, or after their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Self

from app.content.library import Library, ReleaseStatus
from app.content.release import GridRelease
from app.rendering.page import Page
from app.web.pages.grid import GridPage, OtherGrid, other_half

CLOSED: Final = (ReleaseStatus.EXPIRED, ReleaseStatus.WITHDRAWN)


@dataclass(frozen=True)
class GridApartPage(GridPage):
    """What a grid says to those whom its columns do not fit: their words and no column."""

    template: ClassVar[str] = "pages/grid/apart.html"


@dataclass(frozen=True)
class GridClosedPage(Page):
    """An edition that is not offered any more: `reason` is expired or withdrawn, `why` a key."""

    template: ClassVar[str] = "pages/grid/closed.html"
    links_away: ClassVar[bool] = True

    reason: str
    why: str
    voice: str
    number: int
    closed_on: date | None
    newer: str | None
    other: OtherGrid | None

    @classmethod
    def of(
        cls, release: GridRelease, voice: str, library: Library, today: date, why: str = ""
    ) -> Self:
        """The notice in place of a grid, with the way to what is offered instead."""
        status = library.status(release, today)
        newest = library.current(release.public_id)
        offered = newest is not None and library.status(newest, today) not in CLOSED
        expired = status == ReleaseStatus.EXPIRED
        return cls(
            reason=status.value,
            why=why,
            voice=voice,
            number=release.number,
            closed_on=release.grid.review.expires_on if expired else None,
            newer=f"/g/{release.public_id}" if offered else None,
            other=other_half(release, voice, library),
        )


@dataclass(frozen=True)
class GridClosedFragment(GridClosedPage):
    """The same notice without surroundings."""

    template: ClassVar[str] = "fragments/grid-closed.html"
    links_away: ClassVar[bool] = False
