"""The files that whoever runs the service copies are read by the programs they are for."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fixtures.source_tree import ROOT, modules

from app.settings import Settings

OPERATING = ROOT / "docs/operating"
EXAMPLES = OPERATING / "examples"
UNIT = (EXAMPLES / "grids.service").read_text(encoding="utf-8")
PLACES = f"{os.environ['PATH']}:/usr/sbin"
MOST_EXPOSED = 30  # tenths, of 100


def program(name: str) -> str:
    """Where a program is. The long run installs them, so that one that is missing is a fault."""
    found = shutil.which(name, path=PLACES)
    assert found, f"{name} must be installed: make test-long does it"
    return found


def settings_of(text: str) -> dict[str, list[str]]:
    """The settings of a unit, each with its values; a line that is none is an error."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith(("#", "[")):
            name, equals, value = line.partition("=")
            assert equals, line
            found.setdefault(name, []).append(value)
    return found


def _run(command: list[str]) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def _unit(tmp_path: Path, text: str) -> Path:
    """The unit with what this machine has in place of what a server has."""
    path = tmp_path / "grids.service"
    text = text.replace("/opt/grids/.venv/bin/grids serve", program("true"))
    path.write_text(text.replace("User=grids\nGroup=grids", "User=root\nGroup=root"))
    return path


@pytest.mark.long
def test_the_unit_is_understood(tmp_path: Path) -> None:
    code, said = _run([program("systemd-analyze"), "verify", str(_unit(tmp_path, UNIT))])
    assert (code, [line for line in said.splitlines() if "grids.service" in line]) == (0, [])
    broken = _unit(tmp_path, UNIT.replace("ProtectHome=yes", "ProtectHome=perhaps"))
    assert (
        "Failed to parse protect home"
        in _run([program("systemd-analyze"), "verify", str(broken)])[1]
    )


@pytest.mark.long
def test_the_unit_is_little_exposed(tmp_path: Path) -> None:
    score = [
        program("systemd-analyze"),
        "security",
        "--offline=true",
        f"--threshold={MOST_EXPOSED}",
    ]
    text = UNIT.replace("User=grids", "User=nobody")
    path = tmp_path / "grids.service"
    path.write_text(text)
    assert _run([*score, str(path)])[0] == 0
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert _run([*score, str(bare)])[0] != 0


def test_the_unit_takes_rights_away() -> None:
    held = settings_of(UNIT)
    assert held["CapabilityBoundingSet"] == [""]
    assert held["ProtectSystem"] == ["strict"]
    assert held["NoNewPrivileges"] == ["yes"]
    assert held["User"] == ["grids"]


def test_the_unit_names_settings_that_there_are() -> None:
    [named] = settings_of(UNIT)["Environment"]
    known = {name.upper() for name in Settings.model_fields}
    assert {part.partition("=")[0] for part in named.split()} <= known


def _certificate(folder: Path) -> None:
    command = [
        program("openssl"),
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]
    command += ["-nodes", "-days", "1", "-subj", "/CN=grids.example"]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    assert _run(command)[0] == 0


@pytest.mark.long
def test_the_proxy_of_nginx_is_accepted_by_nginx(tmp_path: Path) -> None:
    _certificate(tmp_path)
    inner = (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")
    inner = inner.replace("/etc/ssl/grids", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
    inner = re.sub(r"listen (\[::\]:)?(80|443)", r"listen \g<1>1\2", inner)

    def checked(text: str) -> tuple[int, str]:
        whole = tmp_path / "nginx.conf"
        temporary = "".join(
            f"{name}_temp_path {tmp_path}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        head = f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}"
        whole.write_text(f"{head} http {{ {temporary}\n{text}\n}}")
        return _run([program("nginx"), "-t", "-q", "-p", str(tmp_path), "-c", str(whole)])

    assert checked(inner) == (0, "")
    assert checked(inner.replace("ssl_protocols", "ssl_protocol"))[0] != 0


@pytest.mark.long
def test_the_proxy_of_caddy_is_accepted_by_caddy() -> None:
    command = [program("caddy"), "validate", "--adapter", "caddyfile", "--config"]
    assert _run([*command, str(EXAMPLES / "Caddyfile")])[0] == 0


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_logs_no_address_and_no_path(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    formats = re.findall(r"log_format \w+ '([^']*)'", text)
    assert all(not re.search(r"\$(remote_addr|request_uri|uri|request\b|args)", f) for f in formats)
    assert re.search(r"access_log .* grids;|output discard", text)


def _events(source: str) -> set[str]:
    """The events of a module, given to its log or to its ``_note``, which logs by a name."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called == "_note" or called.startswith("log."):
                found.add(str(node.args[0].value))
    return found


def test_every_event_that_is_logged_is_in_the_inventory() -> None:
    text = (OPERATING / "logging.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", text, re.M))
    logged = {
        event for path in modules().values() for event in _events(path.read_text(encoding="utf-8"))
    }
    assert len(logged) >= 8
    assert logged - listed == set(), "say in docs/operating/logging.md what these mean"
    assert _events("log.info('answer', items=items)") == {"answer"}


def test_pages_of_operating_lead_to_pages_that_there_are() -> None:
    for page in (*OPERATING.glob("*.md"), *(ROOT / "docs/privacy").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
