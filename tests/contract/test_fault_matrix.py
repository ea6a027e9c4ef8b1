"""The table of faults says what the tests say, and every fault has a test or a reason."""

from __future__ import annotations

from proof.matrix import FAULTS, PAGE, ROOT, render, staged_by_fault, staged_in, written

TESTS = staged_by_fault(ROOT / "tests")
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
MARKED = """
@pytest.mark.fault(3, 31)
def test_a() -> None: ...

def test_fault_05_b() -> None: ...

def test_c() -> None: "fault"
"""


def test_the_page_is_the_one_that_the_tests_make() -> None:
    assert render(TESTS, written(TEXT)) == TEXT


def test_every_fault_of_the_standard_is_staged_or_says_why_not() -> None:
    assert list(FAULTS) == [*range(1, 35)]
    assert [n for n, fault in FAULTS.items() if not TESTS[n] and not fault.not_here] == []


def test_no_test_names_a_fault_that_is_none() -> None:
    assert TESTS.keys() - FAULTS.keys() == set()


def test_marks_and_names_are_both_read() -> None:
    assert list(staged_in(MARKED)) == [("test_a", {3, 31}), ("test_fault_05_b", {5})]
