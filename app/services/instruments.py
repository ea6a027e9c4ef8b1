"""The registry of instruments: the only module that names an instrument package.

A new instrument is a package beside ``collaborate_survey`` and a line here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, cast

from sqlmodel import Session

import collaborate_survey
from app.content.instrument import Instrument, Scoring, WordingPack, read_wording_pack
from app.content.practice import PRACTICE, practice_words
from app.db.queries import instruments as queries
from app.db.tables import InstalledPack, ServiceSetting
from app.domain.study import Study

COLLABORATE: Final = tuple(
    Instrument.of(structure) for structure in collaborate_survey.INSTRUMENTS.values()
)

#: Asked after the first instrument where a study or the service wants it, and never in its place.
SURE: Final = Instrument.of(collaborate_survey.SURE)

#: Every instrument whose answers may be stored, by id.
INSTRUMENTS: Final[Mapping[str, Instrument]] = {
    instrument.id: instrument for instrument in (*COLLABORATE, SURE, PRACTICE)
}
#: Those of them that are never asked first.
SECOND: Final = frozenset({SURE.id})

#: ``Instrument.scored_as`` -> the module that scores it. The practice measure is in no score.
SCORING: Final[Mapping[str, Scoring]] = {
    "collaborate": cast("Scoring", collaborate_survey),
    "sure": cast("Scoring", collaborate_survey.sure),
}

#: A proper name, the same in every language. The practice measure has none.
PROPER_NAMES: Final[Mapping[str, str]] = {"collaborate": "CollaboRATE", "sure": "SURE"}


class StoredPackUnreadable(RuntimeError):
    """A stored wording pack no longer reads as the one whose hash it carries."""


@dataclass(frozen=True, slots=True)
class PublicInstrument:
    """One instrument with the words that are on screen, and nothing about who installed them."""

    instrument: Instrument
    words: WordingPack
    sha256: str

    @property
    def is_practice(self) -> bool:
        """Say whether this is the practice measure, whose answers are in no score."""
        return self.instrument.id == PRACTICE.id

    @property
    def respondents(self) -> tuple[str, ...]:
        """Return who can be asked: those for whom the pack has words."""
        return tuple(r for r in self.instrument.respondents if self.words.words_for(r))

    def occasions(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return those of ``wanted`` for which the pack has words for somebody."""
        return tuple(
            occasion
            for occasion in wanted
            if any(self.words.offers(respondent, occasion) for respondent in self.respondents)
        )

    def as_json(self) -> dict[str, object]:
        """Return the public view that a page gets.

        ``statement`` and ``items`` are those of the first respondent with words; ``forms`` has
        the words of each respondent. ``statement_before`` null: do not ask about the last time.
        """
        low, high = self.words.end_labels
        scale = self.instrument.scale
        whole = len(self.words.labels) == scale.max - scale.min + 1
        labels = list(self.words.labels) if whole else None
        first = self._form(self.respondents[0])
        return {
            "id": self.instrument.id,
            "version": self.words.version,
            "wording_sha256": self.sha256,
            "language": self.words.language,
            "name": PROPER_NAMES.get(self.instrument.scored_as or ""),
            "name_key": self.instrument.name_key,
            "statement": first["statement"],
            "items": first["items"],
            "forms": {respondent: self._form(respondent) for respondent in self.respondents},
            "attribution": self.words.attribution,
            "scale": {
                "min": scale.min,
                "max": scale.max,
                "min_label": low,
                "max_label": high,
                "labels": labels,
            },
            "minimum_age_self_report": self.words.minimum_age_self_report,
            "is_practice": self.is_practice,
        }

    def _form(self, respondent: str) -> dict[str, object]:
        words = self.words.words_for(respondent)
        assert words is not None  # only asked for those in ``respondents``
        return {
            "statement": words.opening,
            "statement_before": words.opening_before,
            "items": [{"id": item, "text": text} for item, text in words.items],
        }


@cache
def practice_instrument() -> PublicInstrument:
    """Return the practice measure with its words."""
    words = practice_words()
    return PublicInstrument(PRACTICE, words, words.sha256)


def current_instrument(
    db: Session, *, mode: str, language: str, instrument_id: str | None = None
) -> PublicInstrument | None:
    """Return what is asked in ``language`` now, or None: then nothing is asked.

    The newest pack in use of ``instrument_id`` (the study's), or of any CollaboRATE version. With
    none, the practice measure in training mode, and never in live use.
    """
    wanted = [instrument_id] if instrument_id else [each.id for each in COLLABORATE]
    for row in queries.list_packs_in_use(db, wanted):
        if _same_language(row.language, language):
            return _shown(row)
    practice = practice_instrument()
    fits = instrument_id in {None, PRACTICE.id} and _same_language(
        practice.words.language, language
    )
    return practice if mode == "training" and fits else None


def second_instrument(db: Session, *, language: str) -> PublicInstrument | None:
    """Return what is asked in ``language`` after the first instrument, or None without words."""
    found = (each for each in seconds_in_use(db) if _same_language(each.words.language, language))
    return next(found, None)


def asks_second(db: Session, study: Study | None) -> bool:
    """Say whether a second instrument is asked: what the study says, or outside any the switch."""
    if study is not None:
        return study.second_instrument is not None
    row = db.get(ServiceSetting, "second_instrument_on")
    return row is not None and bool(row.value)


def seconds_in_use(db: Session) -> tuple[PublicInstrument, ...]:
    """Return every wording of a second instrument, one per language, the newest first."""
    found: dict[str, PublicInstrument] = {}
    for row in queries.list_packs_in_use(db, sorted(SECOND)):
        found.setdefault(_plain(row.language), _shown(row))
    return tuple(found.values())


def instruments_in_use(db: Session, *, mode: str) -> tuple[PublicInstrument, ...]:
    """Return everything that may be asked, one per instrument and language, the newest first.

    The first that fits a language, and a study's instrument where it names one, is what
    ``current_instrument`` would return: a tablet without a network chooses in this order. The
    practice measure is last, and not there in live use.
    """
    found: dict[tuple[str, str], PublicInstrument] = {}
    for row in queries.list_packs_in_use(db, [each.id for each in COLLABORATE]):
        found.setdefault((row.instrument_id, _plain(row.language)), _shown(row))
    practice = (practice_instrument(),) if mode == "training" else ()
    return (*found.values(), *practice)


def list_instruments(db: Session, *, mode: str) -> tuple[PublicInstrument, ...]:
    """Return everything that was ever asked here, retired packs too, the newest first."""
    packs = tuple(_shown(row) for row in queries.list_packs(db))
    return (*packs, practice_instrument()) if mode == "training" else packs


def scoring_for(instrument_id: str) -> Scoring | None:
    """Return the module that scores an instrument, None for one that is never scored.

    Raises KeyError for an instrument that is not in the registry.
    """
    scored_as = INSTRUMENTS[instrument_id].scored_as
    return SCORING[scored_as] if scored_as else None


def _shown(row: InstalledPack) -> PublicInstrument:
    raw = json.dumps(row.content, ensure_ascii=False).encode()
    words = read_wording_pack(raw, row.sha256)
    if not isinstance(words, WordingPack) or words.sha256 != row.sha256:
        raise StoredPackUnreadable(row.sha256)
    return PublicInstrument(INSTRUMENTS[row.instrument_id], words, row.sha256)


def _same_language(first: str, second: str) -> bool:
    return _plain(first) == _plain(second)


def _plain(language: str) -> str:
    return language.split("-", maxsplit=1)[0].lower()
