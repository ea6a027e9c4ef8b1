"""What a young person put into the one-page profile, and what of it each copy may show.

Nothing here is stored: it lives for one request. Whatever somebody may not see is taken out
here, before a page or a file is made, so that no later step can let it slip.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

Prompt = Literal["people", "days", "upsets", "miss", "belongings", "admired"]
Orientation = Literal["portrait", "landscape"]
Reader = Literal["me", "parent", "worker"]

PROMPTS: Final[tuple[Prompt, ...]] = ("people", "days", "upsets", "miss", "belongings", "admired")
ORIENTATIONS: Final[tuple[Orientation, ...]] = ("portrait", "landscape")
READERS: Final[tuple[Reader, ...]] = ("me", "parent", "worker")
OTHERS: Final[tuple[Reader, ...]] = READERS[1:]
"""For whom a copy may be made besides the writer."""
MOST_LETTERS: Final = 5000
"""Of one answer, as Unicode code points."""
MOST_NAME_LETTERS: Final = 40
FORM_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class ProfileWords:
    """What the young person wrote; `answers` and `seen_by` by prompt. Lives for one request.

    `seen_by` names who else may see an answer. Nobody may until the writer says so.
    """

    name: str
    answers: Mapping[str, str]
    orientation: Orientation = "portrait"
    seen_by: Mapping[str, frozenset[Reader]] = field(default_factory=dict)
    copy_for: Reader = "me"

    @property
    def columns(self) -> int:
        """Boxes side by side: the 2 x 3 of the seed, turned with the sheet."""
        return 2 if self.orientation == "portrait" else 3

    @property
    def answered(self) -> tuple[str, ...]:
        """The prompts with an answer, in their order."""
        return tuple(prompt for prompt in PROMPTS if self.answers.get(prompt))

    def others_of(self, prompt: str) -> tuple[Reader, ...]:
        """Return who besides the writer may see an answer, in the order of `OTHERS`."""
        seen = self.seen_by.get(prompt, frozenset())
        return tuple(reader for reader in OTHERS if reader in seen)


def clean(text: str) -> str:
    """Return words with plain line ends and without signs that nobody can see or print.

    What is clean stays as it is, so that words go out and come back without losing a letter.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (sign for sign in text if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def clean_name(text: str) -> str:
    """Return a name in one line, clean as `clean` makes it."""
    return " ".join(clean(text).split())


def for_its_reader(words: ProfileWords) -> ProfileWords:
    """Return what the copy shows, and nothing else.

    The writer's own copy shows everything. Any other one holds only what its reader may see, as
    if the rest had never been written, and not who else may see it.
    """
    if words.copy_for == "me":
        return words
    shown = {
        prompt: text
        for prompt, text in words.answers.items()
        if words.copy_for in words.seen_by.get(prompt, ())
    }
    return replace(words, answers=shown, seen_by={})
