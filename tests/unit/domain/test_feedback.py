from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fixtures.sealed_heads import HEAD

from app.domain import envelope, feedback
from app.domain.envelope import EnvelopeUnreadable
from app.domain.feedback import LONGEST, Writer, Written

DOCUMENT: dict[str, Any] = {
    "format": "feedback-1",
    **HEAD,
    "seq": 4,
    "written_by": "parent",
    "text": 'Zażółć "gęślą"\nsecond line \\ 😀',
}


def read(document: dict[str, Any]) -> feedback.FeedbackSet:
    raw = envelope.pad(envelope.canonical_bytes(document))
    return feedback.read_feedback(envelope.load(raw), raw)


def test_a_text_is_read_as_it_was_written() -> None:
    found = read(DOCUMENT)
    assert (found.text, found.written_by) == (DOCUMENT["text"], Writer.PARENT)
    assert (found.grid.public_id, found.encounter.team, found.seq) == ("k7", "north", 4)
    assert feedback.is_feedback(DOCUMENT)
    assert not feedback.is_feedback(DOCUMENT | {"format": "exposure-1"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " spaces around "}, "text"),
        ({"text": "x" * (LONGEST + 1)}, "text"),
        ({"text": "bell\x07"}, "text"),
        ({"text": 4}, "text"),
        ({"written_by": "practitioner"}, "written_by"),
        ({"written_by": "Robin"}, "written_by"),
        ({"seq": 0}, "seq"),
        ({"name": "Robin"}, ""),
        ({"grid": None}, "grid"),
    ],
)
def test_what_is_no_such_text_is_refused_without_repeating_it(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(EnvelopeUnreadable) as refused:
        read(DOCUMENT | change)
    assert refused.value.field == field
    assert "Robin" not in str(refused.value)


def test_the_longest_text_passes_and_half_a_character_does_not() -> None:
    assert read(DOCUMENT | {"text": "😀" * LONGEST}).text == "😀" * LONGEST
    assert not feedback.is_fit("a\ud83d")


def test_typed_text_is_tidied() -> None:
    assert feedback.tidied("  one\r\ntwo\rthree\x00 \t") == "one\ntwo\nthree"
    assert feedback.tidied(" \r\n ") == ""
    assert feedback.overdue_before(date(2026, 11, 23), 5) == date(2026, 11, 18)


def test_texts_leave_by_month_in_no_order_and_never_under_eight() -> None:
    texts = [
        Written(f"id-{n}", date(2026, 11, n + 1), "parent", "k7", 3, f"text {n}") for n in range(8)
    ]
    rows = feedback.leaving_rows(texts, "live", lambda id_: f"z{9 - int(id_[-1])}")
    assert [row[0] for row in rows] == [f"z{n}" for n in range(2, 10)]
    assert rows[0] == ("z2", "live", "2026-11", "parent", "k7", 3, "text 7")
    assert feedback.leaving_rows(texts[:7], "live", str) == ()
