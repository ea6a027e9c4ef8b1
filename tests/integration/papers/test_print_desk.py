"""The print desk: from a tablet to a printer, once, and nowhere else."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from fixtures.capture import TEAM, Tablet, hand_over
from fixtures.pdfs import letters, pages_of
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, make_staff, sign_in
from fixtures.tablets import enrol
from starlette.testclient import TestClient

from app.adapters.print_tickets import MOST_OF_ONE
from app.domain.access import Role
from app.web.phone_host import PATHS
from app.web.service import Service

CANARY = "Zwetschgenkuchen"
WORDS = {"people": f"{CANARY} with my aunt", "name": CANARY}
PROFILE = "/v1/print-tickets/profile"


@pytest.fixture
def tablet(service: Service) -> Tablet:
    return hand_over(service.database, service.keyring)


def staff_of(service: Service, *, team: str = TEAM, role: Role = Role.PRACTITIONER) -> MadeStaff:
    return make_staff(service.database, teams=(team,), roles=(role,))


def leave(client: TestClient, tablet: Tablet, way: str = "desk", **words: str) -> str:
    """Leave a profile; return its code, or the picture of its QR code."""
    answer = client.post(
        f"{PROFILE}?way={way}",
        data=WORDS | words,
        headers={"Authorization": f"Bearer {tablet.token}"},
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["minutes"] == (15 if way == "desk" else 10)
    return str(told["code"] if way == "desk" else told["qr"]["path"])


def key_in(page: str) -> str:
    (key,) = re.findall(r'name="key" value="([\w-]+)"', page)
    return str(key)


class TestAtTheDesk:
    def test_two_words_bring_the_paper_once(
        self, client: TestClient, service: Service, tablet: Tablet
    ) -> None:
        code = leave(client, tablet)
        assert re.fullmatch(r"[a-z]+ [a-z]+", code)
        sign_in(client, staff_of(service))
        opened = client.post("/print-desk", data={"code": code.upper()})
        assert opened.status_code == 200
        assert "For the young person" in opened.text
        assert opened.headers["cache-control"] == "no-store"
        key = key_in(opened.text)
        paper = client.post("/print-desk/paper", data={"key": key})
        assert paper.headers["content-type"] == "application/pdf"
        assert paper.headers["cache-control"] == "no-store"
        assert paper.headers["content-disposition"] == "inline; filename=paper.pdf"
        assert letters(CANARY) in letters(pages_of(paper.content)[0])
        assert len(service.tickets) == 0
        again = client.post("/print-desk/paper", data={"key": key})
        assert again.status_code == 410
        assert "given out already" in again.text
        used = client.post("/print-desk", data={"code": code})
        assert used.status_code == 422
        assert "No paper waits under these words" in unescape(used.text)

    def test_an_enrolled_tablet_leaves_papers_too_until_it_is_lost(
        self, client: TestClient, service: Service
    ) -> None:
        leave(client, enrol(service.database, service.keyring, number=7))
        lost = enrol(service.database, service.keyring, number=8, revoked_at=START)
        for token in (lost.token, "nobody", ""):
            headers = {"Authorization": f"Bearer {token}"}
            answer = client.post(f"{PROFILE}?way=desk", data=WORDS, headers=headers)
            assert (answer.status_code, answer.json()) == (401, {"error": "credential_unknown"})
        assert len(service.tickets) == 1

    def test_a_hand_over_that_is_over_leaves_nothing(
        self, client: TestClient, service: Service, tablet: Tablet, clock: Clock
    ) -> None:
        clock.pass_time(days=1)
        headers = {"Authorization": f"Bearer {tablet.token}"}
        assert client.post(f"{PROFILE}?way=desk", data=WORDS, headers=headers).status_code == 401

    def test_words_that_do_not_fit_are_said_to_the_tablet(
        self, client: TestClient, tablet: Tablet, service: Service
    ) -> None:
        headers = {"Authorization": f"Bearer {tablet.token}"}

        def error(**words: str) -> str:
            sent = client.post(f"{PROFILE}?way=desk", data=WORDS | words, headers=headers)
            assert sent.status_code == 422
            return str(sent.json()["error"])

        assert error(days="x " * 2000) == "too_long"
        assert error(days="x" * 5001) == "invalid"
        assert error(days="\u0378") == "missing"
        assert client.post(f"{PROFILE}?way=post", headers=headers).json() == {"error": "invalid"}
        assert len(service.tickets) == 0

    def test_after_fifteen_minutes_it_is_gone(
        self, client: TestClient, service: Service, tablet: Tablet, clock: Clock
    ) -> None:
        code, late = leave(client, tablet), leave(client, tablet)
        sign_in(client, staff_of(service))
        key = key_in(client.post("/print-desk", data={"code": code}).text)
        clock.pass_time(minutes=15)
        assert client.post("/print-desk", data={"code": late}).status_code == 422
        assert client.post("/print-desk/paper", data={"key": key}).status_code == 410
        assert len(service.tickets) == 0

    def test_another_team_does_not_get_it_and_does_not_use_it_up(
        self, client: TestClient, service: Service, tablet: Tablet
    ) -> None:
        code = leave(client, tablet)
        sign_in(client, staff_of(service, team="south"))
        assert client.post("/print-desk", data={"code": code}).status_code == 422
        client.cookies.clear()
        sign_in(client, staff_of(service, role=Role.FRONT_DESK))
        assert client.post("/print-desk", data={"code": code}).status_code == 200

    def test_only_whoever_opened_it_gets_the_paper(
        self, client: TestClient, service: Service, tablet: Tablet
    ) -> None:
        code = leave(client, tablet)
        sign_in(client, staff_of(service))
        key = key_in(client.post("/print-desk", data={"code": code}).text)
        client.cookies.clear()
        sign_in(client, staff_of(service))
        assert client.post("/print-desk/paper", data={"key": key}).status_code == 410
        assert len(service.tickets) == 1

    def test_nobody_else_reaches_the_desk(self, client: TestClient, service: Service) -> None:
        assert client.get("/print-desk", follow_redirects=False).status_code == 303
        sign_in(client, staff_of(service, role=Role.RESEARCHER))
        assert client.get("/print-desk").status_code == 403

    def test_wrong_words_make_the_next_try_wait(
        self, client: TestClient, service: Service, tablet: Tablet, clock: Clock
    ) -> None:
        code = leave(client, tablet)
        sign_in(client, staff_of(service))
        wrong = ["acorn pony", "pony acorn", "cake tulip", "tulip cake"]
        assert [guess(client, words) for words in wrong] == [422] * 4
        assert guess(client, "cloud chalk") == 429
        # A right code is not looked at either while it waits, so that no try is free.
        assert guess(client, code) == 429
        clock.pass_time(seconds=5)
        assert guess(client, code) == 200

    def test_what_is_no_code_is_not_counted(
        self, client: TestClient, service: Service, tablet: Tablet
    ) -> None:
        sign_in(client, staff_of(service))
        assert [guess(client, "lantern") for _ in range(8)] == [422] * 8
        page = client.post("/print-desk", data={"code": ""}).text
        assert "Type the two words from the tablet" in page
        assert "Error: " in page

    def test_a_tablet_that_goes_on_and_on_is_told_to_wait(
        self, client: TestClient, service: Service, tablet: Tablet
    ) -> None:
        for _ in range(MOST_OF_ONE):
            leave(client, tablet, "phone")
        headers = {"Authorization": f"Bearer {tablet.token}"}
        answer = client.post(f"{PROFILE}?way=desk", data=WORDS, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (503, "too_busy")
        assert answer.headers["retry-after"] == "5"


class TestOnAPhone:
    def test_a_qr_code_brings_the_same_paper_once(
        self, client: TestClient, service: Service, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn: list[str] = []

        def draw(address: str) -> tuple[int, str]:
            drawn.append(address)
            return 29, "M0 0h1"

        monkeypatch.setattr("app.web.routes.print_desk.draw_code", draw)
        assert leave(client, tablet, "phone") == "M0 0h1"
        (address,) = drawn
        page, secret = address.split("#")
        assert page == "https://testserver/take"
        shown = client.get("/take")
        assert "data-take" in shown.text
        assert shown.headers["cache-control"] == "no-store"
        assert len(service.tickets) == 1  # looking at the address takes nothing: previews do that
        got = client.post("/take", data={"secret": secret})
        assert got.headers["content-disposition"] == "attachment; filename=paper.pdf"
        assert letters(CANARY) in letters(pages_of(got.content)[0])
        again = client.post("/take", data={"secret": secret})
        assert again.status_code == 410
        assert "has been used, or its time is over" in again.text

    def test_it_lasts_ten_minutes(
        self, client: TestClient, service: Service, tablet: Tablet, clock: Clock
    ) -> None:
        leave(client, tablet, "phone")
        service.tickets.drop_over(START + timedelta(minutes=9, seconds=59))
        assert len(service.tickets) == 1
        service.tickets.drop_over(START + timedelta(minutes=10))
        assert len(service.tickets) == 0

    def test_a_phone_secret_opens_nothing_at_the_desk(self) -> None:
        """The two kinds are named apart in memory, so that a guess at one is none at the other."""
        assert "/take" in PATHS


def guess(client: TestClient, words: str) -> int:
    return client.post("/print-desk", data={"code": words}).status_code


def test_no_word_and_no_code_is_in_database_logs_or_files(
    client: TestClient,
    service: Service,
    tablet: Tablet,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "planted").write_text(CANARY)
    caplog.set_level(logging.DEBUG)
    code = leave(client, tablet)
    leave(client, tablet, "phone")
    wrong = "rhubarb tugboat" if code != "rhubarb tugboat" else "tugboat rhubarb"
    sign_in(client, staff_of(service))
    guess(client, wrong)
    key = key_in(client.post("/print-desk", data={"code": code}).text)
    assert client.post("/print-desk/paper", data={"key": key}).content.startswith(b"%PDF")
    sought = [CANARY.encode(), code.encode(), wrong.encode(), key.encode()]
    found = {path for path in files_near(tmp_path) for each in sought if each in path.read_bytes()}
    assert found == {tmp_path / "planted"}
    logged = (caplog.text + "".join(capfd.readouterr())).encode()
    assert [each for each in sought if each in logged] == []


def files_near(folder: Path) -> Iterator[Path]:
    """The database and everything else of this test, and what the engine puts aside."""
    aside = Path(tempfile.gettempdir())
    for place in (folder, *aside.glob("weasyprint*"), *aside.glob("tmp*"), *aside.glob("pymp*")):
        for path in [place, *place.rglob("*")] if place.is_dir() else [place]:
            if path.is_file() and path.stat().st_size < 20_000_000:
                yield path
