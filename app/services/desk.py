"""Looking at results: what may be shown to whom, and a line in the log for every look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from app.db.queries import desk as queries
from app.db.queries import studies as study_queries
from app.db.tables import DeskFlow, Study, StudyAmendment
from app.domain.access import Viewer
from app.domain.amendment import REPORTED
from app.domain.desk import Kind
from app.domain.disclosure import Tier
from app.domain.flow import Flow
from app.domain.results import (
    Change,
    OverTime,
    Score,
    for_leaving,
    in_order,
    over_time,
    read_change,
    score,
)
from app.domain.study import DEFAULT_ID, phase_on, read_study
from app.domain.study import Study as StudyDocument
from app.domain.vocabulary import Occasion, Phase, Respondent
from app.errors import NotFound
from app.services import audit, studies
from app.services.desk_counts import CHANGE, PAIRS
from app.services.instruments import INSTRUMENTS, SECOND


@dataclass(frozen=True)
class Wanted:
    """What somebody chose to look at; empty: whatever there is most of. No dates, on purpose."""

    study: str = ""
    respondent: str = ""
    occasion: str = ""
    mode: str = ""
    words: str = ""

    def as_slice(self) -> str:
        """Return the choice as the audit log keeps it."""
        return " ".join((self.respondent, self.occasion, self.mode, self.words)).strip()


@dataclass(frozen=True)
class StudyFacts:
    """What a study said before there were data, and what changed since."""

    id: str
    document: StudyDocument | None
    sha256: str = ""
    locked_at: datetime | None = None
    amendments: tuple[StudyAmendment, ...] = ()

    @property
    def changed_after_look(self) -> tuple[str, ...]:
        """Return what decides reporting and was changed after somebody had looked."""
        changed = {name for a in self.amendments if a.after_look for name in a.changed}
        return tuple(sorted(changed & REPORTED))

    def is_exploratory(self, kind: Kind | None) -> bool:
        """Say whether the study did not say beforehand that this would be reported."""
        if self.document is None or self.document.primary_outcome is None or kind is None:
            return True
        if kind.instrument_id in SECOND:
            return True
        words = self.document.wording_sha256
        return kind.occasion != Occasion.AFTER or words not in {None, kind.wording_sha256}


@dataclass(frozen=True)
class TeamFlow:
    """What became of the forms of one team, phase and respondent."""

    team_id: str
    phase: str
    respondent: str
    flow: Flow


@dataclass(frozen=True)
class Results:
    """Everything that one look may see. ``kind`` is None where nothing was counted.

    ``measure`` is how the instrument is scored, None for the practice measure.
    """

    facts: StudyFacts
    studies: tuple[tuple[str, str], ...]
    kinds: tuple[Kind, ...]
    kind: Kind | None
    tier: Tier
    embargoed: bool
    counted_at: datetime | None
    team_names: Mapping[str, str]
    flows: tuple[TeamFlow, ...]
    scores: tuple[Score, ...] = ()
    change: Change | None = None
    times: tuple[OverTime, ...] = ()
    pairs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    is_practice: bool = False
    measure: str | None = None
    top_value: int = 0
    items: int = 0


def view_results(
    db: Session, *, wanted: Wanted, tier: Tier, by: Viewer, today: date, now: datetime
) -> Results:
    """Return the results that fit, and note that somebody looked. Raises NotFound for a study."""
    results = _results(db, wanted, tier, today)
    details: dict[str, audit.Detail] = {"slice": wanted.as_slice(), "tier": tier.value}
    kind, study_id = audit.AuditKind.RESULTS_VIEWED, results.facts.id
    audit.record(db, kind=kind, actor=by.staff_id, subject=study_id, details=details, now=now)
    if results.scores:
        studies.note_look(db, study_id=study_id, now=now)
    return results


def take_results(
    db: Session, *, wanted: Wanted, what: str, by: Viewer, today: date, now: datetime
) -> Results:
    """Return results as they may leave the service, and note that somebody took them along."""
    results = _results(db, wanted, Tier.LEAVING, today)
    details: dict[str, audit.Detail] = {
        "slice": wanted.as_slice(),
        "tier": Tier.LEAVING.value,
        "what": what,
    }
    kind, study_id = audit.AuditKind.RESULTS_TAKEN, results.facts.id
    audit.record(db, kind=kind, actor=by.staff_id, subject=study_id, details=details, now=now)
    if results.scores:
        studies.note_look(db, study_id=study_id, now=now)
    return results


def _results(db: Session, wanted: Wanted, tier: Tier, today: date) -> Results:
    ids = queries.list_studies_with_answers(db)
    titles = {row.id: row for row in study_queries.list_studies(db)}
    facts = _facts(db, wanted.study or next(iter(_by_need(ids, titles)), DEFAULT_ID), titles, ids)
    found = queries.list_kinds(db, facts.id)
    kinds = tuple(kind for kind, _ in found)
    kind = _choose(found, wanted)
    embargoed = facts.document is not None and facts.document.is_embargoed(today)
    results = Results(
        facts=facts,
        studies=tuple((id_, titles[id_].title if id_ in titles else "") for id_ in ids),
        kinds=kinds,
        kind=kind,
        tier=tier,
        embargoed=embargoed,
        counted_at=queries.counted_at(db),
        team_names=queries.list_team_names(db),
        flows=_flows(db, facts),
    )
    return results if embargoed or kind is None else _with_scores(db, results, kind)


def _with_scores(db: Session, results: Results, kind: Kind) -> Results:
    instrument = INSTRUMENTS[kind.instrument_id]
    items = len(instrument.item_ids)
    cells = queries.list_cells(db, kind)
    scores = in_order(score(cell.team_id, cell.phase, cell.counts, items) for cell in cells)
    leaving = results.tier is Tier.LEAVING
    return Results(
        **{name: getattr(results, name) for name in _PLAIN},
        scores=tuple(map(for_leaving, scores)) if leaving else scores,
        change=read_change(queries.find_comparison(db, kind, CHANGE), results.tier),
        times=() if leaving else over_time(scores),
        pairs={} if leaving else _pairs(db, kind),
        is_practice=instrument.scored_as is None,
        measure=instrument.scored_as,
        top_value=instrument.top_value,
        items=items,
    )


_PLAIN = (
    "facts", "studies", "kinds", "kind", "tier", "embargoed", "counted_at", "team_names", "flows",
)  # fmt: skip


def _pairs(db: Session, kind: Kind) -> dict[str, Mapping[str, Any]]:
    found = {phase: queries.find_comparison(db, kind, f"{PAIRS}-{phase}") for phase in Phase}
    return {phase.value: pairs for phase, pairs in found.items() if pairs is not None}


def _by_need(ids: Sequence[str], titles: Mapping[str, Study]) -> list[str]:
    """Return the ids of studies, the newest first, and answers outside any last."""
    known = [id_ for id_ in ids if id_ in titles]
    known.sort(key=lambda id_: (titles[id_].installed_at, id_), reverse=True)
    return known + [id_ for id_ in ids if id_ not in titles]


def _facts(
    db: Session, study_id: str, titles: Mapping[str, Study], ids: Sequence[str]
) -> StudyFacts:
    row = titles.get(study_id)
    if row is None:
        if study_id not in {DEFAULT_ID, *ids}:
            raise NotFound
        return StudyFacts(study_id, None)
    amendments = study_queries.list_amendments(db, study_id)
    return StudyFacts(row.id, read_study(row.content), row.sha256, row.locked_at, amendments)


def _choose(found: Sequence[tuple[Kind, int]], wanted: Wanted) -> Kind | None:
    """Return the kind that fits the choice best, and of those the one with most answers.

    A choice that has no answers (another team's mode, say) gives way to the nearest that has.
    """
    order = [respondent.value for respondent in Respondent]

    def fit(entry: tuple[Kind, int]) -> tuple[int, int, int, int, int, int, int, str]:
        kind, shown = entry
        return (
            not wanted.words and kind.instrument_id in SECOND,
            -(kind.respondent == wanted.respondent),
            -(kind.occasion == (wanted.occasion or Occasion.AFTER)),
            -(kind.mode == wanted.mode),
            -(words_of(kind) == wanted.words),
            -shown,
            order.index(kind.respondent),
            kind.id,
        )

    return min(found, key=fit)[0] if found else None


def words_of(kind: Kind) -> str:
    """Return a short name for instrument, version, wording and language, for an address."""
    parts = (kind.instrument_id, kind.instrument_version, kind.wording_sha256[:8], kind.language)
    return "~".join((*parts, kind.environment, "demo" if kind.demo else "own"))


def _flows(db: Session, facts: StudyFacts) -> tuple[TeamFlow, ...]:
    rows = queries.list_flows(db, facts.id)
    eligible = _eligible(db, facts, rows)
    return tuple(
        TeamFlow(
            row.team_id,
            row.phase,
            row.respondent,
            Flow(eligible.get((row.team_id, row.phase)), row.appointments, row.forms),
        )
        for row in rows
    )


def _eligible(
    db: Session, facts: StudyFacts, rows: Sequence[DeskFlow]
) -> dict[tuple[str, str], int]:
    """Add eligible appointments up by phase; a week belongs to the phase of its Thursday.

    A week in which a phase begins counts where most of its working days are.
    """
    if facts.document is None:
        return {}
    found: dict[tuple[str, str], int] = {}
    for count in study_queries.list_eligible(db, {row.team_id for row in rows}):
        phase = phase_on(facts.document, count.team, count.week_on + timedelta(days=3))
        if phase is not None:
            place = (count.team, phase.value)
            found[place] = found.get(place, 0) + count.appointments
    return found
