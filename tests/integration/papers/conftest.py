from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fixtures.grids import RELEASED_ON, copy_grids
from fixtures.papers import Desk

from app.adapters.assets import Assets
from app.adapters.pdf import PdfWorkers
from app.content.contacts import read_contacts
from app.content.library import Library
from app.content.release import release_grid
from app.rendering.environment import Renderer
from app.rendering.page import Chrome
from app.services.papers import Press
from app.settings import ROOT, Settings


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The grids on low mood and on concentrating, released by the real release function."""
    folder = copy_grids(tmp_path_factory.mktemp("papers") / "grids")
    for slug in ("concentrating-inside-nhs", "concentrating-outside-nhs"):
        release_grid(folder, slug, note="first", today=RELEASED_ON)
    return folder


@pytest.fixture(scope="session")
def desk(released: Path) -> Iterator[Desk]:
    """The real engine and templates without a web server around them, kept for the session."""
    assets = Assets(ROOT / "static")
    workers = PdfWorkers(Settings(), assets)
    chrome = Chrome(read_contacts(released / "_contacts" / "england.yaml"))
    workers.start()
    press = Press(workers, Renderer(ROOT / "templates", assets.url), chrome)
    made = Desk(press, Library.load(released))
    yield made
    workers.stop()
    made.loop.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, released: Path) -> Settings:
    return Settings(database_url=database_url, var_dir=tmp_path / "var", content_dir=released)
