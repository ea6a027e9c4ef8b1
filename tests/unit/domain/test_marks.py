"""Initials on a tablet: never a name, never two alike, and the same ones tomorrow."""

from __future__ import annotations

import pytest

from app.domain.marks import Named, initials, marks_of

EVERYBODY = [
    Named("1", "Robin Ashe"),
    Named("2", "Rita Amadi"),
    Named("3", "Kim Lee"),
    Named("4", "Rosa Abbot"),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Robin Ashe", "RA"),
        ("  anne-marie  o'neil ", "AMO"),
        ("Maria da Silva Santos", "MDS"),
        ("Prince", "P"),
        ("Dr. (Kim) Lee", "DL"),
        ("\u00e9lodie \u0141ukasz", "\u00c9\u0141"),
        ("\u674e\u5c0f\u9f99", "\u674e"),
        ("7 of Nine", "7ON"),
        ("---", "-"),
    ],
)
def test_initials_are_the_first_letters_of_the_first_words(name, expected):
    assert initials(name) == expected


def test_a_number_is_there_only_where_two_share_their_initials():
    assert marks_of(EVERYBODY, ["3", "1"]) == {"3": "KL", "1": "RA"}
    assert marks_of(EVERYBODY, ["1", "2", "3"]) == {"1": "RA 1", "2": "RA 2", "3": "KL"}


def test_a_number_stays_whose_it_is_when_another_one_leaves():
    before = marks_of(EVERYBODY, ["1", "2", "4"])
    after = marks_of(EVERYBODY, ["2", "4"])
    assert after == {key: before[key] for key in ("2", "4")} == {"2": "RA 2", "4": "RA 3"}


def test_an_account_that_nobody_knows_gets_no_mark():
    assert marks_of(EVERYBODY, ["9"]) == {}
