"""Which releases may be offered today, and how a card of one looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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
    """Return the releases that may be offered on a day, by topic and setting.

    Live service needs an approved release, and a sensitive grid needs the local crisis number
    (rules of the room 1.17, 3.1).
    """
    return tuple(r for r in library.list_offered(on) if can_be_offered(library, state, r, on))


def can_be_offered(library: Library, state: ServiceState, release: GridRelease, on: date) -> bool:
    """Say whether this edition may be opened with a family on that day.

    A grid that is off until a site switches it on is on in demo only: there is no switch yet.
    """
    status = library.status(release, on)
    if release.grid.sensitive and not state.local_crisis_number:
        return False
    if release.grid.off_until_switched_on and not state.demo:
        return False
    if state.mode == "live":
        return status == ReleaseStatus.APPROVED
    return status in {ReleaseStatus.APPROVED, ReleaseStatus.DRAFT_RELEASE}


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
