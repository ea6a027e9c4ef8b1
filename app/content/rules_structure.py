"""Rules on what a grid must hold: qualifying and certifying criteria, dates, states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from app.content.finding import Finding
from app.content.grid import CORE_ROWS, ROWS_AFTER, ROWS_BEFORE, VOICES, Row
from app.content.parse import Draft
from app.content.rule import at_grid, at_words, cells_of, rule

_FACTS_MET: Final = ("help", "hard", "like", "sure")
_NO_DRAFT_ROWS: Final = ("help", "hard", "who-knows", "get", "stop", "home")
_SAFETY_ROWS: Final = ("hard", "stop", "home")
_COURSE_OF_THINGS: Final = ("help", "hard", "if-not")
_FIFTH_BIRTHDAY: Final = 5
_UNDER_FIVE: Final = ("under-five", "under-5")
_QUESTION_MARKS: Final = ("?", "؟", "？")
_OLDEST: Final = 120
_NOTHING: Final = re.compile(r"\bnothing\b|\bno help\b", re.IGNORECASE)
_FEWEST_PROBLEM_WORDS: Final = 5


@rule("IP-Q1")
def says_what_the_difficulty_is(draft: Draft) -> Iterator[Finding]:
    """Each voice says what the difficulty is."""
    for words in draft.voices.values():
        if len(words.problem.split()) < _FEWEST_PROBLEM_WORDS:
            text = "write two or three short sentences on what the difficulty is"
            yield at_words(draft, words, "IP-Q1", text, "problem")


@rule("IP-Q2")
def says_what_has_to_be_decided(draft: Draft) -> Iterator[Finding]:
    """Each voice puts the decision as a question."""
    for words in draft.voices.values():
        if not words.decision.endswith(_QUESTION_MARKS):
            text = "write the decision as a question that ends with ?"
            yield at_words(draft, words, "IP-Q2", text, "decision")


@rule("IP-Q3")
def lists_the_options(draft: Draft) -> Iterator[Finding]:
    """There are two or more choices, one of them without new help."""
    choices = [option for option in draft.grid.options if option.kind == "choice"]
    if len(choices) < 2:
        yield at_grid(draft, "IP-Q3", "list two or more options of kind choice", "options")
    if not any(option.no_change for option in draft.grid.options):
        yield at_grid(draft, "IP-Q3", "mark one option no_change: true", "options")


@rule("NOCHANGE")
def no_change_has_a_date_and_a_limit(draft: Draft) -> Iterator[Finding]:
    """The option without new help has a review date and says whom it is not for."""
    unchanged = [option for option in draft.grid.options if option.no_change]
    for option in unchanged:
        if option.review_within_days is None and not option.review_by_agreement:
            text = "add review_within_days, or review_by_agreement: true where no source gives days"
            yield at_grid(draft, "NOCHANGE", text, "options", option.id)
        for words in draft.voices.values():
            head = words.options.get(option.id)
            if head and not head.not_for:
                text = "add not_for: whom waiting is not for"
                yield at_words(draft, words, "NOCHANGE", text, "options", option.id)
            if head and _NOTHING.search(f"{head.name} {head.short}"):
                text = "say what there is and when somebody looks again, never 'nothing'"
                yield at_words(draft, words, "NOCHANGE", text, "options", option.id)
    for option in unchanged[1:]:
        text = "keep one option with no_change: true"
        yield at_grid(draft, "NOCHANGE", text, "options", option.id)


def _answered(draft: Draft, rule_id: str, facet: str, may_wait: bool) -> Iterator[Finding]:
    rows = {row.id for row in draft.grid.rows if row.facet == facet}
    if not rows:
        yield at_grid(draft, rule_id, f"add the row with facet {facet}", "rows")
    for place, cell, row, _ in cells_of(draft):
        if row.id in rows and cell.state == "waiting" and not may_wait:
            text = "fill this cell, or say that nobody knows and why"
            yield at_grid(draft, rule_id, text, "cells", place)


@rule("IP-Q4")
def gives_the_good_points(draft: Draft) -> Iterable[Finding]:
    """Every option says what might get better, or that nobody knows."""
    return _answered(draft, "IP-Q4", "help", may_wait=False)


@rule("IP-Q5")
def gives_the_downsides(draft: Draft) -> Iterable[Finding]:
    """Every option says what could be hard or go wrong (that it may not wait: WAIT)."""
    return _answered(draft, "IP-Q5", "hard", may_wait=True)


@rule("IP-Q6")
def says_what_it_is_like(draft: Draft) -> Iterable[Finding]:
    """Every option says what it is like to live with."""
    return _answered(draft, "IP-Q6", "like", may_wait=False)


@rule("IP-K1")
def says_what_happens_without_new_help(draft: Draft) -> Iterator[Finding]:
    """The option without new help tells what may get better, worse, and what then (EC-2c)."""
    told = [row for row in draft.grid.rows if row.facet in _COURSE_OF_THINGS]
    for option in (option for option in draft.grid.options if option.no_change):
        for words in draft.voices.values():
            for row in told:
                cell = words.cells.get(row.id, {}).get(option.id)
                if cell and not cell.more:
                    text = "say in 'more' what tends to happen when nothing changes"
                    path = ("cells", row.id, option.id)
                    yield at_words(draft, words, "IP-K1", text, *path)


@rule("IP-K19")
def says_how_good_the_evidence_is(draft: Draft) -> Iterable[Finding]:
    """Every option says how sure anyone is."""
    return _answered(draft, "IP-K19", "sure", may_wait=False)


@rule("AGES")
def columns_fit_the_ages_of_the_grid(draft: Draft) -> Iterator[Finding]:
    """No column is for people whom the grid is not for; under 5s and older stand apart."""
    ages = draft.grid.ages
    for option in draft.grid.options:
        usual = option.usually_for.ages
        below = usual.from_age is not None and usual.from_age < (ages.from_age or 0)
        above = usual.to_age is not None and usual.to_age > (ages.to_age or _OLDEST)
        if below or above:
            text = "keep the ages of this option within the ages of the grid"
            yield at_grid(draft, "AGES", text, "options", option.id)
    if (ages.from_age or 0) < _FIFTH_BIRTHDAY <= (ages.to_age or _OLDEST):
        text = "write one page for under 5s and another from 5 on: help and evidence differ"
        yield at_grid(draft, "AGES", text, "ages")


@rule("UNDER-5")
def says_what_under_fives_get(draft: Draft) -> Iterator[Finding]:
    """Where there is evidence on under 5s, the NHS grid for older ones says where they turn."""
    grid = draft.grid
    figures = draft.evidence.figures.values()
    studied = [f for f in figures if (f.ages.to_age or _OLDEST) <= _FIFTH_BIRTHDAY]
    apart = grid.setting == "inside-nhs" and (grid.ages.from_age or 0) >= _FIFTH_BIRTHDAY
    if studied and apart and not any(band.id in _UNDER_FIVE for band in grid.bands):
        text = "add a band with id under-five: what comes first for a child under 5"
        yield at_grid(draft, "UNDER-5", text, "bands")


@rule("ROWS")
def holds_the_core_rows(draft: Draft) -> Iterator[Finding]:
    """The core rows are there for both voices, and every row stands in its place."""
    grid = draft.grid
    held = {row.facet for row in grid.rows}
    dropped = set(grid.optional) if grid.sensitive else set()
    for facet in CORE_ROWS:
        if facet not in held | dropped | set(_FACTS_MET):
            yield at_grid(draft, "ROWS", f"add the row with facet {facet}", "rows")
    order = [*ROWS_BEFORE, *CORE_ROWS, *ROWS_AFTER]
    names = [_name(row) for row in grid.rows]
    known = [name for name in dict.fromkeys(names) if name in order]
    if known != sorted(known, key=order.index) or len(known) < len(names):
        text = f"keep each row once, from this list and in its order: {', '.join(order)}"
        yield at_grid(draft, "ROWS", text, "rows")
    for place, row in enumerate(grid.rows):
        whole = set(row.voices) == set(VOICES)
        if not row.voices or (row.facet != "extra" and not whole):
            yield at_grid(draft, "ROWS", "name the voices that ask this row", "rows", place)


def _name(row: Row) -> str:
    return row.id if row.facet == "extra" else row.facet


@rule("IP-C2")
def points_to_the_evidence(draft: Draft) -> Iterator[Finding]:
    """Every claim names a source, and so does what everyone gets first."""
    for band in draft.grid.bands:
        if band.kind == "first_for_everyone" and not band.sources:
            yield at_grid(draft, "IP-C2", "name a source for this band", "bands", band.id)
    for place, cell, _, _ in cells_of(draft):
        unsourced = cell.state == "filled" and not cell.sources
        if unsourced and cell.basis not in ("our_draft", "local_fact"):
            text = f"name a source for basis {cell.basis}, or use our_draft"
            yield at_grid(draft, "IP-C2", text, "cells", place)


@rule("SOURCE")
def figures_bring_their_source(draft: Draft) -> Iterator[Finding]:
    """A cell with a figure lists the source of that figure."""
    for place, cell, _, _ in cells_of(draft):
        for name in cell.figures:
            source = draft.evidence.figures[name].source
            if source not in cell.sources:
                text = f"add {source}, the source of {name}, to the sources of this cell"
                yield at_grid(draft, "SOURCE", text, "cells", place)


@rule("BASIS")
def no_guess_where_it_could_harm(draft: Draft) -> Iterator[Finding]:
    """Our own guess is no basis for help, harms, safety, privacy, access or medicine."""
    for place, cell, row, option in cells_of(draft):
        guarded = _name(row) in _NO_DRAFT_ROWS or option.medicine
        if guarded and cell.basis == "our_draft" and cell.state != "waiting":
            text = "find a source, say that nobody knows, or leave it waiting for a clinician"
            yield at_grid(draft, "BASIS", text, "cells", place)


@rule("WAIT")
def nothing_waits_where_safety_is(draft: Draft) -> Iterator[Finding]:
    """No cell waits in the rows of harms and safety or in what everyone gets first."""
    for band in draft.grid.bands:
        if band.kind == "first_for_everyone" and band.waiting:
            text = "write this band whole: what everyone gets first may not wait"
            yield at_grid(draft, "WAIT", text, "bands", band.id)
    for place, cell, row, option in cells_of(draft):
        guarded = _name(row) in _SAFETY_ROWS or option.kind == "first_for_everyone"
        if guarded and cell.state == "waiting":
            text = "fill this cell or say that nobody knows: it may not wait here"
            yield at_grid(draft, "WAIT", text, "cells", place)


@rule("VOICE")
def voices_hold_the_same_keys(draft: Draft) -> Iterator[Finding]:
    """Each voice has words for every band, option, row, cell and term, and no others."""
    grid = draft.grid
    for words in draft.voices.values():
        rows = [row.id for row in grid.rows_for(words.voice)]
        options = [option.id for option in grid.options]
        wanted: list[tuple[tuple[str, ...], Iterable[str], Iterable[str]]] = [
            (("bands",), [band.id for band in grid.bands], words.bands),
            (("options",), options, words.options),
            (("rows",), rows, words.rows),
            (("cells",), rows, words.cells),
            (("glossary",), grid.glossary_terms, words.glossary),
        ]
        wanted += [
            (("cells", row), options, words.cells[row]) for row in rows if row in words.cells
        ]
        for path, structure, written in wanted:
            for key in sorted(set(structure) - set(written)):
                text = f"write the words for {'/'.join((*path, key))}"
                yield at_words(draft, words, "VOICE", text, *path)
            for key in sorted(set(written) - set(structure)):
                text = f"remove {'/'.join((*path, key))}: grid.yaml does not have it"
                yield at_words(draft, words, "VOICE", text, *path, key)
