"""Every stored row. Nothing here is built from user input: parse to a plain model first.

No name, date of birth, NHS number, address or e-mail of a young person or parent has a
column. ``Staff`` names are of workers. Closed lists are held by CHECK constraints built from
``app.domain.vocabulary``, so that a row outside them cannot exist whoever writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    Index,
    LargeBinary,
    TypeDecorator,
    false,
    true,
)
from sqlmodel import Column, Field, SQLModel, UniqueConstraint

from app.domain.approval import ApprovalKind, WithdrawalReason
from app.domain.consent import AdultChoice, ConsentChoice, ConsentModel
from app.domain.course import UNSAID, CourseOccasion, CourseRole, Rating
from app.domain.deciding import DecisionOutcome
from app.domain.exposure import MinutesBand
from app.domain.feedback import LONGEST, ReadAs, Writer
from app.domain.incident import IncidentOutcome, IncidentReason, Severity
from app.domain.keeping import ErasureReason, QuarantineOutcome
from app.domain.link_card import VoidedCard
from app.domain.local_offer import OfferPlace
from app.domain.tablet import RevokeReason
from app.domain.vocabulary import Respondent

SCHEMA_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
METADATA = SQLModel.metadata
METADATA.naming_convention = SCHEMA_NAMING


class UtcDateTime(TypeDecorator[datetime]):
    """A time with zone, stored in UTC. Naive times are refused: they lie twice a year."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC for storage; raise ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored time with its zone (SQLite forgets it)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def moment(**kwargs: Any) -> Any:  # SQLModel's Field returns Any
    """Return a column for a UTC time; keywords go to the SQLAlchemy column."""
    kwargs.setdefault("nullable", False)
    return Field(sa_column=Column(UtcDateTime(), **kwargs))


def maybe_moment() -> Any:  # SQLModel's Field returns Any
    """Return a column for a UTC time that may be absent."""
    return Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


def document(nullable: bool = False) -> Any:  # SQLModel's Field returns Any
    """Return a JSON column."""
    return Field(default=None if nullable else ..., sa_column=Column(JSON, nullable=nullable))


def one_of(column: str, values: Iterable[str], *, nullable: bool = False) -> CheckConstraint:
    """Return a constraint that holds ``column`` to a closed list."""
    listed = ", ".join(f"'{value}'" for value in values)
    text = f"{column} IN ({listed})"
    return CheckConstraint(
        f"{column} IS NULL OR {text}" if nullable else text, name=f"{column}_known"
    )


class ServiceSetting(SQLModel, table=True):
    """What the service is: mode, demo or not, generation, local crisis number, switches."""

    __tablename__ = "service_setting"
    key: str = Field(primary_key=True)
    value: Any = document()


class Staff(SQLModel, table=True):
    """A person who works here. ``roles`` is a sorted list of role names."""

    id: str = Field(primary_key=True)
    username: str = Field(unique=True)
    display_name: str
    roles: list[str] = document()
    password_hash: str | None = None
    totp_secret: str | None = None
    totp_on_at: datetime | None = maybe_moment()
    totp_last_step: int | None = None
    created_at: datetime = moment()
    disabled_at: datetime | None = maybe_moment()


class Team(SQLModel, table=True):
    """A team, by a slug that travels in envelopes."""

    id: str = Field(primary_key=True)
    name: str
    created_at: datetime = moment()
    closed_at: datetime | None = maybe_moment()


class TeamMember(SQLModel, table=True):
    """Who works in which team."""

    __tablename__ = "team_member"
    team_id: str = Field(foreign_key="team.id", primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", primary_key=True)


class Invitation(SQLModel, table=True):
    """A one-time link: a new account, a forgotten password, or the first administrator."""

    id: str = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    kind: str
    staff_id: str | None = Field(default=None, foreign_key="staff.id")
    roles: list[str] = document()
    created_by: str
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = maybe_moment()
    __table_args__ = (one_of("kind", ("first", "invite", "reset")),)


class Login(SQLModel, table=True):
    """One signed-in browser. Suspended while a tablet is handed over; narrowed after a PIN."""

    id: str = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    confirmed_at: datetime = moment()
    second_factor_at: datetime | None = maybe_moment()
    ended_at: datetime | None = maybe_moment()
    pin_hash: str | None = None
    handover_id: str | None = None
    narrowed_to: str | None = None


class StaffIdentity(SQLModel, table=True):
    """Whom an identity provider means. ``hash`` is keyed: their number there is not stored."""

    __tablename__ = "staff_identity"
    hash: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", unique=True)
    issuer: str
    created_at: datetime = moment()


class Passkey(SQLModel, table=True):
    """A key pair of which this is the public half. ``sign_count`` of 0 means it does not count."""

    id: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    credential_id: str = Field(unique=True)
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sign_count: int
    name: str
    created_at: datetime = moment()
    used_at: datetime | None = maybe_moment()


class UsedOnce(SQLModel, table=True):
    """What has been used and counts once: a sign-in by a provider, a challenge to a passkey."""

    __tablename__ = "used_once"
    hash: str = Field(primary_key=True)
    used_at: datetime = moment()


class Throttle(SQLModel, table=True):
    """Wrong tries against one account, address or login. Only failures count."""

    key: str = Field(primary_key=True)
    failures: int
    wait_until: datetime = moment()
    last_at: datetime = moment()


class Study(SQLModel, table=True):
    """A study made before data. Locked at its first response; phase follows from it."""

    id: str = Field(primary_key=True)
    title: str
    kind: str
    content: dict[str, Any] = document()
    sha256: str
    installed_at: datetime = moment()
    locked_at: datetime | None = maybe_moment()
    first_looked_at: datetime | None = maybe_moment()


class StudyAmendment(SQLModel, table=True):
    """A dated change of a locked study: what it said before, which settings, after which look."""

    __tablename__ = "study_amendment"
    study_id: str = Field(foreign_key="study.id", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = moment()
    by: str
    reason: str
    changed: list[str] = document()
    before: dict[str, Any] = document()
    sha256_before: str
    sha256_after: str
    after_look: bool


class EligibleCount(SQLModel, table=True):
    """How many appointments of a team in a week could have been part of a study."""

    __tablename__ = "eligible_count"
    team_id: str = Field(foreign_key="team.id", primary_key=True)
    week_on: date = Field(primary_key=True)
    appointments: int
    recorded_by: str
    recorded_at: datetime = moment()
    __table_args__ = (CheckConstraint("appointments >= 0", name="appointments_not_negative"),)


class CourseRating(SQLModel, table=True):
    """One form about a course on using the grids: three ratings of one's own, a role, a day.

    Nobody's name or account and no time of day. ``code`` is what the person took along after a
    form before the course; the form after it that bears the same code has its id in
    ``pairs_with``. A rating is 0 to 4, or the code for "would rather not say".
    """

    __tablename__ = "course_rating"
    id: str = Field(primary_key=True)
    given_on: date = Field(index=True)
    occasion: str
    role: str
    readiness: int
    confidence: int
    knowledge: int
    code: str | None = Field(default=None, unique=True)
    pairs_with: str | None = Field(default=None, unique=True)
    environment: str
    demo: bool
    __table_args__ = (
        one_of("occasion", tuple(CourseOccasion)),
        one_of("role", tuple(CourseRole)),
        one_of("environment", ("training", "live")),
        *(
            CheckConstraint(f"{rating} IN (0, 1, 2, 3, 4, {UNSAID})", name=f"{rating}_known")
            for rating in Rating
        ),
    )


class StudyPhase(SQLModel, table=True):
    """One stretch of a team's calendar; ``to_on`` is the last day, or open."""

    __tablename__ = "study_phase"
    id: str = Field(primary_key=True)
    study_id: str = Field(foreign_key="study.id")
    team_id: str = Field(foreign_key="team.id", index=True)
    phase: str
    from_on: date
    to_on: date | None = None
    __table_args__ = (one_of("phase", ("baseline", "training", "with_grid", "sustain")),)


class ConsentText(SQLModel, table=True):
    """The exact words in which a study asks for consent, as they stood when it was installed.

    Never changed, never deleted: answer sets point at the hash.
    """

    __tablename__ = "consent_text"
    sha256: str = Field(primary_key=True)
    study_id: str = Field(foreign_key="study.id", index=True)
    version: str
    language: str
    content: dict[str, Any] = document()
    installed_at: datetime = moment()


class LinkCard(SQLModel, table=True):
    """A card that a family may keep, so that two visits can be seen as one family's.

    The code is on the card and nowhere else: here is a keyed hash of it. No name, no appointment.
    """

    __tablename__ = "link_card"
    id: str = Field(primary_key=True)
    code_hash: str = Field(unique=True)
    study_id: str = Field(foreign_key="study.id", index=True)
    team_id: str = Field(foreign_key="team.id")
    printed_by: str
    printed_at: datetime = moment()
    used_at: datetime | None = maybe_moment()
    voided_at: datetime | None = maybe_moment()
    voided_by: str | None = None
    void_reason: str | None = None
    __table_args__ = (one_of("void_reason", tuple(VoidedCard), nullable=True),)


class LinkVisit(SQLModel, table=True):
    """That a card was shown at an appointment. ``same_day``: it had been, on that day already."""

    __tablename__ = "link_visit"
    encounter_id: str = Field(foreign_key="encounter.id", primary_key=True)
    card_id: str = Field(foreign_key="link_card.id", index=True)
    same_day: bool
    noted_by: str
    noted_at: datetime = moment()


class InstalledPack(SQLModel, table=True):
    """A wording pack. Never changed, never deleted: responses point at its hash."""

    __tablename__ = "wording_pack"
    sha256: str = Field(primary_key=True)
    instrument_id: str
    version: str
    language: str
    content: dict[str, Any] = document()
    installed_by: str
    installed_at: datetime = moment()
    retired_at: datetime | None = maybe_moment()


class Encounter(SQLModel, table=True):
    """A clinical meeting, without a word that says whose.

    ``code`` is forgotten when its time is over (retention): nobody says it aloud by then.
    """

    id: str = Field(primary_key=True)
    code: str | None = Field(default=None, unique=True)
    team_id: str = Field(index=True)
    practitioner: str = Field(index=True)
    opened_by: str
    state: str
    appointment_type: str
    appointment_mode: str
    encounter_on: date = Field(index=True)
    topic: str | None = None
    need_group_practitioner: str | None = None
    need_group_young_person: str | None = None
    age_band: str | None = None
    people_present: list[str] = document()
    language: str
    interpreter: str
    study_code: str | None = None
    study_id: str | None = None
    phase: str | None = None
    grid_public_id: str | None = None
    grid_version: int | None = None
    grid_sha256: str | None = None
    picked: list[str] = document()
    header: dict[str, Any] = document()
    header_differs: bool = False
    opened_at: datetime = moment()
    closed_at: datetime | None = maybe_moment()
    voided_at: datetime | None = maybe_moment()
    voided_by: str | None = None
    void_reason: str | None = None
    __table_args__ = (one_of("state", ("open", "with_family", "closed", "voided")),)


class ReviewNote(SQLModel, table=True):
    """That a decision is to be looked at again: what is kept of a decision, and nothing else.

    ``code`` is the encounter's, kept here past the encounter's own copy because it is what stands
    in the clinical note. ``review_month`` is ``YYYY-MM``. No option, no reason, no word of anybody
    (rules of the room 3.4).
    """

    __tablename__ = "review_note"
    code: str = Field(primary_key=True)
    team_id: str = Field(index=True)
    grid_public_id: str | None = None
    grid_version: int | None = None
    outcome: str
    review_month: str | None = Field(default=None, index=True)
    noted_by: str
    noted_at: datetime = moment()
    __table_args__ = (one_of("outcome", tuple(DecisionOutcome)),)


class Handover(SQLModel, table=True):
    """One stretch of time in which a respondent holds the tablet; its token writes only."""

    id: str = Field(primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    login_id: str = Field(foreign_key="login.id")
    device: str = Field(unique=True)
    token_hash: str = Field(unique=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    begun_at: datetime | None = maybe_moment()
    returned_at: datetime | None = maybe_moment()


class Tablet(SQLModel, table=True):
    """An enrolled device. Its id is the ``device`` of its envelopes; its token only writes.

    ``report`` is what it said at its last contact: how much waits there, since when, whether its
    storage is kept, which releases it holds, how far its clock is off. Never a word of an answer.
    """

    id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    label: str
    team_id: str = Field(foreign_key="team.id", index=True)
    token_hash: str = Field(unique=True)
    enrolled_by: str
    enrolled_at: datetime = moment()
    contacted_at: datetime | None = maybe_moment()
    report: dict[str, Any] | None = document(nullable=True)
    revoked_at: datetime | None = maybe_moment()
    revoked_by: str | None = None
    revoke_reason: str | None = None
    __table_args__ = (one_of("revoke_reason", tuple(RevokeReason), nullable=True),)


class PhoneLink(SQLModel, table=True):
    """A way to answer on one's own phone: one set, one person, spent by the stored receipt."""

    __tablename__ = "phone_link"
    id: str = Field(primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    device: str = Field(unique=True)
    token_hash: str = Field(unique=True)
    respondent: str
    made_by: str
    made_at: datetime = moment()
    expires_at: datetime = moment()
    begun_at: datetime | None = maybe_moment()
    spent_by: str | None = None
    __table_args__ = (one_of("respondent", tuple(Respondent)),)


class Response(SQLModel, table=True):
    """One answer set. ``sealed`` are the bytes as sent; ``digest`` is over them.

    ``delivered_by`` is the device that brought a rescue file of another one. ``withdrawal_key`` is
    a keyed hash of the words that the respondent may take along. ``late``: an answer on one's own
    phone more than 48 hours after the appointment. ``consented``: whether it may serve its study.
    """

    id: str = Field(primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    device: str
    seq: int
    digest: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    receipt: str
    state: str
    instrument_id: str
    instrument_version: str
    wording_sha256: str
    language: str
    occasion: str
    respondent: str
    mode: str
    helped_by: list[str] = document()
    seen_by_others: str | None = None
    items: dict[str, int] = document()
    reason: str | None = None
    referent: str | None = None
    weeks_since: str | None = None
    grid_public_id: str | None = None
    grid_version: int | None = None
    grid_sha256: str | None = None
    environment: str
    demo: bool
    delivered_by: str | None = None
    withdrawal_key: str | None = Field(default=None, index=True)
    late: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    consent_model: str | None = None
    consent: str | None = None
    consent_adult: str | None = None
    consent_text_sha256: str | None = None
    notice_sha256: str | None = None
    consented: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    made_at: datetime = moment()
    received_at: datetime = moment(index=True)
    __table_args__ = (
        one_of("state", ("complete", "interrupted")),
        one_of("environment", ("training", "live")),
        one_of("consent_model", tuple(ConsentModel), nullable=True),
        one_of("consent", tuple(ConsentChoice), nullable=True),
        one_of("consent_adult", tuple(AdultChoice), nullable=True),
        Index("ix_response_device_seq", "device", "seq"),
    )


class Quarantined(SQLModel, table=True):
    """An answer set that could not be stored as one. Kept byte for byte; nothing is dropped."""

    __tablename__ = "quarantine"
    id: str = Field(primary_key=True)
    response_id: str = Field(index=True)
    device: str
    seq: int
    digest: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    receipt: str
    http_status: int
    reasons: list[str] = document()
    encounter_id: str | None = None
    received_at: datetime = moment()
    settled_at: datetime | None = maybe_moment()
    settled_by: str | None = None
    settled_as: str | None = None
    __table_args__ = (
        UniqueConstraint("response_id", "digest"),
        one_of("settled_as", tuple(QuarantineOutcome), nullable=True),
    )


class LocalOffer(SQLModel, table=True):
    """One entry of the service's small directory: what there is near here, and who looked when."""

    __tablename__ = "local_offer"
    id: str = Field(primary_key=True)
    name: str
    what: str
    age_from: int | None = None
    age_to: int | None = None
    how_to_get: str
    wait_weeks: int | None = None
    source_ref: str | None = Field(default=None, unique=True)
    checked_on: date
    checked_by: str
    created_at: datetime = moment()
    retired_at: datetime | None = maybe_moment()


class OptionNote(SQLModel, table=True):
    """Whether a way of getting help is offered here. Kept apart from the evidence of the grid.

    ``team_id`` is empty for the whole service; a team's own note stands before it.
    """

    __tablename__ = "option_note"
    public_id: str = Field(primary_key=True)
    option_id: str = Field(primary_key=True)
    team_id: str = Field(default="", primary_key=True)
    place: str
    wait_weeks: int | None = None
    offer_id: str | None = Field(default=None, foreign_key="local_offer.id")
    checked_on: date
    checked_by: str
    __table_args__ = (one_of("place", tuple(OfferPlace)),)


class Exposure(SQLModel, table=True):
    """What was opened in one appointment, as counts: no order, no times, no person.

    ``picked`` are the options that the practitioner chose, ``shown`` those that the family ended
    with; ``opened`` counts how often each row was opened. Without ``minutes_band`` the family
    switched the counting off and nothing was counted. ``digest`` is over the bytes as sent, which
    are not kept.
    """

    id: str = Field(primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    device: str
    digest: str
    receipt: str
    grid_public_id: str
    grid_version: int
    grid_sha256: str
    picked: list[str] = document()
    shown: list[str] = document()
    opened: dict[str, int] = document()
    minutes_band: str | None = None
    environment: str
    demo: bool
    received_at: datetime = moment()
    __table_args__ = (
        one_of("minutes_band", tuple(MinutesBand)),
        one_of("environment", ("training", "live")),
    )


class Feedback(SQLModel, table=True):
    """What somebody wrote about a grid, apart from all answers: a day, no time of day, no person.

    ``encounter_id`` is there so that it goes with the appointment; practitioners have none. Of
    ``device``, ``digest`` and ``receipt`` a tablet is told the same again; what was typed on a
    staff page has none. ``outcome`` None: nobody has said yet that they read it.
    """

    id: str = Field(primary_key=True)
    encounter_id: str | None = Field(default=None, foreign_key="encounter.id", index=True)
    written_by: str
    grid_public_id: str
    grid_version: int
    text: str
    given_on: date = Field(index=True)
    device: str | None = None
    seq: int | None = None
    digest: str | None = None
    receipt: str | None = None
    read_by: str | None = Field(default=None, foreign_key="staff.id")
    read_on: date | None = None
    outcome: str | None = None
    environment: str
    demo: bool
    __table_args__ = (
        one_of("written_by", tuple(Writer)),
        one_of("outcome", tuple(ReadAs), nullable=True),
        one_of("environment", ("training", "live")),
        CheckConstraint(f"length(text) BETWEEN 1 AND {LONGEST}", name="text_fits"),
    )


class Erasure(SQLModel, table=True):
    """What is left of an answer set that was erased by a recorded request: that it was there.

    No answer, no salt, no sealed byte. ``receipt`` is the one that was given, so that a tablet
    that offers its copy again is told the same; it is over sealed bytes that nobody has any more.
    ``exports`` are the ids of exports that held the row.
    """

    response_id: str = Field(primary_key=True)
    encounter_id: str | None = None
    device: str = Field(index=True)
    seq: int
    receipt: str
    reason: str
    recorded_by: str
    exports: list[str] = document()
    at: datetime = moment(index=True)
    __table_args__ = (one_of("reason", tuple(ErasureReason)),)


class RetentionRun(SQLModel, table=True):
    """One run of the retention job: what it found over its time, and what it removed."""

    __tablename__ = "retention_run"
    id: str = Field(primary_key=True)
    at: datetime = moment(index=True)
    removed: dict[str, int] = document()
    awaiting: dict[str, int] = document()


class DeskCell(SQLModel, table=True):
    """One slice of the desk, as counts that may be shown inside the service.

    Only the primary set: complete, in time, without an interpreter, filled in alone. Two cells
    never share an answer. ``counts`` is null under 25 appointments: what must not be
    shown is not here. ``through_at`` and ``through_id`` are the newest answer that is counted; a
    cell moves on only by eight complete answers or more, so that no single one shows.
    """

    __tablename__ = "desk_cell"
    id: str = Field(primary_key=True)
    study_id: str = Field(index=True)
    team_id: str
    phase: str
    respondent: str
    occasion: str
    mode: str
    instrument_id: str
    instrument_version: str
    wording_sha256: str
    language: str
    environment: str
    demo: bool
    counts: dict[str, Any] | None = document(nullable=True)
    through_at: datetime = moment()
    through_id: str
    counted_at: datetime = moment()


class DeskComparison(SQLModel, table=True):
    """Baseline beside the period with grids over the shown cells of one kind; or pairs.

    ``id`` is of the kind, ``what`` is change or pairs. No count of one practitioner is kept.
    """

    __tablename__ = "desk_comparison"
    id: str = Field(primary_key=True)
    study_id: str = Field(index=True)
    what: str
    content: dict[str, Any] = document()
    counted_at: datetime = moment()


class DeskFlow(SQLModel, table=True):
    """What became of the forms of one team, phase and kind of respondent: counts, no answers."""

    __tablename__ = "desk_flow"
    study_id: str = Field(primary_key=True)
    team_id: str = Field(primary_key=True)
    phase: str = Field(primary_key=True)
    respondent: str = Field(primary_key=True)
    appointments: int
    forms: dict[str, int] = document()
    counted_at: datetime = moment()


class DeviceSequence(SQLModel, table=True):
    """Which number of a device arrived as which answer set; a hole is a loss made visible."""

    __tablename__ = "device_sequence"
    device: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    response_id: str = Field(primary_key=True)


class AuditEvent(SQLModel, table=True):
    """One link of the hash chain; ``entry`` are the exact bytes that were hashed."""

    __tablename__ = "audit_event"
    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = moment()
    kind: str = Field(index=True)
    actor: str
    subject: str
    entry: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: str


class AuditHead(SQLModel, table=True):
    """The end of the chain. Its row is locked by whoever adds a link."""

    __tablename__ = "audit_head"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int
    hash: str


class ExportRequest(SQLModel, table=True):
    """A request for rows: who, why, which two people approved, what came of it.

    ``wanted`` is the project, the formats and whether days may leave; ``uniqueness`` counts who
    would stand alone. ``fault`` says why the last try made no file.
    """

    __tablename__ = "export_request"
    id: str = Field(primary_key=True)
    requested_by: str = Field(foreign_key="staff.id")
    requested_at: datetime = moment()
    reason: str
    filters: dict[str, Any] = document()
    state: str
    decided_by: str | None = None
    decided_at: datetime | None = maybe_moment()
    decision_note: str | None = None
    file_sha256: str | None = None
    rows: int | None = None
    built_at: datetime | None = maybe_moment()
    wanted: dict[str, Any] | None = document(nullable=True)
    first_approved_by: str | None = None
    first_approved_at: datetime | None = maybe_moment()
    uniqueness: dict[str, Any] | None = document(nullable=True)
    logical_sha256: str | None = None
    fault: str | None = None
    __table_args__ = (one_of("state", ("requested", "approved", "refused", "ready", "failed")),)


class Approval(SQLModel, table=True):
    """One reviewer's word over one release, by the hash of its bytes.

    One word of each kind, and no person gives both: two people looked at what is approved.
    """

    release_sha256: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    staff_id: str = Field(foreign_key="staff.id")
    at: datetime = moment()
    __table_args__ = (
        UniqueConstraint("release_sha256", "staff_id"),
        one_of("kind", tuple(ApprovalKind)),
    )


class Withdrawal(SQLModel, table=True):
    """A release that was taken back. Its file stays: printed ones must say so when opened."""

    release_sha256: str = Field(primary_key=True)
    public_id: str
    version: int
    reason: str
    withdrawn_by: str
    at: datetime = moment()
    __table_args__ = (one_of("reason", tuple(WithdrawalReason)),)


class IncidentReport(SQLModel, table=True):
    """That somebody found something wrong on a page, and what people made of it.

    ``reported_by`` is a member of staff, or empty: of families nothing is kept. ``place`` is the
    name of a page, never an address, which may hold the id of an appointment.
    """

    __tablename__ = "incident"
    id: str = Field(primary_key=True)
    place: str
    reason: str
    reported_by: str | None = Field(default=None, foreign_key="staff.id")
    reported_at: datetime = moment(index=True)
    owner_id: str | None = Field(default=None, foreign_key="staff.id")
    severity: str | None = None
    hazard: str | None = None
    closed_at: datetime | None = maybe_moment()
    closed_by: str | None = None
    outcome: str | None = None
    __table_args__ = (
        one_of("reason", tuple(IncidentReason)),
        one_of("severity", tuple(Severity), nullable=True),
        one_of("outcome", tuple(IncidentOutcome), nullable=True),
    )
