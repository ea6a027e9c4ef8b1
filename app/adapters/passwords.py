"""Passwords and PINs: how they are stored, how they are compared, which ones are too easy.

Argon2id with 46 MiB, two passes, one lane: above the least that ASVS 5.0.0 (Appendix C) asks
for, and about a tenth of a second here. No rotation and no rules about kinds of characters:
both make people choose worse (ASVS 6.2.10, 6.2.5). A guess is judged offline by zxcvbn.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

SHORTEST = 12
LONGEST = 128
LEAST_SCORE = 3
LEAST_OWN = 8  # letters and digits beside the known words
SHORTEST_WORD = 3
JUDGED = 72  # zxcvbn slows down with length; what is strong in its first 72 is strong

_hasher = Argon2Hasher(time_cost=2, memory_cost=47_104, parallelism=1)
# Each run takes 46 MiB. Without a gate forty sign-ins at once would take 2 GB.
_gate = threading.BoundedSemaphore(2)


def hash_secret(secret: str) -> str:
    """Return the Argon2id hash of a password or PIN, salted."""
    with _gate:
        return _hasher.hash(_plain(secret))


def verify_secret(secret: str, stored: str | None) -> bool:
    """Say whether ``secret`` is the one behind ``stored``.

    Without a stored hash (unknown name, no password yet) the same work is done against a hash
    of nothing anybody knows, so that the time of the answer does not tell which names exist.
    """
    if len(secret) > LONGEST:
        return False
    try:
        with _gate:
            held = _hasher.verify(_plain(secret), stored or _nobody())
    except UnknownHashError:
        return False
    return held and stored is not None


def find_fault(password: str, *, known_words: Iterable[str] = ()) -> str | None:
    """Return the key of what is wrong with a new password, or None.

    Keys: ``password_short``, ``password_long``, ``password_easy``. ``known_words`` are those
    a guesser would try first, whole and in parts: the username, the name.
    """
    if len(password) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    guessed = {part.lower() for word in known_words for part in (word, *re.split(r"\W+", word))}
    guessed.discard("")
    judged = zxcvbn(_plain(password)[:JUDGED], user_inputs=sorted(guessed))
    weak = judged["score"] < LEAST_SCORE or _rests_on(password, guessed)
    return "password_easy" if weak else None


def _rests_on(password: str, guessed: Iterable[str]) -> bool:
    """Say whether little is left once the known words are taken out (ASVS 6.2.11).

    zxcvbn takes three known words in a row for a strong password, because it does not know
    that they belong together.
    """
    left = _plain(password).lower()
    for word in sorted(guessed, key=len, reverse=True):
        left = left.replace(word, "") if len(word) >= SHORTEST_WORD else left
    return sum(character.isalnum() for character in left) < LEAST_OWN


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash("no account has this password, and it opens nothing")


def _plain(secret: str) -> str:
    """Return one form for what looks the same, however the keyboard wrote it."""
    return unicodedata.normalize("NFKC", secret)
