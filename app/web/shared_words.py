"""The pages of the groups and the prompts, read once per folder; the gate answers for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from app.content.group_pages import GroupWords, read_groups
from app.content.practitioner_prompts import Prompts, read_prompts
from app.content.shared_words import SharedSource, read_sources


@lru_cache(maxsize=4)
def groups_in(root: Path) -> Mapping[str, GroupWords]:
    """Return the pages of the groups; one whose file is broken is left out."""
    return read_groups(root)[0]


@lru_cache(maxsize=4)
def prompts_in(root: Path) -> Prompts | None:
    """Return the prompts, or None where their file is broken."""
    return read_prompts(root)[0]


@lru_cache(maxsize=4)
def sources_in(root: Path) -> Mapping[str, SharedSource]:
    """Return what both rest on, by id."""
    return read_sources(root)[0]
