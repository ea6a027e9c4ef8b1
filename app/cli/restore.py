"""``grids restore``: put a backup in the place of what is here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.services.restoring import Restored, RestoreRefused, restore_backup
from app.settings import read_settings
from app.web.service import now_utc

out = Console(soft_wrap=True, highlight=False)
CARRIED = {
    "erasures": "answer sets that were erased since stay erased",
    "withdrawals": "grids that were taken back stay taken back",
    "tablet": "tablets that were taken out of use stay so",
    "staff": "accounts that were switched off stay off",
    "team": "teams that were closed stay closed",
    "link_card": "link cards that were ended stay ended",
    "phone_link": "links to somebody's phone that were used stay used",
    "encounter": "appointments that do not count stay so",
    "wording_pack": "wordings that were retired stay retired",
    "local_offer": "local offers that were taken off stay off",
}


def restore(
    backup: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A backup file.")],
    key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The private key of a sealed backup."),
    ] = None,
) -> None:
    """Restore a backup. The server must be stopped; what is here is kept aside first."""
    try:
        done = restore_backup(backup, settings=read_settings(), now=now_utc(), key_file=key)
    except RestoreRefused as refused:
        out.print(f"Nothing was changed: {refused}.")
        raise typer.Exit(1) from None
    _say(done)


def _say(done: Restored) -> None:
    out.print("The backup is restored.")
    if done.kept_aside:
        out.print(f"What was here before: {done.kept_aside}")
    for kind, count in done.carried.items():
        if count:
            out.print(f"Carried over: {count} {CARRIED[kind]}.")
    out.print("What to do now:")
    out.print("  1. grids doctor, and look at every line it prints.")
    out.print("  2. Start the service. Everybody signs in again; invitations are made anew.")
    out.print(
        "  3. Leave every tablet switched on and online. Each offers what it sent in the last"
    )
    out.print("     14 days once more, and the service takes what it lacks, once.")
    out.print(
        "  4. Tablets that were enrolled after the backup have to be enrolled again; send what"
    )
    out.print("     waits on them by a rescue file from another tablet.")
    out.print("  5. Tell whoever answers for the data which hours were lost.")
