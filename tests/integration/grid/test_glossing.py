from __future__ import annotations

import pytest

from app.content.wording import Glossed
from app.web.pages.glossing import Glossary

GLOSSARY = Glossary(
    {
        "cbt": Glossed("CBT", "a talking therapy"),
        "effects": Glossed("effects", "what a thing does"),
        "side-effects": Glossed("side effects", "what it does besides"),
        "q": Glossed("Q&A", "questions"),
    },
    "k7-yp-",
)


def link(name: str, text: str) -> str:
    return f'<a class="og-word" href="#k7-yp-word-{name}" data-word="{name}">{text}</a>'


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>CBT and cbt</p>", f"<p>{link('cbt', 'CBT')} and cbt</p>"),
        ("<p>a <strong>cbt</strong></p>", f"<p>a <strong>{link('cbt', 'cbt')}</strong></p>"),
        ("Side effects", link("side-effects", "Side effects")),
        ("CBTs", link("cbt", "CBTs")),
        ("CBTX xCBT", "CBTX xCBT"),
        ("<p>Q&amp;A</p>", f"<p>{link('q', 'Q&amp;A')}</p>"),
        ('<li class="cbt">no</li>', '<li class="cbt">no</li>'),
        ("&lt;cbt&gt;", f"&lt;{link('cbt', 'cbt')}&gt;"),
        ("", ""),
    ],
)
def test_links_the_first_place_of_each_word(html: str, wanted: str) -> None:
    assert str(GLOSSARY.link(html)) == wanted


def test_a_grid_without_a_glossary_is_left_alone() -> None:
    assert str(Glossary({}, "").link("<p>CBT</p>")) == "<p>CBT</p>"
