"""The invented service: made by the services' own verbs, marked as invented everywhere."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from fixtures.service import START
from sqlmodel import func, select

from app.adapters.keyring import Keyring
from app.content.library import Library
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Encounter, Quarantined, Response, Staff, Study, Team
from app.domain.access import Role
from app.services import audit, demonstration
from app.services.service_mode import load_state
from app.settings import ROOT


@pytest.fixture(scope="module")
def filled(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Database, demonstration.Made, Path]:
    folder = tmp_path_factory.mktemp("demo")
    path = folder / "demo.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    library = Library.load(ROOT / "grids")
    made = demonstration.fill(
        database, Keyring(folder / "keys"), library, exports_folder=folder / "exports", now=START
    )
    return database, made, folder


def test_it_holds_the_invented_service(
    filled: tuple[Database, demonstration.Made, Path],
) -> None:
    database, made, _ = filled
    with sessions.read(database) as db:
        assert db.exec(select(func.count()).select_from(Encounter)).one() == 400
        assert db.exec(select(func.count()).select_from(Team)).one() == 2
        assert db.exec(select(func.count()).select_from(Response)).one() == made.responses
        assert db.exec(select(func.count()).select_from(Quarantined)).one() == 0
        roles = {role for staff in db.exec(select(Staff)) for role in staff.roles}
        assert roles == {role.value for role in Role}
        assert db.exec(select(Study)).one().locked_at is not None


def test_a_baseline_appointment_has_no_grid_and_a_later_one_has(
    filled: tuple[Database, demonstration.Made, Path],
) -> None:
    database, _, _ = filled
    with sessions.read(database) as db:
        rows = db.exec(select(Encounter.phase, Encounter.grid_public_id)).all()
    phases = Counter(phase for phase, _ in rows)
    assert set(phases) == {"baseline", "training", "with_grid"}
    assert min(phases["baseline"], phases["with_grid"]) > 100
    assert {grid for phase, grid in rows if phase == "baseline"} == {None}
    released = {release.public_id for release in Library.load(ROOT / "grids").list_current()}
    assert {"k7", "m4", "p3", "r8"} <= released
    assert {grid for phase, grid in rows if phase == "with_grid"} == released


def test_every_answer_is_marked_as_invented_and_the_chain_holds(
    filled: tuple[Database, demonstration.Made, Path],
) -> None:
    database, _, _ = filled
    with sessions.read(database) as db:
        assert set(db.exec(select(Response.demo)).all()) == {True}
        assert audit.verify(db) is None
    with sessions.write(database) as db:
        assert load_state(db).demo is True


def test_its_export_says_that_the_rows_are_invented(
    filled: tuple[Database, demonstration.Made, Path],
) -> None:
    _, _, folder = filled
    (path,) = (folder / "exports").glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        rows = archive.read("responses_long.csv").decode().splitlines()
    assert manifest["notice"].startswith("INVENTED DATA")
    assert len(rows) == manifest["rows_out"] + 1
    assert manifest["rows_in"] == manifest["rows_out"] > 1000
