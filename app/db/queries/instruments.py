"""Reading wording packs."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session, col, select

from app.db.tables import InstalledPack


def list_packs(db: Session) -> tuple[InstalledPack, ...]:
    """Return every pack, the newest first; retired ones too: responses point at them."""
    query = select(InstalledPack).order_by(
        col(InstalledPack.installed_at).desc(), col(InstalledPack.sha256)
    )
    return tuple(db.exec(query).all())


def find_pack(
    db: Session, *, instrument_id: str, version: str, language: str
) -> InstalledPack | None:
    """Return the pack of one version in one language, or None."""
    return db.exec(
        select(InstalledPack).where(
            InstalledPack.instrument_id == instrument_id,
            InstalledPack.version == version,
            InstalledPack.language == language,
        )
    ).one_or_none()


def list_packs_in_use(db: Session, instrument_ids: Collection[str]) -> tuple[InstalledPack, ...]:
    """Return the packs of these instruments that are not retired, the newest first."""
    query = (
        select(InstalledPack)
        .where(col(InstalledPack.instrument_id).in_(instrument_ids))
        .where(col(InstalledPack.retired_at).is_(None))
        .order_by(col(InstalledPack.installed_at).desc(), col(InstalledPack.sha256))
    )
    return tuple(db.exec(query).all())
