"""The closed lists of an answer set and of an encounter header.

One enum per list; the values are the stored ones and never change their meaning. A value that is
not here is refused, so that research never meets a spelling nobody chose.
"""

from __future__ import annotations

from enum import StrEnum


class NeedGroup(StrEnum):
    """The five THRIVE groups; never mapped to the 19 groups of the MHSDS."""

    THRIVING = "thriving"
    ADVICE = "advice"
    HELP = "help"
    MORE_HELP = "more_help"
    RISK_SUPPORT = "risk_support"


class AgeBand(StrEnum):
    """Typed by staff. It informs and never hides an option by computation."""

    UNDER_5 = "0-4"
    FROM_5 = "5-7"
    FROM_8 = "8-11"
    FROM_12 = "12-13"
    FROM_14 = "14-15"
    FROM_16 = "16-17"
    ADULT = "18+"


class AppointmentType(StrEnum):
    """What the appointment was for."""

    FIRST = "first"
    ASSESSMENT = "assessment"
    TREATMENT = "treatment"
    REVIEW = "review"


class AppointmentMode(StrEnum):
    """How people met; a panel meets without the family."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    VIDEO = "video"
    PANEL = "panel"


class Person(StrEnum):
    """A role in the room, for people present and for who helped with the answers."""

    YOUNG_PERSON = "young_person"
    PARENT = "parent"
    STEP_PARENT = "step_parent"
    KINSHIP_CARER = "kinship_carer"
    FOSTER_CARER = "foster_carer"
    RESIDENTIAL_WORKER = "residential_worker"
    SOCIAL_WORKER = "social_worker"
    ADVOCATE = "advocate"
    SUPPORTER = "supporter"
    INTERPRETER = "interpreter"
    PRACTITIONER = "practitioner"


class Interpreter(StrEnum):
    """Who interpreted; an interpreted answer stays out of primary results."""

    PROFESSIONAL = "professional"
    FAMILY = "family"
    NONE = "none"


class Respondent(StrEnum):
    """Who answers. A parent about themselves and a parent for the child are two respondents."""

    YOUNG_PERSON = "young_person"
    PARENT_SELF = "parent_self"
    PARENT_PROXY = "parent_proxy"


class Occasion(StrEnum):
    """Which appointment is rated: the last one (before) or today's (after). Not a study phase."""

    BEFORE = "before"
    AFTER = "after"


class CompletionMode(StrEnum):
    """How the answers were given. Modes shift scores and are never pooled silently."""

    TABLET_HANDED_OVER = "tablet_handed_over"
    OWN_PHONE = "own_phone"
    PAPER_ENTERED_BY_STAFF = "paper_entered_by_staff"


class Phase(StrEnum):
    """Where a team stands in its study, from the study's calendar; never before or after."""

    BASELINE = "baseline"
    TRAINING = "training"
    WITH_GRID = "with_grid"
    SUSTAIN = "sustain"


class SeenByOthers(StrEnum):
    """The respondent's own word on whether anyone could see the answers."""

    NO = "no"
    YES = "yes"
    NOT_SURE = "not_sure"


class Referent(StrEnum):
    """Whom a before answer rates. No earlier appointment is a form-level reason instead."""

    THIS_TEAM_SAME_PERSON = "this_team_same_person"
    THIS_TEAM_OTHER_PERSON = "this_team_other_person"
    OTHER_SERVICE = "other_service"


class WeeksSince(StrEnum):
    """Weeks between the appointment that a before answer rates and today."""

    UP_TO_2 = "0-2"
    FROM_3_TO_8 = "3-8"
    OVER_8 = "over_8"
    NOT_SURE = "not_sure"


class AnswerState(StrEnum):
    """Interrupted sets are sealed at every tap; a complete one is sealed once, at the end."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
