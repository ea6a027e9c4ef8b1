"""Who may get in, and what was taken away: as it stood when a later state was replaced.

A restore that brings back a key somebody removed, a password they changed or a right they lost
would open a door that was shut. What was there last is put in the place of what a backup says,
but only where the state that was here came after that backup: its audit log then holds the
backup's last entry. The state of another service, or an earlier one, has no say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, inspect, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from app.db.queries.responses import table_of
from app.db.tables import (
    AuditEvent,
    AuditHead,
    LinkVisit,
    Passkey,
    ReviewNote,
    ServiceSetting,
    Staff,
    StaffIdentity,
    Team,
    TeamMember,
)
from app.domain.audit import ChainHead

Row = Mapping[str, Any]

_EVENT, _HEAD, _STAFF = table_of(AuditEvent), table_of(AuditHead), table_of(Staff)
_TEAM, _SETTING = table_of(Team), table_of(ServiceSetting)
#: Rows of these stand for a way in. They become what they were, as far as their account is there.
_WAYS_IN: Final = (table_of(Passkey), table_of(StaffIdentity), table_of(TeamMember))
#: Rows of these may be dropped by somebody; those that were do not come back.
_DROPPED: Final = (table_of(LinkVisit), table_of(ReviewNote))
_ACCOUNT: Final = ("roles", "password_hash", "totp_secret", "totp_on_at", "totp_last_step")
_HASH_BYTES: Final = 32
_END: Final = 1
_AT_A_TIME: Final = 1000


@dataclass(frozen=True)
class Standing:
    """A state: the hashes of its audit log one after the other, and the rows that matter here.

    ``rows`` lacks a table that an older version did not have.
    """

    first_seq: int = 0
    hashes: bytes = b""
    accounts: Sequence[Row] = ()
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def follows(self, head: ChainHead | None) -> bool:
        """Say whether this state came after the one whose audit log ended at ``head``."""
        if head is None or not self.first_seq or head.seq < self.first_seq:
            return False
        at = (head.seq - self.first_seq) * _HASH_BYTES
        return self.hashes[at : at + _HASH_BYTES] == bytes.fromhex(head.hash)


def read_head(connection: Connection) -> ChainHead | None:
    """Return where the audit log of a database ends, None for one without."""
    if _HEAD.name not in inspect(connection).get_table_names():
        return None
    row = connection.execute(select(_HEAD.c.seq, _HEAD.c.hash).where(_HEAD.c.id == _END)).first()
    return None if row is None else ChainHead(row.seq, row.hash)


def read_standing(connection: Connection) -> Standing:
    """Return how a database stands; an older one may lack whole tables."""
    there = set(inspect(connection).get_table_names())
    if not {_EVENT.name, _STAFF.name, _SETTING.name} <= there:
        return Standing()
    first_seq, hashes = _read_chain(connection)
    accounts = select(_STAFF.c.id, *(_STAFF.c[name] for name in _ACCOUNT)).order_by(_STAFF.c.id)
    settings = select(_SETTING.c.key, _SETTING.c.value).order_by(_SETTING.c.key)
    return Standing(
        first_seq=first_seq,
        hashes=hashes,
        accounts=_all(connection, accounts),
        rows={
            table.name: _all(connection, select(table).order_by(*table.primary_key.columns))
            for table in (*_WAYS_IN, *_DROPPED)
            if table.name in there
        },
        settings={row["key"]: row["value"] for row in _all(connection, settings)},
    )


def _read_chain(connection: Connection) -> tuple[int, bytes]:
    """Return the number of the oldest link, 0 for none, and the hashes from there on."""
    query = select(_EVENT.c.seq, _EVENT.c.hash).order_by(_EVENT.c.seq)
    first_seq, hashes = 0, bytearray()
    for seq, link in connection.execute(query.execution_options(yield_per=_AT_A_TIME)):
        first_seq = first_seq or seq
        hashes += bytes.fromhex(link)
    return first_seq, bytes(hashes)


def write_standing(connection: Connection, standing: Standing) -> None:
    """Let a restored database stand as the later state did."""
    for account in standing.accounts:
        values = {name: account[name] for name in _ACCOUNT}
        connection.execute(update(_STAFF).where(_STAFF.c.id == account["id"]).values(**values))
    for table in (*_WAYS_IN, *_DROPPED):
        if table.name in standing.rows:
            _take_away(connection, table, standing.rows[table.name])
    for table in _WAYS_IN:
        _add(connection, table, standing.rows.get(table.name, ()))


def _take_away(connection: Connection, table: Table, kept: Sequence[Row]) -> None:
    """Delete what is not among ``kept``, by key."""
    keys = [*table.primary_key.columns]
    here = {tuple(row) for row in connection.execute(select(*keys))}
    gone = here - {tuple(row[key.name] for key in keys) for row in kept}
    if gone:
        connection.execute(delete(table).where(tuple_(*keys).in_(sorted(gone))))


def _add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    wanted = [dict(row) for row in rows if all(_parents(connection, table, row))]
    if wanted:
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), wanted)


def _parents(connection: Connection, table: Table, row: Row) -> Iterator[bool]:
    """Yield whether what a row belongs to is there: an account made since is not."""
    for name, parent in (("staff_id", _STAFF), ("team_id", _TEAM)):
        if name in table.c:
            found = select(parent.c.id).where(parent.c.id == row[name])
            yield connection.execute(found).first() is not None


def _all(connection: Connection, query: Any) -> list[Row]:
    return [dict(row._mapping) for row in connection.execute(query)]
