"""What may still change in a study after its first answer: the days to come, and plain settings.

An amendment is dated and keeps what was said before. What an answer already rests on cannot
change: which words were asked, about which appointment, and the phase of any day up to today. A
study that needs that is a new study (rules of the room 2.1).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from app.domain.study import Stretch, Study, StudyProblem
from app.domain.vocabulary import Phase

#: Settings that every stored answer rests on.
FIXED: Final = (
    "id",
    "instrument",
    "second_instrument",
    "wording_sha256",
    "occasions",
    "consent",
    "alone_from",
)
#: Settings that decide what is reported; a change of one after a look is said on every chart.
REPORTED: Final = frozenset(
    {"primary_outcome", "analysis_set", "missing_rule", "minimum_complete", "embargo_until"}
)


def list_changes(before: Study, after: Study) -> tuple[str, ...]:
    """Return the names of the settings that differ, in order."""
    old, new = before.as_json(), after.as_json()
    return tuple(sorted(k for k in {*old, *new} if old.get(k) != new.get(k)))


def check_amendment(before: Study, after: Study, today: date) -> tuple[StudyProblem, ...]:
    """Give every reason why ``after`` cannot follow ``before``; none where it can."""
    changes = list_changes(before, after)
    if not changes:
        return (StudyProblem("", "nothing_changed"),)
    fixed = [StudyProblem(name, "fixed_by_answers") for name in FIXED if name in changes]
    teams = sorted({*before.calendar, *after.calendar})
    past = [
        StudyProblem(f"calendar.{team}", "changes_the_past")
        for team in teams
        if _until(before, team, today) != _until(after, team, today)
    ]
    return (*fixed, *past)


def _until(study: Study, team: str, today: date) -> tuple[tuple[Phase, date, date], ...]:
    """Return the stretches of a team up to today, where one that goes on ends today."""
    begun = (s for s in study.calendar.get(team, ()) if s.from_on <= today)
    return tuple((s.phase, s.from_on, _end(s, today)) for s in begun)


def _end(stretch: Stretch, today: date) -> date:
    return today if stretch.to_on is None else min(stretch.to_on, today)
