"""Signed-in browsers: who is behind a token, and how a login begins and ends.

A login lives 12 hours at most and 20 minutes without a request (contract, "idle"). While a
tablet is handed over the 20 minutes stand still: the appointment page asks the server for
nothing. Only the SHA-256 of the token is stored; the token has 256 random bits.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel import Session, col, update

from app.db import sessions
from app.db.engine import Database
from app.db.queries import logins as queries
from app.db.tables import Login
from app.domain.access import Viewer
from app.errors import TooBusy
from app.services import audit

LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=20)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class CurrentLogin:
    """Who is signed in on a browser, and which hand-over holds it back, if any."""

    viewer: Viewer
    handover_id: str | None
    encounter_id: str | None


def current(database: Database, *, token: str, now: datetime) -> CurrentLogin | None:
    """Return the login behind ``token``, read from the rows of this moment, or None.

    None for a login that ended, grew too old or idle, or whose account is disabled.
    """
    with sessions.read(database) as db:
        state = queries.find_login(db, hash_token(token))
    if state is None or _is_over(state, now):
        return None
    if now - state.last_seen_at >= SEEN_EVERY:
        _note_seen(database, state.login_id, now)
    viewer = Viewer(
        staff_id=state.staff_id,
        login_id=state.login_id,
        name=state.name,
        roles=state.roles,
        teams=state.teams,
        narrowed_to=state.narrowed_to,
        has_second_factor=state.has_second_factor,
        confirmed_at=state.confirmed_at,
        second_factor_at=state.second_factor_at,
    )
    return CurrentLogin(viewer, state.handover_id, state.encounter_id)


def open_login(db: Session, *, staff_id: str, second_factor: bool, now: datetime) -> str:
    """Begin a login and return its token, which is stored nowhere."""
    token = new_token()
    login = Login(
        id=str(uuid4()),
        token_hash=hash_token(token),
        staff_id=staff_id,
        created_at=now,
        last_seen_at=now,
        confirmed_at=now,
        second_factor_at=now if second_factor else None,
    )
    db.add(login)
    details = {"second_factor": second_factor}
    kind = audit.AuditKind.LOGIN_STARTED
    audit.record(db, kind=kind, actor=staff_id, subject=staff_id, details=details, now=now)
    return token


def confirm(db: Session, *, by: Viewer, second_factor: bool, now: datetime) -> str:
    """Widen a narrowed login again and return a new token for it.

    The token changes with every new proof of identity (ASVS 7.2.4).
    """
    token = new_token()
    login = db.get_one(Login, by.login_id)
    login.token_hash = hash_token(token)
    login.confirmed_at = now
    if second_factor:
        login.second_factor_at = now
    login.narrowed_to = None
    kind = audit.AuditKind.LOGIN_CONFIRMED
    audit.record(db, kind=kind, actor=by.staff_id, subject=by.staff_id, now=now)
    return token


def note_second_factor(db: Session, *, by: Viewer, now: datetime) -> None:
    """Note that a code was given in this login."""
    login = db.get(Login, by.login_id)
    if login is not None:
        login.confirmed_at = login.second_factor_at = now


def end_login(db: Session, *, by: Viewer, reason: str, now: datetime) -> None:
    """End the login behind ``by``. Reasons: ``signed_out``, ``replaced``."""
    login = db.get(Login, by.login_id)
    if login is None or login.ended_at is not None:
        return
    login.ended_at = now
    kind, details = audit.AuditKind.LOGIN_ENDED, {"reason": reason}
    audit.record(db, kind=kind, actor=by.staff_id, subject=by.staff_id, details=details, now=now)


def end_everywhere(
    db: Session, *, staff_id: str, by: str, now: datetime, spare: str | None = None
) -> int:
    """End every login of an account but the one in ``spare``, and return how many."""
    ended = [login for login in queries.list_open_logins(db, staff_id) if login.id != spare]
    for login in ended:
        login.ended_at = now
    kind, details = audit.AuditKind.LOGINS_ENDED_EVERYWHERE, {"count": len(ended)}
    audit.record(db, kind=kind, actor=by, subject=staff_id, details=details, now=now)
    return len(ended)


def new_token() -> str:
    """Return 256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is stored in place of a token. Plain SHA-256 will do for 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _is_over(state: queries.LoginState, now: datetime) -> bool:
    if now - state.created_at >= LONGEST:
        return True
    return state.handover_id is None and now - state.last_seen_at >= IDLE


def _note_seen(database: Database, login_id: str, now: datetime) -> None:
    """Write the time in a small transaction of its own, at most once a minute."""
    try:
        with sessions.write(database) as db:
            late = now - SEEN_EVERY
            fresh = update(Login).where(col(Login.id) == login_id, col(Login.last_seen_at) <= late)
            db.exec(fresh.values(last_seen_at=now))
    except TooBusy:
        return  # a page is not refused because its time could not be noted
