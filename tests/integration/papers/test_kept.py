"""Which papers outlive a restart: what is the same for everybody, and no trace of a picked hurt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fixtures.papers import Desk

from app.adapters.assets import Assets
from app.adapters.pdf import PdfWorkers
from app.content.contacts import read_contacts
from app.content.library import Library
from app.rendering.environment import Renderer
from app.rendering.page import Chrome
from app.rendering.paper import Measured, Pdf
from app.services.papers import Press, take_handout
from app.settings import ROOT, Settings

ASSETS = Assets(ROOT / "static")
GRIDS = Library.load(ROOT / "grids")
CONTACTS = read_contacts(ROOT / "grids" / "_contacts" / "england.yaml")


class Counting(PdfWorkers):
    """Workers without an engine: every paper is one page, and how many were made is counted."""

    made = 0

    async def render(self, html: str, **_: Any) -> Pdf:
        self.made += 1
        return Pdf(b"%PDF " + html.encode(), 1)

    async def measure(self, html: str, **_: Any) -> Measured:
        return Measured(1, 500.0, 400.0, {})


class Place:
    """One service after another over the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desks: list[Desk] = []

    def desk(self, chrome: Chrome) -> Desk:
        workers = Counting(Settings(papers_dir=self.folder), ASSETS)
        desk = Desk(Press(workers, Renderer(ROOT / "templates", ASSETS.url), chrome), GRIDS)
        self.desks.append(desk)
        return desk

    def files(self) -> int:
        return len([path for path in self.folder.rglob("*") if path.is_file()])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "papers")
    yield made
    for desk in made.desks:
        desk.loop.close()


def made_by(desk: Desk) -> int:
    assert isinstance(desk.press.workers, Counting)
    return desk.press.workers.made


def options(desk: Desk, public_id: str, count: int) -> tuple[str, ...]:
    return tuple(option.id for option in desk.release(public_id).grid.options[:count])


def test_after_a_restart_nothing_is_made_again(place: Place) -> None:
    first = place.desk(Chrome(CONTACTS))
    two = options(first, "k7", 2)
    before = [first.handout("k7", "parent"), first.handout("k7", "parent", two)]
    assert (made_by(first), place.files()) == (2, 2)
    later = place.desk(Chrome(CONTACTS))
    assert [later.handout("k7", "parent"), later.handout("k7", "parent", two)] == before
    assert made_by(later) == 0


@pytest.mark.parametrize(
    "chrome",
    [
        Chrome(CONTACTS, mode="live"),
        Chrome(CONTACTS, demo=True),
        Chrome(CONTACTS.with_local("01632 960 999")),
        Chrome(replace(CONTACTS, contacts=CONTACTS.contacts[1:])),
    ],
)
def test_other_surroundings_are_another_paper(place: Place, chrome: Chrome) -> None:
    first = place.desk(Chrome(CONTACTS)).handout("k7", "parent")
    later = place.desk(chrome)
    assert later.handout("k7", "parent") != first or chrome.mode == "live"
    assert (made_by(later), place.files()) == (1, 2)


def test_another_address_voice_or_day_of_review_is_another_paper(place: Place) -> None:
    desk = place.desk(Chrome(CONTACTS))
    order = desk.order("k7", "parent")
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"voice": "young-person"},
        {"address": "https://other.example/g/k7/1"},
        {"review_is_due": True},
        {"switches": frozenset({"personal-budgets"})},
    )
    tags = {
        desk.run(take_handout(desk.press, order=replace(order, **each))).etag for each in changes
    }
    assert (made_by(desk), place.files()) == (len(changes), len(changes))
    assert len(tags) >= len(changes) - 1  # this grid has no band with that switch


def test_what_was_picked_of_a_sensitive_grid_is_not_on_the_disk(place: Place) -> None:
    desk = place.desk(Chrome(CONTACTS))
    desk.handout("t5", "young-person")
    assert place.files() == 1
    two = options(desk, "t5", 2)
    desk.handout("t5", "young-person", two)
    assert place.files() == 1
    made = made_by(desk)
    desk.handout("t5", "young-person", two)
    assert made_by(desk) == made
