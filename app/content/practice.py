"""The built-in practice measure, for training, demonstration and tests.

It stands in where no wording pack is installed. It is not CollaboRATE: it has its own id, its own
items and words, and no scoring, so that its answers cannot enter CollaboRATE's scores. Its words
live in a file beside this module and pass the same reader as a site's pack.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from app.content.instrument import Instrument, Item, Scale
from app.content.pack_reader import PackShape, read_wording_pack
from app.content.wording_pack import WordingPack

_WORDS: Final = "effort-practice.en.yaml"

PRACTICE: Final = Instrument(
    id="effort-practice",
    name_key="instrument.effort-practice",
    items=(
        Item("welcome", "effort made so that the person feels welcome"),
        Item("pace", "effort made to keep a pace that suits the person"),
        Item("questions", "effort made to leave time for questions"),
    ),
    scale=Scale(0, 9),
    respondents=("young_person", "parent_self", "parent_proxy"),
    occasions=("before", "after"),
    top_value=9,
    scored_as=None,
)


@cache
def practice_words() -> WordingPack:
    """Give the words of the practice measure.

    Raises ``ValueError`` naming every problem if the file beside this module is broken.
    """
    raw = files("app.content").joinpath(_WORDS).read_bytes()
    shape = PackShape(PRACTICE.item_ids, PRACTICE.scale.max)
    pack = read_wording_pack(raw, _WORDS, {PRACTICE.id: shape})
    if isinstance(pack, WordingPack):
        return pack
    raise ValueError("; ".join(map(str, pack)))
