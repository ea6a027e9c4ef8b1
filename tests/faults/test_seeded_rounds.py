"""Seeded rounds of appointments over a bad network, with ``grids serve`` in a process of its own.

The short form of ``make faults``: a few rounds, a kill -9 while a request is in the service, and a
backup put back. ``pytest --seed N`` draws others; what breaks is told with the command to see it
again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from proof.checker import Breach, Invariant
from proof.rounds import Broken, Plan, era_in, plan_of, run_rounds
from proof.server_state import read_server
from proof.world import World

from app.adapters.keyring import Keyring
from app.db.engine import Database

ROUNDS = 6


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    drawn = int(request.config.getoption("--seed"))
    print(f"seed {drawn}")
    return drawn


@pytest.mark.fault(1, 5, 6, 7, 8, 9, 10, 11, 12, 28)
def test_rounds_with_a_kill_and_a_restore_break_nothing(
    sqlite_url: str, tmp_path: Path, seed: int
) -> None:
    with era_in(tmp_path / "era", sqlite_url) as era:
        run_rounds(era, seed, range(ROUNDS), kills=0, restores=0)
        killed = plan_of(seed, ROUNDS, kills=1, restores=0)
        assert era.run(replace(killed, backs_up=True)) == ()
        run_rounds(era, seed, range(ROUNDS + 1, 2 * ROUNDS), kills=0, restores=0)
        put_back = plan_of(seed, 2 * ROUNDS, kills=0, restores=0)
        assert era.run(replace(put_back, restores=True)) == ()
        assert {name: era.done[name] for name in ("kills", "backups", "restores")} == {
            "kills": 1,
            "backups": 1,
            "restores": 1,
        }
        assert len(read_server(era.world.database).stored) > era.done["sets"] // 2
        assert era.weather.met["after_the_commit"] > 0


@pytest.mark.fault(5, 6, 7, 8, 9, 10, 11, 12)
def test_rounds_break_nothing_on_postgresql(postgres_url: str, tmp_path: Path, seed: int) -> None:
    """Killed on PostgreSQL it is in ``integration/capture/test_killed.py``."""
    with era_in(tmp_path / "era", postgres_url) as era:
        run_rounds(era, seed, range(ROUNDS), kills=0, restores=0)
        assert era.done["rounds"] == ROUNDS


def test_a_round_follows_from_its_seed_and_number_alone() -> None:
    drawn = [plan_of(7, number, kills=0.5, restores=0.5) for number in range(50)]
    assert drawn == [plan_of(7, number, kills=0.5, restores=0.5) for number in range(50)]
    assert len({plan.sets for plan in drawn}) > 40
    assert any(plan.strike_at for plan in drawn)
    assert any(plan.restores for plan in drawn)


@dataclass
class BrokenEra:
    """An era in which every round loses something."""

    world: World

    def run(self, _plan: Plan) -> tuple[Breach, ...]:
        return (Breach(Invariant.LOST, "0f8d", "nowhere"),)


def test_what_breaks_is_told_with_the_way_to_see_it_again(
    sqlite_url: str, keyring: Keyring, tmp_path: Path
) -> None:
    world = World(tmp_path / "proof", Database(sqlite_url), keyring)
    with pytest.raises(Broken) as told:
        run_rounds(BrokenEra(world), 7, [3], kills=0, restores=0)  # type: ignore[arg-type]
    world.close()
    assert "lost: 0f8d: nowhere" in str(told.value)
    assert "--seed 7 --first 3 --rounds 1" in str(told.value)
