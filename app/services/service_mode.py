"""What the service is: a row of the database, so that it cannot be changed by a flag alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlmodel import Session

from app.db.tables import ServiceSetting

DEFAULTS = {
    "mode": "training",
    "demo": False,
    "local_crisis_number": "",
    "local_crisis_number_on": "",
    "sensitive_grids_on": False,
    "personal_budgets_on": False,
    "own_phone_links": False,
    "exposure_counts_on": True,
    "second_profile_wording_on": False,
    "course_ratings_on": False,
    "second_instrument_on": False,
    "feedback_on": False,
    "feedback_reader": "",
    "feedback_days": 0,
    "feedback_path": "",
}


@dataclass(frozen=True)
class ServiceState:
    """``mode`` is training or live; ``generation`` changes when a backup is restored.

    ``local_crisis_number_on`` is the day on which somebody saved the number, after ringing it.
    ``sensitive_grids_on`` is the site's switch for grids that are off until somebody here
    answers for them; ``personal_budgets_on`` whether grids end with the words on personal budgets;
    ``own_phone_links`` whether families may be given a link to answer on their own phone;
    ``exposure_counts_on`` whether appointments count what was opened of a grid;
    ``second_profile_wording_on`` whether the profile offers its questions in a second wording;
    ``course_ratings_on`` whether people who work here are asked about courses on the grids;
    ``second_instrument_on`` whether families outside any study are asked SURE after the first
    questions; inside one the study says so.
    ``feedback_on`` whether people may write what is missing on a grid; ``feedback_reader`` is the
    account that reads it at least every ``feedback_days`` days, ``feedback_path`` what that person
    does when somebody may not be safe.
    """

    mode: str = "training"
    demo: bool = False
    local_crisis_number: str = ""
    local_crisis_number_on: str = ""
    sensitive_grids_on: bool = False
    personal_budgets_on: bool = False
    own_phone_links: bool = False
    exposure_counts_on: bool = True
    second_profile_wording_on: bool = False
    course_ratings_on: bool = False
    second_instrument_on: bool = False
    feedback_on: bool = False
    feedback_reader: str = ""
    feedback_days: int = 0
    feedback_path: str = ""
    generation: str = ""


def load_state(db: Session) -> ServiceState:
    """Return the state, writing the defaults at the very first start."""
    for key, value in (DEFAULTS | {"generation": secrets.token_hex(8)}).items():
        if db.get(ServiceSetting, key) is None:
            db.add(ServiceSetting(key=key, value=value))
    db.flush()
    names = (*DEFAULTS, "generation")
    return ServiceState(**{name: db.get_one(ServiceSetting, name).value for name in names})


def set_setting(db: Session, key: str, value: object) -> None:
    """Write one setting; the mode has a way of its own (``app.services.live_use``)."""
    if key == "mode":
        raise ValueError("the mode changes only after the checks of live use")
    _write(db, key, value)


def write_mode(db: Session, mode: str) -> None:
    """Write the mode. Called by ``app.services.live_use`` alone, after its checks."""
    _write(db, "mode", mode)


def _write(db: Session, key: str, value: object) -> None:
    row = db.get(ServiceSetting, key)
    if row is None:
        db.add(ServiceSetting(key=key, value=value))
    else:
        row.value = value
