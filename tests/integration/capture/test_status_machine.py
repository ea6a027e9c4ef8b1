"""The status table as a machine: any order of sets, replays, other bytes and broken copies.

Hypothesis draws the order; a model of a few lines says which status must come, and that the same
bytes get the same receipt; in the end the checker compares what was said with what is there.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fixtures.capture import START, Sent
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run
from proof.simulated import Item, SimulatedTablet, Unanswered
from proof.world import Direct, World

from app.adapters.keyring import Keyring
from app.db import sessions
from app.db.engine import Database
from app.db.tables import Tablet
from app.domain import envelope
from app.services.recording import Recorder
from app.web.service import now_utc

EXAMPLES, STEPS = 12, 16
ITEMS = ("welcome", "pace", "questions")


class StatusTable(RuleBasedStateMachine):
    """Two tablets and the real writer; ``held`` and ``stored`` are all that the model knows."""

    template: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        path = shutil.copyfile(self.template, self.folder / "grids.sqlite")
        self.database = Database(f"sqlite:///{path}")
        self.world = World(self.folder / "proof", self.database, Keyring(self.folder / "keys"))
        self.recorder = Recorder(self.database, self.world.keyring, now_utc)
        self.recorder.start()
        self.way = Direct(self.recorder, self.world.journal)
        self.tablets = [self.world.tablet(at=START), self.world.tablet(at=START)]
        self.sent: list[tuple[SimulatedTablet, Sent, bool]] = []
        self.held: dict[tuple[str, str], str | None] = {}
        self.stored: set[str] = set()
        self.revoked: set[str] = set()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.drain(self.way)
        found = self.world.breaches()
        self.recorder.stop()
        self.world.close()
        self.database.dispose()
        shutil.rmtree(self.folder)
        assert found == ()

    # --- what may happen, in any order -----------------------------------------------------

    @rule(at=st.integers(0, 1), valid=st.booleans(), is_lost=st.booleans())
    def answer(self, at: int, valid: bool, is_lost: bool) -> None:
        items = dict.fromkeys(ITEMS if valid else ITEMS[:1], 5)
        self.bring(self.tablets[at], self.tablets[at].made.send(items=items), valid, is_lost)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0), is_lost=st.booleans())
    def again(self, which: int, is_lost: bool) -> None:
        tablet, sent, valid = self.sent[which % len(self.sent)]
        self.offer(tablet, sent, valid, is_lost)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0), value=st.integers(0, 9))
    def other_bytes(self, which: int, value: int) -> None:
        tablet, sent, _ = self.sent[which % len(self.sent)]
        other = {**sent.document, "items": dict.fromkeys(ITEMS, value)}
        self.bring(tablet, tablet.made.sealed(other), valid=True)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0))
    def broken_copy(self, which: int) -> None:
        tablet, sent, _ = self.sent[which % len(self.sent)]
        body = sent.body[:-1] + bytes([sent.body[-1] ^ 1])
        broken = Sent(sent.id, body, envelope.content_digest(body), sent.document)
        self.bring(tablet, broken, valid=False)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0))
    def altered_on_the_way(self, which: int) -> None:
        tablet, sent, _ = self.sent[which % len(self.sent)]
        headers = sent.headers(tablet.made.token)
        reply = self.way.send("PUT", f"/v1/responses/{sent.id}", sent.body + b"\0", headers)
        assert (reply.status, reply.text) == (400, "digest_mismatch")

    @precondition(lambda self: not self.revoked)
    @rule(at=st.integers(0, 1))
    def revoke(self, at: int) -> None:
        device = self.tablets[at].made.device
        with sessions.write(self.database) as db:
            row = db.get_one(Tablet, device)
            row.revoked_at, row.revoked_by, row.revoke_reason = START, "staff-1", "lost"
        self.revoked.add(device)

    # --- the model -------------------------------------------------------------------------

    def bring(
        self, tablet: SimulatedTablet, sent: Sent, valid: bool, is_lost: bool = False
    ) -> None:
        tablet.put(sent)
        self.sent.append((tablet, sent, valid))
        self.offer(tablet, sent, valid, is_lost)

    def offer(self, tablet: SimulatedTablet, sent: Sent, valid: bool, is_lost: bool) -> None:
        wanted = self.expected(tablet, sent, valid)
        if wanted == 201:
            self.stored.add(sent.id)
        key = (sent.id, sent.digest)
        self.way.luck = ["lost reply"] if is_lost else []
        try:
            reply = tablet.put_to(self.way, Item(sent.id, 0, sent.body))
        except Unanswered:
            self.held.setdefault(key)
            return
        assert reply.status == wanted
        assert self.held.get(key) in {None, reply.text}
        self.held[key] = reply.text

    def expected(self, tablet: SimulatedTablet, sent: Sent, valid: bool) -> int:
        """Return the status of the contract's table."""
        if (sent.id, sent.digest) in self.held:
            return 200
        if sent.id in self.stored:
            return 409
        return 201 if valid and tablet.made.device not in self.revoked else 202


def test_any_order_of_events_follows_the_status_table(sqlite_template: Path) -> None:
    StatusTable.template = sqlite_template
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    bounds = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        suppress_health_check=slow,
    )
    run(StatusTable, settings=bounds)
