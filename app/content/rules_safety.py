"""Rules of safe messaging (SM-*): words for every grid, and what a sensitive grid must hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.content.finding import Finding
from app.content.parse import Draft
from app.content.passages import said
from app.content.rule import at_grid, at_passage, at_words, rule
from app.content.terms import SENSITIVE, in_terms

# Topics that may only be written as sensitive grids.
SENSITIVE_TOPICS: Final = re.compile(r"harm|suicid")
_TELLING: Final = re.compile(r"self[\s-]?harm\w*|suicid\w*|\bharm\w*", re.IGNORECASE)
# What a reader meets besides the voices: titles and summaries in the list of sources.
_ALSO_IN_SOURCES: Final = ("SM-W1", "SM-W19", "SM-W20")
_ASKS: Final = {
    "SM-W1": "No method, tool, place on the body or amount is named.",
    "SM-W4": "People are described, never labelled.",
    "SM-W5": "Suicide is spoken of without crime, success or failure.",
    "SM-W9": "Nothing counts, rewards or grades self-harm.",
    "SM-W10": "The page does not ask about suicide; people do.",
    "SM-W15": "No option must be chosen, and help never depends on stopping.",
    "SM-W18": "No substitute sensations, pain-based or look-alike ideas.",
    "SM-W21": "Nothing on harm minimisation: that is for a talk with a practitioner.",
    "SM-R1": "No score, level or traffic light.",
    "SM-R6": "The word is safety.",
    "SM-F1": "Prompts ask about feelings and support, never about what was done.",
    "SM-F4": "Nothing sounds as if somebody read the page live.",
}


def _speaks(draft: Draft, rule_id: str) -> Iterator[Finding]:
    keys = [rule_id, rule_id + SENSITIVE] if draft.grid.sensitive else [rule_id]
    for key in keys:
        for passage, text in said(draft, key):
            yield at_passage(draft, passage, rule_id, text)
        if draft.grid.sensitive and rule_id in _ALSO_IN_SOURCES:
            yield from _in_sources(draft, key, rule_id)


def _in_sources(draft: Draft, key: str, rule_id: str) -> Iterator[Finding]:
    for name in draft.grid.used_sources():
        source = draft.evidence.sources[name]
        for text in in_terms(key, f"{source.title}\n{source.supports}"):
            line = draft.line(draft.evidence_file, "sources", name)
            yield Finding(draft.evidence_file, line, rule_id, text)


def _word_rule(rule_id: str, asks: str) -> None:
    def check(draft: Draft) -> Iterator[Finding]:
        yield from _speaks(draft, rule_id)

    check.__doc__ = asks
    rule(rule_id)(check)


for _id, _sentence in _ASKS.items():
    _word_rule(_id, _sentence)


@rule("SM-W19")
def names_no_medicine(draft: Draft) -> Iterator[Finding]:
    """A sensitive grid names no medicine, dose or amount, and offers none as a column."""
    yield from _speaks(draft, "SM-W19")
    for option in draft.grid.options:
        if draft.grid.sensitive and option.medicine:
            text = "make it a band without names or doses: no medicine is a column here"
            yield at_grid(draft, "SM-W19", text, "options", option.id)


@rule("SM-W20")
def gives_no_rates(draft: Draft) -> Iterator[Finding]:
    """No rates of suicide on any grid; on a sensitive grid no rate and no figure at all."""
    yield from _speaks(draft, "SM-W20")
    for place, cell in enumerate(draft.grid.cells):
        if draft.grid.sensitive and cell.figures:
            text = "remove the figures: none is drawn on a page that families see"
            yield at_grid(draft, "SM-W20", text, "cells", place)


@rule("SM-W11")
def carries_a_neutral_name(draft: Draft) -> Iterator[Finding]:
    """A sensitive grid has a neutral title for tabs, files and papers, and a neutral address."""
    if not draft.grid.sensitive:
        return
    for words in draft.voices.values():
        if not words.print_title or _TELLING.search(words.print_title):
            text = "add a print_title that does not tell the topic: 'Ways to get support'"
            yield at_words(draft, words, "SM-W11", text, "print_title")
    if _TELLING.search(draft.grid.public_id):
        yield at_grid(draft, "SM-W11", "choose a meaningless public_id", "public_id")


@rule("SM-W12")
def puts_help_before_the_columns(draft: Draft) -> Iterator[Finding]:
    """A sensitive grid starts with what everyone gets first: where help is, with sources."""
    first = [
        band
        for band in draft.grid.bands
        if band.place == "before" and band.kind == "first_for_everyone" and band.sources
    ]
    if draft.grid.sensitive and not first:
        text = "add a band with place: before, kind: first_for_everyone and sources: who helps now"
        yield at_grid(draft, "SM-W12", text, "bands")


@rule("SM-E3")
def is_off_until_switched_on(draft: Draft) -> Iterator[Finding]:
    """A grid on self-harm is sensitive, and a sensitive grid is off until a site switches it on."""
    grid = draft.grid
    if SENSITIVE_TOPICS.search(grid.topic) and not grid.sensitive:
        yield at_grid(draft, "SM-E3", "write sensitive: true", "sensitive")
    if grid.sensitive and not grid.off_until_switched_on:
        yield at_grid(draft, "SM-E3", "add off_until_switched_on: true", "off_until_switched_on")
