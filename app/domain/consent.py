"""What a family was asked about a study, what it said, and whether an answer may serve the study.

Rules of the room 2.4: only answers with the consent that their study demands enter its rows and
its results. A refusal asks nothing further: an answer that nobody may use is not collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from app.domain.missing import is_missing
from app.domain.own_answer import may_report_themselves
from app.domain.vocabulary import Respondent

#: The age at which a young person agrees alone, where the study file names no other.
ALONE_FROM: Final = 16
#: Ages at which an age band begins: between them a band would hold people of both kinds.
ALONE_AGES: Final = (12, 14, 16, 18)


class ConsentModel(StrEnum):
    """How a family agrees to its answers being used."""

    NOTICE_ONLY = "notice_only"
    OPT_IN_YOUNG_PERSON = "opt_in_young_person"
    OPT_IN_YOUNG_PERSON_AND_ADULT_UNDER_16 = "opt_in_young_person_and_adult_under_16"
    OPT_OUT_CARD = "opt_out_card"


class ConsentChoice(StrEnum):
    """The respondent's own word. ``NO_OBJECTION`` exists only where a study takes silence."""

    GIVEN = "given"
    REFUSED = "refused"
    NO_OBJECTION = "no_objection"


class AdultChoice(StrEnum):
    """The word of an adult who looks after a young person, where one is needed."""

    GIVEN = "given"
    REFUSED = "refused"
    NOT_THERE = "not_there"


def is_asked_for(model: ConsentModel) -> bool:
    """Say whether a respondent is asked before the first question."""
    return model is not ConsentModel.NOTICE_ONLY


def agreeing(model: ConsentModel) -> ConsentChoice:
    """Return the word that lets an answer serve a study of this model."""
    silent = model is ConsentModel.OPT_OUT_CARD
    return ConsentChoice.NO_OBJECTION if silent else ConsentChoice.GIVEN


def needs_adult(
    model: ConsentModel, *, respondent: str, age_band: str | None, alone_from: int | None
) -> bool:
    """Say whether an adult is asked as well, before the young person.

    An age that nobody wrote down counts as too young to agree alone. ``static/js/
    appointment-consent.js`` holds the same rule.
    """
    if model is not ConsentModel.OPT_IN_YOUNG_PERSON_AND_ADULT_UNDER_16:
        return False
    young = age_band is None or not may_report_themselves(age_band, alone_from or ALONE_FROM)
    return respondent == Respondent.YOUNG_PERSON and young


def suffices(
    study: Mapping[str, Any] | None, given: Mapping[str, Any] | None, document: Mapping[str, Any]
) -> bool:
    """Say whether an answer may serve its study.

    ``study`` is the study's document, None outside any; ``given`` is the ``consent`` of the
    answer set ``document``, None in an older format or where no study was known.
    """
    model = ConsentModel(study["consent"]) if study is not None else ConsentModel.NOTICE_ONLY
    if study is None or not is_asked_for(model):
        return True
    if given is None or given["model"] != model or given["value"] != agreeing(model):
        return False
    band, respondent = document["encounter"]["age_band"], document["respondent"]
    alone = study.get("alone_from")
    if not needs_adult(model, respondent=respondent, age_band=band, alone_from=alone):
        return True
    return bool(given["adult"] == AdultChoice.GIVEN)


def find_contradictions(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of what cannot be true together; a set without consent has none."""
    given = document.get("consent")
    if not isinstance(given, Mapping):
        return
    model, value, adult = given["model"], given["value"], given["adult"]
    asked = is_asked_for(ConsentModel(model))
    if (value is not None or adult is not None) and not asked:
        yield "consent.not_asked_for"
    if asked and given["text_sha256"] is None:
        yield "consent.without_words"
    if value == ConsentChoice.NO_OBJECTION and model != ConsentModel.OPT_OUT_CARD:
        yield "consent.silence_is_no_consent"
    refused = value == ConsentChoice.REFUSED or adult in {
        AdultChoice.REFUSED,
        AdultChoice.NOT_THERE,
    }
    if refused and any(not is_missing(answer) for answer in document["items"].values()):
        yield "consent.contradicts_answers"


def is_outside_ages(ages: tuple[int, int] | None, age_band: str | None) -> bool:
    """Say whether nobody of an age band is of the ages of a study; an unknown age is inside."""
    if ages is None or age_band is None:
        return False
    first, _, last = age_band.rstrip("+").partition("-")
    return int(first) > ages[1] or (last != "" and int(last) < ages[0])
