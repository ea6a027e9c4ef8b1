"""Who and what the demonstration invents: people who work nowhere, appointments that never were.

Drawn from a fixed seed, so that every demonstration shows the same service. No family is
invented beyond what an encounter holds: an age band, who was there, three answers.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.content.release import GridRelease
from app.domain.access import Role
from app.domain.encounter import EncounterDraft, GridChoice
from app.domain.missing import FormReason, ItemMissing
from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Person,
    Phase,
)

SEED = 20_261_122
ENCOUNTERS = 400
DAYS = 365
STUDY_ID = "invented-grids-study"


@dataclass(frozen=True)
class InventedStaff:
    """An account of the demonstration; ``team`` is an index into the teams, or None."""

    username: str
    name: str
    roles: tuple[Role, ...]
    team: int | None = None


TEAM_NAMES = ("Invented team east", "Invented team west")
PRACTITIONERS = (
    InventedStaff("ada.practitioner", "Ada Invented", (Role.PRACTITIONER,), 0),
    InventedStaff("ben.practitioner", "Ben Invented", (Role.PRACTITIONER,), 0),
    InventedStaff("cleo.practitioner", "Cleo Invented", (Role.PRACTITIONER,), 0),
    InventedStaff("dina.practitioner", "Dina Invented", (Role.PRACTITIONER,), 1),
    InventedStaff("eli.practitioner", "Eli Invented", (Role.PRACTITIONER,), 1),
    InventedStaff("fay.practitioner", "Fay Invented", (Role.PRACTITIONER,), 1),
)
OTHERS = (
    InventedStaff("desk.east", "Gus Invented", (Role.FRONT_DESK,), 0),
    InventedStaff("desk.west", "Hal Invented", (Role.FRONT_DESK,), 1),
    InventedStaff("researcher", "Ines Invented", (Role.RESEARCHER,)),
    InventedStaff("approver", "Jon Invented", (Role.APPROVER,)),
    InventedStaff("approver.second", "Rae Invented", (Role.APPROVER,)),
    InventedStaff("editor", "Kit Invented", (Role.CONTENT_EDITOR,)),
    InventedStaff("reviewer.clinical", "Lou Invented", (Role.REVIEWER_CLINICAL,)),
    InventedStaff("reviewer.lived", "Pat Invented", (Role.REVIEWER_LIVED_EXPERIENCE,)),
    InventedStaff("auditor", "Mel Invented", (Role.AUDITOR,)),
)
ADMINISTRATOR = InventedStaff("administrator", "Noa Invented", (Role.ADMINISTRATOR,))


def study_document(teams: tuple[str, ...], today: date) -> dict[str, object]:
    """Return a study with a baseline, two weeks of training and a grid period for each team."""
    first = today - timedelta(days=DAYS)
    calendar = {
        team: _stretches(first, first + timedelta(days=150 + 30 * number))
        for number, team in enumerate(teams)
    }
    return {
        "schema": 1,
        "id": STUDY_ID,
        "title": "Invented study of comparison grids",
        "type": "service_evaluation",
        "teams": list(teams),
        "calendar": calendar,
        "occasions": ["after"],
        "instrument": "effort-practice",
        "owner": "Invented evaluation lead",
        "primary_outcome": "Share of young people with the highest answer to every question",
        "analysis_set": "Complete answers about today's appointment, in time, given alone",
        "missing_rule": "An answer with a question left out is not scored",
        "minimum_complete": 60,
    }


def eligible_counts(teams: tuple[str, ...], today: date) -> str:
    """Return a CSV of eligible appointments of every week, somewhat more than were opened."""
    drawn = random.Random(SEED)  # noqa: S311 - invented, and the same at every start
    first = today - timedelta(days=DAYS)
    monday = first - timedelta(days=first.weekday())
    weeks = (monday + timedelta(weeks=number) for number in range(DAYS // 7 + 1))
    rows = [f"{team},{week},{drawn.randint(4, 7)}" for week in weeks for team in teams]
    return "\n".join(["team,week_on,appointments", *rows])


def _stretches(first: date, trained: date) -> list[dict[str, object]]:
    with_grid = trained + timedelta(days=14)
    return [
        {"phase": "baseline", "from_on": first, "to_on": trained - timedelta(days=1)},
        {"phase": "training", "from_on": trained, "to_on": with_grid - timedelta(days=1)},
        {"phase": "with_grid", "from_on": with_grid, "to_on": None},
    ]


@dataclass(frozen=True)
class Meeting:
    """One invented appointment: when, with whom, and what opens it."""

    at: datetime
    practitioner: InventedStaff
    draft: EncounterDraft
    void: bool
    close: bool


class Inventor:
    """Draws appointments and answers from one seed."""

    def __init__(self, grids: tuple[GridRelease, ...], teams: tuple[str, ...]) -> None:
        self.random = random.Random(SEED)  # noqa: S311  # invented data is to repeat, not to be secret
        self.grids = grids
        self.teams = teams

    def uuid(self) -> str:
        """Return a UUID4 from the seed."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def salt(self) -> str:
        """Return 16 bytes from the seed, as the envelope carries them."""
        raw = self.random.getrandbits(128).to_bytes(16, "big")
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def meetings(self, opaque: Mapping[str, str], now: datetime) -> Iterator[Meeting]:
        """Yield the appointments in the order of time; the last few are of today."""
        spread = sorted(self.random.uniform(0, DAYS - 1) for _ in range(ENCOUNTERS - 6))
        moments = [self._working_moment(now - timedelta(days=DAYS - days)) for days in spread]
        moments += [now - timedelta(minutes=20 * left) for left in range(6, 0, -1)]
        for number, at in enumerate(sorted(moments)):
            practitioner = self.random.choice(PRACTITIONERS)
            open_still = number >= ENCOUNTERS - 3
            yield Meeting(
                at=at,
                practitioner=practitioner,
                draft=self._draft(practitioner, opaque[practitioner.username], at.date()),
                void=not open_still and self.random.random() < 0.02,
                close=not open_still,
            )

    def answers(self, phase: str | None) -> Iterator[dict[str, Any]]:
        """Yield what each respondent of one appointment gives: items or a reason for none."""
        respondents = ["young_person"]
        if self.random.random() < 0.55:
            respondents.append("parent_self")
        for respondent in respondents:
            if self.random.random() < 0.08:
                continue
            yield {"respondent": respondent, **self._one(phase)}

    def _one(self, phase: str | None) -> dict[str, Any]:
        drawn = self.random.random()
        if drawn < 0.06:
            reason = self.random.choice((FormReason.NO_TIME, FormReason.DECLINED))
            items = dict.fromkeys(("welcome", "pace", "questions"), int(ItemMissing.NOT_ASKED))
            return {"items": items, "state": "complete", "reason": reason.value}
        # The highest answer to everything is common, as it is in published figures.
        centre = 9.4 if phase == Phase.WITH_GRID else 9.0
        level = min(9.0, max(0.0, self.random.gauss(centre, 1.8)))
        items = {name: self._value(level) for name in ("welcome", "pace", "questions")}
        if drawn < 0.10:
            items["questions"] = int(ItemMissing.SKIPPED)
        seen = self.random.choices(("no", "yes", "not_sure", None), (70, 8, 12, 10))[0]
        return {"items": items, "state": "complete", "reason": None, "seen_by_others": seen}

    def _value(self, level: float) -> int:
        return min(9, max(0, round(self.random.gauss(level, 0.5))))

    def _working_moment(self, moment: datetime) -> datetime:
        while moment.weekday() > 4:
            moment += timedelta(days=1)
        hour, minute = self.random.randint(9, 16), self.random.choice((0, 15, 30, 45))
        return moment.replace(hour=hour, minute=minute, second=0, microsecond=0)

    def _draft(self, by: InventedStaff, opaque: str, on: date) -> EncounterDraft:
        group = self.random.choices(tuple(NeedGroup), (2, 20, 50, 22, 6))[0]
        differs = self.random.random() < 0.15
        bands = (AgeBand.FROM_8, AgeBand.FROM_12, AgeBand.FROM_14, AgeBand.FROM_16)
        parent = self.random.random() < 0.8
        present = (Person.YOUNG_PERSON, *((Person.PARENT,) if parent else ()))
        interpreted = self.random.random() < 0.04
        return EncounterDraft(
            id=self.uuid(),
            team=self.teams[by.team or 0],
            practitioner=opaque,
            encounter_on=on,
            appointment_type=self.random.choices(tuple(AppointmentType), (45, 25, 20, 10))[0],
            appointment_mode=self.random.choices(
                (AppointmentMode.IN_PERSON, AppointmentMode.VIDEO), (85, 15)
            )[0],
            people_present=present,
            language="en",
            interpreter=Interpreter.PROFESSIONAL if interpreted else Interpreter.NONE,
            topic="low-mood",
            need_group_practitioner=group,
            need_group_young_person=self.random.choice(tuple(NeedGroup)) if differs else None,
            age_band=self.random.choices(bands, (10, 30, 40, 20))[0],
            grid=self._grid(),
        )

    def _grid(self) -> GridChoice | None:
        if not self.grids:
            return None
        release = self.random.choice(self.grids)
        options = [option.id for option in release.grid.options]
        count = self.random.choice((0, 2, 3, 4))
        wanted = set(self.random.sample(options, count))
        picked = tuple(option for option in options if option in wanted)
        return GridChoice(release.grid.public_id, release.number, release.sha256, picked)
