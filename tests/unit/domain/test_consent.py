"""What a family was asked about a study, and whether its answers may serve it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from app.content.consent_words import write_words
from app.content.reading_age import OLDEST, measure
from app.domain import consent, envelope
from app.domain.amendment import check_amendment
from app.domain.consent import AdultChoice, ConsentChoice, ConsentModel
from app.domain.study import StudyUnfit, read_study
from app.services import consents

ROOT = Path(__file__).resolve().parents[3]
CASES = json.loads((ROOT / "tests/fixtures/consent-cases.json").read_text("utf-8"))
ADULT_MODEL = ConsentModel.OPT_IN_YOUNG_PERSON_AND_ADULT_UNDER_16
ABOUT = "We want to know if families feel heard when they choose help. The study is led by Ada."
NOTICE = "ef" * 32


def document_of(model: str, **changes: Any) -> dict[str, Any]:
    asked = {} if model == "notice_only" else {"about": ABOUT, "notice_sha256": NOTICE}
    stretch = {"phase": "with_grid", "from_on": date(2026, 11, 1), "to_on": None}
    return {
        "schema": 1,
        "id": "winter-2026",
        "title": "A study",
        "type": "service_evaluation",
        "owner": "Ada",
        "teams": ["north"],
        "calendar": {"north": [stretch]},
        "consent": model,
        **asked,
        **changes,
    }


def study_of(model: str, **changes: Any) -> dict[str, Any]:
    return read_study(document_of(model, **changes)).as_json()


def given(model: str, value: str | None, adult: str | None = None) -> dict[str, Any]:
    text = None if model == "notice_only" else "ab" * 32
    return {
        "model": model,
        "text_sha256": text,
        "notice_sha256": NOTICE,
        "value": value,
        "adult": adult,
    }


def answers(band: str | None = "14-15", respondent: str = "young_person") -> dict[str, Any]:
    items = {"one": 9, "two": -98}
    return {"encounter": {"age_band": band}, "respondent": respondent, "items": items}


def test_without_a_study_or_with_a_notice_every_answer_may_serve() -> None:
    assert consent.suffices(None, None, answers())
    assert consent.suffices(study_of("notice_only"), None, answers())
    assert consent.suffices(study_of("notice_only"), given("notice_only", None), answers())


@pytest.mark.parametrize("model", ["opt_in_young_person", "opt_out_card"])
@pytest.mark.parametrize("value", [None, *ConsentChoice])
def test_only_the_word_that_the_study_asks_for_will_do(model: str, value: str | None) -> None:
    agreed = {"opt_in_young_person": "given", "opt_out_card": "no_objection"}[model]
    assert consent.suffices(study_of(model), given(model, value), answers()) is (value == agreed)


def test_a_set_that_knows_of_no_consent_serves_no_study_that_asks() -> None:
    study = study_of("opt_in_young_person")
    assert not consent.suffices(study, None, answers())
    other = given("opt_in_young_person_and_adult_under_16", "given", "given")
    assert not consent.suffices(study, other, answers())


@pytest.mark.parametrize(
    ("value", "adult", "band"),
    [*product([None, *ConsentChoice], [None, *AdultChoice], ["14-15", "16-17", None])],
)
def test_below_the_age_both_have_to_agree(
    value: str | None, adult: str | None, band: str | None
) -> None:
    enough = consent.suffices(
        study_of(ADULT_MODEL), given(ADULT_MODEL, value, adult), answers(band)
    )
    assert enough is (value == "given" and (adult == "given" or band == "16-17"))


@pytest.mark.parametrize("case", CASES["adult"], ids=str)
def test_whether_an_adult_is_asked(case: Mapping[str, Any]) -> None:
    model = ADULT_MODEL if case["alone_from"] else ConsentModel.OPT_IN_YOUNG_PERSON
    needed = consent.needs_adult(
        model,
        respondent=case["respondent"],
        age_band=case["age_band"],
        alone_from=case["alone_from"],
    )
    assert needed is case["needed"]


@pytest.mark.parametrize("case", CASES["may_ask"], ids=str)
def test_whether_the_questions_can_be_put(case: Mapping[str, Any]) -> None:
    asked = {"asks": True, "words": {}, "language": "en", "ages": case["ages"]}
    may = consents.may_ask(asked, language=case["language"], age_band=case["age_band"])
    assert may is case["may"]
    assert consents.may_ask(asked | {"asks": False}, language="cy", age_band="0-4")
    assert not consents.may_ask(asked | {"words": None}, language="en", age_band=None)


@pytest.mark.parametrize(
    ("said", "items", "faults"),
    [
        (given("notice_only", None), {"one": 9}, []),
        (given("notice_only", "given"), {}, ["consent.not_asked_for"]),
        (given("opt_in_young_person", "given"), {"one": 9}, []),
        (given("opt_in_young_person", "refused"), {"one": -94}, []),
        (given("opt_in_young_person", "refused"), {"one": 0}, ["consent.contradicts_answers"]),
        (
            given("opt_in_young_person", "no_objection"),
            {"one": 0},
            ["consent.silence_is_no_consent"],
        ),
        (given(ADULT_MODEL, None, "not_there"), {"one": 3}, ["consent.contradicts_answers"]),
        (given("opt_out_card", None) | {"text_sha256": None}, {}, ["consent.without_words"]),
        (None, {"one": 9}, []),
    ],
)
def test_what_cannot_be_true_together(
    said: dict[str, Any] | None, items: dict[str, int], faults: list[str]
) -> None:
    assert list(consent.find_contradictions({"consent": said, "items": items})) == faults


# --- format 2 ----------------------------------------------------------------------------------


SAMPLE = json.loads((ROOT / "tests/fixtures/envelopes/format-2.json").read_text("utf-8"))


def test_recorded_sets_of_format_2_are_read_by_both_ways() -> None:
    for sample in SAMPLE["samples"]:
        clear = envelope.pad(sample["canonical"].encode())
        assert envelope.digest(clear) == sample["clear_sha256"]
        assert envelope.as_mapping(envelope.read(clear)) == sample["document"]
        spelled = envelope.read_as_spelled(clear)
        assert spelled is not None
        assert spelled[0] == sample["document"]


@pytest.mark.parametrize("changes", [{"format": 1}, {"consent": None}, {"consent": {}}])
def test_a_format_has_its_own_keys(changes: dict[str, Any]) -> None:
    document = SAMPLE["samples"][0]["document"] | changes
    clear = envelope.pad(envelope.canonical_bytes(document))
    assert envelope.read_as_spelled(clear) is None
    with pytest.raises(envelope.EnvelopeUnreadable):
        envelope.read(clear)


# --- the words and the study file --------------------------------------------------------------


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("who", ["young_person", "parent_self", "parent_proxy", "adult"])
def test_the_words_are_plain_and_put_no_weight_on_yes(who: str, silent: bool) -> None:
    words = write_words(study_id="s", about=ABOUT, silence_agrees=silent, adult_below=14)
    screen = words.screens[who]
    text = "\n".join([f"{screen['title']}.", *screen["body"], f"{screen['yes']}."])
    assert measure(text).words >= 100
    assert measure(text).age <= OLDEST
    assert "stays the same" in text
    assert screen["no"].startswith("No, ")
    assert len(screen["no"]) <= len(screen["yes"])
    assert not any(mark in text for mark in ("!", "{", "please", "important", "grateful"))
    assert ABOUT in screen["body"]


def test_the_hash_is_over_what_is_read() -> None:
    def sha(**changes: Any) -> str:
        how = {"study_id": "s", "about": ABOUT, "silence_agrees": False, "adult_below": None}
        return write_words(**(how | changes)).sha256

    different = {sha(), sha(about="Other."), sha(study_id="t"), sha(adult_below=16)}
    assert len({*different, sha(silence_agrees=True), sha(adult_below=14)}) == 6
    assert sha() == sha()


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"about": None}, ["about: needed_to_ask_for_consent"]),
        ({"notice_sha256": None}, ["notice_sha256: needed_to_ask_for_consent"]),
        ({"alone_from": 14}, ["alone_from: no_adult_is_asked"]),
        ({"alone_from": 15, "consent": ADULT_MODEL}, ["alone_from: not_the_start_of_an_age_band"]),
        ({"alone_from": 14, "consent": ADULT_MODEL}, []),
    ],
)
def test_what_a_study_that_asks_has_to_say(changes: dict[str, Any], problems: list[str]) -> None:
    document = document_of("opt_in_young_person", **changes)
    if not problems:
        assert read_study(document).alone_from == 14
        return
    with pytest.raises(StudyUnfit) as unfit:
        read_study(document)
    assert [str(problem) for problem in unfit.value.problems] == problems


def test_the_way_of_asking_is_fixed_by_answers_and_the_words_about_the_study_are_not() -> None:
    before = read_study(document_of("opt_in_young_person"))
    opened = read_study(document_of("opt_out_card"))
    reworded = read_study(document_of("opt_in_young_person", about="Another line."))
    today = date(2026, 11, 23)
    assert [str(each) for each in check_amendment(before, opened, today)] == [
        "consent: fixed_by_answers"
    ]
    assert check_amendment(before, reworded, today) == ()


def test_older_hashes_stay_what_they_were() -> None:
    plain = read_study(document_of("notice_only")).as_json()
    assert {"about", "alone_from"} & plain.keys() == set()
