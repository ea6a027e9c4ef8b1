"""Freezing a draft: canonical, numbered, hashed, all or nothing."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.content.parse import parse_draft
from app.content.release import (
    GridHasFindings,
    LockIsBroken,
    NothingChanged,
    read_lock,
    release_grid,
    thaw,
)

_DAY = date(2026, 11, 22)


def _files(root: Path) -> list[str]:
    home = root / "_released"
    return sorted(p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file())


def test_release_holds_structure_voices_and_the_evidence_used(good: Any) -> None:
    root = good.write()
    line = release_grid(root, "made-up", note="First", today=_DAY)
    raw = (root / "_released/made-up/1.json").read_bytes()
    release = thaw(raw)
    parsed = parse_draft(root, "made-up").draft
    assert parsed is not None
    assert hashlib.sha256(raw).hexdigest() == line.sha256 == release.sha256
    assert (release.number, release.released_on, release.note) == (1, _DAY, "First")
    assert release.grid == parsed.grid
    assert release.words("parent") == parsed.voices["parent", "en"]
    assert set(release.voices) == {"young-person.en", "parent.en"}
    assert set(release.sources) == {"SRC-1", "SRC-2"}
    assert dict(release.figures) == dict(parsed.evidence.figures)


def test_bytes_are_canonical(good: Any) -> None:
    root = good.write()
    release_grid(root, "made-up", note="Ünicode", today=_DAY)
    raw = (root / "_released/made-up/1.json").read_bytes()
    again = json.dumps(json.loads(raw), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert raw == again.encode()


def test_released_content_cannot_be_changed(good: Any) -> None:
    root = good.write()
    release_grid(root, "made-up", note="First", today=_DAY)
    release = thaw((root / "_released/made-up/1.json").read_bytes())
    with pytest.raises(TypeError):
        release.voices["parent.en"].cells["what"]["talk"] = "x"  # type: ignore[index]
    with pytest.raises(AttributeError):
        release.number = 2  # type: ignore[misc]


def test_lock_names_every_release(good: Any) -> None:
    root = good.write()
    release_grid(root, "made-up", note="First\tone\nof all", today=_DAY)
    good.say("You may bring a friend with you.")
    good.write()
    second = release_grid(root, "made-up", note="A friend may come", today=date(2026, 12, 1))
    lines, broken = read_lock(root)
    assert broken == []
    assert [(line.slug, line.number, line.approvals) for line in lines] == [
        ("made-up", 1, "draft release"),
        ("made-up", 2, "draft release"),
    ]
    assert lines[0].note == "First one of all"
    assert lines[1] == second
    assert _files(root) == ["RELEASES.lock", "made-up/1.json", "made-up/2.json"]


def test_findings_release_nothing(good: Any) -> None:
    good.say("You can do it!")
    root = good.write()
    with pytest.raises(GridHasFindings) as refused:
        release_grid(root, "made-up", note="First", today=_DAY)
    assert [finding.rule for finding in refused.value.findings] == ["TONE"]
    assert not (root / "_released").exists()


def test_broken_files_release_nothing(good: Any) -> None:
    root = good.write()
    good.path("grid.yaml").write_text("schema: [")
    with pytest.raises(GridHasFindings):
        release_grid(root, "made-up", note="First", today=_DAY)
    assert not (root / "_released").exists()


def test_unchanged_draft_is_not_released_twice(good: Any) -> None:
    root = good.write()
    release_grid(root, "made-up", note="First", today=_DAY)
    with pytest.raises(NothingChanged):
        release_grid(root, "made-up", note="Again", today=date(2027, 1, 1))
    assert _files(root) == ["RELEASES.lock", "made-up/1.json"]


def test_broken_lock_is_not_written_over(good: Any) -> None:
    root = good.write()
    release_grid(root, "made-up", note="First", today=_DAY)
    lock = root / "_released" / "RELEASES.lock"
    lock.write_text("nonsense\n")
    good.say("You may bring a friend with you.")
    good.write()
    with pytest.raises(LockIsBroken):
        release_grid(root, "made-up", note="Second", today=_DAY)
    assert lock.read_text() == "nonsense\n"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff", b'{"format":1}'])
def test_bytes_that_are_no_release_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json, unicode and pydantic errors alike)
        thaw(raw)
