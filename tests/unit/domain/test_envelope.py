from __future__ import annotations

import base64
import copy
import dataclasses
import json
import re
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import envelope
from app.domain.envelope import (
    ContentDigestUnreadable,
    EnvelopeUnreadable,
    as_mapping,
    canonical_bytes,
    content_digest,
    digest,
    pad,
    parse_content_digest,
    read,
)
from app.domain.envelope_checks import EnvelopeFault, whole
from app.domain.missing import FormReason, ItemMissing
from app.domain.vocabulary import (
    AnswerState,
    Occasion,
    Person,
    Respondent,
    SeenByOthers,
    WeeksSince,
)

SAMPLES = Path(__file__).parents[2] / "fixtures" / "envelopes"
RECORDED = json.loads((SAMPLES / "format-1.json").read_text("utf-8"))
CANONICAL = json.loads((SAMPLES / "canonical.json").read_text("utf-8"))
DOCUMENT: dict[str, Any] = RECORDED["samples"][0]["document"]


def raw_of(document: dict[str, Any]) -> bytes:
    return pad(canonical_bytes(document))


def changed(**changes: object) -> dict[str, Any]:
    return {**copy.deepcopy(DOCUMENT), **changes}


def within(key: str, **changes: object) -> dict[str, Any]:
    return changed(**{key: {**DOCUMENT[key], **changes}})


def refusal(raw: bytes) -> tuple[EnvelopeFault, str]:
    with pytest.raises(EnvelopeUnreadable) as caught:
        read(raw)
    return caught.value.reason_key, caught.value.field


@pytest.mark.parametrize("sample", CANONICAL, ids=lambda sample: sample["name"])
def test_canonical_bytes_are_the_recorded_ones(sample: dict[str, Any]) -> None:
    made = canonical_bytes(sample["value"])
    assert made == sample["canonical"].encode("utf-8")
    assert digest(made) == sample["sha256"]


@pytest.mark.parametrize(
    "value", [{"a": 1.0}, {"a": float("nan")}, {"a": 2**53}, {1: "a"}, {"a": b"b"}, {"a": "\ud800"}]
)
def test_what_two_languages_would_write_differently_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kinds differ, none is written
        canonical_bytes(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_canonical_bytes_keep_the_value_and_do_not_depend_on_order(value: dict[str, Any]) -> None:
    made = canonical_bytes(value)
    assert json.loads(made) == value
    assert canonical_bytes(dict(reversed(value.items()))) == made


@pytest.mark.parametrize(("length", "padded"), [(0, 0), (1, 1024), (1024, 1024), (1025, 2048)])
def test_padding_fills_the_last_block(length: int, padded: int) -> None:
    made = pad(b"x" * length)
    assert len(made) == padded
    assert made.rstrip(b" ") == b"x" * length


def test_padding_hides_how_many_items_were_answered() -> None:
    few, many = changed(items={}), changed(items={f"item{n}": -97 for n in range(9)})
    assert len(canonical_bytes(few)) < len(canonical_bytes(many))
    assert len(raw_of(few)) == len(raw_of(many))


@pytest.mark.parametrize("sample", RECORDED["samples"], ids=lambda sample: sample["name"])
def test_recorded_sets_of_format_1_are_read(sample: dict[str, Any]) -> None:
    clear = pad(sample["canonical"].encode("utf-8"))
    assert digest(clear) == sample["clear_sha256"]
    assert as_mapping(read(clear)) == sample["document"]


def test_reading_gives_typed_values() -> None:
    answers = read(raw_of(DOCUMENT))
    assert answers.encounter.encounter_on == date(2026, 11, 22)
    assert answers.made_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert answers.occasion is Occasion.AFTER
    assert answers.seen_by_others is SeenByOthers.NOT_SURE
    assert answers.helped_by == (Person.PARENT,)
    assert answers.items == {"explain": 9, "listen": 7, "include": -97}
    assert answers.grid is not None
    assert answers.grid.version == 3


@pytest.mark.parametrize(
    ("keys", "kept"),
    [
        (envelope.ANSWER_SET_2, envelope.AnswerSet),
        (envelope.CONSENT_2, envelope.ConsentShown),
        (envelope.ENCOUNTER_1, envelope.EncounterHeader),
        (envelope.INSTRUMENT_1, envelope.InstrumentShown),
        (envelope.GRID_1, envelope.GridShown),
    ],
)
def test_the_tables_of_the_formats_name_what_is_kept(keys: dict[str, object], kept: type) -> None:
    assert set(keys) == {field.name for field in dataclasses.fields(kept)}


OBJECTS: list[tuple[str, ...]] = [(), ("encounter",), ("instrument",), ("grid",)]


def at(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for key in path:
        document = document[key]
    return document


@pytest.mark.parametrize("path", OBJECTS)
def test_every_key_is_needed(path: tuple[str, ...]) -> None:
    for key in at(DOCUMENT, path):
        document = changed()
        del at(document, path)[key]
        missing = (EnvelopeFault.MISSING_KEY, ".".join((*path, key)))
        unknown = (EnvelopeFault.UNKNOWN_FORMAT, "format")
        assert refusal(raw_of(document)) == (unknown if (*path, key) == ("format",) else missing)


@pytest.mark.parametrize("path", OBJECTS)
def test_a_key_too_many_is_refused_and_not_repeated(path: tuple[str, ...]) -> None:
    document = changed()
    at(document, path)["Sam Example"] = "x"
    assert refusal(raw_of(document)) == (EnvelopeFault.UNKNOWN_KEY, ".".join(path))


@pytest.mark.parametrize("path", OBJECTS)
def test_every_value_is_held_to_its_type(path: tuple[str, ...]) -> None:
    for key in at(DOCUMENT, path):
        wrongs: list[object] = [True, {"a": []}, [[]], "\u0000"]
        for wrong in wrongs:
            document = changed()
            at(document, path)[key] = wrong
            fault, field = refusal(raw_of(document))
            assert fault in {
                EnvelopeFault.WRONG_TYPE,
                EnvelopeFault.WRONG_VALUE,
                EnvelopeFault.MISSING_KEY,
                EnvelopeFault.UNKNOWN_FORMAT,
            }
            assert field.split(".")[: len(path) + 1] == [*path, key]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (changed(id="0F8D4F2A-6C1B-4E5D-8A73-2B9C1D4E5F60"), "id"),
        (changed(id="0f8d4f2a-6c1b-1e5d-8a73-2b9c1d4e5f60"), "id"),
        (changed(id="0f8d4f2a-6c1b-4e5d-ca73-2b9c1d4e5f60"), "id"),
        (changed(device=DOCUMENT["device"] + "\n"), "device"),
        (changed(seq=0), "seq"),
        (changed(seq=2**31), "seq"),
        (changed(key_id="ABCDEF0123456789"), "key_id"),
        (changed(salt="AAECAwQFBgcICQoLDA0OD"), "salt"),
        (changed(salt="AAECAwQFBgcICQoLDA0ODxA"), "salt"),
        (changed(salt="AAECAwQFBgcICQoLDA0ODw=="), "salt"),
        (changed(salt="AAECAwQFBgcICQoLDA0ODx"), "salt"),
        (changed(salt="++//++//++//++//++//+w"), "salt"),
        (changed(state="done"), "state"),
        (changed(mode="tablet"), "mode"),
        (changed(helped_by=["young_person", "parent"]), "helped_by"),
        (changed(helped_by=["parent", "parent"]), "helped_by"),
        (changed(helped_by=["Mum"]), "helped_by"),
        (changed(items={"explain": 101}), "items.explain"),
        (changed(items={"explain": -1}), "items.explain"),
        (changed(items={"explain": -100}), "items.explain"),
        (changed(items={"What was said": 1}), "items"),
        (changed(reason="bored"), "reason"),
        (changed(made_at="2026-11-22T09:00:00Z"), "made_at"),
        (changed(made_at="2026-02-30T09:00:00.000Z"), "made_at"),
        (changed(made_at="2026-11-22T09:00:00.000+00:00"), "made_at"),
        (within("encounter", encounter_on="20261122"), "encounter.encounter_on"),
        (within("encounter", encounter_on="2026-13-01"), "encounter.encounter_on"),
        (within("encounter", study_code="ab"), "encounter.study_code"),
        (within("encounter", practitioner="Dr Example"), "encounter.practitioner"),
        (within("encounter", team="North Team"), "encounter.team"),
        (within("instrument", wording_sha256="0" * 63), "instrument.wording_sha256"),
        (within("grid", version=0), "grid.version"),
    ],
)
def test_values_out_of_form_are_refused(document: dict[str, Any], field: str) -> None:
    assert refusal(raw_of(document)) == (EnvelopeFault.WRONG_VALUE, field)


def test_true_is_no_answer() -> None:
    wrong = raw_of(changed(items={"explain": True}))
    assert refusal(wrong) == (EnvelopeFault.WRONG_TYPE, "items.explain")


def rewritten(old: str, new: str) -> bytes:
    text = canonical_bytes(DOCUMENT).decode()
    assert text.count(old) == 1
    return pad(text.replace(old, new).encode())


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", EnvelopeFault.NOT_JSON),
        (b"{", EnvelopeFault.NOT_JSON),
        (b"<html></html>", EnvelopeFault.NOT_JSON),
        (b"\xef\xbb\xbf{}", EnvelopeFault.NOT_JSON),
        (b"[" + b"9" * 5000 + b"]", EnvelopeFault.NOT_JSON),
        (b"\xff\xfe", EnvelopeFault.NOT_UTF8),
        (json.dumps(DOCUMENT).encode("utf-16"), EnvelopeFault.NOT_UTF8),
        (b"[]", EnvelopeFault.WRONG_TYPE),
        (b"null", EnvelopeFault.WRONG_TYPE),
        (b"[" * 30_000, EnvelopeFault.TOO_DEEP),
        (b'{"a":' * 6_000, EnvelopeFault.TOO_DEEP),
        (b'{"a":1,"a":1}', EnvelopeFault.DUPLICATE_KEY),
        (b'{"a":{"b":1,"b":2}}', EnvelopeFault.DUPLICATE_KEY),
        (b'{"a":1.0}', EnvelopeFault.FLOAT),
        (b'{"a":1e3}', EnvelopeFault.FLOAT),
        (b'{"a":NaN}', EnvelopeFault.FLOAT),
        (b'{"a":-Infinity}', EnvelopeFault.FLOAT),
        (b" " * (32 * 1024 + 1), EnvelopeFault.TOO_LARGE),
        (b"{}", EnvelopeFault.UNKNOWN_FORMAT),
        (raw_of(changed(format=3)), EnvelopeFault.UNKNOWN_FORMAT),
        (raw_of(changed(format=True)), EnvelopeFault.UNKNOWN_FORMAT),
        (raw_of(changed(format="1")), EnvelopeFault.UNKNOWN_FORMAT),
        (canonical_bytes(DOCUMENT), EnvelopeFault.NOT_CANONICAL),
        (raw_of(DOCUMENT) + b" " * 1024, EnvelopeFault.NOT_CANONICAL),
        (pad(json.dumps(DOCUMENT).encode()), EnvelopeFault.NOT_CANONICAL),
        (rewritten('"explain":9', '"explain":-0'), EnvelopeFault.NOT_CANONICAL),
        (rewritten('"explain":9', '"\\u0065xplain":9'), EnvelopeFault.NOT_CANONICAL),
    ],
)
def test_bytes_that_are_no_answer_set(raw: bytes, fault: EnvelopeFault) -> None:
    assert refusal(raw)[0] == fault


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    with pytest.raises(EnvelopeUnreadable):
        read(raw)


# --- the quick way and the way that explains --------------------------------------------------


def agree(raw: bytes) -> bool:
    """The pattern takes exactly what the reader takes, and reads the same from it."""
    quick = envelope.read_as_spelled(raw)
    try:
        slow = json.loads(raw), read(raw).made_at
    except (EnvelopeUnreadable, ValueError):
        slow = None
    assert quick == slow
    return quick is not None


def values_of(listed: type[StrEnum]) -> st.SearchStrategy[str]:
    return st.sampled_from([member.value for member in listed])


def sets_of(listed: type[StrEnum]) -> st.SearchStrategy[list[str]]:
    return st.sets(values_of(listed)).map(sorted)


LARGEST = 2**31 - 1
numbers = st.integers(1, LARGEST) | st.sampled_from([1, 9, 10, 99, LARGEST - 1, LARGEST])
item_ids = st.from_regex(r"[a-z][a-z0-9_-]{0,39}", fullmatch=True)
answers_given = st.integers(0, 100) | st.sampled_from([int(code) for code in ItemMissing])
moments = st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC))
valid_documents = st.fixed_dictionaries(
    {
        **{key: st.just(value) for key, value in DOCUMENT.items()},
        "seq": numbers,
        "state": values_of(AnswerState),
        "respondent": values_of(Respondent),
        "helped_by": sets_of(Person),
        "seen_by_others": st.none() | values_of(SeenByOthers),
        "reason": st.none() | values_of(FormReason),
        "weeks_since": st.none() | values_of(WeeksSince),
        "items": st.dictionaries(item_ids, answers_given, max_size=5),
        "salt": st.binary(min_size=16, max_size=16).map(
            lambda salt: base64.urlsafe_b64encode(salt).decode().rstrip("=")
        ),
        "made_at": st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)).map(
            envelope.utc_text
        ),
        "grid": st.none()
        | st.fixed_dictionaries(
            {
                "public_id": st.from_regex(r"[a-z0-9]{2,12}", fullmatch=True),
                "version": numbers,
                "sha256": st.just("a" * 64),
            }
        ),
    }
).map(
    lambda document: (
        document | {"encounter": DOCUMENT["encounter"] | {"people_present": document["helped_by"]}}
    )
)
#: What a byte of an answer set could become, and still look like one.
LIKELY = [bytes([byte]) for byte in b'0123456789abcdefAQgwz"{}[],:-_. TZtrueful\\\x00'] + [
    b"",
    b"1.0",
]


@settings(max_examples=60, deadline=None)
@given(valid_documents)
def test_every_valid_set_is_read_by_its_spelling(document: dict[str, Any]) -> None:
    assert agree(raw_of(document))


@settings(max_examples=200, deadline=None)
@given(
    valid_documents,
    st.lists(
        st.tuples(st.integers(0, 1100), st.integers(0, 3), st.sampled_from(LIKELY)),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_both_ways_of_reading_agree_on_altered_bytes(
    document: dict[str, Any], changes: list[tuple[int, int, bytes]], padded: bool
) -> None:
    raw = canonical_bytes(document) if padded else raw_of(document)
    for place, length, put in changes:
        raw = raw[:place] + put + raw[place + length :]
    agree(pad(raw) if padded else raw)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_both_ways_of_reading_agree_on_altered_values(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(valid_documents))
    part = data.draw(st.sampled_from([document, document["encounter"], document["instrument"]]))
    key = data.draw(st.sampled_from(sorted(part)))
    part[key] = data.draw(st.sampled_from(ODD))
    agree(raw_of(document))


ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, LARGEST, LARGEST + 1, 2**53 - 1, "", "a", "A", "-", "en"),
    *("2026-02-29", "2024-02-29", "0000-01-01", "2026-11-22T24:00:00.000Z", "a" * 64, "a" * 65),
    *([], ["parent"], ["parent", "parent"], ["young_person", "parent"], ["somebody"], {}),
    *({"a": 0}, {"a": 101}, {"a": 100}, {"a": -90}, {"a": True}, {"A": 1}, {"a" * 41: 1}),
    *({"a": 1, "b-c_9": -99}, {"a": {"b": 1}}, "\u00e9", "\ud7ff", "/", "\\"),
]


@pytest.mark.parametrize("key", sorted(DOCUMENT))
def test_both_ways_of_reading_agree_on_odd_values(key: str) -> None:
    for value in ODD:
        agree(raw_of(changed(**{key: value})))


@pytest.mark.parametrize(
    "text",
    [
        '"items":{"b":1,"a":1}',
        '"items":{"a":1,"a":1}',
        '"items":{"a":1,}',
        '"items":{"a":01}',
        '"items":{"a":-0}',
        '"items":{"a":1.0}',
        '"items":{"a":1e1}',
        '"items":{"a": 1}',
        '"items":{"a":1},"items":{"a":1}',
    ],
)
def test_both_ways_of_reading_agree_on_other_spellings(text: str) -> None:
    plain = canonical_bytes(changed(items={"a": 1}))
    assert agree(pad(plain))
    assert not agree(pad(plain.replace(b'"items":{"a":1}', text.encode())))


@pytest.mark.parametrize("added", [0, 1, 1023, 1024, 2048])
def test_both_ways_of_reading_agree_on_padding(added: int) -> None:
    plain = canonical_bytes(DOCUMENT)
    agree(plain + b" " * added)
    agree(pad(plain) + b" " * added)
    agree(pad(plain)[:-added] if added else plain)


@pytest.mark.parametrize("highest", [1, 9, 10, 100, 109, 190, 2047])
def test_the_pattern_of_a_bound_takes_no_number_beyond_it(highest: int) -> None:
    pattern = re.compile(whole(1, highest).pattern)
    taken = [n for n in range(-5, 3 * highest + 20) if pattern.fullmatch(str(n))]
    assert taken == list(range(1, highest + 1))


def test_a_refusal_never_repeats_a_value() -> None:
    with pytest.raises(EnvelopeUnreadable) as caught:
        read(raw_of(within("encounter", practitioner="Dr Example")))
    assert "Example" not in f"{caught.value!r}"


OF_ABC = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"
HEX_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digest_and_header_of_the_published_example() -> None:
    assert digest(b"abc") == HEX_OF_ABC  # FIPS 180-2, example B.1
    assert content_digest(b"abc") == OF_ABC
    assert parse_content_digest(OF_ABC) == HEX_OF_ABC


@pytest.mark.parametrize(
    "header", [f"  {OF_ABC} ", f"sha-512=:AAAA:, {OF_ABC}", f"{OF_ABC},unixsum=30637"]
)
def test_other_algorithms_are_passed_over(header: str) -> None:
    assert parse_content_digest(header) == HEX_OF_ABC


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha-256",
        "sha-512=:AAAA:",
        OF_ABC.replace(":", ""),
        OF_ABC.replace("Fa0=", "Fa0"),
        OF_ABC.replace("+", "-"),
        f"{OF_ABC}, {OF_ABC}",
        f"SHA-256={OF_ABC[8:]}",
        "sha-256=:" + base64.b64encode(b"x" * 31).decode() + ":",
    ],
)
def test_a_malformed_header_is_refused(header: str) -> None:
    with pytest.raises(ContentDigestUnreadable):
        parse_content_digest(header)


@given(st.binary())
def test_header_and_digest_agree(sent: bytes) -> None:
    assert parse_content_digest(content_digest(sent)) == digest(sent)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        envelope.utc_text(datetime(2026, 11, 22))
