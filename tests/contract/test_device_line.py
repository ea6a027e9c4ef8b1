"""The seven things that would make this a medical device, each refused by what stands here.

``docs/safety/device-line.md`` names them. Most are looked at in the source: what cannot reach a
person's data cannot calculate with it, whatever its words say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from fixtures.source_tree import ROOT, imports_of, is_test, modules, reached_from

from app.db.tables import METADATA

DEVICE_LINE = (ROOT / "docs/safety/device-line.md").read_text(encoding="utf-8")
SCRIPTS = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "static/js").glob("*.js")
}
#: All that draws a grid, on screen and on paper.
GRIDS = ("app.web.pages.grid", "app.documents.grid_handout")
CONTENT_ALONE = ("app.content", "app.documents.figures", "app.rendering", *GRIDS)
PACKAGES = {"app", "app.documents", "app.web", "app.web.pages"}
GRID_SCRIPTS = [name for name in SCRIPTS if re.fullmatch(r"grid(-\w+)?\.js", name)]
#: Scripts that hold what somebody answered.
ANSWER_SCRIPTS = {
    name for name in SCRIPTS if "MISSING" in SCRIPTS[name] or "helpedBy" in SCRIPTS[name]
}

#: Who may look into the answers of a set: the reader of envelopes, the file for research, and what
#: counts over 25 answers and more.
READS_ANSWERS = {
    "app.db.queries.desk",
    "app.db.queries.export_rows",
    "app.domain.capture",
    "app.domain.dataset_rows",
    "app.domain.envelope",
    "app.domain.envelope_checks",
    "app.services.desk_counts",
}
SCORES = {"app.services.instruments"}


def test_the_page_names_seven_things_and_their_tests() -> None:
    rows = re.findall(r"^\| \d \|.*$", DEVICE_LINE, re.M)
    named = [re.findall(r"`(tests/[^`]+)`", row) for row in rows]
    assert len(rows) == 7
    assert all(named)
    assert [test for tests in named for test in tests if not is_test(test)] == []


def _beyond(module: str, allowed: tuple[str, ...]) -> set[str]:
    def inside(name: str) -> bool:
        return any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)

    return {name for name in reached_from(module) if not inside(name)}


@pytest.mark.parametrize("module", GRIDS)
def test_a_grid_is_built_without_a_person(module: str) -> None:
    """No answer, appointment, age or group can reach what draws a grid: it imports none of it."""
    assert _beyond(module, (*CONTENT_ALONE, "app.web.pages.glossing")) <= PACKAGES


def test_what_reaches_answers_would_be_seen() -> None:
    assert "app.db.tables" in _beyond("app.services.exports", CONTENT_ALONE)


def moves_options(scripts: Mapping[str, str]) -> set[str]:
    """Scripts of a grid that sort, or take from a module that holds answers."""
    found = set()
    for name, source in scripts.items():
        taken = set(re.findall(r'from "\./([\w-]+\.js)"', source))
        if re.search(r"\.(toS|s)ort\(|\.toReversed\(|\.reverse\(|style\.order", source):
            found.add(name)
        if taken & ANSWER_SCRIPTS or any(each.startswith("appointment") for each in taken):
            found.add(name)
    return found


def test_no_script_of_a_grid_sorts_or_knows_an_answer() -> None:
    assert len(GRID_SCRIPTS) >= 4
    assert len(ANSWER_SCRIPTS) >= 2
    assert moves_options({name: SCRIPTS[name] for name in GRID_SCRIPTS}) == set()
    assert moves_options({"grid-x.js": "options.sort(byAnswer);"}) == {"grid-x.js"}
    assert moves_options({"grid-y.js": 'import { a } from "./appointment-set.js";'}) == {
        "grid-y.js"
    }


def looks_at_answers(source: str) -> bool:
    """Whether a module reads the answers of a stored set, or takes scoring in."""
    return bool(
        re.search(r"\b(Response|response|row|answer_set|wire|envelope)\.items\b(?!\()", source)
    )


def test_answers_are_read_for_research_alone() -> None:
    found = {
        name
        for name, path in modules().items()
        if name.startswith("app.") and looks_at_answers(path.read_text(encoding="utf-8"))
    }
    assert found <= READS_ANSWERS
    assert "app.domain.dataset_rows" in found
    assert looks_at_answers("total = sum(response.items.values())")


def _scores(source: str) -> bool:
    return any(name.startswith("collaborate_survey") for name in imports_of(source))


def test_nothing_is_worked_out_about_a_person() -> None:
    """Scores exist for groups of answers in research. No page or paper can reach them."""
    users = {
        name
        for name, path in modules().items()
        if name.startswith("app.") and _scores(path.read_text(encoding="utf-8"))
    }
    assert SCORES <= users
    assert {name for name in users if not name.startswith("app.services.")} == set()
    shown = [name for name in modules() if name.startswith(("app.web.", "app.documents."))]
    taking = {
        name
        for name in shown
        if "app.services.instruments.SCORING" in imports_of(modules()[name].read_text("utf-8"))
        or re.search(r"\binstruments\.(SCORING|scoring\w*)\b", modules()[name].read_text("utf-8"))
    }
    assert taking == set()
    worked_out = re.compile(r"\b(items|answers)\b[^;\n]*\.reduce\(|score", re.I)
    assert {name for name in ANSWER_SCRIPTS if worked_out.search(SCRIPTS[name])} == set()
    assert worked_out.search("const total = Object.values(items).reduce((a, b) => a + b);")


LABELS = re.compile(
    "risk|severity|danger|diagnos[ei]s|score|total|level|flag|alert|alarm|priority|match|rank"
    "|ranking|recommended|recommendation|predicted|prediction|threshold|category"
)


def labels(columns: Iterable[str]) -> set[str]:
    """Columns whose name puts a label or a number on somebody."""
    return {name for name in columns if any(map(LABELS.fullmatch, re.split("[._]", name)))}


def test_nothing_labels_a_person() -> None:
    """No column could hold a risk, a score, a diagnosis or a level (SM-R1, SM-R3)."""
    # An incident is about a page; how bad it was is judged by people.
    tables = [table for table in METADATA.sorted_tables if table.name != "incident"]
    columns = [str(column) for table in tables for column in table.columns]
    assert len(columns) > 100
    assert labels(columns) == set()
    assert labels(["encounter.risk_level", "encounter.age_band"]) == {"encounter.risk_level"}


DOSE = re.compile(
    r"\b\d+([.,]\d+)? ?(mg|milligrams?|micrograms?|mcg|µg|ml|millilitres?)\b"
    r"|\b\d+ (tablets?|pills?|capsules?)\b"
    r"|\b(increase|raise|lower|double|halve) (the|your) dose\b",
    re.I,
)


def _words(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _words(inner)


def _files_for_readers() -> Iterable[Path]:
    yield from (ROOT / "grids/_groups").glob("*.en.yaml")
    yield from (ROOT / "grids/_prompts").glob("*.yaml")
    yield from (ROOT / "grids/_contacts").glob("*.yaml")


def test_no_word_for_a_reader_names_a_dose() -> None:
    """Titles of sources are left out: a source is cited by the name that it has."""
    released = sorted((ROOT / "grids/_released").glob("*/*.json"))
    assert len(released) >= 6
    for path in released:
        voices = json.loads(path.read_bytes())["voices"]
        assert [text for text in _words(voices) if DOSE.search(text)] == [], path.name
    for path in _files_for_readers():
        assert DOSE.search(path.read_text(encoding="utf-8")) is None, path.name
    assert DOSE.search("Fluoxetine 20 mg")
    assert DOSE.search("Ask to double the dose.")
    assert not DOSE.search("It takes 10 weeks.")


CHANNELS = ("smtplib", "email", "imaplib", "aiohttp", "requests", "httpx", "http.client",
            "urllib.request", "websockets", "xmlrpc", "ftplib", "telnetlib", "twilio")  # fmt: skip
SCRIPT_CHANNELS = re.compile(
    r"\bnew (Notification|WebSocket|EventSource)\b|pushManager|showNotification|sendBeacon"
)


def channels(source: str) -> set[str]:
    """Ways by which a source could send something to somebody who is not asking."""
    names = imports_of(source)
    return {way for way in CHANNELS if any(n == way or n.startswith(f"{way}.") for n in names)}


def test_nothing_can_raise_an_alarm() -> None:
    """There is no way out but the reply to a request, and no push to a screen.

    The identity provider of staff is asked one thing, who somebody is, by what reads no answer.
    """
    sources = {name: path.read_text(encoding="utf-8") for name, path in modules().items()}
    found = {name: channels(source) for name, source in sources.items()}
    asks = "app.adapters.provider_client"
    assert {name: ways for name, ways in found.items() if ways} == {asks: {"requests"}}
    asking = {
        name
        for name, source in sources.items()
        if any(taken.startswith(asks) for taken in imports_of(source))
    }
    assert asking == {
        "app.adapters.provider_file",
        "app.services.provider_sign_in",
        "app.web.routes.provider",
        "app.web.service",
    }
    assert not reached_from(asks) & READS_ANSWERS
    assert {name for name, source in SCRIPTS.items() if SCRIPT_CHANNELS.search(source)} == set()
    assert channels("from email.mime.text import MIMEText\nimport smtplib") == {"email", "smtplib"}
    assert SCRIPT_CHANNELS.search("new Notification('unsafe')")


def test_worries_on_the_first_page_of_staff_are_about_devices() -> None:
    """What staff are warned of is drawn from tablets and from what was set aside, never answers."""
    taken = imports_of(modules()["app.web.pages.home"].read_text(encoding="utf-8"))
    assert "app.web.pages.tablets.TabletRow" in taken
    assert {name for name in taken if name.rpartition(".")[0] in READS_ANSWERS | SCORES} == set()
    worries = reached_from("app.domain.tablet_worries")
    assert not worries & (READS_ANSWERS | {"app.domain.vocabulary"})
