"""What the repository must never hold, and what its files promise."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK_FILES = {"uv.lock", "package-lock.json"}
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".js", ".html", ".css", ".json", ".sh", ".txt", ""}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def texts() -> list[tuple[str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in tracked()
        if path.suffix in TEXT and path.name not in LOCK_FILES
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        r"pypi\.org|pythonhosted|npmjs\.(org|com)|deb\.debian\.org",
        r"(?<![a-z.\w])/(work|root|farm)/[a-z]",
        r"-----BEGIN (EC |RSA )?PRIVATE KEY-----\n[A-Za-z0-9+/=]{20}",
    ],
    ids=["registry host", "path of a machine", "private key"],
)
def test_nothing_that_must_not_be_here(pattern: str) -> None:
    own = Path(__file__).relative_to(ROOT).as_posix()
    found = [name for name, text in texts() if name != own and re.search(pattern, text)]
    assert found == []


def test_third_party_front_end_files_are_not_committed() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert not [name for name in names if name.startswith(("node_modules/", "static/vendor/"))]
    assert not [name for name in names if name.endswith((".woff", ".woff2", ".ttf", ".min.js"))]


def test_every_dependency_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    named = [
        line for line in lines if re.match(r'    "[a-zA-Z0-9_.-]+(\[[a-z0-9,]+\])?[=><]', line)
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    assert len(named) == len(wanted)
    assert [line for line in named if not re.search(r",\s+# \S.{8,}", line)] == []


def test_templates_never_mark_words_as_safe() -> None:
    marked = [
        name
        for name, text in texts()
        if name.startswith("templates/") and re.search(r"\|\s*safe\b", text)
    ]
    assert marked == []
