"""The profile form: read without touching a disk, kept for one request, redrawn as it was.

Only the plain form encoding is read. The other one lets the framework put long fields into
temporary files, and no word of a profile may be on a disk.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from app.documents.profile import ORIENTATIONS, PROMPTS, ProfileWords

MOST_LETTERS: Final = 5000
MOST_NAME_LETTERS: Final = 40
# Six full fields in a script of four bytes a letter, each byte written as three.
MOST_BYTES: Final = 6 * MOST_LETTERS * 12 + 4096
MOST_FIELDS: Final = 32


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """What came in. `errors` maps a field to the key of its message."""

    words: ProfileWords
    action: str
    errors: Mapping[str, str]


async def read_profile(request: Request) -> ProfileForm:
    """Read the form. Answers 413 to a body that no filled-in form can have."""
    fields = await _read_fields(request)
    wanted = fields.get("orientation", "")
    orientation = next((each for each in ORIENTATIONS if each == wanted), ORIENTATIONS[0])
    answers = {prompt: _clean(fields.get(prompt, "")) for prompt in PROMPTS}
    name = " ".join(_clean(fields.get("name", "")).split())
    words = ProfileWords(name, answers, orientation)
    return ProfileForm(words, fields.get("action", ""), _errors(words))


ProfileFormDep = Annotated[ProfileForm, Depends(read_profile)]


def _errors(words: ProfileWords) -> dict[str, str]:
    errors = {"name": "name_too_long"} if len(words.name) > MOST_NAME_LETTERS else {}
    long = [prompt for prompt, text in words.answers.items() if len(text) > MOST_LETTERS]
    return errors | dict.fromkeys(long, "too_many_letters")


def _clean(text: str) -> str:
    """Return the words with plain line ends and without signs that nobody can see or print."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (sign for sign in text if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs"))
    return "".join(kept).strip()


async def _read_fields(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="replace",
        )
    except ValueError:
        raise HTTPException(413) from None
    return dict(pairs)
