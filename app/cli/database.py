"""Look after what is stored: backup and doctor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from app.adapters.backup_seal import BackupKeyUnfit
from app.adapters.keyring import Keyring
from app.content.library import Library
from app.db import migrate, sessions
from app.db.engine import Database
from app.domain.live_use import LiveCheck, find_failing
from app.errors import DurabilityTooWeak
from app.services import audit, backup_keys, backups, live_use, self_check
from app.settings import Settings, read_settings
from app.web.service import now_utc

out = Console(soft_wrap=True, highlight=False)
#: What to do about each check of live use.
WHAT_TO_DO: Final[Mapping[LiveCheck, str]] = {
    LiveCheck.REAL_DATA: (
        "This is a demonstration with invented data. Start with an empty database."
    ),
    LiveCheck.CLINICAL_SAFETY_OFFICER: (
        'Nobody is named. grids live confirm clinical-safety-officer "Name, registration"'
    ),
    LiveCheck.SAFEGUARDING_LEAD: (
        'Nobody is named. grids live confirm safeguarding-lead "Name, how to reach them"'
    ),
    LiveCheck.OUT_OF_HOURS: (
        "No way for evenings and weekends is named. "
        'grids live confirm out-of-hours "Who is rung, and the number"'
    ),
    LiveCheck.CRISIS_NUMBER: (
        "There is no number of the local crisis team. Set it on the page Service."
    ),
    LiveCheck.CRISIS_NUMBER_CHECKED: (
        "Nobody rang the local crisis number in the last 30 days. "
        "Ring it, then save it again on the page Service."
    ),
    LiveCheck.WORDING: (
        "No wording of CollaboRATE is installed. grids survey install FILE, or say that it is not "
        'used: grids live confirm collaborate-off "Who decided"'
    ),
    LiveCheck.SECOND_FACTOR: (
        "An account that can sign in has no second factor. grids staff list shows which; its owner "
        "switches it on under Your account."
    ),
    LiveCheck.ADMINISTRATOR: "No administrator can sign in. grids staff invite NAME",
    LiveCheck.DISK_ENCRYPTION: (
        "Nobody said that the disk is encrypted. "
        'grids live confirm disk-encryption "How, and who looked"'
    ),
    LiveCheck.BACKUP_KEY: (
        "No backup key is proven. grids backup-key make, then grids backup-key prove KEYFILE"
    ),
    LiveCheck.DPIA: (
        "There is no impact assessment to point at. "
        'grids live confirm dpia "Reference, date, who signed it"'
    ),
    LiveCheck.RETENTION: (
        "The controller has not confirmed how long things are kept (page Retention). "
        'grids live confirm retention "Reference, date, who decided"'
    ),
}


def backup(
    to_key: Annotated[str, typer.Option(help="Seal it to this public key (age1...).")] = "",
) -> None:
    """Make a backup of the database and the keys while the service runs.

    It is sealed to the key of grids backup-key, if one is set, or to the one given.
    """
    settings = read_settings()
    database = Database(settings.database)
    try:
        public_key = to_key or backup_keys.read_public_key(database)
        path = backups.make_backup(database, settings, public_key=public_key)
        backups.record_backup(database, path, now_utc())
    except BackupKeyUnfit as unfit:
        out.print(f"No backup was made: {unfit}.")
        raise typer.Exit(1) from None
    finally:
        database.dispose()
    out.print(str(path))
    if not public_key:
        out.print("It opens every answer. Seal backups to a key kept elsewhere: grids backup-key")


def doctor(
    live: Annotated[bool, typer.Option("--live", help="What live use would need.")] = False,
) -> None:
    """Check schema, durability, audit chain, receipts, keys, releases; exit 1 if one is wrong.

    With --live also what families may count on before they are let in.
    """
    settings = read_settings()
    database = Database(settings.database)
    try:
        problems = find_problems(database, settings)
        lacking = find_lacking(database, settings) if live and not problems else []
    finally:
        database.dispose()
    for problem in problems:
        out.print(f"[red]wrong[/red] {problem}")
    if not problems:
        out.print("Schema, durability, audit chain, receipts, keys and releases are right.")
    for line in lacking:
        out.print(f"[red]not yet[/red] {line}")
    if live and not problems and not lacking:
        out.print("Everything that live use needs is there. grids live start begins it.")
    raise typer.Exit(1 if problems or lacking else 0)


def find_problems(database: Database, settings: Settings) -> list[str]:
    """Return a line for each thing that is wrong with what is stored or served."""
    problems = _database_problems(database, settings.var_dir / "keys")
    return problems + [str(problem) for problem in Library.load(settings.content_dir).problems]


def find_lacking(database: Database, settings: Settings) -> list[str]:
    """Return a line for each check of live use that fails, by its name."""
    today = now_utc().astimezone(settings.timezone).date()
    with sessions.write(database) as db:
        failing = find_failing(live_use.read_facts(db), today=today)
    return [f"{check.value}: {WHAT_TO_DO[check]}" for check in failing]


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
