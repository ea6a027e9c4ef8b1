"""Seeds of second factors: stored under the server's secret, opened to check one code.

Earlier versions stored them in clear. Those are read until the next start, which seals them.
"""

from __future__ import annotations

from typing import Final

from sqlmodel import Session, col, select

from app.adapters.at_rest import is_sealed, open_secret, seal_secret
from app.adapters.keyring import Keyring
from app.db.tables import Staff
from app.services.erasing_bytes import overwrite_what_is_deleted

PURPOSE: Final = "second factor seed"


def seal_seed(seed: str, *, staff_id: str, keyring: Keyring) -> str:
    """Return what is stored of an account's seed."""
    return seal_secret(seed, key=keyring.derive(PURPOSE, staff_id), belongs_to=staff_id)


def open_seed(stored: str, *, staff_id: str, keyring: Keyring) -> str:
    """Return an account's seed. Raises SecretUnreadable."""
    if not is_sealed(stored):
        return stored
    return open_secret(stored, key=keyring.derive(PURPOSE, staff_id), belongs_to=staff_id)


def seal_what_is_in_clear(db: Session, *, keyring: Keyring) -> int:
    """Seal the seeds of earlier versions and return how many there were."""
    overwrite_what_is_deleted(db)
    accounts = db.exec(select(Staff).where(col(Staff.totp_secret).is_not(None))).all()
    in_clear = [each for each in accounts if not is_sealed(str(each.totp_secret))]
    for account in in_clear:
        account.totp_secret = seal_seed(
            str(account.totp_secret), staff_id=account.id, keyring=keyring
        )
    return len(in_clear)
