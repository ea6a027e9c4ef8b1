"""Which releases may be offered today, and how a card of one looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.content.grid import Switch
from app.content.library import Library, ReleaseStatus
from app.content.release import GridRelease
from app.services.service_mode import ServiceState

FAMILY_VOICE = "young-person"


@dataclass(frozen=True)
class OptionLine:
    """One option by name; the same parts in the same order for every option."""

    id: str
    name: str
    usually_for: str


@dataclass(frozen=True)
class GridCard:
    """One release as a card. ``value`` names this very edition in a form."""

    public_id: str
    version: int
    sha256: str
    topic: str
    setting: str
    title: str
    decision: str
    is_draft: bool
    review_on: date
    need_groups: tuple[str, ...]
    options: tuple[OptionLine, ...]

    @property
    def href(self) -> str:
        """Return the address of this edition; nothing in it says what it is about."""
        return f"/g/{self.public_id}/{self.version}"

    @property
    def value(self) -> str:
        """Return ``public id/version``."""
        return f"{self.public_id}/{self.version}"


def list_offered(library: Library, state: ServiceState, on: date) -> tuple[GridRelease, ...]:
    """Return the releases that may be offered on a day, by topic and setting."""
    found = in_use(library, state).list_current()
    return tuple(r for r in found if can_be_offered(library, state, r, on))


def can_be_offered(library: Library, state: ServiceState, release: GridRelease, on: date) -> bool:
    """Say whether this edition may be opened with a family on that day.

    Live service needs an approved release; training offers drafts too (rules of the room 3.1).
    """
    status = library.status(release, on)
    if not is_switched_on(state, release):
        return False
    if state.mode == "live":
        return status == ReleaseStatus.APPROVED
    return status in {ReleaseStatus.APPROVED, ReleaseStatus.DRAFT_RELEASE}


def is_switched_on(state: ServiceState, release: GridRelease) -> bool:
    """Say whether this site lets a grid be seen at all.

    One that is off until a site switches it on needs the switch, and a sensitive one the number
    that a family could ring tonight (rules of the room 1.17). Otherwise it is as if it were not
    there.
    """
    grid = release.grid
    if grid.off_until_switched_on and not state.sensitive_grids_on:
        return False
    needs_number = grid.sensitive or grid.off_until_switched_on
    return bool(state.local_crisis_number) or not needs_number


def counted_grids(library: Library, state: ServiceState) -> frozenset[str]:
    """Return the public ids of grids of which an appointment may count what was opened.

    Never of one that is sensitive or off until a site answers for it: no trace of what a young
    person read about self-harm is kept, not even a number (safe messaging SM-P1).
    """
    return plain_grids(library) if state.exposure_counts_on else frozenset()


def plain_grids(library: Library) -> frozenset[str]:
    """Return the public ids of grids that are not sensitive in any of their editions.

    About others nobody is asked to write (safe messaging SM-F1) and nothing is counted.
    """
    known = {release.public_id for release in library.releases.values()}
    kept_out = {
        release.public_id
        for release in library.releases.values()
        if release.grid.sensitive or release.grid.off_until_switched_on
    }
    return frozenset(known - kept_out)


def switches_on(state: ServiceState) -> frozenset[Switch]:
    """Return what this site has switched on inside grids."""
    return frozenset[Switch]({"personal-budgets"} if state.personal_budgets_on else ())


def in_use(library: Library, state: ServiceState) -> Library:
    """Return the library as families meet it: in live service without its drafts.

    While a new edition waits for its reviewers, the approved one before it stays in use.
    """
    if state.mode != "live":
        return library
    drafts = {ReleaseStatus.DRAFT_RELEASE.value, ""}
    kept = {
        key: release
        for key, release in library.releases.items()
        if library.approvals.get(release.sha256, "") not in drafts
    }
    return replace(library, releases=kept)


def card(library: Library, release: GridRelease, on: date, voice: str = FAMILY_VOICE) -> GridCard:
    """Return the card of a release in the words of one voice."""
    words = release.words(voice)
    return GridCard(
        public_id=release.public_id,
        version=release.number,
        sha256=release.sha256,
        topic=release.grid.topic,
        setting=release.grid.setting,
        title=words.title,
        decision=words.decision,
        is_draft=library.status(release, on) == ReleaseStatus.DRAFT_RELEASE,
        review_on=release.grid.review.review_on,
        need_groups=release.grid.need_groups,
        options=tuple(
            OptionLine(o.id, words.options[o.id].name, words.options[o.id].usually_for)
            for o in release.grid.options
        ),
    )
