"""What is asked of passkeys and what they answer (WebAuthn), read and checked by ``webauthn``.

A passkey here always checks its person (face, finger or PIN) and knows whose it is, so it is two
factors by itself. No attestation is asked for: which make of device somebody has is no business
of this service.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

CHALLENGE_BYTES = 32
LARGEST_ANSWER = 20_000
PATIENCE_MS = 120_000


class AnswerUnfit(Exception):
    """The answer is not of this challenge, place, key or person, or cannot be read."""


@dataclass(frozen=True)
class Place:
    """Where a passkey holds: the host's name, and the address that browsers show."""

    host: str
    origin: str


@dataclass(frozen=True)
class Owner:
    """Whose key is to be made, and which keys they have (their own names, base64url)."""

    id: str
    username: str
    name: str
    has: tuple[str, ...]


@dataclass(frozen=True)
class NewKey:
    """A key that was made. ``credential_id`` in base64url."""

    credential_id: str
    public_key: bytes
    sign_count: int


def new_challenge() -> str:
    """Return what a passkey has to sign, once, in base64url."""
    return secrets.token_urlsafe(CHALLENGE_BYTES)


def ask_to_make(place: Place, owner: Owner, challenge: str, *, title: str) -> str:
    """Return the browser's question that makes a key, as JSON."""
    import webauthn
    from webauthn.helpers import structs

    wanted = structs.AuthenticatorSelectionCriteria(
        resident_key=structs.ResidentKeyRequirement.REQUIRED,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=title,
        user_id=owner.id.encode(),
        user_name=owner.username,
        user_display_name=owner.name,
        challenge=webauthn.base64url_to_bytes(challenge),
        timeout=PATIENCE_MS,
        authenticator_selection=wanted,
        exclude_credentials=list(_described(owner.has)),
    )
    return webauthn.options_to_json(options)


def ask_to_sign(place: Place, challenge: str) -> str:
    """Return the browser's question to any key that it has for this place, as JSON."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=place.host,
        challenge=webauthn.base64url_to_bytes(challenge),
        timeout=PATIENCE_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def read_made(answer: str, challenge: str, place: Place) -> NewKey:
    """Return the key that an answer is about. Raises AnswerUnfit."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    _check_size(answer)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise AnswerUnfit from error
    name = webauthn.helpers.bytes_to_base64url(made.credential_id)
    return NewKey(name, made.credential_public_key, made.sign_count)


def read_name(answer: str) -> str:
    """Return which key an answer says it is of; nothing is checked yet. Raises AnswerUnfit."""
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    _check_size(answer)
    try:
        return bytes_to_base64url(parse_authentication_credential_json(answer).raw_id)
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise AnswerUnfit from error


def check_signed(answer: str, challenge: str, place: Place, key: NewKey) -> int:
    """Return the key's new count if the answer was signed with it. Raises AnswerUnfit."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise AnswerUnfit from error
    return verified.new_sign_count


def _described(names: Iterable[str]) -> Iterable[PublicKeyCredentialDescriptor]:
    from webauthn import base64url_to_bytes
    from webauthn.helpers import structs

    for name in names:
        yield structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(name))


def _check_size(answer: str) -> None:
    if not 0 < len(answer) <= LARGEST_ANSWER:
        raise AnswerUnfit
