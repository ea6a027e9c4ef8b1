"""Talking to the identity provider: its addresses, its keys, its answer to a code.

The only place from which this service asks anybody on the network. What the provider publishes
is kept for an hour, a failure for ten seconds, so that a provider that is down holds nobody up;
few ask at the same time, so that it cannot hold up the threads that serve everybody else either.
Redirects are not followed: an address that moves is a change that somebody has to look at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from app.domain.identity_provider import IdentityProvider, is_safe_address

#: Seconds to connect, and to wait for each part of an answer.
PATIENCE: Final = (3.05, 5.0)
LARGEST: Final = 262_144
KEPT: Final = timedelta(hours=1)
#: Where nothing newer can be had; longer, and a key taken back would still be trusted.
STILL_GOOD: Final = timedelta(hours=24)
FAILED_FOR: Final = timedelta(seconds=10)
#: How far the provider's clock may be off.
LEEWAY_SECONDS: Final = 60
AT_ONCE: Final = 8
WAIT_FOR_TURN: Final = 5.0


class ProviderUnreachable(Exception):
    """The provider did not answer, or not in a way that can be read."""


class CodeRefused(Exception):
    """The provider does not take the code: it was used, is over, or was meant for another."""


class TokenUnfit(Exception):
    """What the provider sent does not hold. ``reason`` is the message for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Redeemed:
    """Claims that were verified; ``id_token`` is for signing out there."""

    claims: Mapping[str, Any]
    id_token: str


@dataclass
class _Kept:
    content: dict[str, Any]
    at: datetime


class ProviderClient:
    """One provider, as this service is known to it. Safe to share between threads."""

    def __init__(self, provider: IdentityProvider, *, secret: str, back: str) -> None:
        self.provider = provider
        self.back = back
        self._secret = secret
        self._kept: dict[str, _Kept] = {}
        self._failed: dict[str, datetime] = {}
        self._lock = Lock()
        self._turns = BoundedSemaphore(AT_ONCE)

    def authorization_address(
        self, *, state: str, nonce: str, verifier: str, again: bool, now: datetime
    ) -> str:
        """Return where to send the browser; ``again`` asks for a new proof of who is there."""
        asked = dict(self.provider.ask)
        if again:
            asked |= {"prompt": "login", "max_age": "0"}
        with self._session() as session:
            address, _ = session.create_authorization_url(
                self._metadata(now)["authorization_endpoint"],
                state=state,
                nonce=nonce,
                code_verifier=verifier,
                **asked,
            )
        return str(address)

    def redeem(self, code: str, *, nonce: str, verifier: str, now: datetime) -> Redeemed:
        """Return what the provider says of whoever brought ``code``.

        Raises ProviderUnreachable, CodeRefused or TokenUnfit.
        """
        metadata = self._metadata(now)
        with self._turn(), self._session() as session:
            tokens = self._fetch_tokens(session, metadata, code, verifier)
        id_token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access, str):
            raise TokenUnfit("provider_token")
        claims = self._verify(id_token, access, nonce=nonce, now=now)
        if self.provider.userinfo:
            claims = self._with_userinfo(claims, metadata, access)
        return Redeemed(claims, id_token)

    def leaving_address(self, *, id_token: str, after: str, now: datetime) -> str | None:
        """Return where to sign out at the provider, or None where it offers that nowhere."""
        endpoint = self._metadata(now).get("end_session_endpoint")
        if not isinstance(endpoint, str) or not _is_usable(endpoint):
            return None
        said = {"client_id": self.provider.client_id, "post_logout_redirect_uri": after}
        if id_token:
            said["id_token_hint"] = id_token
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(said)}"

    def _fetch_tokens(
        self, session: Any, metadata: Mapping[str, Any], code: str, verifier: str
    ) -> Mapping[str, Any]:
        from authlib.integrations.base_client import OAuthError
        from requests import RequestException

        try:
            tokens: Mapping[str, Any] = session.fetch_token(
                metadata["token_endpoint"],
                code=code,
                code_verifier=verifier,
                grant_type="authorization_code",
                allow_redirects=False,
            )
        except OAuthError as error:
            raise CodeRefused from error
        except (RequestException, ValueError) as error:
            raise ProviderUnreachable from error
        return tokens

    def _verify(self, token: str, access: str, *, nonce: str, now: datetime) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError

        try:
            try:
                decoded = self._decode(token, now)
            except InvalidKeyIdError:  # keys change; once in ten seconds we look again
                self._forget_keys(now)
                decoded = self._decode(token, now)
            client_id = self.provider.client_id
            expected = {
                "iss": {"essential": True, "value": self.provider.issuer},
                "aud": {"essential": True, "value": client_id},
            }
            known = {"nonce": nonce, "client_id": client_id, "access_token": access}
            claims = CodeIDToken(decoded.claims, decoded.header, expected, known)
            if _is_early(decoded.claims, now):
                raise TokenUnfit("provider_clock")
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except ExpiredTokenError as error:
            raise TokenUnfit("provider_expired") from error
        except (JoseError, ValueError, TypeError) as error:
            raise TokenUnfit("provider_token") from error
        return dict(decoded.claims)

    def _decode(self, token: str, now: datetime) -> Any:
        from joserfc import jwt
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        keys: Any = self._published("keys", self._metadata(now)["jwks_uri"], now)
        registry = JWSRegistry(algorithms=list(self.provider.signatures), strict_check_header=False)
        return jwt.decode(token, KeySet.import_key_set(keys), registry=registry)

    def _with_userinfo(
        self, claims: dict[str, Any], metadata: Mapping[str, Any], access: str
    ) -> dict[str, Any]:
        """Add what only the other endpoint tells. It may not speak of another person."""
        more = self._get(str(metadata["userinfo_endpoint"]), access)
        if more.get("sub") != claims["sub"]:
            raise TokenUnfit("provider_token")
        return {**more, **claims}

    def _metadata(self, now: datetime) -> dict[str, Any]:
        address = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._published("metadata", address, now)
        if found.get("issuer") != self.provider.issuer:
            raise TokenUnfit("provider_issuer")
        needed = ["authorization_endpoint", "token_endpoint", "jwks_uri"]
        needed += ["userinfo_endpoint"] if self.provider.userinfo else []
        if not all(_is_usable(found.get(name)) for name in needed):
            raise ProviderUnreachable("addresses")
        return found

    def _published(self, what: str, address: str, now: datetime) -> dict[str, Any]:
        """Return what is published there, from memory where it is fresh enough."""
        with self._lock:
            kept, failed = self._kept.get(what), self._failed.get(what)
        if kept and now - kept.at < KEPT:
            return kept.content
        if failed and now - failed < FAILED_FOR:
            return _older(kept, now)
        try:
            content = self._get(address)
        except ProviderUnreachable:
            with self._lock:
                self._failed[what] = now
            return _older(kept, now)
        with self._lock:
            self._kept[what] = _Kept(content, now)
        return content

    def _forget_keys(self, now: datetime) -> None:
        with self._lock:
            kept = self._kept.get("keys")
            if kept and now - kept.at >= FAILED_FOR:
                del self._kept["keys"]

    def _get(self, address: str, access: str = "") -> dict[str, Any]:
        import requests

        headers = {"Accept": "application/json"}
        if access:
            headers["Authorization"] = f"Bearer {access}"
        ask = partial(requests.get, stream=True, allow_redirects=False)
        try:
            with self._turn(), ask(address, headers=headers, timeout=PATIENCE) as answer:
                body = answer.raw.read(LARGEST + 1, decode_content=True)
        except (requests.RequestException, OSError, ValueError) as error:
            raise ProviderUnreachable from error
        if answer.status_code != 200 or len(body) > LARGEST:
            raise ProviderUnreachable(str(answer.status_code))
        return _read_object(body)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_FOR_TURN):
            raise ProviderUnreachable("too many at once")
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def _session(self) -> Iterator[Any]:
        from authlib.integrations.requests_client import OAuth2Session
        from authlib.oauth2.rfc7523 import PrivateKeyJWT

        with OAuth2Session(
            self.provider.client_id,
            self._secret,
            token_endpoint_auth_method=self.provider.client_proof,
            scope=" ".join(self.provider.scopes),
            redirect_uri=self.back,
            code_challenge_method="S256",
            default_timeout=PATIENCE,
        ) as session:
            session.register_client_auth_method(PrivateKeyJWT())
            yield session


def _older(kept: _Kept | None, now: datetime) -> dict[str, Any]:
    if kept is None or now - kept.at >= STILL_GOOD:
        raise ProviderUnreachable
    return kept.content


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise ProviderUnreachable("no JSON") from error
    if not isinstance(content, dict):
        raise ProviderUnreachable("no object")
    return content


def _is_usable(address: object) -> bool:
    return isinstance(address, str) and is_safe_address(address.partition("?")[0])


def _is_early(claims: Mapping[str, Any], now: datetime) -> bool:
    """Say whether a token was made in the future: the two clocks differ."""
    made = claims.get("iat")
    return isinstance(made, int | float) and made > now.timestamp() + LEEWAY_SECONDS
