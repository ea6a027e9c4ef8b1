"""Help contacts: one versioned file, shown on every screen and paper, offline included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Contact:
    """One place to turn to. ``dial`` is for ``tel:``/``sms:``; empty where there is none.

    ``checked_on`` is None until a person has telephoned or opened the live page; an overdue
    check blocks an approval, it never hides help (SM-H4).
    """

    id: str
    name: str
    number: str
    how: str
    dial: str
    text_body: str
    for_whom: dict[str, str]
    source: str
    checked_on: date | None


@dataclass(frozen=True)
class Contacts:
    """The contacts of one nation in their fixed order (SM-H2), and the local line."""

    version: int
    owner: str
    next_check_on: date
    contacts: tuple[Contact, ...]
    local_number: str = ""

    def with_local(self, number: str) -> Contacts:
        """Return the same contacts with the service's own crisis line."""
        return Contacts(self.version, self.owner, self.next_check_on, self.contacts, number)


def read_contacts(path: Path) -> Contacts:
    """Read the file; raise ValueError, KeyError or yaml.YAMLError if it is not whole.

    The service does not start without help contacts, so errors are not collected here.
    """
    raw = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    contacts = tuple(_contact(entry) for entry in raw["contacts"])
    if not contacts:
        raise ValueError("no help contacts")
    return Contacts(int(raw["version"]), str(raw["owner"]), raw["next_check_on"], contacts)


def _contact(entry: dict[str, Any]) -> Contact:
    return Contact(
        id=str(entry["id"]),
        name=str(entry["name"]),
        number=str(entry["number"]),
        how=str(entry["how"]),
        dial=str(entry.get("dial", "")),
        text_body=str(entry.get("text_body", "")),
        for_whom={str(voice): str(words) for voice, words in entry["for_whom"].items()},
        source=str(entry["source"]),
        checked_on=entry.get("checked_on"),
    )
