"""What must outlive a restore: decisions that were made after the backup was.

A backup knows nothing of an erasure, a lost tablet, a closed account or a withdrawn grid that
came later. Without these the restored service would show, trust and offer them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, func, inspect, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.db.queries.responses import table_of
from app.db.tables import (
    Erasure,
    Exposure,
    Feedback,
    Login,
    Quarantined,
    Response,
    Staff,
    Tablet,
    Withdrawal,
)
from app.domain.keeping import QuarantineOutcome

_ERASURE, _RESPONSE, _QUARANTINE = table_of(Erasure), table_of(Response), table_of(Quarantined)
_TABLET, _STAFF, _LOGIN = table_of(Tablet), table_of(Staff), table_of(Login)
_WITHDRAWAL, _BESIDE = table_of(Withdrawal), (table_of(Exposure), table_of(Feedback))
_ENDS: Final = ((_TABLET, "revoked_at"), (_STAFF, "disabled_at"))
_ENDING: Final = {
    "tablet": ("revoked_at", "revoked_by", "revoke_reason"),
    "staff": ("disabled_at",),
}

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class CarriedOver:
    """Rows by table: erasures, withdrawals of grids, revoked tablets, closed accounts."""

    erasures: Rows = ()
    withdrawals: Rows = ()
    ended: Mapping[str, Rows] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of each kind there are."""
        ended = {name: len(rows) for name, rows in (self.ended or {}).items()}
        return {"erasures": len(self.erasures), "withdrawals": len(self.withdrawals), **ended}


def read_carried_over(connection: Connection) -> CarriedOver:
    """Return the decisions that a database holds; an older one may lack whole tables."""
    there = set(inspect(connection).get_table_names())
    return CarriedOver(
        erasures=_rows(connection, _ERASURE, there),
        withdrawals=_rows(connection, _WITHDRAWAL, there),
        ended={
            table.name: _rows(connection, table, there, ended_at=column) for table, column in _ENDS
        },
    )


def write_carried_over(connection: Connection, carried: CarriedOver) -> None:
    """Let a restored database, of this version's schema, know of those decisions."""
    _add_missing(connection, _ERASURE, carried.erasures)
    for row in connection.execute(select(_ERASURE.c.response_id, _ERASURE.c.at)).all():
        _erase_again(connection, row.response_id, row.at)
    _add_missing(connection, _WITHDRAWAL, carried.withdrawals)
    for table, ended_at in _ENDS:
        for found in (carried.ended or {}).get(table.name, ()):
            values = {name: found[name] for name in _ENDING[table.name]}
            still = (table.c.id == found["id"]) & table.c[ended_at].is_(None)
            connection.execute(update(table).where(still).values(**values))


def end_logins(connection: Connection, now: Any) -> int:
    """End every login: the backup may hold one that was ended since."""
    ended = update(_LOGIN).where(_LOGIN.c.ended_at.is_(None)).values(ended_at=now)
    return connection.execute(ended).rowcount


def list_key_ids(connection: Connection) -> frozenset[str]:
    """Return the ids of the keys to which stored answer sets are sealed."""
    heads = select(func.substr(_RESPONSE.c.sealed, 4, 8)).distinct()
    return frozenset(bytes(head).hex() for head in connection.execute(heads).scalars())


def _rows(
    connection: Connection, table: Table, there: set[str], *, ended_at: str | None = None
) -> Rows:
    if table.name not in there:
        return ()
    query = select(table).order_by(*table.primary_key.columns)
    if ended_at is not None:
        query = query.where(table.c[ended_at].is_not(None))
    return [dict(row._mapping) for row in connection.execute(query)]


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
