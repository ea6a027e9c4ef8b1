"""Starting an appointment: difficulty, need group, the grids side by side, and the fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final
from urllib.parse import urlencode

from app.content.group_pages import GroupWords
from app.content.shared_words import SharedSource
from app.db.queries.local_offers import NoteEntry
from app.db.queries.teams import TeamEntry
from app.domain.vocabulary import (
    AgeBand,
    AppointmentMode,
    AppointmentType,
    Interpreter,
    NeedGroup,
    Person,
)
from app.rendering.page import Page
from app.web.forms.encounters import LANGUAGES, NO_GRID, OTHER_LANGUAGE, EncounterForm
from app.web.pages.offered import GridCard

#: The three difficulties of the pilot; those without a release are said to be on their way.
PILOT_TOPICS: Final = ("low-mood", "concentrating", "self-harm")


@dataclass(frozen=True)
class Tile:
    """A choice that is a link: it works without JavaScript and keeps the other choice.

    ``name`` is what the choice alone is called in an address, so that two quick taps can be put
    together by the page before the first has been answered.
    """

    key: str
    href: str
    chosen: bool
    name: str


@dataclass(frozen=True)
class Apart:
    """What tells two groups apart, for practitioners, and what that rests on."""

    lines: tuple[GroupWords, ...] = ()
    sources: tuple[SharedSource, ...] = ()

    @classmethod
    def of(cls, groups: Mapping[str, GroupWords], sources: Mapping[str, SharedSource]) -> Apart:
        """Return the groups of which something is said to practitioners alone."""
        lines = tuple(words for words in groups.values() if words.staff)
        named = dict.fromkeys(name for words in lines for name in words.sources)
        return cls(lines, tuple(sources[name] for name in named))


@dataclass(frozen=True)
class TriagePage(Page):
    """The whole way to an open encounter on one page.

    ``baseline_teams`` are the names of teams that may not be shown a grid yet; with
    ``grids_open`` false that is all of them.
    """

    template: ClassVar[str] = "pages/triage/triage.html"
    form: EncounterForm
    topics: tuple[Tile, ...]
    topics_to_come: tuple[str, ...]
    groups: tuple[Tile, ...]
    topic_chosen: bool
    grids: tuple[GridCard, ...]
    grids_open: bool
    baseline_teams: tuple[str, ...]
    teams: tuple[TeamEntry, ...]
    today: date
    notes: Mapping[str, Mapping[str, NoteEntry]] = field(default_factory=dict)
    apart: Apart = field(default_factory=Apart)
    group_pages: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    group_values: tuple[str, ...] = tuple(group.value for group in NeedGroup)
    types: tuple[str, ...] = tuple(value.value for value in AppointmentType)
    modes: tuple[str, ...] = tuple(value.value for value in AppointmentMode)
    age_bands: tuple[str, ...] = tuple(value.value for value in AgeBand)
    people: tuple[str, ...] = tuple(value.value for value in Person)
    interpreters: tuple[str, ...] = tuple(value.value for value in reversed(Interpreter))
    languages: tuple[str, ...] = (*LANGUAGES, OTHER_LANGUAGE)
    no_grid: str = NO_GRID

    @property
    def any_draft(self) -> bool:
        """Say whether a draft is on this page."""
        return any(grid.is_draft for grid in self.grids)

    @classmethod
    def of(
        cls,
        form: EncounterForm,
        *,
        cards: Collection[GridCard],
        teams: tuple[TeamEntry, ...],
        baseline: Collection[str],
        topic_chosen: bool,
        today: date,
        written: Collection[str] = (),
        notes: Mapping[str, Mapping[str, NoteEntry]] | None = None,
        apart: Apart | None = None,
        group_pages: Collection[str] = (),
        faults: Mapping[str, str] | None = None,
    ) -> TriagePage:
        """Return the page; ``cards`` are all that may be offered, ``baseline`` ids of teams.

        ``written`` are the topics of every grid that is out, offered or not; ``notes`` say by
        grid and option what is offered here; ``group_pages`` are the groups that have a page.
        """
        offered = neutral_names(cards)
        return cls(
            form=form,
            topics=topic_tiles(offered, form.topic if topic_chosen else None, form.group),
            topics_to_come=tuple(t for t in PILOT_TOPICS if t not in {*offered, *written}),
            groups=_group_tiles(form, offered if topic_chosen else None),
            topic_chosen=topic_chosen,
            grids=tuple(card for card in cards if topic_chosen and card.topic == form.topic),
            grids_open=any(team.id not in baseline for team in teams),
            baseline_teams=tuple(team.name for team in teams if team.id in baseline),
            teams=teams,
            today=today,
            notes=notes or {},
            apart=apart or Apart(),
            group_pages=tuple(group_pages),
            faults=faults or {},
        )


def neutral_names(cards: Collection[GridCard]) -> dict[str, str]:
    """Return what each topic is called in an address: the public id of one of its grids.

    An address stays in a tablet's history, so that it must not tell what was talked about.
    """
    names: dict[str, str] = {}
    for card in cards:
        names[card.topic] = min(names.get(card.topic, card.public_id), card.public_id)
    return names


def topic_tiles(names: Mapping[str, str], chosen: str | None, group: str = "") -> tuple[Tile, ...]:
    """Return a tile for each topic on offer and one for none of them; ``chosen`` may be neither."""
    return tuple(
        Tile(topic, _address(name, group), topic == chosen, name)
        for topic, name in {**names, "": ""}.items()
    )


def _group_tiles(form: EncounterForm, names: Mapping[str, str] | None) -> tuple[Tile, ...]:
    name = None if names is None else names.get(form.topic, "")
    return tuple(
        Tile(group.value, _address(name, group.value), group.value == form.group, group.value)
        for group in NeedGroup
    )


def _address(name: str | None, group: str) -> str:
    """Return the address of a step; an empty name is "something else", None is not chosen."""
    steps = {} if name is None else {"topic": name}
    return f"/triage?{urlencode(steps | ({'group': group} if group else {}))}"
