"""One release for reviewers: both voices side by side, what changed, who has approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from markupsafe import Markup

from app.content.changes import CellChange, TextChange, compare
from app.content.grid import VOICES
from app.content.library import Library
from app.content.release import GridRelease
from app.content.wording import VoiceWords, to_html, to_inline
from app.db.queries.approvals import GivenApproval
from app.domain.access import Permission, Viewer
from app.domain.approval import ApprovalKind, WithdrawalReason
from app.rendering.page import Page
from app.web.pages.scorecard import ScorecardView, edition_before


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """The same part in each voice, in the order of ``VOICES``; a voice may lack it."""

    name: str
    texts: tuple[SpokenText | None, ...]
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A text as one voice says it: a heading, the face and what stands behind it."""

    title: str
    face: Markup
    more: Markup


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One question with every option's answer."""

    id: str
    questions: tuple[str, ...]
    cells: tuple[SpokenPart, ...]


@dataclass(frozen=True, slots=True)
class ApprovalSlot:
    """One approval that a release needs: given by whom, or whether the viewer may give it."""

    kind: ApprovalKind
    given: GivenApproval | None
    may_give: bool


@dataclass(frozen=True)
class ReviewPage(Page):
    """Everything a reviewer needs to answer for one release.

    ``blocked_by`` is the key of what keeps anybody from approving it today.
    """

    template: ClassVar[str] = "pages/grids_staff/review.html"
    public_id: str
    number: int
    sha256: str
    title: str
    setting: str
    note: str
    released_on: date
    review_on: date
    expires_on: date
    review_due: bool
    status: str
    why: str
    is_open: bool
    slots: tuple[ApprovalSlot, ...]
    blocked_by: str | None
    may_withdraw: bool
    before: int | None
    text_changes: tuple[TextChange, ...]
    cell_changes: tuple[CellChange, ...]
    figure_changes: tuple[str, ...]
    sources_added: tuple[str, ...]
    sources_removed: tuple[str, ...]
    intro: tuple[SpokenPart, ...]
    options: tuple[SpokenPart, ...]
    rows: tuple[ReviewRow, ...]
    card: ScorecardView
    done: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: int = 0
    voices: tuple[str, ...] = VOICES
    reasons: tuple[str, ...] = tuple(reason.value for reason in WithdrawalReason)

    @property
    def address(self) -> str:
        """Where families read this edition."""
        return f"/g/{self.public_id}/{self.number}"

    @property
    def own_address(self) -> str:
        """Where this page is."""
        return f"/grids/{self.public_id}/{self.number}"


@dataclass(frozen=True)
class ReviewFacts:
    """What is known of a release beside its words."""

    library: Library
    today: date
    viewer: Viewer
    given: tuple[GivenApproval, ...]
    blocked_by: str | None
    why: str
    is_open: bool


def review_page(
    release: GridRelease,
    facts: ReviewFacts,
    *,
    done: str = "",
    faults: Mapping[str, str] | None = None,
    wait_seconds: int = 0,
) -> ReviewPage:
    """Return the page of a release as it stands for this viewer today."""
    reader, review = _Reader(release), release.grid.review
    before = edition_before(release, facts.library)
    changes = compare(before, release, VOICES[0]) if before else None
    return ReviewPage(
        public_id=release.public_id,
        number=release.number,
        sha256=release.sha256,
        title=release.words(VOICES[0]).title,
        setting=release.grid.setting,
        note=release.note,
        released_on=release.released_on,
        review_on=review.review_on,
        expires_on=review.expires_on,
        review_due=facts.library.review_is_due(release, facts.today),
        status=facts.library.status(release, facts.today).value,
        why=facts.why,
        is_open=facts.is_open,
        slots=_slots(facts),
        blocked_by=facts.blocked_by,
        may_withdraw=facts.viewer.may(Permission.GRID_WITHDRAW),
        before=before.number if before else None,
        text_changes=changes.texts if changes else (),
        cell_changes=changes.cells if changes else (),
        figure_changes=changes.figures if changes else (),
        sources_added=changes.sources_added if changes else (),
        sources_removed=changes.sources_removed if changes else (),
        intro=reader.intro(),
        options=reader.options(),
        rows=reader.rows(),
        card=ScorecardView.of(release, facts.library, facts.today),
        done=done,
        faults=faults or {},
        wait_seconds=wait_seconds,
    )


def _slots(facts: ReviewFacts) -> tuple[ApprovalSlot, ...]:
    given = {approval.kind: approval for approval in facts.given}
    own = any(approval.staff_id == facts.viewer.staff_id for approval in facts.given)
    can_give = facts.viewer.approves if facts.blocked_by is None and not own else ()
    return tuple(
        ApprovalSlot(kind, given.get(kind), kind not in given and kind in can_give)
        for kind in ApprovalKind
    )


class _Reader:
    """Lays the voices of a release side by side."""

    def __init__(self, release: GridRelease) -> None:
        self.release = release
        self.voices = tuple(release.voices.get(f"{voice}.en") for voice in VOICES)

    def html(self, words: str) -> Markup:
        return Markup(to_html(words, self.release.figures))  # noqa: S704 - HTML of our own Markdown

    def line(self, words: str) -> Markup:
        return Markup(to_inline(words, self.release.figures))  # noqa: S704 - the same

    def spoken(self, title: str, face: str, more: str = "") -> SpokenText:
        return SpokenText(title, self.line(face), self.html(more) if more else Markup())

    def intro(self) -> tuple[SpokenPart, ...]:
        """The decision, then every band."""
        first = tuple(self.spoken(w.decision, w.problem) if w else None for w in self.voices)
        bands = tuple(
            SpokenPart(band.id, tuple(self.band(w, band.id) for w in self.voices))
            for band in self.release.grid.bands
        )
        return (SpokenPart("", first), *bands)

    def band(self, words: VoiceWords | None, band: str) -> SpokenText | None:
        found = words.bands.get(band) if words else None
        return SpokenText(found.title, Markup(), self.html(found.body)) if found else None

    def options(self) -> tuple[SpokenPart, ...]:
        """Every option with whom it is usually for."""
        return tuple(
            SpokenPart(option.id, tuple(self.option(w, option.id) for w in self.voices))
            for option in self.release.grid.options
        )

    def option(self, words: VoiceWords | None, name: str) -> SpokenText | None:
        found = words.options.get(name) if words else None
        if found is None:
            return None
        more = "\n\n".join(text for text in (found.not_for, found.medicine_note) if text)
        return self.spoken(found.name, found.usually_for, more)

    def rows(self) -> tuple[ReviewRow, ...]:
        """Every question with its answers."""
        return tuple(
            ReviewRow(
                row.id,
                tuple(w.rows[row.id].question for w in self.voices if w and row.id in w.rows),
                tuple(self.cell(row.id, option.id) for option in self.release.grid.options),
            )
            for row in self.release.grid.rows
        )

    def cell(self, row: str, option: str) -> SpokenPart:
        texts = tuple(self.answer(words, row, option) for words in self.voices)
        return SpokenPart(option, texts, tuple(dict.fromkeys(self.facts(row, option))))

    def answer(self, words: VoiceWords | None, row: str, option: str) -> SpokenText | None:
        found = words.cells.get(row, {}).get(option) if words else None
        return self.spoken("", found.face, found.more) if found else None

    def facts(self, row: str, option: str) -> list[tuple[str, str]]:
        """What an answer rests on, as keys and ids."""
        found: list[tuple[str, str]] = []
        for cell in self.release.grid.cells:
            if (cell.row, cell.option) == (row, option):
                found += [("state", cell.state), ("basis", cell.basis)]
                found += [(key, value) for key, value in _optional(cell.reason, cell.strength)]
                found += [("source", name) for name in cell.sources]
                found += [("figure", name) for name in cell.figures]
        return found


def _optional(reason: str | None, strength: str | None) -> list[tuple[str, str]]:
    pairs = [("reason", reason), ("strength", strength)]
    return [(key, value) for key, value in pairs if value]
