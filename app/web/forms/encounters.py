"""The form that opens an encounter, and the small ones on its page, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID, uuid4

from starlette.datastructures import FormData

from app.content.release import GridRelease
from app.domain.capture import check_study_code
from app.domain.encounter import EncounterDraft, GridChoice, VoidReason, picks_fit
from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Person,
)
from app.web.forms.reading import text, texts

NO_GRID: Final = "none"
#: Languages of appointments, by code; each is written in its own words on the page.
LANGUAGES: Final = (
    "en", "cy", "bfi", "ar", "bn", "zh", "fr", "gu", "ku", "ps", "fa", "pl", "pt", "pa", "ro",
    "so", "es", "ti", "tr", "uk", "ur",
)  # fmt: skip
OTHER_LANGUAGE: Final = "und"

_Known = TypeVar("_Known", bound=StrEnum)
Faults = Mapping[str, str]
#: Gives the edition of (public id, version) if it may be opened with a family today.
FindRelease = Callable[[str, int], GridRelease | None]


@dataclass(frozen=True)
class EncounterForm:
    """What was filled in, as typed; kept so that the page can be drawn again."""

    id: str
    team: str = ""
    topic: str = ""
    group: str = ""
    young_person_group: str = ""
    grid: str = ""
    picks: frozenset[str] = frozenset()
    appointment_type: str = ""
    appointment_mode: str = AppointmentMode.IN_PERSON.value
    age_band: str = ""
    people: frozenset[str] = frozenset()
    language: str = "en"
    interpreter: str = Interpreter.NONE.value
    study_code: str = ""

    @classmethod
    def blank(
        cls, *, topic: str = "", group: str = "", teams: Collection[str] = ()
    ) -> EncounterForm:
        """Return an empty form; the only team of somebody is chosen already."""
        team = next(iter(teams)) if len(teams) == 1 else ""
        return cls(id=str(uuid4()), topic=topic, group=group, team=team)


@dataclass(frozen=True)
class Opening:
    """What the service says about a draft beside the form itself."""

    teams: Collection[str]
    topics: Collection[str]
    find_release: FindRelease
    grid_needed: bool
    practitioner: str
    today: date


def read_encounter_form(form: FormData) -> EncounterForm:
    """Return the form as typed."""
    return EncounterForm(
        id=text(form, "id").strip().lower(),
        team=text(form, "team"),
        topic=text(form, "topic"),
        group=text(form, "group"),
        young_person_group=text(form, "young_person_group"),
        grid=text(form, "grid"),
        picks=frozenset(texts(form, "pick")),
        appointment_type=text(form, "appointment_type"),
        appointment_mode=text(form, "appointment_mode"),
        age_band=text(form, "age_band"),
        people=frozenset(texts(form, "people")),
        language=text(form, "language"),
        interpreter=text(form, "interpreter"),
        study_code=text(form, "study_code").strip().upper(),
    )


def parse_encounter(form: EncounterForm, opening: Opening) -> EncounterDraft | Faults:
    """Return the draft, or a message key for each field that cannot be kept."""
    faults = {key: fault for key, fault in _find_faults(form, opening) if fault}
    if faults:
        return faults
    return EncounterDraft(
        id=form.id,
        team=form.team,
        practitioner=opening.practitioner,
        encounter_on=opening.today,
        appointment_type=AppointmentType(form.appointment_type),
        appointment_mode=AppointmentMode(form.appointment_mode),
        people_present=tuple(person for person in Person if person.value in form.people),
        language=form.language,
        interpreter=Interpreter(form.interpreter),
        topic=form.topic or None,
        need_group_practitioner=_maybe(NeedGroup, form.group),
        need_group_young_person=_maybe(NeedGroup, form.young_person_group),
        age_band=_maybe(AgeBand, form.age_band),
        study_code=form.study_code or None,
        grid=_choice(form, opening),
    )


def read_need_group(form: FormData) -> NeedGroup | None:
    """Return the young person's own view; None takes it back."""
    return _maybe(NeedGroup, text(form, "young_person_group"))


def read_void_reason(form: FormData) -> VoidReason | None:
    """Return the chosen reason, or None where none of the list was chosen."""
    return _maybe(VoidReason, text(form, "reason"))


def _find_faults(form: EncounterForm, opening: Opening) -> tuple[tuple[str, str], ...]:
    return (
        ("form", "" if _is_uuid4(form.id) else "page_too_old"),
        ("topic", "" if form.topic in {"", *opening.topics} else "unknown_choice"),
        ("group", _unknown(NeedGroup, form.group)),
        ("young_person_group", _unknown(NeedGroup, form.young_person_group)),
        ("grid", _grid_fault(form, opening)),
        ("pick", _pick_fault(form, opening)),
        ("team", "" if form.team in opening.teams else "choose_team"),
        ("appointment_type", _missing(AppointmentType, form.appointment_type, "choose_type")),
        ("appointment_mode", _missing(AppointmentMode, form.appointment_mode, "choose_mode")),
        ("people", _people_fault(form)),
        ("age_band", _unknown(AgeBand, form.age_band)),
        ("language", "" if form.language in {*LANGUAGES, OTHER_LANGUAGE} else "unknown_choice"),
        ("interpreter", _missing(Interpreter, form.interpreter, "unknown_choice")),
        ("study_code", _study_code_fault(form.study_code)),
    )


def _grid_fault(form: EncounterForm, opening: Opening) -> str:
    if not opening.grid_needed or form.grid == NO_GRID:
        return ""
    if not form.grid:
        return "choose_grid"
    return "" if _release(form, opening) else "grid_gone"


def _pick_fault(form: EncounterForm, opening: Opening) -> str:
    release = _release(form, opening)
    return "" if release is None or picks_fit(_picked(form, release)) else "pick_two_to_four"


def _people_fault(form: EncounterForm) -> str:
    if form.people - {person.value for person in Person}:
        return "unknown_choice"
    if not form.people and form.appointment_mode != AppointmentMode.PANEL:
        return "choose_people"
    return ""


def _study_code_fault(code: str) -> str:
    reasons = check_study_code(code) if code else []
    return reasons[0].replace(".", "_") if reasons else ""


def _release(form: EncounterForm, opening: Opening) -> GridRelease | None:
    public_id, _, version = form.grid.partition("/")
    if not (version.isascii() and version.isdigit() and len(version) < 6):
        return None
    release = opening.find_release(public_id, int(version))
    return release if release is not None and release.grid.topic == form.topic else None


def _picked(form: EncounterForm, release: GridRelease) -> tuple[str, ...]:
    """Return the picks of this grid in its own order; those of the other grid are left out."""
    prefix = f"{release.public_id}/{release.number}/"
    return tuple(o.id for o in release.grid.options if f"{prefix}{o.id}" in form.picks)


def _choice(form: EncounterForm, opening: Opening) -> GridChoice | None:
    release = _release(form, opening)
    if release is None:
        return None
    picked = _picked(form, release)
    return GridChoice(release.public_id, release.number, release.sha256, picked)


def _maybe(values: type[_Known], typed: str) -> _Known | None:
    return next((value for value in values if value.value == typed), None)


def _unknown(values: type[StrEnum], typed: str) -> str:
    return "unknown_choice" if typed and _maybe(values, typed) is None else ""


def _missing(values: type[StrEnum], typed: str, fault: str) -> str:
    return fault if _maybe(values, typed) is None else ""


def _is_uuid4(typed: str) -> bool:
    try:
        made = UUID(typed)
    except ValueError:
        return False
    return made.version == 4 and str(made) == typed
