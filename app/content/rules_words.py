"""Rules on words: plain, calm, balanced, steering nobody, every digit sourced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from app.content.finding import Finding
from app.content.parse import Draft
from app.content.reading_age import (
    FEWEST_WORDS,
    OLDEST,
    Readability,
    measure,
    sentences_of,
    unwrap,
    words_of,
)
from app.content.rule import (
    Passage,
    at_passage,
    at_words,
    cell_at,
    in_terms,
    passages,
    rule,
)
from app.content.wording import VoiceWords, fill

LONGEST_FACE: Final = 25
LONGEST_MORE: Final = 80
LONGEST_SENTENCE: Final = {"face": 20}
LONGEST_SENTENCE_ELSEWHERE: Final = 25
WIDEST_OPTION_RATIO: Final = 2.2
WIDEST_HELP_HARD_RATIO: Final = 2.5
# Known to every reader of this page; anything else is explained in the glossary.
_EVERYDAY: Final = frozenset({"NHS", "GP", "UK", "US", "OK", "PE", "TV", "PDF"})
_ACRONYM: Final = re.compile(r"(?<![\w&-])[A-Z][A-Z-]*[A-Z]s?\b(?![\w&-])")
_LIST_NUMBER: Final = re.compile(r"^\s*\d+\.\s", re.M)


def _filled(draft: Draft, text: str) -> str:
    try:
        return fill(text, draft.evidence.figures)
    except KeyError:
        return text


def _listed(draft: Draft, rule_id: str) -> Iterator[Finding]:
    for passage in passages(draft):
        for text in in_terms(rule_id, _filled(draft, passage.text)):
            yield at_passage(draft, passage, rule_id, text)


@rule("RC-2")
def never_one_in_x(draft: Draft) -> Iterator[Finding]:
    """Never "1 in X", in digits or in words."""
    yield from _listed(draft, "RC-2")


@rule("RC-3")
def never_relative_only(draft: Draft) -> Iterator[Finding]:
    """No percentages and no "twice as many": counts of people with and without."""
    yield from _listed(draft, "RC-3")


@rule("RC-4")
def no_bare_chance_words(draft: Draft) -> Iterator[Finding]:
    """No bare word of chance, except beside a figure in the same cell."""
    for passage in passages(draft):
        cell = cell_at(draft, passage) if passage.in_cell() else None
        if cell is None or not cell.figures:
            for text in in_terms("RC-4", passage.text):
                yield at_passage(draft, passage, "RC-4", text)


@rule("RC-14")
def no_praise(draft: Draft) -> Iterator[Finding]:
    """No evaluative labels."""
    yield from _listed(draft, "RC-14")


@rule("STEER")
def steers_nobody(draft: Draft) -> Iterator[Finding]:
    """No ranking, no recommendation, no pushing."""
    yield from _listed(draft, "STEER")


@rule("SAFE")
def speaks_safely(draft: Draft) -> Iterator[Finding]:
    """No words that blame, label, glorify or describe a method."""
    yield from _listed(draft, "SAFE")


@rule("TONE")
def stays_calm(draft: Draft) -> Iterator[Finding]:
    """No exclamation marks."""
    yield from _listed(draft, "TONE")


@rule("NAME")
def uses_our_names(draft: Draft) -> Iterator[Finding]:
    """The names that families meet are ours and plain."""
    yield from _listed(draft, "NAME")


@rule("MARKUP")
def holds_no_markup(draft: Draft) -> Iterator[Finding]:
    """No HTML, no links, nothing but paragraphs, lists and emphasis."""
    yield from _listed(draft, "MARKUP")


@rule("DIGIT")
def every_digit_has_a_source(draft: Draft) -> Iterator[Finding]:
    """Every digit comes from a figure or stands in a place that names a source."""
    for passage in passages(draft):
        text = _LIST_NUMBER.sub("", passage.without_figures())
        loose = [digit for digit in re.findall(r"\d+", text) if not _owned(draft, passage, digit)]
        if loose:
            advice = f"'{loose[0]}': name a source for this number, or take it out"
            yield at_passage(draft, passage, "DIGIT", advice)


def _owned(draft: Draft, passage: Passage, digit: str) -> bool:
    grid = draft.grid
    if passage.in_cell():
        cell = cell_at(draft, passage)
        if cell is None:
            return True  # VOICE says that this cell is not there
        sourced = bool(cell.sources) or cell.basis == "local_fact"
        return (sourced and cell.basis != "our_draft") or int(digit) in _ages(draft, cell.option)
    if passage.kind == "band":
        return any(band.id == passage.path[1] and band.sources for band in grid.bands)
    option = str(passage.path[1]) if passage.kind == "option" else ""
    return int(digit) in _ages(draft, option)


def _ages(draft: Draft, option_id: str) -> set[int | None]:
    """Numbers of the structure that words may repeat: ages, and days to the next look."""
    numbers = {draft.grid.ages.from_age, draft.grid.ages.to_age}
    for option in draft.grid.options:
        if option.id == option_id:
            numbers |= {option.usually_for.ages.from_age, option.usually_for.ages.to_age}
            numbers |= {option.review_within_days}
    return numbers


@rule("PL-7")
def stays_short(draft: Draft) -> Iterator[Finding]:
    """Faces, details and sentences are short."""
    limits = {"face": LONGEST_FACE, "more": LONGEST_MORE}
    for passage in passages(draft):
        text = unwrap(_filled(draft, passage.text))
        most = limits.get(passage.kind)
        count = len(words_of(text))
        if most and count > most:
            advice = f"cut to {most} words or fewer (now {count})"
            yield at_passage(draft, passage, "PL-7", advice)
        longest = LONGEST_SENTENCE.get(passage.kind, LONGEST_SENTENCE_ELSEWHERE)
        for sentence in sentences_of(text):
            count = len(words_of(sentence))
            if count > longest:
                start = " ".join(sentence.split()[:5])
                advice = f"split the sentence of {count} words '{start} ...' (at most {longest})"
                yield at_passage(draft, passage, "PL-7", advice)


@rule("PL-8")
def explains_acronyms(draft: Draft) -> Iterator[Finding]:
    """No acronym without its words in the glossary of that voice."""
    for passage in passages(draft):
        terms = {gloss.term.casefold() for gloss in passage.words.glossary.values()}
        spelled = set(_ACRONYM.findall(passage.without_figures())) - _EVERYDAY
        for acronym in sorted(spelled):
            if not {acronym.casefold(), acronym.rstrip("s").casefold()} & terms:
                yield at_passage(draft, passage, "PL-8", f"explain {acronym} in the glossary")


def readability(draft: Draft) -> Iterator[tuple[VoiceWords, str, str, Readability]]:
    """(voice, "rows" or "cells", id, grades) for each row and column of 100 words or more."""
    for words in draft.voices.values():
        if words.language != "en":
            continue  # the formulas are made for English; other languages are not measured
        familiar = _familiar(words)
        for part, texts in (("rows", _row_texts(words)), ("options", _column_texts(words))):
            for name, text in texts.items():
                plain = _filled(draft, text)
                if len(words_of(plain)) >= FEWEST_WORDS:
                    yield words, part, name, measure(plain, familiar)


def _familiar(words: VoiceWords) -> frozenset[str]:
    named = [gloss.term for gloss in words.glossary.values()]
    named += [option.name for option in words.options.values()]
    named += [option.short for option in words.options.values()]
    named += [words.title]
    return frozenset(word.lower() for name in named for word in words_of(name))


def _row_texts(words: VoiceWords) -> dict[str, str]:
    return {
        row: "\n\n".join(f"{cell.face}\n\n{cell.more}" for cell in cells.values())
        for row, cells in words.cells.items()
    }


def _column_texts(words: VoiceWords) -> dict[str, str]:
    columns: dict[str, list[str]] = {}
    for cells in words.cells.values():
        for option, cell in cells.items():
            columns.setdefault(option, []).append(f"{cell.face}\n\n{cell.more}")
    return {option: "\n\n".join(texts) for option, texts in columns.items()}


@rule("PL-1")
def reads_at_eleven(draft: Draft) -> Iterator[Finding]:
    """Each row and column of a voice reads at age 11 or below."""
    for words, part, name, grades in readability(draft):
        if grades.age > OLDEST:
            advice = (
                f"reading age {grades.age} over {grades.words} words (at most {OLDEST}): "
                "shorter sentences, fewer long words"
            )
            yield at_words(draft, words, "PL-1", advice, part, name)


def words_per_option(draft: Draft, words: VoiceWords) -> dict[str, int]:
    """Words of face and detail in each column that is a choice."""
    choices = {option.id for option in draft.grid.options if option.kind == "choice"}
    counts: Counter[str] = Counter()
    for cells in words.cells.values():
        for option, cell in cells.items():
            if option in choices:
                counts[option] += len(words_of(f"{cell.face} {cell.more}"))
    return dict(counts)


@rule("BAL")
def tells_options_at_equal_length(draft: Draft) -> Iterator[Finding]:
    """Columns are of like length, and so are the good and the bad points of each."""
    for words in draft.voices.values():
        counts = words_per_option(draft, words)
        if counts and max(counts.values()) > WIDEST_OPTION_RATIO * min(counts.values()):
            longest = max(counts, key=counts.__getitem__)
            shortest = min(counts, key=counts.__getitem__)
            advice = (
                f"{longest} has {counts[longest]} words, {shortest} has {counts[shortest]}: "
                f"stay within {WIDEST_OPTION_RATIO} times"
            )
            yield at_words(draft, words, "BAL", advice, "options", longest)
        yield from _help_against_hard(draft, words)


def _help_against_hard(draft: Draft, words: VoiceWords) -> Iterator[Finding]:
    for option in draft.grid.options:
        lengths = [_length(draft, words, facet, option.id) for facet in ("help", "hard")]
        if min(lengths) and max(lengths) > WIDEST_HELP_HARD_RATIO * min(lengths):
            advice = (
                f"help has {lengths[0]} words and hard has {lengths[1]}: "
                f"stay within {WIDEST_HELP_HARD_RATIO} times"
            )
            yield at_words(draft, words, "BAL", advice, "options", option.id)


def _length(draft: Draft, words: VoiceWords, facet: str, option: str) -> int:
    rows = [row.id for row in draft.grid.rows if row.facet == facet]
    cells = [words.cells[row][option] for row in rows if option in words.cells.get(row, {})]
    return sum(len(words_of(f"{cell.face} {cell.more}")) for cell in cells)


@rule("MED")
def sends_medicine_to_a_prescriber(draft: Draft) -> Iterator[Finding]:
    """An option with medicine says that a prescriber must confirm it."""
    medicines = [option.id for option in draft.grid.options if option.medicine]
    for words in draft.voices.values():
        for option in medicines:
            head = words.options.get(option)
            note = (head.medicine_note if head else "") or ""
            if head and "prescrib" not in note.lower():
                text = "add medicine_note: that a prescriber must confirm this"
                yield at_words(draft, words, "MED", text, "options", option)
