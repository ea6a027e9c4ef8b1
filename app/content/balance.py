"""Whether options are told in equal detail: counts per column, for the gate and the scorecard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.content.grid import Cell
from app.content.parse import Draft
from app.content.passages import Passage, by_voice
from app.content.reading_age import words_of
from app.content.wording import VoiceWords

# Words that soften a claim, and words that judge. A column with many more of either than its
# neighbours sounds surer or better than its evidence.
HEDGES: Final = frozenset(
    {"about", "can", "could", "few", "maybe", "may", "might", "most", "often", "perhaps"}
    | {"probably", "seem", "seems", "some", "sometimes", "tend", "tends", "usually"}
)
ADJECTIVES: Final = frozenset(
    {"awful", "awkward", "bad", "big", "boring", "calm", "clear", "comfortable", "dull", "easy"}
    | {"fair", "friendly", "fun", "gentle", "good", "great", "hard", "heavy", "helpful", "kind"}
    | {"long", "nice", "odd", "quick", "quiet", "relaxed", "safe", "scary", "short", "slow"}
    | {"small", "strange", "strong", "tiring", "tough", "warm", "weak"}
)
# How much a basis weighs, so that columns can be compared by what they rest on.
BASIS_WEIGHTS: Final[Mapping[str, int]] = {
    "trial": 4,
    "review": 4,
    "guideline": 3,
    "guideline_as_reported": 2,
    "expert_view": 1,
    "lived_experience": 1,
    "local_fact": 1,
    "our_draft": 0,
}


@dataclass(frozen=True, slots=True)
class ColumnLength:
    """How many words tell one option in one voice, and how many of them its good and bad."""

    option: str
    words: int
    help_words: int
    hard_words: int


@dataclass(frozen=True, slots=True)
class ColumnBalance:
    """How one option is told in one voice. `basis` is the mean weight of its filled cells."""

    length: ColumnLength
    hedges: int
    adjectives: int
    basis: float


def lengths(draft: Draft, words: VoiceWords) -> tuple[ColumnLength, ...]:
    """The lengths of each option of kind choice, in the order of the grid."""
    facets = {row.id: row.facet for row in draft.grid.rows}
    choices = [option.id for option in draft.grid.options if option.kind == "choice"]
    told: dict[str, Counter[str]] = {option: Counter() for option in choices}
    for passage, count in _texts(draft, words):
        if passage.in_cell() and passage.path[2] in told:
            told[str(passage.path[2])][facets.get(str(passage.path[1]), "")] += count
    return tuple(
        ColumnLength(option, counts.total(), counts["help"], counts["hard"])
        for option, counts in told.items()
    )


def _texts(draft: Draft, words: VoiceWords) -> tuple[tuple[Passage, int], ...]:
    return next((texts for voice, texts in by_voice(draft) if voice is words), ())


def balance(draft: Draft, words: VoiceWords) -> tuple[ColumnBalance, ...]:
    """One line per option of kind choice, in the order of the grid (words lists are English)."""
    return tuple(_column(draft, words, length) for length in lengths(draft, words))


def _column(draft: Draft, words: VoiceWords, length: ColumnLength) -> ColumnBalance:
    texts = [
        passage.filled
        for passage, _ in _texts(draft, words)
        if passage.in_cell() and passage.path[2] == length.option
    ]
    said = [word.lower() for text in texts for word in words_of(text)]
    held = [cell for cell in draft.grid.cells if cell.option == length.option]
    return ColumnBalance(
        length=length,
        hedges=sum(1 for word in said if word in HEDGES),
        adjectives=sum(1 for word in said if word in ADJECTIVES),
        basis=_mean_basis([cell for cell in held if cell.state == "filled"]),
    )


def _mean_basis(cells: list[Cell]) -> float:
    weights = [BASIS_WEIGHTS[cell.basis] for cell in cells]
    return round(sum(weights) / len(weights), 1) if weights else 0.0
