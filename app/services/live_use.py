"""Going live and going back to practice: the only way in which the mode changes.

Nobody writes the mode beside this: the checks run in the transaction that changes it, so that
what they looked at still holds when families are let in. A service that is live stays so when a
check fails later, for the help strip must not go away at night because a date has passed;
``grids doctor --live`` and each start say what fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, func, select

from app.db.queries.staff import proves_more
from app.db.tables import ServiceSetting, Staff
from app.domain.access import Role
from app.domain.live_use import Confirmed, LiveCheck, LiveFacts, Word, are_fit, find_failing
from app.services import audit, instruments, service_mode

WORDS: Final = "live_confirmations"
PROVEN_ON: Final = "backup_key_proven_on"


class WordsUnfit(ValueError):
    """What was said is empty, too long or more than one line."""


def confirm(
    db: Session, *, what: Confirmed, words: str, by: str, now: datetime, today: date
) -> None:
    """Keep somebody's word; a later one takes the place of an earlier. Raises WordsUnfit.

    Whoever is named is staff of this service; the audit log has the hash alone.
    """
    if not are_fit(words):
        raise WordsUnfit
    kept = {key.value: [word.words, word.on.isoformat()] for key, word in read_words(db).items()}
    kept[what.value] = [words.strip(), today.isoformat()]
    service_mode.set_setting(db, WORDS, kept)
    digest = hashlib.sha256(words.strip().encode()).hexdigest()
    kind, details = audit.AuditKind.SETTINGS_CHANGED, {"value_sha256": digest}
    audit.record(db, kind=kind, actor=by, subject=what.value, details=details, now=now)


def read_words(db: Session) -> Mapping[Confirmed, Word]:
    """Return what was said of what no program can see."""
    row = db.get(ServiceSetting, WORDS)
    kept = row.value if row is not None else {}
    return {
        Confirmed(key): Word(words, date.fromisoformat(on)) for key, (words, on) in kept.items()
    }


def read_facts(db: Session) -> LiveFacts:
    """Return what the checks look at, as it is in this transaction."""
    state = service_mode.load_state(db)
    proven = db.get(ServiceSetting, PROVEN_ON)
    can_sign_in = (col(Staff.disabled_at).is_(None), col(Staff.password_hash).is_not(None))
    people = db.exec(select(Staff.roles).where(*can_sign_in)).all()
    without = select(func.count()).select_from(Staff).where(*can_sign_in)
    return LiveFacts(
        demo=state.demo,
        words=read_words(db),
        crisis_number=state.local_crisis_number,
        crisis_number_on=_day(state.local_crisis_number_on),
        wording_packs=len(instruments.instruments_in_use(db, mode="live")),
        administrators=sum(Role.ADMINISTRATOR.value in roles for roles in people),
        without_second_factor=db.exec(without.where(~proves_more())).one(),
        backup_key_proven=proven is not None and bool(proven.value),
    )


def start_live(db: Session, *, by: str, now: datetime, today: date) -> tuple[LiveCheck, ...]:
    """Let families in, unless something fails; return what fails."""
    failing = find_failing(read_facts(db), today=today)
    if not failing:
        _change(db, "live", by=by, now=now)
    return failing


def stop_live(db: Session, *, by: str, now: datetime) -> None:
    """Go back to practice. Nothing that families left is touched."""
    _change(db, "training", by=by, now=now)


def _change(db: Session, mode: str, *, by: str, now: datetime) -> None:
    before = service_mode.load_state(db).mode
    if before == mode:
        return
    service_mode.write_mode(db, mode)
    details: dict[str, audit.Detail] = {"mode_before": before, "mode": mode}
    kind = audit.AuditKind.SERVICE_MODE_CHANGED
    audit.record(db, kind=kind, actor=by, subject="service", details=details, now=now)


def _day(stored: str) -> date | None:
    return date.fromisoformat(stored) if stored else None
