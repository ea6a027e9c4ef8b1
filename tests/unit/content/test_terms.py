"""Word lists: the fast look before each pattern hides nothing, and the unsafe list stays apart."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import app.content.check  # noqa: F401  (registers every rule)
from app.content.rule import RULES
from app.content.terms import LISTS, SENSITIVE, Term, branches, needles, terms

ROOT: Final = Path(__file__).resolve().parents[3]
_ALL: Final = [(key, term) for key, listed in terms().items() for term in listed]


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        (r"\bcurious\b", [["curious"]]),
        (r"\b(apple|pear)s?\b", [["apple|pear"]]),
        (r"one (or|and) two|three", [["one ", "or|and", " two"], ["three"]]),
        (r"\d+%", [["%"]]),
        (r"colou?r", [["colo", "r"]]),
        (r"(?<!not )must (stop|go)", [["must ", "stop|go"]]),
        (r"x+yz", [["x", "yz"]]),
        (r"[abc]def", [["def"]]),
        (r"(abc|\d) end", [[" end"]]),
        (r"(a (b|c)|de) f", [["a |de", " f"]]),
        (r"\[V1", [["[v1"]]),
        (r"abc|\d", [["abc"], []]),
    ],
)
def test_needles_are_what_every_match_must_hold(pattern: str, held: list[list[str]]) -> None:
    found = [needles(branch) for branch in branches(pattern)]
    assert [["|".join(entry) for entry in branch] for branch in found] == held


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_no_match_is_hidden_by_its_needles(data: st.DataObject) -> None:
    _, term = data.draw(st.sampled_from(_ALL))
    text = data.draw(st.from_regex(term.pattern))
    assert term.pattern.search(text)
    assert term.may_be_in(text.lower())


def test_every_list_belongs_to_a_rule_and_says_what_to_do() -> None:
    assert {key.removesuffix(SENSITIVE) for key in terms()} <= set(RULES)
    assert all(term.advice for _, term in _ALL)


def _said_in(folder: Path, suffixes: tuple[str, ...], listed: tuple[Term, ...]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file()]
    texts = {path: path.read_text("utf-8").lower() for path in files}
    return [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path, text in texts.items()
        for term in listed
        if term.may_be_in(text) and (found := term.pattern.search(text))
    ]


def test_unsafe_list_lies_in_no_folder_that_is_served() -> None:
    homes = {path.parent for name in LISTS for path in ROOT.glob(f"[!.n]*/**/{name}")}
    assert homes == {ROOT / "app" / "content"}


@pytest.mark.parametrize("rule_id", ["SM-W1", "SM-W4", "SM-W5"])
def test_nothing_that_is_published_says_what_the_unsafe_list_names(rule_id: str) -> None:
    listed = terms()[rule_id]
    assert _said_in(ROOT / "templates", (".html", ".txt", ".xml"), listed) == []
    assert _said_in(ROOT / "grids", (".yaml", ".json"), listed) == []
    assert _said_in(ROOT / "static" / "js", (".js",), listed) == []
