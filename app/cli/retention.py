"""``grids retention``: run the nightly job now."""

from __future__ import annotations

import typer
from rich.console import Console

from app.db import migrate
from app.db.engine import Database
from app.services import retention
from app.services.retention import Folders
from app.settings import read_settings
from app.web.service import now_utc

out = Console(soft_wrap=True, highlight=False)


def enforce() -> None:
    """Remove what is over its time and say how much; a running service does this every night."""
    settings = read_settings()
    database = Database(settings.database)
    try:
        migrate.upgrade(database)
        run = retention.enforce_retention(
            database,
            folders=Folders.under(settings.var_dir),
            zone=settings.timezone,
            now=now_utc(),
        )
    finally:
        database.dispose()
    if run is None:
        out.print("Another process does this just now. Nothing was done here.")
        raise typer.Exit(1)
    out.print("Removed: " + (_listed(run.removed) or "nothing was over its time."))
    if run.awaiting:
        out.print("Waiting for somebody's decision: " + _listed(run.awaiting))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kept.replace('_', ' ')}" for kept, count in counts.items())
