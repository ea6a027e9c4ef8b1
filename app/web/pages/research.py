"""Pages of the researcher's desk: results, what may leave, eligible appointments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final
from urllib.parse import urlencode

from app.domain.desk import Kind
from app.domain.disclosure import round_count
from app.domain.eligible import WeekCount
from app.domain.flow import NOT_ASKED, Flow, Form, add_flows
from app.domain.missing import FormReason
from app.domain.results import Score, add_sums
from app.domain.vocabulary import Phase
from app.rendering.charts import (
    BarChart,
    ShareChart,
    TimeChart,
    draw_bars,
    draw_shares,
    draw_time,
    full_height,
)
from app.rendering.page import Page
from app.services.desk import Results, TeamFlow, Wanted, words_of
from app.services.own_results import OwnScore

#: What can be chosen, in the order of the form. No dates, and nothing that overlaps.
CHOICES: Final = ("respondent", "occasion", "mode", "words")


@dataclass(frozen=True)
class Option:
    """One thing to choose; ``key`` finds its words."""

    value: str
    key: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """One list to choose from; with a single thing in it there is nothing to choose."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class FlowRow:
    """One line of the flow, every count rounded as for leaving; None stands for 1 to 7."""

    team_id: str
    phase: str
    respondent: str
    eligible: int | None
    eligible_known: bool
    appointments: int | None
    asked: int | None
    forms: Mapping[str, int | None]
    completeness: int | None
    refusal: int | None
    response: int | None

    @property
    def unasked(self) -> tuple[str, ...]:
        """Return why forms were not put before anybody, where there were any such."""
        return tuple(name for name, count in self.forms.items() if name in NOT_ASKED and count != 0)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Return what became of forms that were asked and are not complete."""
        away = {*NOT_ASKED, Form.PRIMARY, Form.COMPLETE_OTHER}
        return tuple(name for name, count in self.forms.items() if name not in away and count != 0)


@dataclass(frozen=True)
class TeamTime:
    """The two charts of one team over time."""

    team_id: str
    size: int
    xmr: TimeChart
    p: TimeChart
    signals: tuple[str, ...]


@dataclass(frozen=True)
class ResearchPage(Page):
    """Results of one study: first a sentence, then charts with their tables."""

    template: ClassVar[str] = "pages/research/results.html"
    results: Results
    choices: tuple[Choice, ...]
    address: str
    shares: ShareChart
    times: tuple[TeamTime, ...]
    bars: Mapping[str, BarChart]
    flows: tuple[FlowRow, ...]
    steps: FlowRow | None
    zone: str

    @classmethod
    def of(cls, results: Results, zone: str) -> ResearchPage:
        """Return the page of one look."""
        return cls(
            results=results,
            choices=tuple(_choices(results)),
            address=_address(results),
            shares=draw_shares(results.scores),
            times=tuple(_times(results)),
            bars=_bars(results.scores),
            flows=tuple(_flow_row(f.team_id, f.phase, f.respondent, f.flow) for f in _own(results)),
            steps=_steps(results),
            zone=zone,
        )


@dataclass(frozen=True)
class SharePage(ResearchPage):
    """The same, as it may leave the service: rounded, on paper."""

    template: ClassVar[str] = "pages/research/share.html"


@dataclass(frozen=True)
class ShareDrawing(ResearchPage):
    """The chart of shares alone, as a drawing for another document."""

    template: ClassVar[str] = "pages/research/shares.svg"


@dataclass(frozen=True)
class ShareTable(ResearchPage):
    """The table of shares alone, as CSV."""

    template: ClassVar[str] = "pages/research/shares.csv"


@dataclass(frozen=True)
class OwnPage(Page):
    """What families answered about whoever looks; nobody else's figure is on it."""

    template: ClassVar[str] = "pages/research/own.html"
    found: tuple[OwnScore, ...]


@dataclass(frozen=True)
class EligiblePage(Page):
    """Eligible appointments by team and week. ``typed`` holds what was filled in."""

    template: ClassVar[str] = "pages/research/eligible.html"
    teams: tuple[tuple[str, str], ...]
    counts: tuple[WeekCount, ...]
    typed: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


def _choices(results: Results) -> Iterable[Choice]:
    if results.kind is None:
        return
    chosen = _wanted(results.kind)
    for name in CHOICES:
        values = sorted({getattr(_wanted(kind), name) for kind in results.kinds})
        mine = getattr(chosen, name)
        yield Choice(name, tuple(Option(value, value, value == mine) for value in values))


def _wanted(kind: Kind) -> Wanted:
    return Wanted(kind.study_id, kind.respondent, kind.occasion, kind.mode, words_of(kind))


def _address(results: Results) -> str:
    """Return the part of an address that leads to the same look again."""
    wanted = replace(Wanted(results.facts.id), study=results.facts.id)
    if results.kind is not None:
        wanted = _wanted(results.kind)
    parts = {name: getattr(wanted, name) for name in ("study", *CHOICES)}
    return urlencode({name: value for name, value in parts.items() if value})


def _times(results: Results) -> Iterable[TeamTime]:
    for time in results.times:
        signals = sorted(signal.value for signal in time.xmr.signals | time.p.signals)
        yield TeamTime(
            time.team_id,
            time.size,
            draw_time(time.xmr, time.phases),
            draw_time(time.p, time.phases),
            tuple(signals),
        )


def _bars(scores: tuple[Score, ...]) -> dict[str, BarChart]:
    """Draw the phases that are compared, to one scale."""
    sums = {phase.value: add_sums(scores, phase) for phase in (Phase.BASELINE, Phase.WITH_GRID)}
    filled = {phase: counts for phase, counts in sums.items() if counts}
    most = full_height(list(filled.values()))
    return {phase: draw_bars(counts, most) for phase, counts in filled.items()}


def _own(results: Results) -> Iterable[TeamFlow]:
    wanted = results.kind.respondent if results.kind else None
    order = {phase.value: at for at, phase in enumerate(Phase)}
    found = [flow for flow in results.flows if wanted in {None, flow.respondent}]
    return sorted(found, key=lambda f: (f.team_id, order.get(f.phase, len(order)), f.respondent))


def _steps(results: Results) -> FlowRow | None:
    """Return the flow of every team and phase together, made of what is shown of each."""
    flows = [flow.flow for flow in _own(results)]
    respondent = results.kind.respondent if results.kind else ""
    return _flow_row("", "", respondent, add_flows(flows)) if flows else None


def _flow_row(team_id: str, phase: str, respondent: str, flow: Flow) -> FlowRow:
    names = (*Form, *FormReason)
    return FlowRow(
        team_id=team_id,
        phase=phase,
        respondent=respondent,
        eligible=None if flow.eligible is None else round_count(flow.eligible),
        eligible_known=flow.eligible is not None,
        appointments=round_count(flow.appointments),
        asked=round_count(flow.asked),
        forms={name.value: round_count(flow.forms.get(name, 0)) for name in names},
        completeness=_rate(flow.complete, flow.asked),
        refusal=_rate(flow.refused, flow.asked),
        response=None if flow.response is None else _rate(flow.complete, flow.eligible or 0),
    )


def _rate(part: int, whole: int) -> int | None:
    """Return whole per cent of rounded counts, None where a small number is behind it."""
    above, below = round_count(part), round_count(whole)
    return None if above is None or not below else min(100, round(100 * above / below))
