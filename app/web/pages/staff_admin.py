"""Pages for looking after accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.staff import StaffEntry
from app.db.queries.teams import TeamEntry
from app.domain.access import Role
from app.rendering.page import Page
from app.web.forms.accounts import InviteForm

ALL_ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True)
class StaffRow:
    """One line of the list."""

    id: str
    name: str
    username: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    state: str
    second_factor: bool
    by_provider: bool


@dataclass(frozen=True)
class StaffListPage(Page):
    """Everybody who works here."""

    template: ClassVar[str] = "pages/staff_admin/list.html"
    people: tuple[StaffRow, ...]

    @classmethod
    def of(cls, people: tuple[StaffEntry, ...], teams: tuple[TeamEntry, ...]) -> StaffListPage:
        """Return the list, with the names of teams in place of their ids."""
        names = {team.id: team.name for team in teams}
        return cls(tuple(_row(person, names) for person in people))


@dataclass(frozen=True)
class InvitePage(Page):
    """Inviting somebody."""

    template: ClassVar[str] = "pages/staff_admin/invite.html"
    username: str
    name: str
    roles: tuple[str, ...]
    chosen_teams: tuple[str, ...]
    teams: tuple[TeamEntry, ...]
    all_roles: tuple[str, ...] = ALL_ROLES
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        teams: tuple[TeamEntry, ...],
        form: InviteForm | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> InvitePage:
        """Return the form, with what was filled in before."""
        filled = form or InviteForm()
        return cls(
            username=filled.username,
            name=filled.name,
            roles=tuple(filled.roles),
            chosen_teams=tuple(filled.teams),
            teams=teams,
            faults=faults or {},
        )


@dataclass(frozen=True)
class LinkPage(Page):
    """A one-time link, shown once."""

    template: ClassVar[str] = "pages/staff_admin/link.html"
    staff_id: str
    name: str
    username: str
    address: str
    is_reset: bool


@dataclass(frozen=True)
class StaffPage(Page):
    """One account and what can be done with it."""

    template: ClassVar[str] = "pages/staff_admin/person.html"
    person: StaffRow
    roles: tuple[str, ...]
    team_ids: tuple[str, ...]
    teams: tuple[TeamEntry, ...]
    is_self: bool
    done: str = ""
    all_roles: tuple[str, ...] = ALL_ROLES
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        person: StaffEntry,
        teams: tuple[TeamEntry, ...],
        *,
        viewer_id: str,
        roles: Collection[Role] | None = None,
        done: str = "",
        faults: Mapping[str, str] | None = None,
    ) -> StaffPage:
        """Return the page of one account; ``teams`` are the open ones, ``roles`` as ticked."""
        names = {team.id: team.name for team in teams}
        return cls(
            person=_row(person, names),
            roles=tuple(person.roles if roles is None else roles),
            team_ids=person.teams,
            teams=teams,
            is_self=person.id == viewer_id,
            done=done,
            faults=faults or {},
        )


def _row(person: StaffEntry, team_names: Mapping[str, str]) -> StaffRow:
    return StaffRow(
        id=person.id,
        name=person.name,
        username=person.username,
        roles=tuple(role.value for role in person.roles),
        teams=tuple(team_names.get(team, team) for team in person.teams),
        state=person.state.value,
        second_factor=person.second_factor or person.passkeys > 0,
        by_provider=person.by_provider,
    )
