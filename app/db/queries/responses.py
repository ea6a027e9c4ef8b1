"""What has to be known about a batch of answer sets before it is written.

One statement per kind of row for the whole batch, built once: with a statement per answer set the
writer would spend most of its time asking.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    Connection,
    Integer,
    Select,
    String,
    Table,
    any_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from app.db.tables import (
    ConsentText,
    DeviceSequence,
    Encounter,
    Erasure,
    Exposure,
    Feedback,
    Handover,
    InstalledPack,
    PhoneLink,
    Quarantined,
    Response,
    ServiceSetting,
    Study,
    Tablet,
    Team,
)


def table_of(model: type) -> Table:
    """Return the Core table behind a SQLModel class."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # SQLModel adds it


_RESPONSE, _QUARANTINE = table_of(Response), table_of(Quarantined)
_HANDOVER, _ENCOUNTER, _STUDY = table_of(Handover), table_of(Encounter), table_of(Study)
_PACK, _TEAM, _SETTING = table_of(InstalledPack), table_of(Team), table_of(ServiceSetting)
_TABLET, _LINK, _ERASURE = table_of(Tablet), table_of(PhoneLink), table_of(Erasure)
_EXPOSURE, _CONSENT = table_of(Exposure), table_of(ConsentText)
_FEEDBACK, _SEQUENCE = table_of(Feedback), table_of(DeviceSequence)


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes that are here already, and the receipt that was given for them."""

    digest: str
    receipt: str


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who holds a hand-over token, until when, and the only encounter it writes to."""

    device: str
    encounter_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TabletHolder:
    """The enrolled tablet behind a token."""

    device: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device of this service. One that is no tablet was handed over in a browser of its own."""

    is_tablet: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class LinkHolder:
    """Who holds a link to their own phone, and the set that spent it, if one did."""

    id: str
    device: str
    encounter_id: str
    expires_at: datetime
    respondent: str
    met_at: datetime
    spent_by: str | None


@dataclass(frozen=True, slots=True)
class EncounterKnown:
    """What an arriving answer set is compared with.

    ``study_awaits`` is true where the encounter's study has no response yet; ``study`` is its
    document, None outside any.
    """

    id: str
    team_id: str
    state: str
    header: Mapping[str, Any]
    study_id: str | None
    study_awaits: bool
    study: Mapping[str, Any] | None


def _in(query: Select[Any], column: Any) -> Mapping[str, Select[Any]]:
    """Return ``query`` for the rows whose ``column`` is among those wanted, for each database.

    The wanted ones are one value, whatever their number: a list that is written out anew each
    time took longer to write than to look up.
    """
    listed = func.json_each(bindparam("wanted", type_=String)).table_valued("value")
    wanted = bindparam("wanted", type_=ARRAY(String))
    return {
        "sqlite": query.where(column.in_(select(listed.c.value))),
        "postgresql": query.where(column == any_(wanted)),
    }


_SERVICE = select(_SETTING.c.key, _SETTING.c.value).where(
    or_(_SETTING.c.key == "mode", _SETTING.c.key == "demo")
)
_TOKENS = _in(
    select(
        _HANDOVER.c.token_hash, _HANDOVER.c.device, _HANDOVER.c.encounter_id, _HANDOVER.c.expires_at
    ),
    _HANDOVER.c.token_hash,
)
_TABLETS = _in(
    select(_TABLET.c.token_hash, _TABLET.c.id, _TABLET.c.revoked_at), _TABLET.c.token_hash
)
_LINKS = _in(
    select(
        _LINK.c.token_hash,
        _LINK.c.id,
        _LINK.c.device,
        _LINK.c.encounter_id,
        _LINK.c.expires_at,
        _LINK.c.respondent,
        _ENCOUNTER.c.opened_at,
        _LINK.c.spent_by,
    )
    .select_from(_LINK.join(_ENCOUNTER, _ENCOUNTER.c.id == _LINK.c.encounter_id))
    .with_for_update(of=_LINK),
    _LINK.c.token_hash,
)
_TABLETS_BY_ID = _in(select(_TABLET.c.id, _TABLET.c.revoked_at), _TABLET.c.id)
_HANDED_OVER = _in(select(_HANDOVER.c.device), _HANDOVER.c.device)
_ERASED = _in(select(_ERASURE.c.response_id, _ERASURE.c.receipt), _ERASURE.c.response_id)
_STORED = _in(select(_RESPONSE.c.id, _RESPONSE.c.digest, _RESPONSE.c.receipt), _RESPONSE.c.id)
_COUNTED = _in(select(_EXPOSURE.c.id, _EXPOSURE.c.digest, _EXPOSURE.c.receipt), _EXPOSURE.c.id)
_TEXTS = _in(select(_FEEDBACK.c.id, _FEEDBACK.c.digest, _FEEDBACK.c.receipt), _FEEDBACK.c.id)
_SET_ASIDE = _in(
    select(_QUARANTINE.c.response_id, _QUARANTINE.c.digest, _QUARANTINE.c.receipt),
    _QUARANTINE.c.response_id,
)
_ENCOUNTERS = _in(
    select(
        _ENCOUNTER.c.id,
        _ENCOUNTER.c.team_id,
        _ENCOUNTER.c.state,
        _ENCOUNTER.c.header,
        _ENCOUNTER.c.study_id,
        _STUDY.c.locked_at,
        _STUDY.c.sha256,
        _STUDY.c.content,
    )
    .select_from(_ENCOUNTER.outerjoin(_STUDY, _STUDY.c.id == _ENCOUNTER.c.study_id))
    .with_for_update(read=True, key_share=True, of=_ENCOUNTER),
    _ENCOUNTER.c.id,
)
_PACKS = _in(
    select(_PACK.c.sha256, _PACK.c.instrument_id, _PACK.c.version, _PACK.c.language),
    _PACK.c.sha256,
)
_PAIRS = func.json_each(bindparam("wanted", type_=String)).table_valued("value")
_NUMBERS = {
    "sqlite": select(_SEQUENCE).where(
        tuple_(_SEQUENCE.c.device, _SEQUENCE.c.seq).in_(
            select(_PAIRS.c.value.op("->>")("device"), _PAIRS.c.value.op("->>")("seq"))
        )
    ),
    "postgresql": select(_SEQUENCE).where(
        tuple_(_SEQUENCE.c.device, _SEQUENCE.c.seq).in_(
            select(
                func.unnest(bindparam("devices", type_=ARRAY(String))),
                func.unnest(bindparam("numbers", type_=ARRAY(Integer))),
            )
        )
    ),
}
_CONSENT_TEXTS = _in(select(_CONSENT.c.sha256), _CONSENT.c.sha256)
_TEAMS = _in(select(_TEAM.c.id), _TEAM.c.id)


def read_service(connection: Connection) -> tuple[str, bool]:
    """Return the mode of the service and whether its data are invented."""
    found = {row.key: row.value for row in connection.execute(_SERVICE)}
    return str(found.get("mode", "training")), bool(found.get("demo", False))


def list_tokens(connection: Connection, hashes: Collection[str]) -> dict[str, TokenHolder]:
    """Return the holders of hashed tokens, by hash."""
    rows = _ask(connection, _TOKENS, hashes)
    return {
        row.token_hash: TokenHolder(row.device, row.encounter_id, row.expires_at) for row in rows
    }


def list_tablet_tokens(connection: Connection, hashes: Collection[str]) -> dict[str, TabletHolder]:
    """Return the enrolled tablets behind hashed tokens, revoked ones too, by hash."""
    rows = _ask(connection, _TABLETS, hashes)
    return {row.token_hash: TabletHolder(row.id, row.revoked_at is not None) for row in rows}


def list_link_tokens(connection: Connection, hashes: Collection[str]) -> dict[str, LinkHolder]:
    """Return the links behind hashed tokens, by hash, and keep others from spending them."""
    return {
        row.token_hash: LinkHolder(
            row.id,
            row.device,
            row.encounter_id,
            row.expires_at,
            row.respondent,
            row.opened_at,
            row.spent_by,
        )
        for row in _ask(connection, _LINKS, hashes)
    }


def list_devices(connection: Connection, ids: Collection[str]) -> dict[str, KnownDevice]:
    """Return those of ``ids`` that are devices of this service, revoked tablets too."""
    handed = {row.device: KnownDevice(False, False) for row in _ask(connection, _HANDED_OVER, ids)}
    tablets = _ask(connection, _TABLETS_BY_ID, ids)
    return handed | {row.id: KnownDevice(True, row.revoked_at is not None) for row in tablets}


def list_numbers(
    connection: Connection, wanted: Collection[tuple[str, int]]
) -> list[tuple[str, int, str]]:
    """Return what arrived under these devices and numbers: device, number and response id."""
    if not wanted:
        return []
    dialect = connection.dialect.name
    if dialect == "sqlite":
        asked: dict[str, Any] = {
            "wanted": json.dumps([{"device": device, "seq": seq} for device, seq in wanted])
        }
    else:
        devices, numbers = zip(*wanted, strict=True)
        asked = {"devices": [*devices], "numbers": [*numbers]}
    rows = connection.execute(_NUMBERS[dialect], asked)
    return [(row.device, row.seq, row.response_id) for row in rows]


def list_erased(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return the receipts of answer sets that were erased by request, by response id."""
    return {row.response_id: row.receipt for row in _ask(connection, _ERASED, ids)}


def list_stored(connection: Connection, ids: Collection[str]) -> dict[str, Held]:
    """Return what is stored under these response ids, by id."""
    rows = _ask(connection, _STORED, ids)
    return {row.id: Held(row.digest, row.receipt) for row in rows}


def list_counted(connection: Connection, ids: Collection[str]) -> dict[str, Held]:
    """Return what is stored of counts under these ids, by id."""
    rows = _ask(connection, _COUNTED, ids)
    return {row.id: Held(row.digest, row.receipt) for row in rows}


def list_texts(connection: Connection, ids: Collection[str]) -> dict[str, Held]:
    """Return what is stored of texts about grids under these ids, by id."""
    rows = _ask(connection, _TEXTS, ids)
    return {row.id: Held(row.digest, row.receipt) for row in rows}


def list_set_aside(connection: Connection, ids: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the receipts of what is in quarantine, by response id and digest."""
    rows = _ask(connection, _SET_ASIDE, ids)
    return {(row.response_id, row.digest): row.receipt for row in rows}


def list_encounters_known(
    connection: Connection, ids: Collection[str]
) -> dict[str, EncounterKnown]:
    """Return the encounters with these ids, by id, and keep others from voiding them meanwhile.

    Asked before the end of the audit chain is locked: staff lock the two in that order as well.
    """
    return {
        row.id: EncounterKnown(
            row.id,
            row.team_id,
            row.state,
            row.header,
            row.study_id,
            row.sha256 is not None and row.locked_at is None,
            row.content,
        )
        for row in _ask(connection, _ENCOUNTERS, ids)
    }


def list_wordings(
    connection: Connection, hashes: Collection[str]
) -> dict[str, tuple[str, str, str]]:
    """Return instrument, version and language of installed packs, by hash, retired ones too."""
    rows = _ask(connection, _PACKS, hashes)
    return {row.sha256: (row.instrument_id, row.version, row.language) for row in rows}


def list_consent_texts(connection: Connection, hashes: Collection[str]) -> set[str]:
    """Return those of ``hashes`` that are words of a study, of earlier ones too."""
    return {row.sha256 for row in _ask(connection, _CONSENT_TEXTS, hashes)}


def list_team_slugs(connection: Connection, slugs: Collection[str]) -> set[str]:
    """Return those of ``slugs`` that are teams, closed ones too."""
    return {row.id for row in _ask(connection, _TEAMS, slugs)}


def _ask(
    connection: Connection, queries: Mapping[str, Select[Any]], wanted: Collection[str]
) -> Any:
    if not wanted:
        return ()
    dialect = connection.dialect.name
    listed = json.dumps([*wanted]) if dialect == "sqlite" else [*wanted]
    return connection.execute(queries[dialect], {"wanted": listed})
