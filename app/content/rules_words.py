"""Rules on words: plain, calm, balanced, steering nobody, every digit sourced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from app.content.balance import lengths
from app.content.finding import Finding
from app.content.grid import Cell
from app.content.parse import ENGLISH, Draft
from app.content.passages import Passage, by_voice, cell_at, passages, said, word_counts
from app.content.readability import readability
from app.content.reading_age import OLDEST, spoken
from app.content.rule import at_passage, at_words, rule
from app.content.wording import VoiceWords

LONGEST_FACE: Final = 25
LONGEST_MORE: Final = 80
LONGEST_SENTENCE: Final = {"face": 20}
LONGEST_SENTENCE_ELSEWHERE: Final = 25
WIDEST_OPTION_RATIO: Final = 2.2
WIDEST_HELP_HARD_RATIO: Final = 2.5
MOST_DOUBTS: Final = 2
# Known to every reader of this page; anything else is explained in the glossary.
_EVERYDAY: Final = frozenset({"NHS", "GP", "UK", "US", "OK", "PE", "TV", "PDF"})
_ACRONYM: Final = re.compile(r"[A-Z](?<![\w&-].)[A-Z-]*[A-Z]s?\b(?![\w&-])")
_DIGIT: Final = re.compile(r"\d+")
_ASCII_DIGIT: Final = re.compile("[0-9]")  # many times faster than any digit of any script
_LETTER: Final = re.compile(r"\w")
_LIST_NUMBER: Final = re.compile(r"^\s*\d+\.\s", re.M)


def _listed(draft: Draft, rule_id: str, *, any_language: bool = False) -> Iterator[Finding]:
    for passage, text in said(draft, rule_id, any_language=any_language):
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
    for passage, text in said(draft, "RC-4"):
        cell = cell_at(draft, passage)
        if cell is None or not cell.figures:
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
    yield from _listed(draft, "TONE", any_language=True)


@rule("NAME")
def uses_our_names(draft: Draft) -> Iterator[Finding]:
    """The names that families meet are ours and plain."""
    yield from _listed(draft, "NAME")


@rule("MARKUP")
def holds_no_markup(draft: Draft) -> Iterator[Finding]:
    """No HTML, no links, nothing but paragraphs, lists and emphasis."""
    yield from _listed(draft, "MARKUP", any_language=True)


@rule("DIGIT")
def every_digit_has_a_source(draft: Draft) -> Iterator[Finding]:
    """Every digit comes from a figure or stands in a place that names a source."""
    for passage in passages(draft):
        if not _ASCII_DIGIT.search(passage.text) and passage.text.isascii():
            continue
        loose = _loose_digits(draft, passage, passage.without_figures())
        if loose:  # the numbers of a list are no claims
            loose = _loose_digits(draft, passage, _LIST_NUMBER.sub("", passage.without_figures()))
        if loose:
            advice = f"'{loose[0]}': name a source for this number, or take it out"
            yield at_passage(draft, passage, "DIGIT", advice)


def _loose_digits(draft: Draft, passage: Passage, text: str) -> list[str]:
    return [digit for digit in _DIGIT.findall(text) if not _owned(draft, passage, digit)]


def _owned(draft: Draft, passage: Passage, digit: str) -> bool:
    grid = draft.grid
    if passage.in_cell():
        cell = cell_at(draft, passage)
        if cell is None:
            return True  # VOICE says that this cell is not there
        sourced = bool(cell.sources) or cell.basis == "local_fact"
        return (sourced and cell.basis != "our_draft") or digit in _ages(draft, cell.option)
    if passage.kind == "band":
        return any(band.id == passage.path[1] and band.sources for band in grid.bands)
    option = str(passage.path[1]) if passage.kind == "option" else ""
    return digit in _ages(draft, option)


def _ages(draft: Draft, option_id: str) -> set[str]:
    """Numbers of the structure that words may repeat: ages, and days to the next look."""
    numbers = {draft.grid.ages.from_age, draft.grid.ages.to_age}
    for option in draft.grid.options:
        if option.id == option_id:
            numbers |= {option.usually_for.ages.from_age, option.usually_for.ages.to_age}
            numbers |= {option.review_within_days}
    return {str(number) for number in numbers if number is not None}


@rule("PL-7")
def stays_short(draft: Draft) -> Iterator[Finding]:
    """Faces, details and sentences are short."""
    limits = {"face": LONGEST_FACE, "more": LONGEST_MORE}
    for passage, count in zip(passages(draft), word_counts(draft), strict=True):
        most = limits.get(passage.kind)
        if most and count > most:
            advice = f"cut to {most} words or fewer (now {count})"
            yield at_passage(draft, passage, "PL-7", advice)
        longest = LONGEST_SENTENCE.get(passage.kind, LONGEST_SENTENCE_ELSEWHERE)
        # Other languages build other sentences; only the length of a text is held to there.
        if count > longest and passage.words.language == ENGLISH:
            yield from _long_sentences(draft, passage, longest)


def _long_sentences(draft: Draft, passage: Passage, longest: int) -> Iterator[Finding]:
    for sentence in spoken(passage.filled):
        if len(sentence) > longest:
            start = " ".join(sentence[:5])
            advice = (
                f"split the sentence of {len(sentence)} words '{start} ...' (at most {longest})"
            )
            yield at_passage(draft, passage, "PL-7", advice)


@rule("PL-8")
def explains_acronyms(draft: Draft) -> Iterator[Finding]:
    """No acronym without its words in the glossary of that voice."""
    for words, texts in by_voice(draft):
        whole = "\n".join(passage.without_figures() for passage, _ in texts)
        unexplained = set(_ACRONYM.findall(whole)) - _explained(words)
        for passage, _ in texts if unexplained else ():
            for acronym in sorted(unexplained & set(_ACRONYM.findall(passage.without_figures()))):
                yield at_passage(draft, passage, "PL-8", f"explain {acronym} in the glossary")


def _explained(words: VoiceWords) -> frozenset[str]:
    """Acronyms that need no words: everyday ones, and those of the glossary, also as plurals."""
    terms = {gloss.term.upper() for gloss in words.glossary.values()}
    return _EVERYDAY | terms | {f"{term}s" for term in terms}


@rule("WRITTEN")
def holds_words_everywhere(draft: Draft) -> Iterator[Finding]:
    """Every text holds words, not the dots of a new grid."""
    for passage in passages(draft):
        if not _LETTER.search(passage.text):
            yield at_passage(draft, passage, "WRITTEN", "write this text")


@rule("EVEN")
def repeats_no_doubt(draft: Draft) -> Iterator[Finding]:
    """That nobody has tested something is said where it belongs, not in every row of a column."""
    seen = set()
    by_id = {id(words): words for words in draft.voices.values()}
    counts: Counter[tuple[int, str]] = Counter()
    for passage, _ in said(draft, "EVEN"):
        cell = cell_at(draft, passage)
        place = (id(passage.words), passage.path[:3])
        if cell and place not in seen and _is_settled(cell):
            seen.add(place)
            counts[id(passage.words), cell.option] += 1
    for (which, option), count in sorted(counts.items()):
        if count > MOST_DOUBTS:
            advice = f"'not tested' stands in {count} cells that name evidence: say it under sure"
            yield at_words(draft, by_id[which], "EVEN", advice, "options", option)


def _is_settled(cell: Cell) -> bool:
    """Whether a cell rests on evidence, so that 'not tested' is no news of its own."""
    unsure = cell.strength in ("weak", "mixed", "none")
    return cell.state == "filled" and cell.row != "sure" and not unsure


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


@rule("IP-C1")
def tells_options_at_equal_length(draft: Draft) -> Iterator[Finding]:
    """Columns are of like length, and so are the good and the bad points of each."""
    for words in draft.voices.values():
        told = lengths(draft, words)
        for column in told:
            sides = (column.help_words, column.hard_words)
            if min(sides) and max(sides) > WIDEST_HELP_HARD_RATIO * min(sides):
                advice = (
                    f"help has {sides[0]} words and hard has {sides[1]}: "
                    f"stay within {WIDEST_HELP_HARD_RATIO} times"
                )
                yield at_words(draft, words, "IP-C1", advice, "options", column.option)
        longest = max(told, key=lambda column: column.words, default=None)
        shortest = min(told, key=lambda column: column.words, default=None)
        if longest and shortest and longest.words > WIDEST_OPTION_RATIO * shortest.words:
            advice = (
                f"{longest.option} has {longest.words} words, {shortest.option} has "
                f"{shortest.words}: stay within {WIDEST_OPTION_RATIO} times"
            )
            yield at_words(draft, words, "IP-C1", advice, "options", longest.option)


@rule("MED")
def sends_medicine_to_a_prescriber(draft: Draft) -> Iterator[Finding]:
    """An option with medicine says that a prescriber must confirm it."""
    medicines = [option.id for option in draft.grid.options if option.medicine]
    for words in draft.voices.values():
        for option in medicines:
            head = words.options.get(option)
            note = (head.medicine_note if head else "") or ""
            says_so = "prescrib" in note.lower() or (note and words.language != ENGLISH)
            if head and not says_so:
                text = "add medicine_note: that a prescriber must confirm this"
                yield at_words(draft, words, "MED", text, "options", option)
