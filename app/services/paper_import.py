"""Taking in past paper answers: a dry run, then all or nothing, and the same file only once.

Each form goes in by the door of every answer set, sealed, so that its receipt, its place in the
audit log, its erasure and its retention are those of every other.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from app.adapters.keyring import Keyring
from app.adapters.sealing import seal
from app.db.queries import teams
from app.db.queries.responses import read_service
from app.db.tables import InstalledPack, Response, Staff
from app.domain import envelope
from app.domain.paper_import import Allowed, Fault, FileUnfit, PaperRow, read_paper
from app.domain.vocabulary import AnswerState, CompletionMode
from app.services import surveys
from app.services.arrivals import Credential
from app.services.instruments import INSTRUMENTS, practice_instrument
from app.services.tablet_config import opaque_practitioner

STORED: Final = 201


@dataclass(frozen=True, slots=True)
class Pack:
    """Which words were on the paper."""

    instrument_id: str
    version: str
    sha256: str
    language: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file held; ``again`` where it had been taken in before and nothing was done."""

    sha256: str
    forms: int
    appointments: int
    again: bool


def import_paper(
    db: Session, *, raw: bytes, pack: Pack, keyring: Keyring, dry: bool, today: date, now: datetime
) -> Taken:
    """Take in a file, or with ``dry`` only look at it. Raises FileUnfit with every fault."""
    sha256 = hashlib.sha256(raw).hexdigest()
    people = dict(db.exec(select(Staff.username, Staff.id)).all())
    rows = _read(db, raw, pack, people, today)
    meetings = {row.said["appointment"] for row in rows}
    first = _made_id(keyring, "paper form", sha256, "2")
    again = db.exec(select(Response.id).where(col(Response.id) == first)).first() is not None
    if not (dry or again):
        device = _made_id(keyring, "paper file", sha256)
        documents = _Documents(keyring, pack, people, sha256, device, now)
        for seq, row in enumerate(rows, 1):
            _store(db, row, documents.of(row, seq), keyring, now)
    return Taken(sha256, len(rows), len(meetings), again)


def find_pack(db: Session, sha256: str) -> Pack | None:
    """Return the words by their hash: an installed pack, or the practice measure's."""
    practice = practice_instrument()
    if sha256 == practice.sha256:
        words = practice.words
        return Pack(practice.instrument.id, words.version, sha256, words.language)
    row = db.get(InstalledPack, sha256)
    return None if row is None else Pack(row.instrument_id, row.version, sha256, row.language)


def _read(
    db: Session, raw: bytes, pack: Pack, people: Mapping[str, str], today: date
) -> tuple[PaperRow, ...]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise FileUnfit([Fault(1, "", "not_utf8")]) from None
    instrument = INSTRUMENTS[pack.instrument_id]
    known = {team.id for team in teams.list_open_teams(db)}
    allowed = Allowed(instrument.item_ids, instrument.scale.holds, known, frozenset(people), today)
    return read_paper(text, allowed)


def _made_id(keyring: Keyring, purpose: str, *parts: str) -> str:
    """Return an id that the same file always has and nobody outside can make."""
    return str(UUID(bytes=keyring.derive(purpose, "\0".join(parts))[:16], version=4))


@dataclass(frozen=True)
class _Documents:
    """Makes the answer set of each form of one file."""

    keyring: Keyring
    pack: Pack
    people: Mapping[str, str]
    sha256: str
    device: str
    now: datetime

    def of(self, row: PaperRow, seq: int) -> dict[str, Any]:
        """Return the answer set of a form, as a tablet would write it."""
        salt = self.keyring.derive("paper salt", f"{self.sha256}\0{row.row}")[:16]
        return {
            "format": 1,
            "id": _made_id(self.keyring, "paper form", self.sha256, str(row.row)),
            "state": AnswerState.COMPLETE.value,
            "device": self.device,
            "seq": seq,
            "key_id": self.keyring.current.key_id.hex(),
            "salt": base64.urlsafe_b64encode(salt).decode().rstrip("="),
            "encounter": self._header(row),
            "instrument": {
                "id": self.pack.instrument_id,
                "version": self.pack.version,
                "wording_sha256": self.pack.sha256,
                "language": self.pack.language,
            },
            "grid": None,
            "occasion": row.said["occasion"],
            "respondent": row.said["respondent"],
            "mode": CompletionMode.PAPER_ENTERED_BY_STAFF.value,
            "helped_by": [],
            "seen_by_others": None,
            "items": dict(row.marks),
            "reason": row.said["form_reason"],
            "referent": None,
            "weeks_since": None,
            "made_at": envelope.utc_text(self.now),
        }

    def _header(self, row: PaperRow) -> dict[str, Any]:
        said = row.said
        meeting = _made_id(self.keyring, "paper meeting", self.sha256, said["appointment"] or "")
        return {
            "id": meeting,
            "team": said["team"],
            "appointment_type": said["appointment_type"],
            "appointment_mode": said["appointment_mode"],
            "encounter_on": said["appointment_on"],
            "need_group_practitioner": said["need_group_practitioner"],
            "need_group_young_person": said["need_group_young_person"],
            "age_band": said["age_band"],
            "people_present": [],
            "language": self.pack.language,
            "interpreter": said["interpreter"],
            "study_code": None,
            "practitioner": opaque_practitioner(
                self.keyring, self.people[said["practitioner"] or ""]
            ),
        }


def _store(
    db: Session, row: PaperRow, document: Mapping[str, Any], keyring: Keyring, now: datetime
) -> None:
    """Seal it and take it in; what that door refuses stops the whole file."""
    clear = envelope.pad(envelope.canonical_bytes(document))
    key, response_id = keyring.current, str(document["id"])
    sent = seal(key.public_point, key.key_id, response_id, clear)
    mode, demo = read_service(db.connection())
    outcome = surveys.record_response(
        db,
        sent=sent,
        digest=envelope.content_digest(sent),
        response_id=response_id,
        credential=Credential(str(document["device"]), document["encounter"]["id"]),
        keyring=keyring,
        now=now,
        environment=mode,
        demo=demo,
    )
    if outcome.http_status != STORED:
        raise FileUnfit([Fault(row.row, "", "refused_by_the_record")])
