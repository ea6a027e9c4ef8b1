"""What a route may ask for in its signature: the service, a session, the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlmodel import Session

from app.db import sessions
from app.web.service import Service


async def get_service(request: Request) -> Service:  # not ``def``: that takes a thread
    """Return the running service."""
    return cast("Service", request.app.state.service)


ServiceDep = Annotated[Service, Depends(get_service)]


def _read(service: ServiceDep) -> Iterator[Session]:
    with sessions.read(service.database) as db:
        yield db


def _write(service: ServiceDep) -> Iterator[Session]:
    with sessions.write(service.database) as db:
        yield db


# scope="function" ends the dependency before the answer leaves. By default a dependency ends
# after it, so that "saved" could be said about a row whose commit then fails.
ReadDb = Annotated[Session, Depends(_read, scope="function")]
WriteDb = Annotated[Session, Depends(_write, scope="function")]


def get_now(service: ServiceDep) -> datetime:
    """Return the present moment in UTC, from the service's clock."""
    return service.clock()


Now = Annotated[datetime, Depends(get_now)]
