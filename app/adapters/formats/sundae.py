"""The SUNDAE fact sheet: what of the 26 reporting items the export itself can tell.

SUNDAE: Sepucha and others, BMJ Quality and Safety 2018. Items that only the study's own people can
write are named as open, so that nobody takes silence for an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

NAME: Final = "sundae.md"
#: (items, what they ask for, where the answer is or None where the study has to write it)
ITEMS: Final = (
    ("SU-1 to SU-6", "Name in the abstract, outcomes, decision, users, need, purpose", None),
    ("SU-7", "How the aid was developed and tested", None),
    ("SU-8", "Name, version, access", "grids"),
    ("SU-9, SU-10", "Formats, and the options shown", "`mode` in the answer sets; `picked` and "
     "`shown` in exposure.csv"),
    ("SU-11, SU-12", "Components of the aid", "the grid snapshots under grids/"),
    ("SU-13", "How it was delivered", "`appointment_type`, `appointment_mode`, `people_present`, "
     "`helped_by`, `interpreter` in the answer sets"),
    ("SU-14", "Fidelity", "exposure.csv: rows opened and a band of minutes for each appointment"),
    ("SU-15, SU-16", "Process evaluation, theory", None),
    ("SU-17, SU-18", "Measures, versions, scoring", "measure"),
    ("SU-19, SU-20", "Users' literacy and experience, professionals' training", None),
    ("SU-21 to SU-23", "Use, how it worked, unintended effects", None),
    ("SU-24 to SU-26", "Reading of the results, implications, authors' stake in the aid", None),
)  # fmt: skip


def sundae_sheet(about: Mapping[str, Any], grids: Iterable[tuple[str, int, str]]) -> str:
    """Return the sheet. ``about``: the manifest; ``grids``: public id, release, hash."""
    told = {
        "grids": "; ".join(f"{g} release {n} ({sha[:16]})" for g, n, sha in grids) or "no grid",
        "measure": f"{about['instrument_id']}, scale {about['scale'][0]}-{about['scale'][1]}; "
        "top score: every item at the maximum; not scored with an item missing",
    }
    lines = [f"| {items} | {asks} | {_told(where, told)} |" for items, asks, where in ITEMS]
    head = [
        f"# SUNDAE fact sheet of export {about['export_id']}",
        "",
        *([f"**{about['notice']}**", ""] if about["notice"] else []),
        f"{about['responses']} answer sets of {about['appointments']} appointments.",
        "",
        "| items | what a report says | from this export |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *lines]) + "\n"


def write_sundae(
    about: Mapping[str, Any], grids: Iterable[tuple[str, int, str]], folder: Path
) -> None:
    """Write the sheet."""
    (folder / NAME).write_text(sundae_sheet(about, grids), encoding="utf-8")


def _told(where: str | None, told: Mapping[str, str]) -> str:
    return "*the study writes this*" if where is None else told.get(where, where)
