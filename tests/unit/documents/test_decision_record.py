"""The record of a decision: read as the page says it, refused where it is anything else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.documents.decision_record import (
    MOST_LETTERS,
    DecisionRecord,
    RecordUnreadable,
    SharedCard,
    read_record,
)
from app.domain.deciding import MATTERS, Deciding, DecisionOutcome, HowJudged
from app.domain.vocabulary import Person
from app.rendering.environment import build_environment
from app.settings import ROOT

WAYS = ("one-to-one", "group")
FULL: dict[str, Any] = {
    "outcome": "decided",
    "decided_by": ["young_person.1", "parent.2"],
    "disagreed": ["parent.1"],
    "people_present": ["young_person", "foster_carer", "practitioner"],
    "parental_responsibility": ["not_sure"],
    "deciding": "adult_with_views_heard",
    "how_judged": "not_yet_able",
    "consent_still_needed_from": ["parent"],
    "chosen": ["group"],
    "shared": [{"card": "private", "people": ["young_person.1"]}],
    "better": "  I sleep\u0000 again\n",
    "when": "",
    "steps": [{"who": "parent", "what": "rings school"}, {"who": None, "what": "  "}],
    "goals": [{"words": "see friends", "rating": 0}, {"words": "sleep", "rating": None}],
    "review_on": "2027-02-22",
}


def read(document: Any, *, behind_notice: bool = False) -> DecisionRecord:
    return read_record(document, ways=WAYS, behind_notice=behind_notice)


def test_every_part_may_be_left_out() -> None:
    assert read({}) == DecisionRecord()
    assert read(dict.fromkeys(FULL)) == DecisionRecord()


def test_what_was_said_is_read_whole() -> None:
    record = read(FULL)
    assert record.outcome is DecisionOutcome.DECIDED
    assert (record.decided_by, record.disagreed) == (("young_person.1", "parent.2"), ("parent.1",))
    assert record.people_present[1] is Person.FOSTER_CARER
    assert record.parental_responsibility == ("not_sure",)
    assert record.deciding is Deciding.ADULT_WITH_VIEWS_HEARD
    assert record.how_judged is HowJudged.NOT_YET_ABLE
    assert record.shared == (SharedCard("private", ("young_person.1",)),)
    assert record.better is not None
    assert record.better.text == "I sleep again"
    assert record.when is None
    assert [step.what.text for step in record.steps] == ["rings school"]
    assert [goal.rating for goal in record.goals] == [0, None]
    assert record.review_on == date(2027, 2, 22)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("outcome", "maybe"),
        ("outcome", ["decided"]),
        ("decided_by", ["Robin"]),
        ("decided_by", ["parent.1", "parent.1"]),
        ("people_present", ["aunt"]),
        ("people_present", "parent"),
        ("parental_responsibility", ["parent", "not_sure"]),
        ("deciding", "the_service"),
        ("how_judged", "low mood"),
        ("chosen", ["medicine"]),
        ("chosen", [7]),
        ("shared", [{"card": "private", "people": []}]),
        ("shared", [{"card": "secret", "people": ["parent.1"]}]),
        ("shared", [{"card": "private", "people": ["parent.1"], "score": 3}]),
        ("better", "x" * (MOST_LETTERS + 1)),
        ("better", 7),
        ("steps", [{"who": "aunt", "what": "x"}]),
        ("steps", [{"what": "x"}] * 5),
        ("goals", [{"words": "x", "rating": 11}]),
        ("goals", [{"words": "x", "rating": True}]),
        ("goals", [{"words": "x", "rating": 4.5}]),
        ("review_on", "22.2.2027"),
        ("review_on", 20270222),
        ("nhs_number", "9434765919"),
    ],
)
def test_what_the_page_does_not_say_is_refused(key: str, value: object) -> None:
    with pytest.raises(RecordUnreadable):
        read(FULL | {key: value})


@pytest.mark.parametrize("document", [None, [], "decided", 7])
def test_something_else_is_no_record(document: object) -> None:
    with pytest.raises(RecordUnreadable):
        read(document)


def test_not_today_has_no_choice() -> None:
    with pytest.raises(RecordUnreadable):
        read({"outcome": "not_today", "chosen": ["group"]})
    assert read({"outcome": "not_today"}).outcome is DecisionOutcome.NOT_TODAY


@pytest.mark.parametrize("key", ["better", "come_back", "steps", "goals"])
def test_behind_a_notice_there_are_no_own_words(key: str) -> None:
    said = {key: FULL.get(key, "ring the team")}
    assert read(said).has_own_words
    with pytest.raises(RecordUnreadable) as refused:
        read(said, behind_notice=True)
    assert refused.value.field == "own_words"
    assert not read({"outcome": "not_yet", "better": " "}, behind_notice=True).has_own_words


def test_the_cards_are_those_of_the_page() -> None:
    environment = build_environment(ROOT / "templates", lambda name: name)
    cards = environment.get_template("components/matter-cards.html").module.cards  # type: ignore[attr-defined]
    assert tuple(card[0] for card in cards) == MATTERS
