"""What must outlive a restore: decisions that were made after the backup was.

A backup knows nothing of an erasure, a lost tablet, a closed account, a voided card or a withdrawn
grid that came later. Without these the restored service would show, trust and offer them again.
What ends, ends once and for good, so it holds whichever state knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, func, inspect, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.db.queries.responses import table_of
from app.db.tables import (
    Encounter,
    Erasure,
    Exposure,
    Feedback,
    InstalledPack,
    Invitation,
    LinkCard,
    LinkVisit,
    LocalOffer,
    Login,
    PhoneLink,
    Quarantined,
    Response,
    Staff,
    Tablet,
    Team,
    UsedOnce,
    Withdrawal,
)
from app.domain.keeping import QuarantineOutcome
from app.domain.link_card import UNJOINS

_ERASURE, _RESPONSE, _QUARANTINE = table_of(Erasure), table_of(Response), table_of(Quarantined)
_TABLET, _STAFF, _LOGIN = table_of(Tablet), table_of(Staff), table_of(Login)
_WITHDRAWAL, _BESIDE = table_of(Withdrawal), (table_of(Exposure), table_of(Feedback))
_USED, _INVITATION = table_of(UsedOnce), table_of(Invitation)
_CARD, _VISIT = table_of(LinkCard), table_of(LinkVisit)
_VOIDED: Final = ("voided_at", "voided_by", "void_reason")
#: Table -> the columns in which an end stands; the first of them says that it has come.
_ENDS: Final[Mapping[Table, tuple[str, ...]]] = {
    _TABLET: ("revoked_at", "revoked_by", "revoke_reason"),
    _STAFF: ("disabled_at",),
    table_of(Team): ("closed_at",),
    _CARD: _VOIDED,
    table_of(PhoneLink): ("spent_by",),
    table_of(Encounter): (*_VOIDED, "state"),
    table_of(InstalledPack): ("retired_at",),
    table_of(LocalOffer): ("retired_at",),
}

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class CarriedOver:
    """Rows by table: erasures, withdrawals of grids, what ended, and what counts only once."""

    erasures: Rows = ()
    withdrawals: Rows = ()
    used: Rows = ()
    ended: Mapping[str, Rows] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of each kind there are, of erasures and withdrawals even none."""
        ended = {name: len(rows) for name, rows in (self.ended or {}).items() if rows}
        return {"erasures": len(self.erasures), "withdrawals": len(self.withdrawals), **ended}


def read_carried_over(connection: Connection) -> CarriedOver:
    """Return the decisions that a database holds; an older one may lack whole tables."""
    there = set(inspect(connection).get_table_names())
    return CarriedOver(
        erasures=_rows(connection, _ERASURE, there),
        withdrawals=_rows(connection, _WITHDRAWAL, there),
        used=_rows(connection, _USED, there),
        ended={table.name: _ended(connection, table, there) for table in _ENDS},
    )


def write_carried_over(connection: Connection, carried: CarriedOver) -> None:
    """Let a restored database, of this version's schema, know of those decisions."""
    _add_missing(connection, _ERASURE, carried.erasures)
    for row in connection.execute(select(_ERASURE.c.response_id, _ERASURE.c.at)).all():
        _erase_again(connection, row.response_id, row.at)
    _add_missing(connection, _WITHDRAWAL, carried.withdrawals)
    _add_missing(connection, _USED, carried.used)
    for table, (ended, *_) in _ENDS.items():
        key = _key_of(table)
        for found in (carried.ended or {}).get(table.name, ()):
            values = {name: found[name] for name in _ENDS[table]}
            still = (key == found[key.name]) & table.c[ended].is_(None)
            connection.execute(update(table).where(still).values(**values))
    unjoined = select(_CARD.c.id).where(_CARD.c.void_reason.in_(sorted(UNJOINS)))
    connection.execute(_VISIT.delete().where(_VISIT.c.card_id.in_(unjoined)))


def end_logins(connection: Connection, now: Any) -> int:
    """End every login: the backup may hold one that was ended since."""
    ended = update(_LOGIN).where(_LOGIN.c.ended_at.is_(None)).values(ended_at=now)
    return connection.execute(ended).rowcount


def end_invitations(connection: Connection, now: Any) -> int:
    """End every invitation: the backup may hold one that was used since, or taken back."""
    open_ones = _INVITATION.c.used_at.is_(None) & (_INVITATION.c.expires_at > now)
    return connection.execute(update(_INVITATION).where(open_ones).values(expires_at=now)).rowcount


def list_key_ids(connection: Connection) -> frozenset[str]:
    """Return the ids of the keys to which stored answer sets are sealed."""
    heads = select(func.substr(_RESPONSE.c.sealed, 4, 8)).distinct()
    return frozenset(bytes(head).hex() for head in connection.execute(heads).scalars())


def _rows(connection: Connection, table: Table, there: set[str]) -> Rows:
    if table.name not in there:
        return ()
    query = select(table).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in connection.execute(query)]


def _ended(connection: Connection, table: Table, there: set[str]) -> Rows:
    """Return what ended, by key; nothing where an older version knew no such end."""
    names, key = _ENDS[table], _key_of(table)
    if table.name not in there or not _has_columns(connection, table, names):
        return ()
    query = select(key, *(table.c[name] for name in names))
    query = query.where(table.c[names[0]].is_not(None)).order_by(key)
    return [dict(row._mapping) for row in connection.execute(query)]


def _has_columns(connection: Connection, table: Table, names: Sequence[str]) -> bool:
    return set(names) <= {column["name"] for column in inspect(connection).get_columns(table.name)}


def _key_of(table: Table) -> Column[Any]:
    [key] = table.primary_key.columns
    return key


def _add_missing(connection: Connection, table: Table, rows: Rows) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if rows:
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), [dict(r) for r in rows])


def _erase_again(connection: Connection, response_id: str, at: Any) -> None:
    for table in (_RESPONSE, *_BESIDE):
        connection.execute(table.delete().where(table.c.id == response_id))
    kept = or_(_QUARANTINE.c.settled_as.is_(None), _QUARANTINE.c.sealed != b"")
    connection.execute(
        update(_QUARANTINE)
        .where(_QUARANTINE.c.response_id == response_id, kept)
        .values(
            sealed=b"",
            digest=_QUARANTINE.c.id,
            settled_at=at,
            settled_as=QuarantineOutcome.ERASED.value,
        )
    )
