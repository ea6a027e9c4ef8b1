"""The audit log: what is written down, what each event must carry, and the hash chain.

Every entry is canonical JSON with 16 random bytes of salt; its hash covers the hash before it, so
an entry that is edited, removed or moved breaks the chain at its own number. A chain cannot see
that its own end was cut off: for that ``verify_chain`` takes a head that was noted elsewhere.
Details are keys, counts, ids and hashes. Never an answer, a name, an encounter's code, a typed
reason, a password, a PIN or a token: the table below is closed and ``make_entry`` holds to it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, Protocol

from app.domain.envelope import LARGEST_INTEGER, plain_bytes

GENESIS: Final = hashlib.sha256(b"option-grids audit 1").hexdigest()
SALT_BYTES: Final = 16
LONGEST_TEXT: Final = 512
_SHORT: Final = re.compile(rf"[ -~]{{0,{LONGEST_TEXT}}}")

#: The actor when the software itself acts: at start, in a nightly job, on the command line.
SYSTEM: Final = "system"
#: The actor when nobody is signed in, as in a refused login.
NOBODY: Final = "nobody"

Detail = str | int | bool | None


class AuditKind(StrEnum):
    """What happened, NOUN_VERB. A kind is never renamed: old entries keep their word."""

    LOGIN_STARTED = "login_started"
    LOGIN_REFUSED = "login_refused"
    LOGIN_CONFIRMED = "login_confirmed"
    LOGIN_ENDED = "login_ended"
    LOGINS_ENDED_EVERYWHERE = "logins_ended_everywhere"
    GUESSES_SLOWED = "guesses_slowed"
    STAFF_INVITED = "staff_invited"
    STAFF_JOINED = "staff_joined"
    STAFF_JOINED_BY_PROVIDER = "staff_joined_by_provider"
    STAFF_DISABLED = "staff_disabled"
    STAFF_ENABLED = "staff_enabled"
    STAFF_RESET = "staff_reset"
    STAFF_ROLES_CHANGED = "staff_roles_changed"
    STAFF_TEAMS_CHANGED = "staff_teams_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    TEAM_CREATED = "team_created"
    TEAM_CLOSED = "team_closed"
    ENCOUNTER_OPENED = "encounter_opened"
    ENCOUNTER_CLOSED = "encounter_closed"
    ENCOUNTER_VOIDED = "encounter_voided"
    ENCOUNTER_HEADER_DIFFERS = "encounter_header_differs"
    REVIEW_NOTED = "review_noted"
    REVIEW_DROPPED = "review_dropped"
    HANDOVER_STARTED = "handover_started"
    HANDOVER_RETURNED = "handover_returned"
    HANDOVER_PIN_REFUSED = "handover_pin_refused"
    RESPONSE_STORED = "response_stored"
    RESPONSE_QUARANTINED = "response_quarantined"
    PAPER_ANSWERS_ENTERED = "paper_answers_entered"
    QUARANTINE_SETTLED = "quarantine_settled"
    RESPONSE_ERASED = "response_erased"
    EXPOSURE_STORED = "exposure_stored"
    EXPOSURE_ERASED = "exposure_erased"
    FEEDBACK_STORED = "feedback_stored"
    FEEDBACK_WRITTEN = "feedback_written"
    FEEDBACK_OPENED = "feedback_opened"
    FEEDBACK_SETTLED = "feedback_settled"
    FEEDBACK_ERASED = "feedback_erased"
    TABLET_ENROLLED = "tablet_enrolled"
    TABLET_REVOKED = "tablet_revoked"
    PHONE_LINK_MADE = "phone_link_made"
    LINK_CARD_MADE = "link_card_made"
    LINK_CARD_SHOWN = "link_card_shown"
    LINK_CARD_TAKEN_OFF = "link_card_taken_off"
    LINK_CARD_VOIDED = "link_card_voided"
    RETENTION_ENFORCED = "retention_enforced"
    WORDING_PACK_INSTALLED = "wording_pack_installed"
    WORDING_PACK_RETIRED = "wording_pack_retired"
    STUDY_INSTALLED = "study_installed"
    STUDY_LOCKED = "study_locked"
    STUDY_AMENDED = "study_amended"
    ELIGIBLE_COUNTED = "eligible_counted"
    COURSE_RATED = "course_rated"
    RESULTS_VIEWED = "results_viewed"
    RESULTS_TAKEN = "results_taken"
    RESULTS_COUNTED = "results_counted"
    EXPORT_REQUESTED = "export_requested"
    EXPORT_APPROVED = "export_approved"
    EXPORT_REFUSED = "export_refused"
    EXPORT_BUILT = "export_built"
    EXPORT_FAILED = "export_failed"
    EXPORT_DOWNLOADED = "export_downloaded"
    GRID_RELEASED_SEEN = "grid_released_seen"
    GRID_REFUSED = "grid_refused"
    GRID_APPROVED = "grid_approved"
    GRID_WITHDRAWN = "grid_withdrawn"
    LOCAL_OFFER_CHANGED = "local_offer_changed"
    LOCAL_OFFERS_IMPORTED = "local_offers_imported"
    OPTION_NOTE_CHANGED = "option_note_changed"
    INCIDENT_REPORTED = "incident_reported"
    INCIDENT_JUDGED = "incident_judged"
    INCIDENT_CLOSED = "incident_closed"
    INCIDENTS_TAKEN = "incidents_taken"
    SENSITIVE_GRIDS_SWITCHED = "sensitive_grids_switched"
    PERSONAL_BUDGETS_SWITCHED = "personal_budgets_switched"
    OWN_PHONE_LINKS_SWITCHED = "own_phone_links_switched"
    EXPOSURE_COUNTS_SWITCHED = "exposure_counts_switched"
    SECOND_PROFILE_WORDING_SWITCHED = "second_profile_wording_switched"
    COURSE_RATINGS_SWITCHED = "course_ratings_switched"
    SECOND_INSTRUMENT_SWITCHED = "second_instrument_switched"
    FEEDBACK_ASSIGNED = "feedback_assigned"
    FEEDBACK_SWITCHED = "feedback_switched"
    BACKUP_MADE = "backup_made"
    BACKUP_RESTORED = "backup_restored"
    BACKUPS_DELETED = "backups_deleted"
    SCHEMA_MIGRATED = "schema_migrated"
    SEALING_KEY_MADE = "sealing_key_made"
    SETTINGS_CHANGED = "settings_changed"
    SERVICE_MODE_CHANGED = "service_mode_changed"
    DEMO_FILLED = "demo_filled"


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Kind -> the detail keys that it carries, all of them and no others. ``actor`` and ``subject``
#: stand beside: who did it, and the id of what it was done to (named in the comment).
CARRIES: Final[Mapping[AuditKind, frozenset[str]]] = {
    AuditKind.LOGIN_STARTED: _keys("second_factor"),  # staff
    AuditKind.LOGIN_REFUSED: _keys("reason wait_seconds"),  # staff, or "" for an unknown name
    AuditKind.LOGIN_CONFIRMED: _keys(""),  # staff; password again after a PIN
    AuditKind.LOGIN_ENDED: _keys("reason"),  # staff
    AuditKind.LOGINS_ENDED_EVERYWHERE: _keys("count"),  # staff
    AuditKind.GUESSES_SLOWED: _keys("tries wait_seconds"),  # what was guessed: a kind of secret
    AuditKind.STAFF_INVITED: _keys("roles"),  # invitation; roles joined by spaces
    AuditKind.STAFF_JOINED: _keys("invitation roles"),  # staff
    AuditKind.STAFF_JOINED_BY_PROVIDER: _keys("roles"),  # staff
    AuditKind.STAFF_DISABLED: _keys(""),  # staff
    AuditKind.STAFF_ENABLED: _keys(""),  # staff
    AuditKind.STAFF_RESET: _keys("invitation"),  # staff
    AuditKind.STAFF_ROLES_CHANGED: _keys("roles_before roles"),  # staff
    AuditKind.STAFF_TEAMS_CHANGED: _keys("teams_before teams"),  # staff
    AuditKind.PASSWORD_CHANGED: _keys(""),  # staff
    AuditKind.SECOND_FACTOR_SET: _keys(""),  # staff
    AuditKind.SECOND_FACTOR_REMOVED: _keys(""),  # staff
    AuditKind.PASSKEY_ADDED: _keys("passkey"),  # staff
    AuditKind.PASSKEY_REMOVED: _keys("passkey"),  # staff
    AuditKind.TEAM_CREATED: _keys(""),  # team
    AuditKind.TEAM_CLOSED: _keys(""),  # team
    AuditKind.ENCOUNTER_OPENED: _keys("team phase source"),  # encounter; source: staff, answer_set
    AuditKind.ENCOUNTER_CLOSED: _keys("team"),  # encounter
    AuditKind.ENCOUNTER_VOIDED: _keys("team reason"),  # encounter; reason: a key
    AuditKind.ENCOUNTER_HEADER_DIFFERS: _keys("response fields"),  # encounter; names of fields
    AuditKind.REVIEW_NOTED: _keys("team"),  # encounter
    AuditKind.REVIEW_DROPPED: _keys("team"),  # "review": its code is in no log
    AuditKind.HANDOVER_STARTED: _keys("encounter device"),  # hand-over
    AuditKind.HANDOVER_RETURNED: _keys("encounter device"),  # hand-over
    AuditKind.HANDOVER_PIN_REFUSED: _keys("encounter device wait_seconds"),  # hand-over
    AuditKind.RESPONSE_STORED: _keys("digest device seq state encounter"),  # response
    AuditKind.RESPONSE_QUARANTINED: _keys("digest device seq http_status reason"),  # response
    AuditKind.PAPER_ANSWERS_ENTERED: _keys("encounter device"),  # response; who typed it in acts
    AuditKind.QUARANTINE_SETTLED: _keys("response digest outcome"),  # quarantine
    AuditKind.RESPONSE_ERASED: _keys("reason device seq exports"),  # response; exports: a count
    AuditKind.EXPOSURE_STORED: _keys("digest device encounter"),  # exposure
    AuditKind.EXPOSURE_ERASED: _keys("reason device"),  # exposure
    AuditKind.FEEDBACK_STORED: _keys("digest device encounter"),  # feedback
    AuditKind.FEEDBACK_WRITTEN: _keys(""),  # feedback; nobody acts: who wrote it is not told
    AuditKind.FEEDBACK_OPENED: _keys(""),  # feedback
    AuditKind.FEEDBACK_SETTLED: _keys("outcome"),  # feedback; read, passed_on
    AuditKind.FEEDBACK_ERASED: _keys("reason"),  # feedback
    AuditKind.TABLET_ENROLLED: _keys("number team"),  # tablet
    AuditKind.TABLET_REVOKED: _keys("number reason"),  # tablet; reason: a key
    AuditKind.PHONE_LINK_MADE: _keys("encounter respondent"),  # link
    AuditKind.LINK_CARD_MADE: _keys("encounter"),  # card
    AuditKind.LINK_CARD_SHOWN: _keys("encounter same_day"),  # card
    AuditKind.LINK_CARD_TAKEN_OFF: _keys("encounter"),  # card
    AuditKind.LINK_CARD_VOIDED: _keys("encounter reason"),  # card; reason: a key
    AuditKind.RETENTION_ENFORCED: _keys("removed awaiting"),  # run; kind=count, joined by spaces
    AuditKind.WORDING_PACK_INSTALLED: _keys("instrument version language"),  # pack's sha256
    AuditKind.WORDING_PACK_RETIRED: _keys("instrument version language"),  # pack's sha256
    AuditKind.STUDY_INSTALLED: _keys("sha256"),  # study
    AuditKind.STUDY_LOCKED: _keys("sha256 response"),  # study
    AuditKind.STUDY_AMENDED: _keys("number sha256 sha256_before after_look"),  # study
    AuditKind.ELIGIBLE_COUNTED: _keys("weeks appointments"),  # teams
    AuditKind.COURSE_RATED: _keys(""),  # "course"; nobody acts: whose form it was is not told
    AuditKind.RESULTS_VIEWED: _keys("slice tier"),  # study; slice: what was chosen, joined
    AuditKind.RESULTS_TAKEN: _keys("slice tier what"),  # study; what: a kind of file
    AuditKind.RESULTS_COUNTED: _keys("cells shown answers"),  # service
    AuditKind.EXPORT_REQUESTED: _keys("reason_sha256"),  # export; the reason is in its own row
    AuditKind.EXPORT_APPROVED: _keys("requested_by"),  # export
    AuditKind.EXPORT_REFUSED: _keys("requested_by"),  # export
    AuditKind.EXPORT_BUILT: _keys("sha256 rows"),  # export
    AuditKind.EXPORT_FAILED: _keys("reason"),  # export; reason: a key
    AuditKind.EXPORT_DOWNLOADED: _keys("sha256 rows"),  # export
    AuditKind.GRID_RELEASED_SEEN: _keys("version sha256 release_state"),  # public id
    AuditKind.GRID_REFUSED: _keys("version reason"),  # public id; broken or tampered release
    AuditKind.GRID_APPROVED: _keys("grid version kind"),  # release's sha256
    AuditKind.GRID_WITHDRAWN: _keys("grid version reason"),  # release's sha256; reason: a key
    AuditKind.LOCAL_OFFER_CHANGED: _keys("change"),  # offer; change: added, changed, retired
    AuditKind.LOCAL_OFFERS_IMPORTED: _keys("sha256 added changed refused"),  # file's own name
    AuditKind.OPTION_NOTE_CHANGED: _keys("option team place"),  # public id of the grid
    AuditKind.INCIDENT_REPORTED: _keys("reason place"),  # incident; place: the name of a page
    AuditKind.INCIDENT_JUDGED: _keys("owner severity hazard"),  # incident; owner: an account id
    AuditKind.INCIDENT_CLOSED: _keys("outcome"),  # incident
    AuditKind.INCIDENTS_TAKEN: _keys("count"),  # incidents
    AuditKind.SENSITIVE_GRIDS_SWITCHED: _keys("on"),  # "service"
    AuditKind.PERSONAL_BUDGETS_SWITCHED: _keys("on"),  # "service"
    AuditKind.OWN_PHONE_LINKS_SWITCHED: _keys("on"),  # "service"
    AuditKind.EXPOSURE_COUNTS_SWITCHED: _keys("on"),  # "service"
    AuditKind.SECOND_PROFILE_WORDING_SWITCHED: _keys("on"),  # "service"
    AuditKind.COURSE_RATINGS_SWITCHED: _keys("on"),  # "service"
    AuditKind.SECOND_INSTRUMENT_SWITCHED: _keys("on"),  # "service"
    AuditKind.FEEDBACK_ASSIGNED: _keys("days path_sha256"),  # staff; who reads from now on
    AuditKind.FEEDBACK_SWITCHED: _keys("on"),  # "service"
    AuditKind.BACKUP_MADE: _keys("sha256 bytes"),  # file name
    AuditKind.BACKUP_RESTORED: _keys("sha256 generation"),  # file name
    AuditKind.BACKUPS_DELETED: _keys("count"),  # "backups"
    AuditKind.SCHEMA_MIGRATED: _keys("from_revision to_revision"),  # "schema"
    AuditKind.SEALING_KEY_MADE: _keys(""),  # key id
    AuditKind.SETTINGS_CHANGED: _keys("value_sha256"),  # the setting's name
    AuditKind.SERVICE_MODE_CHANGED: _keys("mode_before mode"),  # "service"
    AuditKind.DEMO_FILLED: _keys("encounters responses"),  # "service"
}


class AuditEntryUnfit(ValueError):
    """The entry would carry less, or more, than its kind allows."""


class ChainRow(Protocol):
    """A stored link: ``entry`` are the hashed bytes, the rest repeats them for queries."""

    @property
    def seq(self) -> int:
        """Its number, from 1 without gaps."""

    @property
    def at(self) -> datetime:
        """When, with a zone."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def actor(self) -> str:
        """Who did it."""

    @property
    def subject(self) -> str:
        """The id of what it was done to."""

    @property
    def entry(self) -> bytes:
        """The bytes that were hashed."""

    @property
    def hash(self) -> str:
        """Hex over the hash before and ``entry``."""


@dataclass(frozen=True, slots=True)
class AuditLink:
    """A new link of the chain, ready to be stored."""

    seq: int
    at: datetime
    kind: AuditKind
    actor: str
    subject: str
    entry: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the chain ended when somebody looked; noted off the machine it shows a cut end."""

    seq: int
    hash: str


EMPTY_CHAIN: Final = ChainHead(0, GENESIS)


def make_link(
    head: ChainHead,
    *,
    at: datetime,
    kind: AuditKind,
    actor: str,
    subject: str,
    details: Mapping[str, Detail],
    salt: bytes,
) -> AuditLink:
    """Return the link after ``head``. ``at`` has a zone; ``salt`` is 16 fresh random bytes.

    Raises AuditEntryUnfit when ``details`` are not exactly those that ``kind`` carries.
    """
    _check_details(kind, details)
    if len(salt) != SALT_BYTES:
        raise AuditEntryUnfit("salt")
    seq = head.seq + 1
    entry = entry_bytes(
        seq=seq, at=at, kind=kind, actor=actor, subject=subject, details=details, salt=salt
    )
    return AuditLink(seq, at, kind, actor, subject, entry, entry_hash(head.hash, entry))


def entry_bytes(
    *,
    seq: int,
    at: datetime,
    kind: AuditKind,
    actor: str,
    subject: str,
    details: Mapping[str, Detail],
    salt: bytes,
) -> bytes:
    """Return the canonical JSON of one entry; ``at`` in UTC to the microsecond."""
    entry = {
        "seq": seq,
        "at": _instant(at),
        "kind": kind.value,
        "actor": actor,
        "subject": subject,
        "details": dict(details),
        "salt": salt.hex(),
    }
    return plain_bytes(entry)


def entry_hash(prev_hash: str, entry: bytes) -> str:
    """Return SHA-256 in hex over the 32 bytes of the hash before and the entry's bytes."""
    return hashlib.sha256(bytes.fromhex(prev_hash) + entry).hexdigest()


def verify_chain(
    rows: Iterable[ChainRow], *, start: ChainHead = EMPTY_CHAIN, head: ChainHead | None = None
) -> int | None:
    """Return the number of the first broken link, or None for a whole chain.

    ``rows`` come in order of ``seq`` and follow ``start``. ``head`` is a note of an earlier end:
    a chain that no longer reaches it, or has another hash there, is broken.
    """
    reached = start
    for row in rows:
        expected = reached.seq + 1
        if not _holds(row, expected, reached.hash):
            return expected
        reached = ChainHead(row.seq, row.hash)
        if head is not None and head.seq == reached.seq and head.hash != reached.hash:
            return reached.seq
    return reached.seq + 1 if head is not None and head.seq > reached.seq else None


def _holds(row: ChainRow, expected: int, prev_hash: str) -> bool:
    if row.seq != expected or row.hash != entry_hash(prev_hash, row.entry):
        return False
    try:
        entry = json.loads(row.entry)
    except ValueError:
        return False
    columns = (row.seq, _instant(row.at), str(row.kind), row.actor, row.subject)
    return columns == tuple(entry.get(key) for key in ("seq", "at", "kind", "actor", "subject"))


def _check_details(kind: AuditKind, details: Mapping[str, Detail]) -> None:
    if details.keys() != CARRIES[kind]:
        odd = sorted(details.keys() ^ CARRIES[kind])
        raise AuditEntryUnfit(f"{kind}: {' '.join(odd)}")
    for key, value in details.items():
        if not _is_detail(value):
            raise AuditEntryUnfit(f"{kind}: {key} is no short key, id, hash or whole number")


def _is_detail(value: object) -> bool:
    if isinstance(value, str):
        return _SHORT.fullmatch(value) is not None
    if isinstance(value, int):  # true and false are numbers here
        return abs(value) <= LARGEST_INTEGER
    return value is None


@lru_cache(maxsize=8)  # the links of a batch have one time
def _instant(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
