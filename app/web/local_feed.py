"""Between the page of a feed and its service: what was looked at is what is taken.

Nothing is kept between the two presses. What was read travels in the page, and a seal that only
this service can make says that it, and the count of what was refused, came from the look.
"""

from __future__ import annotations

import hmac
from datetime import date, datetime

from sqlmodel import Session

from app.domain.access import Viewer
from app.domain.local_feed import MOST_BYTES, Feed, FeedUnreadable, read_feed, write_entries
from app.services import local_offers
from app.web.forms.local_offers import Upload
from app.web.pages.local_offers import FeedPage
from app.web.service import Service


def look_at(db: Session, service: Service, sent: Upload, today: date) -> FeedPage:
    """Return what a feed would do, or why it is none."""
    if sent.body is None:
        return FeedPage(fault="too_large")
    if not sent.body:
        return FeedPage(fault="no_file")
    try:
        feed = read_feed(sent.body, today=today)
    except FeedUnreadable as unreadable:
        return FeedPage(fault=str(unreadable), file_name=sent.name)
    kept = write_entries(feed.entries).decode()
    if len(kept.encode()) > MOST_BYTES:  # it has to come back in a form
        return FeedPage(fault="too_many", file_name=sent.name)
    sha256 = local_offers.file_sha256(sent.body)
    return FeedPage(
        file_name=sent.name,
        sha256=sha256,
        outcome=local_offers.look_at_feed(db, feed=feed),
        bad=feed.bad,
        refused=len(feed.bad),
        kept=kept,
        seal=_seal(service, kept, sha256, str(len(feed.bad))),
    )


def take(
    db: Session, service: Service, sent: Upload, *, by: Viewer, today: date, now: datetime
) -> str:
    """Take what was looked at; return the key of why not, or nothing."""
    said = {key: sent.fields.get(key, "") for key in ("kept", "sha256", "refused", "seal")}
    seal = _seal(service, said["kept"], said["sha256"], said["refused"])
    if not hmac.compare_digest(seal.encode(), said["seal"].encode()):
        return "page_too_old"
    feed: Feed = read_feed(said["kept"].encode(), today=today)
    local_offers.take_feed(
        db,
        feed=feed,
        file_name=sent.fields.get("file_name", ""),
        sha256=said["sha256"],
        refused=int(said["refused"]),
        by=by,
        now=now,
    )
    return ""


def _seal(service: Service, kept: str, sha256: str, refused: str) -> str:
    own = local_offers.file_sha256(kept.encode(errors="replace"))
    return service.keyring.derive("local-feed", f"{own}/{sha256}/{refused}").hex()
