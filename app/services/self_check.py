"""Looking whether what is stored agrees with itself and with the keys, for ``grids doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, exists, func, select

from app.adapters.keyring import Keyring
from app.db.queries.carried_over import list_key_ids
from app.db.queries.responses import table_of
from app.db.tables import DeviceSequence, Erasure, Quarantined, Response
from app.domain.receipt import ReceiptUnreadable, read_receipt, verify_receipt
from app.services.arrivals import receipt_key

#: Of each table, the newest. Looking at every one would take minutes after some years.
SAMPLE: Final = 500
_RESPONSE, _QUARANTINE = table_of(Response), table_of(Quarantined)
_SEQUENCE, _ERASURE = table_of(DeviceSequence), table_of(Erasure)


@dataclass(frozen=True)
class Findings:
    """What does not agree; all empty where everything does."""

    keys_lacking: tuple[str, ...]
    receipts_wrong: int
    sets_without_number: int
    numbers_without_set: int


def check_stored(connection: Connection, keyring: Keyring) -> Findings:
    """Compare stored sets with keys, receipts with their secret, numbers with sets."""
    return Findings(
        keys_lacking=tuple(sorted(list_key_ids(connection) - keyring.sealing.keys())),
        receipts_wrong=_count_wrong(connection, keyring),
        sets_without_number=_count_unnumbered(connection),
        numbers_without_set=_count_numbers_alone(connection),
    )


def _count_wrong(connection: Connection, keyring: Keyring) -> int:
    sampled: list[str] = []
    for table, newest in (
        (_RESPONSE, "received_at"),
        (_QUARANTINE, "received_at"),
        (_ERASURE, "at"),
    ):
        query = select(table.c.receipt).order_by(table.c[newest].desc()).limit(SAMPLE)
        sampled += connection.execute(query).scalars()
    return sum(not _is_ours(receipt, keyring) for receipt in sampled)


def _is_ours(stored: str, keyring: Keyring) -> bool:
    try:
        receipt = read_receipt(stored.encode())
    except ReceiptUnreadable:
        return False
    return verify_receipt(receipt_key(keyring, receipt.device), receipt)


def _count_unnumbered(connection: Connection) -> int:
    noted = exists().where(
        _SEQUENCE.c.device == _RESPONSE.c.device,
        _SEQUENCE.c.seq == _RESPONSE.c.seq,
        _SEQUENCE.c.response_id == _RESPONSE.c.id,
    )
    return connection.execute(
        select(func.count()).select_from(_RESPONSE).where(~noted)
    ).scalar_one()


def _count_numbers_alone(connection: Connection) -> int:
    here = [
        exists().where(column == _SEQUENCE.c.response_id)
        for column in (_RESPONSE.c.id, _QUARANTINE.c.response_id, _ERASURE.c.response_id)
    ]
    alone = select(func.count()).select_from(_SEQUENCE).where(*(~each for each in here))
    return connection.execute(alone).scalar_one()
