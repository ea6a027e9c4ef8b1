"""An enrolled tablet: why it may be revoked, how long what it holds may be used.

Rules: contract ("tablet", "offline"), rules of the room 3.7 (content lease).
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

#: How long after its last contact a tablet may still offer grids; help and paper always.
LEASE: Final = timedelta(days=7)
#: The same for grids that are off until a site switches them on.
SENSITIVE_LEASE: Final = timedelta(hours=24)
#: How long a tablet keeps a sealed copy after the receipt, for a server that lost its last day.
GRACE: Final = timedelta(days=14)


class RevokeReason(StrEnum):
    """Why a tablet may no longer write. A closed list: no story about who lost it."""

    LOST = "lost"
    STOLEN = "stolen"
    REPLACED = "replaced"
    ENROLLED_BY_MISTAKE = "enrolled_by_mistake"
