"""Forms about accounts, as plain values. What is wrong with them the services say."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from app.domain.access import Role
from app.services.invitations import JoinAnswer
from app.services.proofs import Claim
from app.web.forms.reading import text, texts


@dataclass(frozen=True)
class InviteForm:
    """Who is to be invited."""

    username: str = ""
    name: str = ""
    roles: frozenset[Role] = frozenset()
    teams: frozenset[str] = frozenset()


def read_claim(form: FormData, address: str) -> Claim:
    """Return who somebody says they are."""
    return Claim(text(form, "username"), text(form, "password"), address)


def read_invite(form: FormData) -> InviteForm:
    """Return the filled-in invitation."""
    teams = frozenset(texts(form, "teams"))
    return InviteForm(text(form, "username"), text(form, "name"), read_roles(form), teams)


def read_roles(form: FormData) -> frozenset[Role]:
    """Return the ticked roles; words that are no role are left out."""
    ticked = set(texts(form, "roles"))
    return frozenset(role for role in Role if role.value in ticked)


def read_join(form: FormData) -> JoinAnswer:
    """Return what was filled in behind a one-time link."""
    return JoinAnswer(
        password=text(form, "password"),
        username=text(form, "username"),
        name=text(form, "name"),
        team_name=text(form, "team_name"),
    )
