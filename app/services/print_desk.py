"""The print desk: a paper that was made on a tablet is fetched once, on a computer of staff.

A tablet never opens a personal paper. What it leaves here lies sealed in the memory of this
process: fifteen minutes for the desk, ten for a phone, and each is given out once. Nothing here
writes to the database but the count of wrong tries, which holds no code (rules of the room 1.4).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.adapters.print_tickets import PrintTickets, TicketsFull
from app.db import sessions
from app.db.engine import Database
from app.db.queries.print_desk import PaperHolder, find_code, find_holder
from app.domain.access import Viewer
from app.domain.keeping import PRINT
from app.domain.print_code import draw_code, read_code
from app.errors import AppError, TooBusy
from app.services import throttling
from app.services.arrivals import hash_token
from app.services.refusals import Refused
from app.services.throttling import Limit

#: A code is typed by hand, so a slip is free; 2 in 262,144 tries hit where two papers wait.
CODES: Final = Limit("print-code", 4, 5, 300, PRINT, is_told=True)
ON_PHONE: Final = timedelta(minutes=10)
SECRET_BYTES: Final = 24
#: Codes that are in use already; with 200 papers waiting even a second try is one in a thousand.
MOST_DRAWS: Final = 8


class Way(StrEnum):
    """How a paper leaves a tablet."""

    DESK = "desk"
    PHONE = "phone"


LASTS: Final = {Way.DESK: PRINT, Way.PHONE: ON_PHONE}


class CredentialUnknown(AppError):
    """The device that wants to leave a paper is not one of this service."""

    status = 401
    key = "credential_unknown"


@dataclass(frozen=True, slots=True)
class Review:
    """What the desk may offer to keep: never a word of the record (rules of the room 3.4)."""

    encounter_id: str
    outcome: str
    month: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper with what belongs to it. ``note`` and ``record`` are for staff who see encounters.

    ``missing`` are signs for which no font has a picture: they are on the paper as empty boxes.
    """

    body: bytes
    copy_for: str
    note: str = ""
    record: str = ""
    review: Review | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """How to fetch a paper: ``secret`` is a two-word code, or part of an address. Told once."""

    secret: str
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenedTicket:
    """A ticket that was opened at the desk: the paper itself follows once, under ``key``."""

    key: str
    paper: Paper
    until: datetime


def check_holder(database: Database, *, token: str, now: datetime) -> PaperHolder:
    """Return the device behind a token. Raises CredentialUnknown."""
    with sessions.read(database) as db:
        holder = find_holder(db, hash_token(token), now=now) if token else None
    if holder is None:
        raise CredentialUnknown
    return holder


def find_encounter(database: Database, *, by: PaperHolder, named: object) -> tuple[str, str] | None:
    """Return id and code of the appointment that a paper is about, if it has arrived here.

    A hand-over has its own; an enrolled tablet names one, which has to be of its own team.
    """
    wanted = by.encounter_id or (named if isinstance(named, str) else "")
    with sessions.read(database) as db:
        return find_code(db, wanted, team_id=by.team_id)


def leave_paper(
    tickets: PrintTickets, *, paper: Paper, way: Way, by: PaperHolder, now: datetime
) -> Ticket:
    """Keep a paper in memory until it is fetched. Raises TooBusy where there is no room."""
    until = now + LASTS[way]
    content = _pack(paper, until)
    for _ in range(MOST_DRAWS):
        secret = draw_code() if way is Way.DESK else secrets.token_urlsafe(SECRET_BYTES)
        try:
            tickets.put(
                _named(way, secret),
                content,
                owner=by.device,
                scope=by.team_id,
                until=until,
                now=now,
            )
        except KeyError:
            continue
        except TicketsFull:
            raise TooBusy from None
        return Ticket(secret, until)
    raise TooBusy


def open_ticket(
    db: Session,
    tickets: PrintTickets,
    *,
    typed: str,
    address: str,
    by: Viewer,
    keyring: Keyring,
    now: datetime,
) -> OpenedTicket | Refused:
    """Open the ticket of a code: it is over from here on, and what it held is given once.

    A code of another team is unknown. Wrong ones make the next try wait, by account and address.
    """
    code = read_code(typed)
    if code is None:
        return Refused({"code": "code_not_two_words" if typed.strip() else "code_missing"})
    counters = [
        throttling.counter(keyring, CODES, f"{kind} {subject}")
        for kind, subject in (("staff", by.staff_id), ("address", address))
    ]
    wait = throttling.hold(db, counters, now=now)
    if wait:
        return Refused({"code": "code_wait"}, wait)
    content = tickets.take(_named(Way.DESK, code), scopes=by.teams, now=now)
    if content is None:
        wait = throttling.count_failure(db, counters, now=now, by=by.staff_id)
        return Refused({"code": "code_unknown"}, wait)
    paper, until = _unpack(content)
    return OpenedTicket(_keep_open(tickets, content, by, until, now), paper, until)


def take_paper(tickets: PrintTickets, *, key: str, by: Viewer, now: datetime) -> Paper | None:
    """Return the paper of an opened ticket, once, to whoever opened it; None after that."""
    content = tickets.take(f"opened {key}", scopes=(by.staff_id,), now=now)
    return _unpack(content)[0] if content is not None else None


def take_on_phone(tickets: PrintTickets, *, secret: str, now: datetime) -> Paper | None:
    """Return the paper behind a QR code, once; None after that."""
    content = tickets.take(_named(Way.PHONE, secret), now=now)
    return _unpack(content)[0] if content is not None else None


def _keep_open(
    tickets: PrintTickets, content: bytes, by: Viewer, until: datetime, now: datetime
) -> str:
    """Keep the paper for the one press that follows. Raises TooBusy."""
    key = secrets.token_urlsafe(SECRET_BYTES)
    owner = f"staff {by.staff_id}"
    try:
        tickets.put(f"opened {key}", content, owner=owner, scope=by.staff_id, until=until, now=now)
    except TicketsFull:
        raise TooBusy from None
    return key


def _named(way: Way, secret: str) -> str:
    return f"{way} {secret}"


def _pack(paper: Paper, until: datetime) -> bytes:
    """One line of JSON about the paper, then its bytes."""
    about = asdict(paper) | {"body": "", "until": until.isoformat()}
    return json.dumps(about).encode() + b"\n" + paper.body


def _unpack(content: bytes) -> tuple[Paper, datetime]:
    head, _, body = content.partition(b"\n")
    about = json.loads(head)
    until = datetime.fromisoformat(about.pop("until"))
    review = Review(**about["review"]) if about["review"] else None
    return Paper(**about | {"body": body, "review": review}), until
