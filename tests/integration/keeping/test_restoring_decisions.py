"""What a restored backup must not bring back: keys, rights, cards, links and switches of since."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from fixtures.capture import START, TEAM, Tablet
from fixtures.tablets import link_for
from sqlalchemy import delete, update
from sqlmodel import SQLModel, col, select

from app.db import sessions
from app.db.engine import Database
from app.db.tables import (
    AuditEvent,
    AuditHead,
    Encounter,
    InstalledPack,
    Invitation,
    LinkCard,
    LinkVisit,
    LocalOffer,
    Passkey,
    PhoneLink,
    ReviewNote,
    ServiceSetting,
    Staff,
    StaffIdentity,
    Study,
    Team,
    TeamMember,
    Throttle,
    UsedOnce,
)
from app.services import audit, backups, switches
from app.services.audit import AuditKind
from app.services.counting_once import use_once
from app.services.restoring import Restored, restore_backup
from app.services.service_mode import load_state, set_setting
from app.services.switches import Switch
from app.settings import Settings

LATER = START + timedelta(days=1)
SINCE = START + timedelta(hours=1)


def passkey(name: str) -> Passkey:
    return Passkey(
        id=name,
        staff_id="staff-1",
        credential_id=f"credential-{name}",
        public_key=b"public",
        sign_count=0,
        name=name,
        created_at=START,
    )


def fill(database: Database, tablet: Tablet) -> None:
    """Add one of everything that somebody may end, remove or use up."""
    here = tablet.header["id"]
    common = {"team_id": TEAM, "printed_by": "staff-1", "printed_at": START}
    rows: list[SQLModel] = [
        passkey("lost"),
        StaffIdentity(hash="h", staff_id="staff-1", issuer="i", created_at=START),
        TeamMember(team_id=TEAM, staff_id="staff-1"),
        Team(id="old-team", name="Old", created_at=START),
        Invitation(
            id="invited",
            token_hash="t",
            kind="invite",
            roles=["administrator"],
            created_by="staff-1",
            created_at=START,
            expires_at=START + timedelta(days=7),
        ),
        LinkCard(id="card", code_hash="c", study_id="study", **common),
        LinkVisit(
            encounter_id=here, card_id="card", same_day=False, noted_by="staff-1", noted_at=START
        ),
        InstalledPack(
            sha256="p",
            instrument_id="collaborate-0-9",
            version="1",
            language="en",
            content={},
            installed_by="staff-1",
            installed_at=START,
        ),
        LocalOffer(
            id="offer",
            name="A group",
            what="A group",
            how_to_get="Ask",
            checked_on=START.date(),
            checked_by="staff-1",
            created_at=START,
        ),
        ReviewNote(
            code="ABCDEFGH",
            team_id=TEAM,
            outcome="decided",
            noted_by="staff-1",
            noted_at=START,
        ),
    ]
    with sessions.write(database) as db:
        load_state(db)
        db.add(Study(id="study", title="", kind="", content={}, sha256="s", installed_at=START))
        db.flush()
        for row in rows:
            db.add(row)
            db.flush()
        set_setting(db, Switch.SENSITIVE_GRIDS, value=True)
        set_setting(db, "local_crisis_number", "0800 000 0001")
        who = db.get_one(Staff, "staff-1")
        who.password_hash, who.roles = "leaked", ["administrator", "practitioner"]
        audit.record(db, kind=AuditKind.TEAM_CREATED, actor="staff-1", subject="t", now=START)


def decide(database: Database, tablet: Tablet) -> None:
    """End, remove and use up all of it."""
    void = {"voided_at": SINCE, "voided_by": "staff-1"}
    with sessions.write(database) as db:
        for model in (Passkey, StaffIdentity, TeamMember, LinkVisit, ReviewNote):
            db.exec(delete(model))
        db.add(passkey("new"))
        db.exec(update(Team).where(col(Team.id) == "old-team").values(closed_at=SINCE))
        db.exec(update(LinkCard).values(**void, void_reason="not_wanted"))
        db.exec(update(PhoneLink).values(spent_by="set"))
        mine = col(Encounter.id) == tablet.header["id"]
        voided = {**void, "void_reason": "practice", "state": "voided"}
        db.exec(update(Encounter).where(mine).values(**voided))
        db.exec(update(InstalledPack).values(retired_at=SINCE))
        db.exec(update(LocalOffer).values(retired_at=SINCE))
        db.exec(update(Staff).values(password_hash="changed", roles=["practitioner"]))
        db.exec(update(Invitation).values(used_at=SINCE))
        set_setting(db, "local_crisis_number", "0800 000 0002")
        assert use_once(db, "a challenge", now=LATER)
    switches.turn(database, Switch.SENSITIVE_GRIDS, on=False, by="staff-1", now=SINCE)


def restore(database: Database, settings: Settings, path: Path) -> Restored:
    database.dispose()
    return restore_backup(path, settings=settings, now=LATER)


def test_what_was_ended_removed_or_used_since_does_not_come_back(
    database: Database, tablet: Tablet, settings: Settings
) -> None:
    link_for(database, tablet.keyring)
    fill(database, tablet)
    path = backups.make_backup(database, settings)
    decide(database, tablet)
    done = restore(database, settings, path)
    ended = {"team", "link_card", "phone_link", "encounter", "wording_pack", "local_offer"}
    assert {name: done.carried[name] for name in ended} == dict.fromkeys(ended, 1)
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        assert db.exec(select(Passkey.id)).all() == ["new"]
        for model in (StaffIdentity, TeamMember, LinkVisit, ReviewNote):
            assert db.exec(select(model)).all() == [], model
        who = db.get_one(Staff, "staff-1")
        assert (who.password_hash, who.roles) == ("changed", ["practitioner"])
        card = db.get_one(LinkCard, "card")
        assert (card.voided_at, card.void_reason) == (SINCE, "not_wanted")
        assert db.exec(select(PhoneLink.spent_by)).all() == ["set"]
        encounter = db.get_one(Encounter, tablet.header["id"])
        assert (encounter.state, encounter.void_reason) == ("voided", "practice")
        for dated in (InstalledPack.retired_at, LocalOffer.retired_at, Team.closed_at):
            assert SINCE in db.exec(select(dated)).all()
        assert db.get_one(Invitation, "invited").expires_at == LATER
        assert db.get_one(ServiceSetting, Switch.SENSITIVE_GRIDS).value is False
        assert db.get_one(ServiceSetting, "local_crisis_number").value == "0800 000 0002"
        used = hashlib.sha256(b"a challenge").hexdigest()
        assert db.exec(select(UsedOnce.hash)).all() == [used]
        assert db.exec(select(Throttle)).all() == []
    with sessions.write(database) as db:
        assert not use_once(db, "a challenge", now=LATER)


def test_a_state_that_did_not_come_after_the_backup_takes_nothing_away(
    database: Database, tablet: Tablet, settings: Settings
) -> None:
    """Another service, or a machine that was set up anew, knows nobody's passkey."""
    fill(database, tablet)
    path = backups.make_backup(database, settings)
    with sessions.write(database) as db:
        for model in (Passkey, TeamMember, AuditEvent, AuditHead):
            db.exec(delete(model))
        set_setting(db, Switch.SENSITIVE_GRIDS, value=False)
        for subject in "one", "two", "three":
            audit.record(
                db, kind=AuditKind.TEAM_CREATED, actor="staff-1", subject=subject, now=SINCE
            )
    restore(database, settings, path)
    with sessions.read(database) as db:
        assert db.exec(select(Passkey.id)).all() == ["lost"]
        assert len(db.exec(select(TeamMember)).all()) == 1
        assert db.get_one(ServiceSetting, Switch.SENSITIVE_GRIDS).value is True
        # What cannot come from another state holds all the same.
        assert db.get_one(Invitation, "invited").expires_at == LATER


def test_a_later_state_is_put_back_whole(
    database: Database, tablet: Tablet, settings: Settings
) -> None:
    """What was kept aside by a restore comes back with everything that it had."""
    fill(database, tablet)
    path = backups.make_backup(database, settings)
    with sessions.write(database) as db:
        db.add(passkey("new"))
        audit.record(db, kind=AuditKind.TEAM_CREATED, actor="staff-1", subject="x", now=SINCE)
    aside = restore(database, settings, path).kept_aside
    with sessions.write(database) as db:
        db.exec(delete(Passkey))
    assert aside is not None
    restore(database, settings, aside)
    with sessions.read(database) as db:
        assert set(db.exec(select(Passkey.id)).all()) == {"lost", "new"}
