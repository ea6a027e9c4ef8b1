"""Taking answers out by four words: what goes, what stays, and that nobody gets it wrong."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from fixtures.capture import START, Tablet, hand_over
from fixtures.keeping import (
    other_bytes,
    record,
    salt_of,
    set_aside,
    signed_in,
    stored,
    viewer_of,
    words_for,
)
from fixtures.service import Clock
from fixtures.staff import happened, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.queries import erasures as queries
from app.db.tables import DeviceSequence, Erasure, ExportRequest, Quarantined, Response
from app.domain.access import Role
from app.errors import NotFound
from app.services import audit, erasing_bytes, erasures
from app.services.erasures import Asked
from app.services.exports import file_path
from app.web.service import Service


def erase(client: TestClient, words: str, response_id: str) -> int:
    answer = client.post(f"/erase/{response_id}", data={"words": words}, follow_redirects=False)
    return answer.status_code


def erased(database: Database) -> list[Erasure]:
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        return list(db.exec(select(Erasure)).all())


def count(database: Database, model: type) -> int:
    with sessions.read(database) as db:
        return len(db.exec(select(model)).all())


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.ADMINISTRATOR])
def test_the_desk_takes_answers_out(
    client: TestClient, database: Database, tablet: Tablet, role: Role
) -> None:
    kept, sent = stored(database, tablet), stored(database, tablet)
    desk = signed_in(client, database, role)
    page = client.post("/erase", data={"words": words_for(sent).upper()})
    assert page.status_code == 200
    assert "23 November 2026" in page.text
    assert "North" in page.text
    assert "The young person" in page.text
    assert kept.id not in page.text
    with sessions.read(database) as db:
        receipt = db.get_one(Response, sent.id).receipt

    assert erase(client, words_for(sent), sent.id) == 303

    row = erased(database)[0]
    assert (row.response_id, row.encounter_id) == (sent.id, tablet.header["id"])
    assert (row.device, row.seq, row.receipt) == (tablet.device, 2, receipt)
    assert (row.reason, row.recorded_by, row.exports) == ("withdrawn", desk.id, [])
    with sessions.read(database) as db:
        assert db.get(Response, sent.id) is None
        assert db.get(Response, kept.id) is not None
        assert [each.seq for each in db.exec(select(DeviceSequence)).all()] == [1, 2]
    kind, actor, subject, details = happened(database)[-1]
    assert (kind, actor, subject) == ("response_erased", desk.id, sent.id)
    assert details == {"reason": "withdrawn", "device": tablet.device, "seq": 2, "exports": 0}
    assert "after 35 days" in client.get(f"/erase/{sent.id}").text


def test_a_tablet_that_offers_its_copy_again_hears_the_same(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = stored(database, tablet)
    headers = sent.headers(tablet.token)
    before = client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=headers)
    signed_in(client, database, Role.FRONT_DESK)
    assert erase(client, words_for(sent), sent.id) == 303
    after = client.put(f"/v1/responses/{sent.id}", content=sent.body, headers=headers)
    assert (after.status_code, after.content) == (200, before.content)
    assert count(database, Response) == count(database, Quarantined) == 0


def test_copies_in_quarantine_go_with_it(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = stored(database, tablet)
    for pace in (1, 2):
        other_bytes(database, tablet, sent, items={"welcome": 1, "pace": pace, "questions": 3})
    signed_in(client, database, Role.FRONT_DESK)
    page = client.post("/erase", data={"words": words_for(sent)})
    assert "2 copies that wait in quarantine" in page.text
    assert erase(client, words_for(sent), sent.id) == 303
    with sessions.read(database) as db:
        copies = db.exec(select(Quarantined)).all()
    assert [(copy.sealed, copy.settled_as) for copy in copies] == [(b"", "erased")] * 2
    assert all(copy.digest == copy.id for copy in copies)
    kinds = [kind for kind, *_ in happened(database)]
    assert kinds[-3:] == ["quarantine_settled", "quarantine_settled", "response_erased"]
    erased(database)


def test_a_set_that_lies_only_in_quarantine_is_found(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = set_aside(database, tablet, device="9b2f6f2e-0f5c-4a44-8f0e-2c6f1d6f9f11")
    set_aside(database, tablet, items={"welcome": 77, "pace": 1, "questions": 1})
    signed_in(client, database, Role.FRONT_DESK)
    assert erase(client, words_for(sent), sent.id) == 303
    assert [row.response_id for row in erased(database)] == [sent.id]
    with sessions.read(database) as db:
        left = {copy.response_id: bool(copy.sealed) for copy in db.exec(select(Quarantined)).all()}
    assert left.pop(sent.id) is False
    assert list(left.values()) == [True]


def test_words_that_are_no_words_and_words_of_nothing(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    sent = stored(database, tablet)
    signed_in(client, database, Role.FRONT_DESK)
    odd = client.post("/erase", data={"words": "acorn badge <b>"})
    assert odd.status_code == 422
    assert "spelt as on the paper" in odd.text
    assert "acorn badge &lt;b&gt;" in odd.text
    unknown = client.post("/erase", data={"words": "acorn badge zebra kite"})
    assert unknown.status_code == 422
    assert "No answers here belong to these words" in unknown.text
    assert "have not arrived" in unknown.text
    assert erase(client, "acorn badge zebra kite", sent.id) == 422
    assert erase(client, "", sent.id) == 422
    assert count(database, Response) == 1
    assert erased(database) == []


def test_the_words_of_one_do_not_erase_another(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    one, other = stored(database, tablet), stored(database, tablet)
    signed_in(client, database, Role.FRONT_DESK)
    assert erase(client, words_for(one), other.id) == 404
    assert erase(client, words_for(one), "no-such-set") == 404
    assert client.get(f"/erase/{one.id}").status_code == 404
    assert count(database, Response) == 2


def test_two_sets_with_the_same_words_are_told_apart(
    client: TestClient, database: Database, tablet: Tablet
) -> None:
    one = stored(database, tablet)
    other = stored(database, tablet, salt=one.document["salt"], respondent="parent_self")
    signed_in(client, database, Role.FRONT_DESK)
    page = client.post("/erase", data={"words": words_for(one)})
    assert "Which of these are the answers?" in page.text
    assert "The young person" in page.text
    assert "A parent or carer, for themselves" in page.text
    assert erase(client, words_for(one), other.id) == 303
    with sessions.read(database) as db:
        assert [row.id for row in db.exec(select(Response)).all()] == [one.id]


def test_wrong_words_are_slowed_down_and_right_ones_not_lost(
    client: TestClient, database: Database, tablet: Tablet, clock: Clock
) -> None:
    sent = stored(database, tablet)
    signed_in(client, database, Role.FRONT_DESK)
    wrong = {"words": "acorn badge zebra kite"}
    answers = [client.post("/erase", data=wrong).status_code for _ in range(7)]
    assert answers == [422] * 6 + [429]
    assert client.post("/erase", data={"words": words_for(sent)}).status_code == 429
    assert client.post("/erase", data={"words": "not four words"}).status_code == 422
    clock.pass_time(minutes=15)
    assert client.post("/erase", data={"words": words_for(sent)}).status_code == 200


def test_who_may_not(client: TestClient, database: Database) -> None:
    assert client.get("/erase", follow_redirects=False).headers["location"].startswith("/sign-in")
    for role in (Role.PRACTITIONER, Role.RESEARCHER, Role.AUDITOR):
        signed_in(client, database, role)
        assert client.get("/erase").status_code == 403
        assert client.post("/erase", data={"words": "acorn badge zebra kite"}).status_code == 403
        assert client.post("/erase/x", data={}).status_code == 403


def _ready_export(database: Database, folder: Path, asked_by: str, **filters: object) -> str:
    row = ExportRequest(
        id=f"export-{len(list(folder.glob('*')))}",
        requested_by=asked_by,
        requested_at=START,
        reason="Service evaluation of two teams",
        filters={
            "instrument_id": "effort-practice",
            "from_on": "2026-11-01",
            "to_on": "2026-11-30",
            "teams": [],
        }
        | filters,
        state="ready",
        file_sha256="a" * 64,
        rows=3,
        built_at=START,
    )
    with sessions.write(database) as db:
        db.add(row)
    file_path(folder, row.id).write_bytes(b"zip")
    return row.id


def test_exports_that_held_it_are_named_and_their_files_taken_back(
    client: TestClient, service: Service, database: Database, tablet: Tablet
) -> None:
    folder = service.settings.var_dir / "exports"
    folder.mkdir(parents=True)
    researcher = make_staff(database, roles=[Role.RESEARCHER], teams=[])
    sent = stored(database, tablet)
    held = _ready_export(database, folder, researcher.id)
    others = [
        _ready_export(database, folder, researcher.id, to_on="2026-11-22"),
        _ready_export(database, folder, researcher.id, instrument_id="collaborate-0-9"),
        _ready_export(database, folder, researcher.id, teams=["elsewhere"]),
    ]
    signed_in(client, database, Role.FRONT_DESK)
    assert erase(client, words_for(sent), sent.id) == 303
    assert erased(database)[0].exports == [held]
    assert held in client.get(f"/erase/{sent.id}").text
    assert not file_path(folder, held).exists()
    assert all(file_path(folder, other).exists() for other in others)
    with sessions.read(database) as db:
        row = db.get_one(ExportRequest, held)
        assert (row.state, row.file_sha256, row.rows, row.built_at) == (
            "approved",
            None,
            None,
            None,
        )
        assert {db.get_one(ExportRequest, other).state for other in others} == {"ready"}
    sign_in(client, researcher)
    assert client.post(f"/exports/{held}/download").status_code == 409


def test_two_desks_at_once_erase_it_once(
    database: Database, tablet: Tablet, tmp_path: Path
) -> None:
    sent = stored(database, tablet)
    desks = [make_staff(database, roles=[Role.FRONT_DESK]) for _ in range(4)]
    outcomes: list[str] = []

    def work(number: int) -> None:
        asked = Asked(words_for(sent), viewer_of(desks[number]), tablet.keyring)
        try:
            outcome = erasures.erase_by_words(
                database, asked=asked, response_id=sent.id, folder=tmp_path, now=START
            )
        except NotFound:
            outcomes.append("gone")
        else:
            outcomes.append("erased" if outcome is None else "unknown")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes).count("erased") == 1
    assert len(outcomes) == 4
    assert len(erased(database)) == 1
    kinds = [kind for kind, *_ in happened(database)]
    assert kinds.count("response_erased") == 1


def test_nothing_is_left_in_the_file_of_the_database(
    sqlite_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    try:
        tablet = hand_over(database, keyring)
        # Enough sets for pages of their own, so that whole pages are freed and not only cells.
        sent = [stored(database, tablet) for _ in range(8)]
        needles = [sent[3].body[90:250], salt_of(sent[3]), sent[3].body[-40:]]
        found = _on_disk(database)
        assert needles[0] in found
        assert needles[2] in found
        with sessions.write(database) as db:
            emptied = erasures.erase_sets(
                db,
                [sent[3].id],
                reason=erasures.ErasureReason.WITHDRAWN,
                actor=audit.SYSTEM,
                now=START,
            )
        erasures.forget_bytes(database, tmp_path, emptied)
        found = _on_disk(database)
        assert not any(needle in found for needle in needles)
        assert sent[2].body[90:250] in found
    finally:
        database.dispose()


def _on_disk(database: Database) -> bytes:
    assert database.path is not None
    paths = [database.path, *database.path.parent.glob(f"{database.path.name}-*")]
    return b"".join(path.read_bytes() for path in paths)


def test_a_log_that_is_held_open_is_emptied_later(
    sqlite_url: str, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing_bytes, "BUSY_SECONDS", 0.05)
    database = Database(sqlite_url)
    try:
        tablet = hand_over(database, keyring)
        with database.reader.begin() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM response").scalar_one()
            sent = stored(database, tablet)
            erasing_bytes.drop_old_pages(database)
            assert sent.body[-40:] in _on_disk(database)
        erasing_bytes.drop_old_pages(database)
        assert database.path is not None
        log = database.path.with_name(f"{database.path.name}-wal")
        assert not log.exists() or log.stat().st_size == 0
    finally:
        database.dispose()


def test_an_unknown_set_cannot_be_erased(database: Database, tablet: Tablet) -> None:
    with pytest.raises(NotFound), sessions.write(database) as db:
        erasures.erase_sets(
            db,
            ["00000000-0000-4000-8000-000000000000"],
            reason=erasures.ErasureReason.WITHDRAWN,
            actor=audit.SYSTEM,
            now=START,
        )
    assert erased(database) == []


def test_bytes_that_are_no_answer_set_hide_no_words(
    database: Database, tablet: Tablet, keyring: Keyring
) -> None:
    document = tablet.document()
    for clear in (b"[1]", b'{"salt":7}', b'{"salt":"!!"}', b"\xff", b"[" * 5000, b'{"salt":"AA"}'):
        sent = tablet.sealed_bytes(clear, str(document["id"]), document)
        assert record(database, tablet, sent).http_status == 202
    with sessions.read(database) as db:
        copies = list(queries.iterate_copies(db))
        assert len(copies) == 6
        assert [erasures._salt_in(copy, keyring) for copy in copies] == [None] * 6
