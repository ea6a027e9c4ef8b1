"""Starting the process that makes a file, so that capture and pages never wait for it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from app.adapters.export_files import ExportPlace, Progress

WORKER: Final = "app.services.export_worker"
ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Order:
    """What a worker is told: which export, for whom, on which database and folders."""

    database_url: str
    var_dir: Path
    content_dir: Path
    export_id: str
    by: str
    today: date
    now: datetime

    @property
    def folder(self) -> Path:
        """Return where files of exports lie."""
        return self.var_dir / "exports"

    def as_json(self) -> dict[str, Any]:
        """Return it as it travels."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, told: dict[str, str]) -> Order:
        """Return it as it arrived."""
        return cls(
            database_url=told["database_url"],
            var_dir=Path(told["var_dir"]),
            content_dir=Path(told["content_dir"]),
            export_id=told["export_id"],
            by=told["by"],
            today=date.fromisoformat(told["today"]),
            now=datetime.fromisoformat(told["now"]),
        )


class ExportJobs:
    """Starts workers and looks after those that ended."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, order: Order) -> None:
        """Start making a file; nothing happens where somebody makes it now.

        The order goes over standard input: an address of a database may hold a password, and
        arguments are seen by everybody on the machine.
        """
        if self.progress(order.folder, order.export_id) is not None:
            return
        worker = subprocess.Popen(  # our own module
            [sys.executable, "-m", WORKER], stdin=subprocess.PIPE, cwd=ROOT
        )
        assert worker.stdin is not None  # asked for above
        with worker.stdin as channel:
            channel.write(json.dumps(order.as_json()).encode())
        self._running[order.export_id] = worker

    def progress(self, folder: Path, export_id: str) -> Progress | None:
        """Return how far the making of a file is, None where it is not being made."""
        self._running = {key: each for key, each in self._running.items() if each.poll() is None}
        found = ExportPlace(folder, export_id).progress()
        started = export_id in self._running
        return found or (Progress("starting", 0, 0) if started else None)

    def stop(self) -> None:
        """End the workers that run. What was half made is never offered and can be made again."""
        running, self._running = self._running, {}
        for worker in running.values():
            worker.terminate()
            worker.wait()
