"""A study: made before its data, hashed, and the only thing that decides a phase.

Nobody chooses a phase at an encounter: it follows from the team's calendar and the day. A team
without a study on a day is in the default study, which offers grids and asks after only: that is
what the pilot did, and "before" at a first appointment would rate somebody else (rules 2.5).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, TypeGuard

from app.domain.consent import ALONE_AGES, ConsentModel, is_asked_for
from app.domain.vocabulary import Occasion, Phase

SCHEMA: Final = 1
DEFAULT_ID: Final = "default"
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST_TEXT: Final = 300
#: Settings that came later: absent they are not written, so that older hashes stay what they were.
_NEWER: Final = ("wording_sha256", "notice_sha256", "about", "alone_from", "second_instrument")
#: What may be asked after the first instrument, never in its place.
SECOND_INSTRUMENTS: Final = ("sure-4",)
OLDEST: Final = 25


class StudyType(StrEnum):
    """What a study is to the people who approve it."""

    SERVICE_EVALUATION = "service_evaluation"
    AUDIT = "audit"
    RESEARCH = "research"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one phase, both ends included; ``to_on`` is None while it has no end."""

    phase: Phase
    from_on: date
    to_on: date | None

    def holds(self, day: date) -> bool:
        """Say whether ``day`` is in this stretch."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class Study:
    """A whole study document. ``calendar`` maps a team to its stretches in order of time."""

    id: str
    title: str
    type: StudyType
    teams: tuple[str, ...]
    calendar: Mapping[str, tuple[Stretch, ...]]
    occasions: tuple[Occasion, ...] = (Occasion.AFTER,)
    instrument: str | None = None
    owner: str = ""
    approval_reference: str | None = None
    consent: ConsentModel = ConsentModel.NOTICE_ONLY
    ages: tuple[int, int] | None = None
    primary_outcome: str | None = None
    analysis_set: str | None = None
    missing_rule: str | None = None
    minimum_complete: int | None = None
    embargo_until: date | None = None
    wording_sha256: str | None = None
    notice_sha256: str | None = None
    about: str | None = None
    alone_from: int | None = None
    second_instrument: str | None = None

    @property
    def sha256(self) -> str:
        """Return the hash in hex over the canonical JSON of the whole document."""
        return hashlib.sha256(_canonical(self.as_json())).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return the document as plain JSON values; reading it again gives an equal study."""
        plain = json.loads(json.dumps(asdict(self), default=_plain))
        ages = None if self.ages is None else {"from": self.ages[0], "to": self.ages[1]}
        for name in _NEWER:
            if plain[name] is None:
                del plain[name]
        return {**plain, "schema": SCHEMA, "ages": ages}

    def is_embargoed(self, day: date) -> bool:
        """Say whether only completeness may be shown on ``day``; the last day counts."""
        return self.embargo_until is not None and day <= self.embargo_until


#: All days with the grid, after only, whatever instrument the service has installed.
DEFAULT_STUDY: Final = Study(
    id=DEFAULT_ID,
    title="",
    type=StudyType.SERVICE_EVALUATION,
    teams=(),
    calendar={},
)


def phase_on(study: Study, team: str, day: date) -> Phase | None:
    """Return the phase of ``team`` on ``day``, or None where the study does not cover it."""
    if study.id == DEFAULT_ID:
        return Phase.WITH_GRID
    stretches = study.calendar.get(team, ())
    return next((stretch.phase for stretch in stretches if stretch.holds(day)), None)


@dataclass(frozen=True, slots=True)
class StudyProblem:
    """Where a document is at fault (a path such as ``calendar.north[1].to_on``) and how (a key)."""

    where: str
    key: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}"


class StudyUnfit(ValueError):
    """The document cannot be kept; ``problems`` holds every reason, not only the first."""

    def __init__(self, problems: Sequence[StudyProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def read_study(document: object) -> Study:
    """Return the study of a parsed YAML or JSON document. Raises StudyUnfit with every problem.

    Dates may be dates or ISO strings; unknown fields are problems, because a misspelt setting
    that is passed over would be a setting that nobody made.
    """
    if not isinstance(document, Mapping):
        raise StudyUnfit([StudyProblem("", "not_a_mapping")])
    reading = _Reading(document)
    study = reading.study()
    if reading.problems:
        raise StudyUnfit(reading.problems)
    return study


_FIELDS: Final = frozenset(
    {"schema", "id", "title", "type", "teams", "calendar", "occasions", "instrument", "owner"}
    | {"approval_reference", "consent", "ages", "primary_outcome", "analysis_set"}
    | {"missing_rule", "minimum_complete", "embargo_until", *_NEWER}
)


@dataclass
class _Reading:
    """One pass over a document that writes down what it meets and goes on."""

    document: Mapping[Any, Any]
    problems: list[StudyProblem] = field(default_factory=list)

    def study(self) -> Study:
        for odd in sorted(map(str, set(self.document) - _FIELDS)):
            self._problem(odd, "unknown_field")
        if self.document.get("schema") != SCHEMA:
            self._problem("schema", "not_1")
        teams = self._teams()
        self._check_consent()
        return Study(
            id=self._id(),
            title=self._text("title"),
            type=StudyType(self._one_of("type", StudyType, StudyType.AUDIT, needed=True)),
            teams=teams,
            calendar=self._calendar(teams),
            occasions=self._occasions(),
            instrument=self._maybe_text("instrument"),
            owner=self._text("owner"),
            approval_reference=self._approval(),
            consent=ConsentModel(self._one_of("consent", ConsentModel, ConsentModel.NOTICE_ONLY)),
            ages=self._ages(),
            primary_outcome=self._maybe_text("primary_outcome"),
            analysis_set=self._maybe_text("analysis_set"),
            missing_rule=self._maybe_text("missing_rule"),
            minimum_complete=self._minimum(),
            embargo_until=self._maybe_day("embargo_until", self.document.get("embargo_until")),
            wording_sha256=self._maybe_hash("wording_sha256"),
            notice_sha256=self._maybe_hash("notice_sha256"),
            about=self._maybe_text("about"),
            alone_from=self._alone_from(),
            second_instrument=self._second(),
        )

    def _second(self) -> str | None:
        value = self.document.get("second_instrument")
        if value is not None and value not in SECOND_INSTRUMENTS:
            self._problem("second_instrument", "unknown_value")
            return None
        return value

    def _problem(self, where: str, key: str) -> None:
        self.problems.append(StudyProblem(where, key))

    def _id(self) -> str:
        value = self.document.get("id")
        if not isinstance(value, str) or not _SLUG.fullmatch(value):
            self._problem("id", "not_a_slug")
            return ""
        if value == DEFAULT_ID:
            self._problem("id", "reserved")
        return value

    def _text(self, name: str) -> str:
        if name not in self.document:
            self._problem(name, "absent")
            return ""
        return self._maybe_text(name) or ""

    def _maybe_text(self, name: str) -> str | None:
        value = self.document.get(name)
        if value is None and (name not in self.document or name not in {"title", "owner"}):
            return None
        if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_TEXT:
            self._problem(name, "not_a_short_text")
            return None
        return value.strip()

    def _one_of(
        self, name: str, values: type[StrEnum], default: StrEnum, *, needed: bool = False
    ) -> StrEnum:
        if name not in self.document and not needed:
            return default
        found = _member(values, self.document.get(name))
        if found is None:
            self._problem(name, "absent" if name not in self.document else "unknown_value")
        return found or default

    def _teams(self) -> tuple[str, ...]:
        value = self.document.get("teams")
        if not isinstance(value, list) or not value:
            self._problem("teams", "not_a_list")
            return ()
        slugs = [team for team in value if isinstance(team, str) and _SLUG.fullmatch(team)]
        if len(slugs) != len(value):
            self._problem("teams", "not_a_slug")
        if len(set(slugs)) != len(slugs):
            self._problem("teams", "named_twice")
        return tuple(dict.fromkeys(slugs))

    def _calendar(self, teams: tuple[str, ...]) -> dict[str, tuple[Stretch, ...]]:
        value = self.document.get("calendar")
        if not isinstance(value, Mapping):
            self._problem("calendar", "not_a_mapping")
            return {}
        for odd in sorted(map(str, set(value) - set(teams))):
            self._problem(f"calendar.{odd}", "unknown_team")
        return {team: self._stretches(team, value.get(team)) for team in teams}

    def _stretches(self, team: str, value: object) -> tuple[Stretch, ...]:
        where = f"calendar.{team}"
        if not isinstance(value, list) or not value:
            self._problem(where, "no_calendar")
            return ()
        read = [self._stretch(f"{where}[{i}]", entry) for i, entry in enumerate(value)]
        found = sorted((s for s in read if s is not None), key=lambda stretch: stretch.from_on)
        self.problems.extend(_joints(where, found))
        return tuple(found)

    def _stretch(self, where: str, value: object) -> Stretch | None:
        if not isinstance(value, Mapping) or set(value) - {"phase", "from_on", "to_on"}:
            self._problem(where, "not_a_stretch")
            return None
        phase = _member(Phase, value.get("phase"))
        if phase is None:
            self._problem(f"{where}.phase", "unknown_value")
        start = self._maybe_day(f"{where}.from_on", value.get("from_on"))
        if value.get("from_on") is None:
            self._problem(f"{where}.from_on", "absent")
        end = self._maybe_day(f"{where}.to_on", value.get("to_on"))
        if start and end and end < start:
            self._problem(where, "ends_before_it_starts")
        return Stretch(Phase(phase), start, end) if phase and start else None

    def _maybe_day(self, where: str, value: object) -> date | None:
        if value is None:
            return None
        # A YAML timestamp is a datetime, which is a date too: a calendar has no hours.
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            self._problem(where, "not_a_day")
            return None

    def _occasions(self) -> tuple[Occasion, ...]:
        value = self.document.get("occasions", [Occasion.AFTER.value])
        if not isinstance(value, list):
            self._problem("occasions", "not_a_list")
            return ()
        found = [_member(Occasion, entry) for entry in value]
        if None in found or len(set(found)) != len(found) or Occasion.AFTER not in found:
            self._problem("occasions", "not_after_or_before_and_after")
            return ()
        return tuple(occasion for occasion in Occasion if occasion in found)

    def _approval(self) -> str | None:
        reference = self._maybe_text("approval_reference")
        if reference is None and self.document.get("type") == StudyType.RESEARCH:
            self._problem("approval_reference", "needed_for_research")
        return reference

    def _ages(self) -> tuple[int, int] | None:
        value = self.document.get("ages")
        if value is None:
            return None
        youngest, oldest = (
            (value.get("from"), value.get("to")) if isinstance(value, Mapping) else (None, None)
        )
        if not (_is_whole(youngest) and _is_whole(oldest)):
            self._problem("ages", "not_an_age_range")
            return None
        if not 0 <= youngest <= oldest <= OLDEST:
            self._problem("ages", "not_an_age_range")
        return youngest, oldest

    def _check_consent(self) -> None:
        """Whoever is asked is told what for, and has been given the notice of this study."""
        model = _member(ConsentModel, self.document.get("consent"))
        if model is None or not is_asked_for(ConsentModel(model)):
            return
        for name in ("about", "notice_sha256"):
            if self.document.get(name) is None:
                self._problem(name, "needed_to_ask_for_consent")

    def _alone_from(self) -> int | None:
        value = self.document.get("alone_from")
        model = ConsentModel.OPT_IN_YOUNG_PERSON_AND_ADULT_UNDER_16
        if value is None:
            return None
        if not _is_whole(value) or value not in ALONE_AGES:
            self._problem("alone_from", "not_the_start_of_an_age_band")
            return None
        if self.document.get("consent") != model:
            self._problem("alone_from", "no_adult_is_asked")
        return value

    def _maybe_hash(self, name: str) -> str | None:
        value = self.document.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _SHA256.fullmatch(value):
            self._problem(name, "not_a_sha256")
            return None
        return value

    def _minimum(self) -> int | None:
        value = self.document.get("minimum_complete")
        if value is not None and not (_is_whole(value) and value > 0):
            self._problem("minimum_complete", "not_a_whole_number")
            return None
        return value


def _joints(where: str, stretches: Sequence[Stretch]) -> Iterator[StudyProblem]:
    """Overlaps give a day two phases; a hole would silently offer grids between two phases."""
    for earlier, later in pairwise(stretches):
        name = f"{where}.{later.from_on.isoformat()}"
        if earlier.to_on is None or later.from_on <= earlier.to_on:
            yield StudyProblem(name, "overlaps")
        elif later.from_on > earlier.to_on + timedelta(days=1):
            yield StudyProblem(name, "leaves_a_gap")


def _member(values: type[StrEnum], value: object) -> StrEnum | None:
    return next((member for member in values if member.value == value), None)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _plain(value: object) -> str:
    assert isinstance(value, date)
    return value.isoformat()


def _canonical(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
