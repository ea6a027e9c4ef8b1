"""Storing answer sets: row, audit event and device sequence in one transaction, or quarantine.

The rules are those of the contract's status table. A batch is settled in memory from what the
database knows about all of it, then written with one statement per table. Nothing that came with
a valid credential is dropped: what cannot be an answer set is kept byte for byte in quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.content.practice import PRACTICE
from app.db.queries import responses as queries
from app.db.queries.responses import EncounterKnown, Held, TokenHolder
from app.domain.audit import LONGEST_TEXT
from app.domain.capture import check_answer_set
from app.domain.encounter import EncounterState
from app.domain.receipt import ReceiptStatus, make_receipt, receipt_bytes
from app.services import audit, studies, throttling
from app.services.arrivals import Arrival, Credential, Outcome, receipt_key, receive
from app.services.audit import AuditKind, Happening
from app.services.batch_rows import ANSWER_SET, BatchRows, session_on
from app.services.instruments import INSTRUMENTS, practice_instrument
from app.services.throttling import Limit

TRAINING: Final = "training"
#: A room of tablets may share an address, and one of them may have an old token.
TOKENS: Final = Limit("token", 20, 5, 300, timedelta(minutes=30))


def record_response(
    db: Session,
    *,
    sent: bytes,
    digest: str,
    response_id: str,
    credential: Credential,
    keyring: Keyring,
    now: datetime,
    environment: str,
    demo: bool,
) -> Outcome:
    """Record one answer set in the transaction of ``db``.

    ``digest`` is the ``Content-Digest`` header. The outcome holds only once that transaction is
    committed. Requests go through ``recording.Recorder``, which records many at a time.
    """
    arrival = receive(
        response_id=response_id,
        sent=sent,
        content_digest=digest,
        keyring=keyring,
        credential=credential,
    )
    if isinstance(arrival, Outcome):
        return arrival
    db.flush()
    batch = Batch(db.connection(), keyring, now, environment, demo)
    return batch.record([arrival])[0]


class Batch:
    """Answer sets that are recorded together, in one transaction that the caller commits."""

    def __init__(
        self, connection: Connection, keyring: Keyring, now: datetime, environment: str, demo: bool
    ) -> None:
        self._connection = connection
        self._keyring = keyring
        self._now = now
        self._environment = environment
        self._rows = BatchRows(now=now, environment=environment, demo=demo)
        self._holders: dict[str, TokenHolder] = {}
        self._encounters: dict[str, EncounterKnown] = {}
        self._wordings: dict[str, tuple[str, str, str]] = {}
        self._teams: set[str] = set()
        self._stored: dict[str, Held] = {}
        self._set_aside: dict[tuple[str, str], str] = {}

    def record(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Settle every arrival in order and write what follows from them."""
        self._look_up(arrivals)
        head = audit.lock_head(self._connection)
        # Only now: under the lock nobody else can be storing the same ids.
        ids = {arrival.response_id for arrival in arrivals}
        self._stored = queries.list_stored(self._connection, ids)
        self._set_aside = queries.list_set_aside(self._connection, ids)
        outcomes = [self._settle(arrival) for arrival in arrivals]
        self._rows.write(self._connection, head)
        return outcomes

    # --- what is known ---------------------------------------------------------------------

    def _look_up(self, arrivals: Sequence[Arrival]) -> None:
        connection = self._connection
        documents = [a.document for a in arrivals if a.document is not None]
        headers = [document["encounter"] for document in documents]
        tokens = {arrival.token_hash for arrival in arrivals if arrival.token_hash}
        wordings = {document["instrument"]["wording_sha256"] for document in documents}
        self._holders = queries.list_tokens(connection, tokens)
        self._encounters = queries.list_encounters_known(connection, {h["id"] for h in headers})
        self._wordings = queries.list_wordings(
            connection, wordings - {practice_instrument().sha256}
        )
        self._teams = {known.team_id for known in self._encounters.values()}
        unseen = {header["team"] for header in headers} - self._teams
        self._teams |= queries.list_team_slugs(connection, unseen)

    def _credential(self, arrival: Arrival) -> Credential | None:
        if arrival.credential is not None:
            return arrival.credential
        holder = self._holders.get(arrival.token_hash or "")
        if holder is None:
            return None
        return Credential(holder.device, holder.encounter_id, holder.expires_at)

    # --- what follows ----------------------------------------------------------------------

    def _settle(self, arrival: Arrival) -> Outcome:
        credential = self._credential(arrival)
        if credential is None:
            return self._refuse(arrival)
        held = self._receipt_held(arrival)
        if held is not None:
            return Outcome(200, held)
        if credential.expires_at is not None and credential.expires_at <= self._now:
            return Outcome(403, error_key="credential_expired")
        if arrival.response_id in self._stored:
            return self._quarantine(arrival, credential, 409, ["other_bytes"])
        reasons = list(dict.fromkeys(self._reasons(arrival, credential)))
        if arrival.document is None or reasons:
            return self._quarantine(arrival, credential, 202, reasons)
        return self._store(arrival, arrival.document, credential)

    def _refuse(self, arrival: Arrival) -> Outcome:
        """Refuse an unknown token, and after too many of them say how long to wait."""
        counters = [throttling.counter(self._keyring, TOKENS, arrival.address)]
        with session_on(self._connection) as db:
            wait = throttling.seconds_to_wait(db, counters, now=self._now)
            if wait:
                return Outcome(429, error_key="too_many_tries", wait_seconds=wait)
            throttling.count_failure(db, counters, now=self._now)
        return Outcome(401, error_key="credential_unknown")

    def _receipt_held(self, arrival: Arrival) -> str | None:
        stored = self._stored.get(arrival.response_id)
        if stored is not None and stored.digest == arrival.digest:
            return stored.receipt
        return self._set_aside.get((arrival.response_id, arrival.digest))

    def _reasons(self, arrival: Arrival, credential: Credential) -> Iterator[str]:
        yield from arrival.faults
        document = arrival.document
        if document is None:
            return
        header = document["encounter"]
        if document["device"] != credential.device:
            yield "device_differs"
        if credential.encounter_id not in {None, header["id"]}:
            yield "encounter_differs"
        known = self._encounters.get(header["id"])
        if known is not None and known.state == EncounterState.VOIDED:
            yield "encounter_voided"
        if header["team"] not in self._teams:
            yield "team_unknown"
        yield from self._instrument_reasons(document)

    def _instrument_reasons(self, document: Mapping[str, Any]) -> Iterator[str]:
        shown = document["instrument"]
        instrument = INSTRUMENTS.get(shown["id"])
        wording = (shown["id"], shown["version"], shown["language"])
        if instrument is None or self._known_wording(shown["wording_sha256"]) != wording:
            yield "instrument_unknown"
            return
        if instrument.id == PRACTICE.id and self._environment != TRAINING:
            yield "instrument_practice_only"
        yield from check_answer_set(document, instrument)

    def _known_wording(self, sha256: str) -> tuple[str, str, str] | None:
        practice = practice_instrument()
        if sha256 == practice.sha256:
            return PRACTICE.id, practice.words.version, practice.words.language
        return self._wordings.get(sha256)

    # --- rows ------------------------------------------------------------------------------

    def _store(
        self, arrival: Arrival, document: Mapping[str, Any], credential: Credential
    ) -> Outcome:
        known = self._encounter(document["encounter"], credential)
        self._compare_header(known, document, credential)
        receipt = self._receipt(arrival, credential, ReceiptStatus.STORED)
        self._rows.add_response(arrival, document, receipt)
        self._note_sequence(arrival, credential)
        self._stored[arrival.response_id] = Held(arrival.digest, receipt)
        if known.study_awaits and known.study_id is not None:
            self._rows.lock_study(known.study_id, arrival.response_id)
        details = {
            "digest": arrival.digest,
            "device": credential.device,
            "seq": arrival.seq,
            "state": document["state"],
            "encounter": known.id,
        }
        self._happened(AuditKind.RESPONSE_STORED, credential, arrival.response_id, details)
        return Outcome(201, receipt)

    def _quarantine(
        self, arrival: Arrival, credential: Credential, status: int, reasons: Sequence[str]
    ) -> Outcome:
        receipt = self._receipt(arrival, credential, ReceiptStatus.QUARANTINED)
        self._rows.add_quarantined(arrival, credential, receipt, status=status, reasons=reasons)
        self._note_sequence(arrival, credential)
        self._set_aside[arrival.response_id, arrival.digest] = receipt
        details = {
            "digest": arrival.digest,
            "device": credential.device,
            "seq": arrival.seq,
            "http_status": status,
            "reason": _shortened(reasons),
        }
        self._happened(AuditKind.RESPONSE_QUARANTINED, credential, arrival.response_id, details)
        return Outcome(status, receipt)

    def _encounter(self, header: Mapping[str, Any], credential: Credential) -> EncounterKnown:
        """Return the encounter, made from this header where the answer set came first."""
        known = self._encounters.get(header["id"])
        if known is not None:
            return known
        team, on = header["team"], date.fromisoformat(header["encounter_on"])
        with session_on(self._connection) as db:
            phase = studies.phase_for(db, team_id=team, on=on)
        self._rows.add_encounter(header, on, phase)
        state = EncounterState.OPEN.value
        known = EncounterKnown(header["id"], team, state, header, phase.study_id, True)
        self._encounters[known.id] = known
        details = {"team": team, "phase": phase.phase.value, "source": ANSWER_SET}
        self._happened(AuditKind.ENCOUNTER_OPENED, credential, known.id, details)
        return known

    def _compare_header(
        self, known: EncounterKnown, document: Mapping[str, Any], credential: Credential
    ) -> None:
        """Flag a header that differs. The first stays; the other is kept inside its envelope."""
        header = document["encounter"]
        keys = header.keys() | known.header.keys()
        fields = sorted(key for key in keys if header.get(key) != known.header.get(key))
        if fields:
            self._rows.flag_header(known.id)
            details = {"response": document["id"], "fields": " ".join(fields)}
            kind = AuditKind.ENCOUNTER_HEADER_DIFFERS
            self._happened(kind, credential, known.id, details)

    def _receipt(self, arrival: Arrival, credential: Credential, status: ReceiptStatus) -> str:
        receipt = make_receipt(
            receipt_key(self._keyring, credential.device),
            response_id=arrival.response_id,
            digest=arrival.digest,
            device=credential.device,
            seq=arrival.seq,
            status=status,
            now=self._now,
        )
        return receipt_bytes(receipt).decode()

    def _note_sequence(self, arrival: Arrival, credential: Credential) -> None:
        """Note the number as arrived, unless the envelope names a device that did not send it."""
        document = arrival.document
        if document is not None and document["device"] == credential.device:
            self._rows.note_sequence(credential.device, arrival.seq, arrival.response_id)

    def _happened(
        self, kind: AuditKind, credential: Credential, subject: str, details: Mapping[str, Any]
    ) -> None:
        self._rows.happened(Happening(kind, credential.device, subject, details))


def _shortened(reasons: Sequence[str]) -> str:
    """Return whole reasons as far as the audit log has room; the row holds them all."""
    text = " ".join(reasons)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT].rpartition(" ")[0]
