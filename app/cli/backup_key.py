"""``grids backup-key``: the key that backups are sealed to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlmodel import Session

from app.adapters import backup_seal
from app.db import sessions
from app.db.engine import Database
from app.services import audit, backup_keys
from app.settings import read_settings
from app.web.service import now_utc

out = Console(soft_wrap=True, highlight=False)
backup_key_app = typer.Typer(no_args_is_help=True)
KeyFile = Annotated[Path, typer.Argument(help="The file with the private key, on a stick.")]


@backup_key_app.command("make")
def make(key_file: KeyFile) -> None:
    """Make a key pair: the private part into a new file, the public part into the service."""
    if key_file.resolve().is_relative_to(read_settings().var_dir.resolve()):
        out.print("Not beside the data: give a file on something that is taken away.")
        raise typer.Exit(1)
    with _write() as db:
        public = backup_seal.write_private_key(key_file)
        backup_keys.set_public_key(db, public=public, by=audit.SYSTEM, now=now_utc())
    out.print(f"Backups are sealed to {public} from now on.")
    out.print(f"Take {key_file} away from this machine, in two copies. Without it no backup opens.")
    out.print("Then, from one of the copies: grids backup-key prove FILE")


@backup_key_app.command("use")
def use(public: Annotated[str, typer.Argument(help="A public key: age1...")]) -> None:
    """Seal backups to a key pair that was made elsewhere, by age-keygen for example."""
    with _write() as db:
        backup_keys.set_public_key(db, public=public, by=audit.SYSTEM, now=now_utc())
    out.print(f"Backups are sealed to {public} from now on.")


@backup_key_app.command("prove")
def prove(key_file: KeyFile) -> None:
    """Open something with the private key, so that live use may count on it. It is not kept."""
    now = now_utc()
    today = now.astimezone(read_settings().timezone).date()
    with _write() as db:
        backup_keys.prove_key(db, key_file=key_file, by=audit.SYSTEM, now=now, today=today)
    out.print("This key opens the backups. Take it away again.")


@contextmanager
def _write() -> Iterator[Session]:
    database = Database(read_settings().database)
    try:
        with sessions.write(database) as db:
            yield db
    except (backup_seal.BackupKeyUnfit, OSError) as problem:
        out.print(f"Nothing was changed: {problem}.")
        raise typer.Exit(1) from None
    finally:
        database.dispose()
