"""Log lines of a running process: one JSON object each, on standard error, with a known event.

Libraries say things too, and what they say may quote what somebody sent: of a warning or an error
of theirs only the kind is written, where it happened, and by whom it was said.
"""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Final

import structlog

#: The event under which anything is written that is not said by our own code.
LIBRARY: Final = "library_said"


class _Libraries(logging.Handler):
    """Turns what a library logs into a line without its text."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        problem = record.exc_info[1] if record.exc_info else None
        _say(record.name, record.levelname.lower(), problem)


def write_log_lines() -> None:
    """Let everything that this process logs be such lines. For the start of a process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(default=lambda value: type(value).__name__),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Libraries()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_ended


def _thread_ended(problem: threading.ExceptHookArgs) -> None:
    _say("threading", "error", problem.exc_value)


def _say(who: str, level: str, problem: BaseException | None) -> None:
    log = structlog.get_logger()
    said = {"logger": who}
    if problem is not None:
        said |= {"error": type(problem).__name__, "where": _where(problem.__traceback__)}
    (log.error if level in {"error", "critical"} else log.warning)(LIBRARY, **said)


def _where(trace: TracebackType | None) -> str:
    """Return the file and line where it happened: they hold nothing that anybody sent."""
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
