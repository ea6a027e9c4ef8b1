"""Rules on what a grid must hold: qualifying and certifying criteria, dates, states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from app.content.finding import Finding
from app.content.grid import CORE_ROWS, ROWS_AFTER, ROWS_BEFORE, VOICES, Row
from app.content.parse import Draft
from app.content.rule import at_grid, at_words, cells_of, rule

_UNSET: Final = date(1, 1, 1)
_FACTS_MET: Final = ("help", "hard", "like")
_NO_DRAFT_ROWS: Final = ("help", "hard", "who-knows", "get", "stop", "home")
_SAFETY_ROWS: Final = ("hard", "stop", "home")
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
        if not words.decision.endswith("?"):
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
        if option.review_within_days is None:
            text = "add review_within_days: how soon somebody looks again"
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


@rule("IP-C3")
def says_when_it_was_made(draft: Draft) -> Iterator[Finding]:
    """The date it was made is there."""
    if draft.grid.review.made_on == _UNSET:
        yield at_grid(draft, "IP-C3", "add made_on", "review")


@rule("IP-C4")
def says_when_it_is_updated(draft: Draft) -> Iterator[Finding]:
    """The update policy is there: interval, key and words."""
    review = draft.grid.review
    if review.interval_months < 1 or not review.policy_key:
        yield at_grid(draft, "IP-C4", "add interval_months and policy_key", "review")
    yield from _about(draft, "IP-C4", "policy")


@rule("IP-C6")
def says_who_paid(draft: Draft) -> Iterator[Finding]:
    """Who paid is there, as a key and in words."""
    if not draft.grid.funding:
        yield at_grid(draft, "IP-C6", "add funding", "funding")
    yield from _about(draft, "IP-C6", "funding")


@rule("EP-4")
def declares_interests(draft: Draft) -> Iterator[Finding]:
    """Interests are declared, as a key and in words."""
    if not draft.grid.interests:
        yield at_grid(draft, "EP-4", "add interests", "interests")
    yield from _about(draft, "EP-4", "interests")


@rule("EP-5")
def names_an_owner(draft: Draft) -> Iterator[Finding]:
    """Somebody owns the update."""
    if not draft.grid.review.owner:
        yield at_grid(draft, "EP-5", "add owner: the role that looks again", "review")


@rule("IP-K18")
def says_how_evidence_was_chosen(draft: Draft) -> Iterable[Finding]:
    """Each voice says how the evidence was found and chosen."""
    return _about(draft, "IP-K18", "evidence")


@rule("IP-K20")
def names_its_authors(draft: Draft) -> Iterator[Finding]:
    """Who wrote it is there, as keys and in words."""
    if not draft.grid.authors:
        yield at_grid(draft, "IP-K20", "add authors", "authors")
    yield from _about(draft, "IP-K20", "authors")


def _about(draft: Draft, rule_id: str, key: str) -> Iterator[Finding]:
    for words in draft.voices.values():
        if not words.about.get(key):
            yield at_words(draft, words, rule_id, f"add '{key}' under about", "about")


@rule("EC-5")
def says_whom_it_is_for(draft: Draft) -> Iterator[Finding]:
    """Whom the grid is for: need groups and both ends of the age range."""
    if not draft.grid.need_groups:
        yield at_grid(draft, "EC-5", "name the need groups that it is for", "need_groups")
    if draft.grid.ages.from_age is None or draft.grid.ages.to_age is None:
        yield at_grid(draft, "EC-5", "give both ends of the age range", "ages")


@rule("EC-6")
def dates_are_in_order(draft: Draft) -> Iterator[Finding]:
    """Made, review and expiry dates are there and in order."""
    review = draft.grid.review
    if _UNSET in (review.review_on, review.expires_on):
        yield at_grid(draft, "EC-6", "add review_on and expires_on", "review")
    elif not review.made_on < review.review_on <= review.expires_on:
        yield at_grid(draft, "EC-6", "put made_on, review_on and expires_on in order", "review")


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
