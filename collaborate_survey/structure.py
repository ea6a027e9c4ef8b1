"""What the two CollaboRATE versions are made of: ids, order, scale. No official sentence.

The sentences are licensed (CC BY-NC-ND) and come from a site's wording pack. The constructs are
named in this project's own words, for codebooks and reviewers; they are never shown as questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Structure:
    """One version of the measure. ``items`` are (id, construct) pairs in their fixed order."""

    id: str
    name_key: str
    items: tuple[tuple[str, str], ...]
    scale_min: int
    scale_max: int
    respondents: tuple[str, ...]
    occasions: tuple[str, ...]
    top_value: int
    scored_as: str | None


#: Order and meaning: Barr 2017 (provenance ``CS-ITEMS``).
CONSTRUCTS: Final = (
    ("explain", "making the difficulty clear to the person"),
    ("listen", "finding out what the person cares about"),
    ("include", "letting that shape the next step"),
)

RESPONDENTS: Final = ("young_person", "parent_self", "parent_proxy")
OCCASIONS: Final = ("before", "after")


def _version(scale_max: int) -> Structure:
    instrument = f"collaborate-0-{scale_max}"
    return Structure(
        id=instrument,
        name_key=f"instrument.{instrument}",
        items=CONSTRUCTS,
        scale_min=0,
        scale_max=scale_max,
        respondents=RESPONDENTS,
        occasions=OCCASIONS,
        top_value=scale_max,
        scored_as="collaborate",
    )


COLLABORATE_0_9: Final = _version(9)
COLLABORATE_0_4: Final = _version(4)

#: Both versions by id. They are different instruments and are never pooled (``CS-POOL``).
INSTRUMENTS: Final[dict[str, Structure]] = {
    version.id: version for version in (COLLABORATE_0_9, COLLABORATE_0_4)
}
