"""Backups sealed to a key that is kept elsewhere, in the age format (age-encryption.org/v1).

The service holds the public part alone. What it writes opens with the private part, by us or by
the ``age`` program without us; nothing on the machine opens it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

_MAGIC: Final = b"age-encryption.org/"
_PRIVATE: Final = "AGE-SECRET-KEY-"
LONGEST_KEY_FILE: Final = 4096


class BackupKeyUnfit(Exception):
    """The key is none, or another one; the text says which, for whoever runs the command."""


def write_private_key(path: Path) -> str:
    """Make a key pair, write the private part to a new file and return the public part.

    Raises FileExistsError: a key that somebody may need is never written over.
    """
    from pyrage import x25519

    identity = x25519.Identity.generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"# public key: {identity.to_public()}\n{identity}\n")
        file.flush()
        os.fsync(file.fileno())
    return str(identity.to_public())


def check_public_key(public: str) -> None:
    """Raise BackupKeyUnfit for what is no public key of this kind."""
    from pyrage import RecipientError, x25519

    try:
        x25519.Recipient.from_str(public)
    except RecipientError:
        raise BackupKeyUnfit("this is no public key: it starts with age1") from None


def is_sealed(path: Path) -> bool:
    """Say whether a file is sealed, by its first bytes and not by its name."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def seal_file(source: Path, target: Path, *, public: str) -> None:
    """Seal a file as a stream. Raises BackupKeyUnfit."""
    import pyrage

    check_public_key(public)
    pyrage.encrypt_file(str(source), str(target), [pyrage.x25519.Recipient.from_str(public)])
    target.chmod(0o600)


def open_file(source: Path, target: Path, *, key_file: Path) -> None:
    """Open a sealed file as a stream. Raises BackupKeyUnfit; a cut or altered file is refused."""
    import pyrage

    identity = _read_private(key_file)
    target.touch(mode=0o600)
    try:
        pyrage.decrypt_file(str(source), str(target), [identity])
    except (pyrage.DecryptError, OSError):
        target.unlink(missing_ok=True)
        raise BackupKeyUnfit("the key does not open it, or it is cut or altered") from None


def prove(public: str, *, key_file: Path) -> None:
    """Raise BackupKeyUnfit unless the private key opens what is sealed to the public one."""
    import pyrage

    check_public_key(public)
    message = secrets.token_bytes(32)
    sealed = pyrage.encrypt(message, [pyrage.x25519.Recipient.from_str(public)])
    try:
        opened = pyrage.decrypt(sealed, [_read_private(key_file)])
    except pyrage.DecryptError:
        raise BackupKeyUnfit("this is another key than the one backups are sealed to") from None
    if opened != message:
        raise BackupKeyUnfit("this is another key than the one backups are sealed to")


def _read_private(key_file: Path):  # type: ignore[no-untyped-def]  # the library has no types
    from pyrage import IdentityError, x25519

    with key_file.open("rb") as file:
        lines = file.read(LONGEST_KEY_FILE).decode("ascii", "replace").splitlines()
    found = [line.strip() for line in lines if line.strip().startswith(_PRIVATE)]
    if len(found) != 1:
        raise BackupKeyUnfit("the file holds no private key, or more than one")
    try:
        return x25519.Identity.from_str(found[0])
    except IdentityError:
        raise BackupKeyUnfit("the private key in the file is damaged") from None
