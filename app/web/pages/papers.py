"""The tick before a sensitive grid is put on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.rendering.page import Page


@dataclass(frozen=True)
class PaperTickPage(Page):
    """Before a sensitive grid is put on paper: the young person's own tick, and a cover.

    ``picked`` are option ids for the address, ``missing`` whether the tick was left out.
    """

    template: ClassVar[str] = "pages/grid/paper.html"
    is_sensitive: ClassVar[bool] = True

    public_id: str
    number: int
    title: str
    voice: str
    picked: str
    has_cover: bool = True
    missing: bool = False

    @property
    def address(self) -> str:
        """Where this very edition is served."""
        return f"/g/{self.public_id}/{self.number}"
