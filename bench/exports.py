"""Files for research from a million answer sets, against what the ``sqlite3`` program writes.

``EXPORT_SETS`` makes it smaller; the count is printed with every figure. Memory is the highest of a
process of its own, at a tenth of the count and at the whole.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from uuid import UUID

from app.adapters.collector import seldom_collecting
from app.adapters.formats.csv_files import LongCsv
from app.adapters.formats.parquet import ParquetTables
from app.db import migrate, sessions
from app.db.engine import Database
from app.db.queries import export_rows
from app.db.queries.exports import ExportFilters
from app.domain.column import map_column
from app.domain.csv_text import cells_text, columns_text
from app.domain.dataset import ItemShape, Schema
from app.domain.dataset_rows import KEPT, Met, Project, Said, StoredRow, wide_pages
from app.domain.uniqueness import Coarsening
from bench.result import Result

SETS = int(os.environ.get("EXPORT_SETS", "1000000"))
ITEMS = ("welcome", "pace", "questions")
FILTERS = ExportFilters("effort-practice", date(2026, 1, 1), date(2026, 12, 31))
SCHEMA = Schema(
    "bench", "effort-practice", tuple(ItemShape(i, n, i) for n, i in enumerate(ITEMS, 1)), 0, 9
)
MOST_MEGABYTES = 300
#: What appointments and answer sets differ in, drawn evenly: harder on what is kept than life is.
MET: dict[str, tuple[str | None, ...]] = {
    "appointment_type": ("first", "treatment", "review"),
    "appointment_mode": ("in_person", "video"),
    "interpreter": ("none", "professional"),
    "age_band": ("8-11", "12-13", "14-15", "16-17"),
    "people_present": ("[]", '["young_person"]', '["parent", "young_person"]', '["parent"]'),
    "need_group_practitioner": (None, "advice", "help", "more_help", "risk_support"),
    "need_group_young_person": (None, None, "advice", "help"),
}
SAID: dict[str, tuple[str | int | None, ...]] = {
    "occasion": ("after", "after", "before"),
    "respondent": ("young_person", "parent_self", "parent_proxy"),
    "mode": ("tablet_handed_over", "own_phone", "paper_entered_by_staff"),
    "helped_by": ("[]", "[]", '["parent"]', '["parent", "supporter"]'),
    "seen_by_others": (None, "yes", "no", "not_sure"),
    "late": (0, 0, 0, 1),
    "grid_public_id": tuple(f"grid-{n}" for n in range(12)),
}
ANSWERS = (*range(10), *range(5, 10), -97)


def measure() -> Iterator[Result]:
    """Give seconds of each kind of file, and the memory that the whole job needs."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        small, large = folder / "small.sqlite", folder / "large.sqlite"
        fill(small, SETS // 10)
        fill(large, SETS)
        floor, floor_busy = _program(large, folder)
        told = {kind: _child(kind, large, folder) for kind in ("raw", "pseudonyms", "parquet")}
        little = _child("pseudonyms", small, folder)
        scale = f"{SETS} answer sets, {SETS * len(ITEMS)} long rows"
    for kind, (seconds, busy, _) in told.items():
        method = (
            f"{scale}; floor: the sqlite3 program, .mode csv, the same columns joined and sorted;"
            f" processor {busy:.1f} s v {floor_busy:.1f} s, {busy / floor_busy:.2f}"
        )
        yield Result(f"export, {kind}", seconds, "s", floor, method)
    peak = max(memory for _, _, memory in told.values())
    grown = f"highest of any kind; {little[2]:.0f} MB with a tenth of {scale}; floor: the limit"
    yield Result("export, peak memory", peak, "MB", MOST_MEGABYTES, grown)


def _child(kind: str, path: Path, folder: Path) -> tuple[float, float, float]:
    """Return seconds, those of the processor, and megabytes of one kind, made in a process."""
    command = [sys.executable, "-m", "bench.exports", kind, str(path), str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, busy, memory = json.loads(found.stdout.splitlines()[-1])
    return seconds, busy, memory


def main(kind: str, path: Path, folder: Path) -> None:
    """Write one kind of file and print seconds, those of the processor, and megabytes."""
    database = Database(f"sqlite:///{path}")
    began, busy = time.perf_counter(), time.process_time()
    with sessions.snapshot(database) as db, seldom_collecting():
        pages = export_rows.iterate_rows(db, FILTERS)
        {"raw": _raw, "pseudonyms": _pseudonyms, "parquet": _parquet}[kind](pages, folder)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    print(json.dumps([seconds, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def _raw(pages: Iterator[list[StoredRow]], folder: Path) -> None:
    """Write every cell as it is stored, quoted as in every CSV of an export."""
    kept = lru_cache(maxsize=KEPT)(cells_text)
    with (folder / "raw.csv").open("w", encoding="utf-8", newline="") as file:
        for page in pages:
            *own, days, said, met, items = zip(*page, strict=True)
            alike = (map(kept, each) for each in (said, met))
            texts = (*columns_text(own), map_column(str, days), *alike, *columns_text([items]))
            file.writelines(f"{line}\n" for line in map(",".join, zip(*texts, strict=True)))


def _pseudonyms(pages: Iterator[list[StoredRow]], folder: Path) -> None:
    writer = LongCsv(SCHEMA, folder)
    _feed(writer, pages)
    if writer.rows % len(ITEMS):
        raise RuntimeError("an answer is missing")


def _parquet(pages: Iterator[list[StoredRow]], folder: Path) -> None:
    _feed(ParquetTables(SCHEMA, folder), pages)


def _feed(writer: LongCsv | ParquetTables, pages: Iterator[list[StoredRow]]) -> None:
    for page in wide_pages(pages, SCHEMA, Project(b"k" * 32), {}, Coarsening()):
        writer.write(page)
    writer.close()


def _program(path: Path, folder: Path) -> tuple[float, float]:
    """Return the seconds of the ``sqlite3`` program for the columns of ``StoredRow``.

    Those on the clock and those of the processor.
    """
    own = "r.id, r.encounter_id, v.card_id, v.same_day, e.practitioner, e.team_id, e.encounter_on"
    alike = [f"r.{name}" for name in Said._fields] + [f"e.{name}" for name in Met._fields]
    columns = ", ".join([own, *alike, "r.items"])
    query = (
        f"SELECT {columns} FROM response r JOIN encounter e ON e.id = r.encounter_id"
        " LEFT JOIN link_visit v ON v.encounter_id = e.id"
        " WHERE e.state != 'voided' AND r.instrument_id = 'effort-practice' AND r.consented"
        " ORDER BY e.team_id, e.encounter_on, e.id, r.id"
    )
    began, busy = time.perf_counter(), _of_children()
    with (folder / "floor.csv").open("wb") as file:
        subprocess.run(["sqlite3", "-csv", str(path), query], stdout=file, check=True)
    return time.perf_counter() - began, _of_children() - busy


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fill(path: Path, sets: int) -> None:
    """Write appointments with two answer sets each, straight into the tables."""
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.dispose()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        meeting, answer = _columns(db, "encounter"), _columns(db, "response")
        db.executemany(_insert("encounter", meeting), _meetings(sets // 2, meeting))
        db.executemany(_insert("response", answer), _answers(sets, answer))
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _columns(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    return tuple(row[1] for row in db.execute(f"PRAGMA table_info({table})"))


def _insert(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join(f":{name}" for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def _id(kind: int, number: int) -> str:
    return str(UUID(int=(kind << 120) + number * 0x9E3779B97F4A7C15, version=4))


def _meetings(count: int, columns: tuple[str, ...]) -> Iterator[dict[str, object]]:
    empty: dict[str, object] = dict.fromkeys(columns)
    chance = Random(2026)
    for n in range(count):
        yield empty | {name: chance.choice(values) for name, values in MET.items()} | {
            "id": _id(1, n), "team_id": f"team-{n % 40}", "practitioner": f"st_{n % 400}",
            "opened_by": "x", "state": "closed", "language": "en", "picked": "[]", "header": "{}",
            "encounter_on": str(date(2026, 1, 1) + timedelta(days=n % 365)), "phase": "with_grid",
            "header_differs": 0, "opened_at": "2026-01-01 00:00:00.000000",
        }  # fmt: skip


def _answers(count: int, columns: tuple[str, ...]) -> Iterator[dict[str, object]]:
    empty: dict[str, object] = dict.fromkeys(columns)
    chance = Random(2027)
    for n in range(count):
        values = {item: chance.choice(ANSWERS) for item in ITEMS}
        yield empty | {name: chance.choice(values) for name, values in SAID.items()} | {
            "id": _id(2, n), "encounter_id": _id(1, n // 2), "device": "d", "seq": n, "digest": "",
            "sealed": b"", "receipt": "", "state": "complete", "instrument_id": "effort-practice",
            "instrument_version": "1", "wording_sha256": "ab" * 32, "language": "en",
            "items": json.dumps(values), "environment": "training", "demo": 0, "consented": 1,
            "grid_version": 1, "grid_sha256": "cd" * 32,
            "made_at": "2026-01-01 00:00:00.000000", "received_at": "2026-01-01 00:00:00.000000",
        }  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
