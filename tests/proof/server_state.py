"""Reads what the server's tables hold, past the server: the checker's second witness."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from proof.checker import Audited, Row, ServerSeen
from sqlalchemy import Connection
from sqlmodel import Session, col, select

from app.db.engine import Database
from app.db.tables import AuditEvent, DeviceSequence, Erasure, Quarantined, Response
from app.domain.receipt import read_receipt
from app.services import audit

ABOUT_SETS = ("response_stored", "response_quarantined")


def read_server(database: Database) -> ServerSeen:
    """Return all tables that a promise is about, in one snapshot."""
    with database.reader.connect() as connection, Session(connection) as db:
        broken = audit.verify(db)
        numbers = select(DeviceSequence.device, DeviceSequence.seq, DeviceSequence.response_id)
        return ServerSeen(
            stored=tuple(_stored(connection)),
            quarantined=tuple(_quarantined(connection)),
            numbers=tuple((device, seq, id_) for device, seq, id_ in connection.execute(numbers)),
            audited=tuple(_audited(connection)),
            erased={
                id_: read_receipt(receipt.encode()).digest
                for id_, receipt in connection.execute(select(Erasure.response_id, Erasure.receipt))
            },
            chain_broken_at=broken,
        )


def look_for(database: Database, response_id: str, digest: str) -> bool:
    """Say whether these bytes are on the disk now: stored, set aside, or erased by request."""
    stored = select(Response.id).where(Response.id == response_id, Response.digest == digest)
    aside = select(Quarantined.id).where(
        Quarantined.response_id == response_id, Quarantined.digest == digest
    )
    erased = select(Erasure.response_id).where(Erasure.response_id == response_id)
    with database.reader.connect() as connection:
        return any(connection.execute(each).first() for each in (stored, aside, erased))


def _stored(connection: Connection) -> Iterator[Row]:
    columns = (Response.id, Response.device, Response.seq, Response.digest, Response.sealed)
    for id_, device, seq, digest, sealed in connection.execute(select(*columns)):  # type: ignore[call-overload]
        yield Row(id_, device, seq, digest, hashlib.sha256(sealed).hexdigest())


def _quarantined(connection: Connection) -> Iterator[Row]:
    columns = (
        Quarantined.response_id,
        Quarantined.device,
        Quarantined.seq,
        Quarantined.digest,
        Quarantined.sealed,
    )
    for id_, device, seq, digest, sealed in connection.execute(select(*columns)):  # type: ignore[call-overload]
        yield Row(id_, device, seq, digest, hashlib.sha256(sealed).hexdigest())


def _audited(connection: Connection) -> Iterator[Audited]:
    about = select(AuditEvent.entry).where(col(AuditEvent.kind).in_(ABOUT_SETS))
    for (raw,) in connection.execute(about):
        entry = json.loads(raw)
        details = entry["details"]
        yield Audited(
            entry["kind"], entry["subject"], details["digest"], details["device"], details["seq"]
        )
