"""The profile form: read without touching a disk, kept for one request, redrawn as it was."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request

from app.adapters.intake import Intake, NotReadable
from app.documents.profile_words import (
    LOOKS,
    MOST_LETTERS,
    MOST_NAME_LETTERS,
    MOST_PHOTO_LETTERS,
    ORIENTATIONS,
    OTHERS,
    PHOTO,
    PROMPTS,
    READERS,
    SLOTS,
    WORDINGS,
    Photo,
    ProfileWords,
    Reader,
    clean,
    clean_name,
    for_its_reader,
)
from app.web.deps import ServiceDep
from app.web.forms.in_memory import Received, received

_T = TypeVar("_T", bound=str)

# A photo that comes back with the form, in letters of which each may be written as three.
MOST_PHOTO_KEPT: Final = 120_000
# Six full fields in a script of four bytes a letter, each byte written as three.
MOST_PLAIN_BYTES: Final = 6 * MOST_LETTERS * 12 + 3 * MOST_PHOTO_KEPT + 4096
MOST_PDF_BYTES: Final = 2 * 1024 * 1024
MOST_PHOTO_BYTES: Final = 8 * 1024 * 1024
MOST_BYTES: Final = MOST_PLAIN_BYTES + MOST_PDF_BYTES + MOST_PHOTO_BYTES + 64 * 1024


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
        errors = _errors(words)
        try:
            words = replace(words, photo=await _photo(service.intake, came, words))
        except NotReadable as error:
            errors["photo"] = error.reason
        yield ProfileForm(words, came.one("action"), errors, came.files.get("opened", b""))


ProfileFormDep = Annotated[ProfileForm, Depends(read_profile)]


def _words(came: Received) -> ProfileWords:
    return ProfileWords(
        name=clean_name(came.one("name")),
        answers={prompt: clean(came.one(prompt)) for prompt in PROMPTS},
        orientation=_among(ORIENTATIONS, came.one("orientation")),
        seen_by=_seen_by(came),
        copy_for=_among(READERS, came.one("copy-for")),
        look=_among(LOOKS, came.one("look")),
        wording=_among(WORDINGS, came.one("wording")),
        slot=_among(SLOTS, came.one("slot")),
    )


def _among(allowed: tuple[_T, ...], wanted: str) -> _T:
    return next((each for each in allowed if each == wanted), allowed[0])


async def _photo(intake: Intake, came: Received, words: ProfileWords) -> Photo | None:
    """Return the photo made anew: the file if one was chosen, else the one of before.

    Raises NotReadable. A photo is never taken as it came, whoever sends it.
    """
    if words.slot != "photo":
        return None
    picture = came.files.get("photo", b"") or _kept(came.one("photo-kept"))
    if not picture:
        return None
    if len(picture) > MOST_PHOTO_BYTES:
        raise NotReadable("photo_too_big")
    said = clean_name(came.one("photo-words"))[:MOST_PHOTO_LETTERS]
    return Photo(await intake.take_photo(picture), said)


def _kept(letters: str) -> bytes:
    if len(letters) > MOST_PHOTO_KEPT:
        raise NotReadable("photo_too_big")
    try:
        return b64decode(letters, validate=True)
    except ValueError:
        raise NotReadable("no_photo") from None


def _seen_by(came: Received) -> dict[str, frozenset[Reader]]:
    """A box that is not ticked, or a field that is missing, shows an answer to nobody else."""
    ticked = {reader: came.every(f"{reader}-sees") for reader in OTHERS}
    seen = {
        what: frozenset(reader for reader in OTHERS if what in ticked[reader])
        for what in (*PROMPTS, PHOTO)
    }
    return {what: readers for what, readers in seen.items() if readers}


def _errors(words: ProfileWords) -> dict[str, str]:
    errors = {"name": "name_too_long"} if len(words.name) > MOST_NAME_LETTERS else {}
    long = [prompt for prompt, text in words.answers.items() if len(text) > MOST_LETTERS]
    if words.answered and not for_its_reader(words).answered:
        errors["copy-for"] = "nothing_ticked"
    return errors | dict.fromkeys(long, "too_many_letters")
