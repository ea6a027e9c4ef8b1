"""The one-page profile: six prompts answered in the young person's own words.

The words are never cut. Type starts at 13 points and steps down to 11; where even that is not
enough, `too_long` says which boxes are too full and names exactly the words that do not fit.
Boxes are as equal as the words allow: a full one takes room from those that leave some.

The prompts follow the personalised-care template (facts, section 5), in our own wording.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Literal

from app.documents import profile_record
from app.documents.profile_words import (
    FORM_VERSION,
    PHOTO,
    PROMPTS,
    Look,
    Orientation,
    Photo,
    ProfileWords,
    Reader,
    Slot,
    Wording,
    for_its_reader,
)
from app.rendering.page import Page
from app.rendering.paper import Enclosed, Measured, MeasuredBox

SIZES: Final = (13.0, 12.0, 11.0)
"""Type in points, the largest first; the last is the floor of the contract."""
TALL_PIXELS: Final = 4000 * 96 / 25.4
"""How much longer than A4 the sheet is on which natural heights are measured."""
# What the engine may round away on one sheet, and what binary fractions may.
SLACK: Final = 0.35
EXACT: Final = 1e-6

Direction = Literal["ltr", "rtl"]
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of the writer's own, with the direction of its first strong character."""

    text: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class ProfileBox:
    """One prompt with its answer; `height` in CSS pixels, or None for the natural height.

    `others` are who else may see it, as the writer's own copy says.
    """

    prompt: str
    paragraphs: tuple[Paragraph, ...]
    height: float | None
    others: tuple[Reader, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintedPhoto:
    """The photo by the address at which the engine finds it, and in words."""

    address: str
    words: str
    others: tuple[Reader, ...]


@dataclass(frozen=True)
class ProfilePaper(Page):
    """The sheet. `layout` is even (equal boxes), shared (by need), tall (to measure) or two."""

    template: ClassVar[str] = "documents/profile.html"
    kind: ClassVar[Literal["profile"]] = "profile"

    name: Paragraph | None
    rows: tuple[tuple[ProfileBox, ...], ...]
    orientation: Orientation
    layout: str
    size: float
    made_on: date
    form_version: int
    copy_for: Reader
    look: Look
    wording: Wording
    slot: Slot
    photo: PrintedPhoto | None
    on_screen: bool = False


@dataclass(frozen=True, slots=True)
class BoxFit:
    """How full a box is at the smallest type, and what of its words finds no room."""

    prompt: str
    percent: int
    lines_over: int
    words_over: str


@dataclass(frozen=True, slots=True)
class TooLong:
    """How full the boxes are, in their order. `fits` where no words are left over."""

    boxes: tuple[BoxFit, ...]

    @property
    def fits(self) -> bool:
        """Whether every word finds room on one page."""
        return not self.over

    @property
    def over(self) -> tuple[BoxFit, ...]:
        """The boxes whose words do not fit."""
        return tuple(box for box in self.boxes if box.lines_over)


def build(
    words: ProfileWords,
    *,
    made_on: date,
    size: float = SIZES[0],
    heights: Sequence[float] = (),
    tall: bool = False,
    two_pages: bool = False,
) -> ProfilePaper:
    """Return the sheet, with what its reader may see.

    `heights` has one entry for each row of boxes, in CSS pixels.
    """
    words = for_its_reader(words)
    layout = "tall" if tall else "two" if two_pages else "shared" if heights else "even"
    rows = tuple(
        tuple(_box(words, prompt, height) for prompt in prompts)
        for prompts, height in zip(words.rows, heights or (None,) * 4, strict=False)
    )
    name = Paragraph(words.name, direction_of(words.name)) if words.name else None
    return ProfilePaper(
        name=name,
        rows=rows,
        orientation=words.orientation,
        layout=layout,
        size=size,
        made_on=made_on,
        form_version=FORM_VERSION,
        copy_for=words.copy_for,
        look=words.look,
        wording=words.wording,
        slot=words.slot,
        photo=None if tall else _printed(words),
    )


def enclosed(words: ProfileWords, *, made_on: date) -> tuple[Enclosed, ...]:
    """Return what goes to the engine with a copy: its own words as a file, and its photo."""
    record = profile_record.write(words, made_on=made_on)
    file = Enclosed(profile_record.FILE_NAME, record, "application/json", made_on)
    photo = for_its_reader(words).photo
    return (file, _photo_file(photo)) if photo else (file,)


def share_rows(measured: Measured, rows: Rows) -> tuple[float, ...]:
    """Return the height of each row so that the sheet is full, or () where the words do not fit.

    Rows are equal as far as their words allow.
    """
    needs, room = _needs(measured, rows), _room(measured, rows)
    if sum(needs) > room:
        return ()
    level = _level(needs, room, fits=True)
    return tuple(max(need, level) for need in needs)


def too_long(words: ProfileWords, measured: Measured) -> TooLong:
    """Return how full each box is, and exactly which words do not fit."""
    needs, room = _needs(measured, words.rows), _room(measured, words.rows)
    fits = sum(needs) <= room
    level = _level(needs, room, fits=fits)
    # A short box beside a very long one is not called full: it is held against an even share.
    even = room / len(needs)
    shares = {
        prompt: max(need, level) if fits else min(max(need, even), level)
        for prompts, need in zip(words.rows, needs, strict=True)
        for prompt in prompts
    }
    return TooLong(
        tuple(
            _fit(prompt, words.answers.get(prompt, ""), measured.boxes[prompt], shares[prompt])
            for prompt in PROMPTS
        )
    )


def direction_of(text: str) -> Direction:
    """Return which way a line runs, by its first strong character (UAX 9, rules P2 and P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return "ltr"


def _box(words: ProfileWords, prompt: str, height: float | None) -> ProfileBox:
    lines = (line.strip() for line in words.answers.get(prompt, "").splitlines())
    paragraphs = tuple(Paragraph(line, direction_of(line)) for line in lines if line)
    return ProfileBox(prompt, paragraphs, height, words.others_of(prompt) if paragraphs else ())


def _photo_file(photo: Photo) -> Enclosed:
    return Enclosed("photo.jpg", photo.body, "image/jpeg")


def _printed(words: ProfileWords) -> PrintedPhoto | None:
    if words.photo is None:
        return None
    return PrintedPhoto(_photo_file(words.photo).address, words.photo.words, words.others_of(PHOTO))


def _needs(measured: Measured, rows: Rows) -> tuple[float, ...]:
    return tuple(max(measured.boxes[prompt].height for prompt in prompts) for prompts in rows)


def _room(measured: Measured, rows: Rows) -> float:
    """What a real sheet leaves for the rows, after its head, its foot and the gaps."""
    around = measured.used - sum(_needs(measured, rows))
    return measured.room - TALL_PIXELS - around - SLACK


def _level(needs: Iterable[float], room: float, *, fits: bool) -> float:
    """Return the height at which equal rows use up the room.

    Where everything fits, rows that need more than the level keep their need and the others
    grow to it; else rows that need less keep their need and the others are held to it.
    """
    left, open_rows = room, sorted(needs, reverse=fits)
    for at, need in enumerate(open_rows):
        level = left / (len(open_rows) - at)
        if (need <= level) if fits else (need >= level):
            return level
        left -= need
    return left


def _fit(prompt: str, answer: str, box: MeasuredBox, share: float) -> BoxFit:
    used = len(box.lines)
    if not used:
        return BoxFit(prompt, 0, 0, "")
    line = box.lines[0].height
    around = box.height - sum(each.height for each in box.lines)
    allowed = max(0, int((share - around + EXACT) // line))
    over = box.lines[allowed:]
    percent = round(100 * used / max(allowed, 1))
    return BoxFit(prompt, percent, len(over), _tail(answer, "".join(each.text for each in over)))


def _tail(answer: str, over: str) -> str:
    """Return the end of `answer` that holds as many letters as `over`, in the writer's spacing."""
    letters = sum(not character.isspace() for character in over)
    at = len(answer)
    while letters and at:
        at -= 1
        letters -= not answer[at].isspace()
    return answer[at:].strip()
