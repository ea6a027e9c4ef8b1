"""An export as one zip file: made beside its place, counted, hashed, and only then put there."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the zip format's first day: two runs give the same bytes


@dataclass(frozen=True)
class Part:
    """One file inside an export: how many bytes and their hash."""

    name: str
    bytes: int
    sha256: str


class ExportFile:
    """Writes parts one after another; ``finish`` makes the file appear, leaving makes it vanish."""

    def __init__(self, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.target = target
        self.partial = target.with_suffix(".partial")
        self.parts: list[Part] = []
        self._zip = zipfile.ZipFile(self.partial, "w", zipfile.ZIP_DEFLATED)

    def __enter__(self) -> ExportFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self.partial.unlink(missing_ok=True)

    def add(self, name: str, lines: Iterable[str]) -> Part:
        """Write one text file line by line."""
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, FIXED_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as member:
            for line in lines:
                raw = line.encode("utf-8")
                digest.update(raw)
                size += len(raw)
                member.write(raw)
        part = Part(name, size, digest.hexdigest())
        self.parts.append(part)
        return part

    def finish(self, manifest: Mapping[str, object]) -> str:
        """Add the manifest, put the file in its place and return its SHA-256."""
        files = [part.__dict__ for part in self.parts]
        whole = json.dumps({**manifest, "files": files}, indent=2, sort_keys=True) + "\n"
        self.add("manifest.json", [whole])
        self._zip.close()
        self.partial.chmod(0o600)
        descriptor = os.open(self.partial, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        self.partial.rename(self.target)
        return file_sha256(self.target)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
