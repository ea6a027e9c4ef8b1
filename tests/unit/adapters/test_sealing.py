from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from app.adapters.sealing import (
    OVERHEAD,
    SealBroken,
    SealingKey,
    SealUnknownKey,
    key_id_of,
    open_sealed,
    seal,
    sealed_key_id,
)
from app.domain.envelope import canonical_bytes, pad

TESTS = Path(__file__).parents[2]
SAMPLES = TESTS / "fixtures" / "envelopes"
RECORDED = json.loads((SAMPLES / "format-1.json").read_text("utf-8"))
RESPONSE = "0f8d4f2a-6c1b-4e5d-8a73-2b9c1d4e5f60"
OTHER_RESPONSE = "1f8d4f2a-6c1b-4e5d-8a73-2b9c1d4e5f60"
CLEAR = b'{"items":{"explain":9}}' + b" " * 1001
KEY = SealingKey.generate()


def private_of(pkcs8: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(base64.b64decode(pkcs8), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def keys(*held: SealingKey) -> dict[str, SealingKey]:
    return {key.key_id.hex(): key for key in held}


def sealed_now(clear: bytes = CLEAR) -> bytes:
    return seal(KEY.public_point, KEY.key_id, RESPONSE, clear)


@pytest.mark.parametrize("sample", RECORDED["samples"], ids=lambda sample: sample["name"])
def test_recorded_envelopes_open_and_are_sealed_to_the_same_bytes(sample: dict[str, Any]) -> None:
    server = SealingKey(private_of(RECORDED["server_key_pkcs8"]))
    sealed = base64.b64decode(sample["sealed"])
    clear = pad(canonical_bytes(sample["document"]))
    response_id = sample["document"]["id"]
    assert open_sealed(sealed, keys(server), response_id) == clear
    again = seal(
        base64.b64decode(RECORDED["public_point"]),
        bytes.fromhex(RECORDED["key_id"]),
        response_id,
        clear,
        ephemeral=private_of(sample["ephemeral_pkcs8"]),
        iv=base64.b64decode(sample["iv"]),
    )
    assert again == sealed


def test_the_layout_is_the_written_one() -> None:
    sealed = sealed_now()
    assert sealed[:3] == b"OG1"
    assert sealed[3:11] == KEY.key_id
    assert sealed[11] == 4  # an uncompressed point
    assert len(sealed) == len(CLEAR) + OVERHEAD == len(CLEAR) + 3 + 8 + 65 + 12 + 16
    assert sealed_key_id(sealed) == KEY.key_id.hex()


def test_a_key_comes_back_from_its_pem() -> None:
    again = SealingKey.from_pem(KEY.to_pem())
    assert again.public_point == KEY.public_point
    assert len(again.public_point) == 65
    assert open_sealed(sealed_now(), keys(again), RESPONSE) == CLEAR


@pytest.mark.parametrize(
    "private", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_a_pem_of_another_kind_is_refused(private: Any) -> None:
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(ValueError, match="P-256"):
        SealingKey.from_pem(pem)


def test_the_same_answers_never_look_the_same() -> None:
    first, second = sealed_now(), sealed_now()
    assert first[11:] != second[11:]
    assert b"explain" not in first


def test_any_changed_byte_breaks_the_seal() -> None:
    sealed = sealed_now(b"x" * 16)
    for place in range(11, len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(SealBroken):
            open_sealed(changed, keys(KEY), RESPONSE)


def test_an_envelope_opens_only_for_its_own_response() -> None:
    with pytest.raises(SealBroken):
        open_sealed(sealed_now(), keys(KEY), OTHER_RESPONSE)


def test_the_key_id_is_bound_to_the_seal() -> None:
    other = SealingKey.generate()
    sealed = sealed_now()
    renamed = sealed[:3] + other.key_id + sealed[11:]
    with pytest.raises(SealBroken):
        open_sealed(renamed, {other.key_id.hex(): KEY}, RESPONSE)


def test_an_old_key_still_opens_after_a_new_one_was_made() -> None:
    assert open_sealed(sealed_now(), keys(SealingKey.generate(), KEY), RESPONSE) == CLEAR


def test_a_key_that_is_not_ours_is_named() -> None:
    with pytest.raises(SealUnknownKey) as caught:
        open_sealed(sealed_now(), keys(SealingKey.generate()), RESPONSE)
    assert caught.value.key_id == key_id_of(KEY.public_point).hex()


@pytest.mark.parametrize(
    "sealed",
    [b"", b"OG1", b"{}", b"OG2" + sealed_now()[3:], sealed_now(b"")[:-1]],
    ids=["empty", "magic alone", "json", "other magic", "cut short"],
)
def test_what_is_no_envelope_is_broken(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(sealed, keys(KEY), RESPONSE)


def test_an_address_that_is_no_uuid_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        open_sealed(sealed_now(), keys(KEY), "not-a-uuid")


@pytest.mark.parametrize(
    ("key_id", "iv"),
    [(KEY.key_id[:7], None), (KEY.key_id, b"x" * 11), (KEY.key_id, b"")],
    ids=["short key id", "short iv", "no iv"],  # the key is drawn anew, and ids must not be
)
def test_a_wrong_length_is_never_sealed(key_id: bytes, iv: bytes | None) -> None:
    with pytest.raises(ValueError, match="length"):
        seal(KEY.public_point, key_id, RESPONSE, CLEAR, iv=iv)


def test_a_point_off_the_curve_is_refused() -> None:
    off = KEY.public_point[:-1] + bytes([KEY.public_point[-1] ^ 1])
    with pytest.raises(ValueError, match="EC key"):
        seal(off, KEY.key_id, RESPONSE, CLEAR)


def sealed_by_a_browser_module(document: dict[str, Any]) -> bytes:
    given = {
        "document": document,
        "public_point": base64.b64encode(KEY.public_point).decode(),
        "key_id": KEY.key_id.hex(),
    }
    script = TESTS / "unit" / "js" / "seal-sample.mjs"
    done = subprocess.run(
        ["node", str(script)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return base64.b64decode(done.stdout)


@pytest.mark.parametrize(
    "document",
    [
        *(sample["document"] for sample in RECORDED["samples"]),
        {"id": RESPONSE, "10": 1, "9": 2, "\U0001f600": "\u2028\x7f\\", "\ufb33": "Zo\u00eb"},
    ],
    ids=["complete", "interrupted", "unicode"],
)
def test_what_javascript_seals_opens_here_to_the_same_bytes(document: dict[str, Any]) -> None:
    sealed = sealed_by_a_browser_module(document)
    clear = open_sealed(sealed, keys(KEY), document["id"])
    assert clear == pad(canonical_bytes(document))
