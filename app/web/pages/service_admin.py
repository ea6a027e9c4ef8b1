"""Pages about the service itself: what mode it is in, whom to call, which teams there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.teams import TeamEntry
from app.rendering.page import Page


@dataclass(frozen=True)
class ServicePage(Page):
    """The service. ``number`` and ``team_name`` are as typed when a fault is shown."""

    template: ClassVar[str] = "pages/service_admin/service.html"
    mode: str
    demo: bool
    number: str
    teams: tuple[TeamEntry, ...]
    team_name: str = ""
    done: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TeamPage(Page):
    """One team: its name, and closing it."""

    template: ClassVar[str] = "pages/service_admin/team.html"
    team: TeamEntry
    name: str
    faults: Mapping[str, str] = field(default_factory=dict)
