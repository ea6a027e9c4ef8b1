"""Pages of one's own account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import segno

from app.db.queries.staff import StaffEntry
from app.db.queries.teams import TeamEntry
from app.rendering.page import Page
from app.services.second_factor import provisioning_address

QR_SCALE = 5


@dataclass(frozen=True)
class AccountPage(Page):
    """Who I am here, and what I can change. ``done`` is the key of what just happened."""

    template: ClassVar[str] = "pages/account/account.html"
    username: str
    name: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    second_factor: bool
    by_provider: bool
    done: str

    @classmethod
    def of(cls, entry: StaffEntry, teams: tuple[TeamEntry, ...], done: str) -> AccountPage:
        """Return the page of an account with the names of its open teams."""
        return cls(
            username=entry.username,
            name=entry.name,
            roles=tuple(role.value for role in entry.roles),
            teams=tuple(team.name for team in teams),
            second_factor=entry.second_factor,
            by_provider=entry.by_provider,
            done=done,
        )


@dataclass(frozen=True)
class PasswordPage(Page):
    """The old password and a new one."""

    template: ClassVar[str] = "pages/account/password.html"
    username: str
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0


@dataclass(frozen=True)
class SecondFactorPage(Page):
    """Switching the second factor on (``qr`` and ``secret``) or off (both empty)."""

    template: ClassVar[str] = "pages/account/second-factor.html"
    is_on: bool
    qr: str
    secret: str
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0

    @classmethod
    def of(
        cls,
        entry: StaffEntry,
        secret: str | None,
        faults: Mapping[str, str] | None = None,
        wait_seconds: int = 0,
    ) -> SecondFactorPage:
        """Return the page; the QR code is part of it, so that no image has an address."""
        qr = spaced = ""
        if secret and not entry.second_factor:
            address = provisioning_address(secret, entry.username)
            qr = segno.make(address, error="m").svg_data_uri(scale=QR_SCALE, border=4)
            spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        return cls(entry.second_factor, qr, spaced, faults or {}, wait_seconds)
