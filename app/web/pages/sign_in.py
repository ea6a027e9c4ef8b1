"""Pages on the way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.staff import OpenInvitation
from app.rendering.page import Page
from app.services.invitations import JoinAnswer


@dataclass(frozen=True)
class SignInPage(Page):
    """Username and password. ``notice`` is the key of what just happened."""

    template: ClassVar[str] = "pages/sign_in/sign-in.html"
    next_path: str
    username: str = ""
    notice: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0


@dataclass(frozen=True)
class CodePage(Page):
    """Six digits of the authenticator app, after the password."""

    template: ClassVar[str] = "pages/sign_in/code.html"
    next_path: str
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0


@dataclass(frozen=True)
class ConfirmPage(Page):
    """The password again, before what a PIN does not open."""

    template: ClassVar[str] = "pages/sign_in/confirm.html"
    next_path: str
    asks_code: bool
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0


@dataclass(frozen=True)
class JoinPage(Page):
    """Choosing a password behind a one-time link. ``kind`` is first, invite or reset."""

    template: ClassVar[str] = "pages/sign_in/join.html"
    kind: str
    username: str
    name: str
    roles: tuple[str, ...]
    team_name: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        invitation: OpenInvitation,
        answer: JoinAnswer | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> JoinPage:
        """Return the page of a link, with what was typed before but never the password."""
        typed = answer or JoinAnswer(password="")
        return cls(
            kind=invitation.kind,
            username=invitation.username or typed.username,
            name=invitation.name or typed.name,
            roles=tuple(role.value for role in invitation.roles),
            team_name=typed.team_name,
            faults=faults or {},
        )


@dataclass(frozen=True)
class JoinGonePage(Page):
    """The link was used, ran out or never was."""

    template: ClassVar[str] = "pages/sign_in/join-gone.html"
