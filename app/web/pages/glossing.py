"""Words that the glossary explains become links to their meaning, the first time in a text.

A link to the list at the end of the page works without a script; `grid.js` opens the meaning
in place. Only text between tags is touched, so markup stays what it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from app.content.wording import Glossed

_TAG = re.compile(r"(<[^>]*>)")


class Glossary:
    """The explained words of one voice; ids of meanings are `{prefix}word-{term id}`."""

    def __init__(self, glossary: Mapping[str, Glossed], prefix: str) -> None:
        self._ids = {str(escape(word.term)).lower(): name for name, word in glossary.items()}
        self._prefix = prefix
        # Longest first, so that "side effects" is found before a shorter term inside it.
        terms = sorted(self._ids, key=len, reverse=True)
        inside = "|".join(re.escape(term) for term in terms)
        self._pattern = re.compile(rf"(?<!\w)({inside})(s?)(?!\w)", re.I) if terms else None

    def link(self, html: str) -> Markup:
        """Safe HTML with a link at the first place of each term; never inside a tag."""
        if self._pattern is None:
            return Markup(html)  # noqa: S704  (made by content.wording, which knows no HTML)
        met: set[str] = set()
        parts = _TAG.split(html)
        parts[::2] = [self._link_text(text, met) for text in parts[::2]]
        return Markup("".join(parts))  # noqa: S704  (as above; links hold ids of the glossary)

    def _link_text(self, text: str, met: set[str]) -> str:
        def replace(found: re.Match[str]) -> str:
            name = self._ids[found.group(1).lower()]
            if name in met:
                return found.group(0)
            met.add(name)
            address = f"#{self._prefix}word-{name}"
            return f'<a class="og-word" href="{address}" data-word="{name}">{found.group(0)}</a>'

        assert self._pattern is not None
        return self._pattern.sub(replace, text)
