"""The list of tablets, the page of one, what to do when one is lost, and making one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from app.content.library import Library
from app.db.queries.tablets import TabletEntry
from app.db.queries.teams import TeamEntry
from app.domain.access import Permission, Viewer
from app.domain.gaps import Span
from app.domain.tablet import GRACE, RevokeReason
from app.domain.tablet_worries import URGENT, find_worries
from app.rendering.page import Page
from app.services.tablets import LONGEST_LABEL

#: How long a controller has to tell the regulator, from when it knew (UK GDPR, Article 33).
TO_TELL: Final = timedelta(hours=72)
#: A loss of more stretches than this is no longer read one by one.
MOST_NAMED: Final = 12
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Age:
    """How long ago something was, in whole ``unit``s: now, minutes, hours or days."""

    count: int
    unit: str

    @classmethod
    def since(cls, then: datetime | None, now: datetime) -> Age | None:
        """Return the age of a moment, None for none; the future counts as now."""
        if then is None:
            return None
        seconds = max(0, int((now - then).total_seconds()))
        for size, unit in ((2 * DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
            if seconds >= size:
                return cls(seconds // {"days": DAY, "hours": HOUR, "minutes": MINUTE}[unit], unit)
        return cls(0, "now")


@dataclass(frozen=True)
class Numbers:
    """Stretches of numbers for reading: the first of them, and how many numbers in all."""

    spans: tuple[Span, ...]
    count: int
    has_more: bool

    @classmethod
    def of(cls, spans: tuple[Span, ...]) -> Numbers:
        """Return the stretches, cut to what somebody can read."""
        count = sum(span.size for span in spans)
        return cls(spans[:MOST_NAMED], count, len(spans) > MOST_NAMED)


@dataclass(frozen=True)
class TabletRow:
    """One tablet as lists, warnings and its page show it.

    ``waiting``, ``kept`` and ``storage`` are None until it was heard of; ``oldest`` is the age of
    the oldest answer that waits there. ``state``: in_use, new or revoked.
    """

    id: str
    number: int
    label: str
    team_name: str
    state: str
    heard: Age | None
    waiting: int | None
    kept: int | None
    oldest: Age | None
    storage: str | None
    lost: Numbers
    awaited: Numbers
    worries: tuple[str, ...]

    @property
    def is_urgent(self) -> bool:
        """Say whether staff should meet it on their first page."""
        return bool(URGENT.intersection(self.worries))

    @classmethod
    def of(cls, entry: TabletEntry, *, generation: str, now: datetime) -> TabletRow:
        """Return the row of a tablet at ``now``; ``generation`` is the service's."""
        report, gaps = entry.report, entry.gaps(generation)
        worries = find_worries(contacted_at=entry.contacted_at, report=report, gaps=gaps, now=now)
        return cls(
            id=entry.id,
            number=entry.number,
            label=entry.label,
            team_name=entry.team_name,
            state=_state(entry),
            heard=Age.since(entry.contacted_at, now),
            waiting=report.waiting if report else None,
            kept=report.kept if report else None,
            oldest=Age.since(report.oldest_waiting_at, now) if report else None,
            storage=report.storage if report else None,
            lost=Numbers.of(gaps.lost),
            awaited=Numbers.of(gaps.awaited),
            worries=() if entry.revoked_at else tuple(worry.value for worry in worries),
        )


@dataclass(frozen=True)
class TabletsPage(Page):
    """Every tablet that the viewer may see."""

    template: ClassVar[str] = "pages/tablets/list.html"
    tablets: tuple[TabletRow, ...]
    may_enrol: bool


@dataclass(frozen=True)
class ReleaseHeld:
    """A release on a tablet. ``state``: newest, older, or gone where it is not served any more."""

    name: str
    href: str | None
    topic: str | None
    released_on: date | None
    age_days: int
    state: str


@dataclass(frozen=True)
class TabletPage(Page):
    """One tablet: everything that is known of it, and the way to the lost-tablet page.

    ``unnumbered`` copies came that could not be opened, so that they told no number. ``tell_by``
    is when the 72 hours are over that began, at the latest, when it was taken out of use.
    """

    template: ClassVar[str] = "pages/tablets/one.html"
    tablet: TabletRow
    enrolled_at: datetime
    contacted_at: datetime | None
    last_seq: int | None
    skew_seconds: int
    installed: bool | None
    build: str
    releases: tuple[ReleaseHeld, ...]
    unnumbered: int
    revoked_at: datetime | None
    revoke_reason: str | None
    tell_by: datetime | None
    may_revoke: bool
    may_enrol: bool
    zone: str
    done: str = ""
    grace_days: int = GRACE.days

    @classmethod
    def of(
        cls,
        entry: TabletEntry,
        viewer: Viewer,
        *,
        library: Library,
        unnumbered: int,
        generation: str,
        now: datetime,
        today: date,
        zone: str,
        done: str = "",
    ) -> TabletPage:
        """Return the page of one tablet."""
        report = entry.report
        return cls(
            tablet=TabletRow.of(entry, generation=generation, now=now),
            enrolled_at=entry.enrolled_at,
            contacted_at=entry.contacted_at,
            last_seq=report.last_seq if report else None,
            skew_seconds=report.skew_seconds if report else 0,
            installed=report.installed if report else None,
            build=report.build if report else "",
            releases=tuple(_held(name, library, today) for name in _names(entry)),
            unnumbered=unnumbered,
            revoked_at=entry.revoked_at,
            revoke_reason=entry.revoke_reason.value if entry.revoke_reason else None,
            tell_by=entry.revoked_at + TO_TELL if entry.revoked_at else None,
            may_revoke=viewer.may(Permission.TABLET_REVOKE),
            may_enrol=viewer.may(Permission.TABLET_ENROL),
            zone=zone,
            done=done,
        )


@dataclass(frozen=True)
class LostTabletPage(Page):
    """What was on a tablet, what to do in which order, and taking it out of use.

    ``tell_by`` is when 72 hours from now are over.
    """

    template: ClassVar[str] = "pages/tablets/lost.html"
    tablet: TabletRow
    contacted_at: datetime | None
    tell_by: datetime
    zone: str
    faults: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = tuple(reason.value for reason in RevokeReason)
    grace_days: int = GRACE.days

    @classmethod
    def of(
        cls,
        entry: TabletEntry,
        *,
        generation: str,
        now: datetime,
        zone: str,
        faults: Mapping[str, str] | None = None,
    ) -> LostTabletPage:
        """Return the page as things stand at ``now``."""
        row = TabletRow.of(entry, generation=generation, now=now)
        return cls(row, entry.contacted_at, now + TO_TELL, zone, faults or {})


@dataclass(frozen=True)
class EnrolPage(Page):
    """Making this device a clinic tablet; the script asks the service, this page has the words."""

    template: ClassVar[str] = "pages/tablets/enrol.html"
    teams: tuple[TeamEntry, ...]
    number: int
    longest_label: int = LONGEST_LABEL


def _state(entry: TabletEntry) -> str:
    if entry.revoked_at is not None:
        return "revoked"
    return "new" if entry.contacted_at is None else "in_use"


def _names(entry: TabletEntry) -> list[str]:
    return sorted(set(entry.report.releases)) if entry.report else []


def _held(name: str, library: Library, today: date) -> ReleaseHeld:
    public_id, _, number = name.partition("/")
    release = library.get(public_id, int(number))
    if release is None:
        return ReleaseHeld(name, None, None, None, 0, "gone")
    newest = library.current(public_id)
    status = library.status(release, today).value
    state = status if status in {"withdrawn", "expired"} else "older"
    return ReleaseHeld(
        name=name,
        href=f"/g/{name}",
        topic=release.grid.topic,
        released_on=release.released_on,
        age_days=(today - release.released_on).days,
        state="newest" if release == newest and state == "older" else state,
    )
