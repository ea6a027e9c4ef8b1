"""Who holds the tablet: the shared cases, and what holds on every path there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.handover import (
    IDLE_SECONDS,
    START,
    Effect,
    Holder,
    Move,
    MoveNotAllowed,
    State,
    Step,
    Thing,
    Turn,
    find_pin_fault,
    make_move,
    shown_to,
    transitions_json,
)

CASES = Path(__file__).resolve().parents[2] / "fixtures" / "handover-cases.json"
ALL_CASES = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
PRIVATE = frozenset(Turn) - {Turn.TOGETHER}
STEPS = [*((move, None) for move in Move), *((Move.TAKE, turn) for turn in Turn)]


def walk(moves: list[list[str]]) -> tuple[Holder, list[str]]:
    holder = START
    effects: list[str] = []
    for name, *turn in moves:
        step = make_move(holder, Move(name), Turn(turn[0]) if turn else None)
        holder = step.holder
        effects += step.effects
    return holder, effects


@pytest.mark.parametrize("case", ALL_CASES, ids=[case["name"] for case in ALL_CASES])
def test_the_shared_cases(case: dict[str, Any]) -> None:
    if case.get("refused"):
        walk(case["moves"][:-1])
        with pytest.raises(MoveNotAllowed):
            walk(case["moves"])
        return
    holder, effects = walk(case["moves"])
    assert {"state": holder.state, "turn": holder.turn} == case["ends"]
    assert effects == case["effects"]
    assert sorted(shown_to(holder)) == case["shown"]


def test_the_cases_use_every_move_and_meet_every_state() -> None:
    made = {move[0] for case in ALL_CASES if not case.get("refused") for move in case["moves"]}
    met = {case["ends"]["state"] for case in ALL_CASES if not case.get("refused")}
    assert made == set(Move)
    assert met == set(State)


def allowed(holder: Holder, move: Move, turn: Turn | None) -> Step | None:
    try:
        return make_move(holder, move, turn)
    except MoveNotAllowed:
        return None


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_no_path_shows_one_person_what_another_did(tried: list[tuple[Move, Turn | None]]) -> None:
    holder, remembered = START, None
    for move, turn in tried:
        step = allowed(holder, move, turn)
        if step is None:
            continue
        if Effect.FORGET_TURN in step.effects:
            remembered = None
        before, holder = holder, step.holder
        if holder.turn is not None:
            assert remembered in {None, holder.turn}
            remembered = holder.turn
        assert (holder.turn is None) == (holder.state not in {State.FAMILY, State.COVERED})
        if Thing.STAFF_PAGES in shown_to(holder):
            assert move is Move.PIN
            assert before.state is State.LOCKED
        if holder.state is State.STAFF:
            assert remembered is None


def test_questions_are_shown_in_private_turns_only() -> None:
    for state in State:
        for turn in (*Turn, None):
            private = state is State.FAMILY and turn in PRIVATE | {None}
            assert (Thing.OWN_QUESTIONS in shown_to(Holder(state, turn))) == private


def test_the_exported_table_makes_the_same_moves() -> None:
    table = json.loads(transitions_json())
    exported = {(row["from"], row["move"]): (row["to"], row["effects"]) for row in table["moves"]}
    for state in State:
        for move in Move:
            turn = Turn.YOUNG_PERSON if move is Move.TAKE else None
            step = allowed(Holder(state, Turn.PARENT_SELF), move, turn)
            expected = (step.holder.state, list(step.effects)) if step else None
            assert exported.get((state, move)) == expected
    assert table["shown"] == {s: sorted(shown_to(Holder(s, Turn.PARENT_SELF))) for s in State}
    assert table["shown_together"] == sorted(shown_to(Holder(State.FAMILY, Turn.TOGETHER)))
    assert table["seconds"] == {
        "idle": {"private": 180, "grid": 480},
        "still_here": 30,
        "come_back": 600,
    }
    assert table["seconds"]["idle"] == IDLE_SECONDS


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("204816", None),
        ("135790", None),
        ("112233", None),
        ("000000", "pin_too_easy"),
        ("123456", "pin_too_easy"),
        ("890123", "pin_too_easy"),
        ("654321", "pin_too_easy"),
        ("121212", "pin_too_easy"),
        ("407407", "pin_too_easy"),
        ("12345", "pin_six_digits"),
        ("2048160", "pin_six_digits"),
        ("20481a", "pin_six_digits"),
        ("２０４８１６", "pin_six_digits"),
        ("204816\n", "pin_six_digits"),
        ("", "pin_six_digits"),
    ],
)
def test_a_pin_has_six_digits_and_is_not_the_first_guess(pin: str, fault: str | None) -> None:
    assert find_pin_fault(pin) == fault
