from __future__ import annotations

import hashlib
import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from app.domain import withdrawal_code
from app.domain.withdrawal_code import list_words, read_words, words_of

ROOT = Path(__file__).parents[3]
CASES = json.loads((ROOT / "tests/fixtures/withdrawal-cases.json").read_text())
# The list as it was when the first code was taken home. Another list would unmake those codes.
LIST_SHA256 = "cbaa900d1db05c65790c5b40b6dcdfb561d386ffa5ec500c786dbb958ee36226"


def test_the_list_is_the_one_that_codes_are_made_of() -> None:
    text = (ROOT / "app/domain/withdrawal_words.txt").read_bytes()
    assert hashlib.sha256(text).hexdigest() == LIST_SHA256


def test_words_are_short_plain_and_told_apart_by_four_letters() -> None:
    words = list_words()
    assert len(words) == len(set(words)) == 2**9
    assert list(words) == sorted(words)
    assert all(re.fullmatch("[a-z]{4,10}", word) for word in words)
    assert len({word[:4] for word in words}) == len(words)


def test_no_slip_of_one_letter_makes_another_word() -> None:
    close = [pair for pair in combinations(list_words(), 2) if _one_letter_apart(*pair)]
    assert close == []
    assert _one_letter_apart("kitten", "mitten")
    assert _one_letter_apart("ice", "mice")
    assert not _one_letter_apart("kite", "kitten")


def _one_letter_apart(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest = at if len(one) < len(other) else at + 1
    return one[rest:] == other[at + 1 :]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["salt"][:8])
def test_words_of_recorded_salts(case: dict[str, object]) -> None:
    salt = bytes.fromhex(str(case["salt"]))
    assert list(words_of(salt)) == case["words"]


def test_words_are_the_first_36_bits() -> None:
    salt = bytes(range(16))
    bits = f"{int(hashlib.sha256(b'option-grids withdrawal 1' + salt).hexdigest(), 16):0256b}"
    numbers = [int(bits[at : at + 9], 2) for at in (0, 9, 18, 27)]
    assert words_of(salt) == tuple(list_words()[number] for number in numbers)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        words_of(bytes(length))


@pytest.mark.parametrize(
    "typed",
    [
        "acorn badge zebra kite",
        "  Acorn,BADGE ,zebra.\tKITE\n",
        "1. acorn 2. badge 3. zebra 4. kite",
        "acorn-badge-zebra-kite",
        "\uff41corn badge zebra kite",
    ],
)
def test_what_people_write_is_read(typed: str) -> None:
    assert read_words(typed) == ("acorn", "badge", "zebra", "kite")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "acorn badge zebra",
        "acorn badge zebra kite kite",
        "acorn badge zebra kites",
        "acron badge zebra kite",
        "acor badg zebr kite",
        "acornbadgezebrakite",
        "acorn badge zebra kite " + " " * 200,
        "\x00",
    ],
)
def test_nothing_is_guessed(typed: str) -> None:
    assert read_words(typed) is None


def test_order_matters() -> None:
    assert read_words("kite zebra badge acorn") == ("kite", "zebra", "badge", "acorn")


def test_the_device_has_the_same_words() -> None:
    script = (ROOT / "static/js/withdrawal-words.js").read_text("utf-8")
    assert script == withdrawal_code.as_javascript()
