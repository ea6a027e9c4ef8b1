"""What somebody chose to look at, and a week of eligible appointments as it was typed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.services.desk import Wanted

LONGEST = 200


def read_wanted(request: Request) -> Wanted:
    """Return the choice in the address; what is not a choice is passed over."""
    names = ("study", "respondent", "occasion", "mode", "words")
    return Wanted(**{name: request.query_params.get(name, "")[:LONGEST] for name in names})


Chosen = Annotated[Wanted, Depends(read_wanted)]
WEEK = ("team", "week_on", "appointments")
