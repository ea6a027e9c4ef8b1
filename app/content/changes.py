"""What changed between two editions of a grid.

`compare(old, new)` gives `for_families`, a short list of what to tell them with names from the
newer words, and `texts`, every text that differs, word by word, for staff.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from app.content.grid import Figure
from app.content.passages import passages
from app.content.release import GridRelease
from app.content.scorecard import draft_of
from app.content.wording import VoiceWords

Place = tuple[str, ...]
What = Literal[
    "option_added",
    "option_removed",
    "row_added",
    "row_removed",
    "cell_changed",
    "figure_changed",
    "band_changed",
    "review_changed",
    "sources_changed",
]
Step = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class FamilyChange:
    """One thing to tell families. `option` and `row` are names and questions as they read them."""

    what: What
    option: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class TextChange:
    """One text that differs; `before` or `after` is None where it was added or removed."""

    voice: str
    language: str
    place: Place
    before: str | None
    after: str | None

    def steps(self) -> tuple[tuple[Step, str], ...]:
        """The text word by word: what stayed, what went, what came."""
        return tuple(_steps((self.before or "").split(), (self.after or "").split()))


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell whose state, basis, strength, sources or figures differ."""

    row: str
    option: str
    voices: tuple[str, ...]
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs between two editions."""

    old: int
    new: int
    for_families: tuple[FamilyChange, ...]
    texts: tuple[TextChange, ...]
    cells: tuple[CellChange, ...]
    figures: tuple[str, ...]
    sources_added: tuple[str, ...]
    sources_removed: tuple[str, ...]


def compare(old: GridRelease, new: GridRelease, voice: str, language: str = "en") -> Changes:
    """What changed from one edition to another; families are told in the words of one voice."""
    texts = tuple(_texts(old, new))
    cells = tuple(_cells(old, new))
    figures = _figures(old.figures, new.figures)
    names = new.words(voice, language)
    before, after = set(old.sources), set(new.sources)
    return Changes(
        old=old.number,
        new=new.number,
        for_families=tuple(dict.fromkeys(_told(old, new, names, texts, cells, figures))),
        texts=texts,
        cells=cells,
        figures=figures,
        sources_added=tuple(sorted(after - before)),
        sources_removed=tuple(sorted(before - after)),
    )


def _texts(old: GridRelease, new: GridRelease) -> Iterator[TextChange]:
    before, after = _by_place(old), _by_place(new)
    for key in dict.fromkeys([*after, *before]):
        if before.get(key) != after.get(key):
            voice, language, *place = key
            yield TextChange(voice, language, tuple(place), before.get(key), after.get(key))


def _by_place(release: GridRelease) -> dict[Place, str]:
    return {
        (p.words.voice, p.words.language, *(str(step) for step in p.path)): p.filled
        for p in passages(draft_of(release))
    }


def _cells(old: GridRelease, new: GridRelease) -> Iterator[CellChange]:
    before, after = _facts(old), _facts(new)
    for key in dict.fromkeys([*after, *before]):
        one, other = before.get(key, {}), after.get(key, {})
        if one != other:
            row, option, voices = key
            differ = [name for name in {**one, **other} if one.get(name) != other.get(name)]
            yield CellChange(
                row,
                option,
                voices,
                {name: one.get(name) for name in differ},
                {name: other.get(name) for name in differ},
            )


def _facts(release: GridRelease) -> dict[tuple[str, str, tuple[str, ...]], dict[str, object]]:
    kept = ("state", "reason", "basis", "strength", "sources", "figures")
    return {
        (cell.row, cell.option, cell.voices): {name: getattr(cell, name) for name in kept}
        for cell in release.grid.cells
    }


def _figures(before: Mapping[str, Figure], after: Mapping[str, Figure]) -> tuple[str, ...]:
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def _told(
    old: GridRelease,
    new: GridRelease,
    names: VoiceWords,
    texts: tuple[TextChange, ...],
    cells: tuple[CellChange, ...],
    figures: tuple[str, ...],
) -> Iterator[FamilyChange]:
    yield from _columns_and_rows(old, new, names)
    for place in (*_places_of_texts(texts, names), *((cell.row, cell.option) for cell in cells)):
        if place[0] in names.rows and place[1] in names.options:
            yield FamilyChange(
                "cell_changed", names.options[place[1]].short, names.rows[place[0]].question
            )
    if figures:
        yield FamilyChange("figure_changed")
    if any(text.place[0] == "bands" for text in texts):
        yield FamilyChange("band_changed")
    if old.grid.review != new.grid.review:
        yield FamilyChange("review_changed")
    if set(old.sources) != set(new.sources):
        yield FamilyChange("sources_changed")


def _places_of_texts(texts: tuple[TextChange, ...], names: VoiceWords) -> list[tuple[str, str]]:
    return [
        (text.place[1], text.place[2])
        for text in texts
        if text.place[0] == "cells" and (text.voice, text.language) == (names.voice, names.language)
    ]


def _columns_and_rows(
    old: GridRelease, new: GridRelease, names: VoiceWords
) -> Iterator[FamilyChange]:
    earlier = old.voices.get(f"{names.voice}.{names.language}", names)
    before = {option.id for option in old.grid.options}
    after = {option.id for option in new.grid.options}
    for name in sorted(after - before):
        yield FamilyChange("option_added", names.options[name].short)
    for name in sorted(before - after):
        yield FamilyChange("option_removed", earlier.options[name].short)
    for name in sorted(set(names.rows) - set(earlier.rows)):
        yield FamilyChange("row_added", row=names.rows[name].question)
    for name in sorted(set(earlier.rows) - set(names.rows)):
        yield FamilyChange("row_removed", row=earlier.rows[name].question)


def _steps(before: list[str], after: list[str]) -> Iterator[tuple[Step, str]]:
    for step, i, j, k, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if step == "equal":
            yield "same", " ".join(before[i:j])
            continue
        if j > i:
            yield "removed", " ".join(before[i:j])
        if m > k:
            yield "added", " ".join(after[k:m])
