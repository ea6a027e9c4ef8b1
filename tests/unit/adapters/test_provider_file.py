"""The site's description of its provider, and the secret beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from fixtures.identity_provider import ENTRA, key

from app.adapters.keyring import Keyring
from app.adapters.provider_file import ProviderFileUnfit, own_address, read_client
from app.adapters.signed_note import read_note, write_note
from app.settings import Settings

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
GIVEN = {**ENTRA, "issuer": "https://provider.example", "client_id": "grids"}


def settings(
    folder: Path, said: object = GIVEN, secret: str = "s3cret", **more: object
) -> Settings:
    path, secret_path = folder / "provider.yaml", folder / "secret"
    path.write_text(said if isinstance(said, str) else yaml.safe_dump(said), encoding="utf-8")
    secret_path.write_text(secret, encoding="utf-8")
    given = {"identity_provider": path, "identity_provider_secret_file": secret_path}
    return Settings(var_dir=folder, **{**given, **more})  # type: ignore[arg-type]


def test_without_a_file_there_is_no_provider(tmp_path: Path) -> None:
    assert read_client(Settings(var_dir=tmp_path)) is None


def test_the_way_back_is_at_the_public_address(tmp_path: Path) -> None:
    client = read_client(settings(tmp_path, public_url="https://grids.example/"))
    assert client is not None
    assert client.back == "https://grids.example/sign-in/provider/back"
    assert own_address(Settings(port=8123)) == "http://127.0.0.1:8123"


def test_a_private_key_has_to_be_one(tmp_path: Path) -> None:
    said = {**GIVEN, "client_proof": "private_key_jwt"}
    with pytest.raises(ProviderFileUnfit, match="no RSA private key"):
        read_client(settings(tmp_path, said))
    pem = key("first").as_pem(private=True).decode()
    assert read_client(settings(tmp_path, said, secret=pem)) is not None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("a: [", "no YAML"),
        ("just words", "provider.yaml"),
        ({**GIVEN, "issuer": "ftp://x"}, "issuer"),
        ({name: value for name, value in GIVEN.items() if name != "client_id"}, "client_id"),
    ],
)
def test_a_fault_is_named_and_the_secret_is_not(tmp_path: Path, said: object, words: str) -> None:
    with pytest.raises(ProviderFileUnfit, match=words) as caught:
        read_client(settings(tmp_path, said))
    assert "s3cret" not in str(caught.value)


def test_a_missing_file_or_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProviderFileUnfit, match="cannot be read"):
        read_client(settings(tmp_path, identity_provider=tmp_path / "none.yaml"))
    with pytest.raises(ProviderFileUnfit, match="is empty"):
        read_client(settings(tmp_path, secret="  \n"))
    made = settings(
        tmp_path, identity_provider_secret_file=None, identity_provider_secret="from outside"
    )
    assert read_client(made) is not None
    assert "from outside" not in repr(made)


def test_a_note_is_of_one_purpose_whole_and_for_a_while(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    note = write_note(keyring, "one", {"state": "x"}, until=NOW + timedelta(minutes=10))
    found = read_note(keyring, "one", note, now=NOW)
    assert found is not None
    assert found["state"] == "x"
    later = NOW + timedelta(minutes=10)
    other = Keyring(tmp_path / "other")
    assert read_note(keyring, "two", note, now=NOW) is None
    assert read_note(other, "one", note, now=NOW) is None
    assert read_note(keyring, "one", note, now=later) is None
    for odd in ("", ".", "a.b", "é.é", note[:-1], f"x{note}", note * 40):
        assert read_note(keyring, "one", odd, now=NOW) is None
