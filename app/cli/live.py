"""Going live: what somebody confirms, and the step itself."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from app.cli.database import WHAT_TO_DO, find_problems
from app.db import sessions
from app.db.engine import Database
from app.domain.live_use import LONGEST_WORDS, Confirmed
from app.services import audit, live_use
from app.settings import read_settings
from app.web.service import now_utc

out = Console(soft_wrap=True, highlight=False)
live_app = typer.Typer(no_args_is_help=True)


@live_app.command("confirm")
def confirm(
    what: Annotated[Confirmed, typer.Argument(help="What is confirmed.")],
    words: Annotated[str, typer.Argument(help="A name or a reference that others can follow up.")],
) -> None:
    """Write down something that no program can see. Staff are named here, families never."""
    settings, now = read_settings(), now_utc()
    database = Database(settings.database)
    today = now.astimezone(settings.timezone).date()
    try:
        with sessions.write(database) as db:
            live_use.confirm(db, what=what, words=words, by=audit.SYSTEM, now=now, today=today)
    except live_use.WordsUnfit:
        out.print(f"Give one line of 1 to {LONGEST_WORDS} characters.")
        raise typer.Exit(1) from None
    finally:
        database.dispose()
    out.print(f"{what.value} is confirmed.")


@live_app.command("start")
def start() -> None:
    """Let families in, if grids doctor --live finds nothing."""
    settings, now = read_settings(), now_utc()
    database = Database(settings.database)
    try:
        problems = find_problems(database, settings)
        if not problems:
            today = now.astimezone(settings.timezone).date()
            with sessions.write(database) as db:
                failing = live_use.start_live(db, by=audit.SYSTEM, now=now, today=today)
            problems = [f"{check.value}: {WHAT_TO_DO[check]}" for check in failing]
    finally:
        database.dispose()
    for problem in problems:
        out.print(f"[red]not yet[/red] {problem}")
    if problems:
        out.print("Nothing was changed: the service stays in practice.")
        raise typer.Exit(1)
    out.print("This service is live. Only grids with two approvals are offered.")


@live_app.command("stop")
def stop() -> None:
    """Go back to practice: every page and paper says so again."""
    database = Database(read_settings().database)
    try:
        with sessions.write(database) as db:
            live_use.stop_live(db, by=audit.SYSTEM, now=now_utc())
    finally:
        database.dispose()
    out.print("This service is for practice.")
