"""What the driver itself saw, one line to an event, in a file that the application never touches.

The checker believes this log and nothing else about the past: what a device sealed, when somebody
was told "saved", what was offered, and what came back, to the byte. Lines are only ever added.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Kind(StrEnum):
    """What happened."""

    SEALED = "sealed"  # a device made these bytes; ``text`` holds words no reply may carry
    TOLD = "told"  # somebody was told "saved"; ``found``: it lay in the device's store then
    OFFERED = "offered"  # these bytes left the device
    ANSWERED = "answered"  # ``status`` and ``text`` as they reached the device
    LOOKED = "looked"  # right after a receipt, past the server; ``found``: its row was there
    BELIEVED = "believed"  # the device took ``text`` for its receipt and offers it no more
    DROPPED = "dropped"  # the device threw its copy away
    SERVED = "served"  # ``status`` as it left the server, before the network got at it
    KILLED = "killed"
    RESTORED = "restored"
    DRAINED = "drained"  # the network was whole and every device had sent what it had


@dataclass(frozen=True, slots=True)
class Event:
    """One line. What a kind has no use for stays empty."""

    number: int
    kind: Kind
    device: str = ""
    id: str = ""
    digest: str = ""
    seq: int = 0
    status: int = 0
    found: bool = True
    text: str = ""


class Journal:
    """Adds events to a file. Any thread may; their order is that of the lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._number = 0

    def note(self, kind: Kind, **known: Any) -> None:
        """Add an event in one write, so that no line is ever half there."""
        with self._lock:
            self._number += 1
            line = json.dumps(asdict(Event(self._number, kind, **known)))
            os.write(self._file, line.encode() + b"\n")

    def close(self) -> None:
        os.close(self._file)


def read_journal(path: Path) -> tuple[Event, ...]:
    """Return every event in its order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(
        Event(**{**(raw := json.loads(line)), "kind": Kind(raw["kind"])}) for line in lines
    )
