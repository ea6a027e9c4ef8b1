"""Papers: how one is made, and of a grid which one is asked for and where it is kept.

A grid's paper is the same for everybody and is kept. Nothing here writes to the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.adapters.paper_shelf import KeptPaper
from app.adapters.pdf import PdfWorkers
from app.adapters.qr_code import draw_code
from app.content.grid import Switch
from app.content.library import ReleaseStatus
from app.content.release import GridRelease
from app.documents import grid_handout
from app.documents.grid_handout import Code, GridHandout
from app.documents.profile import ProfilePaper
from app.errors import NotFound
from app.rendering.environment import Renderer
from app.rendering.page import Chrome
from app.rendering.paper import Enclosed, Measured, Pdf

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

    async def pdf(
        self,
        page: GridHandout | ProfilePaper,
        at_most: int | None = None,
        enclosed: tuple[Enclosed, ...] = (),
    ) -> Pdf:
        """Return the paper of a page. Raises TooBusy."""
        html = self.renderer.page(page, self.chrome)
        return await self.workers.render(html, kind=page.kind, at_most=at_most, enclosed=enclosed)

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
    # What a family of a sensitive grid picked leaves no trace on the disk of the service either.
    on_disk = not (order.release.grid.sensitive and picked)
    return await press.workers.shelf.take(
        _key(press.chrome, order, picked),
        lambda: _make_handout(press, order, picked),
        on_disk=on_disk,
    )


def _key(chrome: Chrome, order: HandoutOrder, picked: tuple[str, ...]) -> tuple[object, ...]:
    """Return all that shapes a paper, as plain values: the disk keeps it by their `repr`."""
    surroundings = (chrome.mode, chrome.demo, repr(chrome.contacts))
    standing = (order.status.value, order.review_is_due, tuple(sorted(order.switches)))
    edition = (order.release.sha256, order.voice, *standing, order.address, order.has_cover)
    return (*edition, picked, *surroundings)


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
    density, measured = await _most_generous(press, page, picked)
    if measured is None:
        return await press.pdf(page(density))
    spare = int((measured.room - measured.used) // LINE_PIXELS)
    lines = grid_handout.fewest_lines(picked, density) + spare
    pdf = await press.pdf(page(density, lines), at_most=1)
    return pdf if pdf.pages == 1 else await press.pdf(page(density))


async def _most_generous(
    press: Press, page: Callable[..., GridHandout], picked: tuple[str, ...]
) -> tuple[str, Measured | None]:
    """Return the most generous setting that fits one page, and how it came out there.

    Looking begins where most sheets end, because each look lays a whole sheet out.
    """
    settings = grid_handout.densities(picked)
    for density in settings[settings.index(grid_handout.LIKELY) :]:
        measured = await press.measured(page(density))
        if measured.pages == 1:
            break
    else:
        return settings[-1], None
    more = grid_handout.might_fit(density, measured.used, measured.room)
    while more in settings:
        wider = await press.measured(page(more))
        if wider.pages > 1:
            break
        density, measured = more, wider
        more = grid_handout.might_fit(density, measured.used, measured.room)
    return density, measured


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
