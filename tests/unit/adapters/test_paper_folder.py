"""Papers on disk: found again by what shapes them, and never half, foreign or of an old layout."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.adapters.paper_folder import PaperFolder, drawn_by
from app.rendering.paper import Pdf

STYLES = ("/static/0123456789ab/css/handout.css",)
PAPER = Pdf(b"%PDF-1.7\nthe words\n%%EOF\n", 2, "\u2603")


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "paper.html").write_text("as it is", encoding="utf-8")
    return folder


def folder(tmp_path: Path, templates: Path, **changed: object) -> PaperFolder:
    return PaperFolder(tmp_path / "papers", templates, STYLES, **changed)  # type: ignore[arg-type]


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "papers").rglob("*") if path.is_file())


def test_another_process_finds_the_same_paper(tmp_path: Path, templates: Path) -> None:
    folder(tmp_path, templates).keep("k7", PAPER)
    assert folder(tmp_path, templates).find("k7") == PAPER
    assert folder(tmp_path, templates).find("k8") is None
    assert [path.stat().st_mtime for path in files(tmp_path)] == [0]


@pytest.mark.parametrize("changed", ["templates", "styles"])
def test_another_layout_finds_nothing_of_the_old_one(
    tmp_path: Path, templates: Path, changed: str
) -> None:
    folder(tmp_path, templates).keep("k7", PAPER)
    later = folder(tmp_path, templates)
    if changed == "templates":
        (templates / "paper.html").write_text("as it will be", encoding="utf-8")
    else:
        later.styles = ("/static/ba9876543210/css/handout.css",)
    assert later.find("k7") is None


def test_our_own_program_is_part_of_the_layout(
    tmp_path: Path, templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn_by(templates, STYLES)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "documents.py").write_text("changed = True", encoding="utf-8")
    monkeypatch.setattr("app.adapters.paper_folder.PROGRAM", tmp_path / "app")
    assert drawn_by(templates, STYLES) != before


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"%PDF-1.7 of somebody else",
        b"{}\n%PDF",
        b"[1]\n%PDF",
        b'{"format": 1}\n',
        b"\xff\xfe\n%PDF",
    ],
)
def test_a_foreign_file_is_passed_over_and_replaced(
    tmp_path: Path, templates: Path, written: bytes
) -> None:
    kept = folder(tmp_path, templates)
    kept.keep("k7", PAPER)
    (path,) = files(tmp_path)
    path.write_bytes(written)
    assert kept.find("k7") is None
    kept.keep("k7", PAPER)
    assert kept.find("k7") == PAPER


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_half_a_file_is_passed_over(tmp_path: Path, templates: Path, cut: int) -> None:
    kept = folder(tmp_path, templates)
    kept.keep("k7", PAPER)
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    assert kept.find("k7") is None


def test_a_paper_under_the_name_of_another_is_passed_over(tmp_path: Path, templates: Path) -> None:
    kept = folder(tmp_path, templates)
    kept.keep("k7", PAPER)
    (one,) = files(tmp_path)
    kept.keep("m4", Pdf(b"%PDF other", 1))
    (other,) = set(files(tmp_path)) - {one}
    shutil.copyfile(one, other)
    assert kept.find("m4") is None


def test_it_has_an_end_and_lets_go_of_old_layouts_first(tmp_path: Path, templates: Path) -> None:
    folder(tmp_path, templates).keep("old", Pdf(b"%PDF" + b"x" * 3000, 1))
    (templates / "paper.html").write_text("newer", encoding="utf-8")
    kept = folder(tmp_path, templates, most_bytes=5000)
    kept.keep("first", Pdf(b"%PDF" + b"y" * 3000, 1))
    assert kept.find("first") is not None
    assert len(files(tmp_path)) == 1
    for number in range(20):
        kept.keep(str(number), Pdf(b"%PDF" + b"z" * 1000, 1))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 5000
    assert files(tmp_path)


def test_what_is_far_too_large_is_not_kept(tmp_path: Path, templates: Path) -> None:
    kept = folder(tmp_path, templates)
    kept.keep("huge", Pdf(b"x" * (5 * 1024**2), 1))
    assert kept.find("huge") is None


@pytest.mark.fault(3)
def test_a_disk_that_refuses_stops_nobody(tmp_path: Path, templates: Path) -> None:
    (tmp_path / "papers").write_text("a file where the folder should be", encoding="utf-8")
    kept = folder(tmp_path, templates)
    kept.keep("k7", PAPER)
    assert kept.find("k7") is None


def test_many_writers_of_one_paper_leave_one_whole_file(tmp_path: Path, templates: Path) -> None:
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda _: folder(tmp_path, templates).keep("k7", PAPER), range(40)))
    assert len(files(tmp_path)) == 1
    assert folder(tmp_path, templates).find("k7") == PAPER
    assert (files(tmp_path)[0].stat().st_mode & 0o077) == 0
