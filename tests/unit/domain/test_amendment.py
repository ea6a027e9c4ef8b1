from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from app.domain.amendment import check_amendment, list_changes
from app.domain.study import Study, read_study

TODAY = date(2026, 11, 23)
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "id": "winter-2026",
    "title": "Do grids change how much families feel involved?",
    "type": "service_evaluation",
    "owner": "Research lead",
    "teams": ["north"],
    "calendar": {
        "north": [
            {"phase": "baseline", "from_on": "2026-09-01", "to_on": "2026-10-31"},
            {"phase": "with_grid", "from_on": "2026-11-01", "to_on": "2027-03-31"},
        ]
    },
    "instrument": "collaborate-0-9",
}


def study(**changes: object) -> Study:
    return read_study(copy.deepcopy(DOCUMENT) | changes)


def faults(**changes: object) -> list[str]:
    return [str(fault) for fault in check_amendment(study(), study(**changes), TODAY)]


def calendar(*stretches: tuple[str, str, str | None]) -> dict[str, object]:
    return {"north": [{"phase": p, "from_on": a, "to_on": b} for p, a, b in stretches]}


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "Another lead"},
        {"embargo_until": "2027-09-01"},
        {"primary_outcome": "top score"},
        {
            "calendar": calendar(
                ("baseline", "2026-09-01", "2026-10-31"), ("with_grid", "2026-11-01", None)
            )
        },
        {
            "calendar": calendar(
                ("baseline", "2026-09-01", "2026-10-31"),
                ("with_grid", "2026-11-01", "2026-11-23"),
                ("sustain", "2026-11-24", None),
            )
        },
        {
            "teams": ["north", "south"],
            "calendar": DOCUMENT["calendar"]
            | {"south": [{"phase": "baseline", "from_on": "2026-11-24"}]},
        },
    ],
)
def test_days_to_come_and_plain_settings_may_change(changes: dict[str, object]) -> None:
    assert faults(**changes) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [": nothing_changed"]),
        ({"id": "other"}, ["id: fixed_by_answers"]),
        ({"instrument": "collaborate-0-4"}, ["instrument: fixed_by_answers"]),
        ({"wording_sha256": "ab" * 32}, ["wording_sha256: fixed_by_answers"]),
        ({"occasions": ["before", "after"]}, ["occasions: fixed_by_answers"]),
        (
            {
                "calendar": calendar(
                    ("baseline", "2026-09-01", "2026-11-15"), ("with_grid", "2026-11-16", None)
                )
            },
            ["calendar.north: changes_the_past"],
        ),
        (
            {
                "calendar": calendar(
                    ("baseline", "2026-09-01", "2026-10-31"),
                    ("with_grid", "2026-11-01", "2026-11-22"),
                    ("sustain", "2026-11-23", None),
                )
            },
            ["calendar.north: changes_the_past"],
        ),
        (
            {
                "teams": ["south"],
                "calendar": {"south": [{"phase": "baseline", "from_on": "2026-11-24"}]},
            },
            ["calendar.north: changes_the_past"],
        ),
    ],
)
def test_what_answers_rest_on_cannot_change(
    changes: dict[str, object], expected: list[str]
) -> None:
    assert faults(**changes) == expected


def test_changes_are_named() -> None:
    changed = list_changes(study(), study(owner="Another lead", minimum_complete=40))
    assert changed == ("minimum_complete", "owner")


def test_an_older_hash_stays_what_it_was_without_the_newer_settings() -> None:
    assert not {"wording_sha256", "notice_sha256"} & set(study().as_json())
    later = study(wording_sha256="ab" * 32, notice_sha256="cd" * 32)
    assert read_study(later.as_json()) == later
    assert later.sha256 != study().sha256


@pytest.mark.parametrize("wrong", ["AB" * 32, "ab", 7])
def test_a_hash_is_one(wrong: object) -> None:
    with pytest.raises(ValueError, match="notice_sha256: not_a_sha256"):
        study(notice_sha256=wrong)


def test_the_last_day_of_an_embargo_is_embargoed() -> None:
    embargoed = study(embargo_until="2026-11-23")
    assert embargoed.is_embargoed(TODAY)
    assert not embargoed.is_embargoed(date(2026, 11, 24))
    assert not study().is_embargoed(TODAY)
