"""Accounts from the command line, for whoever runs the server.

It asks for no password: whoever can read the database file needs none. Everything is audited
with ``system`` as the actor.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from app.db import sessions
from app.db.engine import Database
from app.db.queries import staff as queries
from app.domain.access import Role
from app.services import audit, invitations, staff
from app.services.refusals import Refused
from app.settings import read_settings

out = Console(soft_wrap=True, highlight=False)
staff_app = typer.Typer(no_args_is_help=True)

WORDS = {
    "username_odd": "A username has 3 to 32 small letters, digits, dots or hyphens.",
    "username_taken": "Somebody has this username already.",
    "name_odd": "Give the name that colleagues know, at most 80 characters (--name).",
    "roles_missing": "Give at least one role (--role).",
    "roles_clash": "One account cannot be both researcher and approver.",
    "account_disabled": "This account is switched off. Switch it on first.",
}
Username = Annotated[str, typer.Argument(help="The username that they sign in with.")]


@staff_app.command("first-link")
def first_link() -> None:
    """Print a one-time link for the first administrator; the one before stops working."""
    with _write() as db:
        path = invitations.first_link(db, now=_now())
    if path is None:
        out.print("There are accounts already. Ask an administrator, or use: grids staff reset")
        raise typer.Exit(1)
    out.print(f"Works once, within 24 hours: {_base()}{path}")


@staff_app.command("invite")
def invite(
    username: Username,
    name: Annotated[str, typer.Option(help="The name that colleagues know.")],
    role: Annotated[list[Role], typer.Option(help="Once for each role.")],
    team: Annotated[list[str] | None, typer.Option(help="Once for each team's slug.")] = None,
) -> None:
    """Make an account and print the one-time link with which its password is chosen."""
    with _write() as db:
        outcome = invitations.invite_staff(
            db,
            username=username,
            name=name,
            roles=role,
            teams=team or (),
            by=audit.SYSTEM,
            now=_now(),
        )
    _print_link(outcome, "7 days")


@staff_app.command("reset")
def reset(
    username: Username,
    drop_second_factor: Annotated[
        bool, typer.Option(help="Switch the second factor off too: their phone is lost.")
    ] = False,
) -> None:
    """Take a password away, end the account's logins, and print a link for a new one."""
    with _write() as db:
        outcome = invitations.reset_staff(
            db,
            staff_id=_find(db, username),
            drop_second_factor=drop_second_factor,
            by=audit.SYSTEM,
            now=_now(),
        )
    _print_link(outcome, "24 hours (an unused invitation: 7 days)")


@staff_app.command("list")
def list_accounts() -> None:
    """Print every account."""
    with _database() as database, sessions.read(database) as db:
        people = queries.list_staff(db)
    table = Table("username", "name", "roles", "teams", "account", "second factor")
    for person in people:
        roles, teams = " ".join(person.roles), " ".join(person.teams)
        factor = "on" if person.second_factor else "off"
        table.add_row(person.username, person.name, roles, teams, person.state.value, factor)
    out.print(table)


@staff_app.command("sign-out-everywhere")
def sign_out_everywhere(username: Username) -> None:
    """End every login of an account."""
    with _write() as db:
        staff_id = _find(db, username)
        count = staff.sign_out_everywhere(db, staff_id=staff_id, by=audit.SYSTEM, now=_now())
    out.print(f"{count} ended.")


@contextmanager
def _database() -> Iterator[Database]:
    database = Database(read_settings().database)
    if database.path is not None and not database.path.exists():
        out.print("There is no database yet. Start the service once: grids serve")
        raise typer.Exit(1)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _write() -> Iterator[Session]:
    with _database() as database, sessions.write(database) as db:
        yield db


def _find(db: Session, username: str) -> str:
    account = queries.find_by_username(db, username.strip().lower())
    if account is None:
        out.print(f"Nobody here has the username {username}.")
        raise typer.Exit(1)
    return account.id


def _print_link(outcome: invitations.Invited | Refused, lives: str) -> None:
    if isinstance(outcome, Refused):
        for key in outcome.faults.values():
            out.print(WORDS[key])
        raise typer.Exit(1)
    out.print(f"Works once, within {lives}: {_base()}{outcome.path}")


def _base() -> str:
    settings = read_settings()
    return settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


def _now() -> datetime:
    return datetime.now(UTC)
