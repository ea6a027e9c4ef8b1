"""Deciding about what was set aside: try it again, or keep it aside. Nothing is dropped.

A copy is tried through the checks of every answer set, under the packs, teams and studies of
today; what has changed since is usually that a wording pack or a key is there now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection
from sqlmodel import Session, col, select

from app.adapters.keyring import Keyring
from app.db.queries.quarantine import SECOND_COPY
from app.db.queries.responses import read_service
from app.db.tables import (
    Encounter,
    Exposure,
    Feedback,
    Handover,
    PhoneLink,
    Quarantined,
    Response,
    Tablet,
)
from app.domain import envelope
from app.domain.access import Viewer
from app.domain.keeping import QuarantineOutcome
from app.domain.receipt import ReceiptStatus
from app.errors import AppError, NotFound
from app.services import audit
from app.services.arrivals import Arrival, Credential, Outcome, PhoneTurn, receive
from app.services.refusals import Refused
from app.services.surveys import LATE_AFTER, Batch

STORED: Final = 201


class QuarantineSettled(AppError):
    """Somebody decided about this copy already, or it was erased."""

    status = 409
    key = "quarantine_settled"


def try_again(
    db: Session, *, quarantined_id: str, by: Viewer, keyring: Keyring, now: datetime
) -> Refused | None:
    """Store a copy if it is an answer set by today's rules.

    Refused with the reasons of today (``faults["set"]``, joined by spaces) where it is not; then
    nothing changes. Raises NotFound, or QuarantineSettled for what is decided.
    """
    row = db.get(Quarantined, quarantined_id)
    if row is None:
        raise NotFound
    if row.http_status == SECOND_COPY:
        return Refused({"set": "other_bytes"})
    arrival = _arrival(db, row, keyring)
    if isinstance(arrival, Outcome):
        return Refused({"set": arrival.error_key or ""})
    batch = _Again(db.connection(), keyring, now, row.id)
    outcome = batch.record([arrival])[0]
    if outcome.http_status != STORED:
        return Refused({"set": " ".join(batch.reasons) or outcome.error_key or ""})
    _date_back(db, row, arrival)
    _settle(db, row, QuarantineOutcome.STORED, by, now)
    return None


def keep_aside(db: Session, *, quarantined_id: str, by: Viewer, now: datetime) -> None:
    """Write down that a copy stays where it is. Raises NotFound or QuarantineSettled."""
    audit.lock_head(db.connection())
    row = db.get(Quarantined, quarantined_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.settled_at is not None:
        raise QuarantineSettled
    _settle(db, row, QuarantineOutcome.KEPT_ASIDE, by, now)


class _Again(Batch):
    """A batch of one copy that is here already: it gets no second receipt and no second row."""

    def __init__(
        self, connection: Connection, keyring: Keyring, now: datetime, quarantined_id: str
    ) -> None:
        environment, demo = read_service(connection)
        super().__init__(connection, keyring, now, environment, demo)
        self.reasons: Sequence[str] = ()
        self._quarantined_id = quarantined_id
        self._given = ""

    def _settle(self, arrival: Arrival) -> Outcome:
        """Look only now whether somebody else decided: the end of the chain is locked."""
        query = select(Quarantined.receipt, Quarantined.settled_at).where(
            col(Quarantined.id) == self._quarantined_id
        )
        row = self._connection.execute(query.with_for_update()).one()
        if row.settled_at is not None:
            raise QuarantineSettled
        self._given = row.receipt
        return super()._settle(arrival)

    def _receipt_held(self, arrival: Arrival) -> str | None:
        return None

    def _is_used_again(self, arrival: Arrival) -> bool:
        """Return false: such a set was kept aside so that somebody looks, and somebody has."""
        return False

    def _receipt(
        self, arrival: Arrival, credential: Credential, status: ReceiptStatus, at: datetime
    ) -> str:
        """Return the receipt that was given: the same bytes get the same one for ever."""
        return self._given

    def _quarantine(
        self, arrival: Arrival, credential: Credential, status: int, reasons: Sequence[str]
    ) -> Outcome:
        self.reasons = reasons
        return Outcome(status)


def _arrival(db: Session, row: Quarantined, keyring: Keyring) -> Arrival | Outcome:
    found = receive(
        response_id=row.response_id,
        sent=row.sealed,
        content_digest=envelope.content_digest(row.sealed),
        keyring=keyring,
        credential=_credential(db, row),
    )
    link = _link(db, row)
    if link is None or isinstance(found, Outcome):
        return found
    return replace(found, token_hash=link.token_hash)  # by which a link is spent


def _credential(db: Session, row: Quarantined) -> Credential:
    """Return what the device wrote with, without its hours: it was in time when it arrived."""
    tablet = db.get(Tablet, row.device)
    if tablet is not None:
        revoked = tablet.revoked_at is not None
        return Credential(row.device, None, is_tablet=True, revoked=revoked)
    link = _link(db, row)
    if link is not None:
        met_at = db.get_one(Encounter, link.encounter_id).opened_at
        turn = PhoneTurn(link.id, link.respondent, met_at, link.spent_by)
        return Credential(row.device, link.encounter_id, link=turn)
    handed = db.exec(select(Handover.encounter_id).where(Handover.device == row.device)).first()
    return Credential(row.device, handed or row.encounter_id)


def _link(db: Session, row: Quarantined) -> PhoneLink | None:
    return db.exec(select(PhoneLink).where(PhoneLink.device == row.device)).first()


def _date_back(db: Session, row: Quarantined, arrival: Arrival) -> None:
    """Give the stored set the time at which it arrived, not that of the decision."""
    response = db.get(Response, row.response_id)
    if response is None:  # counts of what was opened, or a text about a grid, which has a day
        counts = db.get(Exposure, row.response_id)
        if counts is not None:
            counts.received_at = row.received_at
        else:
            db.get_one(Feedback, row.response_id).given_on = row.received_at.astimezone(UTC).date()
        return
    response.received_at = row.received_at
    link = arrival.credential.link if arrival.credential else None
    response.late = link is not None and row.received_at > link.met_at + LATE_AFTER


def _settle(
    db: Session, row: Quarantined, outcome: QuarantineOutcome, by: Viewer, now: datetime
) -> None:
    row.settled_at, row.settled_by, row.settled_as = now, by.staff_id, outcome.value
    details = {"response": row.response_id, "digest": row.digest, "outcome": outcome.value}
    kind = audit.AuditKind.QUARANTINE_SETTLED
    audit.record(db, kind=kind, actor=by.staff_id, subject=row.id, details=details, now=now)
