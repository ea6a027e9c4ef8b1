"""What is served: whole releases only; a broken one is left out and named."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.content.library import Library, ReleaseStatus
from app.content.release import release_grid

_DAY = date(2026, 11, 22)


@pytest.fixture
def two(good: Any) -> Path:
    """A grid released twice."""
    root: Path = good.write()
    release_grid(root, "made-up", note="First", today=_DAY)
    good.say("You may bring a friend with you.")
    good.write()
    release_grid(root, "made-up", note="Second", today=_DAY)
    return root


def _approve(root: Path, number: int, word: str) -> None:
    lock = root / "_released" / "RELEASES.lock"
    row = next(r for r in lock.read_text().splitlines() if r.split("\t")[1] == str(number))
    lock.write_text(lock.read_text() + row.replace("draft release", word) + "\n")


def test_empty_folder_is_an_empty_library(tmp_path: Path) -> None:
    library = Library.load(tmp_path)
    assert (dict(library.releases), library.problems) == ({}, ())
    assert (library.current("zz9"), library.get("zz9", 1), library.list_current()) == (
        None,
        None,
        (),
    )


def test_newest_edition_is_current_and_every_edition_opens(two: Path) -> None:
    library = Library.load(two)
    first, second = library.get("zz9", 1), library.get("zz9", 2)
    assert first is not None
    assert second is not None
    assert library.problems == ()
    assert library.current("zz9") is second is library.by_slug("made-up")
    assert library.list_current() == (second,)
    assert first.words("young-person").cell("what", "talk").more.startswith("They ask")
    assert library.pair(second) is None


@pytest.mark.fault(25)
def test_release_changed_by_one_byte_is_left_out_and_the_rest_served(two: Path) -> None:
    path = two / "_released" / "made-up" / "2.json"
    path.write_bytes(path.read_bytes().replace(b"friend", b"fiend!", 1))
    library = Library.load(two)
    first = library.get("zz9", 1)
    assert library.get("zz9", 2) is None
    assert first is not None
    assert library.current("zz9") is first
    assert [problem.file for problem in library.problems] == ["_released/made-up/2.json"]
    assert "hash" in str(library.problems[0])


def test_missing_and_stray_files_are_named(two: Path) -> None:
    home = two / "_released" / "made-up"
    (home / "2.json").rename(home / "9.json")
    reasons = {problem.file: problem.reason for problem in Library.load(two).problems}
    assert set(reasons) == {"_released/made-up/2.json", "_released/made-up/9.json"}


@pytest.mark.fault(24)
def test_broken_line_is_named_and_the_rest_served(two: Path) -> None:
    lock = two / "_released" / "RELEASES.lock"
    lock.write_text(lock.read_text() + "not a line\n")
    library = Library.load(two)
    assert len(library.releases) == 2
    assert [str(problem) for problem in library.problems] == [
        "_released/RELEASES.lock:3: cannot be read"
    ]


def test_drafts_are_never_served(good: Any) -> None:
    assert dict(Library.load(good.write()).releases) == {}


@pytest.mark.parametrize(
    ("word", "on", "status"),
    [
        ("draft release", date(2026, 11, 22), ReleaseStatus.DRAFT_RELEASE),
        ("approved", date(2027, 11, 22), ReleaseStatus.APPROVED),
        ("approved", date(2027, 11, 23), ReleaseStatus.EXPIRED),
        ("draft release", date(2027, 11, 23), ReleaseStatus.EXPIRED),
        ("withdrawn", date(2027, 11, 23), ReleaseStatus.WITHDRAWN),
    ],
)
def test_status_on_a_day(word: str, on: date, status: ReleaseStatus, two: Path) -> None:
    _approve(two, 2, word)
    library = Library.load(two)
    release = library.get("zz9", 2)
    assert release is not None
    assert library.status(release, on) == status


def test_withdrawn_edition_still_opens_but_is_not_current(two: Path) -> None:
    _approve(two, 2, "withdrawn")
    library = Library.load(two)
    current = library.current("zz9")
    assert current is not None
    assert current.number == 1
    assert library.get("zz9", 2) is not None


def test_expired_grid_is_not_offered(two: Path) -> None:
    library = Library.load(two)
    assert len(library.list_offered(date(2027, 11, 22))) == 1
    assert library.list_offered(date(2027, 11, 23)) == ()


def test_review_is_due_after_its_day(two: Path) -> None:
    library = Library.load(two)
    release = library.current("zz9")
    assert release is not None
    assert not library.review_is_due(release, date(2027, 5, 22))
    assert library.review_is_due(release, date(2027, 5, 23))
