"""Where the service and its releases stand by the database, brought into memory.

Another process may write too: ``grids withdraw`` takes a release back at once, while this one
serves it. So one thread looks every few seconds and takes over what changed. Pages are made
anew by themselves, since they are kept for the standing that they were made for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.db import sessions
from app.db.engine import Database
from app.db.queries import approvals as queries
from app.db.queries.approvals import Standing
from app.services import approvals
from app.services.service_mode import ServiceState, load_state
from app.web.service import Service

log = structlog.get_logger()


@dataclass(frozen=True)
class Snapshot:
    """What the database says of the service and of every release."""

    state: ServiceState
    standing: Standing


def read(database: Database) -> Snapshot:
    """Return what the database says now; the first start has written its settings."""
    with sessions.read(database) as db:
        return Snapshot(load_state(db), queries.read_standing(db))


def refresh(service: Service) -> None:
    """Take over what a verb just wrote, so that the very next page shows it."""
    _take_over(service, read(service.database))


def _take_over(service: Service, found: Snapshot) -> None:
    service.state, service.standing = found.state, found.standing
    service.library = approvals.with_standing(service.library, found.standing)


class Watch:
    """Looks for what other processes wrote."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._seen = read(service.database)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="standing", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking and wait for the look that is going on."""
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Take over what changed since the last look; nothing where nothing did."""
        found = read(self._service.database)
        if found != self._seen:
            self._seen = found
            _take_over(self._service, found)

    def _run(self) -> None:
        while not self._stopped.wait(self._service.settings.look_again_seconds):
            try:
                self.look()
            except SQLAlchemyError:  # a database that is away comes back
                log.exception("standing_not_read")
