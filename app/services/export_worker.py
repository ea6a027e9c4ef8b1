"""The process that makes one file of an export, and ends. It gives way to everything else."""

from __future__ import annotations

import json
import os
import sys
from typing import Final

import structlog

from app.adapters.export_files import BeingMade
from app.adapters.keyring import Keyring
from app.adapters.log_lines import write_log_lines
from app.adapters.run_lock import FolderInUse, serving
from app.db import sessions
from app.db.engine import Database
from app.services.export_jobs import Order
from app.services.export_making import Workshop, make_file
from app.services.exports import ExportNotReady
from app.services.service_mode import load_state

#: As nice as a process can be: a tablet's answer comes first.
NICE: Final = 19
RELEASED: Final = "_released"

log = structlog.get_logger()


def work(order: Order) -> None:
    """Make the file of an order."""
    database = Database(order.database_url)
    try:
        with sessions.write(database) as db:
            state = load_state(db)
        shop = Workshop(
            database=database,
            folder=order.folder,
            keyring=Keyring(order.var_dir / "keys"),
            state=state,
            releases=order.content_dir / RELEASED,
        )
        make_file(shop, export_id=order.export_id, by=order.by, today=order.today, now=order.now)
    finally:
        database.dispose()


def main() -> None:
    """Read an order from standard input and carry it out."""
    os.nice(NICE)
    write_log_lines()
    order = Order.from_json(json.load(sys.stdin))
    try:
        with serving(order.var_dir):
            work(order)
    except (BeingMade, ExportNotReady, FolderInUse) as problem:
        log.info("export_not_made", export=order.export_id, why=type(problem).__name__)


if __name__ == "__main__":
    main()
