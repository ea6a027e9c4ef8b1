"""An encounter: what a draft of one holds, its states, and which moves between them exist.

The table ``TRANSITIONS`` is the rule; everything else asks it. An encounter is never deleted:
one that was opened by mistake is voided, with a reason from a closed list, so that nobody types
a sentence about a family into a field that outlives the day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Person,
    Phase,
)
from app.errors import AppError

FEWEST_PICKED: Final = 2
MOST_PICKED: Final = 4


class EncounterState(StrEnum):
    """Where an encounter stands."""

    OPEN = "open"
    WITH_FAMILY = "with_family"
    CLOSED = "closed"
    VOIDED = "voided"


class VoidReason(StrEnum):
    """Why an encounter does not count. A closed list: no free text about a family."""

    OPENED_BY_MISTAKE = "opened_by_mistake"
    WRONG_TEAM = "wrong_team"
    DUPLICATE = "duplicate"
    FAMILY_LEFT = "family_left"


#: From each state, the states that it may turn to. A tablet that was lost never comes back, so
#: an encounter can be closed or voided from another screen while a family still holds one. A
#: closed encounter can still turn out to have been a mistake; a voided one stays voided.
TRANSITIONS: Final[Mapping[EncounterState, frozenset[EncounterState]]] = MappingProxyType(
    {
        EncounterState.OPEN: frozenset(
            {EncounterState.WITH_FAMILY, EncounterState.CLOSED, EncounterState.VOIDED}
        ),
        EncounterState.WITH_FAMILY: frozenset(
            {EncounterState.OPEN, EncounterState.CLOSED, EncounterState.VOIDED}
        ),
        EncounterState.CLOSED: frozenset({EncounterState.VOIDED}),
        EncounterState.VOIDED: frozenset(),
    }
)

#: In a baseline period the app offers CollaboRATE only (rules of the room 2.1).
PHASES_WITH_GRID: Final = frozenset({Phase.TRAINING, Phase.WITH_GRID, Phase.SUSTAIN})


class EncounterNotOpen(AppError):
    """The encounter is in a state from which this move does not exist."""

    status = 409
    key = "encounter_not_open"


class EncounterAlreadyOpen(EncounterNotOpen):
    """The tablet is here already."""

    key = "encounter_already_open"


class EncounterWithFamily(EncounterNotOpen):
    """A family holds the tablet of this encounter."""

    key = "encounter_with_family"


class EncounterAlreadyClosed(EncounterNotOpen):
    """The encounter is closed."""

    key = "encounter_already_closed"


class EncounterAlreadyVoided(EncounterNotOpen):
    """The encounter was voided, which happens once."""

    key = "encounter_already_voided"


class EncounterIdTaken(AppError):
    """Another appointment, with other content, already has this id."""

    status = 409
    key = "encounter_id_taken"


_REFUSALS: Final[Mapping[EncounterState, type[EncounterNotOpen]]] = {
    EncounterState.OPEN: EncounterAlreadyOpen,
    EncounterState.WITH_FAMILY: EncounterWithFamily,
    EncounterState.CLOSED: EncounterAlreadyClosed,
    EncounterState.VOIDED: EncounterAlreadyVoided,
}


def can_hand_over(state: EncounterState) -> bool:
    """Say whether a tablet may go to the family: a second one may, while they have the first."""
    return state == EncounterState.WITH_FAMILY or can_move(state, EncounterState.WITH_FAMILY)


def can_move(state: EncounterState, to: EncounterState) -> bool:
    """Say whether an encounter in ``state`` may turn to ``to``."""
    return to in TRANSITIONS[state]


def check_can_move(state: EncounterState, to: EncounterState) -> None:
    """Raise the EncounterNotOpen that says how things stand, if the move does not exist."""
    if not can_move(state, to):
        raise _REFUSALS[state]


def can_offer_grid(phase: Phase) -> bool:
    """Say whether a grid may be shown in this phase of a study."""
    return phase in PHASES_WITH_GRID


@dataclass(frozen=True, slots=True)
class GridChoice:
    """The edition that a family will see, and the options picked to start with.

    ``picked`` is empty (all are shown) or 2 to 4 option ids in the order of the grid.
    """

    public_id: str
    version: int
    sha256: str
    picked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EncounterDraft:
    """What staff fill in to open an encounter. Parsed by the form, so every value is known.

    ``id`` is a UUID4 made by the device, ``practitioner`` the opaque id of who is responsible
    (never the account's own id), ``encounter_on`` the day by the service's own time zone.
    There is no field for a name, a date of birth or an NHS number, and none may be added.
    """

    id: str
    team: str
    practitioner: str
    encounter_on: date
    appointment_type: AppointmentType
    appointment_mode: AppointmentMode
    people_present: tuple[Person, ...]
    language: str
    interpreter: Interpreter
    topic: str | None = None
    need_group_practitioner: NeedGroup | None = None
    need_group_young_person: NeedGroup | None = None
    age_band: AgeBand | None = None
    study_code: str | None = None
    grid: GridChoice | None = None


def picks_fit(picked: Iterable[str]) -> bool:
    """Say whether a pick is none at all or 2 to 4 different options."""
    number = len(set(picked))
    return number == 0 or FEWEST_PICKED <= number <= MOST_PICKED


def header_of(draft: EncounterDraft) -> dict[str, object]:
    """Return the encounter header that travels in every answer set (docs: wire format 1)."""
    return {
        "id": draft.id,
        "team": draft.team,
        "appointment_type": draft.appointment_type.value,
        "appointment_mode": draft.appointment_mode.value,
        "encounter_on": draft.encounter_on.isoformat(),
        "need_group_practitioner": _value(draft.need_group_practitioner),
        "need_group_young_person": _value(draft.need_group_young_person),
        "age_band": _value(draft.age_band),
        "people_present": sorted({person.value for person in draft.people_present}),
        "language": draft.language,
        "interpreter": draft.interpreter.value,
        "study_code": draft.study_code,
        "practitioner": draft.practitioner,
    }


def _value(member: StrEnum | None) -> str | None:
    return None if member is None else member.value
