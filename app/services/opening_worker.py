"""The process that opens sealed sets: started by ``openers``, spoken to over its standard input.

A message is its length in four bytes and then ``marshal``: a list of sets to be opened, answered
by the list of what was in them, in the same order. ``marshal`` is Python's own and fast; both
ends are of one version, since this end is started by the other. It holds the keys that the
server holds, writes nothing, and ends when the server is gone.
"""

from __future__ import annotations

import marshal
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

import structlog

from app.adapters.keyring import Keyring
from app.adapters.log_lines import write_log_lines
from app.services.arrivals import Opened, open_set

log = structlog.get_logger()

LENGTH_BYTES: Final = 4
Wire = tuple[Any, str | None, tuple[str, ...]]


def send_message(channel: socket.socket, message: Any) -> None:
    """Send one message. Raises OSError where the other end is gone."""
    body = marshal.dumps(message)
    channel.sendall(len(body).to_bytes(LENGTH_BYTES, "big") + body)


def receive_message(channel: socket.socket) -> Any:
    """Return the next message. Raises EOFError where the other end is gone."""
    length = int.from_bytes(_receive(channel, LENGTH_BYTES), "big")
    return marshal.loads(_receive(channel, length))  # noqa: S302  # from our own process


def _receive(channel: socket.socket, length: int) -> bytearray:
    got = bytearray(length)
    view, have = memoryview(got), 0
    while have < length:
        count = channel.recv_into(view[have:])
        if not count:
            raise EOFError
        have += count
    return got


def main(keys: str) -> None:
    """Serve until the other end closes. What the terminal sends is for the server to heed."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    write_log_lines()
    keyring = Keyring(Path(keys))
    with socket.socket(fileno=sys.stdin.fileno()) as channel:
        send_message(channel, "ready")
        while True:
            try:
                asked = receive_message(channel)
            except EOFError:
                return
            send_message(channel, [_wire(open_or_none(sent, id_, keyring)) for sent, id_ in asked])


def open_or_none(sent: bytes, response_id: str, keyring: Keyring) -> Opened | None:
    """Return what is inside, or None where a fault of ours shows: it must not stop the others."""
    try:
        return open_set(sent, response_id, keyring)
    except Exception as problem:
        _note(problem)
        return None


def _note(problem: Exception) -> None:
    """Log what kind of problem it was. Its text and its trace could hold an answer."""
    log.error("set_not_opened", error=type(problem).__name__)


def _wire(opened: Opened | None) -> Wire | None:
    if opened is None:
        return None
    document, made_at, faults = opened
    return document, made_at.isoformat() if made_at else None, faults


if __name__ == "__main__":
    main(sys.argv[1])
