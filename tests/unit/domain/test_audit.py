from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.audit import (
    CARRIES,
    EMPTY_CHAIN,
    GENESIS,
    AuditEntryUnfit,
    AuditKind,
    AuditLink,
    ChainHead,
    Detail,
    entry_hash,
    make_link,
    verify_chain,
)
from app.domain.envelope import canonical_bytes

START = datetime(2026, 11, 22, 9, tzinfo=UTC)


def link(head: ChainHead, **changes: Any) -> AuditLink:
    fields: dict[str, Any] = {
        "at": START + timedelta(seconds=head.seq),
        "kind": AuditKind.LOGIN_REFUSED,
        "actor": "nobody",
        "subject": "st_1",
        "details": {"reason": "wrong_password", "wait_seconds": head.seq},
        "salt": bytes([head.seq]) * 16,
    }
    return make_link(head, **{**fields, **changes})


def chain(length: int) -> list[AuditLink]:
    links: list[AuditLink] = []
    head = EMPTY_CHAIN
    for _ in range(length):
        links.append(link(head))
        head = ChainHead(links[-1].seq, links[-1].hash)
    return links


def test_a_link_is_salted_canonical_json_over_the_hash_before() -> None:
    first = link(EMPTY_CHAIN)
    assert first.entry == (
        b'{"actor":"nobody","at":"2026-11-22T09:00:00.000000Z",'
        b'"details":{"reason":"wrong_password","wait_seconds":0},'
        b'"kind":"login_refused","salt":"00000000000000000000000000000000",'
        b'"seq":1,"subject":"st_1"}'
    )
    assert first.hash == hashlib.sha256(bytes.fromhex(GENESIS) + first.entry).hexdigest()


details_of = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1)
words_of = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@given(st.text(), st.text(), details_of | words_of, details_of | words_of)
def test_an_entry_is_canonical_json_whatever_it_holds(
    actor: str, subject: str, first: Detail, second: Detail
) -> None:
    details = {"wait_seconds": first, "reason": second}
    entry = link(EMPTY_CHAIN, actor=actor, subject=subject, details=details).entry
    assert entry == canonical_bytes(json.loads(entry))
    assert json.loads(entry)["details"] == details


@pytest.mark.parametrize("value", [1.5, 2**53, -(2**53), "a" * 513, "\n", "\u00e9", [], {}])
def test_a_detail_is_a_short_key_an_id_a_hash_or_a_whole_number(value: Any) -> None:
    with pytest.raises(AuditEntryUnfit):
        link(EMPTY_CHAIN, details={"wait_seconds": 0, "reason": value})


def test_two_equal_events_have_different_hashes_by_their_salt() -> None:
    assert link(EMPTY_CHAIN, salt=b"a" * 16).hash != link(EMPTY_CHAIN, salt=b"b" * 16).hash


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_whole_chain_has_no_broken_link(length: int) -> None:
    assert verify_chain(chain(length)) is None


def edited(row: AuditLink) -> AuditLink:
    return replace(row, entry=row.entry.replace(b"wrong_password", b"wrong_username"))


def rehashed(row: AuditLink) -> AuditLink:
    changed = edited(row)
    return replace(changed, hash=entry_hash(GENESIS, changed.entry))


def unreadable(row: AuditLink) -> AuditLink:
    return replace(row, entry=b"x", hash=entry_hash(chain(3)[1].hash, b"x"))


@pytest.mark.parametrize(
    "change",
    [
        edited,
        rehashed,
        unreadable,
        lambda row: replace(row, hash="00" * 32),
        lambda row: replace(row, kind=AuditKind.LOGIN_STARTED),
        lambda row: replace(row, actor="st_2"),
        lambda row: replace(row, subject="st_2"),
        lambda row: replace(row, at=row.at + timedelta(microseconds=1)),
        lambda row: replace(row, seq=7),
    ],
)
def test_an_edited_row_is_found_at_its_number(change: Callable[[AuditLink], AuditLink]) -> None:
    rows = chain(5)
    rows[2] = change(rows[2])
    assert verify_chain(rows) == 3


def test_a_rehashed_row_breaks_the_next_one_at_the_latest() -> None:
    rows = chain(5)
    changed = edited(rows[2])
    rows[2] = replace(changed, hash=entry_hash(rows[1].hash, changed.entry))
    assert verify_chain(rows) == 4


def test_removed_and_reordered_rows_are_found() -> None:
    rows = chain(5)
    assert verify_chain([*rows[:2], *rows[3:]]) == 3
    assert verify_chain([rows[0], rows[2], rows[1], *rows[3:]]) == 2
    assert verify_chain(rows[1:]) == 1


def test_a_cut_end_is_found_against_a_noted_head() -> None:
    rows = chain(5)
    noted = ChainHead(5, rows[4].hash)
    assert verify_chain(rows[:3]) is None
    assert verify_chain(rows[:3], head=noted) == 4
    assert verify_chain([], head=noted) == 1
    assert verify_chain(rows, head=noted) is None


@pytest.mark.fault(27)
def test_a_chain_written_anew_is_found_against_a_noted_head() -> None:
    rows = chain(5)
    assert verify_chain(rows, head=ChainHead(3, "00" * 32)) == 3


def test_a_chain_can_be_checked_from_a_known_link_on() -> None:
    rows = chain(5)
    assert verify_chain(rows[3:], start=ChainHead(3, rows[2].hash)) is None
    assert verify_chain(rows[3:], start=ChainHead(3, rows[1].hash)) == 4


def test_every_kind_says_what_it_carries() -> None:
    assert set(CARRIES) == set(AuditKind)


#: Words of details that would carry what the log must never hold.
FORBIDDEN = {"answer", "items", "item", "score", "name", "username", "email", "code", "study_code"}
FORBIDDEN |= {"password", "pin", "token", "secret", "salt", "reason_text", "text", "note", "value"}


def test_no_kind_carries_an_answer_a_name_a_code_or_a_secret() -> None:
    assert {key for keys in CARRIES.values() for key in keys} & FORBIDDEN == set()


@pytest.mark.parametrize("kind", list(AuditKind))
def test_details_are_held_to_the_table(kind: AuditKind) -> None:
    exact: dict[str, Any] = dict.fromkeys(CARRIES[kind], "x")
    assert json.loads(link(EMPTY_CHAIN, kind=kind, details=exact).entry)["details"] == exact
    with pytest.raises(AuditEntryUnfit):
        link(EMPTY_CHAIN, kind=kind, details={**exact, "items": "explain=9"})
    for key in exact:
        less = {other: value for other, value in exact.items() if other != key}
        with pytest.raises(AuditEntryUnfit):
            link(EMPTY_CHAIN, kind=kind, details=less)


@pytest.mark.parametrize("text", ["a\nb", "Zo\u00eb", "x" * 513])
def test_a_detail_is_a_short_key_and_no_prose(text: str) -> None:
    with pytest.raises(AuditEntryUnfit):
        link(EMPTY_CHAIN, details={"reason": text, "wait_seconds": 1})


def test_a_short_salt_and_a_time_without_zone_are_refused() -> None:
    with pytest.raises(AuditEntryUnfit, match="salt"):
        link(EMPTY_CHAIN, salt=b"a" * 15)
    with pytest.raises(ValueError, match="zone"):
        link(EMPTY_CHAIN, at=datetime(2026, 11, 22))
