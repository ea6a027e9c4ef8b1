"""What stays of a typed line: every letter and every joiner, and nothing that nobody sees."""

from __future__ import annotations

import pytest

from app.domain.typed_line import one_line


@pytest.mark.parametrize(
    "words", ["👨‍👩‍👧 🤷‍♀️ ❤️", "می‌خواهم", "ක්‍රීඩා", "🩷 younger than the table", "café"]
)
def test_letters_and_their_joiners_stay(words: str) -> None:
    assert one_line(words) == words


def test_what_nobody_sees_is_a_space() -> None:
    assert one_line(" a\u202eb\x00c\td\r\ne\u00a0\u2028f\ue000g\ud800 ") == "a b c d e f g"
