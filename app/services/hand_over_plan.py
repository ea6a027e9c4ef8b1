"""What the appointment page is told once, when a hand-over begins. Nothing in it names anybody."""

from __future__ import annotations

import base64
from typing import Any, Final

from sqlmodel import Session

from app.adapters.keyring import Keyring
from app.db.tables import Encounter, Handover
from app.domain.envelope import utc_text
from app.domain.handover import IDLE_SECONDS
from app.domain.vocabulary import Occasion, Respondent
from app.services import consents, instruments, local_offers, studies
from app.services.arrivals import receipt_key

FIRST_SEQ: Final = 1


def appointment_plan(db: Session, encounter: Encounter, *, mode: str) -> dict[str, Any]:
    """Return what this appointment asks and shows, from its study, the packs and its grid."""
    study = studies.phase_for(db, team_id=encounter.team_id, on=encounter.encounter_on)
    instrument = instruments.current_instrument(
        db, mode=mode, language=encounter.language, instrument_id=study.instrument_id
    )
    second = None
    if instruments.asks_second(db, study.document):
        second = instruments.second_instrument(db, language=encounter.language)
    consent = consents.consent_of(db, study.document)
    band, language = encounter.age_band, encounter.language
    if not consents.may_ask(consent, language=language, age_band=band):
        instrument = second = None
    respondents = instrument.respondents if instrument else tuple(Respondent)
    occasions = instrument.occasions(study.occasions) if instrument else (Occasion.AFTER,)
    return {
        "encounter": {**encounter.header, "code": encounter.code},
        "phase": encounter.phase,
        "occasions": list(occasions),
        "instrument": instrument.as_json() if instrument else None,
        "second": second.as_json() if second else None,
        "consent": consent,
        "grid": _grid(encounter),
        "local": _about_here(db, encounter),
        "respondents": list(respondents),
        "idle": dict(IDLE_SECONDS),
    }


def _about_here(db: Session, encounter: Encounter) -> dict[str, dict[str, Any]]:
    """Say by option what is offered here, as it stood on the day of the appointment."""
    if encounter.grid_public_id is None:
        return {}
    return local_offers.about_here(
        db,
        public_id=encounter.grid_public_id,
        team_id=encounter.team_id,
        today=encounter.encounter_on,
    )


def device_secrets(handover: Handover, keyring: Keyring, *, token: str) -> dict[str, Any]:
    """Return what lets this device write and check receipts, and nothing else."""
    key = keyring.current
    public = base64.urlsafe_b64encode(key.public_point).decode().rstrip("=")
    return {
        "token": token,
        "receipt_key": receipt_key(keyring, handover.device).hex(),
        "device": handover.device,
        "next_seq": FIRST_SEQ,
        "key": {"id": key.key_id.hex(), "public": public},
        "expires_at": utc_text(handover.expires_at),
    }


def _grid(encounter: Encounter) -> dict[str, Any] | None:
    if encounter.grid_public_id is None:
        return None
    return {
        "public_id": encounter.grid_public_id,
        "version": encounter.grid_version,
        "sha256": encounter.grid_sha256,
        "picked": list(encounter.picked),
    }
