"""Forms on paper: which may be printed for an appointment, and which one lies on the desk.

Nothing is stored when a form is printed. What its number and its four words are follows from the
server's secret, so that a sheet is known again when it comes back.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db.queries import encounters as encounter_queries
from app.db.queries import handovers
from app.db.queries.encounters import EncounterDetail
from app.documents import blank_form
from app.documents.blank_form import BlankForm, Slip
from app.domain.access import Viewer
from app.domain.capture import normalise_short_code
from app.domain.encounter import EncounterState
from app.domain.own_answer import may_report_themselves
from app.domain.paper_form import HALF_BITS, FormKind, find_kind, read_number, write_number
from app.domain.vocabulary import Respondent
from app.domain.withdrawal_code import SALT_BYTES, words_of
from app.errors import NotFound
from app.services import consents, instruments, studies
from app.services.instruments import PublicInstrument
from app.services.refusals import Refused


@dataclass(frozen=True, slots=True)
class FormChoice:
    """A form that can be printed: whose it is, and about which appointment."""

    respondent: str
    occasion: str


@dataclass(frozen=True, slots=True)
class FoundForm:
    """A form that came back: what it is, and the words that it was printed with."""

    kind: FormKind
    code: str
    number: str
    shown: PublicInstrument


def list_choices(db: Session, encounter: EncounterDetail, *, mode: str) -> tuple[FormChoice, ...]:
    """Return the forms that this appointment asks for, as a tablet would ask. None without words.

    An appointment that does not count, or whose code is forgotten, asks nobody any more.
    """
    if encounter.state == EncounterState.VOIDED or not encounter.entry.code:
        return ()
    study = studies.phase_for(db, team_id=encounter.entry.team_id, on=encounter.entry.encounter_on)
    shown = _current(db, encounter, study.instrument_id, mode)
    # A sheet has no place for a consent: where the study asks for one, nobody is asked on paper.
    if shown is None or not consents.can_be_on_paper(study.document):
        return ()
    return tuple(
        FormChoice(respondent, occasion)
        for occasion in shown.occasions(study.occasions)
        for respondent in shown.respondents
        if shown.words.offers(respondent, occasion) and _is_asked(encounter, respondent, shown)
    )


def draw_form(
    db: Session,
    *,
    encounter: EncounterDetail,
    choice: FormChoice,
    mode: str,
    keyring: Keyring,
    made_on: date,
) -> BlankForm:
    """Return a sheet with a number of its own. Raises NotFound for one that is not asked for."""
    if choice not in list_choices(db, encounter, mode=mode):
        raise NotFound
    study = studies.phase_for(db, team_id=encounter.entry.team_id, on=encounter.entry.encounter_on)
    shown = _current(db, encounter, study.instrument_id, mode)
    assert shown is not None  # there are no choices without it
    kind = FormKind(encounter.id, choice.respondent, choice.occasion, shown.sha256)
    number = write_number(secrets.randbits(HALF_BITS), _check(keyring, kind))
    words = words_of(salt_of(keyring, kind, number))
    return blank_form.build(
        shown.words,
        shown.instrument.scale,
        respondent=choice.respondent,
        occasion=choice.occasion,
        slip=Slip(encounter.entry.code, number, words),
        is_practice=shown.is_practice,
        made_on=made_on,
    )


def find_form(
    db: Session, *, code: str, number: str, mode: str, by: Viewer, keyring: Keyring
) -> FoundForm | Refused:
    """Return the form with this number, printed for the appointment with this code.

    Codes of other teams are unknown. Wordings that were retired since are known: they were asked.
    """
    plain, read = normalise_short_code(code), read_number(number)
    row = handovers.find_by_code(db, by, plain) if plain else None
    if row is None:
        return Refused({"code": "code_unknown"})
    if row.state == EncounterState.VOIDED:
        return Refused({"code": "code_not_counted"})
    known = {each.sha256: each for each in instruments.list_instruments(db, mode=mode)}
    checks = {kind: _check(keyring, kind) for kind in _kinds(row.id, known.values())}
    kind = find_kind(read, checks) if read else None
    if kind is None or read is None:
        return Refused({"number": "number_unknown"})
    return FoundForm(kind, plain or "", read, known[kind.wording_sha256])


def find_same_form(
    db: Session, *, encounter_id: str, number: str, mode: str, by: Viewer, keyring: Keyring
) -> FoundForm:
    """Return a form that ``find_form`` found before, asked for by address. Raises NotFound."""
    encounter = encounter_queries.get(db, by, encounter_id)
    found = find_form(
        db, code=encounter.entry.code, number=number, mode=mode, by=by, keyring=keyring
    )
    if isinstance(found, Refused):
        raise NotFound
    return found


def salt_of(keyring: Keyring, kind: FormKind, number: str) -> bytes:
    """Return the salt of the answers on this sheet, from which its four words follow.

    Nobody without the server's secret can tell it from chance; the digest of an answer set is over
    sealed bytes, which are never the same twice.
    """
    return keyring.derive("paper form salt", f"{kind.subject} {number}")[:SALT_BYTES]


def _check(keyring: Keyring, kind: FormKind) -> bytes:
    return keyring.derive("paper form", kind.subject)


def _kinds(encounter_id: str, known: Iterable[PublicInstrument]) -> list[FormKind]:
    return [
        FormKind(encounter_id, respondent, occasion, each.sha256)
        for each in known
        for respondent in each.respondents
        for occasion in each.instrument.occasions
    ]


def _current(
    db: Session, encounter: EncounterDetail, instrument_id: str | None, mode: str
) -> PublicInstrument | None:
    return instruments.current_instrument(
        db, mode=mode, language=encounter.language, instrument_id=instrument_id
    )


def _is_asked(encounter: EncounterDetail, respondent: str, shown: PublicInstrument) -> bool:
    minimum = shown.words.minimum_age_self_report
    return respondent != Respondent.YOUNG_PERSON or may_report_themselves(
        encounter.age_band, minimum
    )
