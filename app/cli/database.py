"""Look after what is stored: backup and doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.adapters.keyring import Keyring
from app.content.library import Library
from app.db import migrate, sessions
from app.db.engine import Database
from app.errors import DurabilityTooWeak
from app.services import audit, backups, self_check
from app.settings import read_settings
from app.web.service import now_utc

out = Console(soft_wrap=True, highlight=False)


def backup() -> None:
    """Make a backup of the database and the keys while the service runs."""
    settings = read_settings()
    database = Database(settings.database)
    try:
        path = backups.make_backup(database, settings)
        backups.record_backup(database, path, now_utc())
    finally:
        database.dispose()
    out.print(str(path))


def doctor(
    live: Annotated[bool, typer.Option("--live", help="What live use would need.")] = False,
) -> None:
    """Check schema, durability, audit chain, receipts, keys, releases; exit 1 if one is wrong."""
    settings = read_settings()
    database = Database(settings.database)
    try:
        problems = _database_problems(database, settings.var_dir / "keys")
    finally:
        database.dispose()
    problems += map(str, Library.load(settings.content_dir).problems)
    if live:
        problems.append("Live use is not offered by this version: it serves training only.")
    for problem in problems:
        out.print(f"[red]wrong[/red] {problem}")
    if not problems:
        out.print("Schema, durability, audit chain, receipts, keys and releases are right.")
    raise typer.Exit(1 if problems else 0)


def _database_problems(database: Database, keys: Path) -> list[str]:
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
    return problems + _stored_problems(database, keys)


def _stored_problems(database: Database, keys: Path) -> list[str]:
    if not keys.exists():
        return ["There are no keys in var/keys. Do not start the service: restore a backup first."]
    with database.reader.connect() as connection:
        found = self_check.check_stored(connection, Keyring(keys))
    lines = {
        "Answers are sealed to keys that are not here: " + ", ".join(found.keys_lacking): len(
            found.keys_lacking
        ),
        f"{found.receipts_wrong} receipts were not made with this secret.": found.receipts_wrong,
        f"{found.sets_without_number} answer sets have no number in the list of their device.": (
            found.sets_without_number
        ),
        f"{found.numbers_without_set} numbers of devices belong to no answer set.": (
            found.numbers_without_set
        ),
    }
    return [line for line, count in lines.items() if count]
