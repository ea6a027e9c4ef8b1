"""Ten minutes at 200 answers a second with faults at random: nothing lost, and nothing that grows.

Twenty simulated tablets seal, send and are cut off; the process that opens seals is killed; bodies
that are no answers, pages and papers come in between. The checker of the tests, proven by broken
servers, is asked at the end. `SOAK_SECONDS=60` in the environment is a short one.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import uuid4

from app.adapters.keyring import Keyring
from app.db import migrate
from app.db.engine import Database
from app.settings import Settings
from bench.result import Result
from bench.server import ROOT

sys.path.insert(0, str(ROOT / "tests"))  # the tablets and the checker of the tests

from fixtures.capture import Sent, header_for
from proof.journal import Journal, Kind
from proof.serving import Served
from proof.simulated import Item, Reply, SimulatedTablet, Unanswered
from proof.weather import ByNetwork, Weather
from proof.world import World

SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))
#: All of them send at the same moment, so that answers come in heaps as in a clinic.
TABLETS, TICK = 20, 0.1
SEED = "soak"
#: Shares of sets: sent through the bad network; no answers by their content; in two versions.
BAD_NETWORK, NOT_VALID, TWO_VERSIONS = 0.05, 0.02, 0.01
SETS_OF_AN_APPOINTMENT = 2
KILL_EVERY, PAPER_EVERY, PAGE_EVERY = 45.0, 5.0, 0.5
OPENER = b"app.services.opening_worker"
DRAIN_SECONDS = 60
#: What may grow from the second quarter to the last (measured from process start it is all warm).
MOST_GROWTH, SLOW = 1.05, 2.0
KIB = 1024


@dataclass(frozen=True)
class Sample:
    """What the server and everything that it started held at one moment."""

    own_memory: float
    memory: float
    handles: int


@dataclass
class Seen:
    """What was met; any thread may add to it."""

    samples: list[Sample] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)  # when, and how long it took
    met: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def measure() -> Iterator[Result]:
    """Give memory, open files and p99 of the last quarter, each beside the second quarter's.

    Raises RuntimeError where an answer was lost or doubled, a receipt was false, the server failed
    or the log breaks; its log, tables and journal are then left where the error says.
    """
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    yield from _results(*_soak(folder))
    shutil.rmtree(folder)


def _soak(folder: Path) -> tuple[Seen, float, int]:
    (folder / "var").mkdir()
    url = f"sqlite:///{folder / 'var' / 'grids.sqlite'}"
    database = Database(url)
    migrate.upgrade(database)
    world = World(folder, database, Keyring(folder / "var" / "keys"))
    served, seen = Served(Settings(database_url=url, var_dir=folder / "var")), Seen()
    weather = Weather(("127.0.0.1", served.port), world.journal)
    tablets: list[Sender] = []
    try:
        weather.begin(SEED, strike_at=0)
        file = folder / "var" / "grids.sqlite"
        for _ in range(TABLETS):
            tablets.append(Sender(world.tablet(), file, weather, served.port, seen))
        served.start()
        took, told = _live(tablets, served, seen)
        _drain(tablets)
        world.journal.note(Kind.DRAINED)
        odd = [f"{each.invariant}: {each.subject}: {each.shown_by}" for each in world.breaches()]
    finally:
        for tablet in tablets:
            tablet.direct.connection.close()
        served.kill()
        weather.close()
        world.close()
        database.dispose()
    seen.met += Counter({f"met: {name}": count for name, count in weather.met.items()})
    if odd + seen.odd:
        raise RuntimeError("\n".join([*(odd + seen.odd)[:20], f"left in {folder}"]))
    return seen, took, told


def _live(tablets: Sequence[Sender], served: Served, seen: Seen) -> tuple[float, int]:
    """Let everybody work until the time is over; return how long it took and how many sets."""
    assert served.process is not None
    works = [tablet.work for tablet in tablets]
    works += [Watch(served.process.pid, seen).work, Visitors(served.port, seen).work]
    threads = [threading.Thread(target=work) for work in works]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    seen.over.wait(SECONDS)
    seen.over.set()
    for thread in threads:
        thread.join()
    return time.monotonic() - began, sum(tablet.made for tablet in tablets)


def _drain(tablets: Sequence[Sender]) -> None:
    """Send what is left over a whole network, as long as anything waits."""
    end = time.monotonic() + DRAIN_SECONDS
    for tablet in tablets:
        while tablet.tablet.waiting() and time.monotonic() < end:
            tablet.send_waiting(fair=True)


def _results(seen: Seen, took: float, told: int) -> Iterator[Result]:
    count = len(seen.samples)
    second = seen.samples[count // 4 : count // 2]
    last = seen.samples[count * 3 // 4 :]
    own = [_middle(part, "own_memory") for part in (second, last)]
    rate = told / took
    method = (
        f"{took:.0f} s, {TABLETS} tablets, {told} sets said to be saved, {rate:.0f}/s of"
        f" {TABLETS / TICK:.0f}/s asked, driver and checker's log on the same cores; cut, delayed,"
        f" altered or answered by others: {_faults(seen)}; openers killed: {seen.met['killed']};"
        f" no answers: {seen.met['broken']}; pages {seen.met['page']}, papers {seen.met['paper']};"
        " checker: 0 lost, 0 doubled, 0 false receipts. Last quarter v second, medians"
    )
    yield Result("soak.rate", rate, "answers/s", TABLETS / TICK, method)
    told_of = f"server and all it started; server alone {own[0]:.0f}, then {own[1]:.0f}"
    halves = (_middle(last, "memory"), _middle(second, "memory"))
    yield Result("soak.memory", halves[0], "MB", halves[1], f"{told_of}; at most {MOST_GROWTH}")
    files = (_middle(last, "handles"), _middle(second, "handles"))
    yield Result("soak.handles", files[0], "files", files[1], f"open; at most {MOST_GROWTH}")
    quick = _p99(seen.waits, took * 0.75, took), _p99(seen.waits, took * 0.25, took * 0.5)
    yield Result("soak.p99", quick[0], "s", quick[1], "a set from its tablet to the receipt")


def _faults(seen: Seen) -> int:
    met = {name: count for name, count in seen.met.items() if name.startswith("met: ")}
    return sum(met.values()) - met.get("met: fair", 0)


def _middle(samples: Sequence[Sample], name: str) -> float:
    return float(statistics.median(getattr(sample, name) for sample in samples))


def _p99(waits: Sequence[tuple[float, float]], after: float, before: float) -> float:
    took = sorted(seconds for at, seconds in waits if after <= at < before)
    return took[int(0.99 * len(took))] if took else before - after  # nobody was answered


# --- tablets -----------------------------------------------------------------------------------


class Sender:
    """A tablet at work: a set at each tick, and whatever waits from before."""

    def __init__(
        self, tablet: SimulatedTablet, database: Path, weather: Weather, port: int, seen: Seen
    ) -> None:
        self.tablet, self.weather, self.seen = tablet, weather, seen
        tablet.look = Look(database)
        self.direct = Direct(port, tablet.journal)
        self.bad = ByNetwork(int(weather.base.rsplit(":", 1)[1]))
        self.dice = Random(f"{SEED}/{tablet.number}")
        self.made = 0

    def work(self) -> None:
        """Answer and send until the time is over."""
        began = due = time.monotonic()
        while not self.seen.over.is_set():
            self._answer()
            self.send_waiting(began=began)
            due += TICK
            behind = time.monotonic() - due
            if behind > SLOW:  # what was not answered in time is not made up for in one heap
                due += behind
            self.seen.over.wait(max(0.0, -behind))

    def _answer(self) -> None:
        if self.made % SETS_OF_AN_APPOINTMENT == 0:
            self.tablet.made.header = header_for(str(uuid4()))
        chance = self.dice.random()
        changes = {"items": {"welcome": 9}} if chance < NOT_VALID else {}
        sent = self._put(self.tablet.made.send(**changes))
        if 1 - chance < TWO_VERSIONS:
            other = dict.fromkeys(sent.document["items"], 0)
            self._put(self.tablet.made.sealed({**sent.document, "items": other}))

    def _put(self, sent: Sent) -> Sent:
        self.weather.names.setdefault(sent.id, f"{self.tablet.number}/{self.made}")
        self.made += 1
        return self.tablet.put(sent)

    def send_waiting(self, *, fair: bool = False, began: float = 0.0) -> None:
        """Offer everything that waits once; what has its receipt is let go."""
        for item in self.tablet.waiting():
            is_bad = not fair and self.dice.random() < BAD_NETWORK
            before = time.monotonic()
            self.tablet.offer(self.bad if is_bad else self.direct, item)
            if not (is_bad or fair):
                self.seen.waits.append((before - began, time.monotonic() - before))
            if item.receipt is not None:
                self._let_go(item)

    def _let_go(self, item: Item) -> None:
        """Drop the copy: a real tablet keeps it for 14 days, which would fill this process."""
        known = {"device": self.tablet.made.device, "id": item.id, "digest": item.digest}
        self.tablet.journal.note(Kind.DROPPED, **known)
        self.tablet.store.drop(item)


class Look:
    """Looks past the server for a set, as ``proof.server_state`` does, at a tenth of the cost."""

    def __init__(self, database: Path) -> None:
        address = f"file:{database}?mode=ro"
        self._opened = sqlite3.connect(address, uri=True, check_same_thread=False)

    def __call__(self, response_id: str, digest: str) -> bool:
        """Say whether these bytes are on the disk."""
        for table, column in (("response", "id"), ("quarantine", "response_id")):
            query = f"SELECT 1 FROM {table} WHERE {column} = ? AND digest = ?"
            if self._opened.execute(query, (response_id, digest)).fetchone():
                return True
        return False


class Direct:
    """The way of a tablet over one connection that stays open."""

    def __init__(self, port: int, journal: Journal) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.journal = journal

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Return the reply. Raises Unanswered."""
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise Unanswered from None
        self.journal.note(Kind.SERVED, status=answer.status)
        return Reply(answer.status, text)


# --- everything else ---------------------------------------------------------------------------

PAGES = ("/", "/g/k7/1", "/appointment", "/profile", "/help", "/sign-in", "/healthz")
#: No answers: path, body, headers that are wrong or lacking.
BROKEN: tuple[tuple[bytes, dict[str, str]], ...] = (
    (b"", {}),
    (b"\0" * KIB, {"Content-Digest": "sha-256=:AAAA:", "Authorization": "Bearer guessed"}),
    (b"{" * KIB, {"Content-Digest": "nonsense"}),
    (b"\xff" * (200 * KIB), {"Authorization": "Bearer guessed"}),
)
STORY = {"name": "Sam", "days": "Most days are long. " * 8, "action": "pdf"}


class Visitors:
    """Whoever else is there: readers, a printer, somebody who sends nonsense."""

    def __init__(self, port: int, seen: Seen) -> None:
        self.port, self.seen, self.dice = port, seen, Random(SEED)

    def work(self) -> None:
        """Ask for something twice a second."""
        paper_at = time.monotonic()
        while not self.seen.over.wait(PAGE_EVERY):
            self._ask("page", "GET", self.dice.choice(PAGES))
            body, headers = self.dice.choice(BROKEN)
            self._ask("broken", "PUT", f"/v1/responses/{uuid4()}", body, headers)
            if time.monotonic() >= paper_at:
                paper_at += PAPER_EVERY
                self._paper()

    def _paper(self) -> None:
        if self.dice.random() < 0.5:
            self._ask("paper", "GET", "/g/k7/1/handout.pdf?voice=parent")
            return
        form = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in STORY.items())
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._ask("paper", "POST", "/profile/pdf", form.encode(), headers)

    def _ask(
        self,
        what: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] = {},  # noqa: B006
    ) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        # A body that is too large may be cut off before all of it was sent.
        with suppress(OSError, http.client.HTTPException):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            self.seen.met[what] += 1
            self._judge(what, f"{method} {path}", answer.status)
        connection.close()

    def _judge(self, what: str, where: str, status: int) -> None:
        busy = status == 503 and what == "paper"
        wanted = 400 <= status < 500 if what == "broken" else status < 400
        if not (wanted or busy):
            self.seen.odd.append(f"{where} gave {status}")


class Watch:
    """Looks each second at what the server holds, and kills its opener now and then."""

    def __init__(self, pid: int, seen: Seen) -> None:
        self.pid, self.seen = pid, seen

    def work(self) -> None:
        """Take a sample each second."""
        kill_at = time.monotonic() + KILL_EVERY / 2
        while not self.seen.over.wait(1):
            family = _family(self.pid)
            memory = [_memory(pid) for pid in family]
            handles = sum(_handles(pid) for pid in family)
            self.seen.samples.append(Sample(memory[0], sum(memory), handles))
            if time.monotonic() >= kill_at and self._kill_opener(family):
                kill_at = time.monotonic() + KILL_EVERY

    def _kill_opener(self, family: Sequence[int]) -> bool:
        for pid in family[1:]:
            with suppress(OSError):
                if OPENER in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
                    self.seen.met["killed"] += 1
                    return True
        return False


def _family(pid: int) -> list[int]:
    """Return a process and all that came of it."""
    found = [pid]
    for each in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def _memory(pid: int) -> float:
    """Resident memory in MB, 0 for a process that is gone."""
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def _handles(pid: int) -> int:
    with suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return 0
