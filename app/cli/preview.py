"""Show drafts to whoever writes them, on this machine alone."""

from __future__ import annotations

import ipaddress
import socket
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
import yaml

from app.adapters.assets import Assets
from app.cli.content import GRIDS, Folder
from app.content.contacts import Contacts, read_contacts
from app.content.parse import list_slugs
from app.rendering.environment import Renderer
from app.settings import ROOT, read_settings
from app.web.preview import create_preview

CONTACTS = Path("_contacts") / "england.yaml"


def preview(
    slug: Annotated[str | None, typer.Argument(help="The draft to open first.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 8010,
    host: Annotated[
        str, typer.Option(help="A loopback address; others are refused.")
    ] = "127.0.0.1",
    grids: Folder = GRIDS,
) -> None:
    """Show drafts with their findings beside them; a saved file shows within a second."""
    _refuse_bad_asking(slug, host, grids)
    settings = read_settings()
    assets = Assets(settings.static_dir)
    application = create_preview(
        grids,
        assets=assets,
        renderer=Renderer(settings.template_dir, assets.url),  # no cache: nothing is written
        contacts=_contacts(grids),
        now=lambda: datetime.now(settings.timezone),
    )
    listening = _listen(host, port)
    typer.echo(
        f"Preview - not released: http://{_shown(host)}:{port}/{slug or ''}  (Ctrl+C ends it)"
    )
    config = uvicorn.Config(application, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


def _refuse_bad_asking(slug: str | None, host: str, grids: Path) -> None:
    if not _is_loopback(host):
        typer.echo(f"{host}: refused; drafts are shown on this machine only (127.0.0.1)")
        raise typer.Exit(1)
    if not grids.is_dir():
        typer.echo(f"{grids}: no such folder")
        raise typer.Exit(1)
    if slug is not None and slug not in list_slugs(grids):
        known = ", ".join(list_slugs(grids)) or "none yet"
        typer.echo(f"{slug}: no such draft in {grids.name}; there are: {known}")
        raise typer.Exit(1)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        typer.echo(f"port {port} cannot be used ({error.strerror}); choose another with --port")
        raise typer.Exit(1) from None
    return listening


def _contacts(grids: Path) -> Contacts:
    """The help numbers of the folder, or of the project where it has none."""
    own = grids / CONTACTS
    path = own if own.is_file() else ROOT / "grids" / CONTACTS
    try:
        return read_contacts(path)
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        typer.echo(f"{path}: mend the help contacts first: {error}")
        raise typer.Exit(1) from None
