"""Opening many sealed sets at once, on a core of its own where there is one.

Opening a set costs more than everything else that the server does for it, and the library does
it with the interpreter's lock held, so that a thread gains nothing. A process beside the server
takes whole batches. It is started when there is much to do for the first time; it may be killed
at any moment, or hang: then the server opens the sets itself, to the same result, and starts
another one later.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from app.adapters.keyring import Keyring
from app.services.arrivals import Opened
from app.services.opening_worker import Wire, open_or_none, receive_message, send_message

WORKER: Final = "app.services.opening_worker"
#: Fewer than this are opened here: asking would take as long.
WORTH_ASKING: Final = 3
#: So many at once are reason enough to start the process.
WORTH_STARTING: Final = 6
LONGEST_SECONDS: Final = 5.0
REST_SECONDS: Final = 30.0

log = structlog.get_logger()

Sealed = tuple[bytes, str]
#: How a process shows that it is gone, hangs (a timeout is an OSError), or broke off half way.
_GONE: Final = (OSError, EOFError, ValueError, TypeError)


class Openers:
    """Opens sets in the order given. For one thread: the writer's."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._ready = False
        self._rest_until = 0.0
        self._asked: Sequence[Sealed] = ()
        #: Whether the process, and not this one, opens what was begun last.
        self.is_asked = False

    @property
    def worker_id(self) -> int | None:
        """The process id of the worker that runs now, None where there is none."""
        return self._process.pid if self._process is not None else None

    def begin(self, sealed: Sequence[Sealed]) -> None:
        """Begin to open; ``finish`` gives what was inside. One at a time."""
        self._asked, self.is_asked = sealed, False
        if len(sealed) >= WORTH_STARTING and self._process is None:
            self._start()
        if len(sealed) < WORTH_ASKING or not self._is_ready():
            return
        assert self._channel is not None
        try:
            self._channel.settimeout(LONGEST_SECONDS)
            send_message(self._channel, sealed)
            self.is_asked = True
        except OSError as problem:
            self._give_up(problem)

    def finish(self) -> list[Opened | None]:
        """Return what was inside, in order; None for one that brought out a fault of ours."""
        if self.is_asked and self._channel is not None:
            try:
                wires = receive_message(self._channel)
                return [_opened(wire) for wire, _ in zip(wires, self._asked, strict=True)]
            except _GONE as problem:
                self._give_up(problem)
        return [open_or_none(sent, id_, self._keyring) for sent, id_ in self._asked]

    def close(self) -> None:
        """End the process."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process, self._channel, self._ready = None, None, False

    def _start(self) -> None:
        if time.monotonic() < self._rest_until:
            return
        self._rest_until = time.monotonic() + REST_SECONDS
        ours, theirs = socket.socketpair()
        paths = os.pathsep.join(path for path in sys.path if path)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", WORKER, str(self._keyring.folder.resolve())],
                stdin=theirs.fileno(),
                env=os.environ | {"PYTHONPATH": paths},
            )
        except OSError as problem:
            ours.close()
            log.warning("opener_not_started", error=type(problem).__name__)
            return
        finally:
            theirs.close()
        self._channel = ours

    def _is_ready(self) -> bool:
        """Say whether the process can be asked; it takes a moment to start, and may not."""
        if self._channel is not None and not self._ready and _has_something(self._channel):
            try:
                receive_message(self._channel)
                self._ready = True
            except _GONE as problem:
                self._give_up(problem)
        return self._ready

    def _give_up(self, problem: Exception) -> None:
        """Let go of a process that is gone or hangs; the sets at hand are opened here."""
        log.warning("opener_lost", error=type(problem).__name__)
        self.is_asked = False
        self.close()


def _has_something(channel: socket.socket) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(0))


def _opened(wire: Wire | None) -> Opened | None:
    if wire is None:
        return None
    document, made_at, faults = wire
    return document, datetime.fromisoformat(made_at) if made_at else None, tuple(faults)
