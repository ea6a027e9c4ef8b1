"""Who stands behind a write-only token: a tablet, a hand-over, or a link to somebody's own phone.

Asked once for a whole batch, and only for what the table before did not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Connection

from app.db.queries import responses as queries
from app.db.queries.responses import LinkHolder
from app.domain.vocabulary import AnswerState, CompletionMode, Occasion
from app.services.arrivals import Arrival, Credential, PhoneTurn


def find_credentials(connection: Connection, hashes: AbstractSet[str]) -> dict[str, Credential]:
    """Return the credential behind each hashed token that is one of this service, by hash."""
    tablets = queries.list_tablet_tokens(connection, hashes)
    found = {
        token: Credential(tablet.device, None, is_tablet=True, revoked=tablet.revoked)
        for token, tablet in tablets.items()
    }
    handed = queries.list_tokens(connection, hashes - found.keys())
    found |= {
        token: Credential(holder.device, holder.encounter_id, holder.expires_at)
        for token, holder in handed.items()
    }
    links = queries.list_link_tokens(connection, hashes - found.keys())
    return found | {token: _of_link(link) for token, link in links.items()}


def link_reasons(
    arrival: Arrival, document: Mapping[str, Any], credential: Credential
) -> Iterator[str]:
    """Yield why a set is not the one that a link to somebody's own phone was made for.

    A phone sends nothing but what somebody finished: half a set must never spend a link, and a
    phone that opens no grid has nothing to count and nothing to say of it.
    """
    link = credential.link
    if link is None:
        return
    if not arrival.has_answers:
        yield "link_differs"
        return
    wanted = {
        "respondent": link.respondent,
        "occasion": Occasion.AFTER.value,
        "mode": CompletionMode.OWN_PHONE.value,
        "state": AnswerState.COMPLETE.value,
    }
    if any(document[key] != value for key, value in wanted.items()):
        yield "link_differs"


def _of_link(link: LinkHolder) -> Credential:
    turn = PhoneTurn(link.id, link.respondent, link.met_at, link.spent_by)
    return Credential(link.device, link.encounter_id, link.expires_at, link=turn)
