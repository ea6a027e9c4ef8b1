"""From appointments to answers that count: the flow diagram, and the rates that it gives.

Counts only. Without a count of eligible appointments there is no response rate (rules of the room
2.8): it is left out, never worked out from something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.missing import FormReason


class Form(StrEnum):
    """What became of one form. Beside these a form ends by a ``FormReason``.

    The first three came back and may serve the study. ``NO_ADULT``: one had to be asked and was not
    there. ``NO_CONSENT``: answers came without the consent that the study demands.
    """

    PRIMARY = "primary"
    COMPLETE_OTHER = "complete_other"
    ITEM_MISSING = "item_missing"
    CONSENT_REFUSED = "consent_refused"
    ADULT_REFUSED = "adult_refused"
    NO_ADULT = "no_adult"
    NO_CONSENT = "no_consent"


#: Those who said no: to the questions, to the study, or for a young person.
REFUSED: tuple[str, ...] = (FormReason.DECLINED, Form.CONSENT_REFUSED, Form.ADULT_REFUSED)


#: Where nobody was asked, nobody refused either.
NOT_ASKED: frozenset[str] = frozenset(
    {
        FormReason.NO_PREVIOUS_APPOINTMENT,
        FormReason.NO_TIME,
        FormReason.NOT_SUITABLE,
        FormReason.NO_FORM_IN_LANGUAGE,
        FormReason.BELOW_AGE,
        FormReason.TECHNICAL,
        Form.NO_ADULT,
    }
)


@dataclass(frozen=True, slots=True)
class Flow:
    """One team, phase and kind of respondent, as counts.

    ``eligible`` is None where nobody counted. ``forms`` maps a ``Form`` or ``FormReason`` to how
    many forms ended so. ``PRIMARY`` are complete and in the primary set: in time, without an
    interpreter, filled in alone.
    """

    eligible: int | None
    appointments: int
    forms: Mapping[str, int] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        """Return how many forms were put before somebody."""
        return sum(count for name, count in self.forms.items() if name not in NOT_ASKED)

    @property
    def complete(self) -> int:
        """Return how many came back with every item, in the primary set or not."""
        return self.forms.get(Form.PRIMARY, 0) + self.forms.get(Form.COMPLETE_OTHER, 0)

    @property
    def refused(self) -> int:
        """Return how often somebody said no: to the questions or to the study."""
        return sum(self.forms.get(name, 0) for name in REFUSED)

    @property
    def response(self) -> float | None:
        """Return complete over eligible, None where nobody counted or fewer were counted.

        Source: response rate 1 of AAPOR Standard Definitions (complete over all eligible).
        """
        if not self.eligible or self.complete > self.eligible:
            return None
        return self.complete / self.eligible

    @property
    def refusal(self) -> float | None:
        """Return refused over asked. Source: refusal rate of AAPOR Standard Definitions."""
        return self.refused / self.asked if self.asked else None

    @property
    def completeness(self) -> float | None:
        """Return complete over asked: those who began and left an item out are not complete."""
        return self.complete / self.asked if self.asked else None


def add_flows(flows: list[Flow]) -> Flow:
    """Add flows up; eligible appointments are unknown together where one of them is."""
    names = {name for flow in flows for name in flow.forms}
    known = [flow.eligible for flow in flows if flow.eligible is not None]
    return Flow(
        sum(known) if known and len(known) == len(flows) else None,
        sum(flow.appointments for flow in flows),
        {name: sum(flow.forms.get(name, 0) for flow in flows) for name in sorted(names)},
    )
