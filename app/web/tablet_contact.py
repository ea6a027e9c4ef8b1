"""What a tablet gets back from a contact, and from its enrolment."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from app.content.grid import VOICES
from app.content.library import Library, ReleaseStatus
from app.content.release import GridRelease
from app.domain.envelope import utc_text
from app.services import feedback
from app.services.arrivals import receipt_key
from app.services.service_mode import ServiceState
from app.services.tablet_config import config_sha256, team_config
from app.services.tablets import Enrolled, Heard
from app.web.forms.encounters import LANGUAGES, OTHER_LANGUAGE
from app.web.pages.offered import list_offered
from app.web.service import Service


def enrolled_answer(service: Service, enrolled: Enrolled) -> dict[str, Any]:
    """Return what a new tablet keeps. The token is told here, once, and never again."""
    return {
        "tablet": _tablet(enrolled),
        "token": enrolled.token,
        "receipt_key": receipt_key(service.keyring, enrolled.id).hex(),
        "key": _sealing_key(service),
        "generation": service.state.generation,
    }


def contact_answer(
    db: Session, service: Service, heard: Heard, *, held_config: str | None, now: datetime
) -> dict[str, Any]:
    """Return the answer to a tablet in use; its configuration only where it holds another one."""
    config = team_config(
        db,
        team_id=heard.team_id,
        keyring=service.keyring,
        mode=service.state.mode,
        timezone=service.settings.service_timezone,
        grids=list_grids(service.library, service.state, _day(service, now)),
        languages=(*LANGUAGES, OTHER_LANGUAGE),
        counts=service.state.exposure_counts_on,
        today=_day(service, now),
        feedback=feedback.days_asked(db),
    )
    sha256 = config_sha256(config)
    return {
        **_always(service, heard, now),
        "tablet": _tablet(heard),
        "mode": service.state.mode,
        "demo": service.state.demo,
        "key": _sealing_key(service),
        "missing": list(heard.missing),
        "config_sha256": sha256,
    } | ({} if held_config == sha256 else {"config": config})


def revoked_answer(service: Service, heard: Heard, *, now: datetime) -> dict[str, Any]:
    """Return what a tablet is told that was taken out of use.

    What was erased is deleted there as well, and after a restored backup it offers its copies
    again; of staff, grids and calendar it hears nothing more.
    """
    return {"error": "tablet_revoked", **_always(service, heard, now)}


def list_grids(library: Library, state: ServiceState, on: date) -> list[dict[str, Any]]:
    """Return the grids that may be offered on a day, with as much as local triage shows."""
    return [_grid(library, release, on) for release in list_offered(library, state, on)]


def _grid(library: Library, release: GridRelease, on: date) -> dict[str, Any]:
    grid, pair = release.grid, library.pair(release)
    voices = [voice for voice in VOICES if f"{voice}.en" in release.voices]
    return {
        "public_id": release.public_id,
        "version": release.number,
        "sha256": release.sha256,
        "topic": grid.topic,
        "setting": grid.setting,
        "pair": pair.public_id if pair else None,
        "need_groups": list(grid.need_groups),
        "sensitive": grid.sensitive or grid.off_until_switched_on,
        "draft": library.status(release, on) == ReleaseStatus.DRAFT_RELEASE,
        "titles": {voice: release.words(voice).title for voice in voices},
        "options": [
            {"id": o.id, "names": {v: release.words(v).options[o.id].name for v in voices}}
            for o in grid.options
        ],
        "expires_on": grid.review.expires_on.isoformat(),
    }


def _always(service: Service, heard: Heard, now: datetime) -> dict[str, Any]:
    return {
        "server_time": utc_text(now),
        "generation": service.state.generation,
        "erased": list(heard.erased),
    }


def _tablet(seat: Enrolled | Heard) -> Mapping[str, Any]:
    team = {"id": seat.team_id, "name": seat.team_name}
    return {"id": seat.id, "number": seat.number, "label": seat.label, "team": team}


def _sealing_key(service: Service) -> Mapping[str, str]:
    key = service.keyring.current
    public = base64.urlsafe_b64encode(key.public_point).decode().rstrip("=")
    return {"id": key.key_id.hex(), "public": public}


def _day(service: Service, now: datetime) -> date:
    return now.astimezone(service.settings.timezone).date()
