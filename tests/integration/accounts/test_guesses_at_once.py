"""Many tries in the same moment: the wait holds for them too, and a link still works once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fixtures.service import START
from fixtures.staff import PASSWORD, happened, make_staff
from sqlmodel import select

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Staff, Throttle
from app.domain.access import Role
from app.services import invitations, sign_in, staff
from app.services.proofs import Claim
from app.services.refusals import Refused

AT_ONCE = 8


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


def test_of_many_guesses_at_once_only_the_free_ones_are_looked_at(
    database: Database, keyring: Keyring
) -> None:
    worker = make_staff(database)

    def guess(number: int) -> object:
        claim = Claim(worker.username, f"guess {number}", f"10.0.0.{number}")
        return sign_in.start_login(database, claim=claim, replaces=None, keyring=keyring, now=START)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(guess, range(AT_ONCE)))
    words = Counter(each.faults["password"] for each in outcomes if isinstance(each, Refused))
    assert words == {"wrong_password": 4, "wait": 4}
    with sessions.read(database) as db:
        rows = db.exec(select(Throttle)).all()
    assert [row.failures for row in rows if row.key.startswith("account:")] == [4]
    assert len(happened(database)) == 4


def test_a_link_that_several_people_press_at_once_makes_one_account(database: Database) -> None:
    with sessions.write(database) as db:
        path = str(invitations.first_link(db, now=START))

    def press(number: int) -> object:
        answer = invitations.JoinAnswer(PASSWORD, f"admin-{number}", "Marigold", "North")
        token = path.removeprefix("/join/")
        return invitations.join(database, token=token, answer=answer, now=START)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(press, range(4)))
    assert sum(isinstance(each, invitations.Joined) for each in outcomes) == 1
    assert outcomes.count(None) == 3
    with sessions.read(database) as db:
        assert len(db.exec(select(Staff)).all()) == 1


def test_two_administrators_cannot_remove_each_other_at_once(database: Database) -> None:
    pair = [make_staff(database, roles=(Role.ADMINISTRATOR,)) for _ in range(2)]

    def remove(number: int) -> object:
        with sessions.write(database) as db:
            return staff.change_roles(
                db,
                staff_id=pair[number].id,
                roles={Role.AUDITOR},
                by=pair[1 - number].id,
                now=START,
            )

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(remove, range(2)))
    assert sorted(outcomes, key=str) == [None, Refused({"roles": "last_administrator"})]
