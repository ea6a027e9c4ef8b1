"""Grids made and spoiled by chance: the gate answers with findings, never with an exception."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.content.check import check_draft, check_grid
from app.content.parse import parse_draft

_WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "",
            "{{x-01.with}}",
            "{{x-01.nothing}}",
            "{{",
            "1 in 10",
            "<script>alert(1)</script>",
            "ABC",
            "\x00",
            "a " * 400,
            "¿?\u202e",
            "9" * 5000,
        ]
    ),
)
_VALUES = st.one_of(
    _WORDS,
    st.integers(-5, 10_000),
    st.booleans(),
    st.none(),
    st.lists(_WORDS, max_size=2),
    st.dictionaries(_WORDS, _WORDS, max_size=2),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in inner if isinstance(value, (dict, list)) else ():
        found += [(*path, key)] if not isinstance(entry, (dict, list)) else []
        found += _places(entry, (*path, key)) if isinstance(entry, (dict, list)) else []
    return found


def _put(holder: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value


def _cut(holder: Any, path: tuple[Any, ...]) -> None:
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]


_CHECKS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_CHECKS
@given(data=st.data())
def test_any_value_anywhere_is_answered_with_findings(good: Any, data: st.DataObject) -> None:
    fresh = type(good)(good.root)
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from([fresh.grid, fresh.young, fresh.evidence]))
        path = data.draw(st.sampled_from(_places(part)))
        if data.draw(st.booleans()):
            _put(part, path, data.draw(_VALUES))
        else:
            _cut(part, path)
    report = check_grid(fresh.write(), "made-up")
    assert report.passes == (not report.findings)
    assert all(finding.line >= 1 and finding.file for finding in report.findings)
    assert (report.draft is None) <= (not report.passes)


@_CHECKS
@given(text=_WORDS, part=st.sampled_from(["face", "more"]))
def test_any_text_in_a_cell_is_answered_with_findings(good: Any, text: str, part: str) -> None:
    fresh = type(good)(good.root).make_sensitive()
    fresh.say(text, part=part)
    parsed = parse_draft(fresh.write(), "made-up")
    if parsed.draft:
        assert check_draft(parsed.draft) == check_draft(parsed.draft)


def test_script_in_a_cell_is_refused_by_file_and_line(good: Any) -> None:
    good.say("Hello <script>alert(1)</script> you.")
    (finding,) = check_grid(good.write(), "made-up").findings
    lines = good.path("young-person.en.yaml").read_text().splitlines()
    assert finding.rule == "MARKUP"
    assert "<script>" in lines[finding.line - 1]
