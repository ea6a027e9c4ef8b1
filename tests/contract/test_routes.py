"""Every route says who may use it, and stays small."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.domain.access import PERMISSIONS, Permission, Role, can_hold
from app.web.routes import ROUTERS

ROOT = Path(__file__).resolve().parents[2]
ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
NAMES = [f"{min(route.methods)} {route.path}" for route in ROUTES]
LONGEST_HANDLER = 35


def _accesses(dependant: Dependant) -> Iterator[str]:
    found: Any = getattr(dependant.call, "access", None)
    if found is not None:
        yield str(found)
    for inner in dependant.dependencies:
        yield from _accesses(inner)


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_route_states_its_access(route: APIRoute) -> None:
    stated = [access for inner in route.dependant.dependencies for access in _accesses(inner)]
    assert stated, "say who may use it: Anyone, SignedIn, Suspended, Bearer or requires(...)"


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_handler_is_short(route: APIRoute) -> None:
    lines = len(inspect.getsource(route.endpoint).splitlines())
    assert lines <= LONGEST_HANDLER


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_handler_leaves_transactions_and_errors_alone(route: APIRoute) -> None:
    tree = ast.parse(inspect.cleandoc(inspect.getsource(route.endpoint)))
    calls = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not calls & {"commit", "rollback", "execute", "exec"} or route.path == "/healthz"
    assert not any(isinstance(node, ast.Try) for node in ast.walk(tree))


def test_no_two_routes_share_method_and_path() -> None:
    pairs = [(method, route.path) for route in ROUTES for method in route.methods]
    assert len(pairs) == len(set(pairs))


def test_no_account_is_both_researcher_and_approver() -> None:
    assert can_hold([Role.RESEARCHER])
    assert not can_hold([Role.RESEARCHER, Role.APPROVER])
    assert not can_hold([])


def test_every_permission_belongs_to_a_role_and_every_role_lists_some() -> None:
    granted = frozenset().union(*PERMISSIONS.values())
    assert granted == set(Permission)
    assert set(PERMISSIONS) == set(Role)
    assert all(PERMISSIONS.values())


def test_nobody_uses_the_slow_middleware_class() -> None:
    users = [
        path
        for path in (ROOT / "app").rglob("*.py")
        if "BaseHTTPMiddleware" in path.read_text(encoding="utf-8")
    ]
    assert users == []
