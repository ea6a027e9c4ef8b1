"""An answer set on its way in: everything about it that can be settled without the database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from app.adapters.keyring import Keyring
from app.adapters.sealing import SealBroken, SealUnknownKey, open_sealed, sealed_key_id
from app.domain import envelope
from app.domain.envelope import ContentDigestUnreadable, EnvelopeUnreadable
from app.domain.exposure import is_exposure, read_exposure
from app.domain.feedback import is_feedback, read_feedback
from app.domain.receipt import UNREADABLE_SEQ

MAX_SENT: Final = 64 * 1024
RETRY_SECONDS: Final = 5
RESPONSE_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: The document in an envelope and its time, or None and the reasons why it cannot be read.
Opened = tuple[Mapping[str, Any] | None, datetime | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the device is told: a receipt, or the key of why there is none and it must keep."""

    http_status: int
    receipt_json: str | None = None
    error_key: str | None = None
    wait_seconds: int = 0


TOO_BUSY: Final = Outcome(503, error_key="too_busy", wait_seconds=RETRY_SECONDS)


@dataclass(frozen=True, slots=True)
class PhoneTurn:
    """One person's set on their own phone."""

    id: str
    respondent: str
    met_at: datetime
    spent_by: str | None


@dataclass(frozen=True, slots=True)
class Credential:
    """What allows a device to write. ``encounter_id`` None: any encounter of its own.

    An enrolled tablet also brings what other devices of this service sealed (a rescue file).
    ``revoked``: what it brings is kept, but only in quarantine. A ``link`` is for one set of one
    person on their own phone; it is spent by the set whose receipt was given.
    """

    device: str
    encounter_id: str | None
    expires_at: datetime | None = None
    is_tablet: bool = False
    revoked: bool = False
    link: PhoneTurn | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One sealed item as sent: an answer set, counts of what was opened, or a text about a grid.

    The holder is known either by ``credential`` or by ``token_hash``; ``address`` is where it
    came from, to slow down guessing.
    """

    response_id: str
    sent: bytes
    digest: str
    credential: Credential | None = None
    token_hash: str | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An opened parcel.

    ``document`` is None where ``faults`` say why it cannot be read; ``made_at`` is None for what is
    no answer set.
    """

    response_id: str
    sent: bytes
    digest: str
    document: Mapping[str, Any] | None
    made_at: datetime | None
    faults: tuple[str, ...]
    credential: Credential | None = None
    token_hash: str | None = None
    address: str = ""

    @property
    def is_counts(self) -> bool:
        """Say whether these are counts of what was opened, and no answers."""
        return self.document is not None and is_exposure(self.document)

    @property
    def is_feedback(self) -> bool:
        """Say whether this is a text about a grid, and no answers."""
        return self.document is not None and is_feedback(self.document)

    @property
    def has_answers(self) -> bool:
        """Say whether this is an answer set."""
        return self.document is not None and not (self.is_counts or self.is_feedback)

    @property
    def seq(self) -> int:
        """Return the device's number of the set, 0 where none was told; counts have none."""
        return self.document.get("seq", UNREADABLE_SEQ) if self.document else UNREADABLE_SEQ


def hash_token(token: str) -> str:
    """Return what is stored of a token: it is 32 random bytes, so that a plain hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


@lru_cache(maxsize=4096)  # a tablet sends many sets under one key
def receipt_key(keyring: Keyring, device: str) -> bytes:
    """Return the secret that a device and the server share, for receipts only."""
    return keyring.derive("receipt", device)


def take_in(
    *,
    response_id: str,
    sent: bytes,
    content_digest: str | None,
    credential: Credential | None = None,
    token: str | None = None,
    address: str = "",
) -> Parcel | Outcome:
    """Check size and digest of what was sent; an Outcome where that settles it already."""
    if len(sent) > MAX_SENT:
        return Outcome(413, error_key="too_large")
    if not RESPONSE_ID.fullmatch(response_id):
        return Outcome(400, error_key="id_malformed")
    if not content_digest:
        return Outcome(400, error_key="digest_missing")
    digest = envelope.digest(sent)
    if not _is_digest_of(content_digest, digest):
        return Outcome(400, error_key="digest_mismatch")
    if credential is None and not token:
        return Outcome(401, error_key="credential_missing")
    token_hash = hash_token(token) if token else None
    return Parcel(response_id, sent, digest, credential, token_hash, address)


def unwrap(parcel: Parcel, opened: Opened) -> Arrival:
    """Return a parcel with what was found in it."""
    document, made_at, faults = opened
    return Arrival(
        response_id=parcel.response_id,
        sent=parcel.sent,
        digest=parcel.digest,
        document=document,
        made_at=made_at,
        faults=faults,
        credential=parcel.credential,
        token_hash=parcel.token_hash,
        address=parcel.address,
    )


def receive(
    *,
    response_id: str,
    sent: bytes,
    content_digest: str | None,
    keyring: Keyring,
    credential: Credential | None = None,
    token: str | None = None,
    address: str = "",
) -> Arrival | Outcome:
    """Take in one answer set and open it here and now."""
    parcel = take_in(
        response_id=response_id,
        sent=sent,
        content_digest=content_digest,
        credential=credential,
        token=token,
        address=address,
    )
    if isinstance(parcel, Outcome):
        return parcel
    return unwrap(parcel, open_set(sent, response_id, keyring))


def _is_digest_of(content_digest: str, digest: str) -> bool:
    try:
        return envelope.parse_content_digest(content_digest) == digest
    except ContentDigestUnreadable:
        return False


def open_set(sent: bytes, response_id: str, keyring: Keyring) -> Opened:
    """Open what was sent to the address of ``response_id`` and read it strictly."""
    try:
        document, made_at = _read(open_sealed(sent, keyring.sealing, response_id))
    except SealUnknownKey:
        return None, None, ("seal_unknown_key",)
    except SealBroken:
        return None, None, ("seal_broken",)
    except EnvelopeUnreadable as unreadable:
        where = f":{unreadable.field}" if unreadable.field else ""
        return None, None, (f"{unreadable.reason_key}{where}",)
    faults = []
    if document["id"] != response_id:
        faults.append("id_differs")
    if document["key_id"] != sealed_key_id(sent):
        faults.append("key_differs")
    return document, made_at, tuple(faults)


def _read(clear: bytes) -> tuple[Mapping[str, Any], datetime | None]:
    """Return answers with their time, or counts or a text about a grid, which have none."""
    usual = envelope.read_as_spelled(clear)
    if usual is not None:
        return usual
    document = envelope.load(clear)
    if is_exposure(document):
        read_exposure(document, clear)
        return document, None
    if is_feedback(document):
        read_feedback(document, clear)
        return document, None
    return document, envelope.read_document(document, clear).made_at
