"""Everything a request may reach, built once at start and kept on the application's state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.adapters.assets import Assets
from app.adapters.intake import Intake
from app.adapters.keyring import Keyring
from app.adapters.print_tickets import PrintTickets
from app.adapters.provider_client import ProviderClient
from app.content.contacts import Contacts
from app.content.library import Library
from app.db.engine import Database
from app.db.queries.approvals import Standing
from app.rendering.environment import Renderer
from app.services.export_jobs import ExportJobs
from app.services.recording import Recorder
from app.services.service_mode import ServiceState
from app.settings import Settings
from app.web.published import Published


def now_utc() -> datetime:
    """Return the present moment; tests put their own clock in its place."""
    return datetime.now(UTC)


@dataclass
class Service:
    """The parts of a running service. ``state`` is read from the database at start.

    ``library`` carries where each release stands; ``standing`` is what that was made from.
    """

    settings: Settings
    database: Database
    assets: Assets
    renderer: Renderer
    library: Library
    contacts: Contacts
    keyring: Keyring
    recorder: Recorder
    state: ServiceState
    papers: Any
    intake: Intake = field(default_factory=Intake)
    provider: ProviderClient | None = None
    clock: Callable[[], datetime] = now_utc
    published: Published | None = None
    standing: Standing = field(default_factory=Standing)
    tickets: PrintTickets = field(default_factory=PrintTickets)
    export_jobs: ExportJobs = field(default_factory=ExportJobs)
