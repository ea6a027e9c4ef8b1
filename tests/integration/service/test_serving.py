"""The command itself: a first start, a second one, a room over https, a database too new."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fixtures.ports import free_port, listens, wait_for_port
from fixtures.waiting import until
from sqlalchemy import text

from app.db.engine import Database
from app.settings import ROOT

COMMAND = "from app.cli.commands import main; main()"
SECONDS = 60


def free_pair() -> int:
    """A free port; the next one is free as well."""
    while True:
        port = free_port()
        with socket.socket() as beside:
            try:
                beside.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def environment(var: Path, port: int) -> dict[str, str]:
    own = {"VAR_DIR": str(var), "PORT": str(port), "DATABASE_URL": "", "PYTHONPATH": str(ROOT)}
    return os.environ | own


@contextmanager
def served(var: Path, *words: str) -> Iterator[tuple[int, Path]]:
    port = free_pair()
    said = var.parent / f"said-{port}"
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "serve", *words],
            env=environment(var, port),
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_port(port, process)
        yield port, said
    finally:
        process.terminate()
        process.wait(timeout=30)


def get(url: str, context: ssl.SSLContext | None = None) -> str:
    with urllib.request.urlopen(url, timeout=20, context=context) as answer:
        return str(answer.read().decode())


def test_a_first_start_gives_one_link_and_a_second_keeps_the_data(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with served(var) as (port, said):
        assert '"status":"ok"' in get(f"http://127.0.0.1:{port}/healthz")
        (link,) = re.findall(r"/join/[\w-]{30,}", said.read_text())
        assert "Make the first account" in get(f"http://127.0.0.1:{port}{link}")
    keys = sorted(path.name for path in (var / "keys").iterdir())
    with served(var) as (port, said):
        (second,) = re.findall(r"/join/[\w-]{30,}", said.read_text())
        with pytest.raises(urllib.error.HTTPError):
            get(f"http://127.0.0.1:{port}{link}")
        assert "Make the first account" in get(f"http://127.0.0.1:{port}{second}")
    assert sorted(path.name for path in (var / "keys").iterdir()) == keys


def test_a_room_is_served_over_https_that_its_own_authority_vouches_for(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with served(var, "--lan") as (port, _):
        context = ssl.create_default_context(cafile=str(var / "tls" / "authority.crt"))
        address = f"https://127.0.0.1:{port}/healthz"
        assert '"status":"ok"' in get(address, context)
        with pytest.raises(urllib.error.URLError):
            get(address, ssl.create_default_context())
        until(lambda: listens(port + 1), "the page of trust is not served")
        page = get(f"http://127.0.0.1:{port + 1}/trust")
        assert "How this tablet comes to trust this room" in page
        assert "BEGIN CERTIFICATE" in get(f"http://127.0.0.1:{port + 1}/authority.crt")
        assert "116 123" in page
    mode = (var / "tls" / "authority.key").stat().st_mode
    assert mode & 0o077 == 0


def test_a_database_of_a_later_version_is_refused_in_words(
    sqlite_template: Path, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    var.mkdir()
    (var / "grids.sqlite").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{var / 'grids.sqlite'}")
    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "serve"],
        env=environment(var, free_pair()),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 1
    assert "written by a newer version" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_doctor_finds_a_cut_log(sqlite_template: Path, tmp_path: Path) -> None:
    var = tmp_path / "var"
    with served(var):
        pass
    port = free_pair()
    whole = subprocess.run(
        [sys.executable, "-c", COMMAND, "doctor"],
        env=environment(var, port), cwd=ROOT, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    database = Database(f"sqlite:///{var / 'grids.sqlite'}")
    with database.writer.begin() as connection:
        connection.execute(text("DELETE FROM audit_event WHERE seq = 1"))
    database.dispose()
    cut = subprocess.run(
        [sys.executable, "-c", COMMAND, "doctor"],
        env=environment(var, port), cwd=ROOT, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert (whole.returncode, cut.returncode) == (0, 1), whole.stdout + cut.stdout
    assert "audit chain is broken at row 1" in cut.stdout
