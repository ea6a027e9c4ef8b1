"""A server, simulated tablets and the log of what happened between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fixtures.tablets import enrol
from proof.checker import Breach, Invariant, Witnesses, check
from proof.journal import Journal, Kind, read_journal
from proof.server_state import look_for, read_server
from proof.simulated import Reply, SimulatedTablet, Unanswered, Way

from app.adapters.keyring import Keyring
from app.db.engine import Database
from app.services.arrivals import Outcome, take_in
from app.services.recording import Recorder


@dataclass
class World:
    """Everything that the checker asks, in one folder."""

    folder: Path
    database: Database
    keyring: Keyring
    tablets: list[SimulatedTablet] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(self.folder / "journal.jsonl")

    def tablet(
        self, kind: Callable[..., SimulatedTablet] = SimulatedTablet, *, at: datetime | None = None
    ) -> SimulatedTablet:
        """Enrol another one."""
        number = len(self.tablets) + 1
        made = enrol(self.database, self.keyring, number=number, at=at or datetime.now(UTC))
        path = self.folder / f"tablet-{number}.jsonl"
        self.tablets.append(kind(made, path, self.journal, self.look, number))
        return self.tablets[-1]

    def look(self, response_id: str, digest: str) -> bool:
        return look_for(self.database, response_id, digest)

    def breaches(self, *, drained: bool = True) -> tuple[Breach, ...]:
        """Ask the log, the devices, the server, and the log again, in that order; then judge."""
        events = read_journal(self.journal.path)
        devices = tuple(tablet.seen() for tablet in self.tablets)
        server = read_server(self.database)
        later = read_journal(self.journal.path)[len(events) :]
        return check(Witnesses(events, server, devices, later), drained=drained)

    def broken(self, *, drained: bool = True) -> set[Invariant]:
        return {breach.invariant for breach in self.breaches(drained=drained)}

    def drain(self, way: Way, rounds: int = 3) -> None:
        """Send until nothing waits, or it is clear that nothing will."""
        for tablet in self.tablets:
            left = rounds
            while tablet.send_round(way) and left:
                left -= 1
        self.journal.note(Kind.DRAINED)

    def close(self) -> None:
        self.journal.close()
        for tablet in self.tablets:
            tablet.store.close()


@dataclass
class Direct:
    """The writer of the service without a network; ``luck`` is what the next sets meet."""

    recorder: Recorder
    journal: Journal
    luck: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        met = self.luck.pop(0) if self.luck else "fair"
        if met == "cut":
            raise Unanswered
        if met == "portal":
            return Reply(200, "<title>Log in</title>")
        outcome = self._record(path.rsplit("/", 1)[1], body, headers)
        self.journal.note(Kind.SERVED, status=outcome.http_status)
        if met == "lost reply":
            raise Unanswered
        return Reply(outcome.http_status, outcome.receipt_json or outcome.error_key or "")

    def _record(self, response_id: str, body: bytes, headers: dict[str, str]) -> Outcome:
        taken = take_in(
            response_id=response_id,
            sent=body,
            content_digest=headers["Content-Digest"],
            token=headers["Authorization"].removeprefix("Bearer "),
        )
        return taken if isinstance(taken, Outcome) else asyncio.run(self.recorder.record(taken))
