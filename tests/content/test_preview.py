"""`grids preview`: a real server over real files, whatever happens to the files."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fixtures.preview import SLUG, RunningPreview, copy_draft, previewed
from typer.testing import CliRunner

from app.cli.commands import app
from app.content.check import check_grid
from app.content.skeleton import new_grid
from app.content.translation import start_translation

PARENT = f"{SLUG}/parent.en.yaml"
MARK = "Preview - not released"


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[RunningPreview]:
    with previewed(copy_draft(tmp_path / "grids")) as running:
        yield running


def _listed(html: str, kind: str = "finding") -> list[str]:
    return re.findall(rf'data-{kind}="([^"]+)"', html)


def _is_older(html: str) -> bool:
    return "data-preview-older" in html


def test_draft_is_shown_in_both_voices_with_what_awaits_apart(preview: RunningPreview) -> None:
    report = check_grid(preview.root, SLUG, date(2026, 11, 22))
    for voice, decision in (("young-person", "feeling low"), ("parent", "my child")):
        status, html = preview.get(f"/{SLUG}?voice={voice}")
        assert status == 200
        assert f'data-voice="{voice}"' in html
        assert decision in html.split('<h1 class="og-question">')[1].split("</h1>")[0]
        assert MARK in html
        assert _listed(html) == []
        assert sorted(_listed(html, "awaiting")) == sorted(f.rule for f in report.awaiting)
        assert 'action="' not in html
    status, html = preview.get("/")
    assert (status, MARK in html, f'href="/{SLUG}"' in html) == (200, True, True)


def test_reading_age_of_every_row_and_column_of_the_voice_stands_beside(
    preview: RunningPreview,
) -> None:
    ages = check_grid(preview.root, SLUG).reading_ages
    _, html = preview.get(f"/{SLUG}?voice=parent")
    shown = re.findall(
        r'<tr><th scope="row">([\w-]+)</th><td>([\d.]+)</td><td>(\d+)</td></tr>', html
    )
    assert shown == [(a.id, str(a.age), str(a.words)) for a in ages if a.voice == "parent"]
    assert shown


def test_every_finding_is_named_as_the_gate_names_it(preview: RunningPreview) -> None:
    preview.edit(PARENT, "\ndecision:", "\ndecision: The best choice!\nwas:")
    preview.edit(PARENT, "\nwas:", "\n#")
    preview.edit(f"{SLUG}/grid.yaml", "interval_months: 6", "interval_months: 60")
    _, html = preview.get(f"/{SLUG}")
    findings = check_grid(preview.root, SLUG).findings
    assert len(findings) > 3
    assert _listed(html) == [finding.rule for finding in findings]
    for finding in findings:
        assert f"Line {finding.line}" in html
        assert finding.file in html
    assert not _is_older(html)
    assert "The best choice!" in preview.get(f"/{SLUG}?voice=parent")[1]


def test_last_good_page_stays_in_sight_marked_as_older(preview: RunningPreview) -> None:
    assert not _is_older(preview.get(f"/{SLUG}")[1])
    preview.edit(PARENT, "\ntitle:", '\ntitle: "broken')
    status, html = preview.get(f"/{SLUG}?voice=parent")
    assert (status, _is_older(html), _listed(html)) == (200, True, ["YAML-SYNTAX"])
    assert 'data-row="help"' in html
    preview.edit(PARENT, '\ntitle: "broken', "\ntitle:")
    assert not _is_older(preview.get(f"/{SLUG}")[1])


def test_words_naming_a_figure_that_is_not_there_keep_the_older_page(
    preview: RunningPreview,
) -> None:
    preview.get(f"/{SLUG}")
    preview.edit(PARENT, "face: ", "face: '{{xx-99.with}}' #")
    _, html = preview.get(f"/{SLUG}")
    assert _is_older(html)
    assert "FIGURE" in _listed(html)


def test_draft_that_was_never_good_shows_its_findings_alone(preview: RunningPreview) -> None:
    (preview.root / PARENT).write_text("\tnot: [yaml")
    status, html = preview.get(f"/{SLUG}")
    assert (status, MARK in html) == (200, True)
    assert _listed(html) == [f.rule for f in check_grid(preview.root, SLUG).findings]
    assert "data-grid=" not in html


def test_new_grid_is_drawn_with_dots_from_its_first_minute(preview: RunningPreview) -> None:
    new_grid(preview.root, "worry-inside-nhs", date(2026, 11, 22))
    path = preview.root / "worry-inside-nhs" / "grid.yaml"
    one_more = "- {id: third-one, kind: alongside, medicine: false, usually_for: "
    one_more += "{ages: {from: 5, to: 18}, severity: [mild]}}\nrows:"
    path.write_text(path.read_text().replace("rows:", one_more, 1))
    cells = "".join(
        f"- {{row: {row}, option: third-one, state: waiting, basis: our_draft, sources: []}}\n"
        for row in re.findall(r"^- id: ([\w-]+)\n  facet", path.read_text(), re.M)
    )
    path.write_text(path.read_text().replace("cells:\n", f"cells:\n{cells}", 1))
    status, html = preview.get("/worry-inside-nhs")
    assert status == 200
    assert {"WRITTEN", "VOICE"} <= set(_listed(html))
    assert '<p class="og-cell__face" data-face>...</p>' in html
    assert 'data-option="third-one"' in html


def test_translation_is_shown_in_its_language_and_not_measured(preview: RunningPreview) -> None:
    start_translation(preview.root, SLUG, "cy")
    path = preview.root / SLUG / "parent.cy.yaml"
    path.write_text(re.sub(r"\ntitle: .*", "\ntitle: Teimlo yn isel", path.read_text()))
    _, html = preview.get(f"/{SLUG}?voice=parent&language=cy")
    assert '<p class="og-kicker">Teimlo yn isel</p>' in html
    assert "the formulas are made for English" in html
    assert "UNTRANSLATED" in _listed(html)
    assert "Teimlo" not in preview.get(f"/{SLUG}?voice=parent&language=en")[1]


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere-inside-nhs",
        "/..",
        "/%2e%2e",
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        f"/{SLUG}/../../README.md",
        "/_evidence",
        "/_released",
        f"/{SLUG}/grid.yaml",
        f"/{SLUG}/handout.pdf",
        "/help",
        "/%00",
    ],
)
def test_anything_else_is_a_page_that_says_so(preview: RunningPreview, path: str) -> None:
    status, html = preview.get(path)
    assert status == 404
    assert "There is no draft here" in html
    assert MARK in html
    assert "root:" not in html


def test_another_name_of_this_machine_is_refused(preview: RunningPreview) -> None:
    assert preview.get("/", host=f"drafts.example:{preview.port}")[0] == 403
    assert preview.get("/", host=f"localhost:{preview.port}")[0] == 200


def test_page_holds_nothing_inline_and_carries_the_policy(preview: RunningPreview) -> None:
    import urllib.request

    with urllib.request.urlopen(f"{preview.base}/{SLUG}") as answer:
        policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', preview.get(f"/{SLUG}")[1]):
        assert preview.get(address)[0] == 200, address


def test_folder_deleted_and_put_back(preview: RunningPreview, tmp_path: Path) -> None:
    assert preview.get(f"/{SLUG}")[0] == 200
    (preview.root / SLUG).rename(tmp_path / "elsewhere")
    status, html = preview.get(f"/{SLUG}")
    assert (status, "There is no draft here" in html) == (404, True)
    assert preview.get(f"/{SLUG}/stamp") == (200, '{"stamp":"none"}')
    assert 'data-stamp="none"' in html
    (tmp_path / "elsewhere").rename(preview.root / SLUG)
    assert preview.get(f"/{SLUG}")[0] == 200
    shutil.rmtree(preview.root)
    assert preview.get(f"/{SLUG}")[0] == 404
    assert "There are no drafts in the folder" in preview.get("/")[1]


def test_huge_file_is_refused_by_name_and_never_read(preview: RunningPreview) -> None:
    preview.get(f"/{SLUG}")
    os.truncate(preview.root / PARENT, 100 * 1024 * 1024)
    status, html = preview.get(f"/{SLUG}")
    assert (status, _listed(html), _is_older(html)) == (200, ["FILE-SIZE"], True)


def test_two_editors_at_once_never_break_it(preview: RunningPreview) -> None:
    """Each saves its own file by writing it in place; the last page is what the files say."""
    files = [preview.root / PARENT, preview.root / SLUG / "young-person.en.yaml"]
    texts = [file.read_text() for file in files]

    def keep_saving(place: int) -> None:
        for number in range(25):
            text = re.sub(r"\ntitle: .*", f"\ntitle: Save {number}", texts[place])
            files[place].write_text(text)

    writers = [threading.Thread(target=keep_saving, args=(place,)) for place in (0, 1)]
    for writer in writers:
        writer.start()
    statuses = {preview.get(f"/{SLUG}")[0] for _ in range(8)}
    for writer in writers:
        writer.join()
    assert statuses == {200}
    for voice in ("young-person", "parent"):
        _, html = preview.get(f"/{SLUG}?voice={voice}")
        assert '<p class="og-kicker">Save 24' in html


def test_nothing_is_ever_written(preview: RunningPreview) -> None:
    def seen() -> list[tuple[str, int]]:
        return sorted((str(p), p.stat().st_mtime_ns) for p in preview.root.rglob("*"))

    before = seen()
    for path in ("/", f"/{SLUG}", f"/{SLUG}?voice=parent", "/none", f"/{SLUG}/stamp"):
        preview.get(path)
    assert seen() == before


def test_stamp_changes_with_a_save_and_not_with_what_an_editor_leaves(
    preview: RunningPreview,
) -> None:
    stamps = [preview.get(f"/{SLUG}/stamp")[1]]
    for name in (".grid.yaml.swp", "grid.yaml~", "#grid.yaml#", ".DS_Store"):
        (preview.root / SLUG / name).write_text("left behind")
    stamps.append(preview.get(f"/{SLUG}/stamp")[1])
    assert _listed(preview.get(f"/{SLUG}")[1]) == []
    preview.edit("_evidence/low-mood.yaml", "\n", "\n# a note\n")
    stamps.append(preview.get(f"/{SLUG}/stamp")[1])
    assert stamps[0] == stamps[1] != stamps[2]


def _run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["preview", *words])
    return result.exit_code, result.output.strip()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.9", "::", "drafts.example", ""])
def test_address_that_others_can_reach_is_refused(host: str) -> None:
    code, told = _run("--host", host)
    assert (code, "refused; drafts are shown on this machine only" in told) == (1, True)


def test_draft_or_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, told = _run("nowhere", "--grids", str(copy_draft(tmp_path / "grids")))
    assert (code, told.split(";")[0]) == (1, "nowhere: no such draft in grids")
    assert _run("--grids", str(tmp_path / "none")) == (1, f"{tmp_path / 'none'}: no such folder")


def test_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, told = _run("--port", port, "--grids", str(copy_draft(tmp_path / "grids")))
    assert (code, told) == (
        1,
        f"port {port} cannot be used (Address already in use); choose another with --port",
    )
