"""Pages on courses: the form for whoever took one, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from app.domain.course import UNSAID, VALUES, CourseOccasion, CourseResult, CourseRole, Rating
from app.domain.csv_text import csv_lines
from app.rendering.charts import MeansChart, draw_means
from app.rendering.page import Page
from app.services.course_ratings import FilledForm, KeptForm

HEADER: Final = ("table", "rating", "occasion", "what", "forms_or_mean")
REDACTED: Final = "redacted"


@dataclass(frozen=True)
class CourseFormPage(Page):
    """The form, with what was filled in where it is drawn again."""

    template: ClassVar[str] = "pages/course/form.html"
    filled: FilledForm
    faults: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = tuple(CourseRole)
    ratings: tuple[str, ...] = tuple(Rating)
    occasions: tuple[str, ...] = tuple(CourseOccasion)
    values: tuple[str, ...] = tuple(str(value) for value in (*VALUES, UNSAID))


@dataclass(frozen=True)
class CourseKeptPage(Page):
    """That the form is kept, and the code that goes along after a form before."""

    template: ClassVar[str] = "pages/course/kept.html"
    kept: KeptForm


@dataclass(frozen=True)
class CourseResultsPage(Page):
    """What may be shown: a sentence for each rating, a drawing, tables."""

    template: ClassVar[str] = "pages/course/results.html"
    result: CourseResult
    chart: MeansChart
    ratings: tuple[Rating, ...] = tuple(Rating)
    occasions: tuple[CourseOccasion, ...] = tuple(CourseOccasion)
    values: tuple[int, ...] = tuple(VALUES)

    @classmethod
    def of(cls, result: CourseResult) -> CourseResultsPage:
        """Return the page of one look."""
        before, after = CourseOccasion
        rows = [
            (rating.value, result.spreads[rating, before].mean, result.spreads[rating, after].mean)
            for rating in Rating
        ]
        return cls(result, draw_means(rows, lowest=VALUES[0], highest=VALUES[-1]))


def table_text(result: CourseResult) -> str:
    """Return what is shown as CSV; 1 to 7 read ``redacted``, other counts are rounded to 5."""
    return "".join(csv_lines(HEADER, _rows(result)))


def _rows(result: CourseResult) -> Iterator[tuple[str, str, str, str, str]]:
    for (rating, occasion), spread in result.spreads.items():
        mean = "" if spread.mean is None else f"{spread.mean:.2f}"
        yield ("mean", rating, occasion, f"n={spread.n}", mean)
        for value, count in zip(VALUES, spread.counts, strict=True):
            yield ("rating_given", rating, occasion, str(value), _count(count))
    for rating, moves in result.moves.items():
        told = {"rose": moves.rose, "same": moves.same, "fell": moves.fell}
        for what, count in told.items():
            yield ("pairs", rating, "", what, _count(count))
    for role, count in result.roles.items():
        yield ("role", "", "", role, _count(count))


def _count(count: int | None) -> str:
    return REDACTED if count is None else str(count)
