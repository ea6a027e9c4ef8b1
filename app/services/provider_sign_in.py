"""Signing in with the site's identity provider, and proving again through it who is here.

Authorization code with PKCE, state and nonce. The browser carries a signed note while it is away;
what it brings back counts once. Roles are what the provider says at each sign-in. A first sign-in
makes the account: whom the provider vouches for and the site's file gives a role needs no
invitation. The account of an administrator with a password comes first and stays, so that
somebody can still get in when the provider is down.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlmodel import Session, select

from app.adapters.keyring import Keyring
from app.adapters.provider_client import (
    LEEWAY_SECONDS,
    CodeRefused,
    ProviderClient,
    ProviderUnreachable,
    Redeemed,
    TokenUnfit,
)
from app.adapters.signed_note import read_note, write_note
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Staff, StaffIdentity
from app.domain.access import Viewer
from app.domain.identity_provider import Person, Unfit, read_person
from app.services import audit, logins, proofs, staff, throttling
from app.services.counting_once import use_once

log = structlog.get_logger()

AWAY_FOR: Final = timedelta(minutes=10)
PURPOSE: Final = "sign-in with the provider"
LONGEST_PATH: Final = 500
#: What a provider says when somebody pressed "cancel" there, or is not let in.
STOPPED_THERE: Final = frozenset({"access_denied", "login_required", "interaction_required"})


@dataclass(frozen=True)
class SentAway:
    """Where to send the browser, and the note that it carries meanwhile."""

    address: str
    note: str


@dataclass(frozen=True)
class Returned:
    """What the browser brought back, as the address had it."""

    state: str
    code: str
    error: str
    issuer: str


@dataclass(frozen=True)
class Arrived:
    """Somebody is signed in, or proved again who they are. ``token`` is for the cookie."""

    token: str
    id_token: str
    next_path: str


@dataclass(frozen=True)
class Stopped:
    """It went no further. ``key`` is the message, ``again`` whether it was a second proof."""

    key: str
    next_path: str = "/home"
    again: bool = False
    wait_seconds: int = 0


@dataclass(frozen=True)
class Errand:
    """What a browser was sent away for: read from its note."""

    state: str
    next_path: str
    login_id: str
    began: int

    @property
    def again(self) -> bool:
        """Say whether somebody who is signed in was to prove again who they are."""
        return bool(self.login_id)


def send_away(
    database: Database,
    client: ProviderClient,
    *,
    next_path: str,
    by: Viewer | None,
    address: str,
    keyring: Keyring,
    now: datetime,
) -> SentAway | Stopped:
    """Begin; ``by`` is who has to prove again who they are, or None for a sign-in."""
    state = secrets.token_urlsafe(32)
    nonce, verifier = _derive(keyring, state)
    try:
        target = client.authorization_address(
            state=state, nonce=nonce, verifier=verifier, again=by is not None, now=now
        )
    except (ProviderUnreachable, TokenUnfit) as error:
        stopped = Stopped(_key_of(error), next_path, by is not None)
        return _refuse(database, stopped, address=address, keyring=keyring, now=now)
    content: dict[str, str | int] = {
        "state": state,
        "next": next_path[:LONGEST_PATH],
        "login": by.login_id if by else "",
        "began": int(now.timestamp()),
    }
    return SentAway(target, write_note(keyring, PURPOSE, content, until=now + AWAY_FOR))


def receive(
    database: Database,
    client: ProviderClient,
    *,
    returned: Returned,
    note: str,
    login: logins.CurrentLogin | None,
    address: str,
    keyring: Keyring,
    now: datetime,
) -> Arrived | Stopped:
    """Finish what ``send_away`` began. Nothing is written but an audit event where it stops."""
    errand = _read_errand(note, returned.state, keyring, now)
    outcome: Arrived | Stopped = Stopped("provider_state")
    if errand is not None:
        said = _come_back(database, client, errand, returned, keyring=keyring, now=now)
        outcome = (
            said
            if isinstance(said, Stopped)
            else _admit(database, client, errand, said, login, keyring=keyring, now=now)
        )
    if isinstance(outcome, Arrived):
        return outcome
    known = login.viewer.staff_id if login and outcome.again else ""
    return _refuse(database, outcome, known=known, address=address, keyring=keyring, now=now)


def leaving_address(
    client: ProviderClient, *, id_token: str, after: str, now: datetime
) -> str | None:
    """Return where to sign out at the provider, or None where that cannot be found out."""
    try:
        return client.leaving_address(id_token=id_token, after=after, now=now)
    except (ProviderUnreachable, TokenUnfit) as error:
        log.warning("provider_not_asked", reason=_key_of(error))
        return None


def _come_back(
    database: Database,
    client: ProviderClient,
    errand: Errand,
    returned: Returned,
    *,
    keyring: Keyring,
    now: datetime,
) -> Redeemed | Stopped:
    """Ask the provider who came, if this errand was not finished before."""
    with sessions.write(database) as db:
        fresh = use_once(db, errand.state, now=now)
    if not fresh:
        return Stopped("provider_used", errand.next_path, errand.again)
    key = _find_fault(returned, client.provider.issuer)
    if key:
        return Stopped(key, errand.next_path, errand.again)
    nonce, verifier = _derive(keyring, errand.state)
    try:
        return client.redeem(returned.code, nonce=nonce, verifier=verifier, now=now)
    except (ProviderUnreachable, CodeRefused, TokenUnfit) as error:
        return Stopped(_key_of(error), errand.next_path, errand.again)


def _admit(
    database: Database,
    client: ProviderClient,
    errand: Errand,
    redeemed: Redeemed,
    login: logins.CurrentLogin | None,
    *,
    keyring: Keyring,
    now: datetime,
) -> Arrived | Stopped:
    person = read_person(client.provider, redeemed.claims)
    if isinstance(person, Unfit):
        _take_roles_away(database, client, person, redeemed.claims, keyring=keyring, now=now)
        return Stopped(person.value, errand.next_path, errand.again)
    known_by = _identity(keyring, client.provider.issuer, person.subject)
    with sessions.write(database) as db:
        audit.lock_head(db.connection())  # of two first sign-ins at once the second finds the first
        account = _find_account(db, known_by)
        if errand.again:
            token = _prove_again(db, account, login, errand, redeemed.claims, now)
        else:
            token = _sign_in(db, account, known_by, person, client.provider.issuer, login, now)
        if isinstance(token, Stopped):
            return token
        if account is not None:
            _follow(db, account, person, now)
    return Arrived(token, redeemed.id_token, errand.next_path)


def _sign_in(
    db: Session,
    account: Staff | None,
    known_by: str,
    person: Person,
    issuer: str,
    login: logins.CurrentLogin | None,
    now: datetime,
) -> str | Stopped:
    if account is not None and account.disabled_at is not None:
        return Stopped("provider_disabled")
    if account is None and db.exec(select(Staff.id).limit(1)).first() is None:
        return Stopped("provider_too_soon")
    if account is None:
        account = _join(db, known_by, person, issuer, now)
    if login is not None:
        logins.end_login(db, by=login.viewer, reason="replaced", now=now)
    return logins.open_login(db, staff_id=account.id, second_factor=True, now=now)


def _prove_again(
    db: Session,
    account: Staff | None,
    login: logins.CurrentLogin | None,
    errand: Errand,
    claims: Mapping[str, Any],
    now: datetime,
) -> str | Stopped:
    """Renew a login: the same browser, the same person, and a proof made since they were sent."""
    here = login is not None and login.handover_id is None
    if login is None or not here or login.viewer.login_id != errand.login_id:
        return Stopped("provider_state", errand.next_path)
    if account is None or account.id != login.viewer.staff_id:
        return Stopped("provider_other_person", errand.next_path, again=True)
    proved = claims.get("auth_time")
    if not isinstance(proved, int | float) or proved < errand.began - LEEWAY_SECONDS:
        return Stopped("provider_not_again", errand.next_path, again=True)
    return logins.confirm(db, by=login.viewer, second_factor=True, now=now)


def _join(db: Session, known_by: str, person: Person, issuer: str, now: datetime) -> Staff:
    username = f"sso.{known_by[:16]}"
    account = Staff(
        id=str(uuid4()),
        username=username,
        display_name=person.name or username,
        roles=staff.stored_roles(person.roles),
        created_at=now,
    )
    db.add(account)
    db.flush()
    db.add(StaffIdentity(hash=known_by, staff_id=account.id, issuer=issuer, created_at=now))
    kind = audit.AuditKind.STAFF_JOINED_BY_PROVIDER
    details = {"roles": staff.listed(account.roles)}
    audit.record(db, kind=kind, actor=account.id, subject=account.id, details=details, now=now)
    return account


def _follow(db: Session, account: Staff, person: Person, now: datetime) -> None:
    """Let roles and name be what the provider says today."""
    if person.name:
        account.display_name = person.name
    _set_roles(db, account, staff.stored_roles(person.roles), now)


def _set_roles(db: Session, account: Staff, after: list[str], now: datetime) -> None:
    before = account.roles
    if before == after:
        return
    account.roles = after
    details = {"roles_before": staff.listed(before), "roles": staff.listed(after)}
    kind, by = audit.AuditKind.STAFF_ROLES_CHANGED, audit.SYSTEM
    audit.record(db, kind=kind, actor=by, subject=account.id, details=details, now=now)


def _take_roles_away(
    database: Database,
    client: ProviderClient,
    unfit: Unfit,
    claims: Mapping[str, Any],
    *,
    keyring: Keyring,
    now: datetime,
) -> None:
    """End what an account may and where it is signed in, once the provider gives it no role."""
    if unfit not in {Unfit.NO_ROLE, Unfit.ROLES_CLASH}:
        return
    subject = str(claims[client.provider.subject_claim])
    with sessions.write(database) as db:
        account = _find_account(db, _identity(keyring, client.provider.issuer, subject))
        if account is not None and account.roles:
            _set_roles(db, account, [], now)
            logins.end_everywhere(db, staff_id=account.id, by=audit.SYSTEM, now=now)


def _find_account(db: Session, known_by: str) -> Staff | None:
    identity = db.get(StaffIdentity, known_by)
    return db.get(Staff, identity.staff_id) if identity else None


def _refuse(
    database: Database,
    stopped: Stopped,
    *,
    known: str = "",
    address: str,
    keyring: Keyring,
    now: datetime,
) -> Stopped:
    """Audit it, and count it against the address: the log is not for anybody to fill."""
    counters = (throttling.counter(keyring, throttling.PROVIDER, address),)
    log.warning("provider_sign_in_stopped", reason=stopped.key)
    with sessions.write(database) as db:
        wait = throttling.hold(db, counters, now=now)
        if not wait:
            wait = throttling.count_failure(db, counters, now=now)
            proofs.note_refusal(db, staff_id=known, reason=stopped.key, wait=wait, now=now)
    return Stopped(stopped.key, stopped.next_path, stopped.again, wait)


def _find_fault(returned: Returned, issuer: str) -> str:
    if returned.issuer and returned.issuer != issuer:  # RFC 9207: another provider answers
        return "provider_issuer"
    if returned.error:
        return "provider_stopped" if returned.error in STOPPED_THERE else "provider_refused"
    return "" if 0 < len(returned.code) <= 4096 else "provider_refused"


def _key_of(error: Exception) -> str:
    if isinstance(error, TokenUnfit):
        return error.reason
    return "provider_refused" if isinstance(error, CodeRefused) else "provider_unreachable"


def _read_errand(note: str, state: str, keyring: Keyring, now: datetime) -> Errand | None:
    """Return what this browser was sent away for, if the state is the one it was given."""
    content = read_note(keyring, PURPOSE, note, now=now)
    if content is None or content["state"] != state:
        return None
    return Errand(state, content["next"], content["login"], content["began"])


def _derive(keyring: Keyring, state: str) -> tuple[str, str]:
    """Return nonce and PKCE verifier of a state: nobody who sees the state can make them."""
    return keyring.derive("nonce", state).hex(), keyring.derive("pkce", state).hex()


def _identity(keyring: Keyring, issuer: str, subject: str) -> str:
    return keyring.derive("identity", f"{issuer}\0{subject}").hex()
