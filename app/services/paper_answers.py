"""Storing what was ticked on paper: an answer set like every other, sealed and recorded alike.

Row, audit events and number are written in one transaction. Nothing is changed afterwards: what was
typed in wrongly is erased by its four words, as anybody's answers are, and typed in again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlmodel import Session

from app.adapters.carried import carry, read_carried
from app.adapters.keyring import Keyring
from app.adapters.sealing import seal
from app.db.queries import encounters as encounter_queries
from app.db.queries import paper_answers as queries
from app.db.queries.responses import read_service
from app.db.tables import Encounter, Study
from app.domain import envelope
from app.domain.access import Viewer
from app.domain.encounter import EncounterState
from app.domain.paper_answers import PaperAnswers, Typed
from app.domain.study import read_study
from app.domain.vocabulary import AnswerState, CompletionMode
from app.domain.withdrawal_code import words_of
from app.errors import Invalid
from app.services import audit, consents, surveys
from app.services.arrivals import Credential
from app.services.audit import AuditKind
from app.services.paper_forms import FoundForm, salt_of
from app.services.tablet_config import opaque_practitioner
from app.services.withdrawal import withdrawal_key

FORMAT, FORMAT_IN_A_STUDY = 1, 2
STORED: Final = 201


@dataclass(frozen=True, slots=True)
class FirstTime:
    """What was typed the first time, and the id that the set gets if the second agrees."""

    typed: Typed
    response_id: str


@dataclass(frozen=True, slots=True)
class TypedTwice:
    """A sheet that was typed the same twice, and the id of the set that it becomes."""

    answers: PaperAnswers
    response_id: str


def keep_first(keyring: Keyring, *, found: FoundForm, typed: Typed, by: Viewer) -> str:
    """Return what was typed, sealed for the page that asks for it again. Nothing is stored."""
    carried = {"typed": dict(typed), "id": str(uuid4())}
    return carry(keyring, _subject(found, by), json.dumps(carried).encode())


def read_first(keyring: Keyring, *, found: FoundForm, letters: str, by: Viewer) -> FirstTime | None:
    """Return what ``keep_first`` sealed for this person and this sheet, None for anything else."""
    clear = read_carried(keyring, _subject(found, by), letters)
    if clear is None:
        return None
    carried = json.loads(clear)
    return FirstTime(carried["typed"], carried["id"])


def find_fault(db: Session, *, found: FoundForm, by: Viewer, keyring: Keyring) -> str:
    """Return the key of why this sheet is not taken, or nothing.

    Nobody types in what was ticked about their own appointment, and a sheet is taken once.
    """
    row = encounter_queries.get_row(db, by, found.kind.encounter_id)
    if row.state == EncounterState.VOIDED:
        return "code_not_counted"
    if (
        by.staff_id == row.opened_by
        or opaque_practitioner(keyring, by.staff_id) == row.practitioner
    ):
        return "own_appointment"
    return "already_entered" if _held(db, found, keyring) else ""


def take_out_words(keyring: Keyring, found: FoundForm) -> tuple[str, ...]:
    """Return the four words on the slip of this sheet."""
    return words_of(salt_of(keyring, found.kind, found.number))


def store_answers(
    db: Session,
    *,
    found: FoundForm,
    twice: TypedTwice,
    by: Viewer,
    keyring: Keyring,
    now: datetime,
) -> str | None:
    """Store a sheet, or return the key of why not. Raises Invalid where the record refuses it."""
    row = encounter_queries.get_row(db, by, found.kind.encounter_id, for_update=True)
    if _held(db, found, keyring) == twice.response_id:  # the same button, pressed twice
        return None
    fault = find_fault(db, found=found, by=by, keyring=keyring)
    if fault:
        return fault
    device = _device(keyring, row.id)
    seq = queries.next_number(db, device)
    document = _document(found, twice.answers, row, keyring, now) | {
        "id": twice.response_id,
        "device": device,
        "seq": seq,
    }
    study = db.get(Study, row.study_id) if row.study_id else None
    if study is not None:
        consent = consents.on_paper(read_study(study.content))
        document |= {"format": FORMAT_IN_A_STUDY, "consent": consent}
    _record(db, document, keyring, now)
    details: dict[str, audit.Detail] = {"encounter": row.id, "device": device}
    kind, actor = AuditKind.PAPER_ANSWERS_ENTERED, by.staff_id
    audit.record(db, kind=kind, actor=actor, subject=twice.response_id, details=details, now=now)
    return None


def _held(db: Session, found: FoundForm, keyring: Keyring) -> str | None:
    """Return the id under which this sheet is stored, or None."""
    key = withdrawal_key(keyring, take_out_words(keyring, found))
    return queries.find_same(db, encounter_id=found.kind.encounter_id, withdrawal_key=key)


def _record(db: Session, document: Mapping[str, Any], keyring: Keyring, now: datetime) -> None:
    """Seal it and take it in by the door of every answer set."""
    clear = envelope.pad(envelope.canonical_bytes(document))
    key, response_id = keyring.current, str(document["id"])
    sent = seal(key.public_point, key.key_id, response_id, clear)
    db.flush()
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
    if outcome.http_status != STORED:  # staff are told at once; nothing of theirs is set aside
        raise Invalid


def _document(
    found: FoundForm, answers: PaperAnswers, row: Encounter, keyring: Keyring, now: datetime
) -> dict[str, Any]:
    shown, kind = found.shown, found.kind
    salt = base64.urlsafe_b64encode(salt_of(keyring, kind, found.number)).decode().rstrip("=")
    return {
        "format": FORMAT,
        "state": AnswerState.COMPLETE.value,
        "key_id": keyring.current.key_id.hex(),
        "salt": salt,
        "encounter": dict(row.header),
        "instrument": {
            "id": shown.instrument.id,
            "version": shown.words.version,
            "wording_sha256": shown.sha256,
            "language": shown.words.language,
        },
        "grid": _grid(row),
        "occasion": kind.occasion,
        "respondent": kind.respondent,
        "mode": CompletionMode.PAPER_ENTERED_BY_STAFF.value,
        "helped_by": [person.value for person in answers.helped_by],
        "seen_by_others": answers.seen_by_others,
        "items": dict(answers.marks),
        "reason": answers.reason,
        "referent": answers.referent,
        "weeks_since": answers.weeks_since,
        "made_at": envelope.utc_text(now),
    }


def _grid(row: Encounter) -> dict[str, Any] | None:
    if row.grid_public_id is None:
        return None
    return {
        "public_id": row.grid_public_id,
        "version": row.grid_version,
        "sha256": row.grid_sha256,
    }


def _device(keyring: Keyring, encounter_id: str) -> str:
    """Return the id under which the paper of one appointment is numbered. It is no tablet."""
    return str(UUID(bytes=keyring.derive("paper device", encounter_id)[:16], version=4))


def _subject(found: FoundForm, by: Viewer) -> str:
    return f"{found.kind.subject} {found.number} {by.staff_id}"
