"""The nightly job inside the server: one thread that looks whether it is time.

Every process looks; the database decides which of them runs the job. A computer that is off at
night does it in the morning, soon after it starts.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.errors import AppError
from app.services import desk_counts, retention
from app.services.retention import Folders
from app.web.service import Service

LOOK_EVERY_SECONDS: Final = 600.0
#: Not in the first moments: a process that starts has tablets waiting at the door.
FIRST_LOOK_SECONDS: Final = 60.0

log = structlog.get_logger()


class Nightly:
    """Runs the retention job when it is due."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nightly", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking and wait for a job that is going on."""
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Run the job if it is due."""
        service = self._service
        try:
            run = retention.enforce_retention(
                service.database,
                folders=Folders.under(service.settings.var_dir),
                zone=service.settings.timezone,
                now=service.clock(),
                only_if_due=True,
            )
        except (SQLAlchemyError, AppError, OSError) as problem:  # tried again at the next look
            # Without its trace: that may hold rows.
            log.warning("retention_not_enforced", error=type(problem).__name__)
            return
        if run is not None:
            log.info("retention_enforced", removed=sum(run.removed.values()))
        self._count()

    def _count(self) -> None:
        """Make the counts of the desk if they are due: after what is over its time has gone."""
        service = self._service
        try:
            counted = desk_counts.count_if_due(
                service.database, zone=service.settings.timezone, now=service.clock()
            )
        except (SQLAlchemyError, AppError, OSError) as problem:  # tried again at the next look
            log.warning("answers_not_counted", error=type(problem).__name__)
            return
        if counted is not None:
            log.info("answers_counted", answers=counted.answers, cells=counted.cells)

    def _run(self) -> None:
        wait = FIRST_LOOK_SECONDS
        while not self._stopped.wait(wait):
            self.look()
            wait = LOOK_EVERY_SECONDS
