"""What has to be known before answers on paper are stored."""

from __future__ import annotations

from sqlmodel import Session, col, func, select

from app.db.tables import DeviceSequence, Response


def find_same(db: Session, *, encounter_id: str, withdrawal_key: str) -> str | None:
    """Return the set of this appointment that has these four words, or None."""
    query = select(Response.id).where(
        Response.encounter_id == encounter_id, Response.withdrawal_key == withdrawal_key
    )
    return db.exec(query.order_by(Response.id).limit(1)).first()


def next_number(db: Session, device: str) -> int:
    """Return the number that follows on the last one of a device; its numbers have no hole."""
    query = select(func.max(DeviceSequence.seq)).where(col(DeviceSequence.device) == device)
    return (db.exec(query).one() or 0) + 1
