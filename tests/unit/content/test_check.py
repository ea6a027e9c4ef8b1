"""Every rule of the gate: one mutation of a good grid that fails for that rule alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from app.content.check import check_draft, check_grid, check_grids
from app.content.ownership import words_hash
from app.content.parse import parse_draft
from app.content.rule import RULES
from app.content.terms import in_terms

Mutation = Callable[[Any], object]
MORE_CHANGED = "They ask how you feel and what you like to do. You say as much as you like."
_HARD = (
    "Considerable psychological deterioration necessitates comprehensive multidisciplinary "
    "evaluation. Collaborative therapeutic intervention facilitates recuperation."
)


def _unset(holder: Callable[[Any], dict[str, Any]], key: str, value: object = None) -> Mutation:
    def mutate(good: Any) -> None:
        holder(good)[key] = value

    return mutate


def _drop(holder: Callable[[Any], dict[str, Any]], key: str) -> Mutation:
    return lambda good: holder(good).pop(key)


def _say(text: str) -> Mutation:
    return lambda good: good.say(text)


def _harder_column(good: Any) -> None:
    for row in good.young["cells"]:
        if row != "help":
            good.say(_HARD, row=row)


def _longer_column(good: Any) -> None:
    for row in ("what", "like", "time", "when", "ask", "sure", "get"):
        good.say("You can say what you like. " * 13, row=row)


def _swap_rows(good: Any) -> None:
    rows = good.grid["rows"]
    rows[2], rows[3] = rows[3], rows[2]


def _figure(good: Any) -> dict[str, Any]:
    figure: dict[str, Any] = good.evidence["figures"][0]
    return figure


def _say_a_number_on_one_face(good: Any) -> None:
    good.say("It was {{x-01.more}} more people.", row="help", part="face")


def _counts() -> str:
    return (
        "With help {{x-01.with}} felt good and {{x-01.with_rest}} did not. On a list "
        "{{x-01.without}} did and {{x-01.without_rest}} did not. That is {{x-01.more}} more. "
        "With help {{x-02.with}} slept badly."
    )


def _draw_the_benefit_alone(good: Any) -> None:
    good.cell("help", "talk")["figures"] = ["x-01"]
    for words in (good.young, good.parent):
        words["cells"]["help"]["talk"]["more"] = "They ask how you feel and what you like to do."


def _harms_over_other_times(good: Any) -> None:
    _several_harms(good, "talk")
    good.evidence["figures"][2]["time_span"] = "a year"


def _studied_under_five(good: Any) -> None:
    figure = _figure(good) | {"id": "x-03", "ages": {"from": 3, "to": 4}, "drawn_with": []}
    good.evidence["figures"].append(figure)


def _doubt_three_times(good: Any) -> None:
    for row in ("what", "like", "ask"):
        good.say("This has not been tested so far.", row=row)


MUTATIONS: dict[str, Mutation] = {
    "IP-Q1": _unset(lambda g: g.young, "problem"),
    "IP-Q2": _unset(lambda g: g.young, "decision", "What would fit me"),
    "IP-Q3": _unset(lambda g: g.option("stay"), "no_change", False),
    "NOCHANGE": _drop(lambda g: g.option("stay"), "review_within_days"),
    "IP-Q4": lambda g: g.cell("help", "tablet").update(state="waiting", reason="clinician"),
    "IP-Q5": _unset(lambda g: g.grid["rows"][5], "facet", "extra"),
    "IP-Q6": _unset(lambda g: g.grid["rows"][1], "facet", "extra"),
    "ROWS": _swap_rows,
    "IP-C2": _unset(lambda g: g.cell("what", "talk"), "sources", []),
    "SOURCE": _unset(lambda g: g.cell("help", "talk"), "sources", ["SRC-2"]),
    "IP-C3": _drop(lambda g: g.grid["review"], "made_on"),
    "IP-C4": _unset(lambda g: g.grid["review"], "interval_months", 0),
    "IP-C5": _unset(_figure, "certainty"),
    "IP-C6": _unset(lambda g: g.grid, "funding"),
    "EP-4": _drop(lambda g: g.parent["about"], "interests"),
    "EP-5": _drop(lambda g: g.grid["review"], "owner"),
    "IP-K18": _drop(lambda g: g.parent["about"], "evidence"),
    "IP-K20": _unset(lambda g: g.grid, "authors", []),
    "EC-5": _unset(lambda g: g.grid, "need_groups", []),
    "EC-6": _unset(lambda g: g.grid["review"], "expires_on", "2027-01-01"),
    "BASIS": _unset(lambda g: g.cell("hard", "talk"), "basis", "our_draft"),
    "WAIT": _unset(lambda g: g.cell("hard", "talk"), "state", "waiting"),
    "VOICE": _drop(lambda g: g.parent["cells"]["ask"], "talk"),
    "IP-K1": _drop(lambda g: g.parent["cells"]["if-not"]["stay"], "more"),
    "IP-K6": _harms_over_other_times,
    "IP-K19": _unset(lambda g: g.cell("sure", "talk"), "state", "waiting"),
    "AGES": _unset(lambda g: g.option("talk")["usually_for"], "ages", {"from": 5, "to": 18}),
    "UNDER-5": _studied_under_five,
    "EVEN": _doubt_three_times,
    "RC-1": _unset(lambda g: g.evidence["figures"][1], "per", 1000),
    "RC-6": _unset(_figure, "who"),
    "RC-7": lambda g: g.say(_counts().replace("{{x-01.more}}", "so many"), row="help"),
    "RC-9": lambda g: g.say(_counts().replace("{{x-01.with_rest}}", "some"), row="help"),
    "FR-1": lambda g: g.say(_counts().replace("{{x-02.with}}", "some"), row="help"),
    "RC-17": _drop(lambda g: g.cell("help", "stay"), "strength"),
    "RC-21": _unset(lambda g: _figure(g)["without"], "comparator", "usual care"),
    "RC-22": _draw_the_benefit_alone,
    "RC-23": _say_a_number_on_one_face,
    "RC-24": _unset(_figure, "ages", {"from": 30, "to": 40}),
    "RC-25": _unset(_figure, "option_forbidden", True),
    "MARK": _unset(_figure, "mark", "V2"),
    "FIGURE": lambda g: g.say("It was {{x-01.more}} more people.", row="what"),
    "WRITTEN": _say("..."),
    "RC-2": _say("It is one in ten of them."),
    "RC-3": _say("Some feel twice as good after it."),
    "RC-4": _say("It is likely to be fine."),
    "RC-14": _say("It is an excellent thing."),
    "STEER": _say("We recommend it to you."),
    "SAFE": _say("Some say it is mad."),
    "SM-W1": _say("It is about an overdose."),
    "SM-W4": _say("Some say it is a cry for help."),
    "SM-W5": _say("Some commit suicide."),
    "TONE": _say("You can do it!"),
    "NAME": _say("A clinician sees you."),
    "MARKUP": _say("It is <b>bold</b> here."),
    "DIGIT": lambda g: g.say("Give it 9 weeks.", row="time", option="stay"),
    "PL-7": lambda g: g.say("You can say no. " * 7, part="face"),
    "PL-8": _say("You may hear of DBT here."),
    "PL-1": _harder_column,
    "IP-C1": _longer_column,
    "MED": _drop(lambda g: g.parent["options"]["tablet"], "medicine_note"),
}


def _name_a_medicine_in_a_source(good: Any) -> None:
    good.evidence["sources"][0]["supports"] = "that sertraline was tried"
    good.cell("what", "talk")["sources"] = ["SRC-1"]


def _drop_print_title(good: Any) -> None:
    del good.parent["print_title"]


TRANSLATED_MUTATIONS: dict[str, Mutation] = {
    "STALE": lambda g: g.young.update(title="Feeling made up again"),
    "UNTRANSLATED": lambda g: g.translated["young-person.cy.yaml"].update(
        problem=g.young["problem"]
    ),
}
SENSITIVE_MUTATIONS: dict[str, Mutation] = {
    "SM-W1": _say("You may cut down on it."),
    "SM-W9": _say("You are on a streak now."),
    "SM-W10": _say("Are you thinking about suicide?"),
    "SM-W11": _drop_print_title,
    "SM-W12": _unset(lambda g: g.grid["bands"][0], "kind", "alongside"),
    "SM-W15": _say("You need to stop to get this help."),
    "SM-W18": _say("You can hold ice in your hand."),
    "SM-W19": _name_a_medicine_in_a_source,
    "SM-W20": _unset(lambda g: g.cell("help", "talk"), "figures", ["x-01", "x-02"]),
    "SM-W21": _say("They may talk about first aid."),
    "SM-R1": _say("They give you a score."),
    "SM-R6": _say("They ask about risk."),
    "SM-F1": _say("Please tell us about your self-harm."),
    "SM-F4": _say("Someone will reply at once."),
    "SM-E3": _unset(lambda g: g.grid, "off_until_switched_on", False),
}


def test_good_sensitive_grid_passes(good: Any) -> None:
    report = check_grid(good.make_sensitive().write(), "made-up")
    assert [str(finding) for finding in report.findings] == []


def test_good_translated_grid_passes(good: Any) -> None:
    report = check_grid(good.translate().write(), "made-up")
    assert [str(finding) for finding in report.findings] == []
    assert report.draft is not None
    assert len(report.draft.voices) == 3


def test_topic_of_self_harm_is_sensitive(good: Any) -> None:
    good.grid["topic"] = good.evidence["topic"] = "self-harm"
    root = good.write()
    good.path("made-up-mood.yaml").rename(root / "_evidence" / "self-harm.yaml")
    (finding,) = check_grid(root, "made-up").findings
    assert (finding.rule, finding.line) == ("SM-E3", 13)


def test_medicine_is_no_column_of_a_sensitive_grid(good: Any) -> None:
    good.make_sensitive().option("tablet")["medicine"] = True
    for words in (good.young, good.parent):
        words["options"]["tablet"]["medicine_note"] = "A prescriber must confirm it."
    assert {f.rule for f in check_grid(good.write(), "made-up").findings} == {"SM-W19"}


def test_the_next_look_may_be_agreed_where_no_source_gives_days(good: Any) -> None:
    stay = good.option("stay")
    del stay["review_within_days"]
    stay["review_by_agreement"] = True
    assert check_grid(good.write(), "made-up").passes


def test_row_may_be_left_out_of_a_sensitive_grid_only(good: Any) -> None:
    good.grid["optional"] = ["when"]
    good.grid["rows"] = [row for row in good.grid["rows"] if row["id"] != "when"]
    good.grid["cells"] = [cell for cell in good.grid["cells"] if cell["row"] != "when"]
    for words in (good.young, good.parent):
        del words["rows"]["when"], words["cells"]["when"]
    assert {f.rule for f in check_grid(good.write(), "made-up").findings} == {"ROWS"}
    assert check_grid(good.make_sensitive().write(), "made-up").passes


def test_good_grid_passes(good: Any) -> None:
    report = check_grid(good.write(), "made-up")
    assert [str(finding) for finding in report.findings] == []
    assert report.counts() == {"cells": 33, "waiting": 3, "unknown": 1, "our_draft": 1}


_CASES: Final = [
    *((rule_id, "plain", mutate) for rule_id, mutate in MUTATIONS.items()),
    *((rule_id, "sensitive", mutate) for rule_id, mutate in SENSITIVE_MUTATIONS.items()),
    *((rule_id, "translated", mutate) for rule_id, mutate in TRANSLATED_MUTATIONS.items()),
]


@pytest.mark.parametrize(("rule_id", "kind", "mutate"), _CASES)
def test_mutation_fails_for_its_rule_alone_and_passes_without_that_rule(
    rule_id: str, kind: str, mutate: Mutation, good: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = {"plain": lambda: good, "sensitive": good.make_sensitive}
    prepare.get(kind, good.translate)()
    mutate(good)
    report = check_grid(good.write(), "made-up")
    assert report.draft is not None
    assert {finding.rule for finding in report.findings} == {rule_id}
    # Were the rule deleted, nothing would be found, and the line above would fail.
    monkeypatch.delitem(RULES, rule_id)
    assert check_draft(report.draft) == ()


def test_every_rule_has_a_mutation() -> None:
    assert {rule_id for rule_id, _, _ in _CASES} == set(RULES)


def test_every_rule_says_what_it_asks() -> None:
    assert [rule.id for rule in RULES.values() if not rule.asks.endswith(".")] == []


def test_finding_names_file_and_line(good: Any) -> None:
    good.say("You can do it!")
    root = good.write()
    lines = good.path("young-person.en.yaml").read_text().splitlines()
    (finding,) = check_grid(root, "made-up").findings
    assert finding.file == "grids/made-up/young-person.en.yaml"
    assert "You can do it!" in lines[finding.line - 1]


@pytest.mark.parametrize(
    ("rule_id", "holder", "value"),
    [
        ("MARK", "young", "This is unverified so far."),
        ("DIGIT", "problem", "You may feel sad for 3 weeks or more."),
        ("PL-7", "young", "You can say what you like and when you like and how you like " * 3),
        ("FIGURE", "young", "It was {{ not a figure of theirs."),
        ("FIGURE", "help", "It was {{x-01.nothing}} of them."),
    ],
)
def test_rules_have_a_second_side(rule_id: str, holder: str, value: str, good: Any) -> None:
    if holder == "problem":
        good.young["problem"] = value
    else:
        good.say(value, row="help" if holder == "help" else "what")
    report = check_grid(good.write(), "made-up")
    assert {finding.rule for finding in report.findings} == {rule_id}


def _several_harms(good: Any, option: str) -> None:
    third = _figure(good) | {"id": "x-03", "outcome_is": "unwanted", "outcome": "slept badly"}
    good.evidence["figures"].append(third | {"drawn_with": []})
    good.cell("help", option).setdefault("figures", []).append("x-03")
    good.cell("help", option).update(state="filled", strength="weak", sources=["SRC-1", "SRC-2"])
    good.cell("help", option).pop("reason", None)


def test_one_option_may_list_several_harms_of_one_study(good: Any) -> None:
    _several_harms(good, "talk")
    assert check_grid(good.write(), "made-up").passes


def test_other_harms_of_the_study_are_no_comparison_across_columns(good: Any) -> None:
    _several_harms(good, "stay")
    report = check_grid(good.write(), "made-up")
    assert {finding.rule for finding in report.findings} == {"RC-21"}


def _ask_more(good: Any, name: str, place: int, voices: list[str]) -> None:
    good.grid["rows"].insert(place, {"id": name, "facet": "extra", "voices": voices})
    for option in ("stay", "talk", "tablet"):
        cell = {"row": name, "option": option, "state": "filled", "basis": "review"}
        good.grid["cells"].append(cell | {"sources": ["SRC-2"]})
        for words in (good.young, good.parent):
            if words["voice"] in voices:
                words["cells"].setdefault(name, {})[option] = {"face": "You can say more here."}
    for words in (good.young, good.parent):
        if words["voice"] in voices:
            words["rows"][name] = {"question": "What more?", "ask": "Ask more."}


def test_extra_rows_stand_before_and_after_the_core_rows(good: Any) -> None:
    _ask_more(good, "listened", 0, ["young-person", "parent"])
    _ask_more(good, "me", 12, ["young-person"])
    _ask_more(good, "home", 13, ["parent"])
    assert [str(found) for found in check_grid(good.write(), "made-up").findings] == []


@pytest.mark.parametrize(("name", "place"), [("listened", 11), ("home", 0), ("weather", 11)])
def test_extra_rows_come_from_a_closed_list_and_have_their_place(
    name: str, place: int, good: Any
) -> None:
    _ask_more(good, name, place, ["parent"])
    report = check_grid(good.write(), "made-up")
    assert {finding.rule for finding in report.findings} == {"ROWS"}


def test_core_row_is_asked_in_both_voices(good: Any) -> None:
    good.grid["rows"][6]["voices"] = ["parent"]
    for part in ("rows", "cells"):
        del good.young[part]["ask"]
    report = check_grid(good.write(), "made-up")
    assert {finding.rule for finding in report.findings} == {"ROWS"}


def test_two_options_without_new_help_are_one_too_many(good: Any) -> None:
    good.option("talk").update({"no_change": True, "review_within_days": 7})
    for voice in (good.young, good.parent):
        voice["options"]["talk"]["not_for"] = "Not for: some"
    (finding,) = check_grid(good.write(), "made-up").findings
    assert finding.rule == "NOCHANGE"


def test_single_choice_is_no_choice(good: Any) -> None:
    for name in ("talk", "tablet"):
        good.option(name)["kind"] = "alongside"
    report = check_grid(good.write(), "made-up")
    assert {finding.rule for finding in report.findings} == {"IP-Q3"}


def test_help_told_at_three_times_the_length_of_harm_is_unbalanced(good: Any) -> None:
    good.say("It may ease things for you. " * 12, row="help", option="tablet")
    good.young["cells"]["hard"]["tablet"].pop("more")
    report = check_grid(good.write(), "made-up")
    assert {finding.rule for finding in report.findings} == {"IP-C1"}


def test_words_beyond_the_structure_are_named(good: Any) -> None:
    good.young["rows"]["nowhere"] = {"question": "What?", "ask": "Ask."}
    (finding,) = check_grid(good.write(), "made-up").findings
    assert (finding.rule, "nowhere" in finding.what_to_do) == ("VOICE", True)


def test_chance_word_beside_a_figure_may_stay(good: Any) -> None:
    good.parent["cells"]["help"]["talk"]["face"] = "A change for the good is not likely for all."
    assert check_grid(good.write(), "made-up").passes


@pytest.mark.parametrize(
    ("rule_id", "caught", "allowed"),
    [
        ("RC-2", "1 in 10 feel sick", "one in the morning"),
        ("RC-2", "one out of five", "40 out of 100"),
        ("RC-3", "30% more", "thirty people more"),
        ("RC-3", "three times as many", "three times a week"),
        ("RC-3", "the risk ratio", "the risk"),
        ("RC-4", "side effects are rare", "what you have in mind"),
        ("RC-4", "it usually helps", "it usually takes an hour"),
        ("RC-4", "there is a small chance", "you have a chance to talk"),
        ("RC-14", "it works well", "it works with your feelings"),
        ("RC-14", "there are no side effects", "side effects were not measured"),
        ("STEER", "the best choice", "do your best"),
        ("STEER", "you should choose this", "you should not feel alone"),
        ("STEER", "most popular", "popular music"),
        ("SAFE", "that is crazy", "that is a craze"),
        ("SM-W5", "to commit suicide", "thoughts of suicide"),
        ("SM-W4", "a self-harmer", "someone who self-harms"),
        ("SM-W4", "attention-seeking", "you can ask for attention"),
        ("SM-W1", "a razor", "a raised voice"),
        ("SM-W1 sensitive", "on your skin", "it is your plan"),
        ("SM-W15 sensitive", "You have to stop first.", "You do not have to stop first."),
        ("SM-W15 sensitive", "You must stop.", "Do I have to stop first? No."),
        ("SM-W15 sensitive", "once you stop", "if you stop coming"),
        ("SM-W15 sensitive", "only if you have stopped", "What if I want to stop?"),
        ("SM-W20", "the suicide rate", "thoughts of suicide"),
        ("SM-W20 sensitive", "four in ten people", "four in the morning"),
        ("SM-W20 sensitive", "12 of 40 people", "12 weeks of sessions"),
        ("SM-W20 sensitive", "half of young people", "half an hour"),
        ("SM-W20 sensitive", "40%", "40 minutes"),
        ("SM-R6 sensitive", "at risk", "a brisk walk"),
        ("SM-W19 sensitive", "10 mg", "10 weeks"),
        ("SM-W10 sensitive", "Do you want to die?", "You can say that you want to die."),
        ("SM-F4 sensitive", "we will reply soon", "they will listen to you"),
        ("NAME", "this Option Grid", "this grid of options"),
        ("MARKUP", "see https://example.org", "see the page"),
        ("MARKUP", "[here](x)", "[here]"),
    ],
)
def test_word_lists_catch_the_phrase_and_spare_its_neighbour(
    rule_id: str, caught: str, allowed: str
) -> None:
    assert list(in_terms(rule_id, caught)) != []
    assert list(in_terms(rule_id, allowed)) == []


def test_what_awaits_a_person_does_not_block(good: Any) -> None:
    root = good.write()
    (root / "_contacts").mkdir()
    contacts = "contacts:\n- id: line\n  checked_on: null\n- id: other\n  checked_on: 2026-01-02\n"
    (root / "_contacts" / "england.yaml").write_text(contacts)
    report = check_grid(root, "made-up")
    assert report.passes
    found = [finding.rule for finding in report.awaiting]
    assert found == [
        *["AWAIT-APPROVAL"] * 2,
        "AWAIT-PRESCRIBER",
        "AWAIT-CELL",
        "AWAIT-CHECK",
        "AWAIT-CONTACT",
    ]
    assert report.awaiting[-1].line == 3


@pytest.mark.parametrize(
    ("today", "overdue"),
    [
        (date(2026, 1, 1), ["line", "other"]),
        (date(2026, 1, 3), ["line"]),
        (date(2026, 2, 2), ["line"]),
        (date(2026, 2, 3), ["line", "other"]),
    ],
)
def test_check_of_a_contact_lasts_a_month(today: date, overdue: list[str], good: Any) -> None:
    root = good.write()
    (root / "_contacts").mkdir()
    contacts = "contacts:\n- id: line\n  checked_on: soon\n- id: other\n  checked_on: 2026-01-02\n"
    (root / "_contacts" / "england.yaml").write_text(contacts)
    report = check_grid(root, "made-up", today)
    late = [f.what_to_do.split()[3] for f in report.awaiting if f.rule == "AWAIT-CONTACT"]
    assert late == overdue


def test_review_that_is_due_awaits_a_person(good: Any) -> None:
    root = good.make_sensitive().write()
    rules = {
        day: {f.rule for f in check_grid(root, "made-up", day).awaiting}
        for day in (date(2027, 5, 22), date(2027, 5, 23))
    }
    assert rules[date(2027, 5, 23)] - rules[date(2027, 5, 22)] == {"AWAIT-REVIEW"}
    assert "AWAIT-LOCAL-NUMBER" in rules[date(2027, 5, 22)]


def _take_over(good: Any, *by: str) -> None:
    """Enter that these people made the words their own, as they stand now."""
    good.write()
    draft = parse_draft(good.root, "made-up").draft
    assert draft is not None
    words = words_hash(draft.voices.values())
    good.grid["words_taken_over"] = {"by": list(by), "on": "2026-12-01", "words": words}


def _awaited(good: Any) -> list[str]:
    report = check_grid(good.write(), "made-up")
    assert report.passes  # a draft release is not held back
    return [f.what_to_do for f in report.awaiting if f.rule == "AWAIT-OWN-WORDS"]


BOTH: Final = ("clinician", "lived-experience")


def test_words_that_people_who_know_took_over_await_nobody(good: Any) -> None:
    _take_over(good.make_sensitive(), *BOTH)
    assert _awaited(good) == []


@pytest.mark.parametrize(
    ("by", "asked"),
    [
        (("clinician",), "ask somebody with lived experience to rewrite"),
        (("lived-experience",), "ask a clinician to rewrite"),
        ((), "ask a clinician and somebody with lived experience to rewrite"),
    ],
)
def test_words_await_whoever_did_not_take_them_over(
    by: tuple[str, ...], asked: str, good: Any
) -> None:
    _take_over(good.make_sensitive(), *by)
    (found,) = _awaited(good)
    assert found.startswith(asked)
    assert "(SM-F9)" in found


def test_words_await_people_where_nobody_entered_anything(good: Any) -> None:
    (found,) = _awaited(good.make_sensitive())
    good.write()
    draft = parse_draft(good.root, "made-up").draft
    assert draft is not None
    assert f"words: '{words_hash(draft.voices.values())}'" in found


@pytest.mark.parametrize("voice", ["young", "parent"])
def test_one_changed_word_has_to_be_taken_over_anew(voice: str, good: Any) -> None:
    _take_over(good.make_sensitive(), *BOTH)
    getattr(good, voice)["cells"]["what"]["talk"]["more"] = MORE_CHANGED
    assert len(_awaited(good)) == 1


def test_words_of_other_topics_and_translations_await_no_owner(good: Any) -> None:
    assert _awaited(good) == []
    _take_over(good.make_sensitive(), *BOTH)
    good.translate()
    assert _awaited(good) == []


def test_advice_blocks_nothing_and_names_the_place(good: Any) -> None:
    good.say(
        "Multidisciplinary help. "
        "You can say what you like and when you like and how and why you do."
    )
    good.parent["glossary"]["ipt"]["term"] = "never said"
    report = check_grid(good.write(), "made-up")
    assert report.passes
    assert [(f.file.split("/")[-1], f.rule) for f in report.advice] == [
        ("parent.en.yaml", "ADVICE-TERM"),
        ("young-person.en.yaml", "ADVICE-SENTENCE"),
        ("young-person.en.yaml", "ADVICE-WORD"),
        ("young-person.en.yaml", "ADVICE-TERM"),
    ]


def test_many_grids_are_checked_like_one_by_one(good: Any) -> None:
    for number in range(9):
        good.slug = good.grid["slug"] = f"made-up-{number}"
        good.young["grid"] = good.parent["grid"] = good.slug
        good.grid["need_groups"] = ["help"] if number else []
        good.write()
    reports = check_grids(good.root)
    assert [report.slug for report in reports] == [f"made-up-{number}" for number in range(9)]
    alone = [replace(check_grid(good.root, report.slug), draft=None) for report in reports]
    assert reports == alone
    assert [report.passes for report in reports] == [False, *[True] * 8]


def test_report_as_json_holds_ages_and_balance(good: Any) -> None:
    told = check_grid(good.write(), "made-up").as_json()
    assert told["passes"] is True
    columns = {(e["voice"], e["id"]) for e in told["reading_ages"] if e["part"] == "options"}
    assert columns == {
        (v, o) for v in ("young-person", "parent") for o in ("stay", "talk", "tablet")
    }
    assert all(e["words"] >= 100 and e["age"] <= 11.9 for e in told["reading_ages"])
    columns = {entry["length"]["option"]: entry for entry in told["balance"]["parent.en"]}
    assert set(columns) == {"stay", "talk", "tablet"}
    assert columns["stay"]["basis"] < columns["talk"]["basis"] == 4.0
    assert columns["talk"]["length"]["help_words"] > columns["stay"]["length"]["help_words"]
    assert columns["talk"]["adjectives"] == 12
