"""Papers in memory: sealed, given once, gone in time, and never more than there is room for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.adapters import print_tickets
from app.adapters.print_tickets import MOST_OF_ONE, PrintTickets, TicketsFull

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
PAPER = b"%PDF a word that nobody else may read"


def left(tickets: PrintTickets, secret: str = "lantern meadow", owner: str = "tablet") -> None:
    tickets.put(secret, PAPER, owner=owner, scope="north", until=LATER, now=NOW)


def test_a_paper_is_given_once() -> None:
    tickets = PrintTickets()
    left(tickets)
    assert tickets.take("meadow lantern", now=NOW) is None
    assert tickets.take("lantern meadow", now=NOW) == PAPER
    assert tickets.take("lantern meadow", now=NOW) is None
    assert len(tickets) == 0


def test_nothing_that_lies_there_can_be_read_and_no_secret_is_kept() -> None:
    tickets = PrintTickets()
    left(tickets)
    (place, kept), *_ = tickets._kept.items()
    assert b"word" not in kept.sealed
    assert b"lantern" not in place + kept.sealed + tickets._pepper
    left(tickets, "another code")
    assert len({kept.sealed for kept in tickets._kept.values()}) == 2


def test_another_team_finds_nothing_and_takes_nothing_away() -> None:
    tickets = PrintTickets()
    left(tickets)
    assert tickets.take("lantern meadow", scopes={"south"}, now=NOW) is None
    assert tickets.take("lantern meadow", scopes={"north", "south"}, now=NOW) == PAPER


def test_time_takes_it_away() -> None:
    tickets = PrintTickets()
    left(tickets)
    assert tickets.take("lantern meadow", now=LATER) is None
    assert len(tickets) == 0
    left(tickets)
    tickets.drop_over(LATER - timedelta(seconds=1))
    assert len(tickets) == 1
    tickets.drop_over(LATER)
    assert len(tickets) == 0


def test_a_secret_in_use_is_not_used_again() -> None:
    tickets = PrintTickets()
    left(tickets)
    with pytest.raises(KeyError):
        left(tickets)


def test_one_tablet_does_not_fill_the_room_of_the_others() -> None:
    tickets = PrintTickets()
    for number in range(MOST_OF_ONE):
        left(tickets, f"code {number}")
    with pytest.raises(TicketsFull):
        left(tickets, "one more")
    left(tickets, "one more", owner="another tablet")


def test_there_is_an_end_to_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(print_tickets, "MOST_BYTES", 4 * len(PAPER))
    tickets = PrintTickets()
    left(tickets, "one")
    left(tickets, "two", owner="another")
    with pytest.raises(TicketsFull):
        left(tickets, "three", owner="a third")
    assert tickets.take("one", now=NOW) == PAPER
    left(tickets, "three", owner="a third")


def test_a_restart_forgets_everything() -> None:
    left(PrintTickets())
    assert PrintTickets().take("lantern meadow", now=NOW) is None
