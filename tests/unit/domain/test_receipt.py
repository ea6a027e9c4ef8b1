from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from app.domain.envelope import canonical_bytes
from app.domain.receipt import (
    Receipt,
    ReceiptStatus,
    ReceiptUnreadable,
    make_receipt,
    read_receipt,
    receipt_bytes,
    verify_receipt,
)

SAMPLES = Path(__file__).parents[2] / "fixtures" / "envelopes"
RECORDED = json.loads((SAMPLES / "format-1.json").read_text("utf-8"))
KEY = bytes.fromhex(RECORDED["receipt_key"])
FIELDS: dict[str, Any] = {
    "response_id": "0f8d4f2a-6c1b-4e5d-8a73-2b9c1d4e5f60",
    "digest": "ab" * 32,
    "device": "9a1d7c34-52e0-4b8f-b6a1-7e3c2d1f0a99",
    "seq": 41,
    "status": ReceiptStatus.STORED,
    "now": datetime(2026, 11, 22, 9, 0, 0, 999_999, tzinfo=UTC),
}


def made(**changes: Any) -> Receipt:
    return make_receipt(KEY, **{**FIELDS, **changes})


def test_the_signed_text_is_one_field_to_a_line() -> None:
    # The MAC was made once with `openssl dgst -sha256 -mac HMAC`, not with this module.
    receipt = make_receipt(b"0123456789abcdef0123456789abcdef", **FIELDS)
    assert receipt.server_time == "2026-11-22T09:00:00.999Z"
    assert receipt.mac == "3af40888d068e0e494f3224785433b01e51405931a80cb3a25c495226b00e13b"


def test_a_receipt_is_canonical_json() -> None:
    receipt = made()
    assert receipt_bytes(receipt) == canonical_bytes(asdict(receipt))


@pytest.mark.parametrize("sample", RECORDED["samples"], ids=lambda sample: sample["name"])
def test_recorded_receipts_verify_and_come_out_byte_for_byte(sample: dict[str, Any]) -> None:
    recorded = sample["receipt"].encode()
    receipt = read_receipt(recorded)
    assert verify_receipt(KEY, receipt)
    assert receipt.digest == sample["digest"]
    assert receipt_bytes(receipt) == recorded


def test_the_same_fields_give_the_same_bytes_in_any_zone() -> None:
    elsewhere = FIELDS["now"].astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert receipt_bytes(made(now=elsewhere)) == receipt_bytes(made())


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1f8d4f2a-6c1b-4e5d-8a73-2b9c1d4e5f60"},
        {"digest": "ba" * 32},
        {"device": "8a1d7c34-52e0-4b8f-b6a1-7e3c2d1f0a99"},
        {"seq": 42},
        {"status": ReceiptStatus.QUARANTINED},
        {"server_time": "2026-11-22T09:00:01.999Z"},
        {"mac": "00" * 32},
        {"mac": "é"},
    ],
)
def test_no_field_can_be_changed(change: dict[str, Any]) -> None:
    assert verify_receipt(KEY, made())
    assert not verify_receipt(KEY, replace(made(), **change))


def test_another_key_does_not_verify() -> None:
    assert not verify_receipt(b"k" * 32, made())


@pytest.mark.parametrize(
    "change",
    [
        {"response_id": "a\nb"},
        {"digest": "AB" * 32},
        {"device": FIELDS["device"] + "\n"},
        {"seq": -1},
        {"seq": True},
        {"now": datetime(2026, 11, 22)},
    ],
)
def test_fields_out_of_form_are_never_signed(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a receipt cannot hold|zone"):
        made(**change)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        make_receipt(b"k" * 15, **FIELDS)


def test_an_envelope_that_could_not_be_opened_has_number_zero() -> None:
    assert verify_receipt(KEY, made(seq=0, status=ReceiptStatus.QUARANTINED))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>log in</html>",
        b"[]",
        b"\xff",
        b"[" * 20_000,
        json.dumps({**asdict(made()), "extra": 1}).encode(),
        json.dumps({k: v for k, v in asdict(made()).items() if k != "mac"}).encode(),
        json.dumps({**asdict(made()), "status": "sent"}).encode(),
        json.dumps({**asdict(made()), "seq": "41"}).encode(),
        json.dumps({**asdict(made()), "id": None}).encode(),
    ],
)
def test_what_is_no_receipt_is_not_read(raw: bytes) -> None:
    with pytest.raises(ReceiptUnreadable):
        read_receipt(raw)
