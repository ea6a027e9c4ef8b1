"""The ``grids`` command."""

from __future__ import annotations

import typer

from app.cli import (
    assurance,
    backup_key,
    content,
    database,
    live,
    preview,
    research,
    restore,
    retention,
    serve,
    staff,
    study,
    survey,
    withdraw,
)

app = typer.Typer(
    name="grids",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Comparison grids: serve them, check and release content, look after staff and data.",
)
app.command("serve")(serve.serve)
app.command("demo")(serve.demo)
app.command("assets")(serve.assets)
app.command("check")(content.check)
app.command("release")(content.release)
app.command("withdraw")(withdraw.withdraw)
app.command("new")(content.new)
app.command("preview")(preview.preview)
app.command("translate")(content.translate)
app.command("schema")(content.schema)
app.command("rules")(content.rules)
app.command("backup")(database.backup)
app.command("restore")(restore.restore)
app.command("retention")(retention.enforce)
app.command("doctor")(database.doctor)
app.add_typer(
    assurance.assurance_app,
    name="assurance",
    help="Papers on safety, privacy and security, made from files.",
)
app.add_typer(
    backup_key.backup_key_app, name="backup-key", help="The key that backups are sealed to."
)
app.add_typer(live.live_app, name="live", help="Letting families in, once everything is there.")
app.add_typer(staff.staff_app, name="staff", help="Accounts of people who work here.")
app.add_typer(survey.survey_app, name="survey", help="Wording packs of instruments.")
app.add_typer(study.study_app, name="study", help="Studies and their calendars.")
app.add_typer(research.export_app, name="export", help="Files for research.")
app.add_typer(research.paper_app, name="paper", help="Past answers on paper.")


def main() -> None:
    """Run the command."""
    app()
