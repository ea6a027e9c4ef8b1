"""Whether the words that an answer set says were on screen are words of this service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from app.content.practice import PRACTICE
from app.db.queries import responses as queries
from app.domain.capture import check_read_set
from app.services.instruments import INSTRUMENTS, practice_instrument

TRAINING: Final = "training"


class KnownWords:
    """The wordings and texts of consent that a batch of answer sets names, by hash."""

    def __init__(self, environment: str) -> None:
        self._environment = environment
        self._wordings: dict[str, tuple[str, str, str]] = {}
        self._consent_texts: set[str] = set()

    def look_up(self, connection: Connection, documents: Sequence[Mapping[str, Any]]) -> None:
        """Ask for all of them at once."""
        shown = [document["instrument"] for document in documents if "instrument" in document]
        hashes = {instrument["wording_sha256"] for instrument in shown}
        self._wordings = queries.list_wordings(connection, hashes - {practice_instrument().sha256})
        self._consent_texts = queries.list_consent_texts(connection, _consent_texts(documents))

    def reasons(self, document: Mapping[str, Any]) -> Iterator[str]:
        """Yield why an answer set does not fit the words of this service."""
        yield from self._instrument_reasons(document)
        if _consent_texts([document]) - self._consent_texts:
            yield "consent_words_unknown"

    def _instrument_reasons(self, document: Mapping[str, Any]) -> Iterator[str]:
        shown = document["instrument"]
        instrument = INSTRUMENTS.get(shown["id"])
        wording = (shown["id"], shown["version"], shown["language"])
        if instrument is None or self._wording(shown["wording_sha256"]) != wording:
            yield "instrument_unknown"
            return
        if instrument.id == PRACTICE.id and self._environment != TRAINING:
            yield "instrument_practice_only"
        yield from check_read_set(document, instrument)

    def _wording(self, sha256: str) -> tuple[str, str, str] | None:
        practice = practice_instrument()
        if sha256 == practice.sha256:
            return PRACTICE.id, practice.words.version, practice.words.language
        return self._wordings.get(sha256)


def _consent_texts(documents: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the words in which these sets say that somebody was asked, by hash."""
    asked = (document.get("consent") for document in documents)
    found = (consent["text_sha256"] for consent in asked if consent is not None)
    return {sha256 for sha256 in found if sha256 is not None}
