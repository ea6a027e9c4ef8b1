"""`grids export repeat` and `grids paper import`: what a researcher asks of whoever runs this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer
from rich.console import Console

from app.adapters.keyring import Keyring
from app.db import migrate, sessions
from app.db.engine import Database
from app.domain.paper_import import Fault, FileUnfit
from app.services import export_making, paper_import
from app.services.export_making import ExportFailed, Workshop
from app.services.exports import ExportNotReady
from app.services.service_mode import load_state
from app.settings import read_settings

export_app = typer.Typer(no_args_is_help=True, help="Files for research.")
paper_app = typer.Typer(no_args_is_help=True, help="Past answers on paper.")
out = Console(soft_wrap=True, highlight=False)

WORDS: Final = {
    "not_csv": "the file stops being CSV here",
    "not_utf8": "the file is not UTF-8; save it as 'CSV UTF-8'",
    "no_rows": "there is a header and no row",
    "too_many": "more rows than one file may have; split it",
    "column_absent": "this column is not there",
    "column_twice": "this column is there twice",
    "column_unknown": "nobody asked for this column; take it out",
    "cells_over": "more cells than columns",
    "empty": "this cell is empty; a missing answer has a code from -99 to -91",
    "not_in_list": "not one of the listed values",
    "team_unknown": "no open team has this slug",
    "practitioner_unknown": "no account has this user name",
    "not_a_day": "not a day as YYYY-MM-DD",
    "in_the_future": "this day has not come yet",
    "too_long_ago": "more than twenty years ago",
    "not_a_number": "not a whole number",
    "off_the_scale": "not on the scale, and not a missing code",
    "answered_though_never_shown": "an answer, though the reason says the form was never shown",
    "form_twice": "an earlier row has this form number",
    "differs_within_appointment": "an earlier row of this appointment says something else",
    "refused_by_the_record": "the record refuses this form",
}


@paper_app.command("import")
def import_paper(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    pack: Annotated[str, typer.Option(help="SHA-256 of the words that were on the paper.")],
    write: Annotated[bool, typer.Option("--write", help="Without it: only look.")] = False,
) -> None:
    """Look at past paper answers, or take them in. Every bad cell is named; exit 1 takes none."""
    settings, now = read_settings(), datetime.now(UTC)
    with _database() as database, sessions.write(database) as db:
        words = paper_import.find_pack(db, pack)
        if words is None:
            out.print("No wording pack with this hash is installed.")
            raise typer.Exit(1)
        try:
            taken = paper_import.import_paper(
                db,
                raw=file.read_bytes(),
                pack=words,
                keyring=Keyring(settings.var_dir / "keys"),
                dry=not write,
                today=now.astimezone(settings.timezone).date(),
                now=now,
            )
        except FileUnfit as unfit:
            for fault in unfit.faults:
                out.print(_line(fault), markup=False)
            out.print(f"{len(unfit.faults)} to mend; nothing was taken in.")
            raise typer.Exit(1) from None
        done = "Taken in before; nothing to do" if taken.again else "Taken in"
        said = done if write else "Looked at only (--write takes it in)"
        out.print(f"{said}: {taken.forms} forms of {taken.appointments} appointments")


@export_app.command("repeat")
def repeat(export_id: Annotated[str, typer.Argument(help="The id in the manifest.")]) -> None:
    """Make an export again, compare the hash of its table, and throw it away. Exit 1: differs."""
    settings = read_settings()
    with _database() as database, TemporaryDirectory(dir=settings.var_dir) as folder:
        with sessions.write(database) as db:
            state = load_state(db)
        shop = Workshop(database, Path(folder), Keyring(settings.var_dir / "keys"), state)
        today = datetime.now(UTC).astimezone(settings.timezone).date()
        try:
            before, after = export_making.repeat_hash(shop, export_id=export_id, today=today)
        except (ExportNotReady, ExportFailed) as problem:
            out.print(f"Not made: {getattr(problem, 'fault', 'there is no such file')}")
            raise typer.Exit(1) from None
    out.print(f"then {before}\nnow  {after}")
    if before != after:
        out.print("They differ: answers came in, were erased or voided since.")
        raise typer.Exit(1)


def _line(fault: Fault) -> str:
    column = f", {fault.column}" if fault.column else ""
    return f"row {fault.row}{column}: {WORDS[fault.why]}"


@contextmanager
def _database() -> Iterator[Database]:
    database = Database(read_settings().database)
    try:
        migrate.upgrade(database)
        yield database
    finally:
        database.dispose()
