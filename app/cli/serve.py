"""Start the server: for one machine, for one room, or with invented data."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvicorn
import uvloop
from rich.console import Console

from app.adapters import room_certificate, run_lock
from app.adapters.assets import copy_vendor_files
from app.adapters.collector import keep_for_good
from app.adapters.log_lines import write_log_lines
from app.adapters.provider_file import ProviderFileUnfit
from app.cli.database import find_lacking
from app.db import migrate, sessions
from app.db.engine import Database
from app.errors import DurabilityTooWeak, SchemaTooNew
from app.main import build_service, create_app
from app.services import backup_keys, backups, demonstration, invitations
from app.settings import ROOT, Settings, read_settings
from app.web.room import TrustPage
from app.web.service import Service, now_utc

#: Objects before a look for garbage: a request makes some hundred, and few that hold each other.
SERVING: Final = (50_000, 20, 50)
out = Console(soft_wrap=True, highlight=False)


def assets() -> None:
    """Copy the installed front-end files to static/vendor."""
    copy_vendor_files(ROOT / "node_modules", ROOT / "static" / "vendor")


def serve(
    lan: Annotated[
        bool, typer.Option("--lan", help="Serve a room over https with a certificate of its own.")
    ] = False,
) -> None:
    """Serve on this machine (or, with --lan, in this room)."""
    settings = read_settings()
    try:
        with run_lock.serving(settings.var_dir):
            service = _open(settings)
            _say_where(service, settings, lan=lan)
            uvloop.run(_run(service, settings, lan=lan))
    except run_lock.FolderInUse:
        out.print("A backup is being put back right now. Start again when that has ended.")
        raise typer.Exit(1) from None


def demo() -> None:
    """Serve an invented service from a throw-away database."""
    folder = Path(tempfile.mkdtemp(prefix="grids-demo-"))
    settings = read_settings().model_copy(
        update={"var_dir": folder, "database_url": f"sqlite:///{folder / 'demo.sqlite'}"}
    )
    try:
        service = _open(settings)
        out.print("Making an invented service: two teams, twelve months, 400 appointments ...")
        made = demonstration.fill(
            service.database,
            service.keyring,
            service.library,
            exports_folder=settings.var_dir / "exports",
            now=service.clock(),
        )
        service.database.dispose()
        service = _open(settings)
        out.print(f"{made.encounters} appointments, {made.responses} answer sets, all invented.")
        out.print(f"Sign in as one of: {', '.join(made.usernames)}")
        out.print(f"Password of all of them, for this start only: {made.passphrase}")
        _say_where(service, settings, lan=False)
        uvloop.run(_run(service, settings, lan=False))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _open(settings: Settings) -> Service:
    """Bring the database up to date, after a backup, and build the service."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        copy = _back_up(database, settings) if migrate.pending(database) else None
        migrate.upgrade(database)
        if copy:
            out.print(f"Backup before the upgrade: {copy}")
            backups.record_backup(database, copy, now_utc())
        return build_service(settings)
    except SchemaTooNew:
        out.print("This database was written by a newer version of the grids. Nothing was changed.")
        raise typer.Exit(1) from None
    except DurabilityTooWeak:
        out.print("This database may forget committed rows (synchronous or fsync is weakened).")
        raise typer.Exit(1) from None
    except ProviderFileUnfit as error:
        out.print(f"The identity provider is not described as it has to be. {error}")
        raise typer.Exit(1) from None
    finally:
        database.dispose()


def _back_up(database: Database, settings: Settings) -> Path:
    public_key = backup_keys.read_public_key(database)
    return backups.make_backup(database, settings, public_key=public_key)


def _say_where(service: Service, settings: Settings, *, lan: bool) -> None:
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    if lan:
        host = room_certificate.local_address()
        base = f"https://{host}:{settings.port}"
        out.print(f"How a tablet comes to trust this room: http://{host}:{settings.port + 1}/trust")
    out.print(f"Comparison grids: {base}  ({service.state.mode} mode)")
    for problem in service.library.problems:
        out.print(f"Left out: {problem}")
    if service.state.mode == "live":  # a date may have passed since; families are not shut out
        for line in find_lacking(service.database, settings):
            out.print(f"Live use lacks {line}")
    with sessions.write(service.database) as db:
        first = invitations.first_link(db, now=service.clock())
    if first:
        out.print(f"Make the first staff account (once, within 24 hours): {base}{first}")


async def _run(service: Service, settings: Settings, *, lan: bool) -> None:
    write_log_lines()
    application = create_app(service)
    keep_for_good(SERVING)
    options: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "server_header": False,
    }
    if not lan:
        proxied = bool(settings.public_url)
        config = uvicorn.Config(
            application, host=settings.host, port=settings.port, proxy_headers=proxied, **options
        )
        await uvicorn.Server(config).serve()
        return
    room = room_certificate.ensure(settings.var_dir / "tls")
    secure = uvicorn.Config(
        application,
        host="0.0.0.0",  # noqa: S104  # a room is what was asked for
        port=settings.port,
        ssl_certfile=str(room.certificate),
        ssl_keyfile=str(room.key),
        **options,
    )
    trust = uvicorn.Config(
        TrustPage(service, room, settings.port),
        host="0.0.0.0",  # noqa: S104
        port=settings.port + 1,
        lifespan="off",
        **options,
    )
    await asyncio.gather(uvicorn.Server(secure).serve(), uvicorn.Server(trust).serve())
