"""A feed from elsewhere: what is taken, what is named, and what hostile bytes do."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from app.domain.local_feed import (
    MOST_BYTES,
    MOST_ENTRIES,
    BadEntry,
    FeedEntry,
    FeedUnreadable,
    read_feed,
    write_entries,
)
from app.domain.local_offer import UNDATED, OfferDraft

TODAY = date(2026, 11, 23)
SERVICE = {
    "id": "ac148810-d857-441c-9679-408f346de14b",
    "name": "Riverside drop-in",
    "status": "active",
    "description": "<p>A place to talk.&nbsp;<b>No</b> letter needed.</p>",
    "minimum_age": 11,
    "maximum_age": 18.0,
    "application_process": "Walk in on Tuesdays.",
    "assured_date": "2026-10-01",
    "schedules": [{"freq": "WEEKLY"}],
}


def feed(*services: Any, **around: Any) -> bytes:
    page = {"total_items": len(services), "page_number": 1, "contents": list(services)}
    return json.dumps(page | around).encode()


def test_a_page_of_a_feed_is_read_in_plain_words() -> None:
    found = read_feed(feed(SERVICE), today=TODAY)
    offer = OfferDraft(
        "Riverside drop-in",
        "A place to talk. No letter needed.",
        11,
        18,
        "Walk in on Tuesdays.",
        None,
        date(2026, 10, 1),
    )
    assert found.entries == (FeedEntry(SERVICE["id"], "Riverside drop-in", offer),)
    assert found.bad == ()


@pytest.mark.parametrize(
    "raw",
    [
        feed(SERVICE),
        json.dumps([SERVICE]).encode(),
        json.dumps(SERVICE).encode(),
        b"\xef\xbb\xbf" + feed(SERVICE),
    ],
)
def test_a_page_a_list_and_one_service_hold_the_same(raw: bytes) -> None:
    assert read_feed(raw, today=TODAY) == read_feed(feed(SERVICE), today=TODAY)


def test_where_nobody_wrote_how_to_get_it_the_ways_to_reach_it_stand_in() -> None:
    reached = {k: v for k, v in SERVICE.items() if k not in ("application_process", "assured_date")}
    reached |= {"phones": [{"number": "01632 960001"}], "url": "https://riverside.example"}
    [entry] = read_feed(feed(reached), today=TODAY).entries
    assert entry.offer is not None
    assert entry.offer.how_to_get == "01632 960001; https://riverside.example"
    assert entry.offer.checked_on == UNDATED


def test_what_is_not_active_is_nothing_to_go_to() -> None:
    [entry] = read_feed(feed({**SERVICE, "status": "temporarily closed"}), today=TODAY).entries
    assert entry == FeedEntry(SERVICE["id"], "Riverside drop-in", None)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": None}, "no_id"),
        ({"id": "two words"}, "no_id"),
        ({"id": 7}, "no_id"),
        ({"name": " <b></b> "}, "no_name"),
        ({"name": ["x"]}, "no_name"),
        ({"status": "open"}, "unknown_status"),
        ({"status": {"is": "active"}}, "unknown_status"),
        ({"minimum_age": "12"}, "odd_age"),
        ({"minimum_age": True}, "odd_age"),
        ({"maximum_age": 10**30}, "odd_age"),
        ({"minimum_age": 19}, "ages_swapped"),
        ({"assured_date": "1 October"}, "odd_date"),
        ({"assured_date": 20261001}, "odd_date"),
        ({"assured_date": "2026-11-24"}, "date_to_come"),
    ],
)
def test_a_bad_entry_is_named_and_the_others_stay(change: dict[str, Any], why: str) -> None:
    good = {**SERVICE, "id": "other"}
    found = read_feed(feed({**SERVICE, **change}, good), today=TODAY)
    assert [entry.ref for entry in found.entries] == ["other"]
    called = str(SERVICE["id"]) if why == "no_name" else "Riverside drop-in"
    assert found.bad == (BadEntry(1, called, why),)


def test_one_id_twice_and_what_is_no_service_are_named() -> None:
    found = read_feed(feed(SERVICE, 7, None, SERVICE), today=TODAY)
    assert [(bad.place, bad.why) for bad in found.bad] == [
        (2, "not_a_service"),
        (3, "not_a_service"),
        (4, "twice"),
    ]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b" " * (MOST_BYTES + 1), "too_large"),
        (b"", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b'{"contents": [', "not_json"),
        (b"[" * 200_000, "not_json"),
        (b"[" * 100_000 + b"]" * 100_000, "not_json"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not_json"),
        (b'[{"id": "a", "name": "b", "minimum_age": NaN}]', "not_json"),
        (b'[{"id": "a", "minimum_age": ' + b"9" * 5000 + b"}]", "not_json"),
        (b'"words"', "not_a_feed"),
        (b'{"contents": {"0": {}}}', "not_a_feed"),
        (b"[" + b",".join([b"{}"] * (MOST_ENTRIES + 1)) + b"]", "too_many"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_reason(raw: bytes, why: str) -> None:
    with pytest.raises(FeedUnreadable, match=f"^{why}$"):
        read_feed(raw, today=TODAY)


def test_words_that_no_database_takes_are_taken_out_and_long_ones_cut() -> None:
    odd = {
        **SERVICE,
        "name": "River\u0000side <i>1 &lt; 2</i> \ud800 \u202edrop",
        "description": "word " * 400,
    }
    [entry] = read_feed(feed(odd), today=TODAY).entries
    assert entry.offer is not None
    assert entry.name.encode() == b"River side 1 < 2 drop"
    assert len(entry.offer.what) <= 600
    assert entry.offer.what.endswith("word\u2026")


def test_what_was_read_can_be_written_and_read_again() -> None:
    shut = {**SERVICE, "id": "shut", "status": "defunct"}
    undated = {**SERVICE, "id": "undated", "assured_date": "", "description": "1 < 2 & <b>3</b>"}
    found = read_feed(feed(SERVICE, shut, undated), today=TODAY)
    assert read_feed(write_entries(found.entries), today=TODAY).entries == found.entries
