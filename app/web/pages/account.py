"""Pages of one's own account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import ClassVar

import segno

from app.db.queries.staff import StaffEntry
from app.db.queries.teams import TeamEntry
from app.rendering.page import Page
from app.services.passkeys import KeyEntry, Question
from app.services.refusals import Refused
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
    passkeys: int
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
            passkeys=entry.passkeys,
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


@dataclass(frozen=True)
class PasskeyRow:
    """One of my passkeys; days in the service's zone."""

    id: str
    name: str
    added_on: date
    used_on: date | None


@dataclass(frozen=True)
class PasskeysPage(Page):
    """My passkeys, and adding one. ``ask`` is None where the address has no name."""

    template: ClassVar[str] = "pages/account/passkeys.html"
    keys: tuple[PasskeyRow, ...]
    ask: Question | None
    name: str = ""
    done: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        keys: Iterable[KeyEntry],
        ask: Question | None,
        zone: tzinfo,
        name: str,
        done: str,
        refused: Refused | None,
    ) -> PasskeysPage:
        """Return the page with what was typed before and what stood in the way."""
        rows = tuple(_passkey_row(key, zone) for key in keys)
        return cls(rows, ask, name, done, refused.faults if refused else {})


def _passkey_row(key: KeyEntry, zone: tzinfo) -> PasskeyRow:
    used = key.used_at.astimezone(zone).date() if key.used_at else None
    return PasskeyRow(key.id, key.name, key.created_at.astimezone(zone).date(), used)
