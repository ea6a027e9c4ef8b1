"""Fill a throw-away database with an invented service, only through the services' own verbs.

Nothing is written behind their backs, so that whatever a screen shows here was made the way real
use makes it. The database is marked as a demonstration before the first row.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.adapters.sealing import seal
from app.content.library import Library
from app.content.practice import practice_words
from app.db import sessions
from app.db.engine import Database
from app.db.queries.exports import ExportFilters, Wanted
from app.db.tables import Encounter
from app.domain import envelope
from app.domain.access import Viewer
from app.domain.capture import new_short_code
from app.domain.dataset import Format
from app.domain.encounter import VoidReason
from app.services import (
    audit,
    crisis_number,
    denominators,
    desk_counts,
    encounters,
    export_making,
    exports,
    invitations,
    studies,
    surveys,
    teams,
)
from app.services.arrivals import Credential
from app.services.invented import (
    ADMINISTRATOR,
    DAYS,
    ENCOUNTERS,
    OTHERS,
    PRACTITIONERS,
    TEAM_NAMES,
    InventedStaff,
    Inventor,
    Meeting,
    eligible_counts,
    study_document,
)
from app.services.invitations import Invited, JoinAnswer
from app.services.refusals import Refused
from app.services.service_mode import ServiceState, load_state, set_setting
from app.services.switches import Switch

REASON = "Invented request, to show how rows are asked for and approved"
INSTRUMENT = "effort-practice"
#: Quick to make; SPSS and Stata would make everybody wait at the first start.
FORMATS = (Format.REDCAP, Format.FHIR, Format.SUNDAE)
# From the range that Ofcom keeps for drama: it rings nowhere.
INVENTED_CRISIS_NUMBER = "01632 960 999"


class InventionRefused(RuntimeError):
    """A service refused what was invented: the demonstration is wrong, not the service."""


@dataclass(frozen=True)
class Made:
    """What a demonstration holds. ``passphrase`` opens every account and is printed once."""

    usernames: tuple[str, ...]
    passphrase: str
    encounters: int
    responses: int


def fill(
    database: Database, keyring: Keyring, library: Library, *, exports_folder: Path, now: datetime
) -> Made:
    """Make the invented service. Raises InventionRefused."""
    began = now - timedelta(days=DAYS + 35)
    state = _mark(database)
    people = _People(database, began)
    people.make()
    _install_study(database, people, began, now)
    appointments = _Appointments(database, keyring, Inventor(_offered(library), people.teams))
    for meeting in appointments.inventor.meetings(people.opaque_ids(keyring), now):
        appointments.hold(meeting, people.viewers[meeting.practitioner.username])
    _ask_for_rows(database, keyring, people, state, exports_folder, now)
    _count(database, people, now)
    details: dict[str, audit.Detail] = {
        "encounters": ENCOUNTERS,
        "responses": appointments.responses,
    }
    with sessions.write(database) as db:
        kind = audit.AuditKind.DEMO_FILLED
        audit.record(db, kind=kind, actor=audit.SYSTEM, subject="service", details=details, now=now)
    return Made(tuple(people.viewers), people.passphrase, ENCOUNTERS, appointments.responses)


def _offered(library: Library) -> tuple[Any, ...]:
    return tuple(library.list_current())


def _mark(database: Database) -> ServiceState:
    with sessions.write(database) as db:
        load_state(db)
        set_setting(db, "demo", value=True)
        set_setting(db, crisis_number.SETTING, INVENTED_CRISIS_NUMBER)
        set_setting(db, Switch.SENSITIVE_GRIDS, value=True)
        db.flush()
        return load_state(db)


class _People:
    """The teams and accounts, each joined through a one-time link of its own."""

    def __init__(self, database: Database, began: datetime) -> None:
        self.database = database
        self.began = began
        # Drawn at each start and never stored readable: a demonstration has no default password.
        drawn = (new_short_code(secrets.token_bytes(5)) for _ in range(2))
        self.passphrase = "-".join(drawn).lower()
        self.viewers: dict[str, Viewer] = {}
        self.teams: tuple[str, ...] = ()

    def make(self) -> None:
        with sessions.write(self.database) as db:
            added = [
                teams.add_team(db, name=name, by=audit.SYSTEM, now=self.began)
                for name in TEAM_NAMES
            ]
        self.teams = tuple(team for team in added if isinstance(team, str))
        if len(self.teams) != len(TEAM_NAMES):
            raise InventionRefused(added)
        for person in (ADMINISTRATOR, *PRACTITIONERS, *OTHERS):
            self.viewers[person.username] = self._join(person)

    def opaque_ids(self, keyring: Keyring) -> dict[str, str]:
        """Return what encounters call each practitioner."""
        ids = {person.username: self.viewers[person.username].staff_id for person in PRACTITIONERS}
        return {name: keyring.derive("practitioner", own).hex()[:16] for name, own in ids.items()}

    def _join(self, person: InventedStaff) -> Viewer:
        mine = () if person.team is None else (self.teams[person.team],)
        with sessions.write(self.database) as db:
            invited = invitations.invite_staff(
                db,
                username=person.username,
                name=person.name,
                roles=person.roles,
                teams=mine,
                by=audit.SYSTEM,
                now=self.began,
            )
        if not isinstance(invited, Invited):
            raise InventionRefused(invited.faults)
        token = invited.path.rsplit("/", 1)[1]
        answer = JoinAnswer(password=self.passphrase)
        joined = invitations.join(self.database, token=token, answer=answer, now=self.began)
        if joined is None or isinstance(joined, Refused):
            raise InventionRefused(joined)
        roles, held = frozenset(person.roles), frozenset(mine)
        return Viewer(invited.staff_id, "demonstration", person.name, roles, held)


class _Appointments:
    """Opens each appointment, stores its answers sealed as a tablet would, closes or voids it."""

    def __init__(self, database: Database, keyring: Keyring, inventor: Inventor) -> None:
        self.database = database
        self.keyring = keyring
        self.inventor = inventor
        self.responses = 0

    def hold(self, meeting: Meeting, by: Viewer) -> None:
        with sessions.write(self.database) as db:
            row = encounters.open_encounter(db, draft=meeting.draft, by=by, now=meeting.at)
            if meeting.close:
                self._answer(db, row, meeting.at)
                encounters.close_encounter(db, encounter_id=row.id, by=by, now=meeting.at)
            if meeting.void:
                reason = VoidReason.OPENED_BY_MISTAKE
                encounters.void_encounter(
                    db, encounter_id=row.id, reason=reason, by=by, now=meeting.at
                )

    def _answer(self, db: Session, row: Encounter, at: datetime) -> None:
        credential = Credential(self.inventor.uuid(), row.id)
        for seq, given in enumerate(self.inventor.answers(row.phase), start=1):
            moment = at + timedelta(minutes=30 + seq)
            document = self._document(row, credential.device, seq, moment) | given
            sent = self._seal(document)
            outcome = surveys.record_response(
                db,
                sent=sent,
                digest=envelope.content_digest(sent),
                response_id=str(document["id"]),
                credential=credential,
                keyring=self.keyring,
                now=moment,
                environment="training",
                demo=True,
            )
            if outcome.http_status != 201:
                raise InventionRefused(outcome)
            self.responses += 1

    def _document(self, row: Encounter, device: str, seq: int, at: datetime) -> dict[str, Any]:
        words = practice_words()
        return {
            "format": 1,
            "id": self.inventor.uuid(),
            "device": device,
            "seq": seq,
            "key_id": self.keyring.current.key_id.hex(),
            "salt": self.inventor.salt(),
            "encounter": dict(encounters.header(row)),
            "instrument": {
                "id": words.instrument,
                "version": words.version,
                "wording_sha256": words.sha256,
                "language": words.language,
            },
            "grid": _grid_shown(row),
            "occasion": "after",
            "mode": "tablet_handed_over",
            "helped_by": [],
            "seen_by_others": None,
            "referent": None,
            "weeks_since": None,
            "made_at": envelope.utc_text(at),
        }

    def _seal(self, document: Mapping[str, Any]) -> bytes:
        clear = envelope.pad(envelope.canonical_bytes(document))
        key = self.keyring.current
        return seal(key.public_point, key.key_id, str(document["id"]), clear)


def _grid_shown(row: Encounter) -> dict[str, Any] | None:
    if row.grid_public_id is None:
        return None
    return {
        "public_id": row.grid_public_id,
        "version": row.grid_version,
        "sha256": row.grid_sha256,
    }


def _install_study(database: Database, people: _People, began: datetime, now: datetime) -> None:
    document = study_document(people.teams, now.date())
    by = people.viewers[ADMINISTRATOR.username].staff_id
    with sessions.write(database) as db:
        studies.install_study(db, document=document, by=by, now=began)


def _count(database: Database, people: _People, now: datetime) -> None:
    """Type in what was eligible and make the counts of the desk, as a night would."""
    by, today = people.viewers["researcher"].staff_id, now.date()
    text = eligible_counts(people.teams, today)
    with sessions.write(database) as db:
        denominators.import_counts(db, text=text, by=by, today=today, now=now)
    desk_counts.count_answers(database, by=by, now=now)


def _ask_for_rows(
    database: Database,
    keyring: Keyring,
    people: _People,
    state: ServiceState,
    folder: Path,
    now: datetime,
) -> None:
    """Leave one request ready to download and one that waits for the approvers."""
    researcher, today = people.viewers["researcher"], now.date()
    filters = ExportFilters(INSTRUMENT, today - timedelta(days=DAYS), today)
    wanted = Wanted("invented-study", tuple(FORMATS))
    draft = exports.ExportDraft(REASON, filters, wanted)
    with sessions.write(database) as db:
        asked = exports.request_export(db, draft=draft, by=researcher, today=today, now=now)
        exports.request_export(db, draft=draft, by=researcher, today=today, now=now)
        if isinstance(asked, Refused):
            raise InventionRefused(asked.faults)
        for name in ("approver", "approver.second"):
            viewer, note = people.viewers[name], "Invented approval"
            exports.decide_export(
                db, export_id=asked.id, approve=True, note=note, by=viewer, now=now
            )
    shop = export_making.Workshop(database, folder, keyring, state)
    export_making.make_file(shop, export_id=asked.id, by=researcher.staff_id, today=today, now=now)
