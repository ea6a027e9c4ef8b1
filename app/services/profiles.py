"""The one-page profile: made to fit, given with its words inside, opened again, forgotten.

Nothing here stores a word of it, and nothing here writes to the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.adapters.intake import Intake, NotReadable
from app.documents import profile, profile_record
from app.documents.profile import ProfilePaper, TooLong
from app.documents.profile_words import ProfileWords
from app.rendering.paper import Measured, Pdf
from app.services.papers import Press


async def make_profile(
    press: Press, *, words: ProfileWords, made_on: date, two_pages: bool
) -> Pdf | TooLong:
    """Return the profile, or which words do not fit. Never cuts, never keeps. Raises TooBusy."""
    making = _Making(press, words, made_on)
    return await (making.two_pages() if two_pages else making.one_page())


async def check_profile(press: Press, *, words: ProfileWords, made_on: date) -> TooLong:
    """Return how full each box is at the smallest type, and what does not fit."""
    return await _Making(press, words, made_on).check()


@dataclass(frozen=True, slots=True)
class Preview:
    """The sheet as it would come out, for a screen, and how full its boxes are."""

    page: ProfilePaper
    fit: TooLong


async def preview_profile(press: Press, *, words: ProfileWords, made_on: date) -> Preview:
    """Return the sheet in the largest type that fits, or at its full length where none does.

    Measures and makes no paper. Raises TooBusy.
    """
    return await _Making(press, words, made_on).preview()


async def open_profile(intake: Intake, *, pdf: bytes) -> ProfileWords:
    """Return the words that a profile of ours carries. Raises NotReadable or TooBusy.

    Reasons: "foreign" (not made here), "locked" (needs a password), "newer" (a later format).
    """
    body = await intake.read_enclosed(
        pdf, name=profile_record.FILE_NAME, most=profile_record.MOST_BYTES
    )
    try:
        words = profile_record.read(body)
    except profile_record.NotAProfile as error:
        raise NotReadable(error.reason) from None
    if words.photo is None:
        return words
    made = await intake.take_photo(words.photo.body)
    return replace(words, photo=replace(words.photo, body=made))


class _Making:
    """One copy on its way to paper. It holds what that copy shows and has nothing else at hand."""

    def __init__(self, press: Press, words: ProfileWords, made_on: date) -> None:
        self._press = press
        self._words = words
        self._made_on = made_on
        self._enclosed = profile.enclosed(words, made_on=made_on)

    async def one_page(self) -> Pdf | TooLong:
        """Equal boxes in large type first; then whatever room each needs, and smaller type."""
        if self._words.look != "strengths":
            pdf = await self._pdf(profile.build(self._words, made_on=self._made_on), 1)
            if pdf.body:
                return pdf
        for size in profile.SIZES:
            measured = await self._natural(size)
            heights = profile.share_rows(measured, self._words.rows)
            if heights:
                page = profile.build(self._words, made_on=self._made_on, size=size, heights=heights)
                pdf = await self._pdf(page, 1)
                if pdf.body:
                    return pdf
        return profile.too_long(self._words, measured)

    async def two_pages(self) -> Pdf | TooLong:
        """The largest type with which two pages hold everything."""
        for size in profile.SIZES:
            page = profile.build(self._words, made_on=self._made_on, size=size, two_pages=True)
            pdf = await self._pdf(page, 2)
            if pdf.body:
                return pdf
        return await self.check()

    async def check(self) -> TooLong:
        """How full the boxes are at the smallest type."""
        return profile.too_long(self._words, await self._natural(profile.SIZES[-1]))

    async def preview(self) -> Preview:
        """Whether it fits is asked first, at the smallest type: most of the time it does."""
        smallest = await self._natural(profile.SIZES[-1])
        fit = profile.too_long(self._words, smallest)
        if not fit.fits:
            return Preview(self._for_screen(profile.SIZES[-1], ()), fit)
        for size in profile.SIZES[:-1]:
            heights = profile.share_rows(await self._natural(size), self._words.rows)
            if heights:
                return Preview(self._for_screen(size, heights), fit)
        heights = profile.share_rows(smallest, self._words.rows)
        return Preview(self._for_screen(profile.SIZES[-1], heights), fit)

    def _for_screen(self, size: float, heights: Sequence[float]) -> ProfilePaper:
        page = profile.build(
            self._words, made_on=self._made_on, size=size, heights=heights, tall=not heights
        )
        return replace(page, on_screen=True)

    async def _pdf(self, page: ProfilePaper, at_most: int) -> Pdf:
        return await self._press.pdf(page, at_most, self._enclosed)

    async def _natural(self, size: float) -> Measured:
        page = profile.build(self._words, made_on=self._made_on, size=size, tall=True)
        return await self._press.measured(page)
