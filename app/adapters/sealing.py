"""Sealing of answer sets to the server's public key, and opening them there.

A tablet seals and cannot open: what lies on it is unreadable to whoever finds it (capture.md,
finding 8). ECDH on P-256, HKDF-SHA-256 and AES-256-GCM, because browsers have these three in
``crypto.subtle`` without a library; X25519 and ChaCha20 are not in every browser we name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC: Final = b"OG1"
KEY_ID_BYTES: Final = 8
POINT_BYTES: Final = 65
IV_BYTES: Final = 12
TAG_BYTES: Final = 16
HEAD_BYTES: Final = len(MAGIC) + KEY_ID_BYTES + POINT_BYTES  # 76: magic, key id, ephemeral point
OVERHEAD: Final = HEAD_BYTES + IV_BYTES + TAG_BYTES  # 104: sealed length less clear length
INFO: Final = b"option-grids envelope 1"

_CURVE = ec.SECP256R1()


class SealUnknownKey(Exception):
    """The envelope was sealed to a key that is not among ours; ``key_id`` is its id in hex."""

    def __init__(self, key_id: str) -> None:
        super().__init__(key_id)
        self.key_id = key_id


class SealBroken(Exception):
    """The bytes are no envelope, were changed, or belong to another response id."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A private key of the server. It is kept for ever: without it a queued set is unreadable."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def generate(cls) -> SealingKey:
        """Return a new key."""
        return cls(ec.generate_private_key(_CURVE))

    @classmethod
    def from_pem(cls, pem: bytes) -> SealingKey:
        """Return the key in ``pem`` (PKCS8, not encrypted). Raises ValueError for another kind."""
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != _CURVE.name:
            raise ValueError("not a P-256 key")
        return cls(private)

    def to_pem(self) -> bytes:
        """Return the key as PKCS8 PEM, not encrypted: the file's mode and place protect it."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def public_point(self) -> bytes:
        """The 65 bytes of the uncompressed public point, as devices get them."""
        return _point(self.private)

    @property
    def key_id(self) -> bytes:
        """The 8 bytes that name this key in an envelope."""
        return key_id_of(self.public_point)


def key_id_of(public_point: bytes) -> bytes:
    """Return the first 8 bytes of SHA-256 over a public point."""
    return hashlib.sha256(public_point).digest()[:KEY_ID_BYTES]


def seal(
    public_point: bytes,
    key_id: bytes,
    response_id: str,
    clear: bytes,
    *,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
    iv: bytes | None = None,
) -> bytes:
    """Return ``clear`` sealed to ``public_point`` for the response with this uuid.

    ``ephemeral`` and ``iv`` are for recorded samples; left out, both are fresh, which is what
    keeps two sealings of the same answers apart. Raises ValueError for a point off the curve.
    """
    ephemeral = ephemeral or ec.generate_private_key(_CURVE)
    iv = os.urandom(IV_BYTES) if iv is None else iv
    recipient = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public_point)
    head = MAGIC + key_id + _point(ephemeral)
    if len(head) != HEAD_BYTES or len(iv) != IV_BYTES:
        raise ValueError("key id or iv of a wrong length")
    key = _message_key(ephemeral.exchange(ec.ECDH(), recipient), _point(ephemeral))
    return head + iv + AESGCM(key).encrypt(iv, clear, head + UUID(response_id).bytes)


def sealed_key_id(sealed: bytes) -> str:
    """Return the id, in hex, of the key that ``sealed`` needs. Raises SealBroken."""
    if len(sealed) < OVERHEAD or not sealed.startswith(MAGIC):
        raise SealBroken
    return sealed[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES].hex()


def open_sealed(sealed: bytes, keys: Mapping[str, SealingKey], response_id: str) -> bytes:
    """Return the clear bytes of ``sealed``; ``keys`` maps key id in hex to key.

    Raises SealUnknownKey for a key that is not in ``keys``, SealBroken for everything else:
    which byte was wrong is of no use to anybody but somebody who tries.
    """
    key_id = sealed_key_id(sealed)
    if key_id not in keys:
        raise SealUnknownKey(key_id)
    head, iv = sealed[:HEAD_BYTES], sealed[HEAD_BYTES : HEAD_BYTES + IV_BYTES]
    point = head[-POINT_BYTES:]
    try:
        sender = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        key = _message_key(keys[key_id].private.exchange(ec.ECDH(), sender), point)
        extra = head + UUID(response_id).bytes
        return AESGCM(key).decrypt(iv, sealed[HEAD_BYTES + IV_BYTES :], extra)
    except (InvalidTag, ValueError):
        raise SealBroken from None


def _message_key(shared: bytes, ephemeral_point: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=ephemeral_point, info=INFO).derive(shared)


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
