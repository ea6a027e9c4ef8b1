"""The rows that a batch of answer sets becomes, and writing them: one statement per table."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.db.queries.responses import table_of
from app.db.rows import add_rows
from app.db.tables import (
    DeviceSequence,
    Encounter,
    Exposure,
    Feedback,
    PhoneLink,
    Quarantined,
    Response,
)
from app.domain.audit import ChainHead
from app.domain.capture import new_short_code
from app.domain.encounter import EncounterState
from app.services import audit, studies
from app.services.arrivals import Arrival, Credential
from app.services.audit import Happening

#: ``opened_by`` of an encounter that an answer set brought along.
ANSWER_SET: Final = "answer_set"

_RESPONSES, _QUARANTINE = table_of(Response), table_of(Quarantined)
_SEQUENCE, _ENCOUNTERS = table_of(DeviceSequence), table_of(Encounter)
_ADD_RESPONSES, _ADD_QUARANTINE = insert(_RESPONSES), insert(_QUARANTINE)
_ADD_ENCOUNTERS = insert(_ENCOUNTERS)
_LINKS, _EXPOSURES = table_of(PhoneLink), table_of(Exposure)
_ADD_EXPOSURES, _ADD_FEEDBACK = insert(_EXPOSURES), insert(table_of(Feedback))
_SPEND_LINKS = (
    update(_LINKS).where(_LINKS.c.id == bindparam("link")).values(spent_by=bindparam("set"))
)
# A number may have arrived before, with a copy of the same set that went to quarantine.
_ADD_SEQUENCE = {
    "postgresql": postgresql.insert(_SEQUENCE).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(_SEQUENCE).on_conflict_do_nothing(),
}
_COPIED: Final = (
    "device",
    "seq",
    "state",
    "occasion",
    "respondent",
    "mode",
    "helped_by",
    "seen_by_others",
    "items",
    "reason",
    "referent",
    "weeks_since",
)
_HEADER_COPIED: Final = (
    "id",
    "practitioner",
    "appointment_type",
    "appointment_mode",
    "need_group_practitioner",
    "need_group_young_person",
    "age_band",
    "people_present",
    "language",
    "interpreter",
    "study_code",
)


class BatchRows:
    """What a batch is going to write, collected first and written at once."""

    def __init__(self, *, now: datetime, environment: str, demo: bool) -> None:
        self._now = now
        self._stamp = {"environment": environment, "demo": demo, "received_at": now}
        self._encounters: list[dict[str, Any]] = []
        self._responses: list[dict[str, Any]] = []
        self._exposures: list[dict[str, Any]] = []
        self._feedback: list[dict[str, Any]] = []
        self._quarantine: list[dict[str, Any]] = []
        self._sequence: list[dict[str, Any]] = []
        self._spent: list[dict[str, str]] = []
        self._differing: set[str] = set()
        self._first_of_study: dict[str, str] = {}
        self._happenings: list[Happening] = []

    def add_response(
        self,
        arrival: Arrival,
        document: Mapping[str, Any],
        receipt: str,
        *,
        delivered_by: str | None,
        withdrawal_key: str,
        late: bool,
        consented: bool,
    ) -> None:
        """Add an answer set; ``document`` is what was found in its envelope."""
        shown, grid = document["instrument"], document["grid"] or {}
        consent = document.get("consent") or {}
        self._responses.append(
            {
                **{key: document[key] for key in _COPIED},
                **self._stamp,
                "delivered_by": delivered_by,
                "withdrawal_key": withdrawal_key,
                "late": late,
                "id": arrival.response_id,
                "encounter_id": document["encounter"]["id"],
                "digest": arrival.digest,
                "sealed": arrival.sent,
                "receipt": receipt,
                "instrument_id": shown["id"],
                "instrument_version": shown["version"],
                "wording_sha256": shown["wording_sha256"],
                "language": shown["language"],
                "grid_public_id": grid.get("public_id"),
                "grid_version": grid.get("version"),
                "grid_sha256": grid.get("sha256"),
                "consent_model": consent.get("model"),
                "consent": consent.get("value"),
                "consent_adult": consent.get("adult"),
                "consent_text_sha256": consent.get("text_sha256"),
                "notice_sha256": consent.get("notice_sha256"),
                "consented": consented,
                "made_at": arrival.made_at,
            }
        )

    def add_exposure(self, arrival: Arrival, document: Mapping[str, Any], receipt: str) -> None:
        """Add counts of what was opened; a family that switched them off left none."""
        grid, counts = document["grid"], document["counts"] or {}
        self._exposures.append(
            {
                **self._stamp,
                "id": arrival.response_id,
                "encounter_id": document["encounter"]["id"],
                "device": document["device"],
                "digest": arrival.digest,
                "receipt": receipt,
                "grid_public_id": grid["public_id"],
                "grid_version": grid["version"],
                "grid_sha256": grid["sha256"],
                "picked": counts.get("picked", []),
                "shown": counts.get("shown", []),
                "opened": counts.get("opened", {}),
                "minutes_band": counts.get("minutes_band"),
            }
        )

    def add_feedback(self, arrival: Arrival, document: Mapping[str, Any], receipt: str) -> None:
        """Add a text about a grid: the day of its arrival, and no time of day."""
        grid = document["grid"]
        self._feedback.append(
            {
                "environment": self._stamp["environment"],
                "demo": self._stamp["demo"],
                "id": arrival.response_id,
                "encounter_id": document["encounter"]["id"],
                "written_by": document["written_by"],
                "grid_public_id": grid["public_id"],
                "grid_version": grid["version"],
                "text": document["text"],
                "given_on": self._now.astimezone(UTC).date(),
                "device": document["device"],
                "seq": arrival.seq,
                "digest": arrival.digest,
                "receipt": receipt,
            }
        )

    def add_quarantined(
        self,
        arrival: Arrival,
        credential: Credential,
        receipt: str,
        *,
        status: int,
        reasons: Sequence[str],
    ) -> None:
        """Add bytes that are set aside, with the keys of why."""
        self._quarantine.append(
            {
                "id": str(uuid4()),
                "response_id": arrival.response_id,
                "device": credential.device,
                "seq": arrival.seq,
                "digest": arrival.digest,
                "sealed": arrival.sent,
                "receipt": receipt,
                "http_status": status,
                "reasons": list(reasons),
                "encounter_id": credential.encounter_id or _encounter_of(arrival),
                "received_at": self._now,
            }
        )

    def add_encounter(self, header: Mapping[str, Any], on: date, phase: studies.PhaseNow) -> None:
        """Add the encounter that an answer set brought along."""
        self._encounters.append(
            {
                **{key: header[key] for key in _HEADER_COPIED},
                "code": new_short_code(secrets.token_bytes(5)),
                "team_id": header["team"],
                "opened_by": ANSWER_SET,
                "state": EncounterState.OPEN.value,
                "encounter_on": on,
                "study_id": phase.study_id,
                "phase": phase.phase.value,
                "picked": [],
                "header": dict(header),
                "header_differs": False,
                "opened_at": self._now,
            }
        )

    def note_sequence(self, device: str, seq: int, response_id: str) -> None:
        """Note that this number of a device arrived."""
        self._sequence.append({"device": device, "seq": seq, "response_id": response_id})

    def spend_link(self, link_id: str, response_id: str) -> None:
        """Spend a link to somebody's own phone on this answer set."""
        self._spent.append({"link": link_id, "set": response_id})

    def flag_header(self, encounter_id: str) -> None:
        """Flag an encounter for which a differing header arrived."""
        self._differing.add(encounter_id)

    def lock_study(self, study_id: str, response_id: str) -> None:
        """Lock a study at this response, unless an earlier one of the batch does."""
        self._first_of_study.setdefault(study_id, response_id)

    def happened(self, happening: Happening) -> None:
        """Add an audit event; they are linked in the order of the batch."""
        self._happenings.append(happening)

    def write(self, connection: Connection, head: ChainHead) -> None:
        """Write every row: parents first, then the audit events, then the locks of studies."""
        for statement, values in (
            (_ADD_ENCOUNTERS, self._encounters),
            (_ADD_RESPONSES, self._responses),
            (_ADD_EXPOSURES, self._exposures),
            (_ADD_FEEDBACK, self._feedback),
            (_ADD_QUARANTINE, self._quarantine),
            (_ADD_SEQUENCE[connection.dialect.name], self._sequence),
        ):
            add_rows(connection, statement, values)
        if self._spent:
            connection.execute(_SPEND_LINKS, self._spent)
        if self._differing:
            flag = update(_ENCOUNTERS).where(_ENCOUNTERS.c.id.in_(self._differing))
            connection.execute(flag.values(header_differs=True))
        audit.append(connection, head, self._happenings, now=self._now)
        for study_id, response_id in self._first_of_study.items():
            with session_on(connection) as db:
                studies.lock_study(db, study_id=study_id, response_id=response_id, now=self._now)


def _encounter_of(arrival: Arrival) -> str | None:
    """Return the encounter that a set in quarantine names, where it could be read."""
    return arrival.document["encounter"]["id"] if arrival.document is not None else None


@contextmanager
def session_on(connection: Connection) -> Iterator[Session]:
    """Give a session inside the transaction of ``connection``, for what is asked rarely."""
    with Session(connection, join_transaction_mode="create_savepoint") as db, db.begin():
        yield db
