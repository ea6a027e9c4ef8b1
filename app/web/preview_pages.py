"""The pages of the preview: a draft as its page would be, with what the gate says beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import ClassVar, Final, Self

from app.content.check import ReadingAge, Report
from app.content.finding import Finding
from app.content.grid import VOICES
from app.content.library import Library
from app.content.parse import ENGLISH, Draft
from app.content.proof import proof
from app.content.reading_age import OLDEST
from app.rendering.page import Page
from app.web.pages.grid import GridPage


@dataclass(frozen=True, slots=True)
class FileFindings:
    """The findings of one file, in the order of its lines."""

    file: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """The reading age of a row or a column; `too_old` where the gate refuses it."""

    id: str
    age: float
    words: int
    too_old: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a draft. `stamp` changes with every change of its files.

    `older_since` is when the page in sight was drawn, where the files of now cannot be drawn.
    """

    slug: str
    stamp: str
    voice: str
    language: str
    languages: tuple[str, ...]
    findings: tuple[FileFindings, ...]
    many: int
    awaiting: tuple[Finding, ...]
    rows: tuple[MeasuredPart, ...]
    columns: tuple[MeasuredPart, ...]
    older_since: datetime | None = None

    @classmethod
    def of(
        cls, report: Report, stamp: str, voice: str, language: str, languages: tuple[str, ...]
    ) -> Self:
        """What the gate says, and the reading ages of one voice (English alone is measured)."""
        english = language == ENGLISH
        ages = [age for age in report.reading_ages if english and age.voice == voice]
        return cls(
            slug=report.slug,
            stamp=stamp,
            voice=voice,
            language=language,
            languages=languages,
            findings=tuple(_by_file(report.findings)),
            many=len(report.findings),
            awaiting=report.awaiting,
            rows=_parts(ages, "rows"),
            columns=_parts(ages, "options"),
        )


def _by_file(findings: Iterable[Finding]) -> Iterable[FileFindings]:
    for file, held in groupby(findings, key=lambda finding: finding.file):
        yield FileFindings(file, tuple(held))


def _parts(ages: Iterable[ReadingAge], part: str) -> tuple[MeasuredPart, ...]:
    return tuple(
        MeasuredPart(age.id, age.age, age.words, age.age > OLDEST)
        for age in ages
        if age.part == part
    )


@dataclass(frozen=True)
class DraftPage(GridPage):
    """The page that a draft would be, drawn by the same template, with the findings beside it."""

    template: ClassVar[str] = "pages/preview/draft.html"

    beside: Beside | None = None

    @classmethod
    def draw(cls, draft: Draft, voice: str, language: str, today: date) -> Self:
        """Draw a draft. Raises LookupError or ValueError where words or figures do not fit."""
        return cls.of(proof(draft, language, today), voice, Library(), today)

    def with_beside(self, beside: Beside) -> Self:
        """The same page with other findings."""
        return replace(self, beside=beside)

    @property
    def address(self) -> str:
        """Where the preview serves it."""
        return f"/{self.beside.slug}" if self.beside else "/"


@dataclass(frozen=True)
class UndrawnPage(Page):
    """A draft of which nothing could be drawn yet: its findings alone."""

    template: ClassVar[str] = "pages/preview/undrawn.html"

    beside: Beside


@dataclass(frozen=True)
class DraftList(Page):
    """The drafts of the folder. `asked` is what was asked for and is not there."""

    template: ClassVar[str] = "pages/preview/list.html"

    folder: str
    slugs: tuple[str, ...]
    stamp: str
    asked: str = ""
    unreadable: str = ""


DEFAULT_VOICE: Final = VOICES[0]
