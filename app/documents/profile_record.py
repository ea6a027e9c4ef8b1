"""The words of a profile as the file that travels inside its PDF, out and back in.

JSON, shaped on the sections of the PRSB standard "About Me", so that the next service can read
it without the app. `docs/papers.md` says what each field holds. The file has what the copy shows
and nothing else; a box that is empty there does not exist here.

What comes back in is somebody else's file until it has been read: every field is checked, and
whatever is not as we write it makes the whole file foreign.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from app.documents.profile_words import (
    FORM_VERSION,
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

FORMAT: Final = "one-page-profile"
VERSION: Final = 1
FILE_NAME: Final = "profile.json"
MOST_BYTES: Final = 512 * 1024
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "people_who_are_important_to_me": ("people",),
    "what_is_most_important_to_me": ("miss", "belongings"),
    "my_wellness": ("days",),
    "how_and_when_to_support_me": ("upsets",),
    "also_worth_knowing_about_me": ("admired",),
}
"""The sections of the standard that the six prompts fill (facts, section 5: our own reading)."""


class NotAProfile(ValueError):
    """The file is not one that we wrote. `reason` is "foreign" or "newer"."""

    def __init__(self, reason: str = "foreign") -> None:
        super().__init__(reason)
        self.reason = reason


def write(words: ProfileWords, *, made_on: date) -> bytes:
    """Return the file for a copy: UTF-8, keys in a fixed order, only what the copy shows."""
    shown = for_its_reader(words)
    sections = {name: list(_entries(shown, prompts)) for name, prompts in SECTIONS.items()}
    record: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made_on": made_on.isoformat(),
        "copy_for": shown.copy_for,
        "form": {
            "version": FORM_VERSION,
            "wording": shown.wording,
            "look": shown.look,
            "orientation": shown.orientation,
            "slot": shown.slot,
        },
        "preferred_name": shown.name,
        "about_me": {name: entries for name, entries in sections.items() if entries},
    }
    if shown.photo:
        record["picture"] = _picture(shown, shown.photo)
    return json.dumps(record, ensure_ascii=False, indent=1).encode()


def read(body: bytes) -> ProfileWords:
    """Return the words of a file that `write` made. Raises NotAProfile."""
    record = _parse(body)
    if record.get("format") != FORMAT:
        raise NotAProfile
    version = record.get("version")
    if version != VERSION:
        raise NotAProfile("newer" if isinstance(version, int) and version > VERSION else "foreign")
    entries = _read_entries(_mapping(record.get("about_me")))
    form = _mapping(record.get("form"))
    photo, photo_seen_by = _read_picture(record.get("picture"))
    seen_by = {prompt: readers for prompt, _, readers in entries} | {PHOTO: photo_seen_by}
    return ProfileWords(
        name=clean_name(_text(record.get("preferred_name"), MOST_NAME_LETTERS)),
        answers={prompt: text for prompt, text, _ in entries},
        orientation=_one_of(form.get("orientation"), ORIENTATIONS),
        seen_by={what: readers for what, readers in seen_by.items() if readers},
        copy_for=_one_of(record.get("copy_for"), READERS),
        look=_one_of(form.get("look"), LOOKS),
        wording=_one_of(form.get("wording"), WORDINGS),
        slot=_one_of(form.get("slot"), SLOTS),
        photo=photo,
    )


def _entries(words: ProfileWords, prompts: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for prompt in prompts:
        if text := words.answers.get(prompt):
            entry: dict[str, Any] = {"question": prompt, "text": text}
            if others := words.others_of(prompt):
                entry["may_also_be_seen_by"] = list(others)
            yield entry


def _picture(words: ProfileWords, photo: Photo) -> dict[str, Any]:
    picture: dict[str, Any] = {
        "media_type": "image/jpeg",
        "description": photo.words,
        "data": base64.b64encode(photo.body).decode(),
    }
    if others := words.others_of(PHOTO):
        picture["may_also_be_seen_by"] = list(others)
    return picture


def _read_picture(value: Any) -> tuple[Photo | None, frozenset[Reader]]:
    """Return the bytes as they came: whoever shows them has them made anew first."""
    if value is None:
        return None, frozenset()
    fields = _mapping(value)
    try:
        body = base64.b64decode(_text(fields.get("data"), MOST_BYTES), validate=True)
    except ValueError:
        raise NotAProfile from None
    words = clean_name(_text(fields.get("description"), MOST_PHOTO_LETTERS))
    return Photo(body, words), _read_others(fields)


def _read_others(fields: dict[str, Any]) -> frozenset[Reader]:
    others = _list(fields.get("may_also_be_seen_by", []))
    return frozenset(_one_of(other, OTHERS) for other in others)


def _parse(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_BYTES:
        raise NotAProfile
    try:
        return _mapping(json.loads(body.decode("utf-8")))
    except (ValueError, RecursionError):
        raise NotAProfile from None


def _read_entries(sections: dict[str, Any]) -> list[tuple[str, str, frozenset[Reader]]]:
    found = [
        _read_entry(entry, prompts)
        for name, prompts in SECTIONS.items()
        for entry in _list(sections.get(name, []))
    ]
    if len({prompt for prompt, _, _ in found}) != len(found):
        raise NotAProfile
    return found


def _read_entry(entry: Any, prompts: tuple[str, ...]) -> tuple[str, str, frozenset[Reader]]:
    fields = _mapping(entry)
    prompt = _one_of(fields.get("question"), prompts)
    return prompt, clean(_text(fields.get("text"), MOST_LETTERS)), _read_others(fields)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotAProfile
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > len(PROMPTS):
        raise NotAProfile
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise NotAProfile
    return value


def _one_of(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise NotAProfile
    return value
