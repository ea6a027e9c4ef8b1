"""`grids survey`: wording packs of instruments."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.db import migrate, sessions
from app.db.engine import Database
from app.db.queries import instruments as queries
from app.services import wording_packs
from app.services.wording_packs import WordingPackRefused, WordingVersionTaken
from app.settings import read_settings

survey_app = typer.Typer(no_args_is_help=True, help="Wording packs of instruments.")
out = Console(soft_wrap=True, highlight=False)


@survey_app.command("install")
def install(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who installs it; the pack's own confirmer when left out."),
    ] = None,
) -> None:
    """Install a wording pack. Every mistake is named with its line; exit 1 installs nothing."""
    now = datetime.now(UTC)
    try:
        with sessions.write(_database()) as db:
            pack = wording_packs.install_pack(
                db, raw=file.read_bytes(), name=file.name, confirmed_by=by, now=now
            )
    except WordingPackRefused as refused:
        for problem in refused.problems:
            out.print(str(problem), markup=False)
        out.print("Nothing was installed.")
        raise typer.Exit(1) from None
    except WordingVersionTaken:
        out.print("Other words are installed under this version. Give the new words a new version.")
        raise typer.Exit(1) from None
    out.print(f"Installed {pack.instrument_id} {pack.version} ({pack.language}), {pack.sha256}")


@survey_app.command("list")
def list_installed() -> None:
    """List the installed wording packs, the newest first."""
    with sessions.read(_database()) as db:
        packs = queries.list_packs(db)
    if not packs:
        out.print("No wording pack is installed: nobody is asked CollaboRATE.")
        return
    for pack in packs:
        what = f"{pack.instrument_id} {pack.version} ({pack.language})"
        since = f"installed {pack.installed_at:%Y-%m-%d} by {pack.installed_by}"
        retired = f", retired {pack.retired_at:%Y-%m-%d}" if pack.retired_at else ""
        out.print(f"{what}, {since}{retired}, {pack.sha256}", markup=False)


def _database() -> Database:
    settings = read_settings()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    migrate.upgrade(database)
    return database
