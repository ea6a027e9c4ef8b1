"""Pages on the way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from app.db.queries.staff import OpenInvitation, StaffEntry
from app.rendering.page import Page
from app.services.invitations import JoinAnswer
from app.services.passkeys import Question
from app.services.refusals import Refused


@dataclass(frozen=True)
class SignInPage(Page):
    """Username and password, or the provider. ``notice`` is the key of what just happened."""

    template: ClassVar[str] = "pages/sign_in/sign-in.html"
    next_path: str
    provider: str = ""
    username: str = ""
    notice: str = ""
    ask: Question | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0

    @classmethod
    def after(
        cls,
        refused: Refused,
        next_path: str,
        provider: str,
        ask: Question | None,
        username: str = "",
    ) -> SignInPage:
        """Return the page drawn again, with what stood in the way."""
        return cls(
            next_path,
            provider,
            username,
            ask=ask,
            faults=refused.faults,
            wait_seconds=refused.wait_seconds,
        )


@dataclass(frozen=True)
class CodePage(Page):
    """Six digits of the authenticator app, or a passkey, after the password."""

    template: ClassVar[str] = "pages/sign_in/code.html"
    next_path: str
    ask: Question | None
    asks_code: bool = True
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0


@dataclass(frozen=True)
class ConfirmPage(Page):
    """A proof again of who is here, before what a PIN or an older proof does not open.

    ``provider`` is the name of who is to be asked, for an account that has no password here.
    """

    template: ClassVar[str] = "pages/sign_in/confirm.html"
    next_path: str
    asks_code: bool
    asks_password: bool
    ask: Question | None
    provider: str = ""
    notice: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0

    @classmethod
    def of(
        cls,
        entry: StaffEntry,
        next_path: str,
        provider: str,
        ask: Question | None,
        *,
        notice: str = "",
        refused: Refused | None = None,
    ) -> ConfirmPage:
        """Return the page that asks what this account can give."""
        return cls(
            next_path,
            asks_code=entry.second_factor,
            asks_password=entry.second_factor or not entry.passkeys,
            ask=ask if entry.passkeys else None,
            provider=provider if entry.by_provider else "",
            notice=notice,
            faults=refused.faults if refused else {},
            wait_seconds=refused.wait_seconds if refused else 0,
        )


@dataclass(frozen=True)
class LeavingPage(Page):
    """Signed out here, on the way to sign out at the provider."""

    template: ClassVar[str] = "pages/sign_in/leaving.html"
    provider: str


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
