"""Papers before they are made: the tick for a sensitive grid, and the form of the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from app.documents.profile import PROMPTS, BoxFit, Orientation, ProfileWords, TooLong
from app.rendering.page import Page
from app.web.forms.profile import MOST_LETTERS, MOST_NAME_LETTERS

Outcome = Literal["blank", "fits", "too_long", "too_long_for_two", "missing", "invalid"]


@dataclass(frozen=True)
class PaperTickPage(Page):
    """Before a sensitive grid is put on paper: the young person's own tick, and a cover.

    ``picked`` are option ids for the address, ``missing`` whether the tick was left out.
    """

    template: ClassVar[str] = "pages/grid/paper.html"
    is_sensitive: ClassVar[bool] = True

    public_id: str
    number: int
    title: str
    voice: str
    picked: str
    has_cover: bool = True
    missing: bool = False

    @property
    def address(self) -> str:
        """Where this very edition is served."""
        return f"/g/{self.public_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One prompt with what was written. `fit` is None before anything was checked."""

    prompt: str
    value: str
    error: str
    fit: BoxFit | None


@dataclass(frozen=True)
class ProfilePage(Page):
    """The form. `outcome` picks what stands above it; `missing` are signs without a picture."""

    template: ClassVar[str] = "pages/profile/form.html"

    outcome: Outcome
    name: str
    name_error: str
    orientation: Orientation
    fields: tuple[ProfileField, ...]
    missing: tuple[str, ...] = ()
    most_letters: int = MOST_LETTERS
    most_name_letters: int = MOST_NAME_LETTERS

    @classmethod
    def of(
        cls,
        words: ProfileWords,
        outcome: Outcome,
        *,
        fit: TooLong | None = None,
        missing: str = "",
        errors: Mapping[str, str] | None = None,
    ) -> Self:
        """The form as it was filled in, with what there is to say about it."""
        wrong = errors or {}
        fits = {box.prompt: box for box in fit.boxes} if fit else {}
        return cls(
            outcome=outcome,
            name=words.name,
            name_error=wrong.get("name", ""),
            orientation=words.orientation,
            fields=tuple(
                ProfileField(
                    prompt, words.answers.get(prompt, ""), wrong.get(prompt, ""), fits.get(prompt)
                )
                for prompt in PROMPTS
            ),
            missing=tuple(missing),
        )

    @property
    def over(self) -> tuple[ProfileField, ...]:
        """The fields whose words do not fit on one page."""
        return tuple(field for field in self.fields if field.fit and field.fit.lines_over)

    @property
    def wrong(self) -> tuple[ProfileField, ...]:
        """The fields with more letters than a box may hold."""
        return tuple(field for field in self.fields if field.error)
