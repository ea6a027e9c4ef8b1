"""The two words of the print desk: given out, said aloud, typed again."""

from __future__ import annotations

import pytest

from app.domain.print_code import draw_code, read_code
from app.domain.withdrawal_code import list_words


def test_a_code_is_two_different_words_of_the_list_that_read_back() -> None:
    words = list_words()
    for first in range(0, len(words), 37):
        for step in (0, 1, 200, len(words) - 2):
            drawn = iter((first, step))
            code = draw_code(lambda below, drawn=drawn: next(drawn) % below)
            one, other = code.split()
            assert one == words[first]
            assert other != one
            assert read_code(code) == code


def test_every_second_word_can_follow() -> None:
    followers = set()
    for step in range(len(list_words()) - 1):
        drawn = iter((5, step))
        followers.add(draw_code(lambda below, drawn=drawn: next(drawn) % below).split()[1])
    assert followers == set(list_words()) - {list_words()[5]}


@pytest.mark.parametrize(
    "typed", ["Lantern, Meadow", " lantern\nmeadow ", "LANTERN-MEADOW", "1. lantern 2. meadow"]
)
def test_how_it_is_written_does_not_matter(typed: str) -> None:
    assert read_code(typed) == "lantern meadow"


@pytest.mark.parametrize(
    "typed", ["", "lantern", "lantern meadow pony", "lanternmeadow", "lantern medow", "x" * 200]
)
def test_nothing_is_guessed_at(typed: str) -> None:
    assert read_code(typed) is None


def test_order_matters() -> None:
    assert read_code("meadow lantern") != read_code("lantern meadow")
