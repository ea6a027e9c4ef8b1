"""Storing answer sets: row, audit event and device sequence in one transaction, or quarantine.

The rules are those of the contract's status table. A batch is settled in memory from what the
database knows about all of it, then written with one statement per table. Nothing that came with
a valid credential is dropped: what cannot be an answer set is kept byte for byte in quarantine.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db.queries import responses as queries
from app.db.queries.responses import EncounterKnown, Held, KnownDevice
from app.domain.audit import LONGEST_TEXT
from app.domain.consent import suffices
from app.domain.encounter import EncounterState
from app.domain.receipt import ReceiptStatus, make_receipt, read_receipt, receipt_bytes
from app.domain.withdrawal_code import words_of
from app.services import audit, studies, unknown_tokens
from app.services.arrivals import Arrival, Credential, Outcome, receipt_key, receive
from app.services.audit import AuditKind, Happening
from app.services.batch_rows import ANSWER_SET, BatchRows, session_on
from app.services.credentials import find_credentials, link_reasons
from app.services.known_words import KnownWords
from app.services.used_numbers import UsedNumbers, number_of
from app.services.withdrawal import withdrawal_key

#: An answer on one's own phone later than this is kept and marked (capture.md, CR-4).
LATE_AFTER: Final = timedelta(hours=48)


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
        self._rows = BatchRows(now=now, environment=environment, demo=demo)
        self._credentials: dict[str, Credential] = {}
        self._devices: dict[str, KnownDevice] = {}
        self._encounters: dict[str, EncounterKnown] = {}
        self._words = KnownWords(environment)
        self._teams: set[str] = set()
        self._stored: dict[str, Held] = {}
        self._set_aside: dict[tuple[str, str], str] = {}
        self._erased: dict[str, str] = {}
        self._numbers = UsedNumbers()

    def record(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Settle every arrival in order and write what follows from them."""
        self._look_up(arrivals)
        head = audit.lock_head(self._connection)
        # Only now: under the lock nobody else can be storing the same ids.
        ids = {arrival.response_id for arrival in arrivals}
        self._stored = queries.list_stored(self._connection, ids)
        counts = {arrival.response_id for arrival in arrivals if arrival.is_counts}
        self._stored |= queries.list_counted(self._connection, counts)
        texts = {arrival.response_id for arrival in arrivals if arrival.is_feedback}
        self._stored |= queries.list_texts(self._connection, texts)
        self._set_aside = queries.list_set_aside(self._connection, ids)
        self._erased = queries.list_erased(self._connection, ids)
        brought = [each for each in arrivals if self._comes_by_tablet(each)]
        self._numbers.look_up(self._connection, brought)
        outcomes = [self._settle(arrival) for arrival in arrivals]
        self._rows.write(self._connection, head)
        return outcomes

    # --- what is known ---------------------------------------------------------------------

    def _look_up(self, arrivals: Sequence[Arrival]) -> None:
        connection = self._connection
        documents = [a.document for a in arrivals if a.document is not None]
        headers = [document["encounter"] for document in documents]
        tokens = {arrival.token_hash for arrival in arrivals if arrival.token_hash}
        self._credentials = find_credentials(connection, tokens)
        self._devices = queries.list_devices(connection, self._brought_for_others(arrivals))
        self._encounters = queries.list_encounters_known(connection, {h["id"] for h in headers})
        self._words.look_up(connection, documents)
        self._teams = {known.team_id for known in self._encounters.values()}
        unseen = {header["team"] for header in headers} - self._teams
        self._teams |= queries.list_team_slugs(connection, unseen)

    def _credential(self, arrival: Arrival) -> Credential | None:
        return arrival.credential or self._credentials.get(arrival.token_hash or "")

    def _comes_by_tablet(self, arrival: Arrival) -> bool:
        credential = self._credential(arrival)
        return credential is not None and credential.is_tablet

    def _brought_for_others(self, arrivals: Sequence[Arrival]) -> set[str]:
        """Return the devices whose sets an enrolled tablet brings along from a rescue file."""
        brought = set()
        for arrival in arrivals:
            credential, document = self._credential(arrival), arrival.document
            if credential is None or document is None or not credential.is_tablet:
                continue
            if document["device"] != credential.device:
                brought.add(document["device"])
        return brought

    # --- what follows ----------------------------------------------------------------------

    def _settle(self, arrival: Arrival) -> Outcome:
        credential = self._credential(arrival)
        if credential is None:
            return self._refuse(arrival)
        held = self._receipt_held(arrival)
        if held is not None:
            return Outcome(200, self._told_again(held, arrival, credential))
        if arrival.response_id in self._erased:
            return Outcome(200, self._told_erased(arrival, credential))
        if credential.expires_at is not None and credential.expires_at <= self._now:
            return Outcome(403, error_key="credential_expired")
        if credential.link is not None and credential.link.spent_by not in {
            None,
            arrival.response_id,
        }:
            return Outcome(403, error_key="credential_spent")
        if arrival.response_id in self._stored:
            return self._quarantine(arrival, credential, 409, ["other_bytes"])
        reasons = list(dict.fromkeys(self._reasons(arrival, credential)))
        if arrival.document is None or reasons:
            return self._quarantine(arrival, credential, 202, reasons)
        return self._store(arrival, arrival.document, credential)

    def _refuse(self, arrival: Arrival) -> Outcome:
        """Refuse an unknown token, and after too many of them say how long to wait."""
        with session_on(self._connection) as db:
            refusal = unknown_tokens.count_under_lock(
                db, keyring=self._keyring, address=arrival.address, now=self._now
            )
        if refusal.happening is not None:
            self._rows.happened(refusal.happening)
        wait = refusal.wait_seconds
        return Outcome(refusal.status, error_key=refusal.key, wait_seconds=wait)

    def _receipt_held(self, arrival: Arrival) -> str | None:
        stored = self._stored.get(arrival.response_id)
        if stored is not None and stored.digest == arrival.digest:
            return stored.receipt
        erased = self._erased.get(arrival.response_id)
        if erased is not None and read_receipt(erased.encode()).digest == arrival.digest:
            return erased
        return self._set_aside.get((arrival.response_id, arrival.digest))

    def _told_again(self, held: str, arrival: Arrival, credential: Credential) -> str:
        """Return the receipt given before; another device can only check one of its own."""
        receipt = read_receipt(held.encode())
        if receipt.device == credential.device:
            return held
        at = datetime.fromisoformat(receipt.server_time)
        return self._receipt(arrival, credential, receipt.status, at)

    def _told_erased(self, arrival: Arrival, credential: Credential) -> str:
        """Return the receipt for other bytes of a set that was erased; they are not kept.

        Its time is that of the first receipt, so that the same bytes get the same answer.
        """
        first = read_receipt(self._erased[arrival.response_id].encode())
        at = datetime.fromisoformat(first.server_time)
        return self._receipt(arrival, credential, ReceiptStatus.ERASED, at)

    def _reasons(self, arrival: Arrival, credential: Credential) -> Iterator[str]:
        yield from arrival.faults
        document = arrival.document
        if document is None:
            return
        header = document["encounter"]
        yield from self._device_reasons(arrival, document["device"], credential)
        yield from link_reasons(arrival, document, credential)
        if credential.encounter_id not in {None, header["id"]}:
            yield "encounter_differs"
        known = self._encounters.get(header["id"])
        if known is not None and known.state == EncounterState.VOIDED:
            yield "encounter_voided"
        if header["team"] not in self._teams:
            yield "team_unknown"
        if arrival.has_answers:
            yield from self._words.reasons(document)

    def _device_reasons(
        self, arrival: Arrival, device: str, credential: Credential
    ) -> Iterator[str]:
        known = self._devices.get(device)
        if not self._may_bring(device, credential):
            yield "device_differs"
        if credential.revoked or (known is not None and known.revoked):
            yield "device_revoked"
        if self._counts_for_good(device, credential) and self._is_used_again(arrival):
            yield "sequence_reused"

    def _may_bring(self, device: str, credential: Credential) -> bool:
        """Say whether this credential may bring what ``device`` sealed."""
        return device == credential.device or (credential.is_tablet and device in self._devices)

    def _counts_for_good(self, device: str, credential: Credential) -> bool:
        """Say whether this is an enrolled tablet, whose count outlives its pages."""
        if device == credential.device:
            return credential.is_tablet
        known = self._devices.get(device)
        return known is not None and known.is_tablet

    def _is_used_again(self, arrival: Arrival) -> bool:
        return self._numbers.is_taken(arrival)

    # --- rows ------------------------------------------------------------------------------

    def _store(
        self, arrival: Arrival, document: Mapping[str, Any], credential: Credential
    ) -> Outcome:
        known = self._encounter(document["encounter"], credential)
        self._compare_header(known, document, credential)
        receipt = self._receipt(arrival, credential, ReceiptStatus.STORED, self._now)
        self._note_sequence(arrival, credential)
        self._stored[arrival.response_id] = Held(arrival.digest, receipt)
        details = {
            "digest": arrival.digest,
            "device": document["device"],
            "encounter": known.id,
        }
        if arrival.is_counts:
            self._rows.add_exposure(arrival, document, receipt)
            self._happened(AuditKind.EXPOSURE_STORED, credential, arrival.response_id, details)
        elif arrival.is_feedback:
            self._rows.add_feedback(arrival, document, receipt)
            self._happened(AuditKind.FEEDBACK_STORED, credential, arrival.response_id, details)
        else:
            self._add_answers(arrival, document, receipt, credential, known)
            details |= {"seq": arrival.seq, "state": document["state"]}
            self._happened(AuditKind.RESPONSE_STORED, credential, arrival.response_id, details)
        return Outcome(201, receipt)

    def _add_answers(
        self,
        arrival: Arrival,
        document: Mapping[str, Any],
        receipt: str,
        credential: Credential,
        known: EncounterKnown,
    ) -> None:
        """Add the row of an answer set; the first of a study locks what the study decided."""
        self._rows.add_response(
            arrival,
            document,
            receipt,
            delivered_by=None if document["device"] == credential.device else credential.device,
            withdrawal_key=withdrawal_key(self._keyring, words_of(_salt(document))),
            late=credential.link is not None and self._now > credential.link.met_at + LATE_AFTER,
            consented=suffices(known.study, document.get("consent"), document),
        )
        self._spend_link(arrival, credential)
        if known.study_awaits and known.study_id is not None:
            self._rows.lock_study(known.study_id, arrival.response_id)

    def _quarantine(
        self, arrival: Arrival, credential: Credential, status: int, reasons: Sequence[str]
    ) -> Outcome:
        receipt = self._receipt(arrival, credential, ReceiptStatus.QUARANTINED, self._now)
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

    def _spend_link(self, arrival: Arrival, credential: Credential) -> None:
        if credential.link is None or arrival.token_hash is None:
            return
        self._rows.spend_link(credential.link.id, arrival.response_id)
        spent = replace(credential.link, spent_by=arrival.response_id)
        self._credentials[arrival.token_hash] = replace(credential, link=spent)

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
        study = phase.document.as_json() if phase.document else None
        known = EncounterKnown(header["id"], team, state, header, phase.study_id, True, study)
        self._encounters[known.id] = known
        details = {"team": team, "phase": phase.phase.value, "source": ANSWER_SET}
        self._happened(AuditKind.ENCOUNTER_OPENED, credential, known.id, details)
        return known

    def _compare_header(
        self, known: EncounterKnown, document: Mapping[str, Any], credential: Credential
    ) -> None:
        """Flag a header that differs. The first stays; the other is kept inside its envelope."""
        header = document["encounter"]
        if header == known.header:
            return
        keys = header.keys() | known.header.keys()
        fields = sorted(key for key in keys if header.get(key) != known.header.get(key))
        if fields:
            self._rows.flag_header(known.id)
            details = {"response": document["id"], "fields": " ".join(fields)}
            kind = AuditKind.ENCOUNTER_HEADER_DIFFERS
            self._happened(kind, credential, known.id, details)

    def _receipt(
        self, arrival: Arrival, credential: Credential, status: ReceiptStatus, at: datetime
    ) -> str:
        receipt = make_receipt(
            receipt_key(self._keyring, credential.device),
            response_id=arrival.response_id,
            digest=arrival.digest,
            device=credential.device,
            seq=arrival.seq,
            status=status,
            now=at,
        )
        return receipt_bytes(receipt).decode()

    def _note_sequence(self, arrival: Arrival, credential: Credential) -> None:
        """Note the number as arrived, unless the envelope names a device that did not send it."""
        number = number_of(arrival)
        if number is not None and self._may_bring(number[0], credential):
            self._rows.note_sequence(*number, arrival.response_id)
            self._numbers.note(number, arrival.response_id)

    def _happened(
        self, kind: AuditKind, credential: Credential, subject: str, details: Mapping[str, Any]
    ) -> None:
        self._rows.happened(Happening(kind, credential.device, subject, details))


def _salt(document: Mapping[str, Any]) -> bytes:
    return base64.urlsafe_b64decode(document["salt"] + "==")


def _shortened(reasons: Sequence[str]) -> str:
    """Return whole reasons as far as the audit log has room; the row holds them all."""
    text = " ".join(reasons)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT].rpartition(" ")[0]
