"""Taking a backup apart without trusting it.

The file may have been away from this machine. Only the few names that a backup has are taken out,
each once, as plain files of our own making: no path, link, owner or mode of the archive is used.
An archive is not compressed, so that nothing in it can be larger than the file itself.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_MEMBERS: Final = 1000
LARGEST_KEY: Final = 64 * 1024
SQLITE, POSTGRES = "grids.sqlite", "grids.dump"
_KEY: Final = re.compile(r"keys/(?:seal-[0-9a-f]{16}\.pem|server\.secret)")
#: Left behind by a process that died while it made a key.
_PASSED_OVER: Final = re.compile(r"keys/[a-z0-9.-]{1,80}\.(?:partial|kept)")


class BackupUnfit(Exception):
    """The file is no backup of this service; the text says why, for whoever runs it."""


@dataclass(frozen=True)
class Unpacked:
    """A backup taken apart: one file with the database, one folder with keys."""

    database: Path
    keys: Path

    @property
    def is_sqlite(self) -> bool:
        """Say which kind of database it holds."""
        return self.database.name == SQLITE


def unpack(archive: Path, folder: Path) -> Unpacked:
    """Take ``archive`` apart into ``folder``, which is there and empty. Raises BackupUnfit."""
    try:
        with tarfile.open(archive, "r:") as opened:
            members = _check(opened)
            (folder / "keys").mkdir(mode=0o700)
            for member in members:
                _take_out(opened, member, folder / member.name)
    except (tarfile.TarError, EOFError, OSError) as problem:
        raise BackupUnfit(f"it cannot be read as a backup ({type(problem).__name__})") from problem
    database = next(member.name for member in members if not member.name.startswith("keys/"))
    return Unpacked(folder / database, folder / "keys")


def _check(opened: tarfile.TarFile) -> list[tarfile.TarInfo]:
    wanted: dict[str, tarfile.TarInfo] = {}
    for number, member in enumerate(opened, start=1):
        if number > MOST_MEMBERS:
            raise BackupUnfit("it has far more in it than a backup")
        if member.isdir() and member.name == "keys":
            continue
        if _PASSED_OVER.fullmatch(member.name) and member.isreg():
            continue
        _check_member(member, wanted)
        wanted[member.name] = member
    databases = wanted.keys() & {SQLITE, POSTGRES}
    if len(databases) != 1:
        raise BackupUnfit("it has no database in it, or two")
    if "keys/server.secret" not in wanted or not any("seal-" in name for name in wanted):
        raise BackupUnfit("the keys are not in it")
    return list(wanted.values())


def _check_member(member: tarfile.TarInfo, seen: dict[str, tarfile.TarInfo]) -> None:
    is_key = _KEY.fullmatch(member.name) is not None
    if not is_key and member.name not in {SQLITE, POSTGRES}:
        raise BackupUnfit(f"it has something in it that no backup has: {member.name!a:.80}")
    if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or member.sparse is not None:
        raise BackupUnfit(f"{member.name} is not a plain file")
    if member.name in seen:
        raise BackupUnfit(f"{member.name} is in it twice")
    if is_key and member.size > LARGEST_KEY:
        raise BackupUnfit(f"{member.name} is too large for a key")


def _take_out(opened: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = opened.extractfile(member)
    assert source is not None  # a plain file has content
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source, os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
        if file.tell() != member.size:
            raise BackupUnfit(f"{member.name} is cut off")
    # The newest key is the one in use, and its age is that of its file.
    os.utime(target, (member.mtime, member.mtime))
