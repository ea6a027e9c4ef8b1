"""Papers that staff print: the blank comparison sheet, the crib card, and questions to tick.

Made by the workers that make every paper. Nothing typed is stored, and nothing is kept on a shelf.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.documents import blank_form, blank_sheet
from app.documents.blank_form import BlankForm
from app.documents.crib_card import SIZES, CribCard, Prep
from app.documents.link_card import LinkCardPaper
from app.rendering.paper import Pdf
from app.services.papers import Press


async def make_blank_sheet(
    press: Press, *, heads: tuple[str, ...], voice: str, made_on: date
) -> Pdf:
    """Return the sheet on one page. Raises TooBusy."""
    page = blank_sheet.build(heads, voice=voice, made_on=made_on)
    html = press.renderer.page(page, press.chrome)
    return await press.workers.render(html, kind=page.kind)


async def make_crib_card(press: Press, *, prep: Prep, made_on: date) -> Pdf:
    """Return the card on one page, in the most generous type that fits. Raises TooBusy."""
    for size in SIZES:
        page = CribCard(prep, made_on, size)
        html = press.renderer.page(page, press.chrome)
        last = size == SIZES[-1]
        pdf = await press.workers.render(html, kind=page.kind, at_most=None if last else 1)
        if pdf.body:
            break
    return pdf


async def make_blank_form(press: Press, *, form: BlankForm) -> Pdf:
    """Return the questions on one page, in the most generous setting that fits. Raises TooBusy."""
    for setting in blank_form.SETTINGS:
        html = press.renderer.page(replace(form, setting=setting), press.chrome)
        last = setting == blank_form.SETTINGS[-1]
        pdf = await press.workers.render(html, kind=form.kind, at_most=None if last else 1)
        if pdf.body:
            break
    return pdf


async def make_link_card(press: Press, *, paper: LinkCardPaper) -> Pdf:
    """Return the card on one page. Raises TooBusy."""
    html = press.renderer.page(paper, press.chrome)
    return await press.workers.render(html, kind=paper.kind)
