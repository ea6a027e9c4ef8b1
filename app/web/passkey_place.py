"""Where passkeys hold for a request: at a host with a name, which an address in digits has not."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from app.adapters.authenticators import Place
from app.errors import NotFound
from app.services import passkeys
from app.services.passkeys import Answered, Question
from app.web.deps import Now, ServiceDep
from app.web.forms.reading import Form, text

OWN_MACHINE = "localhost"


def find_place(request: Request, service: ServiceDep) -> Place | None:
    """Return the host and address for passkeys: ``PUBLIC_URL``, or this very machine by name."""
    address = urlsplit(service.settings.public_url or str(request.base_url))
    host = address.hostname or ""
    named = any(letter.isalpha() for letter in host.rpartition(".")[2]) and ":" not in host
    if not named or not (service.settings.public_url or host == OWN_MACHINE):
        return None
    return Place(host, f"{address.scheme}://{address.netloc}")


MaybePlace = Annotated[Place | None, Depends(find_place)]


def need_place(place: MaybePlace) -> Place:
    """Return where passkeys hold. Raises NotFound where they cannot."""
    if place is None:
        raise NotFound
    return place


NeedPlace = Annotated[Place, Depends(need_place)]


def ask_passkey(place: MaybePlace, service: ServiceDep, now: Now) -> Question | None:
    """Return the question that a page with "use a passkey" carries, or None where none can be."""
    return passkeys.ask(place, keyring=service.keyring, now=now) if place else None


AskPasskey = Annotated[Question | None, Depends(ask_passkey)]


async def read_answered(form: Form) -> Answered:
    """Return what the browser sent of a passkey."""
    return Answered(text(form, "note"), text(form, "answer"))


Answer = Annotated[Answered, Depends(read_answered)]
