"""For writers: a new grid, the schemas their editors read, and a translation."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from typer.testing import CliRunner

from app.cli.content import content_app
from app.content.check import check_grid
from app.content.parse import parse_draft
from app.content.schema import schemas
from app.content.skeleton import GridIsThere, NotANameForAGrid, free_public_id, new_grid
from app.content.translation import wording_hash

GRIDS: Final = Path(__file__).resolve().parents[3] / "grids"
_DAY: Final = date(2026, 8, 31)


def _run(*words: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(content_app, list(words))
    return result.exit_code, result.output.splitlines()


def test_new_grid_parses_and_lists_what_is_missing(tmp_path: Path) -> None:
    root = tmp_path / "grids"
    written = new_grid(root, "worry-inside-nhs", _DAY)
    assert [path.relative_to(root).as_posix() for path in written] == [
        "worry-inside-nhs/grid.yaml",
        "worry-inside-nhs/young-person.en.yaml",
        "worry-inside-nhs/parent.en.yaml",
        "_evidence/worry.yaml",
    ]
    report = check_grid(root, "worry-inside-nhs")
    assert report.draft is not None
    assert {"WRITTEN", "EC-5", "IP-Q2", "IP-C2", "WAIT"} <= {f.rule for f in report.findings}
    review = report.draft.grid.review
    assert (review.review_on, review.expires_on) == (date(2027, 2, 28), date(2027, 8, 28))
    assert report.draft.grid.pair == "worry-outside-nhs"


def test_second_grid_of_a_topic_keeps_the_evidence_and_gets_another_id(tmp_path: Path) -> None:
    root = tmp_path / "grids"
    new_grid(root, "worry-inside-nhs", _DAY)
    evidence = root / "_evidence" / "worry.yaml"
    evidence.write_text(evidence.read_text() + "# a note\n")
    written = new_grid(root, "worry-outside-nhs", _DAY)
    assert evidence not in written
    assert evidence.read_text().endswith("# a note\n")
    grids = [parse_draft(root, f"worry-{side}-nhs").draft for side in ("inside", "outside")]
    assert [draft.grid.public_id for draft in grids if draft] == ["b2", "c2"]
    assert free_public_id(root) == "d2"


def test_new_grid_has_the_columns_that_were_named_and_what_every_row_asks(tmp_path: Path) -> None:
    root = tmp_path / "grids"
    new_grid(root, "worry-inside-nhs", _DAY, ("group", "one-to-one"))
    draft = parse_draft(root, "worry-inside-nhs").draft
    assert draft is not None
    columns = ("what-helps-now", "group", "one-to-one")
    assert tuple(option.id for option in draft.grid.options) == columns
    real = parse_draft(GRIDS, "low-mood-inside-nhs").draft
    assert real is not None
    for key, words in draft.voices.items():
        assert tuple(words.options) == columns
        asked = {row: words.rows[row].question for row in words.rows}
        kept = {row: real.voices[key].rows[row].question for row in ("what", "hard", "sure", "get")}
        assert kept.items() <= asked.items()
        assert "..." not in asked.values()


@pytest.mark.parametrize(
    "named", [["Group"], ["a b"], ["group", "group"], ["what-helps-now"], [""]]
)
def test_column_that_is_no_name_or_named_twice_writes_nothing(
    named: list[str], tmp_path: Path
) -> None:
    words = [word for name in named for word in ("--option", name)]
    code, lines = _run("new", "worry-inside-nhs", *words, "--grids", str(tmp_path / "grids"))
    assert (code, lines) == (
        1,
        [f"{named[0]}: not a column; write it in kebab-case, and each once"],
    )
    assert not (tmp_path / "grids").exists()


@pytest.mark.parametrize(
    "slug", ["worry", "Worry-inside-nhs", "../worry-inside-nhs", "-inside-nhs"]
)
def test_name_that_is_none_writes_nothing(slug: str, tmp_path: Path) -> None:
    with pytest.raises(NotANameForAGrid):
        new_grid(tmp_path, slug, _DAY)
    assert list(tmp_path.iterdir()) == []


def test_grid_that_is_there_is_not_written_over(good: Any) -> None:
    root = good.write()
    (root / "made-up").rename(root / "made-up-inside-nhs")
    with pytest.raises(GridIsThere):
        new_grid(root, "made-up-inside-nhs", _DAY)


def test_new_grid_by_command_tells_files_schemas_and_findings(tmp_path: Path) -> None:
    root = tmp_path / "grids"
    code, lines = _run("new", "worry-inside-nhs", "--grids", str(root))
    assert code == 0
    assert lines[0] == "wrote grids/worry-inside-nhs/grid.yaml"
    assert lines[-1].startswith("worry-inside-nhs: ")
    first = (root / "worry-inside-nhs" / "grid.yaml").read_text().splitlines()[0]
    schema = (root / "worry-inside-nhs" / first.split("$schema=")[1]).resolve()
    assert json.loads(schema.read_text()) == schemas()["grid"]
    assert _run("new", "worry-inside-nhs", "--grids", str(root))[0] == 1
    assert _run("new", "worry", "--grids", str(root))[0] == 1


def test_schemas_by_command(tmp_path: Path) -> None:
    code, lines = _run("schema", "--grids", str(tmp_path / "grids"))
    assert (code, lines) == (
        0,
        [f"wrote grids/_schema/{name}.json" for name in ("grid", "voice", "evidence")],
    )


def _types(schema: Any, value: Any) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": (str, date),
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    kind = schema.get("type")
    if kind == "integer" and isinstance(value, bool):
        return False
    return kind is None or isinstance(value, kinds[kind])


def _refused(schema: Any, value: Any, path: str = "") -> list[str]:
    """Where a value breaks a schema: the few words that our schemas are made of."""
    if "anyOf" in schema:
        return min((_refused(one, value, path) for one in schema["anyOf"]), key=len)
    allowed = [schema["const"]] if "const" in schema else schema.get("enum", [value])
    if not _types(schema, value) or value not in allowed:
        return [path]
    if isinstance(value, list):
        items = enumerate(value)
        return [
            bad for at, entry in items for bad in _refused(schema["items"], entry, f"{path}/{at}")
        ]
    return _refused_fields(schema, value, path) if isinstance(value, dict) else []


def _refused_fields(schema: Any, value: dict[str, Any], path: str) -> list[str]:
    known = schema.get("properties", {})
    extra = schema.get("additionalProperties", True)
    found = [f"{path}/{key}" for key in schema.get("required", ()) if key not in value]
    for key, entry in value.items():
        expected = known.get(key, extra)
        if expected is False:
            found.append(f"{path}/{key}")
        elif isinstance(expected, dict):
            found += _refused(expected, entry, f"{path}/{key}")
    return found


def _kind(path: Path) -> str:
    return {"grid.yaml": "grid"}.get(
        path.name, "evidence" if path.parent.name == "_evidence" else "voice"
    )


@pytest.mark.parametrize(
    "path",
    [*GRIDS.glob("[a-z]*/*.yaml"), *GRIDS.glob("_evidence/*.yaml")],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_real_files_fit_their_schema(path: Path) -> None:
    loaded = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    assert _refused(schemas()[_kind(path)], loaded) == []


@pytest.mark.parametrize("name", ["grid", "voice", "evidence"])
def test_schema_and_parser_ask_for_the_same_fields(name: str, good: Any) -> None:
    holder = {"grid": good.grid, "voice": good.young, "evidence": good.evidence}[name]
    schema = schemas()[name]
    good.write()
    for key in schema["properties"]:
        kept = holder.pop(key, None)
        findings = {f.rule for f in parse_draft(good.write(), "made-up").findings}
        assert ("FIELD-MISSING" in findings) == (key in schema["required"]), key
        if kept is not None:
            holder[key] = kept
    holder["unheard-of"] = "x"
    assert {f.rule for f in parse_draft(good.write(), "made-up").findings} == {"FIELD-UNKNOWN"}
    assert _refused(schema, holder) == ["/unheard-of"]


def test_schema_refuses_what_the_parser_refuses(good: Any) -> None:
    good.grid["setting"] = "elsewhere"
    good.grid["rows"][0]["voices"] = ["uncle"]
    good.grid["ages"]["from"] = "twelve"
    assert _refused(schemas()["grid"], good.grid) == [
        "/setting",
        "/ages/from",
        "/rows/0/voices/0",
    ]


def test_translation_starts_in_english_and_names_what_is_left(good: Any) -> None:
    root = good.write()
    code, lines = _run("translate", "made-up", "cy", "--grids", str(root))
    assert code == 0
    assert lines == [
        "wrote grids/made-up/parent.cy.yaml",
        "wrote grids/made-up/young-person.cy.yaml",
    ]
    report = check_grid(root, "made-up")
    assert report.draft is not None
    assert {finding.rule for finding in report.findings} == {"UNTRANSLATED"}
    words = report.draft.voices
    assert words["parent", "cy"].made_from == wording_hash(words["parent", "en"])
    assert _run("translate", "made-up", "cy", "--grids", str(root)) == (
        1,
        ["parent.cy.yaml: is there already"],
    )


def test_no_translation_into_english_or_out_of_a_broken_grid(good: Any) -> None:
    root = good.write()
    assert _run("translate", "made-up", "en", "--grids", str(root))[0] == 1
    good.path("grid.yaml").write_text("schema: [")
    code, lines = _run("translate", "made-up", "cy", "--grids", str(root))
    assert code == 1
    assert "YAML-SYNTAX" in lines[0]
    assert not good.path("parent.cy.yaml").exists()
