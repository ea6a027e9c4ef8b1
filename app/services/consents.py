"""What a study asks before its first question, for whoever shows it, and keeping its words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.content.consent_words import ConsentWords, write_words
from app.db.queries import consents as queries
from app.db.tables import ConsentText
from app.domain.consent import ALONE_FROM, ConsentModel, agreeing, is_asked_for, is_outside_ages
from app.domain.study import Study


def keep_words(db: Session, *, study: Study, now: datetime) -> None:
    """Keep the words of a study that asks; the same words twice are one row.

    Words that come back after others were in use are in use again.
    """
    words = _words_of(study)
    if words is None:
        return
    row = db.get(ConsentText, words.sha256)
    if row is None:
        content = {who: dict(screen) for who, screen in words.screens.items()}
        row = ConsentText(
            sha256=words.sha256,
            study_id=study.id,
            version=words.version,
            language=words.language,
            content=content,
            installed_at=now,
        )
    row.installed_at = now
    db.add(row)
    db.flush()


def consent_of(db: Session, study: Study | None) -> dict[str, Any] | None:
    """Return what a page needs to ask and to seal: None outside any study.

    ``asks`` false: a notice is given and nobody is asked. ``alone_from`` null: no adult is asked.
    ``words`` are those kept with the study; ``language`` is theirs.
    """
    if study is None:
        return None
    row = queries.find_words(db, study.id) if is_asked_for(study.consent) else None
    return {
        "model": study.consent.value,
        "notice_sha256": study.notice_sha256,
        "asks": is_asked_for(study.consent),
        "agree": agreeing(study.consent).value,
        "alone_from": _adult_below(study),
        "ages": None if study.ages is None else list(study.ages),
        "text_sha256": row.sha256 if row else None,
        "language": row.language if row else None,
        "words": dict(row.content) if row else None,
    }


def may_ask(consent: Mapping[str, Any] | None, *, language: str, age_band: str | None) -> bool:
    """Say whether the questions can be put at all: in words of the language, at a study's age.

    ``mayAsk`` in ``static/js/appointment-consent.js`` is the same rule for a tablet.
    """
    if consent is None or not consent["asks"]:
        return True
    if consent["words"] is None or _plain(consent["language"]) != _plain(language):
        return False
    ages = consent["ages"]
    return not is_outside_ages(None if ages is None else (ages[0], ages[1]), age_band)


def can_be_on_paper(study: Study | None) -> bool:
    """Say whether blank forms are printed: a sheet has no place for a consent."""
    return study is None or not is_asked_for(study.consent)


def on_paper(study: Study | None) -> dict[str, Any] | None:
    """Return the ``consent`` of answers that were ticked on paper, where nobody is asked."""
    if study is None:
        return None
    return {
        "model": study.consent.value,
        "text_sha256": None,
        "notice_sha256": study.notice_sha256,
        "value": None,
        "adult": None,
    }


def _words_of(study: Study) -> ConsentWords | None:
    if not is_asked_for(study.consent) or study.about is None:
        return None
    return write_words(
        study_id=study.id,
        about=study.about,
        silence_agrees=study.consent is ConsentModel.OPT_OUT_CARD,
        adult_below=_adult_below(study),
    )


def _adult_below(study: Study) -> int | None:
    if study.consent is not ConsentModel.OPT_IN_YOUNG_PERSON_AND_ADULT_UNDER_16:
        return None
    return study.alone_from or ALONE_FROM


def _plain(language: str) -> str:
    return language.split("-", maxsplit=1)[0].lower()
