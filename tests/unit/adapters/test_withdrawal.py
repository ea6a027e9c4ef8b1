from __future__ import annotations

from pathlib import Path

from app.adapters.keyring import Keyring
from app.services.withdrawal import withdrawal_key

WORDS = ("acorn", "badge", "zebra", "kite")


def test_a_key_is_of_these_words_and_this_service_only(tmp_path: Path) -> None:
    here, elsewhere = Keyring(tmp_path / "here"), Keyring(tmp_path / "elsewhere")
    key = withdrawal_key(here, WORDS)
    assert len(bytes.fromhex(key)) == 32
    assert withdrawal_key(Keyring(tmp_path / "here"), list(WORDS)) == key
    assert withdrawal_key(here, WORDS[::-1]) != key
    assert withdrawal_key(elsewhere, WORDS) != key
