"""The receipt: the only thing that tells a device that its answers are safe.

A status code is not one: log-in pages of a network answer 200, firewalls answer 403 (capture.md,
findings 1 and 2). A receipt names the digest of the bytes that were sent and carries a MAC under a
secret of this hand-over, so nobody between can make one, and it is given after the commit. It is
kept as text beside the row: the same bytes get the same receipt, byte for byte, for ever.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.domain.envelope import plain_bytes, utc_text

SMALLEST_KEY: Final = 16
UNREADABLE_SEQ: Final = 0

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "id": re.compile(_UUID),
    "digest": re.compile(r"[0-9a-f]{64}"),
    "device": re.compile(_UUID),
    "status": re.compile(r"stored|quarantined|erased"),
    "server_time": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"),
}

#: The signed text of a receipt whose fields are all of their form.
_SIGNED: Final = re.compile(
    rf"{_UUID}\n[0-9a-f]{{64}}\n{_UUID}\n(?:0|[1-9][0-9]*)\n"
    rf"(?:{_FORMS['status'].pattern})\n{_FORMS['server_time'].pattern}"
)


class ReceiptStatus(StrEnum):
    """Where the bytes are: among the answers, set aside for a person, or gone by request.

    ``erased`` is said of other bytes under an id whose answers were erased by a recorded request:
    they belong to the same person, so that keeping them would undo the request.
    """

    STORED = "stored"
    QUARANTINED = "quarantined"
    ERASED = "erased"


class ReceiptUnreadable(ValueError):
    """The text is no receipt."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A signed statement that the bytes with ``digest`` are on disk.

    ``seq`` is the device's number of the set, 0 where the envelope could not be opened and so told
    none. ``mac`` is HMAC-SHA-256 in hex over the other fields, one to a line.
    """

    id: str
    digest: str
    device: str
    seq: int
    status: ReceiptStatus
    server_time: str
    mac: str


FIELDS: Final = tuple(field.name for field in fields(Receipt))


def make_receipt(
    key: bytes,
    *,
    response_id: str,
    digest: str,
    device: str,
    seq: int,
    status: ReceiptStatus,
    now: datetime,
) -> Receipt:
    """Return the receipt for bytes that are already committed.

    ``key`` are the raw bytes of the hand-over's receipt key, ``digest`` is hex over the sealed
    bytes, ``now`` has a zone. Raises ValueError for a field that could carry a line break into
    the signed text, or a key shorter than 16 bytes.
    """
    time = utc_text(now)
    signed = "\n".join((response_id, digest, device, str(seq), status, time))
    if type(seq) is not int or not _SIGNED.fullmatch(signed):
        _check_forms(Receipt(response_id, digest, device, seq, status, time, ""))
    return Receipt(response_id, digest, device, seq, status, time, _mac(key, signed))


def verify_receipt(key: bytes, receipt: Receipt) -> bool:
    """Say whether ``receipt`` was made with ``key``, in constant time."""
    return hmac.compare_digest(_mac(key, _signed(receipt)).encode(), receipt.mac.encode())


def receipt_bytes(receipt: Receipt) -> bytes:
    """Return the canonical JSON that is stored and sent."""
    return plain_bytes({name: getattr(receipt, name) for name in FIELDS})


def read_receipt(raw: bytes) -> Receipt:
    """Return the receipt in ``raw``; its MAC is not checked here. Raises ReceiptUnreadable."""
    try:
        document = json.loads(raw.decode("utf-8"))
        if not isinstance(document, dict) or document.keys() != set(FIELDS):
            raise ReceiptUnreadable
        receipt = Receipt(**{**document, "status": ReceiptStatus(document["status"])})
        _check_forms(receipt)
    except (ValueError, TypeError, RecursionError):
        raise ReceiptUnreadable from None
    return receipt


def _check_forms(receipt: Receipt) -> None:
    for name, form in _FORMS.items():
        if not form.fullmatch(getattr(receipt, name)):
            raise ValueError(f"a receipt cannot hold this {name}")
    if type(receipt.seq) is not int or receipt.seq < UNREADABLE_SEQ:
        raise ValueError("a receipt cannot hold this seq")


def _signed(receipt: Receipt) -> str:
    lines = (receipt.id, receipt.digest, receipt.device, str(receipt.seq), receipt.status)
    return "\n".join((*lines, receipt.server_time))


def _mac(key: bytes, signed: str) -> str:
    if len(key) < SMALLEST_KEY:
        raise ValueError("the receipt key is too short")
    return hmac.digest(key, signed.encode("utf-8"), "sha256").hex()
