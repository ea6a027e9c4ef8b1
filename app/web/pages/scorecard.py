"""How an edition meets the standards, and what it changed, for anybody who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Self

from app.content.balance import ColumnBalance
from app.content.changes import FamilyChange, compare
from app.content.library import Library, ReleaseStatus
from app.content.release import GridRelease
from app.content.scorecard import GROUPS, Edition, Judged, Scorecard, criteria, score
from app.content.wording import VoiceWords
from app.rendering.page import Page
from app.web.pages.grid import awaits_own_words

VERDICTS = ("met", "partly", "not_met", "awaiting_a_person", "not_applicable")
TEXT_VERDICTS = VERDICTS[:-1]


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion: the verdict, by what proof, and the ids of the checks behind it."""

    id: str
    verdict: str
    proof: str
    counts: Mapping[str, float]
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CriteriaGroup:
    """The criteria of one standard with how many came out how."""

    id: str
    totals: Mapping[str, int]
    rows: tuple[CriterionRow, ...]


@dataclass(frozen=True, slots=True)
class AgeRow:
    """The reading age of one row or column by its name; None where too few words are there."""

    name: str
    age: float
    words: int


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """How one option is told."""

    name: str
    balance: ColumnBalance


@dataclass(frozen=True, slots=True)
class VoiceMeasures:
    """What was measured in one voice."""

    voice: str
    rows: tuple[AgeRow, ...]
    options: tuple[AgeRow, ...]
    balance: tuple[BalanceRow, ...]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source, its addresses, and how many cells and bands rest on it."""

    title: str
    identifier: str | None
    year: int | None
    addresses: tuple[str, ...]
    uses: int


@dataclass(frozen=True, slots=True)
class EditionRow:
    """One edition in the history of a grid."""

    number: int
    released_on: date
    note: str
    status: str


@dataclass(frozen=True, slots=True)
class ScorecardView:
    """The scorecard with names in place of ids: the same for the public page and for staff."""

    groups: tuple[CriteriaGroup, ...]
    cells: Mapping[str, int]
    voices: tuple[VoiceMeasures, ...]
    sources: tuple[SourceRow, ...]
    history: tuple[EditionRow, ...]
    verdicts: tuple[str, ...] = VERDICTS

    @classmethod
    def of(cls, release: GridRelease, library: Library, on: date) -> Self:
        """Judge an edition anew from its own words."""
        editions = _editions(release, library, on)
        card = score(
            release,
            approved=_is_approved(release, library),
            history=[
                Edition(e.number, e.released_on, e.note, e.status == "approved") for e in editions
            ],
        )
        return cls(
            groups=tuple(_group(card, name) for name in GROUPS),
            cells=card.cells,
            voices=tuple(_measures(card, words) for words in _english(release)),
            sources=tuple(
                SourceRow(
                    used.source.title,
                    used.source.identifier,
                    used.source.year,
                    tuple(a for a in (used.source.url, *used.source.also) if a),
                    used.uses,
                )
                for used in card.sources
            ),
            history=editions,
        )


@dataclass(frozen=True)
class ScorecardPage(Page):
    """The public scorecard of one edition."""

    template: ClassVar[str] = "pages/scorecard/scorecard.html"
    public_id: str
    number: int
    title: str
    voice: str
    status: str
    is_sensitive: bool
    card: ScorecardView

    @classmethod
    def of(cls, release: GridRelease, voice: str, library: Library, on: date) -> Self:
        """The page as it stands on a day."""
        return cls(
            public_id=release.public_id,
            number=release.number,
            title=neutral_title(release.words(voice)),
            voice=voice,
            status=library.status(release, on).value,
            is_sensitive=release.grid.sensitive,
            card=ScorecardView.of(release, library, on),
        )

    @property
    def address(self) -> str:
        """Where this very edition is served."""
        return f"/g/{self.public_id}/{self.number}"


@dataclass(frozen=True)
class ChangesPage(Page):
    """What an edition changed, in words for families; ``before`` is None for a first edition."""

    template: ClassVar[str] = "pages/scorecard/changes.html"
    public_id: str
    number: int
    title: str
    voice: str
    released_on: date
    note: str
    before: int | None
    changes: tuple[FamilyChange, ...]
    is_sensitive: bool
    awaits_own_words: bool

    @classmethod
    def of(cls, release: GridRelease, voice: str, library: Library) -> Self:
        """The page of one edition beside the one before it."""
        before = edition_before(release, library)
        found = compare(before, release, voice).for_families if before else ()
        return cls(
            public_id=release.public_id,
            number=release.number,
            title=neutral_title(release.words(voice)),
            voice=voice,
            released_on=release.released_on,
            note=release.note,
            before=before.number if before else None,
            changes=found,
            is_sensitive=release.grid.sensitive,
            awaits_own_words=awaits_own_words(release),
        )

    @property
    def address(self) -> str:
        """Where this very edition is served."""
        return f"/g/{self.public_id}/{self.number}"


def edition_before(release: GridRelease, library: Library) -> GridRelease | None:
    """Return the edition that was out before this one, if its file is whole."""
    earlier = [
        other
        for other in library.releases.values()
        if other.public_id == release.public_id and other.number < release.number
    ]
    return max(earlier, key=lambda other: other.number, default=None)


def neutral_title(words: VoiceWords) -> str:
    """Return the title that does not tell the topic where a grid has one."""
    return words.print_title or words.title


def _is_approved(release: GridRelease, library: Library) -> bool:
    return library.approvals.get(release.sha256) == ReleaseStatus.APPROVED


def _editions(release: GridRelease, library: Library, on: date) -> tuple[EditionRow, ...]:
    found = [r for r in library.releases.values() if r.public_id == release.public_id]
    return tuple(
        EditionRow(r.number, r.released_on, r.note, library.status(r, on).value)
        for r in sorted(found, key=lambda r: r.number)
    )


def _english(release: GridRelease) -> tuple[VoiceWords, ...]:
    return tuple(words for words in release.voices.values() if words.language == "en")


def _group(card: Scorecard, name: str) -> CriteriaGroup:
    checks = {criterion.id: criterion.of for criterion in criteria()}
    rows = tuple(
        _criterion(judged, checks[judged.id]) for judged in card.criteria if judged.group == name
    )
    return CriteriaGroup(name, {str(key): n for key, n in card.totals(name).items()}, rows)


def _criterion(judged: Judged, checks: tuple[str, ...]) -> CriterionRow:
    return CriterionRow(judged.id, judged.verdict, judged.proof, judged.counts, checks)


def _measures(card: Scorecard, words: VoiceWords) -> VoiceMeasures:
    names = {
        "rows": {name: row.question for name, row in words.rows.items()},
        "options": {name: option.name for name, option in words.options.items()},
    }

    def ages(part: str) -> tuple[AgeRow, ...]:
        return tuple(
            AgeRow(names[part].get(age.id, age.id), age.age, age.words)
            for age in card.reading_ages
            if age.voice == words.voice and age.part == part
        )

    columns = card.balances.get(f"{words.voice}.{words.language}", ())
    return VoiceMeasures(
        words.voice,
        ages("rows"),
        ages("options"),
        tuple(BalanceRow(names["options"][c.length.option], c) for c in columns),
    )
