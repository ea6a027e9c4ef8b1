"""CollaboRATE: structure, scoring and the source of every rule. Pure; knows nothing of the app.

The official sentences are not here and must not be added (``provenance``, CS-LICENCE): a site
installs them as a wording pack, see ``docs/wording-pack.md``.
"""

from __future__ import annotations

from collaborate_survey.provenance import PROVENANCE, RULES, Provenance
from collaborate_survey.scoring import (
    Counts,
    MixedInstruments,
    Reporting,
    Response,
    Scores,
    mean_score,
    percent,
    report,
    score_counts,
    score_many,
    top_score,
)
from collaborate_survey.slices import Distribution, Slice, distribute, score_slices
from collaborate_survey.structure import COLLABORATE_0_4, COLLABORATE_0_9, INSTRUMENTS, Structure
from collaborate_survey.sure import SURE, SureCounts, count_group, count_yes

__all__ = [
    "COLLABORATE_0_4",
    "COLLABORATE_0_9",
    "INSTRUMENTS",
    "PROVENANCE",
    "RULES",
    "SURE",
    "Counts",
    "Distribution",
    "MixedInstruments",
    "Provenance",
    "Reporting",
    "Response",
    "Scores",
    "Slice",
    "Structure",
    "SureCounts",
    "count_group",
    "count_yes",
    "distribute",
    "mean_score",
    "percent",
    "report",
    "score_counts",
    "score_many",
    "score_slices",
    "top_score",
]
