"""Rules on figures: fair to compare, confirmed, complete, and told both ways."""

from __future__ import annotations

from collections.abc import Iterator

from app.content.finding import Finding
from app.content.grid import Figure
from app.content.parse import Draft
from app.content.passages import cell_at, passages, said
from app.content.rule import at_grid, at_passage, at_words, cells_of, figures_of, rule
from app.content.wording import LOOSE_BRACES, VoiceWords, placeholders


def _drawn(draft: Draft) -> Iterator[tuple[int, str, Figure]]:
    """Every drawn figure with the place of its cell and its row."""
    for place, cell, row, _ in cells_of(draft):
        for figure in figures_of(draft, cell):
            yield place, row.id, figure


def _by_row(draft: Draft) -> dict[str, list[tuple[int, Figure]]]:
    rows: dict[str, list[tuple[int, Figure]]] = {}
    for place, row, figure in _drawn(draft):
        rows.setdefault(row, []).append((place, figure))
    return rows


@rule("RC-1")
def one_denominator_in_a_row(draft: Draft) -> Iterator[Finding]:
    """All figures of a row count people out of the same number."""
    for drawn in _by_row(draft).values():
        for place, figure in drawn:
            if figure.per != drawn[0][1].per:
                text = f"{figure.id} counts per {figure.per}; use one number in a row"
                yield at_grid(draft, "RC-1", text, "cells", place)


@rule("RC-6")
def says_who_and_how_long(draft: Draft) -> Iterator[Finding]:
    """Every figure says who was studied and over what time."""
    for place, _, figure in _drawn(draft):
        if not figure.who or not figure.time_span:
            text = f"say who was studied and how long in the evidence of {figure.id}"
            yield at_grid(draft, "RC-6", text, "cells", place)


@rule("IP-C5")
def says_how_sure(draft: Draft) -> Iterator[Finding]:
    """Every figure says how certain it is."""
    for place, _, figure in _drawn(draft):
        if not figure.certainty:
            text = f"say how certain {figure.id} is, in the evidence"
            yield at_grid(draft, "IP-C5", text, "cells", place)


@rule("RC-7")
def gives_the_difference(draft: Draft) -> Iterator[Finding]:
    """Words that give both counts give the difference as well."""
    for words, path, named in _named_in_cells(draft):
        for figure in sorted({name for name, _ in named}):
            both = {(figure, "with"), (figure, "without")} <= named
            if both and (figure, "more") not in named:
                text = f"give the difference, too: {{{{{figure}.more}}}}"
                yield at_words(draft, words, "RC-7", text, *path)


@rule("RC-17")
def says_how_strong_the_evidence_is(draft: Draft) -> Iterator[Finding]:
    """Every filled help cell carries a strength, also where there is no number."""
    for place, cell, row, _ in cells_of(draft):
        if row.facet == "help" and cell.state == "filled" and cell.strength is None:
            text = "add strength: strong, some, weak, mixed or none"
            yield at_grid(draft, "RC-17", text, "cells", place)


@rule("RC-21")
def compares_within_one_study(draft: Draft) -> Iterator[Finding]:
    """Figures of a row share source, comparator and, across columns, the outcome."""
    for drawn in _by_row(draft).values():
        for place, figure in drawn:
            if any(not _comparable(figure, other, place == at) for at, other in drawn):
                text = f"{figure.id} differs in source, outcome or comparator: draw it alone"
                yield at_grid(draft, "RC-21", text, "cells", place)


def _comparable(one: Figure, other: Figure, in_one_cell: bool) -> bool:
    if (one.source, one.comparator) != (other.source, other.comparator):
        return False
    # A benefit may stand beside the harm of the same study, and one option may list several
    # outcomes of one study; across columns it must be one outcome.
    return in_one_cell or one.outcome_is != other.outcome_is or one.outcome == other.outcome


@rule("IP-K6")
def counts_over_one_time(draft: Draft) -> Iterator[Finding]:
    """Figures of a row that count the same side, good or bad, span the same time."""
    for drawn in _by_row(draft).values():
        for place, figure in drawn:
            like = [other for _, other in drawn if other.outcome_is == figure.outcome_is]
            if any(other.time_span != figure.time_span for other in like):
                text = f"{figure.id} spans another time than its neighbours: draw it alone"
                yield at_grid(draft, "IP-K6", text, "cells", place)


@rule("RC-9")
def tells_both_sides(draft: Draft) -> Iterator[Finding]:
    """Words that say how many got better say how many did not."""
    for words, path, named in _named_in_cells(draft):
        for figure, part in sorted(named):
            rest = f"{part}_rest"
            good = draft.evidence.figures[figure].outcome_is == "wanted"
            if part in ("with", "without") and good and (figure, rest) not in named:
                text = f"say also how many did not: {{{{{figure}.{rest}}}}}"
                yield at_words(draft, words, "RC-9", text, *path)


@rule("FR-1")
def tells_harm_on_the_same_basis(draft: Draft) -> Iterator[Finding]:
    """Where words count the good of an option, they count the harm that belongs with it."""
    columns: dict[tuple[str, str, str], set[str]] = {}
    for words, path, named in _named_in_cells(draft):
        key = (words.voice, words.language, str(path[2]))
        columns.setdefault(key, set()).update(name for name, part in named if part == "with")
    for words, path, named in _named_in_cells(draft):
        told = columns[words.voice, words.language, str(path[2])]
        for figure in sorted(name for name, part in named if part == "with"):
            partners = (
                draft.evidence.figures[n] for n in draft.evidence.figures[figure].drawn_with
            )
            silent = [p.id for p in partners if p.outcome_is == "unwanted" and p.id not in told]
            if silent:
                text = f"count {', '.join(silent)} in this column in words, too"
                yield at_words(draft, words, "FR-1", text, *path)


def _named_in_cells(
    draft: Draft,
) -> Iterator[tuple[VoiceWords, tuple[str, ...], set[tuple[str, str]]]]:
    """Every cell whose words name known figures: its voice, its place and what it names."""
    for words in draft.voices.values():
        for row, cells in words.cells.items():
            for option, cell in cells.items():
                if "{{" not in cell.more and "{{" not in cell.face:
                    continue
                named = set(placeholders(f"{cell.face} {cell.more}"))
                known = {pair for pair in named if pair[0] in draft.evidence.figures}
                if known:
                    yield words, ("cells", row, option, "more"), known


@rule("RC-22")
def draws_harm_with_benefit(draft: Draft) -> Iterator[Finding]:
    """A figure is drawn only where those that belong with it are drawn."""
    held: dict[str, set[str]] = {}
    for cell in draft.grid.cells:
        held.setdefault(cell.option, set()).update(cell.figures)
    for place, cell, _, _ in cells_of(draft):
        for figure in figures_of(draft, cell):
            absent = [name for name in figure.drawn_with if name not in held[cell.option]]
            if absent:
                text = (
                    f"draw {', '.join(absent)} in this column with {figure.id}, or use words only"
                )
                yield at_grid(draft, "RC-22", text, "cells", place)


@rule("RC-23")
def faces_show_numbers_alike(draft: Draft) -> Iterator[Finding]:
    """A face gives a number only where every filled column of the row does."""
    filled = {
        (c.row, c.option, voice)
        for c in draft.grid.cells
        for voice in c.voices
        if c.state == "filled"
    }
    for words in draft.voices.values():
        for row, cells in words.cells.items():
            if not any("{{" in cell.face for cell in cells.values()):
                continue
            faces = {o: list(placeholders(c.face)) for o, c in cells.items()}
            for option, named in faces.items():
                if not named and (row, option, words.voice) in filled:
                    text = "give a number here, too, or move the numbers of this row to 'more'"
                    path = ("cells", row, option, "face")
                    yield at_words(draft, words, "RC-23", text, *path)


@rule("RC-24")
def fits_the_reader(draft: Draft) -> Iterator[Finding]:
    """A figure stands only in columns for the ages and severity that were studied."""
    for place, cell, _, option in cells_of(draft):
        for figure in figures_of(draft, cell):
            usual = option.usually_for
            harder = figure.severity and not set(figure.severity) & set(usual.severity)
            if harder or not figure.ages.overlaps(usual.ages):
                text = f"{figure.id} was studied in other people than this column is for"
                yield at_grid(draft, "RC-24", text, "cells", place)


@rule("RC-25")
def draws_no_lone_arm(draft: Draft) -> Iterator[Finding]:
    """A trial arm that is no option of its own is not drawn."""
    for place, _, figure in _drawn(draft):
        if figure.option_forbidden:
            text = f"remove {figure.id}: it must not look like an option"
            yield at_grid(draft, "RC-25", text, "cells", place)


@rule("MARK")
def shows_only_what_was_seen(draft: Draft) -> Iterator[Finding]:
    """No second-hand figure, no working mark and nothing unconfirmed appears."""
    for place, _, figure in _drawn(draft):
        if figure.mark != "V1":
            text = f"remove {figure.id} until its source has been read (mark {figure.mark})"
            yield at_grid(draft, "MARK", text, "cells", place)
    for passage, text in said(draft, "MARK", any_language=True):
        yield at_passage(draft, passage, "MARK", text)


@rule("FIGURE")
def words_name_drawn_figures(draft: Draft) -> Iterator[Finding]:
    """A placeholder names a figure of its own cell and a number that this figure has."""
    for passage in passages(draft):
        if "{{" not in passage.text and "}}" not in passage.text:
            continue
        cell = cell_at(draft, passage)
        for name, part in placeholders(passage.text):
            if cell is None or name not in cell.figures:
                text = f"list {name} under the figures of this cell, or write no number"
                yield at_passage(draft, passage, "FIGURE", text)
            elif part not in draft.evidence.figures[name].parts():
                yield at_passage(draft, passage, "FIGURE", f"{name} has no '{part}'")
        if LOOSE_BRACES.search(passage.without_figures()):
            yield at_passage(draft, passage, "FIGURE", "write a placeholder as {{lm-01.with}}")
