"""The service as it is run, in a process of its own: ``grids serve``, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fixtures.ports import free_port, wait_for_port

from app.settings import ROOT, Settings

START_SECONDS: Final = 90


@dataclass
class Served:
    """One service on one port; it may go and come back as often as wanted."""

    settings: Settings
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    is_up: bool = False

    def start(self) -> None:
        """Start it and return when it answers."""
        self.begin()
        self.wait()

    def begin(self) -> None:
        command = [str(Path(sys.executable).with_name("grids")), "serve"]
        log = self.settings.var_dir / "serve.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(), stdout=out, stderr=out
            )

    def wait(self) -> None:
        assert self.process is not None
        wait_for_port(self.port, self.process, seconds=START_SECONDS)
        self.is_up = True

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nothing is said. Twice is once."""
        self.is_up = False
        process = self.process
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    @property
    def is_gone(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _environment(self) -> dict[str, str]:
        own = {
            "PORT": str(self.port),
            "VAR_DIR": str(self.settings.var_dir),
            "DATABASE_URL": self.settings.database,
        }
        return os.environ | own
