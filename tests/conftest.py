"""Fixtures shared by every suite: a real database, the real application, a clock to set."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

MEMORY = Path("/dev/shm")  # the machine's own memory folder, if it has one
ENOUGH = 4 * 1024**3


def _work_in_memory() -> None:
    """Put databases, profiles and papers of the tests where a flush costs nothing.

    The databases stay as strict as they are: a killed process is tested all the same, and a power
    cut cannot be tested here at all. On a busy disk the flushes were most of the time of a test.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


_work_in_memory()


def _share_papers() -> None:
    """Let every test of a run, in whichever process, find the papers that another one made.

    They are found by everything that shapes them, so a test never gets one of another layout.
    """
    if "PAPERS_DIR" not in os.environ:  # processes that run tests inherit it from the first one
        os.environ["PAPERS_DIR"] = tempfile.mkdtemp(prefix="papers-")
        atexit.register(shutil.rmtree, os.environ["PAPERS_DIR"], ignore_errors=True)


_share_papers()

pytest_plugins = [
    "fixtures.databases",
    "fixtures.service",
    "fixtures.capture",
    "fixtures.tablets",
    "fixtures.offline",
]

#: In the short run these go through SQLite alone; what writes answers goes through both.
SHORT_ON_SQLITE = (
    "accounts",
    "encounters",
    "grid",
    "incidents",
    "keeping",
    "local",
    "papers",
    "research",
    "reviews",
    "service",
    "tablets",
    "triage",
    "web",
)
#: The same of single files: links and hand-overs are rows like others, no way in for answers.
SHORT_FILES_ON_SQLITE = frozenset(
    {
        "test_audit_chain.py",
        "test_bad_input.py",
        "test_devices.py",
        "test_exposures.py",
        "test_handing_over.py",
        "test_openers.py",
        "test_status_machine.py",
        "test_wording_packs.py",
    }
)
#: Walks through a real browser that a shorter test guards as well, and papers of every grid.
LONG_FILES = frozenset(
    {
        "test_agreed.py",
        "test_appointment.py",
        "test_bad_luck_in_the_room.py",
        "test_battery_dead_in_the_room.py",
        "test_fault_14_two_tablets.py",
        "test_fault_16_worker_update.py",
        "test_fault_18_refusal.py",
        "test_fault_19_storage_cleared.py",
        "test_fault_20_21_26_in_time.py",
        "test_fault_20_other_people.py",
        "test_fault_33_34_load.py",
        "test_demonstration.py",
        "test_grid_comfort.py",
        "test_grid_given.py",
        "test_grid_on_screen.py",
        "test_incidents.py",
        "test_keep_page.py",
        "test_notice.py",
        "test_own_phone.py",
        "test_preview.py",
        "test_profile_on_screen.py",
        "test_profile_photo.py",
        "test_profile_wording.py",
        "test_leaving.py",
        "test_log_lines.py",
        "test_minutes_in_the_room.py",
        "test_model_in_r.py",
        "test_offline.py",
        "test_phone.py",
        "test_residue.py",
        "test_room_alone.py",
        "test_room_counts.py",
        "test_room_matters.py",
        "test_stopped.py",
        "test_tablet.py",
        "test_three_appointments.py",
        "test_triage.py",
        "test_week_offline.py",
        "test_withdrawal_words.py",
        "test_sensitive_surfaces.py",
        "test_serving.py",
        "test_handout.py",
    }
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--seed`` draws other rounds of bad luck than the ones that every run lives through."""
    parser.addoption("--seed", type=int, default=1, help="the seed of rounds of bad luck")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to ``make test-long`` what would take the short run over its ten minutes."""
    for item in items:
        on_postgres = "[postgres" in item.name and (
            item.path.parent.name in SHORT_ON_SQLITE or item.path.name in SHORT_FILES_ON_SQLITE
        )
        if item.path.name in LONG_FILES or on_postgres:
            item.add_marker(pytest.mark.long)
