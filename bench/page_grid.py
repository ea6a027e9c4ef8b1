"""A grid page from our server against nginx with the same bytes as a file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import load
from bench.result import Result
from bench.server import free_port, running, wait_until_up

PATH = "/g/k7/1"
SECONDS, CLIENTS = 4, 32
CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{ access_log off; default_type text/html; sendfile on;
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; }} }}
"""


def measure() -> Iterator[Result]:
    """Give pages a second, uncompressed on both sides; wrk shares the two cores with each."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        with running(folder / "var") as address:
            body = urllib.request.urlopen(f"{address}{PATH}", timeout=30).read()
            ours = load(f"{address}{PATH}", clients=CLIENTS, seconds=SECONDS)
        with nginx(folder, body) as floor_url:
            floor = load(floor_url, clients=CLIENTS, seconds=SECONDS)
    if ours.errors or floor.errors:
        raise RuntimeError(f"errors under load: ours {ours.errors}, nginx {floor.errors}")
    method = (
        f"wrk -t1 -c{CLIENTS} {SECONDS} s, {len(body)} bytes, one uvicorn worker v nginx with one"
        f" worker and the same bytes as a file; our p99 {ours.p99 * 1000:.1f} ms"
    )
    yield Result("page.grid", ours.per_second, "pages/s", floor.per_second, method)


@contextmanager
def nginx(folder: Path, body: bytes) -> Iterator[str]:
    """Serve ``body`` by nginx; end that process afterwards."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    (folder / "root").mkdir()
    (folder / "t").mkdir()
    (folder / "root" / "page").write_bytes(body)
    configuration = folder / "nginx.conf"
    user = "user root;" if Path("/root").exists() and _is_root() else ""
    configuration.write_text(user + CONFIGURATION.format(folder=folder, port=port))
    command = [program, "-c", str(configuration), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until_up(f"http://127.0.0.1:{port}/page", process)
        yield f"http://127.0.0.1:{port}/page"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _is_root() -> bool:
    import os

    return os.geteuid() == 0
