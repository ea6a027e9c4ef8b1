"""Storing, comparing and judging passwords."""

from __future__ import annotations

import time
from statistics import median

import pytest

from app.adapters import passwords

GOOD = "lantern over the quiet weir"


def test_a_hash_is_argon2id_above_the_standards_least() -> None:
    stored = passwords.hash_secret(GOOD)
    assert stored.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert stored != passwords.hash_secret(GOOD)


@pytest.mark.parametrize(
    ("secret", "holds"),
    [(GOOD, True), (GOOD + " ", False), (GOOD.title(), False), ("", False), ("x" * 129, False)],
)
def test_only_the_very_secret_holds(secret: str, holds: bool) -> None:
    assert passwords.verify_secret(secret, passwords.hash_secret(GOOD)) is holds


def test_the_same_letters_from_another_keyboard_hold() -> None:
    stored = passwords.hash_secret("caf\u00e9 by the harbour wall")
    assert passwords.verify_secret("cafe\u0301 by the harbour wall", stored)


@pytest.mark.parametrize("stored", [None, "", "md5:whatever"])
def test_nothing_holds_without_a_hash(stored: str | None) -> None:
    assert passwords.verify_secret(GOOD, stored) is False


def test_the_secret_behind_the_stand_in_hash_opens_nothing() -> None:
    assert not passwords.verify_secret("no account has this password, and it opens nothing", None)


def test_an_unknown_name_takes_as_long_as_a_known_one() -> None:
    stored = passwords.hash_secret(GOOD)
    passwords.verify_secret("warm", None)
    known = _median_seconds(stored)
    unknown = _median_seconds(None)
    assert 0.4 < unknown / known < 2.5


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "password_short"),
        ("elevenchars", "password_short"),
        ("x" * 129, "password_long"),
        ("password1234", "password_easy"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "password_easy"),
        ("marigold.okafor", "password_easy"),
        ("Okafor marigold 1", "password_easy"),
        (GOOD, None),
        (GOOD * 4, None),
    ],
)
def test_new_passwords_are_judged(password: str, fault: str | None) -> None:
    assert passwords.find_fault(password, known_words=["marigold.okafor", ""]) == fault


def _median_seconds(stored: str | None) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        passwords.verify_secret("not the right password", stored)
        times.append(time.perf_counter() - start)
    return median(times)
