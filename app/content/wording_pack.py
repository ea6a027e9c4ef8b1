"""Wording packs: the words of one instrument in one language, with the right to use them.

The file format is described in ``docs/wording-pack.md``. A pack's canonical JSON has the same
shape as the file, so that a stored pack is read back, and checked again, by the same reader.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

PACK_FORMAT: Final = 1
DEFAULT_MINIMUM_AGE: Final = 12


class Form(StrEnum):
    """Whose wording: the patient's, the guardian's own, or a guardian's for the child."""

    PATIENT = "patient"
    GUARDIAN = "guardian"
    PROXY = "proxy"


#: Which form a respondent is given. Keys are the respondents of the contract.
FORM_OF: Final[Mapping[str, Form]] = {
    "young_person": Form.PATIENT,
    "parent_self": Form.GUARDIAN,
    "parent_proxy": Form.PROXY,
}


@dataclass(frozen=True, slots=True)
class Licence:
    """The right to use the words: which licence, whose, on what ground, with what proof, when."""

    name: str
    holder: str
    basis: str
    evidence: str
    date: date


@dataclass(frozen=True, slots=True)
class FormWords:
    """The words of one form. ``opening_before`` is for answers about the last appointment."""

    form: Form
    opening: str
    opening_before: str | None
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WordingPack:
    """The words of one instrument in one language. Immutable; another word is another version.

    ``labels`` holds either the two ends of the scale or one label per value.
    """

    instrument: str
    version: str
    language: str
    forms: tuple[FormWords, ...]
    labels: tuple[str, ...]
    attribution: str
    licence: Licence
    minimum_age_self_report: int
    confirmed_by: str
    confirmed_on: date

    def words_for(self, respondent: str) -> FormWords | None:
        """Give the words for a respondent, or ``None`` if the pack has no form for them."""
        form = FORM_OF.get(respondent)
        return next((words for words in self.forms if words.form == form), None)

    def offers(self, respondent: str, occasion: str) -> bool:
        """Say whether there are words for this respondent on this occasion.

        The statement about today's appointment is never shown over questions about the last one.
        """
        words = self.words_for(respondent)
        return words is not None and (occasion != "before" or words.opening_before is not None)

    def opening_for(self, respondent: str, occasion: str) -> str | None:
        """Give the opening statement for a respondent on an occasion, if there is one."""
        words = self.words_for(respondent)
        if words is None:
            return None
        return words.opening_before if occasion == "before" else words.opening

    @property
    def end_labels(self) -> tuple[str, str]:
        """The labels of the lowest and of the highest value."""
        return self.labels[0], self.labels[-1]

    def canonical(self) -> bytes:
        """Give the pack as canonical JSON in the shape of its file."""
        return json.dumps(
            _as_file(self), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    @property
    def sha256(self) -> str:
        """The hash that every answer carries: SHA-256 over the canonical JSON."""
        return hashlib.sha256(self.canonical()).hexdigest()


def _as_file(pack: WordingPack) -> dict[str, object]:
    licence = pack.licence
    return {
        "format": PACK_FORMAT,
        "instrument": pack.instrument,
        "version": pack.version,
        "language": pack.language,
        "minimum_age_self_report": pack.minimum_age_self_report,
        "opening_statement": {words.form.value: words.opening for words in pack.forms},
        **_opening_before(pack),
        "items": _items(pack),
        "anchors": _anchors(pack),
        "attribution": pack.attribution,
        "licence": {
            "name": licence.name,
            "holder": licence.holder,
            "basis": licence.basis,
            "evidence": licence.evidence,
            "date": licence.date.isoformat(),
        },
        "confirmed_by": pack.confirmed_by,
        "confirmed_on": pack.confirmed_on.isoformat(),
    }


def _opening_before(pack: WordingPack) -> dict[str, object]:
    given = {w.form.value: w.opening_before for w in pack.forms if w.opening_before is not None}
    return {"opening_statement_before": given} if given else {}


def _items(pack: WordingPack) -> list[dict[str, str]]:
    ids = [item for item, _ in pack.forms[0].items]
    return [
        {"id": id_, **{words.form.value: words.items[at][1] for words in pack.forms}}
        for at, id_ in enumerate(ids)
    ]


def _anchors(pack: WordingPack) -> dict[str, object]:
    if len(pack.labels) == 2:
        return {"min": pack.labels[0], "max": pack.labels[1]}
    return {"labels": list(pack.labels)}
