"""``grids withdraw``: take a grid back at once, and say in which appointments it was shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from sqlmodel import Session

from app.content.library import Library
from app.content.release import GridRelease
from app.db import migrate, sessions
from app.db.engine import Database
from app.db.queries import approvals as queries
from app.domain.approval import WithdrawalReason
from app.domain.keeping import ENCOUNTER_CODE
from app.services import approvals, audit
from app.settings import read_settings

out = Console(soft_wrap=True, highlight=False)


def withdraw(
    public_id: Annotated[str, typer.Argument(help="The grid's id, as in /g/k7.")],
    reason: Annotated[WithdrawalReason, typer.Option(help="Why; families are told.")],
    version: Annotated[
        int | None, typer.Option(help="One version; every one of them when left out.")
    ] = None,
) -> None:
    """Take a grid back. A running service follows within seconds. Run it again for the list."""
    settings = read_settings()
    releases = _find(Library.load(settings.content_dir), public_id, version)
    database = Database(settings.database)
    try:
        migrate.upgrade(database)
        with sessions.write(database) as db:
            taken = [release for release in releases if _take_back(db, release, reason)]
            shown = queries.list_shown(db, public_id)
    finally:
        database.dispose()
    for release in releases:
        word = "taken back" if release in taken else "was taken back before"
        out.print(f"{public_id} version {release.number}: {word}")
    _print_shown(shown)


def _find(library: Library, public_id: str, version: int | None) -> list[GridRelease]:
    found = [
        release
        for (held, number), release in sorted(library.releases.items())
        if held == public_id and version in {None, number}
    ]
    if not found:
        out.print("There is no such release here. Nothing was changed.")
        raise typer.Exit(1)
    return found


def _take_back(db: Session, release: GridRelease, reason: WithdrawalReason) -> bool:
    now = datetime.now(UTC)
    return approvals.withdraw_release(db, release=release, reason=reason, by=audit.SYSTEM, now=now)


def _print_shown(shown: tuple[queries.ShownIn, ...]) -> None:
    """Codes for calling families back: a grid may have been read after it was opened for them."""
    if not shown:
        out.print("No appointment was opened with this grid.")
    for entry in shown:
        count = len(entry.codes) + entry.forgotten
        out.print(f"Version {entry.version} was shown in {count} appointments. Their codes:")
        for code in entry.codes:
            out.print(f"  {code[:4]} {code[4:]}")
        if entry.forgotten:
            days = ENCOUNTER_CODE.days
            out.print(f"  {entry.forgotten} more, whose codes were forgotten after {days} days.")
