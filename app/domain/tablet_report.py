"""What a tablet says about itself at a contact. Counts and states, never a word of an answer.

A tablet is out of our hands: whatever it sends is read strictly, and nothing that it says can be
larger, deeper or later than what a real one would say. Keys that are not known are passed over,
so that a newer page may speak to an older service.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Bounded

from app.domain.gaps import MOST_NAMED

MOST_COUNTED: Final = 10_000_000
MOST_RELEASES: Final = 200
#: A dead battery sets a clock to 1970; beyond these years it is no clock, and sums would overflow.
YEARS: Final = range(1970, 2200)


def _in_a_real_year(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError("no year of a clock")
    return value


Count = Annotated[int, Bounded(ge=0, le=MOST_COUNTED)]
Number = Annotated[int, Bounded(ge=1, le=MOST_COUNTED)]
ClockTime = Annotated[AwareDatetime, AfterValidator(_in_a_real_year)]
ReleaseName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,20}/[0-9]{1,5}\z")]
Generation = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,64}\z")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
Build = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{0,64}\z")]
Storage = Literal["persistent", "best_effort", "unknown"]


class Held(BaseModel):
    """What is on the tablet.

    ``waiting`` counts answer sets without a receipt, open ones and those of a rescue file too;
    ``waiting_seqs`` are the tablet's own numbers among them, the lowest first, at most 500;
    ``kept`` counts sealed copies of sets that have arrived; ``last_seq`` is the last number that
    it gave out. ``generation`` is the service's as the tablet last heard it.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")
    waiting: Count
    oldest_waiting_at: ClockTime | None
    kept: Count
    last_seq: Count
    waiting_seqs: Annotated[list[Number], Bounded(max_length=MOST_NAMED)]
    storage: Storage
    releases: Annotated[list[ReleaseName], Bounded(max_length=MOST_RELEASES)]
    generation: Generation | None
    build: Build
    installed: bool


class ContactReport(Held):
    """The whole request: what is held, the device's clock, and which configuration it has."""

    device_time: ClockTime
    config_sha256: Sha256 | None = None


class KnownReport(Held):
    """What is kept of it. ``skew_seconds``: how far the device's clock is ahead of ours."""

    skew_seconds: int

    def differs_from(self, other: KnownReport | None, *, more_than: int) -> bool:
        """Say whether this tells anything new; a clock drifts by seconds all the time."""
        if other is None or abs(self.skew_seconds - other.skew_seconds) > more_than:
            return True
        return self.model_copy(update={"skew_seconds": other.skew_seconds}) != other

    def as_row(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return self.model_dump(mode="json")


def read_report(sent: bytes) -> ContactReport:
    """Return the report in ``sent``. Raises ValueError for anything that is none."""
    return ContactReport.model_validate_json(sent)


def known_from(sent: ContactReport, *, now: datetime) -> KnownReport:
    """Return what is kept of a report that arrived at ``now``."""
    skew = round((sent.device_time - now).total_seconds())
    held = sent.model_dump(include=set(Held.model_fields))
    return KnownReport(**held | {"waiting_seqs": sorted(set(sent.waiting_seqs))}, skew_seconds=skew)


def known_in(row: Mapping[str, Any] | None) -> KnownReport | None:
    """Return the report in a stored row; None where there is none, or no version wrote this one."""
    try:
        return None if row is None else KnownReport.model_validate(row, strict=False)
    except ValueError:
        return None
