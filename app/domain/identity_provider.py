"""What an identity provider says about somebody, and what that makes of them here.

A site describes its provider in one file (``docs/operating/identity-provider.md``). Three shapes
are known: NHS CIS2, where roles stand in a list of posts held at organisations; Entra, where a
directory (``tid``) sends the names of application roles or groups; and plain claims. Nobody has a
role here that the file does not give them, and no account becomes both researcher and approver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.domain.access import Role, can_hold

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_NAME: Final = 80
#: What the flow itself sends; a file that could change it could switch a check off.
OWN_PARAMETERS: Final = frozenset(
    (
        *("client_id", "client_secret", "code_challenge", "code_challenge_method", "max_age"),
        *("nonce", "prompt", "redirect_uri", "request", "request_uri", "response_mode"),
        *("response_type", "scope", "state"),
    )
)
SAFE_SIGNATURES: Final = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512")

Words = Annotated[str, Field(min_length=1, max_length=200)]


class Shape(StrEnum):
    """Where a provider puts what decides about roles."""

    CIS2 = "cis2"
    ENTRA = "entra"
    PLAIN = "plain"


class Unfit(StrEnum):
    """Why somebody whom the provider knows gets no further. Each is a message and an audit word."""

    NO_SUBJECT = "provider_token"
    OTHER_DIRECTORY = "provider_other_directory"
    WEAK = "provider_weak"
    TOO_MANY_GROUPS = "provider_groups"
    NO_ROLE = "provider_no_role"
    ROLES_CLASH = "provider_roles_clash"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Demand(_Strict):
    """One claim that must be one of these, so that the sign-in counts as a second factor."""

    claim: Words
    any_of: tuple[Words, ...] = Field(min_length=1)


class IdentityProvider(_Strict):
    """A provider as a site describes it. Raises pydantic's ValidationError where that is unfit.

    ``strong_when`` may not be empty: a sign-in that nobody calls strong is a password elsewhere.
    """

    name: Annotated[str, Field(min_length=2, max_length=40)]
    shape: Shape
    issuer: Words
    client_id: Words
    client_proof: Literal["client_secret_post", "client_secret_basic", "private_key_jwt"] = (
        "client_secret_post"
    )
    scopes: tuple[Words, ...] = ("openid", "profile")
    ask: Mapping[str, Words] = Field(default_factory=dict)
    signatures: tuple[str, ...] = ("RS256",)
    subject_claim: Words = "sub"
    userinfo: bool = False
    strong_when: tuple[Demand, ...] = Field(min_length=1)
    directory: str = ""
    organisations: tuple[Words, ...] = ()
    role_claims: tuple[Words, ...] = ("roles",)
    roles: Mapping[Role, tuple[Words, ...]] = Field(min_length=1)

    @field_validator("issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        if not is_safe_address(value):
            raise ValueError("the issuer's address starts with https:// and has no question mark")
        return value

    @field_validator("scopes")
    @classmethod
    def _asks_for_identity(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            raise ValueError("scopes need openid")
        return value

    @field_validator("ask")
    @classmethod
    def _asks_nothing_of_ours(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        taken = sorted(OWN_PARAMETERS & value.keys())
        if taken:
            raise ValueError(f"ask cannot set {', '.join(taken)}")
        return value

    @field_validator("signatures")
    @classmethod
    def _asymmetric(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not set(value) <= set(SAFE_SIGNATURES):
            raise ValueError(f"signatures are of {', '.join(SAFE_SIGNATURES)}")
        return value

    @model_validator(mode="after")
    def _has_what_its_shape_needs(self) -> IdentityProvider:
        if self.shape is Shape.CIS2 and not self.organisations:
            raise ValueError("a CIS2 provider needs organisations: ODS codes whose posts count")
        if self.shape is Shape.ENTRA and not self.directory:
            raise ValueError("an Entra provider needs directory: the tenant's id, as in tid")
        return self


@dataclass(frozen=True)
class Person:
    """Somebody whom the provider vouches for. ``subject`` never changes; ``name`` may be empty."""

    subject: str
    name: str
    roles: frozenset[Role]


def read_person(provider: IdentityProvider, claims: Mapping[str, Any]) -> Person | Unfit:
    """Return who somebody is here by claims that were verified, or why they are nobody."""
    subject = claims.get(provider.subject_claim)
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        return Unfit.NO_SUBJECT
    if provider.directory and claims.get("tid") != provider.directory:
        return Unfit.OTHER_DIRECTORY
    if not is_strong(provider, claims):
        return Unfit.WEAK
    if provider.shape is Shape.ENTRA and _left_groups_out(claims):
        return Unfit.TOO_MANY_GROUPS
    roles = find_roles(provider, claims)
    if not roles:
        return Unfit.NO_ROLE
    if not can_hold(roles):
        return Unfit.ROLES_CLASH
    return Person(subject, _read_name(claims), roles)


def is_strong(provider: IdentityProvider, claims: Mapping[str, Any]) -> bool:
    """Say whether every demand on the strength of the sign-in is met."""
    return all(
        set(demand.any_of) & set(_words(claims.get(demand.claim)))
        for demand in provider.strong_when
    )


def find_roles(provider: IdentityProvider, claims: Mapping[str, Any]) -> frozenset[Role]:
    """Return the roles that the provider's words give somebody here."""
    held = set(
        _posts(provider, claims) if provider.shape is Shape.CIS2 else _flat(provider, claims)
    )
    return frozenset(role for role, words in provider.roles.items() if held & set(words))


def is_safe_address(address: str) -> bool:
    """Say whether an address is https, or of this very machine, and nothing but a place."""
    parts = urlsplit(address)
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _flat(provider: IdentityProvider, claims: Mapping[str, Any]) -> Iterable[str]:
    for claim in provider.role_claims:
        yield from _words(claims.get(claim))


def _posts(provider: IdentityProvider, claims: Mapping[str, Any]) -> Iterable[str]:
    """Codes of the posts held at the site's organisations; of the chosen one alone, if chosen."""
    posts = claims.get("nhsid_nrbac_roles")
    chosen = claims.get("selected_roleid")
    for post in posts if isinstance(posts, list) else ():
        if not isinstance(post, dict) or post.get("org_code") not in provider.organisations:
            continue
        if chosen and post.get("person_roleid") != chosen:
            continue
        codes = post.get("role_code")
        yield from codes.split(":") if isinstance(codes, str) else ()
        yield from _words(post.get("activity_codes"))
        yield from _words(post.get("workgroups"))


def _left_groups_out(claims: Mapping[str, Any]) -> bool:
    """Entra leaves groups out where there are too many, and says so in one of two ways."""
    sources = claims.get("_claim_names")
    return claims.get("hasgroups") is True or (isinstance(sources, dict) and "groups" in sources)


def _words(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(str(each) for each in listed if isinstance(each, str | int) and each is not True)


def _read_name(claims: Mapping[str, Any]) -> str:
    parts = (claims.get("given_name"), claims.get("family_name"))
    joined = " ".join(part for part in parts if isinstance(part, str))
    name = claims.get("name")
    text = (name if isinstance(name, str) and name.strip() else joined).strip()
    return text[:LONGEST_NAME] if text.isprintable() else ""
