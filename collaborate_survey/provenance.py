"""Where each rule of this package comes from, as records that a codebook can print.

``standing`` is ``confirmed`` (read in the source), ``abstract`` (only the abstract was read) or
``ours`` (this project's inference or choice).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Provenance:
    """One rule, what it says, and who says so."""

    rule: str
    says: str
    source: str
    url: str | None
    standing: str


_SCORING: Final = ("Scoring CollaboRATE", "http://www.glynelwyn.com/scoring-collaborate.html")
_BARR_2017: Final = (
    "Barr et al. Evaluating CollaboRATE in a clinical setting, 2017",
    "https://pmc.ncbi.nlm.nih.gov/articles/PMC5372080",
)
_FORCINO: Final = ("Forcino et al. collaboRATE's group-level reliability, 2019", None)
_FAQ: Final = ("CollaboRATE FAQ", "https://www.glynelwyn.com/faqs---considerate.html")
_PHENX: Final = (
    "PhenX protocol 662301",
    "https://phenxtoolkit.org/protocols/view/662301",
)
_SURE: Final = ("Légaré et al. Are you SURE?, 2010", "https://www.cfp.ca/content/56/8/e308")
_OURS: Final = ("This project", None)

PROVENANCE: Final = (
    Provenance(
        "CS-ITEMS", "Three items about effort, in the order explain, listen, include; "
        "the ends of the 0-9 scale are no effort and every effort.", *_BARR_2017, "confirmed",
    ),
    Provenance("CS-SCALE-4", "A version with five labels, 0 to 4, exists.", *_PHENX, "confirmed"),
    Provenance(
        "CS-MISSING", "A response with one or more missing items is dropped, for both scores; "
        "nothing is filled in.", *_SCORING, "confirmed",
    ),
    Provenance(
        "CS-TOP", "Top score: 1 if all three items are 9, else 0; the score is 100 times the "
        "share of ones. The developers recommend it.", *_SCORING, "confirmed",
    ),
    Provenance("CS-TOP-4", "Top score of the 0-4 version: all three items are 4.", *_OURS, "ours"),
    Provenance(
        "CS-MEAN", "Mean score: the mean of the three items of a response, then the mean over "
        "responses. The range is always named, as some papers report 0-100.",
        *_SCORING, "confirmed",
    ),
    Provenance(
        "CS-PERCENT", "0-100 form: 100 times the sum of the items over its largest possible "
        "value (27 or 12).", *_OURS, "ours",
    ),
    Provenance(
        "CS-POOL", "Answers of the 0-9 and the 0-4 version, or of two versions of the wording, "
        "are never put together.", *_OURS, "ours",
    ),
    Provenance(
        "CS-MIN-25", "Report only from 25 complete encounters on.", *_SCORING, "confirmed",
    ),
    Provenance(
        "CS-RANK-190", "Scores of a provider group are reliable only from 190 reports on.",
        *_FORCINO, "abstract",
    ),
    Provenance(
        "CS-TIERS", "Under 25 nothing is shown; from 25 to 189 the share is shown with its "
        "interval and not for ranking.", *_OURS, "ours",
    ),
    Provenance(
        "CS-CEILING", "Many people give the highest answer to everything; the distribution is "
        "shown beside the top score, never a mean alone.", *_OURS, "ours",
    ),
    Provenance(
        "CS-LICENCE", "The wording is CC BY-NC-ND 3.0 and must not be altered; which licence "
        "version holds today has to be checked by the site.", *_FAQ, "confirmed",
    ),
    Provenance(
        "SU-ITEMS", "SURE: four yes-or-no items, in the order sure of the choice, understanding, "
        "risk-benefit ratio, encouragement.", *_SURE, "confirmed",
    ),
    Provenance("SU-SCORE", "SURE: 1 for each yes, 0 to 4.", *_SURE, "confirmed"),
    Provenance(
        "SU-CUT", "SURE: 3 or less may mean decisional conflict. From adults; nothing is known "
        "for families in child mental health.", *_SURE, "confirmed",
    ),
    Provenance(
        "SU-MISSING", "SURE: a form with one or more missing items has no count; nothing is "
        "filled in.", *_OURS, "ours",
    ),
    Provenance(
        "SU-LICENCE", "SURE: under which licence its words stand is not known here; the site that "
        "installs them says so in its wording pack.", *_OURS, "ours",
    ),
)  # fmt: skip

RULES: Final[dict[str, Provenance]] = {entry.rule: entry for entry in PROVENANCE}
