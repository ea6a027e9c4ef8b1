"""Papers: which one is asked for, how it is made to fit, and where it is kept.

A grid's paper is the same for everybody and is kept. A profile is made, handed over and
forgotten: nothing here stores a word of it, and nothing here writes to the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.adapters.paper_shelf import KeptPaper
from app.adapters.pdf import PdfWorkers
from app.adapters.qr_code import draw_code
from app.content.grid import Switch
from app.content.library import ReleaseStatus
from app.content.release import GridRelease
from app.documents import grid_handout, profile
from app.documents.grid_handout import Code, GridHandout
from app.documents.profile import ProfilePaper, ProfileWords, TooLong
from app.errors import NotFound
from app.rendering.environment import Renderer
from app.rendering.page import Chrome
from app.rendering.paper import Measured, Pdf

LINE_PIXELS: Final = 7 * 96 / 25.4
WHOLE_PAGES: Final = 4
FEW_LINES: Final = 2
MANY_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class HandoutOrder:
    """Which paper of which edition somebody asks for, and what the service is that day."""

    release: GridRelease
    voice: str
    wanted: tuple[str, ...]
    status: ReleaseStatus
    review_is_due: bool
    address: str
    has_cover: bool = False
    switches: frozenset[Switch] = frozenset()


@dataclass(frozen=True, slots=True)
class Press:
    """What every paper needs: the engine, the templates, and what surrounds a page."""

    workers: PdfWorkers
    renderer: Renderer
    chrome: Chrome

    async def pdf(self, page: GridHandout | ProfilePaper, at_most: int | None = None) -> Pdf:
        """Return the paper of a page. Raises TooBusy."""
        html = self.renderer.page(page, self.chrome)
        return await self.workers.render(html, kind=page.kind, at_most=at_most)

    async def measured(self, page: GridHandout | ProfilePaper) -> Measured:
        """Return how a page comes out, without making the paper. Raises TooBusy."""
        html = self.renderer.page(page, self.chrome)
        return await self.workers.measure(html, kind=page.kind)


async def take_handout(press: Press, *, order: HandoutOrder) -> KeptPaper:
    """Return a grid's paper, from the shelf or made now. Raises NotFound or TooBusy."""
    try:
        picked = grid_handout.pick(order.release, order.wanted)
        order.release.words(order.voice)
    except (grid_handout.PickNotPossible, KeyError):
        raise NotFound from None
    chrome = press.chrome
    surroundings = (chrome.mode, chrome.demo, chrome.contacts.version, chrome.contacts.local_number)
    standing = (order.status, order.review_is_due, order.switches)
    edition = (order.release.sha256, order.voice, *standing, order.address, order.has_cover)
    key = (*edition, picked, *surroundings)
    return await press.workers.shelf.take(key, lambda: _make_handout(press, order, picked))


async def _make_handout(press: Press, order: HandoutOrder, picked: tuple[str, ...]) -> Pdf:
    def page(density: str, note_lines: int | None = None, has_cover: bool = False) -> GridHandout:
        return grid_handout.build(
            order.release,
            voice=order.voice,
            picked=picked,
            density=density,
            status=order.status,
            review_is_due=order.review_is_due,
            address=order.address,
            code=Code(*draw_code(order.address)),
            note_lines=note_lines,
            has_cover=has_cover,
            switches=order.switches,
        )

    if order.release.grid.sensitive:
        return await _make_sensitive(press, page, picked, order.has_cover)
    return await (_make_picked(press, page, picked) if picked else _make_whole(press, page))


async def _make_picked(
    press: Press, page: Callable[..., GridHandout], picked: tuple[str, ...]
) -> Pdf:
    """One page in the most generous setting that fits; the room left over is for notes."""
    for density in grid_handout.densities(picked):
        measured = await press.measured(page(density))
        if measured.pages == 1:
            spare = int((measured.room - measured.used) // LINE_PIXELS)
            lines = grid_handout.fewest_lines(picked, density) + spare
            pdf = await press.pdf(page(density, lines), at_most=1)
            return pdf if pdf.pages == 1 else await press.pdf(page(density))
    return await press.pdf(page(grid_handout.DENSITIES[-1]))


async def _make_whole(press: Press, page: Callable[..., GridHandout]) -> Pdf:
    for density in grid_handout.WHOLE_DENSITIES[:-1]:
        pdf = await press.pdf(page(density), at_most=WHOLE_PAGES)
        if pdf.body:
            return pdf
    return await press.pdf(page(grid_handout.WHOLE_DENSITIES[-1]))


async def _make_sensitive(
    press: Press, page: Callable[..., GridHandout], picked: tuple[str, ...], has_cover: bool
) -> Pdf:
    """A page on who to call and what everyone gets, then the ways on as many as elsewhere.

    As many lines for notes as that first page has room for: one that runs over is a page more.
    """
    densities = grid_handout.densities(picked) if picked else grid_handout.WHOLE_DENSITIES
    most = has_cover + 1 + (1 if picked else WHOLE_PAGES)
    for density in densities:
        few = await press.pdf(page(density, FEW_LINES, has_cover), at_most=most)
        if few.body:
            many = await press.pdf(page(density, MANY_LINES, has_cover), at_most=most)
            return many if many.pages == few.pages else few
    return await press.pdf(page(densities[-1], FEW_LINES, has_cover))


async def make_profile(
    press: Press, *, words: ProfileWords, made_on: date, two_pages: bool
) -> Pdf | TooLong:
    """Return the profile, or which words do not fit. Never cuts, never keeps. Raises TooBusy."""
    if two_pages:
        return await _make_two_pages(press, words, made_on)
    pdf = await press.pdf(profile.build(words, made_on=made_on), at_most=1)
    if pdf.body:
        return pdf
    for size in profile.SIZES:
        measured = await _natural(press, words, made_on, size)
        heights = profile.share_rows(measured, words.columns)
        if heights:
            page = profile.build(words, made_on=made_on, size=size, heights=heights)
            pdf = await press.pdf(page, at_most=1)
            if pdf.body:
                return pdf
    return profile.too_long(words, measured)


async def check_profile(press: Press, *, words: ProfileWords, made_on: date) -> TooLong:
    """Return how full each box is at the smallest type, and what does not fit."""
    measured = await _natural(press, words, made_on, profile.SIZES[-1])
    return profile.too_long(words, measured)


async def _natural(press: Press, words: ProfileWords, made_on: date, size: float) -> Measured:
    return await press.measured(profile.build(words, made_on=made_on, size=size, tall=True))


async def _make_two_pages(press: Press, words: ProfileWords, made_on: date) -> Pdf | TooLong:
    for size in profile.SIZES:
        page = profile.build(words, made_on=made_on, size=size, two_pages=True)
        pdf = await press.pdf(page, at_most=2)
        if pdf.body:
            return pdf
    return await check_profile(press, words=words, made_on=made_on)
