from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fixtures.grids import Shelf, copy_grids

from app.adapters.assets import Assets
from app.settings import ROOT


@pytest.fixture(scope="session")
def assets() -> Assets:
    return Assets(ROOT / "static")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_grids(tmp_path_factory.mktemp("grids") / "grids")


@pytest.fixture
def shelf(released: Path, assets: Assets, tmp_path: Path) -> Shelf:
    """Both low-mood grids as edition 1, in a folder that the test may change."""
    return Shelf(Path(shutil.copytree(released, tmp_path / "grids")), assets)
