"""The researcher's desk over a million answers: a page, and the count behind it.

The answers are rows of a throw-away database: no capture is measured here. The floor of a page is
the same counts made on the spot, a GROUP BY over every answer.
"""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from uuid import UUID

from starlette.testclient import TestClient

from app.db import migrate
from app.db.engine import Database
from app.domain.access import Role
from app.main import build_service, create_app
from app.services import desk_counts
from app.settings import Settings
from bench.result import Result
from bench.server import ROOT

sys.path.insert(0, str(ROOT / "tests"))  # the staff of the tests sign in

from fixtures.staff import make_staff, sign_in

ANSWERS = int(os.environ.get("DESK_ANSWERS", "1000000"))
LOOKS = 60
TEAMS = tuple(f"team-{number:02d}" for number in range(20))
PHASES = ("baseline", "training", "with_grid", "sustain")
RESPONDENTS = ("young_person", "parent_self", "parent_proxy")
MODES = ("tablet_handed_over", "own_phone")
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
ENCOUNTER = """INSERT INTO encounter (id, team_id, practitioner, opened_by, state, appointment_type,
 appointment_mode, encounter_on, people_present, language, interpreter, study_id, phase, picked,
 header, header_differs, opened_at) VALUES (?, ?, ?, 'b', 'closed', 'first', 'in_person', ?, '[]',
 'en', 'none', 'default', ?, '[]', '{}', 0, ?)"""
RESPONSE = """INSERT INTO response (id, encounter_id, device, seq, digest, sealed, receipt, state,
 instrument_id, instrument_version, wording_sha256, language, occasion, respondent, mode, helped_by,
 items, environment, demo, late, made_at, received_at) VALUES (?, ?, 'd', ?, '', x'', '',
 'complete', 'collaborate-0-9', '1', 'ab', 'en', 'after', ?, ?, '[]', ?, 'live', 0, 0, ?, ?)"""
ON_THE_SPOT = """SELECT e.team_id, e.phase, count(*), sum(r.items LIKE '%9%9%9%')
 FROM response r JOIN encounter e ON e.id = r.encounter_id
 WHERE e.state <> 'voided' AND r.respondent = 'young_person' AND r.mode = 'own_phone'
 GROUP BY e.team_id, e.phase"""


def measure() -> Iterator[Result]:
    """Give the 95th percentile of a page in milliseconds, and what a whole count takes."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(
            database_url=f"sqlite:///{scratch}/desk.sqlite", var_dir=Path(scratch, "var")
        )
        database = Database(settings.database)
        migrate.upgrade(database)
        staff = make_staff(database, roles=[Role.RESEARCHER], teams=TEAMS)
        _fill(Path(scratch, "desk.sqlite"))
        counting = _seconds_to_count(database)
        busy = time.process_time()
        p95, middle = _looks(settings, staff)
        busy = 1000 * (time.process_time() - busy) / LOOKS
        spot = _on_the_spot(Path(scratch, "desk.sqlite"))
        database.dispose()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    method = (
        f"p95 of {LOOKS} warm looks of one person over {ANSWERS} answers, signed in, audited, in"
        f" process; median {middle:.0f} ms, {busy:.0f} ms of processor each; v one GROUP BY over"
        f" the answers by sqlite3; the nightly count {counting:.1f} s, process at most {memory} MB"
    )
    yield Result("desk.dashboard", p95, "ms", spot, method)


def _fill(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-200000")
        encounters, responses = _rows(ANSWERS)
        connection.executemany(ENCOUNTER, encounters)
        connection.executemany(RESPONSE, responses)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(count: int) -> tuple[Iterator[tuple[object, ...]], Iterator[tuple[object, ...]]]:
    places = list(product(TEAMS, PHASES))

    def encounters() -> Iterator[tuple[object, ...]]:
        for number in range(count):
            team, phase = places[number % len(places)]
            at = BEGAN + timedelta(seconds=30 * number)
            practitioner = f"{team}-{number // len(places) % 10}"
            yield _id(number), team, practitioner, at.date().isoformat(), phase, _text(at)

    def responses() -> Iterator[tuple[object, ...]]:
        draw = random.Random(1)
        for number in range(count):
            at = _text(BEGAN + timedelta(seconds=30 * number))
            top = draw.random() < 0.4
            items = f'{{"explain":9,"listen":9,"include":{9 if top else draw.randint(0, 8)}}}'
            who, how = draw.choice(RESPONDENTS), draw.choice(MODES)
            yield _id(count + number), _id(number), number, who, how, items, at, at

    return encounters(), responses()


def _id(number: int) -> str:
    return str(UUID(int=number))


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def _seconds_to_count(database: Database) -> float:
    began = time.perf_counter()
    counted = desk_counts.count_answers(database, by="system", now=datetime.now(UTC))
    if counted is None or counted.answers != ANSWERS or not counted.shown:
        raise RuntimeError(f"the count is not of every answer: {counted}")
    return time.perf_counter() - began


def _looks(settings: Settings, staff: object) -> tuple[float, float]:
    service = build_service(settings, lambda: datetime.now(UTC))
    taken = []
    with TestClient(create_app(service), base_url="https://testserver") as client:
        sign_in(client, staff, now=datetime.now(UTC))  # type: ignore[arg-type]
        for number in range(LOOKS + 5):
            respondent, mode = RESPONDENTS[number % 3], MODES[number % 2]
            began = time.perf_counter()
            answer = client.get(f"/research?respondent={respondent}&mode={mode}")
            taken.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200 or "Baseline" not in answer.text:
                raise RuntimeError(f"no results: {answer.status_code}")
    service.database.dispose()
    warm = sorted(taken[5:])
    return warm[int(len(warm) * 0.95) - 1], warm[len(warm) // 2]


def _on_the_spot(path: Path) -> float:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(ON_THE_SPOT).fetchall()
        began = time.perf_counter()
        connection.execute(ON_THE_SPOT).fetchall()
        return 1000 * (time.perf_counter() - began)
