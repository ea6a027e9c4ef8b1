"""Reading the words in which studies ask for consent."""

from __future__ import annotations

from sqlmodel import Session, col, select

from app.db.tables import ConsentText


def find_words(db: Session, study_id: str) -> ConsentText | None:
    """Return the words that a study asks with now: those of its last installing or amending."""
    newest = (col(ConsentText.installed_at).desc(), ConsentText.sha256)
    query = select(ConsentText).where(ConsentText.study_id == study_id)
    return db.exec(query.order_by(*newest).limit(1)).first()
