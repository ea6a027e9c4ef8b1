"""The first page of everybody who works here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar, Final

from app.db.queries.encounters import EncounterEntry
from app.domain.access import Permission, Viewer
from app.rendering.page import Page
from app.services.feedback import Waiting
from app.web.pages.tablets import TabletRow
from app.web.pages.triage import Tile

#: What a role without encounters finds on its first page, in the order of the navigation.
OWN_LINKS: Final = (
    ("/grids", "grids", Permission.GRID_VIEW),
    ("/tablets", "tablets", Permission.TABLET_VIEW),
    ("/local", "local", Permission.LOCAL_OFFER_EDIT),
    ("/course", "course", Permission.HOME_VIEW),
    ("/own-results", "own_results", Permission.ENCOUNTER_OPEN),
    ("/research", "research", Permission.COMPLETENESS_VIEW),
    ("/exports", "exports", Permission.EXPORT_REQUEST),
    ("/exports", "exports", Permission.EXPORT_APPROVE),
    ("/audit", "audit", Permission.AUDIT_VIEW),
    ("/paper-answers", "paper_answers", Permission.ANSWER_ENTER),
    ("/erase", "erase", Permission.ERASURE_RECORD),
    ("/quarantine", "quarantine", Permission.QUARANTINE_VIEW),
    ("/retention", "retention", Permission.RETENTION_VIEW),
    ("/staff", "staff", Permission.STAFF_MANAGE),
    ("/service", "service", Permission.SERVICE_MANAGE),
)


@dataclass(frozen=True)
class HomeLink:
    """Where a role's own work is; ``waiting`` counts what wants a decision there."""

    href: str
    key: str
    waiting: int = 0


@dataclass(frozen=True)
class HomePage(Page):
    """Two large things to press and today's open encounters; or a box for a code; or links."""

    template: ClassVar[str] = "pages/home/home.html"
    starts_appointments: bool
    takes_code: bool
    grids_open: bool
    open_today: tuple[EncounterEntry, ...]
    links: tuple[HomeLink, ...]
    tablets: tuple[TabletRow, ...] = ()
    topics: tuple[Tile, ...] = ()

    @classmethod
    def of(
        cls,
        viewer: Viewer,
        open_today: tuple[EncounterEntry, ...],
        *,
        grids_open: bool,
        zone: tzinfo,
        tablets: tuple[TabletRow, ...] = (),
        set_aside: int = 0,
        topics: tuple[Tile, ...] = (),
        course: bool = False,
        may_write: bool = False,
        reads: bool = False,
        texts: Waiting = Waiting(),
    ) -> HomePage:
        """Return the page that fits what the viewer may do, with times as clocks show them.

        Of ``tablets`` those are shown that somebody should look at today; ``set_aside`` counts
        the copies in quarantine that wait for a decision. ``topics`` lead into triage, so that the
        right grid is two taps away. ``course`` says whether the form about courses is open,
        ``may_write`` the one about grids; ``reads`` that this viewer reads what comes of it, of
        which ``texts`` wait.
        """
        starts = viewer.may(Permission.ENCOUNTER_OPEN)
        return cls(
            starts_appointments=starts,
            takes_code=viewer.may(Permission.TABLET_HAND_OVER) and not starts,
            grids_open=grids_open,
            open_today=tuple(entry.seen_in(zone) for entry in open_today),
            links=(
                *_text_links(texts, reads=reads, may_write=may_write),
                *_links(viewer, starts=starts, set_aside=set_aside, course=course),
            ),
            tablets=tuple(tablet for tablet in tablets if tablet.is_urgent),
            topics=topics if starts and grids_open else (),
        )


def _text_links(texts: Waiting, *, reads: bool, may_write: bool) -> tuple[HomeLink, ...]:
    """First what waits to be read: somebody may have put a worry into it."""
    overdue = HomeLink(
        "/feedback" if reads else "/service#feedback", "feedback_overdue", texts.overdue
    )
    return (
        *([overdue] if texts.overdue else []),
        *([HomeLink("/feedback", "feedback", texts.unread)] if reads else []),
        *([HomeLink("/feedback/new", "feedback_new")] if may_write else []),
    )


def _links(viewer: Viewer, *, starts: bool, set_aside: int, course: bool) -> tuple[HomeLink, ...]:
    """Somebody who starts appointments finds grids and tablets above already."""
    hidden = {"grids", "tablets", "paper_answers"} if starts else set()
    found = {
        href: HomeLink(href, key, set_aside if key == "quarantine" else 0)
        for href, key, permission in OWN_LINKS
        if viewer.may(permission) and key not in hidden and (course or key != "course")
    }
    return tuple(found.values())
