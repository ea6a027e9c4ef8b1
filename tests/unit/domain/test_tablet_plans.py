"""The plans that tablets make, held to the rules of the server: one list of cases for both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain import envelope
from app.domain.capture import check_study_code
from app.domain.encounter import EncounterDraft, can_offer_grid, header_of, picks_fit
from app.domain.envelope import ENCOUNTER_1
from app.domain.study import Stretch, Study, StudyType, phase_on
from app.domain.tablet import LEASE, SENSITIVE_LEASE
from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Person,
    Phase,
)

ROOT = Path(__file__).resolve().parents[3]
SHARED = json.loads((ROOT / "tests/fixtures/tablet-plan-cases.json").read_text("utf-8"))
CODES = json.loads((ROOT / "tests/fixtures/study-code-cases.json").read_text("utf-8"))["cases"]
CASES = [pytest.param(case, id=case["name"]) for case in SHARED["cases"]]


def choices_of(case: Mapping[str, Any]) -> dict[str, Any]:
    return {**SHARED["choices"], **case["choices"]}


def day_of(case: Mapping[str, Any]) -> date:
    now = datetime.fromisoformat(case["now"].replace("Z", "+00:00"))
    return now.astimezone(ZoneInfo(SHARED["config"]["timezone"])).date()


def draft_of(case: Mapping[str, Any]) -> EncounterDraft:
    chosen = choices_of(case)
    return EncounterDraft(
        id=SHARED["encounter_id"],
        team=SHARED["tablet"]["team"]["id"],
        practitioner=chosen["practitioner"],
        encounter_on=day_of(case),
        appointment_type=AppointmentType(chosen["type"]),
        appointment_mode=AppointmentMode(chosen["mode"]),
        people_present=tuple(map(Person, chosen["people"])),
        language=chosen["language"],
        interpreter=Interpreter(chosen["interpreter"]),
        need_group_practitioner=NeedGroup(chosen["group"]) if chosen["group"] else None,
        age_band=AgeBand(chosen["ageBand"]) if chosen["ageBand"] else None,
        study_code=chosen["studyCode"],
    )


@pytest.mark.parametrize("case", CASES)
def test_the_header_of_a_tablet_is_the_one_of_the_server(case: Mapping[str, Any]) -> None:
    assert envelope.canonical_bytes(header_of(draft_of(case))).decode() == case["header"]


@pytest.mark.parametrize("case", CASES)
def test_the_header_of_a_tablet_passes_the_reader(case: Mapping[str, Any]) -> None:
    header = json.loads(case["header"])
    assert header.keys() == ENCOUNTER_1.keys()
    for key, check in ENCOUNTER_1.items():
        check(header[key])  # raises Refused


@pytest.mark.parametrize("case", CASES)
def test_the_phase_of_a_tablet_is_the_one_of_the_study(case: Mapping[str, Any]) -> None:
    team = SHARED["tablet"]["team"]["id"]
    stretches = tuple(
        Stretch(
            Phase(entry["phase"]),
            date.fromisoformat(entry["from"]),
            date.fromisoformat(entry["to"]) if entry["to"] else None,
        )
        for entry in SHARED["config"]["calendar"]
    )
    study = Study("s", "", StudyType.AUDIT, (team,), {team: stretches})
    phase = phase_on(study, team, day_of(case)) or Phase.WITH_GRID
    assert (day_of(case).isoformat(), phase) == (case["day"], case["phase"])
    assert can_offer_grid(phase) or case["picked"] is None
    assert picks_fit(case["picked"] or ())


@pytest.mark.parametrize(("code", "fault"), CODES)
def test_study_codes(code: str, fault: str | None) -> None:
    assert check_study_code(code) == ([f"study_code.{fault}"] if fault else [])


def test_both_halves_lend_content_for_as_long() -> None:
    script = (ROOT / "static/js/tablet-lease.js").read_text("utf-8")
    days, hours = LEASE.days, SENSITIVE_LEASE.total_seconds() / 3600
    assert f"LEASE_MS = {days} * 24 * HOUR" in script
    assert f"SENSITIVE_MS = {hours:.0f} * HOUR" in script
