"""The number of a sheet: it tells what the sheet is, and nothing that was not printed."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.paper_form import HALF_BITS, FormKind, find_kind, read_number, write_number

KIND = FormKind("e-1", "young_person", "after", "ab" * 32)
OTHERS = (
    replace(KIND, respondent="parent_self"),
    replace(KIND, occasion="before"),
    replace(KIND, wording_sha256="cd" * 32),
)


def check_of(kind: FormKind) -> bytes:
    return hashlib.sha256(kind.subject.encode()).digest()


CHECKS = {kind: check_of(kind) for kind in (*OTHERS, KIND)}


@given(chance=st.integers(0, 2**HALF_BITS - 1))
def test_a_number_tells_what_its_sheet_is(chance: int) -> None:
    for kind, check in CHECKS.items():
        number = write_number(chance, check)
        assert len(number) == 8
        assert find_kind(number, CHECKS) == kind


def test_the_number_of_another_appointment_is_unknown() -> None:
    other = replace(KIND, encounter_id="e-2")
    assert find_kind(write_number(77, check_of(other)), CHECKS) is None


@pytest.mark.parametrize("place", [4, 5, 6, 7])
def test_a_slip_in_the_check_is_noticed(place: int) -> None:
    number = write_number(77, check_of(KIND))
    wrong = "0" if number[place] != "0" else "1"
    assert find_kind(number[:place] + wrong + number[place + 1 :], CHECKS) is None


def test_it_is_read_as_people_type_it() -> None:
    assert read_number("4f8z-ciT6 ") == "4F8Z" + "C1T6"
    assert [read_number(typed) for typed in ("", "4F8Z", "4F8Z C1TU")] == [None, None, None]
