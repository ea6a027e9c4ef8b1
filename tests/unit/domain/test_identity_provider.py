"""What a provider's claims make of somebody, and which descriptions of a provider are refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from fixtures.identity_provider import CIS2, CIS2_PERSON, CIS2_USERINFO, ENTRA, ENTRA_PERSON
from fixtures.source_tree import ROOT
from hypothesis import given as draw
from hypothesis import strategies as st
from pydantic import ValidationError

from app.domain.access import Role
from app.domain.identity_provider import IdentityProvider, Person, Unfit, find_roles, read_person

REGISTERED = {"issuer": "https://provider.example/realm", "client_id": "grids"}
HELD = {**CIS2_USERINFO, **CIS2_PERSON}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def described(given: dict[str, Any], /, **changed: Any) -> IdentityProvider:
    return IdentityProvider.model_validate({**given, **REGISTERED, **changed})


def test_only_the_chosen_post_at_the_sites_organisation_counts() -> None:
    provider = described(CIS2)
    assert read_person(provider, HELD) == Person(
        "787807429511", "Ash Rowan", frozenset({Role.PRACTITIONER})
    )
    approver = {**HELD, "selected_roleid": "555021935108"}
    assert find_roles(provider, approver) == {Role.APPROVER}
    elsewhere = {**HELD, "selected_roleid": "555021935109"}
    assert read_person(provider, elsewhere) == Unfit.NO_ROLE
    assert find_roles(provider, {**HELD, "selected_roleid": None}) == {
        Role.PRACTITIONER,
        Role.APPROVER,
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"id_assurance_level": "2"}, Unfit.WEAK),
        ({"authentication_assurance_level": None}, Unfit.WEAK),
        ({"authentication_assurance_level": 3}, None),
        ({"sub": ""}, Unfit.NO_SUBJECT),
        ({"sub": 7}, Unfit.NO_SUBJECT),
        ({"nhsid_nrbac_roles": "R8000"}, Unfit.NO_ROLE),
    ],
)
def test_what_cis2_may_say(changed: dict[str, Any], expected: Unfit | None) -> None:
    found = read_person(described(CIS2), {**HELD, **changed})
    assert (found if isinstance(found, Unfit) else None) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"tid": "another"}, Unfit.OTHER_DIRECTORY),
        ({"tid": None}, Unfit.OTHER_DIRECTORY),
        ({"acrs": ["c2"]}, Unfit.WEAK),
        ({"acrs": "c1"}, None),
        ({"roles": None}, Unfit.NO_ROLE),
        ({"_claim_names": {"groups": "src1"}}, Unfit.TOO_MANY_GROUPS),
        ({"roles": ["Grids.Researcher", "Grids.Administrator"]}, None),
        (
            {"roles": ["Grids.Researcher"], "groups": ["9d1c2f00-0000-4000-8000-00000000000a"]},
            Unfit.ROLES_CLASH,
        ),
    ],
)
def test_what_entra_may_say(changed: dict[str, Any], expected: Unfit | None) -> None:
    found = read_person(described(ENTRA), {**ENTRA_PERSON, **changed})
    assert (found if isinstance(found, Unfit) else None) == expected


@draw(st.dictionaries(st.sampled_from([*ENTRA_PERSON, "groups", "_claim_names"]), JSON))
def test_odd_claims_never_end_in_an_error(changed: dict[str, Any]) -> None:
    for shape, person in ((ENTRA, ENTRA_PERSON), (CIS2, HELD)):
        found = read_person(described(shape), {**person, **changed})
        assert isinstance(found, Unfit) or found.roles


@pytest.mark.parametrize("name", ["a\nb", "", None, 7])
def test_an_odd_name_is_left_out_and_a_long_one_cut(name: Any) -> None:
    found = read_person(described(ENTRA), {**ENTRA_PERSON, "name": name})
    assert isinstance(found, Person)
    assert found.name == ""
    long = read_person(described(ENTRA), {**ENTRA_PERSON, "name": "n" * 99})
    assert isinstance(long, Person)
    assert len(long.name) == 80


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "http://provider.example"}, "https"),
        ({"issuer": "https://user@provider.example"}, "https"),
        ({"scopes": ["profile"]}, "openid"),
        ({"ask": {"prompt": "none"}}, "prompt"),
        ({"ask": {"redirect_uri": "https://elsewhere.example"}}, "redirect_uri"),
        ({"signatures": ["HS256"]}, "signatures"),
        ({"signatures": ["none"]}, "signatures"),
        ({"strong_when": []}, "strong_when"),
        ({"roles": {"owner": ["x"]}}, "roles"),
        ({"directory": ""}, "directory"),
        ({"organisation": ["RZZ"]}, "organisation"),
        ({"shape": "cis2"}, "organisations"),
    ],
)
def test_a_description_that_would_let_too_much_in_is_refused(
    changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        described(ENTRA, **changed)


@pytest.mark.parametrize("name", ["cis2", "entra"])
def test_the_examples_are_fit_and_hold_no_secret(name: str) -> None:
    text = (ROOT / f"docs/operating/examples/{name}.yaml").read_text(encoding="utf-8")
    provider = IdentityProvider.model_validate(yaml.safe_load(text))
    assert provider.shape == name
    assert not any(line.strip().startswith("client_secret:") for line in text.splitlines())
