"""Who has the service's folder now: servers, any number of them, or one restore.

A lock of the operating system on a file: it ends with its process, also with one that was killed,
so that nobody ever has to remove a file by hand.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "in-use.lock"


class FolderInUse(Exception):
    """A server runs on this folder, or a restore is going on."""


@contextmanager
def serving(var_dir: Path) -> Iterator[None]:
    """Hold the folder as one of its servers. Raises FolderInUse during a restore."""
    with _held(var_dir, fcntl.LOCK_SH):
        yield


@contextmanager
def restoring(var_dir: Path) -> Iterator[None]:
    """Hold the folder alone. Raises FolderInUse while a server runs on it."""
    with _held(var_dir, fcntl.LOCK_EX):
        yield


@contextmanager
def _held(var_dir: Path, kind: int) -> Iterator[None]:
    var_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(var_dir / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse from None
        yield
    finally:
        os.close(descriptor)
