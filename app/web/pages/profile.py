"""The form of the one-page profile, with what there is to say about it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from app.documents.profile import BoxFit, TooLong
from app.documents.profile_words import (
    FORM_VERSION,
    MOST_LETTERS,
    MOST_NAME_LETTERS,
    MOST_PHOTO_LETTERS,
    PHOTO,
    PROMPTS,
    Look,
    Orientation,
    ProfileWords,
    Reader,
    Slot,
    Wording,
)
from app.rendering.page import Page

Outcome = Literal[
    "blank", "fits", "too_long", "too_long_for_two", "missing", "invalid", "opened", "not_opened"
]


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One prompt with what was written. `fit` is None before anything was checked."""

    prompt: str
    value: str
    error: str
    fit: BoxFit | None
    seen_by: tuple[Reader, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """The photo as the form carries it along (base64 of a JPEG, or nothing), and in words."""

    kept: str
    words: str
    seen_by: tuple[Reader, ...]

    @classmethod
    def of(cls, words: ProfileWords) -> Self:
        """Return what the form shows and sends again."""
        photo = words.photo
        kept = b64encode(photo.body).decode() if photo else ""
        return cls(kept, photo.words if photo else "", words.others_of(PHOTO))


@dataclass(frozen=True)
class ProfilePage(Page):
    """The form. `outcome` picks what stands above it; `missing` are signs without a picture.

    `problem` is why a file was not opened; `may_keep` whether the form may offer to keep the words
    on the device, which is not for browsers that staff signed in on.
    """

    template: ClassVar[str] = "pages/profile/form.html"

    outcome: Outcome
    name: str
    name_error: str
    copy_error: str
    photo_error: str
    orientation: Orientation
    look: Look
    wording: Wording
    slot: Slot
    photo: ShownPhoto
    fields: tuple[ProfileField, ...]
    missing: tuple[str, ...] = ()
    problem: str = ""
    has_second_wording: bool = False
    may_keep: bool = False
    copy_for: Reader = "me"
    form_version: int = FORM_VERSION
    most_letters: int = MOST_LETTERS
    most_name_letters: int = MOST_NAME_LETTERS
    most_photo_letters: int = MOST_PHOTO_LETTERS

    @classmethod
    def of(
        cls,
        words: ProfileWords,
        outcome: Outcome,
        *,
        fit: TooLong | None = None,
        missing: str = "",
        problem: str = "",
        has_second_wording: bool = False,
        may_keep: bool = False,
        errors: Mapping[str, str] | None = None,
    ) -> Self:
        """The form as it was filled in, with what there is to say about it."""
        wrong = errors or {}
        fits = {box.prompt: box for box in fit.boxes} if fit else {}
        return cls(
            outcome=outcome,
            name=words.name,
            name_error=wrong.get("name", ""),
            copy_error=wrong.get("copy-for", ""),
            photo_error=wrong.get("photo", ""),
            orientation=words.orientation,
            look=words.look,
            wording=words.wording,
            slot=words.slot,
            photo=ShownPhoto.of(words),
            fields=tuple(
                ProfileField(
                    prompt,
                    words.answers.get(prompt, ""),
                    wrong.get(prompt, ""),
                    fits.get(prompt),
                    words.others_of(prompt),
                )
                for prompt in PROMPTS
            ),
            missing=tuple(missing),
            problem=problem,
            has_second_wording=has_second_wording,
            may_keep=may_keep,
            copy_for=words.copy_for,
        )

    @property
    def over(self) -> tuple[ProfileField, ...]:
        """The fields whose words do not fit on one page."""
        return tuple(field for field in self.fields if field.fit and field.fit.lines_over)

    @property
    def wrong(self) -> tuple[ProfileField, ...]:
        """The fields with more letters than a box may hold."""
        return tuple(field for field in self.fields if field.error)
