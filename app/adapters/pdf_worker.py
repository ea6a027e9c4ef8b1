"""What runs inside a worker process: HTML in, PDF or measurements out.

Only this module, `paper_source` and `paper_words` import WeasyPrint, and they are imported in
workers only, so that the process that answers requests never carries it. One font configuration
serves the whole life of a worker: a new one for each document grew the process without end.

Nothing outside `static/` can be fetched, and of that only styles, fonts and drawings.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import resource
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from weasyprint import CSS, Attachment
from weasyprint.formatting_structure import boxes
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from app.adapters.collector import keep_for_good
from app.adapters.paper_source import PaperSource, paper_defaults
from app.adapters.paper_words import keep_words
from app.rendering.paper import Enclosed, Line, Measured, MeasuredBox, Pdf

# A host that cannot exist, so that an address that slips past the fetcher leads nowhere.
BASE: Final = "http://paper.invalid"
# Its "claim" is only as good as the tags: the tests look at them.
VARIANT: Final = "pdf/ua-1"
MEMORY_LIMIT: Final = 2 * 1024**3
MISSING_GLYPH: Final = ".notdef glyph"
# Of young objects, and of looks at them before a look at older ones: a tenth of a grid paper was
# such looks. With far more of them a worker grew by a fifth, for nothing more.
LOOKS_FOR_GARBAGE: Final = (5_000, 5, 5)
# Options of glibc's mallopt(3), M_TRIM_THRESHOLD and M_MMAP_THRESHOLD: from this size on memory is
# given back. A worker that had printed 36 scripts, whose fonts are large, kept 15 MB less.
GIVE_BACK: Final = (-1, -3)
GIVE_BACK_FROM: Final = 64 * 1024
MARK: Final = "data-measure"
WORDS: Final = "data-words"

Files = Mapping[str, tuple[bytes, str]]


class FetchRefused(ValueError):
    """A paper asked for something that is not one of our own files."""


class PaperNotMade(Exception):
    """The engine failed. Only the kind of failure is named: its message may hold words."""


class OwnFilesOnly(URLFetcher):  # type: ignore[misc]  # the engine has no types
    """Serves our own files from memory and refuses everything else."""

    def __init__(self, files: Files) -> None:
        super().__init__(allowed_protocols=("http",), allow_redirects=False)
        self.kept = files
        self.enclosed: Files = {}

    def fetch(self, url: str, headers: Any = None) -> Any:
        """Return one of our files. Raises FetchRefused for any other address."""
        path = url.removeprefix(BASE)
        found = self.kept.get(path) or self.enclosed.get(path)
        if not url.startswith(f"{BASE}/") or found is None:
            raise FetchRefused
        body, media_type = found
        return URLFetcherResponse(url, body, {"Content-Type": media_type})


class _MissingGlyphs(logging.Handler):
    """Collects the characters that the engine warns about; its messages go nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(MISSING_GLYPH) and isinstance(record.args, tuple):
            self.found[str(record.args[0])] = None


@dataclass
class _Bench:
    """What a worker keeps between papers."""

    fetcher: OwnFilesOnly
    fonts: FontConfiguration
    defaults: CSS
    styles: dict[str, CSS]

    def style(self, path: str) -> CSS:
        """Return one of our stylesheets, read once: its address changes with its words."""
        if path not in self.styles:
            self.styles[path] = CSS(
                url=f"{BASE}{path}", url_fetcher=self.fetcher, font_config=self.fonts
            )
        return self.styles[path]


_bench: list[_Bench] = []


def prepare(files: Files) -> None:
    """Make a worker ready: its files, its fonts, its limits, and no log of its own."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    _give_memory_back()
    LOGGER.propagate = False
    keep_words()
    _bench[:] = [_Bench(OwnFilesOnly(files), FontConfiguration(), paper_defaults(), {})]
    # The engine lives as long as the worker: what cleans up after papers need not look at it,
    # nor, every seven hundred objects, at a paper that is still being laid out.
    keep_for_good(LOOKS_FOR_GARBAGE)


def _give_memory_back() -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # another C library has its own way
        for option in GIVE_BACK:
            mallopt(option, GIVE_BACK_FROM)


def make_pdf(html: str, at_most: int | None, enclosed: tuple[Enclosed, ...] = ()) -> Pdf:
    """Lay the HTML out and write it, unless it takes more than `at_most` pages."""
    with _plain_failure(), _missing_glyphs() as missing, _within_reach(enclosed):
        document = _lay_out(html)
        pages = len(document.pages)
        if at_most is not None and pages > at_most:
            return Pdf(b"", pages)
        inside = [_attachment(each) for each in enclosed if each.made_on]
        body = document.write_pdf(pdf_variant=VARIANT, attachments=inside)
        return Pdf(body, pages, "".join(missing.found))


@contextlib.contextmanager
def _within_reach(enclosed: tuple[Enclosed, ...]) -> Iterator[None]:
    """Let the page of one paper find what came with it, and nobody after it."""
    fetcher = _bench[0].fetcher
    fetcher.enclosed = {each.address: (each.body, each.media_type) for each in enclosed}
    try:
        yield
    finally:
        fetcher.enclosed = {}


def _attachment(enclosed: Enclosed) -> Attachment:
    # The day only: the minute at which a copy was made is nobody's business.
    day = datetime.combine(enclosed.made_on or date.min, time())
    return Attachment(
        string=enclosed.body,
        name=enclosed.name,
        created=day,
        modified=day,
        relationship="Data",
    )


def measure(html: str) -> Measured:
    """Lay the HTML out and say how tall each marked box came out, and where its lines break."""
    with _plain_failure():
        pages = [page._page_box for page in _lay_out(html).pages]
        found: dict[str, MeasuredBox] = {}
        for box in (box for page in pages for box in _marked(page)):
            lines = tuple(_lines(box, inside=False))
            found.setdefault(box.element.attrib[MARK], MeasuredBox(box.margin_height(), lines))
        last = pages[-1]
        return Measured(len(pages), last.height, _bottom(last) - last.content_box_y(), found)


def _lay_out(html: str) -> Any:
    bench = _bench[0]
    source = PaperSource(html, base_url=f"{BASE}/", fetcher=bench.fetcher, defaults=bench.defaults)
    styles = [bench.style(path) for path in _own_styles(source, bench.fetcher)]
    # The variant is named at this step too: it decides which boxes keep their elements.
    return source.render(stylesheets=styles, font_config=bench.fonts, pdf_variant=VARIANT)


def _own_styles(source: PaperSource, fetcher: OwnFilesOnly) -> list[str]:
    """Take the links to our own styles off a page; others stay, and lead nowhere."""
    links = [link for link in source.etree_element.iter("link") if link.get("rel") == "stylesheet"]
    own = [link for link in links if link.get("href") in fetcher.kept]
    return [link.attrib.pop("href") for link in own]


def _bottom(page: Any) -> float:
    """How far down the flow of a sheet reaches; what hangs in the margins does not count."""
    body = next(box for box in page.descendants() if box.element_tag == "body")
    return float(body.position_y + body.margin_height())


def _marked(box: Any) -> Iterator[Any]:
    for child in getattr(box, "children", ()):
        if child.element is not None and MARK in child.element.attrib:
            yield child
        else:
            yield from _marked(child)


def _lines(box: Any, *, inside: bool) -> Iterator[Line]:
    inside = inside or (box.element is not None and WORDS in box.element.attrib)
    for child in getattr(box, "children", ()):
        if isinstance(child, boxes.LineBox) and inside:
            yield Line("".join(_texts(child)), child.height)
        else:
            yield from _lines(child, inside=inside)


def _texts(box: Any) -> Iterator[str]:
    if isinstance(box, boxes.TextBox):
        yield box.text
    for child in getattr(box, "children", ()):
        yield from _texts(child)


@contextlib.contextmanager
def _missing_glyphs() -> Iterator[_MissingGlyphs]:
    handler = _MissingGlyphs()
    LOGGER.addHandler(handler)
    try:
        yield handler
    finally:
        LOGGER.removeHandler(handler)


@contextlib.contextmanager
def _plain_failure() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise PaperNotMade(type(error).__name__) from None
