"""Pages about the service itself: what mode it is in, whom to call, which teams there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.content.library import Library
from app.db.queries.staff import AccountState, StaffEntry
from app.db.queries.teams import TeamEntry
from app.domain.feedback import LONGEST_PATH, MOST_DAYS
from app.rendering.page import Page
from app.services.feedback import ReaderDraft
from app.services.service_mode import ServiceState


@dataclass(frozen=True)
class SwitchedGrids:
    """The grids that are off until this site switches them on, by public id.

    ``lack_number`` says that they stay closed because there is no local crisis number.
    """

    public_ids: tuple[str, ...]
    on: bool
    lack_number: bool

    @classmethod
    def of(cls, library: Library, state: ServiceState) -> SwitchedGrids:
        """Return how the switch stands."""
        found = {r.public_id for r in library.list_current() if r.grid.off_until_switched_on}
        return cls(tuple(sorted(found)), state.sensitive_grids_on, not state.local_crisis_number)


@dataclass(frozen=True)
class SwitchedBands:
    """The grids that end with words on personal budgets once this site switches them on."""

    public_ids: tuple[str, ...]
    on: bool

    @classmethod
    def of(cls, library: Library, state: ServiceState) -> SwitchedBands:
        """Return how the switch stands."""
        found = {
            release.public_id
            for release in library.list_current()
            if any(band.switch == "personal-budgets" for band in release.grid.bands)
        }
        return cls(tuple(sorted(found)), state.personal_budgets_on)


@dataclass(frozen=True)
class FeedbackReading:
    """Who reads what people write about grids. ``people`` are those who could, by id and name.

    ``lacks_reader``: it is switched on, and the account that reads is switched off.
    """

    on: bool
    lacks_reader: bool
    people: tuple[tuple[str, str], ...]
    filled: ReaderDraft
    most_days: int = MOST_DAYS
    longest_path: int = LONGEST_PATH

    @classmethod
    def of(
        cls, state: ServiceState, staff: Iterable[StaffEntry], draft: ReaderDraft | None
    ) -> FeedbackReading:
        """Return how it stands, with what was typed where it is drawn again."""
        days = str(state.feedback_days) if state.feedback_days else ""
        kept = ReaderDraft(state.feedback_reader, days, state.feedback_path)
        people = tuple((s.id, s.name) for s in staff if s.state is not AccountState.DISABLED)
        lacks = state.feedback_on and state.feedback_reader not in {id_ for id_, _ in people}
        return cls(state.feedback_on, lacks, people, draft or kept)


@dataclass(frozen=True)
class ServicePage(Page):
    """The service. ``number`` and ``team_name`` are as typed when a fault is shown."""

    template: ClassVar[str] = "pages/service_admin/service.html"
    mode: str
    demo: bool
    number: str
    teams: tuple[TeamEntry, ...]
    switched: SwitchedGrids
    budgets: SwitchedBands
    own_phones: bool
    phone_host: str
    exposure_counts: bool
    profile_wording: bool
    course: bool
    second: bool
    reading: FeedbackReading
    team_name: str = ""
    done: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TeamPage(Page):
    """One team: its name, and closing it."""

    template: ClassVar[str] = "pages/service_admin/team.html"
    team: TeamEntry
    name: str
    faults: Mapping[str, str] = field(default_factory=dict)
