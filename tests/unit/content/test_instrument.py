from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

import collaborate_survey
from app.content.instrument import (
    PACK_SHAPES,
    Instrument,
    Problem,
    Scoring,
    WordingPack,
    read_wording_pack,
)
from app.content.practice import PRACTICE, practice_words
from collaborate_survey import INSTRUMENTS

FIXTURES = Path(__file__).parents[2] / "fixtures"
NINE = (FIXTURES / "made-up-pack.yaml").read_bytes()
FOUR = (FIXTURES / "made-up-pack-0-4.yaml").read_bytes()

Change = Callable[[dict[str, Any]], object]


def packed(raw: bytes) -> WordingPack:
    pack = read_wording_pack(raw, "pack.yaml")
    assert isinstance(pack, WordingPack), pack
    return pack


def problems(raw: bytes) -> list[Problem]:
    found = read_wording_pack(raw, "pack.yaml")
    assert isinstance(found, list), "the pack was accepted"
    assert found, "refused without a reason"
    return found


def changed(change: Change, raw: bytes = NINE) -> bytes:
    document = yaml.safe_load(raw)
    change(document)
    return yaml.safe_dump(document, sort_keys=False).encode()


def test_a_pack_is_read_whole() -> None:
    pack = packed(NINE)
    assert (pack.instrument, pack.version, pack.language) == ("collaborate-0-9", "made-up-1", "en")
    words = pack.words_for("parent_self")
    assert words is not None
    assert words.items[0] == ("explain", "Made-up item about explaining, for a parent.")
    assert pack.end_labels == ("Made-up lowest", "Made-up highest")
    assert pack.confirmed_on.isoformat() == "2026-11-22"
    assert pack.licence.holder == "Nobody"


def test_five_labels_belong_to_the_five_point_version() -> None:
    pack = packed(FOUR)
    assert len(pack.labels) == 5
    assert pack.end_labels == ("Made-up nought", "Made-up four")
    assert pack.minimum_age_self_report == 13


def test_the_five_point_version_may_name_its_ends_only() -> None:
    ends = {"min": "Made-up nought", "max": "Made-up four"}
    pack = packed(changed(lambda d: d.update(anchors=ends), FOUR))
    assert pack.labels == ("Made-up nought", "Made-up four")


def test_a_respondent_without_a_form_gets_none_and_never_anothers() -> None:
    assert packed(FOUR).words_for("parent_proxy") is None
    assert not packed(FOUR).offers("parent_proxy", "after")
    assert packed(NINE).words_for("teacher") is None


def test_the_words_for_today_never_stand_over_the_last_appointment() -> None:
    four, nine = packed(FOUR), packed(NINE)
    assert four.offers("young_person", "after")
    assert not four.offers("young_person", "before")
    assert four.opening_for("young_person", "before") is None
    assert (
        nine.opening_for("young_person", "before") == "Made-up opening about the last appointment."
    )
    assert nine.opening_for("young_person", "after") != nine.opening_for("young_person", "before")


def test_twelve_is_the_least_age_unless_the_pack_says_otherwise() -> None:
    assert packed(changed(lambda d: d.pop("minimum_age_self_report"))).minimum_age_self_report == 12


@pytest.mark.parametrize("raw", [NINE, FOUR])
def test_the_hash_is_of_the_canonical_json_which_reads_back(raw: bytes) -> None:
    pack = packed(raw)
    assert pack.sha256 == hashlib.sha256(pack.canonical()).hexdigest()
    assert packed(pack.canonical()) == pack
    canonical = json.dumps(json.loads(pack.canonical()), sort_keys=True, separators=(",", ":"))
    assert pack.canonical().decode() == canonical


def test_the_hash_ignores_layout_and_sees_every_word() -> None:
    assert packed(changed(lambda d: None)).sha256 == packed(NINE).sha256
    paths = _texts(yaml.safe_load(NINE))
    assert len({packed(NINE).sha256, *map(_hash_with_more_at, paths)}) == 1 + len(paths)


def _hash_with_more_at(path: tuple[Any, ...]) -> str:
    return packed(changed(lambda document: _append(document, path))).sha256


def _texts(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [p for key, value in node.items() for p in _texts(value, (*path, key))]
    if isinstance(node, list):
        return [p for at, value in enumerate(node) for p in _texts(value, (*path, at))]
    fixed = {"id", "instrument", "language"}
    return [path] if isinstance(node, str) and path[-1] not in fixed else []


def _append(document: Any, path: tuple[Any, ...]) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] += "x"


def test_a_pack_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        packed(NINE).attribution = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d["items"].pop(), "'items' must be exactly 3"),
        (lambda d: d["items"].append(dict(d["items"][0])), "'items' must be exactly 3"),
        (lambda d: d["items"].reverse(), "in the order explain, listen, include"),
        (lambda d: d.update(items=[]), "found none"),
        (lambda d: d.update(items="none"), "'items' must be a list"),
        (lambda d: d["items"][1].pop("guardian"), "item 2 lacks the field 'guardian'"),
        (lambda d: d["items"][1].pop("proxy"), "item 2 lacks the field 'proxy'"),
        (lambda d: d["items"][0].update(patient=""), "patient of item 1 is empty"),
        (lambda d: d["items"][0].update(patient=None), "patient of item 1 is empty"),
        (lambda d: d["items"][0].update(patient="a" * 401), "longer than 400"),
        (lambda d: d["items"][0].update(patient="<b>Made up</b>"), "has HTML"),
        (lambda d: d["items"][0].update(patient="Made&nbsp;up"), "has HTML"),
        (lambda d: d["items"][0].update(patient="Made\u202eup"), "control character"),
        (lambda d: d["items"][0].update(patient="Made\nup"), "line break"),
        (lambda d: d["items"][0].update(patient="Made\x07up"), "control character"),
        (lambda d: d["items"][0].update(patient=["a"]), "must be text"),
        (lambda d: d.pop("licence"), "lacks the field 'licence'"),
        (lambda d: d["licence"].pop("evidence"), "'licence' lacks the field 'evidence'"),
        (lambda d: d["licence"].update(date="soon"), "'licence.date' must be a date"),
        (lambda d: d["licence"].update(holder=" "), "licence.holder is empty"),
        (lambda d: d.pop("confirmed_by"), "lacks the field 'confirmed_by'"),
        (lambda d: d.update(confirmed_by=None), "confirmed_by is empty"),
        (lambda d: d.pop("confirmed_on"), "lacks the field 'confirmed_on'"),
        (lambda d: d.update(confirmed_on="2026-13-01"), "'confirmed_on' must be a date"),
        (lambda d: d.update(confirmed_on="20261122"), "'confirmed_on' must be a date"),
        (lambda d: d.update(instrument="sure-5"), "unknown instrument 'sure-5'"),
        (lambda d: d.update(instrument="effort-practice"), "cannot be installed as a pack"),
        (lambda d: d.update(format=2), "'format' must be 1"),
        (lambda d: d.update(version="Version One"), "'version' must look like"),
        (lambda d: d.update(language="English"), "'language' must look like"),
        (lambda d: d.update(colour="blue"), "unknown field 'colour'"),
        (lambda d: d["anchors"].pop("max"), "needs both 'min' and 'max'"),
        (lambda d: d["anchors"].update(max="a" * 61), "longer than 60"),
        (lambda d: d["anchors"].update(labels=["a"] * 5), "not both"),
        (lambda d: d.update(anchors={"labels": ["a"] * 5}), "0-9 scale has 'min' and 'max'"),
        (lambda d: d.update(anchors={"labels": ["a"] * 10}), "0-9 scale has 'min' and 'max'"),
        (lambda d: d.update(anchors="none"), "'anchors' must have named fields"),
        (lambda d: d["opening_statement"].pop("patient"), "lacks the field 'patient'"),
        (lambda d: d["opening_statement"].pop("proxy"), "unknown field 'proxy'"),
        (lambda d: d.update(minimum_age_self_report=4), "must be from 5 to 18"),
        (lambda d: d.update(minimum_age_self_report="twelve"), "must be from 5 to 18"),
    ],
)
def test_one_wrong_thing_is_refused_with_its_reason(change: Change, reason: str) -> None:
    found = problems(changed(change))
    assert any(reason in problem.reason for problem in found), list(map(str, found))


@pytest.mark.parametrize("count", [0, 4, 6, 10])
def test_the_five_point_version_has_five_labels(count: int) -> None:
    labels = {"labels": ["Made-up label"] * count}
    found = problems(changed(lambda d: d.update(anchors=labels), FOUR))
    assert [p.reason for p in found] == [
        f"'labels' must be 5, one for each of 0 to 4; found {count}"
    ]


def test_every_problem_is_named_with_its_line() -> None:
    raw = NINE.replace(b"language: en", b"language: English").replace(
        b"confirmed_by: Made-up Confirmer", b"confirmed_by:"
    )
    lines = raw.decode().splitlines()
    wanted = [lines.index("language: English") + 1, lines.index("confirmed_by:") + 1]
    found = problems(raw)
    assert [problem.line for problem in found] == wanted
    assert str(found[1]) == f"pack.yaml:{wanted[1]}: confirmed_by is empty"


def test_a_field_given_twice_is_refused() -> None:
    found = problems(NINE + b"attribution: Another line\n")
    assert [p.reason for p in found] == ["the file has the field 'attribution' twice"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the file is empty"),
        (b"# nothing\n", "the file is empty"),
        (b"- a\n", "the file must have named fields"),
        (b"a: [1\n", "this is not YAML"),
        (b"a: b\n---\nc: d\n", "this is not YAML"),
        (b"a: \xff\n", "not UTF-8"),
        (b"a: \x07\n", "control characters"),
        (b"a: &x [b]\nc: *x\n", "write the text out"),
        (b"[" * 60_000, "nested too deeply"),
        (b"{a: " * 15_000, "nested too deeply"),
        (b"a: !!binary aGk=\nb: !thing x", "unknown field"),
        (b"#" * 65_537, "larger than 64 KiB"),
    ],
)
def test_what_is_no_pack_at_all_is_refused(raw: bytes, reason: str) -> None:
    assert any(reason in problem.reason for problem in problems(raw))


def test_the_line_of_broken_yaml_is_named() -> None:
    assert problems(b"a: b\nc: d\ne: \xff\n")[0].line == 3
    assert problems(b"a: b\nc: \x07\n")[0].line == 2
    assert problems(b"a: b\nc: }\n")[0].line == 2


def test_a_file_of_exactly_64_kib_is_read() -> None:
    assert isinstance(packed(NINE + b"#" * (65_536 - len(NINE))), WordingPack)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"? [a]\n: b")
@example(b"%YAML 9.9\n---\na: b")
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert problems(raw)


@given(st.data())
def test_a_pack_with_any_part_replaced_is_read_or_refused(data: st.DataObject) -> None:
    document = yaml.safe_load(NINE)
    key = data.draw(st.sampled_from(sorted(document)))
    value = data.draw(st.none() | st.integers() | st.lists(st.none()) | st.text(max_size=20))
    document[key] = value
    raw = json.dumps(document, default=str).encode()
    found = read_wording_pack(raw, "pack.yaml")
    assert isinstance(found, WordingPack) or found


def test_pack_shapes_are_those_of_the_instruments() -> None:
    structures = (*INSTRUMENTS.values(), collaborate_survey.SURE)
    assert {key: (shape.items, shape.scale_max) for key, shape in PACK_SHAPES.items()} == {
        each.id: (tuple(item for item, _ in each.items), each.scale_max) for each in structures
    }


def test_the_made_up_words_of_sure_are_read_and_written_back() -> None:
    raw = (FIXTURES / "made-up-pack-sure.yaml").read_bytes()
    pack = read_wording_pack(raw, "pack.yaml")
    assert isinstance(pack, WordingPack)
    assert pack.labels == ("Made-up no", "Made-up yes")
    assert not pack.offers("parent_proxy", "after")
    assert read_wording_pack(pack.canonical(), "again") == pack
    three = raw.replace(b'"Made-up no", ', b'"Made-up no", "Made-up perhaps", ')
    (problem,) = read_wording_pack(three, "pack.yaml")
    assert "'labels' must be 2" in problem.reason


def test_an_instrument_takes_over_what_its_package_tells() -> None:
    instrument = Instrument.of(INSTRUMENTS["collaborate-0-4"])
    assert instrument.item_ids == ("explain", "listen", "include")
    assert (instrument.scale.min, instrument.scale.max, instrument.top_value) == (0, 4, 4)
    assert instrument.scored_as == "collaborate"


def test_the_scoring_module_satisfies_the_protocol() -> None:
    scoring: Scoring = collaborate_survey
    items = {"explain": 9, "listen": 9, "include": 9}
    assert scoring.top_score(items, "collaborate-0-9") == 1


def test_practice_is_its_own_measure() -> None:
    assert PRACTICE.id not in INSTRUMENTS
    assert PRACTICE.scored_as is None
    for structure in INSTRUMENTS.values():
        assert not set(PRACTICE.item_ids) & {item for item, _ in structure.items}


def test_practice_has_words_for_everybody_and_says_what_it_is() -> None:
    words = practice_words()
    for respondent in PRACTICE.respondents:
        for occasion in PRACTICE.occasions:
            opening = words.opening_for(respondent, occasion)
            assert opening is not None
            assert "for practice only" in opening
    assert "collaborate" not in words.canonical().decode().lower()


def test_practice_words_cannot_be_installed() -> None:
    reasons = [problem.reason for problem in problems(practice_words().canonical())]
    assert "effort-practice is built in and cannot be installed as a pack" in reasons


def test_practice_words_are_not_near_the_licensed_ones() -> None:
    """The practice items ask about other things, in other words."""
    words = practice_words().canonical().decode().lower()
    for phrase in ("how much", "matter", "listen", "understand", "include", "next"):
        assert phrase not in words


def test_the_example_of_the_guide_is_a_pack() -> None:
    guide = (FIXTURES.parents[1] / "docs" / "wording-pack.md").read_text()
    example_pack = guide.split("```yaml\n")[1].split("```")[0]
    assert packed(example_pack.encode()).offers("young_person", "before")
