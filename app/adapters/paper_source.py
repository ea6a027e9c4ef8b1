"""How a worker takes in a page. Only what is quicker: the paper is the same, byte for byte.

Our templates of papers are well-formed, so a parser in C can read them, in a hundredth of the
time of the one for any HTML. What it refuses (a character that XML does not have) goes the long
way. The engine gives every element five styles for footnotes, which no paper of ours has.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final
from xml.etree import ElementTree

from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher

# Rules of the engine's own sheet by how their lines begin. Should a later engine write them in
# another way they stay in, which costs time and nothing else.
FOR_FOOTNOTES: Final = ("::footnote-", "::note-")
FOR_EVERY_MARKER: Final = "::marker {"


class PaperSource(HTML):  # type: ignore[misc]  # the engine has no types
    """A page of ours, read."""

    def __init__(self, html: str, *, base_url: str, fetcher: URLFetcher, defaults: CSS) -> None:
        self.defaults = defaults
        root = read_well_formed(html)
        if root is None:
            super().__init__(string=html, base_url=base_url, url_fetcher=fetcher)
            return
        self.base_url = base_url
        self.url_fetcher = fetcher
        self.media_type = "print"
        self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
        return [self.defaults]


def read_well_formed(html: str) -> ElementTree.Element | None:
    """Return the root of a page, or None where it is not well-formed."""
    try:
        return ElementTree.fromstring(html)  # noqa: S314  # our own page; what people write is escaped
    except (ElementTree.ParseError, ValueError):
        return None


def paper_defaults() -> CSS:
    """Return how the engine shows elements that no style of ours speaks of, without footnotes."""
    sheet = files("weasyprint").joinpath("css/html5_ua.css").read_text("utf-8")
    kept = [line for line in sheet.splitlines() if not line.startswith(FOR_FOOTNOTES)]
    return CSS(string="\n".join(kept).replace(FOR_EVERY_MARKER, f"li{FOR_EVERY_MARKER}"))
