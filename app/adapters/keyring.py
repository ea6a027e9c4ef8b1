"""Keys of the service, as files under ``var/keys``. Made once, kept for ever, in every backup.

``seal-<key id>.pem`` opens answer sets; ``server.secret`` derives receipt keys. Losing a
sealing key makes every answer sealed to it unreadable, so that nothing here ever deletes one.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from app.adapters.sealing import SealingKey


class Keyring:
    """Every sealing key by id, the newest of them, and the server's secret."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        if not any(folder.glob("seal-*.pem")):
            key = SealingKey.generate()
            _write_secret(folder / f"seal-{key.key_id.hex()}.pem", key.to_pem())
        if not (folder / "server.secret").exists():
            _write_secret(folder / "server.secret", secrets.token_bytes(32))
        paths = sorted(folder.glob("seal-*.pem"), key=lambda path: path.stat().st_mtime_ns)
        keys = [SealingKey.from_pem(path.read_bytes()) for path in paths]
        self.sealing = {key.key_id.hex(): key for key in keys}
        self.current = keys[-1]
        self._secret = (folder / "server.secret").read_bytes()

    def derive(self, purpose: str, subject: str) -> bytes:
        """Return 32 bytes that only this service can make, for one purpose and subject."""
        return hmac.digest(self._secret, f"{purpose}\0{subject}".encode(), "sha256")


def _write_secret(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
