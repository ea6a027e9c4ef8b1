"""Every line that a running service logs: a whole job with faults, by a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fixtures.capture import STAFF_NAME, Sent, Tablet, hand_over
from fixtures.identity_provider import ENTRA, ENTRA_PERSON, SECRET, StubProvider, stub_provider
from fixtures.ports import free_port, wait_for_port
from fixtures.source_tree import ROOT
from fixtures.staff import PASSWORD, MadeStaff, make_staff
from fixtures.waiting import until
from sqlalchemy import text
from sqlmodel import select

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Encounter
from app.domain.access import Role
from app.domain.uniqueness import FEWEST_APPOINTMENTS

COMMAND = "from app.cli.commands import main; main()"
LISTED = set(
    re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/operating/logging.md").read_text("utf-8"), re.M)
)
NAME = "Marigold Fennimore"
TYPED = "a password typed as a name"
REASON = "Evaluation of the lantern group"


class Visitor:
    """A browser of one person, over plain http on the loopback: it keeps its own cookies."""

    def __init__(self, base: str) -> None:
        self.base, self.cookies = base, dict[str, str]()

    def ask(self, method: str, path: str, **form: str) -> httpx2.Response:
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = httpx2.request(
            method, self.base + path, data=form or None, headers={"cookie": sent}, timeout=30
        )
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def sign_in(self, person: MadeStaff) -> None:
        given = {"username": person.username, "password": PASSWORD}
        assert self.ask("POST", "/sign-in", **given).status_code == 303


@contextmanager
def served(folder: Path, **more: str) -> Iterator[tuple[str, Path]]:
    """The real command; gives its address and the file that holds its standard error."""
    port = free_port()
    said, base = folder / "stderr", f"http://127.0.0.1:{port}"
    given = {"PORT": str(port), "VAR_DIR": str(folder / "var"), "PUBLIC_URL": base, **more}
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "serve"],
            env=os.environ | given,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        wait_for_port(port, process)
        yield base, said
    finally:
        process.terminate()
        assert process.wait(30) in {0, -signal.SIGTERM}  # the server raises what stopped it again


def break_the_provider(visitor: Visitor, stub: StubProvider) -> str:
    """Come back from the provider with a token that somebody altered; return the code of it."""
    stub.breaks = "altered"
    there = visitor.ask("GET", "/sign-in/provider").headers["location"]
    asked = dict(httpx2.URL(there).params)
    back = stub.authorize(asked).removeprefix(visitor.base)
    assert "provider_token" in visitor.ask("GET", back).headers["location"]
    return str(httpx2.URL(back).params["code"])


def send_answers(base: str, tablets: list[Tablet]) -> list[str]:
    """Sets that are stored, one with a token that is nobody's, one that is not what it says."""
    private = ["nobody-has-this-token"]
    for tablet in tablets:
        whole = tablet.send(items={"welcome": 8, "pace": 8, "questions": 8})
        assert put(base, whole, whole.body, tablet.token) == 201
        private += [tablet.token, whole.digest]
    assert put(base, whole, whole.body, "nobody-has-this-token") == 401
    torn = tablets[0].send()
    assert put(base, torn, torn.body[:-9] + b"123456789", tablets[0].token) == 400
    return private


def put(base: str, sent: Sent, body: bytes, token: str) -> int:
    path = f"{base}/v1/responses/{sent.id}"
    return httpx2.put(path, content=body, headers=sent.headers(token), timeout=30).status_code


def take_an_export(asker: Visitor, approvers: list[Visitor]) -> None:
    """Ask, have it approved by two others, made by its own process, and take it."""
    form = {"instrument": "effort-practice", "from_on": "2026-11-01", "to_on": "2026-11-30"}
    page = asker.ask("POST", "/exports", reason=REASON, project="lantern", **form)
    assert page.status_code == 303, page.text
    place = page.headers["location"]
    for approver in approvers:
        assert approver.ask("POST", f"{place}/decision", decision="approve").status_code == 303
    assert asker.ask("POST", f"{place}/file").status_code == 303

    def file() -> bytes:
        answer = asker.ask("POST", f"{place}/download")
        return answer.content if answer.status_code == 200 else b""

    assert until(file, "the export was never made", seconds=60, pause=0.2).startswith(b"PK")


def break_the_database(database: Database, person: MadeStaff) -> None:
    """A fault of ours that no form can cause, with something private in its text."""
    with database.writer.begin() as connection:
        values = {"roles": f'["{NAME}', "id": person.id}
        connection.execute(text("UPDATE staff SET roles = :roles WHERE id = :id"), values)


def test_a_whole_job_leaves_lines_that_give_nothing_away(
    sqlite_template: Path, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    var.mkdir()
    shutil.copyfile(sqlite_template, var / "grids.sqlite")
    database, keyring = Database(f"sqlite:///{var / 'grids.sqlite'}"), Keyring(var / "keys")
    now = datetime.now(UTC)
    tablets = [hand_over(database, keyring, at=now) for _ in range(FEWEST_APPOINTMENTS)]
    with sessions.read(database) as db:
        codes = [str(code) for code in db.exec(select(Encounter.code)).all()]
    people = [
        make_staff(database, roles=[role], name=NAME, now=now)
        for role in (Role.PRACTITIONER, Role.RESEARCHER, Role.APPROVER, Role.APPROVER)
    ]
    with stub_provider(lambda: datetime.now(UTC)) as stub:
        given = stub.file(tmp_path, ENTRA)
        provider = {
            "IDENTITY_PROVIDER": str(given["identity_provider"]),
            "IDENTITY_PROVIDER_SECRET_FILE": str(given["identity_provider_secret_file"]),
        }
        with served(tmp_path, **provider) as (base, said):
            stub.back = f"{base}/sign-in/provider/back"
            visitors = [Visitor(base) for _ in people]
            assert visitors[0].ask("POST", "/sign-in", username=TYPED).status_code == 422
            for visitor, person in zip(visitors, people, strict=True):
                visitor.sign_in(person)
            private = [break_the_provider(Visitor(base), stub), *send_answers(base, tablets)]
            take_an_export(visitors[1], visitors[2:])
            break_the_database(database, people[0])
            assert visitors[0].ask("GET", "/home").status_code == 500
    private += [cookie for visitor in visitors for cookie in visitor.cookies.values() if cookie]
    private += [*codes, SECRET, PASSWORD, TYPED, NAME, STAFF_NAME, REASON, "Ash Rowan"]
    private += [str(ENTRA_PERSON["oid"]), "eyJ", *(person.username for person in people)]
    private += ["welcome", "questions"]
    assert_lines_are_fit(said.read_text("utf-8"), private)


def assert_lines_are_fit(written: str, private: list[str]) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    events = {line["event"] for line in lines}
    expected = {"provider_sign_in_stopped", "unexpected_error", "library_said"}
    assert expected <= events
    assert events <= LISTED
    assert [word for word in private if word in written] == []
    assert "Traceback" not in written


@pytest.mark.parametrize(
    "line", ["plain words", '{"event": "of_nobody", "level": "info", "timestamp": "x"}']
)
def test_a_line_that_is_not_fit_would_be_seen(line: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        assert_lines_are_fit(line, [])
