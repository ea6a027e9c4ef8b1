"""What people wrote about grids leaves by month, apart from all answers, and only once read."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fixtures.capture import START, Tablet
from fixtures.feedback import written
from fixtures.keeping import record, stored
from fixtures.staff import make_staff
from sqlmodel import select

from app.db import sessions
from app.db.engine import Database
from app.db.queries.exports import ExportFilters
from app.db.tables import Encounter, Erasure, ExportRequest, Feedback
from app.domain.dataset import FEEDBACK, names
from app.domain.dataset_rows import Project
from app.domain.keeping import ErasureReason
from app.services import erasures
from app.services.export_parts import write_feedback
from app.services.service_mode import ServiceState

FORMULA = '=HYPERLINK("x")\nand, a comma'


def add(database: Database, n: int, encounter_id: str | None = None, **changes: Any) -> None:
    of_staff: dict[str, Any] = {
        "id": f"text-{n}",
        "encounter_id": encounter_id,
        "written_by": "young_person" if encounter_id else "practitioner",
        "grid_public_id": "k7",
        "grid_version": 3,
        "text": FORMULA if n == 0 else f"text {n}",
        "given_on": START.date() - timedelta(days=n),
        "outcome": "read",
        "environment": "training",
        "demo": False,
    }
    with sessions.write(database) as db:
        db.add(Feedback(**of_staff | changes))


def taken(database: Database, folder: Path, *teams: str) -> list[dict[str, str]]:
    filters = ExportFilters("effort-practice", date(2026, 11, 1), START.date(), teams)
    state = ServiceState()
    with sessions.read(database) as db:
        count = write_feedback(db, filters, Project(b"k" * 32), state, folder)
    with (folder / "feedback.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        found = list(reader)
        assert tuple(reader.fieldnames or ()) == names(FEEDBACK)
    assert len(found) == count
    return found


def test_eight_that_were_read_leave_and_nothing_else(
    database: Database, tablet: Tablet, tmp_path: Path
) -> None:
    encounter_id = tablet.header["id"]
    for n in range(7):
        add(database, n, encounter_id)
    add(database, 7, outcome=None)
    add(database, 8, outcome="passed_on")
    add(database, 9, environment="live")
    add(database, 10, given_on=date(2026, 10, 31))
    assert taken(database, tmp_path) == []
    add(database, 11)
    found = taken(database, tmp_path)
    assert sorted(row["text"] for row in found) == sorted(
        ["'" + FORMULA, *(f"text {n}" for n in (*range(1, 7), 11))]
    )
    assert {row["period"] for row in found} == {"2026-11"}
    assert sum(row["written_by"] == "practitioner" for row in found) == 1
    refs = [row["feedback_ref"] for row in found]
    assert refs == sorted(refs)
    whole = (tmp_path / "feedback.csv").read_text(encoding="utf-8")
    assert not any(secret in whole for secret in (encounter_id, "text-1", tablet.device))
    assert taken(database, tmp_path, tablet.header["team"]) == []  # seven without the staff's
    with sessions.write(database) as db:
        db.get_one(Encounter, encounter_id).state = "voided"
    assert taken(database, tmp_path) == []


def ready(db: Any, n: int, asker: str, **changes: Any) -> None:
    filters = ExportFilters("sure-4", START.date(), START.date() + timedelta(days=900))
    asked = {"filters": filters.as_json(), "wanted": {"project": "p", "days": False}}
    formats = changes.pop("formats")
    asked["wanted"] |= {"formats": formats}
    db.add(
        ExportRequest(
            id=f"export-{n}", requested_by=asker, requested_at=START, reason="r", state="ready",
            file_sha256="0" * 64, rows=1, built_at=START, **asked,
        )
    )  # fmt: skip


def test_a_file_that_held_an_erased_text_is_taken_back(database: Database, tablet: Tablet) -> None:
    asker = make_staff(database).id
    sent = written(tablet)
    record(database, tablet, sent)
    answers = stored(database, tablet)
    with sessions.write(database) as db:
        ready(db, 1, asker, formats=["feedback"])
        ready(db, 2, asker, formats=["course"])
    with sessions.write(database) as db:
        reason = ErasureReason.WITHDRAWN
        emptied = erasures.erase_sets(db, [answers.id], reason=reason, actor="a", now=START)
    assert emptied == ("export-1",)
    with sessions.read(database) as db:
        states = {row.id: row.state for row in db.exec(select(ExportRequest)).all()}
        assert states == {"export-1": "approved", "export-2": "ready"}
        assert db.get_one(Erasure, sent.id).exports == ["export-1"]
        assert db.get_one(Erasure, answers.id).exports == []
