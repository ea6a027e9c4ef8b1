"""Whether options are told in equal detail: counts per column, for the gate and the scorecard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.content.grid import Cell
from app.content.parse import Draft
from app.content.reading_age import words_of
from app.content.wording import CellWords, VoiceWords

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
class ColumnBalance:
    """How one option is told in one voice. `basis` is the mean weight of its filled cells."""

    option: str
    words: int
    help_words: int
    hard_words: int
    hedges: int
    adjectives: int
    basis: float


def balance(draft: Draft, words: VoiceWords) -> tuple[ColumnBalance, ...]:
    """One line per option of kind choice, in the order of the grid."""
    choices = [option.id for option in draft.grid.options if option.kind == "choice"]
    facets = {row.id: row.facet for row in draft.grid.rows}
    return tuple(_column(draft, words, option, facets) for option in choices)


def words_per_option(draft: Draft, words: VoiceWords) -> dict[str, int]:
    """Words of face and detail in each column that is a choice."""
    return {column.option: column.words for column in balance(draft, words)}


def _column(
    draft: Draft, words: VoiceWords, option: str, facets: Mapping[str, str]
) -> ColumnBalance:
    told: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for row, cells in words.cells.items():
        if option in cells:
            said = [word.lower() for word in words_of(_whole(cells[option]))]
            told[facets.get(row, "")] += len(said)
            kinds.update(_kind(word) for word in said)
    held = [cell for cell in draft.grid.cells if cell.option == option]
    return ColumnBalance(
        option=option,
        words=told.total(),
        help_words=told["help"],
        hard_words=told["hard"],
        hedges=kinds["hedge"],
        adjectives=kinds["adjective"],
        basis=_mean_basis([cell for cell in held if cell.state == "filled"]),
    )


def _whole(cell: CellWords) -> str:
    return f"{cell.face} {cell.more}"


def _kind(word: str) -> str:
    return "hedge" if word in HEDGES else "adjective" if word in ADJECTIVES else ""


def _mean_basis(cells: list[Cell]) -> float:
    weights = [BASIS_WEIGHTS[cell.basis] for cell in cells]
    return round(sum(weights) / len(weights), 1) if weights else 0.0
