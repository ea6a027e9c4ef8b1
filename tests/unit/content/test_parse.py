"""Broken files: every error named with file and line, nothing half-loaded, nothing raised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.content.parse import list_slugs, parse_draft
from app.content.parse_evidence import read_evidence
from app.content.parse_grid import read_grid
from app.content.parse_voice import read_voice
from app.content.tree import LARGEST_FILE, parse_tree


def _rules(root: Path) -> list[tuple[str, int, str]]:
    parsed = parse_draft(root, "made-up")
    assert (parsed.draft is None) == bool(parsed.findings)
    return [(f.file.rsplit("/", 1)[-1], f.line, f.rule) for f in parsed.findings]


def _replace(path: Path, old: str, new: str) -> int:
    """Swap the first occurrence; gives the line it stands in."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_good_files_make_a_draft(good: Any) -> None:
    parsed = parse_draft(good.write(), "made-up")
    assert parsed.findings == ()
    assert parsed.draft is not None
    draft = parsed.draft
    assert [option.id for option in draft.grid.options] == ["stay", "talk", "tablet"]
    assert draft.grid.cell("get", "talk", "parent").reason == "local"
    assert draft.grid.used_figures() == ("x-01", "x-02")
    assert set(draft.voices) == {("young-person", "en"), ("parent", "en")}
    figure = draft.evidence.figures["x-01"]
    assert dict(figure.parts()) == {
        "with": 40,
        "without": 25,
        "per": 100,
        "more": 15,
        "with_rest": 60,
        "without_rest": 75,
    }


# Lines below the change: the second key; where the parser gave up; the cell that is at odds
# with itself; the arm that is at odds with the kind.
_TAKEN = "words_taken_over: {by: [%s], on: 2026-12-01, words: abc}"
_OFF_BY = {"YAML-DUPLICATE": 1, "YAML-SYNTAX": 1, "CELL-STATE": -2, "FIGURE-KIND": 9}


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        ("grid.yaml", "schema: 1", "schema: 2", "SCHEMA"),
        ("grid.yaml", "slug: made-up", "slug: other", "SLUG"),
        ("grid.yaml", "public_id: zz9", "public_id: Not An Id", "ID-SHAPE"),
        ("grid.yaml", "setting: inside-nhs", "setting: elsewhere", "FIELD-TYPE"),
        ("grid.yaml", "sensitive: false", "sensitive: no", "FIELD-TYPE"),
        ("grid.yaml", "sensitive: false", "sensitive: 'false'", "FIELD-TYPE"),
        ("grid.yaml", "interval_months: 6", "interval_months: six", "FIELD-TYPE"),
        ("grid.yaml", "interval_months: 6", "weight: 6", "FIELD-UNKNOWN"),
        ("grid.yaml", "made_on: '2026-11-22'", "made_on: 2026-13-22", "FIELD-TYPE"),
        ("grid.yaml", "sensitive: false", "sensitive: false\nsensitive: true", "YAML-DUPLICATE"),
        ("grid.yaml", "slug: made-up", "slug: &a made-up", "YAML-ANCHOR"),
        ("grid.yaml", "slug: made-up", "slug: !!str made-up", "YAML-TAG"),
        ("grid.yaml", "public_id: zz9", "public_id: zz9\t", "YAML-TAB"),
        ("grid.yaml", "slug: made-up", "slug: [made-up", "YAML-SYNTAX"),
        ("grid.yaml", "  option: talk", "  option: nobody", "ID-UNKNOWN"),
        ("grid.yaml", "- SRC-2", "- SRC-9", "ID-UNKNOWN"),
        ("grid.yaml", "- x-01", "- x-99", "ID-UNKNOWN"),
        ("grid.yaml", "- id: talk", "- id: stay", "ID-DUPLICATE"),
        ("grid.yaml", "reason: not_measured", "reason: local", "CELL-REASON"),
        ("grid.yaml", "state: filled", "state: unknown", "CELL-STATE"),
        ("grid.yaml", "sensitive: false", "words_taken_over: {by: clinician}", "FIELD-MISSING"),
        ("grid.yaml", "sensitive: false", f"{_TAKEN % 'nobody'}", "FIELD-TYPE"),
        ("young-person.en.yaml", "title: Feeling made up", "title: ''", "FIELD-MISSING"),
        ("young-person.en.yaml", "voice: young-person", "voice: parent", "SLUG"),
        ("young-person.en.yaml", "    question: What is it?", "    colour: red", "FIELD-UNKNOWN"),
        ("made-up-mood.yaml", "year: 2020", "year: 20", "SOURCE-YEAR"),
        ("made-up-mood.yaml", "mark: V1", "mark: V3", "FIELD-TYPE"),
        ("made-up-mood.yaml", "n: 40", "n: 140", "FIGURE-COUNT"),
        ("made-up-mood.yaml", "source: SRC-1", "source: SRC-7", "ID-UNKNOWN"),
        ("made-up-mood.yaml", "kind: pair", "kind: single", "FIGURE-KIND"),
        ("made-up-mood.yaml", "kind: pair", "kind: difference", "FIGURE-KIND"),
    ],
)
def test_error_is_named_with_file_and_line(
    name: str, old: str, new: str, rule: str, good: Any
) -> None:
    root = good.write()
    line = _replace(good.path(name), old, new)
    assert (name, line + _OFF_BY.get(rule, 0), rule) in _rules(root)


def test_every_error_is_reported_not_only_the_first(good: Any) -> None:
    root = good.write()
    _replace(good.path("grid.yaml"), "schema: 1", "schema: 9")
    _replace(good.path("grid.yaml"), "sensitive: false", "sensitive: maybe")
    _replace(good.path("parent.en.yaml"), "language: en", "tongue: en")
    _replace(good.path("made-up-mood.yaml"), "n: 40", "n: 400")
    found = {(file, rule) for file, _, rule in _rules(root)}
    assert found == {
        ("grid.yaml", "SCHEMA"),
        ("grid.yaml", "FIELD-TYPE"),
        ("parent.en.yaml", "FIELD-UNKNOWN"),
        ("parent.en.yaml", "FIELD-MISSING"),
        ("parent.en.yaml", "SLUG"),
        ("made-up-mood.yaml", "FIGURE-COUNT"),
    }


def test_missing_cell_is_named(good: Any) -> None:
    good.grid["cells"].remove(good.cell("ask", "talk"))
    findings = parse_draft(good.write(), "made-up").findings
    assert [finding.rule for finding in findings] == ["CELL-MISSING", "CELL-MISSING"]
    assert "ask / talk (parent)" in findings[0].what_to_do


@pytest.mark.fault(24)
def test_cell_written_twice_is_named(good: Any) -> None:
    good.grid["cells"].append(good.cell("ask", "talk"))
    rules = {finding.rule for finding in parse_draft(good.write(), "made-up").findings}
    assert rules == {"CELL-TWICE"}


def test_missing_voice_is_named(good: Any) -> None:
    root = good.write()
    good.path("parent.en.yaml").unlink()
    assert _rules(root) == [("parent.en.yaml", 1, "FILE-MISSING")]


def test_stray_file_is_named(good: Any) -> None:
    root = good.write()
    (root / "made-up" / "notes.txt").write_text("later")
    assert _rules(root) == [("notes.txt", 1, "FILE-UNKNOWN")]


@pytest.mark.parametrize("name", [".grid.yaml.swp", ".DS_Store", "grid.yaml~", "#grid.yaml#"])
def test_what_an_editor_leaves_is_no_finding(good: Any, name: str) -> None:
    root = good.write()
    (root / "made-up" / name).write_text("left behind")
    assert _rules(root) == []


def test_byte_order_mark_is_refused(good: Any) -> None:
    root = good.write()
    path = good.path("grid.yaml")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert _rules(root) == [("grid.yaml", 1, "YAML-BOM")]


def test_file_over_one_mebibyte_is_refused_unread(good: Any) -> None:
    root = good.write()
    with good.path("grid.yaml").open("ab") as handle:
        handle.truncate(100 * LARGEST_FILE)
    assert ("grid.yaml", 1, "FILE-SIZE") in _rules(root)


def test_link_out_of_the_folder_is_refused(good: Any, tmp_path: Path) -> None:
    root = good.write()
    outside = tmp_path / "outside.yaml"
    good.path("grid.yaml").rename(outside)
    good.path("grid.yaml").symlink_to(outside)
    assert ("grid.yaml", 1, "FILE-LINK") in _rules(root)


def test_bytes_that_are_no_text_are_refused_at_their_line(good: Any) -> None:
    root = good.write()
    good.path("parent.en.yaml").write_bytes(b"schema: 1\ntitle: \xff\xfe\n")
    assert _rules(root) == [("parent.en.yaml", 2, "FILE-ENCODING")]


def test_aliases_that_would_explode_are_refused() -> None:
    rows = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    _, findings = parse_tree("\n".join(rows).encode(), "f.yaml")
    assert {finding.rule for finding in findings} == {"YAML-ANCHOR"}
    assert len(findings) == 60 + 59 * 2


def test_deep_nesting_is_refused() -> None:
    tree, findings = parse_tree(b"[" * 200_000, "f.yaml")
    assert tree is None
    assert [finding.rule for finding in findings] == ["YAML-DEPTH"]


@pytest.mark.parametrize("slug", ["../etc", "", "A", "a/b", "."])
def test_slug_cannot_leave_the_folder(slug: str, tmp_path: Path) -> None:
    parsed = parse_draft(tmp_path, slug)
    assert [finding.rule for finding in parsed.findings] == ["ID-SHAPE"]


def test_folders_that_are_no_grids_are_not_listed(good: Any) -> None:
    root = good.write()
    (root / "_released").mkdir()
    assert list_slugs(root) == ("made-up",)
    assert list_slugs(root / "absent") == ()


_KEYS = ("schema", "slug", "rows", "cells", "options", "figures", "with", "id", "n", "facet", "&a")
_SCALARS = st.one_of(
    st.integers(), st.booleans(), st.none(), st.text(max_size=12), st.sampled_from(_KEYS)
)
_SHAPES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6),
    ),
    max_leaves=25,
)


def _read_all(raw: bytes) -> None:
    tree, findings = parse_tree(raw, "f.yaml")
    assert tree is not None or findings
    if tree is not None:
        for read in (read_grid, read_voice, read_evidence):
            read(tree, "f.yaml")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_crash_the_parser(raw: bytes) -> None:
    _read_all(raw)


@settings(max_examples=100, deadline=None)
@given(_SHAPES)
def test_no_shape_crashes_the_parser(shape: Any) -> None:
    _read_all(json.dumps(shape).encode())


@pytest.mark.fault(24)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["grid.yaml", "parent.en.yaml", "made-up-mood.yaml"]),
    at=st.integers(min_value=0, max_value=4000),
    piece=st.sampled_from(
        [b"", b"\n", b": ", b"- ", b"{", b"\x00", b"'", b"null", b"&a ", b"\xc3"]
    ),
    cut=st.integers(min_value=0, max_value=30),
)
def test_damaged_files_never_crash_the_parser(
    good: Any, name: str, at: int, piece: bytes, cut: int
) -> None:
    root = good.write()
    raw = good.path(name).read_bytes()
    at %= len(raw)
    good.path(name).write_bytes(raw[:at] + piece + raw[at + cut :])
    parsed = parse_draft(root, "made-up")
    assert (parsed.draft is None) == bool(parsed.findings)
