"""Follow the Dockerfile, step by step, in bare Debian roots: `make bare-root`.

No engine is needed: `debootstrap` makes the root that each stage starts from, and every step runs
in it by `chroot` with its own mounts and processes, which end with it. Then the service is started
as the file says, as the user it says, asked by the file's own health check, opened and stopped.
Only what this machine needs to reach its package mirrors is brought along: resolver, proxies and
its own trust. Needs root.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.dockerfile import SAID, Stage, Step, read_stages
from fixtures.waiting import until

from app.settings import ROOT

RELEASES = {"debian:12-slim": "bookworm"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PORT = 8000
START_SECONDS = 60
#: How a machine behind a proxy of its own reaches the mirrors.
REACH = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY")
TRUST = Path("/usr/local/share/ca-certificates")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@dataclass
class Image:
    """One root and what the file said about it so far."""

    root: Path
    folder: str = "/"
    user: str = "root"
    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """Return where a path of the image lies on this machine."""
        return self.root / os.path.normpath(Path(self.folder) / path).lstrip("/")

    def enter(self, *command: str) -> list[str]:
        """Return the line that runs a command in the root, with mounts that end with it."""
        mounts = "mount -t proc proc proc; mount --bind /dev dev; "
        go = f'exec chroot --userspec={self.user} . sh -c \'cd "$0" && exec "$@"\' "$@"'
        return [
            *["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGTERM"],
            *["sh", "-ec", f'cd "$0"; {mounts}{go}', str(self.root), self.folder, *command],
        ]

    def surroundings(self) -> dict[str, str]:
        """Return the environment of a step: the file's own and the way to the mirrors."""
        reach = {name: os.environ[name] for name in REACH if name in os.environ}
        trust = {"SSL_CERT_FILE": BUNDLE, "PIP_CERT": BUNDLE, "NODE_EXTRA_CA_CERTS": BUNDLE}
        own = {"PATH": PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
        return own | reach | (trust if TRUST.exists() else {}) | self.environment


def main() -> None:
    """Build both stages and try what came out. Raises at the first step that fails."""
    stages = read_stages((ROOT / "Dockerfile").read_text())
    with tempfile.TemporaryDirectory(prefix="bare-root-") as scratch:
        folder = Path(scratch)
        context = _context(folder / "context")
        bare = _bare(folder / "bare", RELEASES[stages[0].image])
        built: dict[str, Image] = {}
        for stage in stages:
            image = Image(folder / stage.name)
            subprocess.run(["cp", "-a", "--reflink=auto", bare, image.root], check=True)
            _follow(stage, image, context, built)
            built[stage.name] = image
        _try(image)


def _context(folder: Path) -> Path:
    """Copy what git tracks, and not what the file keeps out."""
    folder.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    kept_out = (ROOT / ".dockerignore").read_text().split()
    for name in filter(None, listed.stdout.decode().split("\0")):
        if not any(name.startswith(f"{each}/") for each in kept_out) and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def _bare(root: Path, release: str) -> Path:
    _say(f"a bare {release}")
    quiet = {"stdout": subprocess.DEVNULL}
    subprocess.run(["debootstrap", "--variant=minbase", release, root], check=True, **quiet)
    for name in ("resolv.conf", "hosts"):
        shutil.copy2(Path("/etc") / name, root / "etc" / name)
    if TRUST.exists():
        shutil.copytree(TRUST, root / TRUST.relative_to("/"), dirs_exist_ok=True)
    return root


def _follow(stage: Stage, image: Image, context: Path, built: dict[str, Image]) -> None:
    for step in stage.steps:
        _say(f"{stage.name}: {step.instruction} {step.rest}")
        if step.instruction == "RUN":
            command = image.enter("sh", "-c", step.rest)
            subprocess.run(command, env=image.surroundings(), check=True)
        elif step.instruction == "COPY":
            _copy(step, image, context, built)
        else:
            _note(step, image)


def _copy(step: Step, image: Image, context: Path, built: dict[str, Image]) -> None:
    *sources, target = step.words()
    source = step.option("from")
    origin = built[source].root if source else context
    into = image.inside(target)
    for each in sources:
        here = origin / each.lstrip("/")
        # A folder is copied as what lies in it; a file into a folder keeps its name.
        whole = [f"{here}/."] if here.is_dir() else [str(here)]
        (into if here.is_dir() or target.endswith("/") else into.parent).mkdir(
            parents=True, exist_ok=True
        )
        subprocess.run(["cp", "-a", "--reflink=auto", *whole, into], check=True)
    owner = step.option("chown")
    if owner:
        subprocess.run(["chroot", image.root, "chown", "-R", owner, target], check=True)


def _note(step: Step, image: Image) -> None:
    if step.instruction == "WORKDIR":
        image.folder = step.rest
        image.inside(".").mkdir(parents=True, exist_ok=True)
    elif step.instruction == "USER":
        image.user = step.rest
    elif step.instruction == "ENV":
        image.environment |= dict(word.split("=", 1) for word in step.words())
    elif step.instruction == "CMD":
        image.command = step.words()
    elif step.instruction == "HEALTHCHECK":
        image.health = Step("CMD", step.rest.split("CMD", 1)[1].strip()).words()
    elif step.instruction not in SAID:
        raise NotImplementedError(step.instruction)


def _try(image: Image) -> None:
    """Start it as the file says, on loopback only; it has to be well, to answer and to stop."""
    image.environment["HOST"] = "127.0.0.1"
    with _serving(image) as process:
        _wait_until_well(image, process)
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=20) as answer:
            page = answer.read()
        if b"<h1" not in page:
            raise RuntimeError("the front page has no title")
        kept = sorted(path.name for path in (image.root / "var/lib/grids").iterdir())
    print(f"\nEvery step was followed. The service answered as user {image.user}, kept {kept}")
    print(f"and stopped with {process.returncode}.")
    if process.returncode != 0:
        sys.exit(1)


@contextmanager
def _serving(image: Image) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            raise RuntimeError(f"port {PORT} is taken: the health check of the file asks there")
    _say(f"serving: {' '.join(image.command)}")
    command = image.enter(*image.command)
    process = subprocess.Popen(command, env=image.surroundings(), start_new_session=True)
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the service itself to stop, as an engine does, and wait for all of it."""
    for served in _children(process.pid):
        os.kill(served, signal.SIGTERM)
    process.wait(timeout=30)


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _wait_until_well(image: Image, process: subprocess.Popen[bytes]) -> None:
    def is_well() -> bool:
        assert process.poll() is None, "the service ended by itself"
        command = image.enter(*image.health)
        asked = subprocess.run(command, env=image.surroundings(), capture_output=True)
        return asked.returncode == 0

    until(is_well, "the health check of the file never passed", seconds=START_SECONDS, pause=0.5)


def _say(what: str) -> None:
    print(f"--- {what}", flush=True)


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("Needs root: it makes roots of their own. Try: sudo make bare-root")
    main()
