"""Instruments: structure without words, and what a scoring module offers.

The words come in a wording pack (``app.content.wording_pack``), because those of CollaboRATE are
licensed and are not part of this project. Its names are offered here too, as one door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.content.pack_reader import PACK_SHAPES, PackShape, Problem, read_wording_pack
from app.content.wording_pack import FORM_OF, Form, FormWords, Licence, WordingPack

__all__ = [
    "FORM_OF",
    "PACK_SHAPES",
    "Form",
    "FormWords",
    "Instrument",
    "InstrumentStructure",
    "Item",
    "Licence",
    "PackShape",
    "Problem",
    "Scale",
    "Scoring",
    "WordingPack",
    "read_wording_pack",
]


class InstrumentStructure(Protocol):
    """What an instrument package tells about itself without importing anything of the app."""

    @property
    def id(self) -> str:
        """The stable id, as stored with every answer."""
        ...

    @property
    def name_key(self) -> str:
        """The key of the name in the interface words."""
        ...

    @property
    def items(self) -> tuple[tuple[str, str], ...]:
        """Pairs of id and construct, in the order in which they are asked."""
        ...

    @property
    def scale_min(self) -> int:
        """The lowest value."""
        ...

    @property
    def scale_max(self) -> int:
        """The highest value."""
        ...

    @property
    def respondents(self) -> tuple[str, ...]:
        """Who may answer."""
        ...

    @property
    def occasions(self) -> tuple[str, ...]:
        """About which appointment it may ask."""
        ...

    @property
    def top_value(self) -> int:
        """The value that counts for the top score."""
        ...

    @property
    def scored_as(self) -> str | None:
        """The scoring module, or ``None``."""
        ...


class Scoring(Protocol):
    """What a scoring module offers; ``collaborate_survey`` satisfies it as a module.

    Every function gives ``None`` when an item is missing and raises ``ValueError`` for a value
    off the scale. Scores of many answer sets differ per instrument and are not part of this.
    """

    def top_score(self, items: Mapping[str, int], instrument: str) -> int | None:
        """Give 1 for the best possible answers, else 0."""
        ...

    def mean_score(self, items: Mapping[str, int], instrument: str) -> float | None:
        """Give the mean on the scale of the instrument."""
        ...

    def percent(self, items: Mapping[str, int], instrument: str) -> float | None:
        """Give 0 to 100 of the largest sum."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """One question: its stable id and what it is about, in words for codebooks."""

    id: str
    construct: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole numbers from ``min`` to ``max``, both included."""

    min: int
    max: int

    def holds(self, value: int) -> bool:
        """Say whether ``value`` is an answer on this scale."""
        return self.min <= value <= self.max


@dataclass(frozen=True, slots=True)
class Instrument:
    """The structure of a measure. ``scored_as`` names its scoring, ``None`` if never scored."""

    id: str
    name_key: str
    items: tuple[Item, ...]
    scale: Scale
    respondents: tuple[str, ...]
    occasions: tuple[str, ...]
    top_value: int
    scored_as: str | None

    @classmethod
    def of(cls, structure: InstrumentStructure) -> Instrument:
        """Make the app's view of what an instrument package tells about itself."""
        return cls(
            id=structure.id,
            name_key=structure.name_key,
            items=tuple(Item(id_, construct) for id_, construct in structure.items),
            scale=Scale(structure.scale_min, structure.scale_max),
            respondents=structure.respondents,
            occasions=structure.occasions,
            top_value=structure.top_value,
            scored_as=structure.scored_as,
        )

    @property
    def item_ids(self) -> tuple[str, ...]:
        """The ids of the items in the order in which they are asked."""
        return tuple(item.id for item in self.items)
