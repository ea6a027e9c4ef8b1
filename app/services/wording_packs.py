"""Installing wording packs: the words of an instrument, with the right to use them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from app.content.instrument import Problem, WordingPack, read_wording_pack
from app.db.queries import instruments as queries
from app.db.tables import InstalledPack
from app.errors import AppError
from app.services import audit
from app.services.audit import AuditKind


class WordingPackRefused(AppError):
    """The file is no complete pack; ``problems`` say why, by file and line."""

    status = 422
    key = "wording_pack_refused"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(count=len(problems))
        self.problems = tuple(problems)


class WordingVersionTaken(AppError):
    """Other words are installed under this version: words never change, versions do."""

    status = 409
    key = "wording_version_taken"


def install_pack(
    db: Session,
    *,
    raw: bytes,
    name: str,
    confirmed_by: str | None = None,
    by: str = audit.SYSTEM,
    now: datetime,
) -> InstalledPack:
    """Store a pack for good; the same words twice are one pack.

    ``name`` is the file's, for the problems; ``confirmed_by`` is who installs it on the ground of
    the licence, the pack's own confirmer when left out; ``by`` is the account for the audit log.
    Raises WordingPackRefused and WordingVersionTaken.
    """
    pack = read_wording_pack(raw, name)
    if not isinstance(pack, WordingPack):
        raise WordingPackRefused(pack)
    installed = db.get(InstalledPack, pack.sha256)
    if installed is not None:
        return installed
    if queries.find_pack(
        db, instrument_id=pack.instrument, version=pack.version, language=pack.language
    ):
        raise WordingVersionTaken
    return _store(db, pack, confirmed_by=confirmed_by or pack.confirmed_by, by=by, now=now)


def _store(
    db: Session, pack: WordingPack, *, confirmed_by: str, by: str, now: datetime
) -> InstalledPack:
    row = InstalledPack(
        sha256=pack.sha256,
        instrument_id=pack.instrument,
        version=pack.version,
        language=pack.language,
        content=json.loads(pack.canonical()),
        installed_by=confirmed_by,
        installed_at=now,
    )
    db.add(row)
    details = {
        "instrument": pack.instrument,
        "version": pack.version,
        "language": pack.language,
    }
    audit.record(
        db,
        kind=AuditKind.WORDING_PACK_INSTALLED,
        actor=by,
        subject=pack.sha256,
        details=details,
        now=now,
    )
    return row
