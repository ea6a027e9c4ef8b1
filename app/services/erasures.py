"""Erasing an answer set by a recorded request, or because its time is over.

What goes: the row with answers, salt and sealed bytes, the bytes of every copy in quarantine, and
the files of exports that are still on this machine. With the last answers of an appointment go
the counts of what was opened there: nobody is left who agreed to anything of it being kept.
What stays: a tombstone with the receipt, so that a tablet that offers its copy again is told the
same, and the links of the audit chain, which hold nothing but hashes over sealed bytes that
nobody has any more. Rules of the room 2.4, 3.3.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.adapters.sealing import SealBroken, SealUnknownKey, open_sealed
from app.db import sessions
from app.db.engine import Database
from app.db.queries import erasures as queries
from app.db.queries.erasures import FoundSet
from app.db.queries.retention import list_feedback_over
from app.db.tables import (
    Encounter,
    Erasure,
    ExportRequest,
    Exposure,
    Feedback,
    Quarantined,
    Response,
)
from app.domain import withdrawal_code
from app.domain.access import Viewer
from app.domain.keeping import ErasureReason, QuarantineOutcome
from app.domain.receipt import UNREADABLE_SEQ
from app.errors import NotFound, TooManyTries
from app.services import audit, erasing_bytes, exports, link_cards, throttling
from app.services.refusals import Refused
from app.services.throttling import Limit
from app.services.withdrawal import withdrawal_key

#: Four words of 512 cannot be guessed; this keeps somebody from trying all day.
WITHDRAWALS: Final = Limit("withdrawal", 5, 5, 900, timedelta(hours=12), is_told=True)


@dataclass(frozen=True)
class Asked:
    """The words as typed, and who typed them in."""

    typed: str
    by: Viewer
    keyring: Keyring


def find_sets(db: Session, *, asked: Asked, now: datetime) -> tuple[FoundSet, ...] | Refused:
    """Return what the words belong to: as a rule one set, hardly ever two.

    Words that are not four of the list are refused and not counted; words that belong to nothing
    are counted. Raises TooManyTries.
    """
    words = withdrawal_code.read_words(asked.typed)
    if words is None:
        return Refused({"words": "words_unreadable"})
    counters = [throttling.counter(asked.keyring, WITHDRAWALS, asked.by.staff_id)]
    wait = throttling.hold(db, counters, now=now)
    if wait:
        raise TooManyTries(wait_seconds=wait)
    found = queries.list_sets(db, _ids_of(db, words, asked.keyring))
    if not found:
        throttling.count_failure(db, counters, now=now, by=asked.by.staff_id)
        return Refused({"words": "words_unknown"})
    return found


def erase_by_words(
    database: Database, *, asked: Asked, response_id: str, folder: Path, now: datetime
) -> Refused | None:
    """Erase one of the sets that the words belong to; ``folder`` holds the files of exports.

    The words are looked at again: an id alone erases nothing. Raises NotFound for another set,
    or one that somebody else erased meanwhile, and TooManyTries.
    """
    with sessions.write(database) as db:
        found = find_sets(db, asked=asked, now=now)
        if isinstance(found, Refused):
            return found
        if response_id not in {each.response_id for each in found}:
            raise NotFound
        reason, actor = ErasureReason.WITHDRAWN, asked.by.staff_id
        emptied = erase_sets(db, [response_id], reason=reason, actor=actor, now=now)
    forget_bytes(database, folder, emptied)
    return None


def erase_sets(
    db: Session,
    response_ids: Sequence[str],
    *,
    reason: ErasureReason,
    actor: str,
    now: datetime,
    skip_gone: bool = False,
) -> tuple[str, ...]:
    """Erase sets in the transaction of ``db``; return the exports whose files are to go.

    Call ``forget_bytes`` after the commit. Raises NotFound where a set is not here any more,
    unless ``skip_gone``.
    """
    erasing_bytes.overwrite_what_is_deleted(db)
    # In this order everywhere: exports, the end of the chain, answer sets. Under the head's lock
    # no copy of the same set can be on its way in.
    requests = queries.list_exports_to_lock(db)
    audit.lock_head(db.connection())
    db.expire_all()
    here = queries.list_sets(db, response_ids)
    if len(here) < len(response_ids) and not skip_gone:
        raise NotFound
    emptied: dict[str, None] = {}
    texts = queries.list_texts_beside(db, here)
    for found in here:
        emptied |= dict.fromkeys(_erase(db, found, requests, reason, actor, now))
    encounters = {found.encounter_id for found in here if found.encounter_id is not None}
    lonely = queries.list_lonely_counts(db, encounters)
    erase_counts(db, lonely, reason=reason, actor=actor, now=now)
    emptied |= dict.fromkeys(erase_feedback(db, texts, requests, reason, actor=actor, now=now))
    texts = queries.list_lonely_texts(db, encounters)
    emptied |= dict.fromkeys(erase_feedback(db, texts, requests, reason, actor=actor, now=now))
    db.flush()
    link_cards.drop_lonely(db, encounters, actor=actor, now=now)
    _take_back(requests, emptied)
    db.flush()
    return tuple(emptied)


def erase_counts(
    db: Session, rows: Sequence[Exposure], *, reason: ErasureReason, actor: str, now: datetime
) -> None:
    """Erase counts of what was opened. A tablet that offers its copy again is told the same."""
    for row in rows:
        db.add(
            Erasure(
                response_id=row.id,
                encounter_id=row.encounter_id,
                device=row.device,
                seq=UNREADABLE_SEQ,
                receipt=row.receipt,
                reason=reason.value,
                recorded_by=actor,
                exports=[],
                at=now,
            )
        )
        details: dict[str, audit.Detail] = {"reason": reason.value, "device": row.device}
        kind = audit.AuditKind.EXPOSURE_ERASED
        audit.record(db, kind=kind, actor=actor, subject=row.id, details=details, now=now)
        db.delete(row)


def erase_feedback(
    db: Session,
    rows: Sequence[Feedback],
    requests: tuple[ExportRequest, ...],
    reason: ErasureReason,
    *,
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """Erase texts about grids; return the exports, of these requests, whose files are to go.

    A tablet that offers its copy again is told the same.
    """
    emptied: dict[str, None] = {}
    for row in rows:
        encounter = db.get(Encounter, row.encounter_id) if row.encounter_id else None
        held = [each.id for each in requests if queries.may_hold_text(each, row, encounter)]
        emptied |= dict.fromkeys(held)
        if row.device is not None and row.receipt is not None:
            db.add(
                Erasure(
                    response_id=row.id,
                    encounter_id=row.encounter_id,
                    device=row.device,
                    seq=row.seq or UNREADABLE_SEQ,
                    receipt=row.receipt,
                    reason=reason.value,
                    recorded_by=actor,
                    exports=held,
                    at=now,
                )
            )
        details: dict[str, audit.Detail] = {"reason": reason.value}
        kind = audit.AuditKind.FEEDBACK_ERASED
        audit.record(db, kind=kind, actor=actor, subject=row.id, details=details, now=now)
        db.delete(row)
    _take_back(requests, emptied)
    return tuple(emptied)


def erase_old_feedback(
    db: Session, *, before: date, limit: int, now: datetime
) -> tuple[int, tuple[str, ...]]:
    """Erase texts of before a day, at most ``limit``; return how many and the exports to empty."""
    over = list_feedback_over(db, before=before, limit=limit)
    if not over:
        return 0, ()
    erasing_bytes.overwrite_what_is_deleted(db)
    requests = queries.list_exports_to_lock(db)
    audit.lock_head(db.connection())
    reason = ErasureReason.RETENTION_OVER
    emptied = erase_feedback(db, over, requests, reason, actor=audit.SYSTEM, now=now)
    return len(over), emptied


def forget_bytes(database: Database, folder: Path, export_ids: tuple[str, ...]) -> None:
    """Remove what the commit of an erasure leaves behind on disk: export files, old pages."""
    forget_files(folder, export_ids)
    erasing_bytes.drop_old_pages(database)


def forget_files(folder: Path, export_ids: tuple[str, ...]) -> None:
    """Remove the files of exports that held an erased set."""
    for export_id in export_ids:
        exports.remove_files(folder, export_id)


def _ids_of(db: Session, words: tuple[str, ...], keyring: Keyring) -> list[str]:
    stored = queries.list_ids_by_key(db, withdrawal_key(keyring, words))
    return list(dict.fromkeys((*stored, *_ids_in_quarantine(db, words, keyring))))


def _ids_in_quarantine(db: Session, words: tuple[str, ...], keyring: Keyring) -> Iterator[str]:
    """Yield the sets in quarantine with these words: nothing about those is in a column."""
    for copy in queries.iterate_copies(db):
        salt = _salt_in(copy, keyring)
        if salt is not None and withdrawal_code.words_of(salt) == words:
            yield copy.response_id


def _salt_in(copy: queries.SealedCopy, keyring: Keyring) -> bytes | None:
    """Return the salt in a sealed copy, as far as one can be found: it may be no answer set."""
    try:
        clear = json.loads(open_sealed(copy.sealed, keyring.sealing, copy.response_id))
        salt = base64.urlsafe_b64decode(f"{clear['salt']}==")
    except (SealBroken, SealUnknownKey, ValueError, KeyError, TypeError, RecursionError):
        return None
    return salt if len(salt) == withdrawal_code.SALT_BYTES else None


def _erase(
    db: Session,
    found: FoundSet,
    requests: tuple[ExportRequest, ...],
    reason: ErasureReason,
    actor: str,
    now: datetime,
) -> list[str]:
    held_by = _exports_holding(db, found.response_id, requests)
    response = db.get(Response, found.response_id)
    if response is not None:
        db.delete(response)
    for copy in queries.list_copies(db, found.response_id):
        _empty(db, copy, actor, now)
    _leave_tombstone(db, found, held_by, reason, actor, now)
    return held_by


def _exports_holding(
    db: Session, response_id: str, requests: tuple[ExportRequest, ...]
) -> list[str]:
    response = db.get(Response, response_id)
    if response is None:
        return []
    encounter = db.get_one(Encounter, response.encounter_id)
    return [each.id for each in requests if queries.may_hold(each, response, encounter)]


def _empty(db: Session, copy: Quarantined, actor: str, now: datetime) -> None:
    """Take the bytes out of a copy; that it was here and was erased stays."""
    details = {"response": copy.response_id, "digest": copy.digest}
    outcome = QuarantineOutcome.ERASED.value
    # The row's own id in place of the digest: the column is half of a unique pair.
    copy.sealed, copy.digest = b"", copy.id
    copy.settled_at, copy.settled_by, copy.settled_as = now, actor, outcome
    audit.record(
        db,
        kind=audit.AuditKind.QUARANTINE_SETTLED,
        actor=actor,
        subject=copy.id,
        details={**details, "outcome": outcome},
        now=now,
    )


def _leave_tombstone(
    db: Session,
    found: FoundSet,
    held_by: list[str],
    reason: ErasureReason,
    actor: str,
    now: datetime,
) -> None:
    db.add(
        Erasure(
            response_id=found.response_id,
            encounter_id=found.encounter_id,
            device=found.device,
            seq=found.seq,
            receipt=found.receipt,
            reason=reason.value,
            recorded_by=actor,
            exports=held_by,
            at=now,
        )
    )
    details: dict[str, audit.Detail] = {
        "reason": reason.value,
        "device": found.device,
        "seq": found.seq,
        "exports": len(held_by),
    }
    kind = audit.AuditKind.RESPONSE_ERASED
    audit.record(db, kind=kind, actor=actor, subject=found.response_id, details=details, now=now)


def _take_back(requests: tuple[ExportRequest, ...], emptied: dict[str, None]) -> None:
    """Let a file that held an erased set be made again from what is left."""
    for request in requests:
        if request.id in emptied:
            request.state = "approved"
            request.file_sha256, request.rows, request.built_at = None, None, None
