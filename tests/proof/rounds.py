"""Rounds of simulated appointments over a bad network and a service that is killed, by seed.

    python -m proof.rounds --rounds 10000 --seed 7
    python -m proof.rounds --seed 7 --first 4711 --rounds 1      (that round again)

In each round a few tablets take answers and send them at once through the proxy; the service may
be killed while a request is in it, a tablet may lose everything but its file, and the database may
be put back to an earlier backup. Then everything drains, and the checker is asked. It is asked as
well at the moment of each kill, while the service is dead.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from fixtures.capture import Sent
from proof.checker import Breach
from proof.journal import Kind
from proof.serving import Served
from proof.simulated import Item, SimulatedTablet
from proof.weather import ByNetwork, Weather
from proof.world import World
from sqlalchemy import text

from app.adapters.keyring import Keyring
from app.db import migrate
from app.db.engine import Database
from app.services import backups, restoring
from app.settings import Settings

TABLETS: Final = 3
#: Rounds that share one database and one log, so that a long run stays as quick as it began.
ERA: Final = 100
DRAIN_SECONDS: Final = 120
#: What is answered: mostly whole sets; some cannot be read as answers, some come in two versions.
SETS: Final = ("whole",) * 7 + ("stopped", "not valid", "two versions")


class Broken(AssertionError):
    """A promise was broken; the text says which, and how to see it again."""


@dataclass(frozen=True)
class Plan:
    """What happens in one round, all of it drawn from the seed."""

    seed: str
    sets: tuple[tuple[str, ...], ...]
    reloads: tuple[bool, ...]
    strike_at: int
    strike_after: float
    restores: bool
    backs_up: bool


def plan_of(seed: int, number: int, *, kills: float, restores: float) -> Plan:
    """Draw a round. ``kills`` and ``restores`` are shares of rounds, 0 to 1."""
    dice = Random(f"{seed}/{number}")
    sets = tuple(tuple(dice.choices(SETS, k=dice.randint(1, 3))) for _ in range(TABLETS))
    reloads = tuple(dice.random() < 0.15 for _ in range(TABLETS))
    strike_at = dice.randint(1, sum(map(len, sets))) if dice.random() < kills else 0
    strike_after = dice.choice((0.0, dice.uniform(0, 0.004), dice.uniform(0, 0.02)))
    restored = dice.random() < restores
    backs_up = dice.random() < restores * 2
    return Plan(f"{seed}/{number}", sets, reloads, strike_at, strike_after, restored, backs_up)


@dataclass
class Era:
    """One database, one service, one log."""

    world: World
    served: Served
    weather: Weather
    backup: Path | None = None
    done: Counter[str] = field(default_factory=Counter)

    @property
    def way(self) -> ByNetwork:
        return ByNetwork(int(self.weather.base.rsplit(":", 1)[1]))

    def run(self, plan: Plan) -> tuple[Breach, ...]:
        """Live through one round and return what was broken."""
        if plan.backs_up:
            self._back_up()
        if plan.restores and self.backup is not None:
            self._restore(self.backup)
        found = self._send_all(plan)
        self.world.journal.note(Kind.DRAINED)
        self.done["rounds"] += 1
        return found or self.world.breaches()

    def _send_all(self, plan: Plan) -> tuple[Breach, ...]:
        self.weather.begin(plan.seed, strike_at=plan.strike_at)
        self.weather.strike = lambda: self._kill_after(plan.strike_after)
        threads = [
            threading.Thread(target=self._appointments, args=(plan, at), daemon=True)
            for at in range(TABLETS)
        ]
        for thread in threads:
            thread.start()
        found = self._watch(threads)
        self.done["sets"] += sum(map(len, plan.sets))
        return found

    def _watch(self, threads: Iterable[threading.Thread]) -> tuple[Breach, ...]:
        """Start the service again whenever it is gone, and ask the checker before."""
        found: tuple[Breach, ...] = ()
        for thread in threads:
            while thread.is_alive():
                if self.served.is_gone:
                    found += self._after_the_kill()
                    self.served.start()
                thread.join(0.02)
        return found

    def _after_the_kill(self) -> tuple[Breach, ...]:
        self.done["kills"] += 1
        self._check_integrity()
        return self.world.breaches(drained=False)

    def _kill_after(self, seconds: float) -> None:
        time.sleep(seconds)  # the instant of the kill is what is drawn
        self.world.journal.note(Kind.KILLED)
        self.served.kill()

    # --- tablets ---------------------------------------------------------------------------

    def _appointments(self, plan: Plan, at: int) -> None:
        """Answer, perhaps lose everything but the file, and send until nothing waits."""
        tablet, dice = self.world.tablets[at], Random(f"{plan.seed}/{at}")
        for number, kind in enumerate(plan.sets[at]):
            for sent in self._answered(tablet, kind):
                self.weather.names.setdefault(sent.id, f"{at}/{number}")
                tablet.put(sent)
        if plan.reloads[at]:
            tablet.reload()
        self._send(tablet, dice)
        kept = [item for item in tablet.store.items.values() if item.receipt is not None]
        for item in dice.sample(kept, min(1, len(kept))):
            tablet.offer(self.way, item)

    def _answered(self, tablet: SimulatedTablet, kind: str) -> Iterator[Sent]:
        changes: dict[str, Any] = {}
        if kind == "stopped":
            changes = {"state": "interrupted", "reason": "interrupted"}
        if kind == "not valid":
            changes = {"items": {"welcome": 9}}
        first = tablet.made.send(**changes)
        yield first
        if kind == "two versions":
            other = dict.fromkeys(first.document["items"], 0)
            yield tablet.made.sealed({**first.document, "items": other})

    def _send(self, tablet: SimulatedTablet, dice: Random) -> None:
        end = time.monotonic() + DRAIN_SECONDS
        while (waiting := tablet.waiting()) and time.monotonic() < end:
            order = dice.sample(waiting, len(waiting))
            for item in order:
                self._offer(tablet, item)

    def _offer(self, tablet: SimulatedTablet, item: Item) -> None:
        self.done["tries"] += 1
        if tablet.offer(self.way, item) is None and not self.served.is_up:
            time.sleep(0.3)  # a tablet waits too; how long is tested elsewhere

    # --- backup and restore ----------------------------------------------------------------

    def _back_up(self) -> None:
        self.backup = backups.make_backup(self.world.database, self.served.settings)
        self.done["backups"] += 1

    def _restore(self, archive: Path) -> None:
        """Put it back while the service is down; each tablet hears of it and offers its copies."""
        self.served.kill()
        self.world.database.dispose()
        restoring.restore_backup(archive, settings=self.served.settings, now=datetime.now(UTC))
        self.world.journal.note(Kind.RESTORED)
        self.served.start()
        self.done["restores"] += 1
        for tablet in self.world.tablets:
            assert tablet.contact(self.way), "the service was not reached"

    def _check_integrity(self) -> None:
        if self.world.database.path is None:
            return
        with self.world.database.reader.connect() as connection:
            said = connection.execute(text("PRAGMA integrity_check")).scalar_one()
        assert said == "ok", said


@contextmanager
def era_in(folder: Path, database_url: str) -> Iterator[Era]:
    """An era whose service runs already, with its tablets enrolled and heard of."""
    var = folder / "var"
    var.mkdir(parents=True)
    settings = Settings(database_url=database_url, var_dir=var)
    database = Database(database_url)
    world = World(folder, database, Keyring(var / "keys"))
    served = Served(settings)
    weather = Weather(("127.0.0.1", served.port), world.journal)
    try:
        for _ in range(TABLETS):
            world.tablet()
        served.start()
        made = Era(world, served, weather)
        assert all(tablet.contact(made.way) for tablet in world.tablets)
        yield made
    finally:
        served.kill()
        weather.close()
        world.close()
        database.dispose()


def run_rounds(
    era: Era, seed: int, numbers: Iterable[int], *, kills: float, restores: float
) -> None:
    """Run rounds by number. Raises Broken at the first promise that does not hold."""
    for number in numbers:
        found = era.run(plan_of(seed, number, kills=kills, restores=restores))
        if found:
            lines = [f"{each.invariant}: {each.subject}: {each.shown_by}" for each in found[:20]]
            again = f"again: python -m proof.rounds --seed {seed} --first {number} --rounds 1"
            where = f"log: {era.world.journal.path}"
            raise Broken("\n".join([f"round {number} of seed {seed}", *lines, again, where]))


def main() -> int:
    """Run as many rounds as asked for, or as there is time for, and say what was seen."""
    asked = _asked()
    print(f"seed {asked.seed}", flush=True)
    total, met, began = Counter[str](), Counter[str](), time.monotonic()
    last = asked.first + asked.rounds
    for first in range(asked.first, last, ERA):
        numbers = range(first, min(first + ERA, last))
        folder = Path(tempfile.mkdtemp(prefix="proof-"))
        try:
            with _fresh(folder) as era:
                run_rounds(era, asked.seed, numbers, kills=asked.kills, restores=asked.restores)
        except Broken as broken:
            print(broken, flush=True)
            return 1
        total += era.done
        met += era.weather.met
        shutil.rmtree(folder)
        seconds = time.monotonic() - began
        print(f"{dict(total)} in {seconds:.0f} s: nothing broken", flush=True)
        if asked.minutes and seconds > asked.minutes * 60:
            break
    print(f"met on the way: {dict(met.most_common())}")
    return 0


@contextmanager
def _fresh(folder: Path) -> Iterator[Era]:
    url = f"sqlite:///{folder / 'grids.sqlite'}"
    database = Database(url)
    migrate.upgrade(database)
    database.dispose()
    with era_in(folder, url) as era:
        yield era


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="proof.rounds")
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--first", type=int, default=0, help="the number of the first round")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long; 0: never")
    parser.add_argument("--kills", type=float, default=0.1, help="share of rounds with a kill -9")
    parser.add_argument("--restores", type=float, default=0.02, help="share with a restore")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
