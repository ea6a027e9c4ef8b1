"""`grids study`: the study that decides phases, from a document made before the data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from sqlmodel import Session

from app.db import migrate, sessions
from app.db.engine import Database
from app.db.queries import studies as queries
from app.domain.eligible import CountsUnfit
from app.domain.study import Study, StudyUnfit, read_study
from app.errors import NotFound
from app.services import audit, denominators, studies
from app.services.studies import StudyLocked, StudyNotLocked
from app.settings import read_settings

study_app = typer.Typer(no_args_is_help=True, help="Studies and their calendars.")
out = Console(soft_wrap=True, highlight=False)
_LOCKED = "This study has its first answer and is locked. Give the new one an id of its own."


@study_app.command("install")
def install(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
) -> None:
    """Install a study. Every problem is named; exit 1 installs nothing."""
    with _refusals(file), _database() as database, sessions.write(database) as db:
        study = _install(db, _read(file))
    out.print(f"Installed {study.id}, sha256 {study.sha256}", markup=False)


@study_app.command("amend")
def amend(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    reason: Annotated[str, typer.Option(help="Why, in a sentence; kept with the study.")],
) -> None:
    """Change a study that has answers, from today on. What it said before is kept."""
    now = datetime.now(UTC)
    today = now.astimezone(read_settings().timezone).date()
    with _refusals(file), _database() as database, sessions.write(database) as db:
        made = studies.amend_study(
            db, document=_read(file), reason=reason, by=audit.SYSTEM, today=today, now=now
        )
        late = ", after results were looked at" if made.after_look else ""
        out.print(f"Amendment {made.number}{late}: {', '.join(made.changed)}", markup=False)
        out.print(f"sha256 {made.sha256_after}, before {made.sha256_before}", markup=False)


@study_app.command("eligible")
def eligible(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    check: Annotated[bool, typer.Option("--check", help="Read it and keep nothing.")] = False,
) -> None:
    """Take in eligible appointments: CSV of team, week_on (a Monday), appointments."""
    now = datetime.now(UTC)
    today = now.astimezone(read_settings().timezone).date()
    with _refusals(file), _database() as database, sessions.write(database) as db:
        text = file.read_text("utf-8")
        counts = denominators.import_counts(db, text=text, by=audit.SYSTEM, today=today, now=now)
        if check:
            db.rollback()
    kept = "would be kept" if check else "kept"
    total = sum(count.appointments for count in counts)
    out.print(f"{len(counts)} weeks {kept}: {total} appointments", markup=False)


@study_app.command("show")
def show() -> None:
    """Show every installed study with its calendar."""
    with _database() as database, sessions.read(database) as db:
        rows = queries.list_studies(db)
    if not rows:
        out.print("No study is installed: every day has grids, and only after is asked.")
    for row in rows:
        locked = f"locked {row.locked_at:%Y-%m-%d}" if row.locked_at else "not locked"
        out.print(f"{row.id} ({row.kind}, {locked}): {row.title}", markup=False)
        out.print(f"  sha256 {row.sha256}")
        _print_calendar(read_study(row.content))


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    """Turn what a file or a study can be refused for into words and exit 1."""
    try:
        yield
    except yaml.YAMLError as broken:
        _refuse(f"{file.name} is not YAML: {str(broken).splitlines()[-1].strip()}")
    except UnicodeDecodeError:
        _refuse(f"{file.name} is not UTF-8.")
    except StudyUnfit as unfit:
        named = [f"{file.name}: {problem}" for problem in unfit.problems]
        _refuse(*named)
    except CountsUnfit as unfit:
        _refuse(*(f"{file.name}: line {fault.line}: {fault.key}" for fault in unfit.faults))
    except StudyLocked:
        _refuse(_LOCKED)
    except (StudyNotLocked, NotFound):
        _refuse("No answer rests on this study yet: install it again instead.")


def _read(file: Path) -> object:
    return yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)


def _install(db: Session, document: object) -> Study:
    now = datetime.now(UTC)
    return studies.install_study(db, document=document, by=audit.SYSTEM, now=now)


def _print_calendar(study: Study) -> None:
    asked = ", ".join(study.occasions)
    out.print(f"  asks {asked}; instrument {study.instrument or 'as installed'}", markup=False)
    out.print(f"  consent {study.consent}", markup=False)
    for team, stretches in study.calendar.items():
        for stretch in stretches:
            last = stretch.to_on.isoformat() if stretch.to_on else "open"
            out.print(f"  {team}: {stretch.phase} {stretch.from_on} to {last}", markup=False)


def _refuse(*lines: str) -> None:
    for line in lines:
        out.print(line, markup=False)
    out.print("Nothing was installed.")
    raise typer.Exit(1)


@contextmanager
def _database() -> Iterator[Database]:
    settings = read_settings()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        migrate.upgrade(database)
        yield database
    finally:
        database.dispose()
