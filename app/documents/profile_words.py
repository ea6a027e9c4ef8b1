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
Slot = Literal["none", "drawing", "photo"]
Look = Literal["boxes", "strengths", "lines", "bars"]
Wording = Literal["first", "second"]

PROMPTS: Final[tuple[Prompt, ...]] = ("people", "days", "upsets", "miss", "belongings", "admired")
ORIENTATIONS: Final[tuple[Orientation, ...]] = ("portrait", "landscape")
SLOTS: Final[tuple[Slot, ...]] = ("none", "drawing", "photo")
LOOKS: Final[tuple[Look, ...]] = ("boxes", "strengths", "lines", "bars")
"""The first is the template's own 2 x 3; "strengths" starts with what others like and admire."""
WORDINGS: Final[tuple[Wording, ...]] = ("first", "second")
"""The second is for children who do not live with their family (rules of the room 1.11)."""
PHOTO: Final = "photo"
"""Beside the prompts, in `seen_by`: who else may see the photo."""
READERS: Final[tuple[Reader, ...]] = ("me", "parent", "worker")
OTHERS: Final[tuple[Reader, ...]] = READERS[1:]
"""For whom a copy may be made besides the writer."""
MOST_LETTERS: Final = 5000
"""Of one answer, as Unicode code points."""
MOST_NAME_LETTERS: Final = 40
MOST_PHOTO_LETTERS: Final = 150
FORM_VERSION: Final = 1

_ROWS: Final[Mapping[tuple[bool, Orientation], tuple[tuple[Prompt, ...], ...]]] = {
    (False, "portrait"): (("people", "days"), ("upsets", "miss"), ("belongings", "admired")),
    (False, "landscape"): (("people", "days", "upsets"), ("miss", "belongings", "admired")),
    (True, "portrait"): (("admired",), ("people", "days"), ("miss", "belongings"), ("upsets",)),
    (True, "landscape"): (("admired",), ("people", "days", "miss"), ("belongings", "upsets")),
}


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as the intake made it: a small JPEG. `words` say what is to be seen."""

    body: bytes
    words: str = ""


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
    look: Look = "boxes"
    wording: Wording = "first"
    slot: Slot = "none"
    photo: Photo | None = None

    @property
    def rows(self) -> tuple[tuple[Prompt, ...], ...]:
        """The prompts as they stand on the sheet, row by row."""
        return _ROWS[self.look == "strengths", self.orientation]

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
    if words.slot == "photo" and words.copy_for not in words.seen_by.get(PHOTO, ()):
        words = replace(words, slot="none", photo=None)
    return replace(words, answers=shown, seen_by={})
