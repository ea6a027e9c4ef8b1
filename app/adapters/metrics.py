"""Counts for whoever watches the service, in the text format of Prometheus.

Labels come from closed lists: the template of a route, a method, a class of status. Never a
path, an address, a code or a name; what is not on a list is counted as "other". Each process
counts for itself.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
#: What the answer to a set that arrived says, by its status (docs/protocol.md).
OUTCOMES: Final = {
    200: "known",
    201: "stored",
    202: "quarantined",
    409: "quarantined",
    429: "later",
    503: "later",
}
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The counts of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "grids_answer_sets", "Answer sets that arrived.", ["outcome"], registry=self._registry
        )
        for outcome in (*dict.fromkeys(OUTCOMES.values()), "refused"):
            self._answers.labels(outcome)
        self._requests = Histogram(
            "grids_request_seconds",
            "Requests.",
            ["route", "method", "status"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._waiting = Gauge(
            "grids_answer_sets_waiting", "Waiting to be written.", registry=self._registry
        )

    def count_answer(self, status: int) -> None:
        """Count an answer set by the status with which it was answered."""
        self._answers.labels(OUTCOMES.get(status, "refused")).inc()

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is a template, as ``/encounters/{encounter_id}``."""
        known = method if method in METHODS else "other"
        self._requests.labels(route, known, f"{status // 100}xx").observe(seconds)

    def render(self, *, waiting: int) -> bytes:
        """Return everything as text; ``waiting`` is the length of the queue now."""
        self._waiting.set(waiting)
        return generate_latest(self._registry)
