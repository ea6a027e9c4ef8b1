"""Past paper answers taken in by the door of every answer set: looked at, all or nothing, once."""

from __future__ import annotations

from datetime import date

import pytest
from fixtures.capture import TEAM, Tablet
from fixtures.service import START
from sqlmodel import select

from app.adapters.keyring import Keyring
from app.content.practice import practice_words
from app.db import sessions
from app.db.engine import Database
from app.db.tables import AuditEvent, Encounter, Response
from app.domain.paper_import import FORM, FileUnfit
from app.services.paper_import import Taken, find_pack, import_paper

HEADER = ",".join([*FORM, "welcome", "pace", "questions"])
MEETING = f"{TEAM},2025-05-03,robin,first,in_person,none,14-15,help,"
GOOD = f"1,A,{MEETING},after,young_person,,9,8,-97\n2,A,{MEETING},after,parent_self,,0,0,0\n"


def take(database: Database, keyring: Keyring, body: str, *, dry: bool = False) -> Taken:
    with sessions.write(database) as db:
        pack = find_pack(db, practice_words().sha256)
        assert pack is not None
        raw, today = f"{HEADER}\n{body}".encode(), date(2026, 11, 23)
        return import_paper(
            db, raw=raw, pack=pack, keyring=keyring, dry=dry, today=today, now=START
        )


def responses(database: Database) -> list[Response]:
    with sessions.read(database) as db:
        return list(db.exec(select(Response).order_by(Response.seq)).all())


def test_a_file_is_looked_at_taken_in_whole_and_only_once(
    database: Database, tablet: Tablet, keyring: Keyring
) -> None:
    looked = take(database, keyring, GOOD, dry=True)
    assert (looked.forms, looked.appointments, looked.again) == (2, 1, False)
    assert responses(database) == []
    bad = GOOD.replace("0,0,0", "0,0,10")
    with pytest.raises(FileUnfit) as unfit:
        take(database, keyring, bad)
    assert [(each.row, each.column) for each in unfit.value.faults] == [(3, "questions")]
    assert responses(database) == []

    assert take(database, keyring, GOOD).again is False
    assert take(database, keyring, GOOD).again is True
    first, second = responses(database)
    assert first.items == {"welcome": 9, "pace": 8, "questions": -97}
    assert (second.respondent, second.mode) == ("parent_self", "paper_entered_by_staff")
    assert first.encounter_id == second.encounter_id
    with sessions.read(database) as db:
        meeting = db.get_one(Encounter, first.encounter_id)
        kinds = db.exec(select(AuditEvent.kind).order_by(AuditEvent.seq)).all()
    assert (meeting.encounter_on, meeting.team_id) == (date(2025, 5, 3), TEAM)
    assert kinds.count("response_stored") == 2
