"""Papers that are the same for everybody, kept in memory and on disk with an end to how much.

A paper that is being made is made once: who asks for the same one meanwhile waits for it.
Nothing that a person wrote ever comes here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final

from app.adapters.paper_folder import PaperFolder
from app.rendering.paper import Pdf

MOST_BYTES: Final = 32 * 1024**2


@dataclass(frozen=True, slots=True)
class KeptPaper:
    """A paper and the tag by which a browser knows that it has it already."""

    pdf: Pdf
    etag: str


class PaperShelf:
    """Keeps the papers that were asked for last, up to `most_bytes`. For one event loop."""

    def __init__(self, most_bytes: int = MOST_BYTES, folder: PaperFolder | None = None) -> None:
        self._most_bytes = most_bytes
        self._folder = folder
        self._kept: OrderedDict[Hashable, KeptPaper] = OrderedDict()
        self._bytes = 0
        self._being_made: dict[Hashable, asyncio.Task[KeptPaper]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def take(
        self, key: Hashable, make: Callable[[], Awaitable[Pdf]], *, on_disk: bool = False
    ) -> KeptPaper:
        """Return the paper of `key`, made now if it is not here. Raises what `make` raises.

        With `on_disk` it is kept beyond a restart; `repr(key)` then says the same in every process.
        """
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        task = self._being_made.get(key)
        if task is None:
            folder = self._folder if on_disk else None
            task = asyncio.ensure_future(self._make(key, make, folder))
            self._being_made[key] = task
            task.add_done_callback(lambda done: self._being_made.pop(key, None))
        # Shielded: one reader who goes away does not take the paper from the others.
        return await asyncio.shield(task)

    async def _make(
        self, key: Hashable, make: Callable[[], Awaitable[Pdf]], folder: PaperFolder | None
    ) -> KeptPaper:
        pdf = await asyncio.to_thread(folder.find, repr(key)) if folder else None
        if pdf is None:
            pdf = await make()
            if folder:
                await asyncio.to_thread(folder.keep, repr(key), pdf)
        paper = KeptPaper(pdf, f'"{hashlib.sha256(pdf.body).hexdigest()[:20]}"')
        self._keep(key, paper)
        return paper

    def _keep(self, key: Hashable, paper: KeptPaper) -> None:
        self._kept[key] = paper
        self._bytes += len(paper.pdf.body)
        while self._bytes > self._most_bytes and self._kept:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.pdf.body)
