"""Rules on what a grid says about itself: dates, policy, money, interests, authors, audience."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from app.content.finding import Finding
from app.content.parse import Draft
from app.content.rule import at_grid, at_words, rule

_UNSET: Final = date(1, 1, 1)
# PIF TICK: a review every three years at least. WAC 182-60: five years at most.
_LONGEST_INTERVAL: Final = 36
_LONGEST_LIFE: Final = 60


def _months(start: date, end: date) -> int:
    """Whole months from one day to another; a month begun counts."""
    if _UNSET in (start, end):
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    return months + (end.day > start.day)


@rule("IP-C3")
def says_when_it_was_made(draft: Draft) -> Iterator[Finding]:
    """The date it was made is there."""
    if draft.grid.review.made_on == _UNSET:
        yield at_grid(draft, "IP-C3", "add made_on", "review")


@rule("IP-C4")
def says_when_it_is_updated(draft: Draft) -> Iterator[Finding]:
    """The update policy is there: interval (three years at most), key and words."""
    review = draft.grid.review
    if not 1 <= review.interval_months <= _LONGEST_INTERVAL or not review.policy_key:
        yield at_grid(draft, "IP-C4", "add interval_months (1 to 36) and policy_key", "review")
    elif _months(review.made_on, review.review_on) > review.interval_months:
        text = "put review_on at most interval_months after made_on"
        yield at_grid(draft, "IP-C4", text, "review", "review_on")
    yield from _about(draft, "IP-C4", "policy")


@rule("IP-C6")
def says_who_paid(draft: Draft) -> Iterator[Finding]:
    """Who paid is there, as a key and in words."""
    if not draft.grid.funding:
        yield at_grid(draft, "IP-C6", "add funding", "funding")
    yield from _about(draft, "IP-C6", "funding")


@rule("EP-4")
def declares_interests(draft: Draft) -> Iterator[Finding]:
    """Interests are declared, as a key and in words."""
    if not draft.grid.interests:
        yield at_grid(draft, "EP-4", "add interests", "interests")
    yield from _about(draft, "EP-4", "interests")


@rule("EP-5")
def names_an_owner(draft: Draft) -> Iterator[Finding]:
    """Somebody owns the update."""
    if not draft.grid.review.owner:
        yield at_grid(draft, "EP-5", "add owner: the role that looks again", "review")


@rule("IP-K18")
def says_how_evidence_was_chosen(draft: Draft) -> Iterable[Finding]:
    """Each voice says how the evidence was found and chosen."""
    return _about(draft, "IP-K18", "evidence")


@rule("IP-K20")
def names_its_authors(draft: Draft) -> Iterator[Finding]:
    """Who wrote it is there, as keys and in words."""
    if not draft.grid.authors:
        yield at_grid(draft, "IP-K20", "add authors", "authors")
    yield from _about(draft, "IP-K20", "authors")


def _about(draft: Draft, rule_id: str, key: str) -> Iterator[Finding]:
    for words in draft.voices.values():
        if not words.about.get(key):
            yield at_words(draft, words, rule_id, f"add '{key}' under about", "about")


@rule("EC-5")
def says_whom_it_is_for(draft: Draft) -> Iterator[Finding]:
    """Whom the grid is for: need groups and both ends of the age range."""
    if not draft.grid.need_groups:
        yield at_grid(draft, "EC-5", "name the need groups that it is for", "need_groups")
    if draft.grid.ages.from_age is None or draft.grid.ages.to_age is None:
        yield at_grid(draft, "EC-5", "give both ends of the age range", "ages")


@rule("EC-6")
def dates_are_in_order(draft: Draft) -> Iterator[Finding]:
    """Made, review and expiry dates are there, in order and within five years."""
    review = draft.grid.review
    if _UNSET in (review.review_on, review.expires_on):
        yield at_grid(draft, "EC-6", "add review_on and expires_on", "review")
    elif not review.made_on < review.review_on <= review.expires_on:
        yield at_grid(draft, "EC-6", "put made_on, review_on and expires_on in order", "review")
    elif _months(review.made_on, review.expires_on) > _LONGEST_LIFE:
        text = "let it expire within five years of made_on"
        yield at_grid(draft, "EC-6", text, "review", "expires_on")
