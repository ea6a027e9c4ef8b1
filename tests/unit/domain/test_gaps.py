"""Which numbers of a tablet never arrived, and which may still be on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.gaps import MOST_NAMED, Gaps, find_gaps, holes_between


def gaps_of(arrived, **told) -> Gaps:
    return find_gaps(holes_between(arrived), reached=max(arrived, default=0), **told)


def words(gaps: Gaps) -> tuple[list[str], list[str]]:
    return [str(span) for span in gaps.lost], [str(span) for span in gaps.awaited]


@pytest.mark.parametrize(
    ("arrived", "told", "lost", "awaited"),
    [
        ([], {}, [], []),
        ([1, 2, 3], {"last_seq": 3}, [], []),
        # One was thrown away on the tablet; the next came through.
        ([*range(1, 41), 42], {"last_seq": 42}, ["41"], []),
        # They wait: nothing is lost, whatever order they come in.
        ([1, 3], {"last_seq": 4, "waiting": [2, 4]}, [], ["2", "4"]),
        ([1], {"last_seq": 6, "waiting": [3, 5]}, ["2", "4", "6"], ["3", "5"]),
        # What came after the last contact leaves open what is between.
        ([1, 2, 5], {"last_seq": 2}, [], ["3-4"]),
        ([1, 2, 5, 9], {"last_seq": 6, "waiting": []}, ["3-4", "6"], ["7-8"]),
        # It said nothing yet at all.
        ([2, 5], {}, [], ["1", "3-4"]),
        # Waiting numbers that arrived meanwhile, and some beyond what it counted.
        ([1, 2, 3], {"last_seq": 4, "waiting": [2, 3, 4, 9]}, [], ["4"]),
        # Nothing ever arrived, and nothing waits: all of it is lost.
        ([], {"last_seq": 3}, ["1-3"], []),
    ],
)
def test_a_hole_is_lost_only_where_the_tablet_said_that_it_does_not_hold_it(
    arrived, told, lost, awaited
):
    assert words(gaps_of(arrived, **told)) == (lost, awaited)


def test_a_restored_backup_judges_nothing_until_the_tablet_was_heard_of_again():
    told = {"last_seq": 41, "waiting": []}
    assert words(gaps_of(range(1, 31), **told, is_current=False)) == ([], ["31-41"])
    assert words(gaps_of(range(1, 31), **told)) == (["31-41"], [])


def test_of_a_tablet_that_is_gone_everything_counts_as_lost_until_it_arrives():
    told = {"last_seq": 5, "waiting": [3, 5]}
    assert words(gaps_of([1, 2, 4], **told, is_gone=True)) == (["3", "5"], [])
    assert words(gaps_of([1, 2, 3, 4], **told, is_gone=True)) == (["5"], [])
    assert words(gaps_of([1, 3], is_gone=True)) == (["2"], [])


def test_a_full_list_of_waiting_numbers_says_nothing_about_those_beyond_it():
    waiting = [*range(2, 2 + MOST_NAMED)]
    gaps = gaps_of([], last_seq=900, waiting=waiting)
    assert words(gaps) == (["1"], ["2-900"])
    shorter = gaps_of([], last_seq=900, waiting=waiting[:-1])
    assert words(shorter) == (["1", "501-900"], ["2-500"])


def test_the_lowest_lost_numbers_are_named_and_all_are_counted():
    gaps = gaps_of([2, 6], last_seq=8)
    assert gaps.first_lost(4) == (1, 3, 4, 5)
    assert gaps.first_lost(99) == (1, 3, 4, 5, 7, 8)
    assert (gaps.lost_count, gaps.awaited_count) == (6, 0)


def test_a_tablet_that_claims_to_have_counted_very_far_costs_nothing():
    # Counted one by one this would not end in a lifetime.
    gaps = gaps_of([1, 10**12], last_seq=2 * 10**15, waiting=[5])
    assert gaps.first_lost(3) == (2, 3, 4)
    assert gaps.lost_count == 2 * 10**15 - 3


numbers = st.sets(st.integers(1, 40))


@given(arrived=numbers, waiting=numbers, last_seq=st.integers(0, 40))
def test_every_number_is_exactly_one_of_arrived_lost_and_awaited(arrived, waiting, last_seq):
    gaps = gaps_of(arrived, last_seq=last_seq, waiting=waiting)
    lost = {n for span in gaps.lost for n in range(span.first, span.last + 1)}
    awaited = {n for span in gaps.awaited for n in range(span.first, span.last + 1)}
    everything = set(range(1, max({last_seq, *arrived}) + 1))
    assert lost == {n for n in everything if n <= last_seq} - arrived - waiting
    assert awaited == everything - arrived - lost
