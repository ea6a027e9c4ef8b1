"""The wire format of an answer set: canonical bytes, padding, digest, and one reader per format.

A set is written once, on the device, and sealed there; this module reads what was unsealed. It is
strict, because a set that is not exactly what its format says goes to quarantine with a receipt,
byte for byte, where a person looks at it: nothing is lost by refusing and nothing is guessed.
Readers are never removed: a tablet may bring a set of an old format after months in a drawer.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final, Never

from app.domain import envelope_checks as wire
from app.domain.consent import AdultChoice, ConsentChoice, ConsentModel
from app.domain.envelope_checks import EnvelopeFault, Refused
from app.domain.missing import FormReason
from app.domain.vocabulary import (
    AgeBand,
    AnswerState,
    AppointmentMode,
    AppointmentType,
    CompletionMode,
    Interpreter,
    NeedGroup,
    Occasion,
    Person,
    Referent,
    Respondent,
    SeenByOthers,
    WeeksSince,
)

BLOCK: Final = 1024
MAX_CLEAR_BYTES: Final = 32 * 1024
LARGEST_INTEGER: Final = 2**53 - 1  # what a JavaScript number holds exactly


class EnvelopeUnreadable(ValueError):
    """The clear bytes are no answer set of a known format.

    ``reason_key`` is an ``EnvelopeFault``; ``field`` is the path of the key at fault ("" for the
    whole), never a value: the value may be an answer and this text reaches screens and logs.
    """

    def __init__(self, reason_key: EnvelopeFault, field: str = "") -> None:
        super().__init__(f"{reason_key}: {field}" if field else str(reason_key))
        self.reason_key = reason_key
        self.field = field


class ContentDigestUnreadable(ValueError):
    """The ``Content-Digest`` header is absent, malformed or without a sha-256 member."""


@dataclass(frozen=True, slots=True)
class EncounterHeader:
    """What every answer set tells about its encounter, so that it can arrive first."""

    id: str
    team: str
    appointment_type: AppointmentType
    appointment_mode: AppointmentMode
    encounter_on: date
    need_group_practitioner: NeedGroup | None
    need_group_young_person: NeedGroup | None
    age_band: AgeBand | None
    people_present: tuple[Person, ...]
    language: str
    interpreter: Interpreter
    study_code: str | None
    practitioner: str


@dataclass(frozen=True, slots=True)
class InstrumentShown:
    """The instrument and the exact wording that was on screen."""

    id: str
    version: str
    wording_sha256: str
    language: str


@dataclass(frozen=True, slots=True)
class GridShown:
    """The grid release that was on screen."""

    public_id: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ConsentShown:
    """What the study asked before its questions, in which words, and what was said.

    ``value`` None: nobody was asked, or the set was left before an answer. ``adult`` None: no
    adult was asked. ``text_sha256`` None where the study gives a notice and asks nobody.
    """

    model: ConsentModel
    text_sha256: str | None
    notice_sha256: str | None
    value: ConsentChoice | None
    adult: AdultChoice | None


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """One respondent's answers on one occasion, as the device wrote them.

    ``items`` maps item id to a value of the scale or a missing code (-99 to -91); whether a value
    is on the scale is for the instrument to say. ``made_at`` is the device's clock, which may be
    wrong. ``salt`` is base64url of 16 random bytes; nobody needs it again, it makes guessing
    the answers from a hash hopeless.
    """

    format: int
    id: str
    state: AnswerState
    device: str
    seq: int
    key_id: str
    salt: str
    encounter: EncounterHeader
    instrument: InstrumentShown
    grid: GridShown | None
    occasion: Occasion
    respondent: Respondent
    mode: CompletionMode
    helped_by: tuple[Person, ...]
    seen_by_others: SeenByOthers | None
    items: Mapping[str, int]
    reason: FormReason | None
    referent: Referent | None
    weeks_since: WeeksSince | None
    made_at: datetime
    consent: ConsentShown | None = None


_PLAIN = json.JSONDecoder()
_IN_ORDER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SORTING = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
)


# --- bytes -----------------------------------------------------------------------------------


def canonical_bytes(mapping: Mapping[str, object]) -> bytes:
    """Return the one UTF-8 JSON text of ``mapping``: RFC 8785, restricted to whole numbers.

    Keys are sorted by UTF-16 code units, as JavaScript sorts them, not by code points, as Python
    does; the two differ beyond U+FFFF. Raises ValueError for floats (two languages print them
    differently), integers beyond 2**53-1, keys that are no text, and text that is no Unicode.
    """
    return _IN_ORDER.encode(_ordered(mapping)).encode("utf-8")


def plain_bytes(mapping: Mapping[str, object]) -> bytes:
    """Return what ``canonical_bytes`` does, for what was just put together here.

    Keys are ASCII and every value is text, a whole number that JavaScript holds, true, false, null
    or a mapping of these: the caller has made sure, and nothing here looks again.
    """
    return _SORTING.encode(mapping).encode("utf-8")


def pad(raw: bytes, block: int = BLOCK) -> bytes:
    """Return ``raw`` with spaces up to a multiple of ``block``; a full last block stays as it is.

    JSON allows trailing spaces, so no length has to be written anywhere.
    """
    return raw + b" " * (-len(raw) % block)


def digest(sent: bytes) -> str:
    """Return SHA-256 of the bytes as sent, in hex: sealed bytes, never clear answers."""
    return hashlib.sha256(sent).hexdigest()


def content_digest(sent: bytes) -> str:
    """Return the ``Content-Digest`` header (RFC 9530) of ``sent``."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(sent).digest()).decode('ascii')}:"


def parse_content_digest(header: str) -> str:
    """Return the sha-256 of a ``Content-Digest`` header (RFC 9530) in hex.

    Other algorithms beside it are passed over. Raises ContentDigestUnreadable.
    """
    members = [member.strip().partition("=") for member in header.split(",")]
    values = [value.strip() for name, _, value in members if name.strip() == "sha-256"]
    if len(values) != 1 or not re.fullmatch(r":[A-Za-z0-9+/]{43}=:", values[0]):
        raise ContentDigestUnreadable
    return base64.b64decode(values[0][1:-1], validate=True).hex()


@lru_cache(maxsize=8)  # a batch of answers has one time, asked for again and again
def utc_text(moment: datetime) -> str:
    """Return ``moment`` in UTC to the millisecond, as JavaScript's ``toISOString`` writes it."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    utc = moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _ordered(value: object) -> object:
    """Return ``value`` with every object's keys in UTF-16 order; refuse what has two spellings."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return int(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return [_ordered(entry) for entry in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        ascii_only = all(map(str.isascii, value))  # the two orders are one then, and this is faster
        in_order = sorted(value, key=None if ascii_only else _utf16)
        return {key: _ordered(value[key]) for key in in_order}
    raise ValueError(f"no canonical form for a {type(value).__name__}")


# --- reading ---------------------------------------------------------------------------------


def read(raw: bytes) -> AnswerSet:
    """Return the answer set in ``raw``, the clear padded bytes of an opened envelope.

    Raises EnvelopeUnreadable. The caller still compares ``id`` with the address it was put to
    and ``key_id`` with the key that opened it.
    """
    return read_document(load(raw), raw)


def read_document(document: Mapping[str, object], raw: bytes) -> AnswerSet:
    """Return the answer set in a document that ``load`` gave. Raises EnvelopeUnreadable."""
    number = document.get("format")
    reader = READERS.get(number) if type(number) is int else None
    if reader is None:
        raise EnvelopeUnreadable(EnvelopeFault.UNKNOWN_FORMAT, "format")
    return reader(document, raw)


def as_mapping(value: AnswerSet | EncounterHeader) -> dict[str, object]:
    """Return ``value`` in the shape of its JSON, ready for ``canonical_bytes``."""
    keys = {key: _jsonable(entry) for key, entry in asdict(value).items()}
    if keys.get("format") == 1:  # which knew of no consent
        del keys["consent"]
    return keys


def _jsonable(value: object) -> object:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _jsonable(entry) for key, entry in value.items()}
    return list(value) if isinstance(value, tuple) else value


def load(raw: bytes) -> dict[str, object]:
    """Return the JSON object in ``raw``, strictly. Raises EnvelopeUnreadable."""
    if len(raw) > MAX_CLEAR_BYTES:
        raise EnvelopeUnreadable(EnvelopeFault.TOO_LARGE)
    try:
        # Decoded here, because json itself would also take UTF-16 and UTF-32.
        document = _STRICT.decode(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise EnvelopeUnreadable(EnvelopeFault.NOT_UTF8) from None
    except RecursionError:
        raise EnvelopeUnreadable(EnvelopeFault.TOO_DEEP) from None
    except EnvelopeUnreadable:
        raise
    except ValueError:  # also an integer of thousands of digits
        raise EnvelopeUnreadable(EnvelopeFault.NOT_JSON) from None
    if not isinstance(document, dict):
        raise EnvelopeUnreadable(EnvelopeFault.WRONG_TYPE)
    return document


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise EnvelopeUnreadable(EnvelopeFault.DUPLICATE_KEY)
    return document


def _no_float(_text: str) -> Never:
    raise EnvelopeUnreadable(EnvelopeFault.FLOAT)


_STRICT = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_float=_no_float, parse_constant=_no_float
)


# --- format 1 --------------------------------------------------------------------------------

ENCOUNTER_1: Final[Mapping[str, wire.Check]] = {
    "id": wire.uuid4,
    "team": wire.slug,
    "appointment_type": wire.one_of(AppointmentType),
    "appointment_mode": wire.one_of(AppointmentMode),
    "encounter_on": wire.day,
    "need_group_practitioner": wire.maybe(wire.one_of(NeedGroup)),
    "need_group_young_person": wire.maybe(wire.one_of(NeedGroup)),
    "age_band": wire.maybe(wire.one_of(AgeBand)),
    "people_present": wire.set_of(Person),
    "language": wire.language,
    "interpreter": wire.one_of(Interpreter),
    "study_code": wire.maybe(wire.text(r"[A-Z0-9-]{3,12}")),
    "practitioner": wire.text(r"[A-Za-z0-9_-]{1,64}"),
}
INSTRUMENT_1: Final[Mapping[str, wire.Check]] = {
    "id": wire.slug,
    "version": wire.text(r"[A-Za-z0-9._-]{1,32}"),
    "wording_sha256": wire.sha256,
    "language": wire.language,
}
GRID_1: Final[Mapping[str, wire.Check]] = {
    "public_id": wire.text(r"[a-z0-9]{2,12}"),
    "version": wire.whole(1, wire.LARGEST_COLUMN),
    "sha256": wire.sha256,
}
ANSWER_SET_1: Final[Mapping[str, wire.Check]] = {
    "format": wire.whole(1, 1),
    "id": wire.uuid4,
    "state": wire.one_of(AnswerState),
    "device": wire.uuid4,
    "seq": wire.whole(1, wire.LARGEST_COLUMN),
    "key_id": wire.text(r"[0-9a-f]{16}"),
    "salt": wire.salt,
    "encounter": wire.json_object(ENCOUNTER_1, EncounterHeader),
    "instrument": wire.json_object(INSTRUMENT_1, InstrumentShown),
    "grid": wire.maybe(wire.json_object(GRID_1, GridShown)),
    "occasion": wire.one_of(Occasion),
    "respondent": wire.one_of(Respondent),
    "mode": wire.one_of(CompletionMode),
    "helped_by": wire.set_of(Person),
    "seen_by_others": wire.maybe(wire.one_of(SeenByOthers)),
    "items": wire.items,
    "reason": wire.maybe(wire.one_of(FormReason)),
    "referent": wire.maybe(wire.one_of(Referent)),
    "weeks_since": wire.maybe(wire.one_of(WeeksSince)),
    "made_at": wire.instant,
}
_answer_set_1 = wire.json_object(ANSWER_SET_1, AnswerSet)

# --- format 2: what is sealed for an appointment in a study ------------------------------------

CONSENT_2: Final[Mapping[str, wire.Check]] = {
    "model": wire.one_of(ConsentModel),
    "text_sha256": wire.maybe(wire.sha256),
    "notice_sha256": wire.maybe(wire.sha256),
    "value": wire.maybe(wire.one_of(ConsentChoice)),
    "adult": wire.maybe(wire.one_of(AdultChoice)),
}
ANSWER_SET_2: Final[Mapping[str, wire.Check]] = {
    **ANSWER_SET_1,
    "format": wire.exactly(2),
    "consent": wire.json_object(CONSENT_2, ConsentShown),
}
_answer_set_2 = wire.json_object(ANSWER_SET_2, AnswerSet)


def read_format_1(document: Mapping[str, object], raw: bytes) -> AnswerSet:
    """Return the answer set of a format 1 document; ``raw`` are the bytes it came in.

    Raises EnvelopeUnreadable.
    """
    answers: AnswerSet = read_as(_answer_set_1, document, raw)
    return answers


def read_format_2(document: Mapping[str, object], raw: bytes) -> AnswerSet:
    """Return the answer set of a format 2 document: format 1 and a ``consent``. Raises as it."""
    answers: AnswerSet = read_as(_answer_set_2, document, raw)
    return answers


def read_as(check: wire.Check, document: Mapping[str, object], raw: bytes) -> Any:
    """Return what ``check`` makes of a document; ``raw`` are the padded bytes it came in.

    The bytes are the canonical ones and the padding is there: two spellings of one answer set
    would be two sets to a digest. Raises EnvelopeUnreadable.
    """
    try:
        found = check(document)
    except Refused as refused:
        raise EnvelopeUnreadable(refused.fault, refused.key) from None
    _check_canonical(document, raw)
    return found


def _check_canonical(document: Mapping[str, object], raw: bytes) -> None:
    """Raise EnvelopeUnreadable unless ``raw`` are the canonical bytes of a checked document.

    By now every key is ASCII and every number whole, so the encoder's own order is canonical.
    """
    if pad(_SORTING.encode(document).encode("utf-8")) != raw:
        raise EnvelopeUnreadable(EnvelopeFault.NOT_CANONICAL)


_SPELLED: Final = tuple(
    re.compile(f"{each.pattern} {{0,{BLOCK - 1}}}") for each in (_answer_set_1, _answer_set_2)
)


def read_as_spelled(raw: bytes) -> tuple[dict[str, Any], datetime] | None:
    """Return document and ``made_at`` of a set that ``read`` takes, None for what it refuses.

    A format has one spelling, so one pattern, put together from the reader's own tables, settles
    in a sixth of the time what is valid. What is not goes to ``read``, which says why.
    """
    if len(raw) % BLOCK or len(raw) > MAX_CLEAR_BYTES or not raw.isascii():
        return None
    text = raw.decode("ascii")
    spelled = next(filter(None, (each.fullmatch(text) for each in _SPELLED)), None)
    if spelled is None:
        return None
    document: dict[str, Any] = _PLAIN.decode(text)
    ids = list(document["items"])
    if ids != sorted(ids) or len(ids) != spelled["items"].count(":"):  # out of order, or twice
        return None
    try:
        date.fromisoformat(document["encounter"]["encounter_on"])
        return document, datetime.fromisoformat(document["made_at"])
    except ValueError:
        return None


READERS: Final[Mapping[int, Callable[[Mapping[str, object], bytes], AnswerSet]]] = {
    1: read_format_1,
    2: read_format_2,
}
