"""Who is asked for an answer of their own.

``static/js/appointment-steps.js`` holds the same rule for the tablet.
"""

from __future__ import annotations


def may_report_themselves(age_band: str | None, minimum_age: int) -> bool:
    """Say whether a child of this age band is asked, given the pack's minimum age in years.

    A band counts by its last year, and not knowing the age asks (rules of the room 1.13): whoever
    is in the room knows better than a form that was left empty.
    """
    if age_band is None or not age_band[-1].isdigit():  # "18+" has no last year
        return True
    return int(age_band.rpartition("-")[2]) >= minimum_age
