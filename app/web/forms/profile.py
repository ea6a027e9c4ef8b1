"""The profile form: read without touching a disk, kept for one request, redrawn as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from app.documents.profile_words import (
    MOST_LETTERS,
    MOST_NAME_LETTERS,
    ORIENTATIONS,
    OTHERS,
    PROMPTS,
    READERS,
    ProfileWords,
    Reader,
    clean,
    clean_name,
    for_its_reader,
)
from app.web.deps import ServiceDep
from app.web.forms.in_memory import Received, received

# Six full fields in a script of four bytes a letter, each byte written as three.
MOST_PLAIN_BYTES: Final = 6 * MOST_LETTERS * 12 + 4096
MOST_PDF_BYTES: Final = 2 * 1024 * 1024
MOST_BYTES: Final = MOST_PLAIN_BYTES + MOST_PDF_BYTES + 64 * 1024


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """What came in. `errors` maps a field to the key of its message; `opened` is a PDF or empty."""

    words: ProfileWords
    action: str
    errors: Mapping[str, str]
    opened: bytes = b""


async def read_profile(request: Request, service: ServiceDep) -> AsyncIterator[ProfileForm]:
    """Read the form. Answers 413 to a body that no filled-in form can have."""
    limits = {"most_plain": MOST_PLAIN_BYTES, "most_with_files": MOST_BYTES}
    async with received(request, service.intake, **limits) as came:
        words = _words(came)
        opened = came.files.get("opened", b"")
        yield ProfileForm(words, came.one("action"), _errors(words), opened)


ProfileFormDep = Annotated[ProfileForm, Depends(read_profile)]


def _words(came: Received) -> ProfileWords:
    wanted, copy_for = came.one("orientation"), came.one("copy-for")
    return ProfileWords(
        name=clean_name(came.one("name")),
        answers={prompt: clean(came.one(prompt)) for prompt in PROMPTS},
        orientation=next((each for each in ORIENTATIONS if each == wanted), ORIENTATIONS[0]),
        seen_by=_seen_by(came),
        copy_for=next((each for each in READERS if each == copy_for), READERS[0]),
    )


def _seen_by(came: Received) -> dict[str, frozenset[Reader]]:
    """A box that is not ticked, or a field that is missing, shows an answer to nobody else."""
    ticked = {reader: came.every(f"{reader}-sees") for reader in OTHERS}
    seen = {
        prompt: frozenset(reader for reader in OTHERS if prompt in ticked[reader])
        for prompt in PROMPTS
    }
    return {prompt: readers for prompt, readers in seen.items() if readers}


def _errors(words: ProfileWords) -> dict[str, str]:
    errors = {"name": "name_too_long"} if len(words.name) > MOST_NAME_LETTERS else {}
    long = [prompt for prompt, text in words.answers.items() if len(text) > MOST_LETTERS]
    if words.answered and not for_its_reader(words).answered:
        errors["copy-for"] = "nothing_ticked"
    return errors | dict.fromkeys(long, "too_many_letters")
