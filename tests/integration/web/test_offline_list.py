"""What is listed for tablets: everything with its hash, nothing about anybody, as of today."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fixtures.offline import build_of, full_list
from fixtures.reviews import next_edition, released, sensitive, stock
from fixtures.service import START, Clock
from fixtures.staff import make_staff, sign_in
from fixtures.waiting import until
from starlette.testclient import TestClient

from app.adapters.pdf import PdfWorkers
from app.errors import TooBusy
from app.main import create_app
from app.services import crisis_number, switches
from app.services.switches import Switch
from app.settings import Settings
from app.web import offline_shelf, standing
from app.web.service import Service

K7, M4 = released("k7"), released("m4")
NUMBER = "01632 960 999"
STATIC = "/static/"


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """One engine: the list depends on no query."""
    return Settings(database_url=sqlite_url, var_dir=tmp_path / "var", look_again_seconds=60)


@pytest.fixture(autouse=True)
def _shelf(service: Service, client: TestClient, quick_papers: None) -> None:
    stock(service, K7)


def files_of(client: TestClient) -> dict[str, dict[str, Any]]:
    return {file["url"]: file for file in full_list(client)["files"]}


def documents(client: TestClient) -> set[str]:
    return {url for url in files_of(client) if not url.startswith(STATIC)}


def grid_addresses(address: str, *, paper: bool = True) -> set[str]:
    parts = {"", "?voice=parent", "/fragment", "/fragment?voice=parent"}
    papers = {"/handout.pdf?voice=young-person", "/handout.pdf?voice=parent"} if paper else set()
    return {f"{address}{part}" for part in parts | papers}


def switch_on(service: Service) -> None:
    now = service.clock()
    crisis_number.set_crisis_number(service.database, number=NUMBER, by="system", now=now)
    switches.turn(service.database, Switch.SENSITIVE_GRIDS, on=True, by="system", now=now)
    standing.refresh(service)


def test_it_lists_the_documents_that_must_work_and_each_grid_in_use(client: TestClient) -> None:
    always = {"/", "/help", "/profile", "/appointment", "/offline", "/leave", "/tablet"}
    served = {path for path in always if client.get(path).status_code == 200}
    assert served >= {"/", "/help", "/profile", "/appointment", "/offline"}
    assert documents(client) == served | grid_addresses("/g/k7/1")


def test_every_listed_body_is_what_anybody_gets_signed_in_or_not(
    client: TestClient, service: Service
) -> None:
    listed = {url: file["sha256"] for url, file in files_of(client).items()}

    def served() -> dict[str, str]:
        return {url: hashlib.sha256(client.get(url).content).hexdigest() for url in listed}

    assert served() == listed
    staff = make_staff(service.database, name="Robin Unmistakable")
    sign_in(client, staff)
    assert "Robin Unmistakable" in client.get("/home").text
    # A shelf asks without a login. Staff are not offered to keep a profile, and that is all.
    assert {url for url, sha256 in served().items() if sha256 != listed[url]} == {"/profile"}
    assert "Robin Unmistakable" not in client.get("/profile").text


def test_files_stand_before_the_documents_that_need_them_each_once(client: TestClient) -> None:
    found = full_list(client)
    urls = [file["url"] for file in found["files"]]
    assert len(urls) == len(set(urls))
    static = [url.startswith(STATIC) for url in urls]
    assert static == sorted(static, reverse=True)
    assert found["build"] == build_of(found["files"])
    assert full_list(client) == found


def test_every_file_that_a_listed_body_names_is_listed(client: TestClient) -> None:
    listed = files_of(client)
    named: set[str] = set()
    for url in listed:
        answer = client.get(url)
        if answer.headers["content-type"].startswith(("text/", "application/manifest")):
            named |= set(re.findall(r"/static/[0-9a-f]{12}/[\w./-]+", answer.text))
    assert named
    assert named - listed.keys() == set()


def test_a_new_edition_a_withdrawal_and_another_day_change_the_list(
    client: TestClient, service: Service, clock: Clock
) -> None:
    builds = [full_list(client)["build"]]
    stock(service, K7, next_edition(K7), M4)
    assert grid_addresses("/g/k7/2") | grid_addresses("/g/m4/1") <= documents(client)
    assert not grid_addresses("/g/k7/1") & documents(client)
    builds.append(full_list(client)["build"])
    stock(service, M4)
    assert not [url for url in documents(client) if url.startswith("/g/k7")]
    builds.append(full_list(client)["build"])
    assert len(set(builds)) == 3
    clock.pass_time(days=400)
    assert [url for url in documents(client) if url.startswith("/g/")] == []


def test_a_changed_help_number_changes_every_document_that_says_it(
    client: TestClient, service: Service
) -> None:
    before = files_of(client)
    now = service.clock()
    crisis_number.set_crisis_number(service.database, number=NUMBER, by="system", now=now)
    standing.refresh(service)
    after = files_of(client)
    assert after.keys() == before.keys()
    same = {url for url in after if after[url] == before[url]}
    assert {url for url in same if not url.startswith(STATIC)} <= {"/leave"} | {
        url for url in after if "/fragment" in url
    }
    assert NUMBER in client.get("/offline").text


def test_a_sensitive_grid_is_lent_for_a_day_without_paper_and_only_while_switched_on(
    client: TestClient, service: Service
) -> None:
    stock(service, K7, sensitive())
    assert not [url for url in documents(client) if url.startswith("/g/t5")]
    switch_on(service)
    files = files_of(client)
    assert {url for url in files if url.startswith("/g/t5")} == grid_addresses(
        "/g/t5/1", paper=False
    )
    hours = {url: file.get("lease_hours") for url, file in files.items() if "/g/" in url}
    assert hours["/g/t5/1/fragment"] == 24
    assert hours["/g/k7/1/fragment"] == 168
    assert hours["/g/k7/1/handout.pdf?voice=parent"] is None
    assert "lease_hours" not in files["/help"]
    switches.turn(
        service.database, Switch.SENSITIVE_GRIDS, on=False, by="system", now=service.clock()
    )
    standing.refresh(service)
    assert not [url for url in documents(client) if url.startswith("/g/t5")]


def test_papers_join_one_by_one_and_are_asked_for_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/offline.json").json()
    assert first["coming"] == [
        "/g/k7/1/handout.pdf?voice=young-person",
        "/g/k7/1/handout.pdf?voice=parent",
    ]
    assert not [file for file in first["files"] if ".pdf" in file["url"]]
    assert first["build"] == build_of(first["files"])
    assert full_list(client)["coming"] == []

    async def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("made again")

    monkeypatch.setattr(PdfWorkers, "render", never)
    assert len([url for url in files_of(client) if ".pdf" in url]) == 2


@pytest.mark.parametrize(("own", "papers"), [("https://grids.example.nhs.uk", 2), ("", 0)])
def test_where_the_address_is_known_papers_are_made_before_anybody_asks(
    service: Service, monkeypatch: pytest.MonkeyPatch, own: str, papers: int
) -> None:
    monkeypatch.setattr(offline_shelf, "AFTER_START", 0)
    told = replace(service, settings=service.settings.model_copy(update={"public_url": own}))
    with TestClient(create_app(told), base_url="https://testserver") as browser:
        until(lambda: len(told.papers.shelf) >= papers, "the papers were not made")
        assert browser.get("/healthz").status_code == 200
        assert len(told.papers.shelf) == papers
        if own:
            assert browser.get("/offline.json").json()["coming"] == []


@pytest.mark.parametrize(("failure", "coming"), [(TooBusy, 2), (ValueError, 0)])
def test_a_paper_that_cannot_be_made_costs_no_other_document(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
    coming: int,
) -> None:
    """A busy engine is asked again with the next list, one that fails at this paper is not."""

    async def fails(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr(PdfWorkers, "render", fails)
    for _ in range(20):
        found = client.get("/offline.json").json()
    assert len(found["coming"]) == coming
    assert not [file for file in found["files"] if ".pdf" in file["url"]]
    assert "/g/k7/1" in {file["url"] for file in found["files"]}


def test_nothing_on_the_list_tells_what_a_grid_is_about(
    client: TestClient, service: Service
) -> None:
    stock(service, K7, sensitive())
    switch_on(service)
    text = client.get("/offline.json").text.lower()
    assert [word for word in ("harm", "mood", "robin", "@") if word in text] == []


def test_the_worker_is_looked_for_anew_and_covers_the_whole_site(client: TestClient) -> None:
    answer = client.get("/sw.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    etag = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/sw.js", headers=etag).status_code == 304


def test_the_page_for_a_lost_network_has_every_number_and_the_way_on(
    client: TestClient, service: Service
) -> None:
    text = client.get("/offline").text
    assert "No network right now" in text
    assert 'href="/tablet"' in text
    assert [c.number for c in service.contacts.contacts if c.number not in text] == []
    assert START.date().isoformat() not in text
