"""Everything that lies on the server, against every answer set that there can be.

A set has 1,331 possible contents (0 to 9 or a gap, three times) or 216. Whoever has the whole
disk, the logs and a backup can hash them all in a moment; nothing that is stored may tell them
which it was, neither before an erasure nor after it. That the answers stand in their own column
before an erasure is what the service is for; after it they stand nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fixtures.capture import Sent, Tablet
from fixtures.keeping import other_bytes, salt_of, signed_in, words_for
from fixtures.service import START
from sqlalchemy import text
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.tables import METADATA, Response
from app.domain import envelope
from app.domain.access import Role
from app.services import audit, backups, wording_packs
from app.settings import ROOT, Settings

PACK_0_4 = (ROOT / "tests" / "fixtures" / "made-up-pack-0-4.yaml").read_bytes()
GAP = -98
HEX = re.compile(rb"[0-9a-f]{64}")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{43}(?![A-Za-z0-9+/_-])")
SCALES = {"0-9": (9, 1331), "0-4": (4, 216)}
ANSWERS = {
    "0-9": {"welcome": 9, "pace": 7, "questions": GAP},
    "0-4": {"explain": 4, "listen": 0, "include": GAP},
}


def every_answer(items: Mapping[str, int], highest: int) -> Iterator[dict[str, int]]:
    for values in product([*range(highest + 1), GAP], repeat=len(items)):
        yield dict(zip(items, values, strict=True))


def forms(document: Mapping[str, Any], items: Mapping[str, int]) -> Iterator[bytes]:
    """What somebody could hash who knows all of a set but its salt and its answers."""
    known = {**document, "items": items}
    unsalted = {key: value for key, value in known.items() if key != "salt"}
    wholes = [envelope.canonical_bytes(each) for each in (unsalted, {**known, "salt": ""})]
    yield from wholes
    yield from (envelope.pad(whole) for whole in wholes)
    alone = envelope.canonical_bytes(items)
    yield alone
    yield document["id"].encode() + alone
    yield " ".join(map(str, items.values())).encode()
    yield document["id"].encode() + " ".join(map(str, items.values())).encode()


def guessed(document: Mapping[str, Any], scale: str, stored: set[bytes]) -> list[dict[str, int]]:
    """Return the answers that some stored hash gives away."""
    return [
        items
        for items in every_answer(document["items"], SCALES[scale][0])
        if any(hashlib.sha256(form).digest() in stored for form in forms(document, items))
    ]


def hashes_in(dump: bytes) -> set[bytes]:
    """Every 32 bytes that may be a hash: in hex, in base64, and raw in whole columns."""
    found = {bytes.fromhex(each.decode()) for each in HEX.findall(dump)}
    for each in BASE64.findall(dump):
        found.add(base64.urlsafe_b64decode(each.replace(b"+", b"-").replace(b"/", b"_") + b"="))
    return found


def dump_of(database: Database, settings: Settings, logs: str) -> bytes:
    """Everything on the server as bytes: rows, files, logs, and a backup made now."""
    parts = [logs.encode(), *_rows(database)]
    backup = backups.make_backup(database, settings)
    with tarfile.open(backup) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None and not member.name.startswith("keys/"):
                parts.append(_as_text(member.name, content.read(), backup.parent))
    backup.unlink()
    if database.path is not None:
        folder, name = database.path.parent, database.path.name
        parts += [path.read_bytes() for path in folder.glob(f"{name}*") if path.is_file()]
    return b"\n".join(parts)


def _as_text(name: str, content: bytes, folder: Path) -> bytes:
    if name != "grids.dump":
        return content
    path = folder / name
    path.write_bytes(content)
    command = ["pg_restore", "--file=-", str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    path.unlink()
    return done.stdout


def _rows(database: Database) -> Iterator[bytes]:
    with database.reader.connect() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"')):
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(params=sorted(SCALES))
def scale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def answered(client: TestClient, database: Database, tablet: Tablet, scale: str) -> Sent:
    """A set that arrived over the wire, twice, and once more with other bytes."""
    changes: dict[str, Any] = {"items": ANSWERS[scale]}
    if scale == "0-4":
        with sessions.write(database) as db:
            pack = wording_packs.install_pack(
                db, raw=PACK_0_4, name="pack.yaml", by="staff-1", now=START
            )
            keys = ("instrument_id", "version", "sha256", "language")
            found = [getattr(pack, key) for key in keys]
        names = ("id", "version", "wording_sha256", "language")
        changes["instrument"] = dict(zip(names, found, strict=True))
    sent = tablet.send(**changes)
    for expected in (201, 200):
        answer = client.put(
            f"/v1/responses/{sent.id}", content=sent.body, headers=sent.headers(tablet.token)
        )
        assert answer.status_code == expected
    other_bytes(database, tablet, sent, state="interrupted")
    return sent


def test_no_answer_is_given_away_before_or_after_an_erasure(
    client: TestClient,
    database: Database,
    settings: Settings,
    answered: Sent,
    scale: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    document = answered.document
    assert len(list(every_answer(document["items"], SCALES[scale][0]))) == SCALES[scale][1]
    before = dump_of(database, settings, "".join(capfd.readouterr()))
    assert bytes.fromhex(answered.digest) in hashes_in(before)
    assert guessed(document, scale, hashes_in(before)) == []
    traces = _traces(answered)
    # The salt is sealed; the sealed bytes and the answers are there as long as they are kept.
    assert [trace in before for trace in traces[:2] + traces[3:5] + traces[-1:]] == [
        *(False, False),
        *(True, True),
        True,
    ]

    signed_in(client, database, Role.FRONT_DESK)
    assert (
        client.post(f"/erase/{answered.id}", data={"words": words_for(answered)}).status_code == 200
    )

    after = dump_of(database, settings, "".join(capfd.readouterr()))
    assert guessed(document, scale, hashes_in(after)) == []
    assert [trace for trace in traces if trace in after] == []
    assert answered.id.encode() in after
    with sessions.read(database) as db:
        assert audit.verify(db) is None
        assert db.exec(select(Response)).all() == []


def _traces(sent: Sent) -> tuple[bytes, ...]:
    """What would give the answers, or let them be checked: salt, bytes and the answers."""
    salt, body = salt_of(sent), sent.body
    named = [f'"{name}"'.encode() for name in sent.document["items"]]
    return (
        salt,
        salt.hex().encode(),
        str(sent.document["salt"]).encode(),
        body[100:164],
        body[-64:],
        body[100:164].hex().encode(),
        named[0] + b": " + str(next(iter(sent.document["items"].values()))).encode(),
    )


def test_the_attack_finds_a_hash_without_a_salt(
    database: Database, settings: Settings, answered: Sent, scale: str
) -> None:
    """The same attack, with one careless hash among everything that is stored."""
    items = answered.document["items"]
    for number, form in enumerate(forms(answered.document, items)):
        careless = hashlib.sha256(form)
        in_base64 = base64.b64encode(careless.digest()).decode()
        with sessions.write(database) as db:
            row = db.get_one(Response, answered.id)
            row.withdrawal_key = careless.hexdigest() if number % 2 else in_base64
        stored = hashes_in(b"\n".join(_rows(database)))
        assert guessed(answered.document, scale, stored) == [items]
    assert careless.digest() in hashes_in(dump_of(database, settings, careless.hexdigest()))
