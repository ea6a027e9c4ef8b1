"""Who holds the tablet now, and what may be shown to them.

The appointment page owns the turn and runs this table on the device; the server only receives
answer sets. Both read the same table (``transitions_json``) and run the same cases
(``tests/fixtures/handover-cases.json``), so that they cannot drift apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

#: Seconds without a touch before "Still here?": in a private turn, and while reading together.
IDLE_SECONDS: Final[Mapping[str, int]] = {"private": 180, "grid": 480}
#: How long "Still here?" waits, and how long the same person may come back to a covered page.
STILL_HERE_SECONDS: Final = 30
COME_BACK_SECONDS: Final = 600


class State(StrEnum):
    """Where the tablet is."""

    STAFF = "staff"
    PASSING = "passing"
    FAMILY = "family"
    COVERED = "covered"
    LOCKED = "locked"


class Turn(StrEnum):
    """Whose turn it is: a respondent on their own, or everybody at the grid."""

    YOUNG_PERSON = "young_person"
    PARENT_SELF = "parent_self"
    PARENT_PROXY = "parent_proxy"
    TOGETHER = "together"


class Move(StrEnum):
    """What somebody does, or what happens because nobody does anything."""

    HAND_OVER = "hand_over"
    TAKE = "take"
    FINISH = "finish"
    COVER = "cover"
    IDLE = "idle"
    HOLD = "hold"
    TIME_OUT = "time_out"
    LOCK = "lock"
    PIN = "pin"


class Effect(StrEnum):
    """What a move does besides changing hands. The seals concern an answer set that is open."""

    SUSPEND_LOGIN = "suspend_login"
    SEAL_COMPLETE = "seal_complete"
    SEAL_INTERRUPTED = "seal_interrupted"
    FORGET_TURN = "forget_turn"
    NARROW_LOGIN = "narrow_login"


class Thing(StrEnum):
    """What a screen may hold."""

    STAFF_PAGES = "staff_pages"
    WHOSE_TURN = "whose_turn"
    OWN_QUESTIONS = "own_questions"
    GRID = "grid"
    NEUTRAL_PAGE = "neutral_page"
    PIN_PAD = "pin_pad"
    HELP = "help"


class MoveNotAllowed(ValueError):
    """Nobody can do this from where the tablet is."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Where the tablet is; ``turn`` is whose it is while with the family, covered or not."""

    state: State
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Where a move leads, and what it does on the way."""

    holder: Holder
    effects: tuple[Effect, ...] = ()


START: Final = Holder(State.STAFF)

_TO: Final[Mapping[tuple[State, Move], tuple[State, tuple[Effect, ...]]]] = {
    (State.STAFF, Move.HAND_OVER): (State.PASSING, (Effect.SUSPEND_LOGIN,)),
    (State.PASSING, Move.TAKE): (State.FAMILY, ()),
    (State.PASSING, Move.LOCK): (State.LOCKED, ()),
    # The next person meets a page that knows nothing of the one before.
    (State.FAMILY, Move.FINISH): (State.PASSING, (Effect.SEAL_COMPLETE, Effect.FORGET_TURN)),
    (State.FAMILY, Move.COVER): (State.COVERED, ()),
    (State.FAMILY, Move.IDLE): (State.COVERED, ()),
    (State.FAMILY, Move.LOCK): (State.LOCKED, (Effect.SEAL_INTERRUPTED, Effect.FORGET_TURN)),
    (State.COVERED, Move.HOLD): (State.FAMILY, ()),
    (State.COVERED, Move.TIME_OUT): (State.LOCKED, (Effect.SEAL_INTERRUPTED, Effect.FORGET_TURN)),
    (State.COVERED, Move.LOCK): (State.LOCKED, (Effect.SEAL_INTERRUPTED, Effect.FORGET_TURN)),
    (State.LOCKED, Move.PIN): (State.STAFF, (Effect.NARROW_LOGIN,)),
}

_WITH_TURN: Final = frozenset({State.FAMILY, State.COVERED})

_SHOWN: Final[Mapping[State, frozenset[Thing]]] = {
    State.STAFF: frozenset({Thing.STAFF_PAGES}),
    State.PASSING: frozenset({Thing.WHOSE_TURN, Thing.HELP}),
    State.FAMILY: frozenset({Thing.OWN_QUESTIONS, Thing.GRID, Thing.HELP}),
    # Help is part of the neutral page: it gives nobody away (SM-H1).
    State.COVERED: frozenset({Thing.NEUTRAL_PAGE, Thing.HELP}),
    State.LOCKED: frozenset({Thing.PIN_PAD, Thing.HELP}),
}
_SHOWN_TOGETHER: Final = frozenset({Thing.GRID, Thing.HELP})


def make_move(holder: Holder, move: Move, turn: Turn | None = None) -> Step:
    """Return where ``move`` leads; ``turn`` is for TAKE only. Raises MoveNotAllowed."""
    found = _TO.get((holder.state, move))
    if found is None or (turn is not None) != (move is Move.TAKE):
        raise MoveNotAllowed(f"{move} from {holder.state}")
    state, effects = found
    kept = turn or holder.turn
    return Step(Holder(state, kept if state in _WITH_TURN else None), effects)


def shown_to(holder: Holder) -> frozenset[Thing]:
    """Return everything that a screen may hold now; what is not in it is not on it."""
    if holder.state is State.FAMILY and holder.turn is Turn.TOGETHER:
        return _SHOWN_TOGETHER
    return _SHOWN[holder.state]


def transitions_json() -> str:
    """Return the table as JSON for the device: states, turns, moves, what is shown, seconds."""
    table = {
        "start": START.state,
        "states": list(State),
        "turns": list(Turn),
        "with_turn": sorted(_WITH_TURN),
        "moves": [
            {"from": state, "move": move, "to": to, "effects": list(effects)}
            for (state, move), (to, effects) in _TO.items()
        ],
        "shown": {state: sorted(things) for state, things in _SHOWN.items()},
        "shown_together": sorted(_SHOWN_TOGETHER),
        "seconds": {
            "idle": dict(IDLE_SECONDS),
            "still_here": STILL_HERE_SECONDS,
            "come_back": COME_BACK_SECONDS,
        },
    }
    return json.dumps(table, indent=1)


_SIX_DIGITS: Final = re.compile(r"[0-9]{6}", re.ASCII)


def find_pin_fault(pin: str) -> str | None:
    """Return the key of what is wrong with a chosen PIN, or None.

    Keys: ``pin_six_digits``; ``pin_too_easy`` for one digit six times, digits that count up or
    down (9 goes on to 0), and two or three digits said again: what somebody tries first.
    """
    if not _SIX_DIGITS.fullmatch(pin):
        return "pin_six_digits"
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    counts = len(steps) == 1 and steps <= {0, 1, 9}
    repeats = pin == pin[:2] * 3 or pin == pin[:3] * 2
    return "pin_too_easy" if counts or repeats else None
