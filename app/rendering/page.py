"""A page is a frozen dataclass with its template; a contract test compares the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from app.content.contacts import Contacts


@dataclass(frozen=True)
class Page:
    """Base of every page. ``template`` is a path under ``templates/``."""

    template: ClassVar[str]

    @property
    def place(self) -> str:
        """Return what a report calls this page: the name of its template, no address and no id."""
        return self.template.removeprefix("pages/").removesuffix(".html")


@dataclass(frozen=True)
class NavItem:
    """One entry of the staff navigation: where it leads and the key of its words."""

    href: str
    key: str
    current: bool = False


@dataclass(frozen=True)
class Chrome:
    """What surrounds a page: mode, help, who is signed in. The same for every page of a request.

    ``mode`` is "training" or "live"; ``demo`` marks invented data on every page; ``exit_url`` is
    where somebody goes who leaves a sensitive page at once.
    """

    contacts: Contacts
    mode: str = "training"
    demo: bool = False
    staff_name: str = ""
    nav: tuple[NavItem, ...] = field(default=())
    notice: str = ""
    exit_url: str = ""
