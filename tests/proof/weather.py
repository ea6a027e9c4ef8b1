"""A network with a forecast: which cut a request meets follows from the seed, not from chance.

It is the scripted proxy of the tests with a browser, asked for each request what it meets. A try
is known by its round, tablet, set and number, so that threads may come in any order.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

from fixtures.bad_network import (
    WATCHED,
    BadNetwork,
    Cut,
    Exchange,
    Reply,
    Step,
    after_the_commit,
    altered,
    before_the_body,
    emptied,
    half_the_json,
    half_the_reply,
    refused,
    says,
)
from proof.journal import Journal, Kind
from proof.simulated import Reply as Answer
from proof.simulated import Unanswered

SECONDS: Final = 20
AT_ONCE: Final = 4
LONGEST_DELAY: Final = 0.03
#: After so many tries the same set meets fair weather, so that every round ends.
MOST_TRIES: Final = 6


def in_the_body(exchange: Exchange) -> Reply:
    """The connection ends with half a body."""
    exchange.head += exchange.body[: len(exchange.body) // 2]
    return before_the_body(exchange)


def twice(exchange: Exchange) -> Reply:
    """Something between sends it again by itself."""
    exchange.on()
    return exchange.on()


def several_at_once(exchange: Exchange) -> Reply:
    """The same bytes come from several connections at one moment; one reply gets through."""
    replies: list[Reply] = []

    def once() -> None:
        with suppress(OSError):  # the server is gone
            replies.append(exchange.on())

    threads = [threading.Thread(target=once) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not replies:
        raise Cut
    return replies[0]


def late(exchange: Exchange) -> Reply:
    time.sleep(LONGEST_DELAY)  # what is tested is that a slow network is only slow
    return exchange.on()


def named(status: int, **headers: str) -> Step:
    """Somebody between answers in the server's place; the step is counted by its status."""
    step = says(status, **headers)
    step.__name__ = f"says {status}"
    return step


CUTS: Final[tuple[Step, ...]] = (
    refused,
    before_the_body,
    in_the_body,
    after_the_commit,
    after_the_commit,  # the lost acknowledgement is the main source of doubles: meet it often
    after_the_commit,
    half_the_reply,
    half_the_json,
    altered,
    emptied,
    twice,
    several_at_once,
    late,
    named(200),
    named(302, Location="/sign-in"),
    named(511),
    named(403),
    named(413),
    named(429, Retry_After="1"),
    named(502),
    named(503, Retry_After="1"),
)
FAIR_SHARE: Final = 0.4


class Heard(Exchange):
    """An exchange that writes down what the server itself replied."""

    def on(self, body: bytes | None = None) -> Reply:
        reply = super().on(body)
        status = reply[9:12]
        if status.isdigit():  # none where the server was killed before it replied
            self.network.journal.note(Kind.SERVED, status=int(status))  # type: ignore[attr-defined]
        return reply


class Weather(BadNetwork):
    """The proxy. ``names`` tells by which name the seed knows a set."""

    def __init__(self, server: tuple[str, int], journal: Journal) -> None:
        self.journal = journal
        self.seed = ""
        self.names: dict[str, str] = {}
        self.met: Counter[str] = Counter()
        self.strike_at = 0
        self.strike: Callable[[], None] = lambda: None
        self._tries: Counter[str] = Counter()
        self._puts = 0
        super().__init__(server)

    def begin(self, seed: str, *, strike_at: int = 0) -> None:
        """Begin a round; the server is struck when this many sets were on their way."""
        self.seed, self.strike_at, self._puts = seed, strike_at, 0
        self._tries.clear()

    def _read(self, client: object) -> Exchange | None:
        read = super()._read(client)  # type: ignore[arg-type]
        return Heard(read.head, read.body, read.server, self) if read else None

    def _step(self, exchange: Exchange) -> Reply:
        if not exchange.head.startswith(WATCHED):
            return exchange.on()
        step = self._choose(exchange.head.split(b" ", 2)[1].decode().rsplit("/", 1)[1])
        return step(exchange)

    def _choose(self, response_id: str) -> Step:
        name = self.names[response_id]
        with self._lock:
            self._puts += 1
            self._tries[name] += 1
            tries = self._tries[name]
            if self._puts == self.strike_at:
                self.met["struck"] += 1
                return self._struck
        dice = Random(f"{self.seed}/{name}/{tries}")
        fair = tries > MOST_TRIES or dice.random() < FAIR_SHARE
        step = Exchange.on if fair else dice.choice(CUTS)
        self.met["fair" if fair else step.__name__] += 1
        return Exchange.on if fair else step

    def _struck(self, exchange: Exchange) -> Reply:
        """The server is killed while this request is in it."""
        threading.Thread(target=self.strike, daemon=True).start()
        return exchange.on()


class ByNetwork:
    """The way of a simulated tablet through the proxy, one connection to a request."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode("utf-8", "replace"))
        except (OSError, http.client.HTTPException):
            raise Unanswered from None
        finally:
            connection.close()
