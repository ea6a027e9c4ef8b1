"""Look after what is stored: backup and doctor."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from app.content.library import Library
from app.db import migrate, sessions
from app.db.engine import Database
from app.errors import DurabilityTooWeak
from app.services import audit, backups
from app.settings import read_settings
from app.web.service import now_utc

out = Console(soft_wrap=True, highlight=False)


def backup() -> None:
    """Make a backup of the database and the keys while the service runs."""
    settings = read_settings()
    database = Database(settings.database)
    path = backups.make_backup(database, settings)
    backups.record_backup(database, path, now_utc())
    out.print(str(path))


def doctor(
    live: Annotated[bool, typer.Option("--live", help="What live use would need.")] = False,
) -> None:
    """Check schema, durability, the audit chain and the releases; exit 1 if one is wrong."""
    settings = read_settings()
    database = Database(settings.database)
    problems = [
        *_database_problems(database),
        *map(str, Library.load(settings.content_dir).problems),
    ]
    if live:
        problems.append("Live use is not offered by this version: it serves training only.")
    for problem in problems:
        out.print(f"[red]wrong[/red] {problem}")
    if not problems:
        out.print("Schema, durability, audit chain and releases are right.")
    raise typer.Exit(1 if problems else 0)


def _database_problems(database: Database) -> list[str]:
    problems: list[str] = []
    if migrate.differences(database):
        return ["The schema is not this version's; start the service once to upgrade it."]
    try:
        database.check_durability()
    except DurabilityTooWeak:
        problems.append("The database may forget committed rows.")
    with sessions.read(database) as db:
        broken = audit.verify(db)
    if broken is not None:
        problems.append(f"The audit chain is broken at row {broken}.")
    return problems
