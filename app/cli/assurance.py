"""``grids assurance``: papers for those who have to vouch for the service, made from its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
import yaml
from rich.console import Console

from app.adapters.test_results import ResultsUnreadable, read_results
from app.domain.hazard_log import last_words, render_hazard_log
from app.domain.hazards import Hazard, read_hazards
from app.domain.security_table import read_requirements, render_requirements
from app.domain.stored_fields import FieldTable, read_fields, render_fields
from app.settings import ROOT

out = Console(soft_wrap=True, highlight=False)
assurance_app = typer.Typer(no_args_is_help=True)

HAZARDS: Final = "docs/safety/hazards.csv"
FIELDS: Final = "docs/privacy/fields.yaml"
REQUIREMENTS: Final = "docs/security/asvs.csv"


def _lines(root: Path, name: str) -> list[str]:
    return (root / name).read_text(encoding="utf-8").splitlines()


def _hazards(root: Path) -> tuple[Hazard, ...]:
    return read_hazards(_lines(root, HAZARDS))


def _hazard_log(root: Path) -> str:
    return render_hazard_log(_hazards(root))


def field_table(root: Path) -> FieldTable:
    """Return what the database holds, as people explained it."""
    return read_fields(yaml.safe_load((root / FIELDS).read_text(encoding="utf-8")))


def _fields(root: Path) -> str:
    return render_fields(field_table(root))


def _requirements(root: Path) -> str:
    return render_requirements(read_requirements(_lines(root, REQUIREMENTS)))


#: Each page that is made, and what makes it from the files under the project's folder.
PAGES: Final[dict[str, Callable[[Path], str]]] = {
    "docs/safety/hazard-log.md": _hazard_log,
    "docs/privacy/fields.md": _fields,
    "docs/security/asvs.md": _requirements,
}


@assurance_app.command()
def write() -> None:
    """Make every page anew from its source: hazards, stored fields, security controls."""
    for name, make in PAGES.items():
        (ROOT / name).write_text(make(ROOT), encoding="utf-8")
        out.print(f"Wrote {name}")


@assurance_app.command()
def hazards(
    results: Annotated[list[Path], typer.Option(help="A file that pytest --junitxml wrote.")],
    to: Annotated[Path | None, typer.Option(help="Where to write; else it is printed.")] = None,
) -> None:
    """Show the hazard log with the last pass of each test that a control names."""
    try:
        last = last_words(outcome for path in results for outcome in read_results(path))
    except ResultsUnreadable as fault:
        out.print(f"Not read: {fault}")
        raise typer.Exit(1) from fault
    page = render_hazard_log(_hazards(ROOT), last)
    if to is None:
        typer.echo(page)
    else:
        to.write_text(page, encoding="utf-8")
        out.print(f"Wrote {to}")
