"""`grids check` and `grids release`: the gate and the press."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.content.check import Report, check_grids
from app.content.finding import Finding
from app.content.group_pages import check_groups
from app.content.practitioner_prompts import check_prompts
from app.content.release import GridHasFindings, LockIsBroken, NothingChanged, release_grid
from app.content.rule import RULES
from app.content.schema import schemas
from app.content.skeleton import (
    FIRST_CHOICE,
    GridIsThere,
    NotANameForAGrid,
    NotANameForAnOption,
    new_grid,
)
from app.content.translation import (
    NotALanguage,
    TranslationIsThere,
    UnsoundGrid,
    start_translation,
)

content_app = typer.Typer(no_args_is_help=True, help="Check and release grids.")

GRIDS = Path(__file__).resolve().parents[2] / "grids"
Folder = Annotated[Path, typer.Option("--grids", help="The folder of grids.")]


@content_app.command("check")
def check(
    slug: Annotated[str | None, typer.Argument(help="One grid; all when left out.")] = None,
    strict: Annotated[bool, typer.Option(help="Name what awaits a person, too.")] = False,
    advice: Annotated[bool, typer.Option(help="Texts to look at again, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
    grids: Folder = GRIDS,
) -> None:
    """Name everything that a grid must mend: file:line, rule, what to do."""
    today = datetime.now(UTC).date()
    reports = check_grids(grids, [slug] if slug else None, today)
    shared = () if slug else _check_shared(grids)
    if as_json:
        found = {
            "grids": [report.as_json() for report in reports],
            "shared": [finding.as_json() for finding in shared],
        }
        typer.echo(json.dumps(found, indent=2))
    else:
        for report in reports:
            _tell(report)
        for finding in shared:
            typer.echo(finding)
        if advice:
            for finding in (entry for report in reports for entry in report.advice):
                typer.echo(f"to look at again: {finding}")
        if strict:
            _tell_what_awaits(reports)
    if shared or not reports or not all(report.passes for report in reports):
        raise typer.Exit(1)


def _check_shared(grids: Path) -> tuple[Finding, ...]:
    """What is wrong with words that belong to no single grid, each finding once."""
    return tuple(sorted({*check_groups(grids), *check_prompts(grids)}))


def _tell(report: Report) -> None:
    for finding in report.findings:
        typer.echo(finding)
    counts = report.counts()
    verdict = "passes" if report.passes else f"{len(report.findings)} to mend"
    typer.echo(
        f"{report.slug}: {verdict}; {counts['cells']} cells, {counts['waiting']} waiting, "
        f"{counts['unknown']} unknown, {counts['our_draft']} our draft"
    )


def _tell_what_awaits(reports: list[Report]) -> None:
    """What blocks an approval, not a draft release; contacts are shared, so told once."""
    for finding in dict.fromkeys(entry for report in reports for entry in report.awaiting):
        typer.echo(f"awaiting a person: {finding}")


@content_app.command("new")
def new(
    slug: Annotated[str, typer.Argument(help="Such as worry-inside-nhs.")],
    option: Annotated[
        list[str] | None, typer.Option(help="A column beside what helps now; once for each.")
    ] = None,
    grids: Folder = GRIDS,
) -> None:
    """Write the files of a new grid and name everything that is still to be said."""
    try:
        written = new_grid(grids, slug, datetime.now(UTC).date(), option or (FIRST_CHOICE,))
    except NotANameForAGrid:
        typer.echo(
            f"{slug}: not a name; write it in kebab-case, ending -inside-nhs or -outside-nhs"
        )
        raise typer.Exit(1) from None
    except NotANameForAnOption as refused:
        typer.echo(f"{refused}: not a column; write it in kebab-case, and each once")
        raise typer.Exit(1) from None
    except GridIsThere:
        typer.echo(f"{slug}: there is a grid of that name")
        raise typer.Exit(1) from None
    _write_schemas(grids)
    for path in written:
        typer.echo(f"wrote {path.relative_to(grids.parent)}")
    _tell(check_grids(grids, [slug])[0])


@content_app.command("translate")
def translate(
    slug: Annotated[str, typer.Argument(help="The grid to translate.")],
    language: Annotated[str, typer.Argument(help="Two or three letters, such as cy or pl.")],
    grids: Folder = GRIDS,
) -> None:
    """Start a translation: each voice again, still in English; `check` names what is left."""
    try:
        for path in start_translation(grids, slug, language):
            typer.echo(f"wrote {path.relative_to(grids.parent)}")
    except UnsoundGrid as refused:
        for finding in refused.findings:
            typer.echo(finding)
        raise typer.Exit(1) from None
    except NotALanguage:
        typer.echo(f"{language}: not a language code other than en")
        raise typer.Exit(1) from None
    except TranslationIsThere as refused:
        typer.echo(f"{refused}: is there already")
        raise typer.Exit(1) from None


@content_app.command("schema")
def schema(grids: Folder = GRIDS) -> None:
    """Write the JSON Schemas that editors complete and check the files by."""
    for path in _write_schemas(grids):
        typer.echo(f"wrote {path.relative_to(grids.parent)}")


def _write_schemas(grids: Path) -> list[Path]:
    folder = grids / "_schema"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in schemas().items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        written.append(path)
    return written


@content_app.command("rules")
def rules() -> None:
    """Name every rule of the gate and what it holds a grid to."""
    for found in sorted(RULES.values(), key=lambda entry: entry.id):
        typer.echo(f"{found.id:14}{found.asks}")


@content_app.command("release")
def release(
    slug: Annotated[str, typer.Argument(help="The grid to freeze.")],
    note: Annotated[str, typer.Option(help="What changed, in words that families can follow.")],
    grids: Folder = GRIDS,
) -> None:
    """Freeze a grid that passes; name every finding and release nothing otherwise."""
    try:
        line = release_grid(grids, slug, note=note, today=datetime.now(UTC).date())
    except GridHasFindings as refused:
        for finding in refused.findings:
            typer.echo(finding)
        typer.echo(f"{slug}: not released; {len(refused.findings)} to mend")
        raise typer.Exit(1) from None
    except (NothingChanged, LockIsBroken) as refused:
        reason = "nothing changed" if isinstance(refused, NothingChanged) else str(refused)
        typer.echo(f"{slug}: not released; {reason}")
        raise typer.Exit(1) from None
    typer.echo(f"{slug}: released as {line.number}, sha256 {line.sha256}")


if __name__ == "__main__":
    content_app()
