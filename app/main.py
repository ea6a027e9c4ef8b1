"""Wiring only: settings, engine, middleware, routers, error handlers, static files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.types import ASGIApp

from app.adapters import provider_file, run_lock
from app.adapters.assets import Assets
from app.adapters.keyring import Keyring
from app.adapters.pdf import PdfWorkers
from app.content.contacts import read_contacts
from app.content.library import Library
from app.db import sessions
from app.db.engine import Database
from app.db.queries.approvals import read_standing
from app.rendering.environment import Renderer
from app.services import approvals, seeds
from app.services.erasing_bytes import drop_old_pages
from app.services.recording import Recorder
from app.services.service_mode import load_state
from app.settings import Settings
from app.web import errors, publishing, standing
from app.web.answers_door import AnswersDoor
from app.web.counting import Counting
from app.web.middleware import CrossSiteGuard, SecureContextGuard, SecurityHeaders
from app.web.nightly import Nightly
from app.web.offline_shelf import OfflineShelf, publish_offline
from app.web.pages.phone import NotOnThisHostPage
from app.web.phone_host import PhoneHost
from app.web.published import Published
from app.web.responses import page_response
from app.web.routes import ROUTERS
from app.web.service import Service, now_utc

OPEN_OVER_HTTP = ("/healthz", "/static/", "/trust", "/favicon.ico")


def build_service(settings: Settings, clock: Callable[[], datetime] = now_utc) -> Service:
    """Open the database (its schema is already right) and build every part once."""
    database = Database(settings.database)
    database.check_durability()
    assets = _read_assets(settings.static_dir)
    keyring = Keyring(settings.var_dir / "keys")
    with sessions.write(database) as db:
        state = load_state(db)
        records = read_standing(db)
        sealed_now = seeds.seal_what_is_in_clear(db, keyring=keyring)
    if sealed_now:  # what they were in clear is not to stay in the write-ahead log
        drop_old_pages(database)
    return Service(
        settings=settings,
        database=database,
        assets=assets,
        renderer=Renderer(settings.template_dir, assets.url, settings.template_cache_dir),
        library=approvals.with_standing(Library.load(settings.content_dir), records),
        contacts=read_contacts(settings.content_dir / "_contacts" / "england.yaml"),
        keyring=keyring,
        recorder=Recorder(database, keyring, clock=clock),
        state=state,
        papers=PdfWorkers(settings, assets),
        provider=provider_file.read_client(settings),
        clock=clock,
        standing=records,
    )


@lru_cache(maxsize=1)
def _read_assets(static_dir: Path) -> Assets:
    """Read the files once for a process: the second service of one serves the same."""
    return Assets(static_dir)


def create_app(service: Service) -> ASGIApp:
    """Return the whole application as one ASGI callable."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watch = standing.Watch(service)
        nightly = Nightly(service)
        with run_lock.serving(service.settings.var_dir):
            service.recorder.start()
            service.papers.start()
            watch.start()
            nightly.start()
            ahead = asyncio.create_task(app.state.offline_shelf.make_ahead())
            yield
            ahead.cancel()
            nightly.stop()
            watch.stop()
            service.papers.stop()
            service.intake.stop()
            service.export_jobs.stop()
            service.recorder.stop()
        service.database.dispose()

    app = FastAPI(
        title="Comparison grids", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.service = service
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    whole = _wrap(app, service)
    return Counting(whole, service.recorder.count_waiting) if service.settings.metrics else whole


def _wrap(app: FastAPI, service: Service) -> ASGIApp:
    published = Published(app)
    service.published = published
    publishing.publish_everything(service, published)
    publish_offline(service, published)
    app.state.offline_shelf = OfflineShelf(service, published)
    answers = AnswersDoor(published, service)
    guarded = CrossSiteGuard(answers, _plain_answer(app, 403, "cross_site"))
    secure = SecureContextGuard(guarded, _plain_answer(app, 403, "insecure"), OPEN_OVER_HTTP)
    if not service.settings.phone_host:
        return SecurityHeaders(secure)
    return SecurityHeaders(PhoneHost(secure, service.settings.phone_host, _not_here(app)))


def _not_here(app: FastAPI) -> ASGIApp:
    """Nothing on the phones' host leads to a page that is not there either."""

    async def answer(scope, receive, send):  # type: ignore[no-untyped-def]  # an ASGI callable
        request = Request({**scope, "app": app}, receive)
        page = page_response(request, NotOnThisHostPage(), status=404)
        await page(scope, receive, send)

    return answer


def _plain_answer(app: FastAPI, status: int, key: str) -> ASGIApp:
    async def answer(scope, receive, send):  # type: ignore[no-untyped-def]  # an ASGI callable
        request = Request({**scope, "app": app}, receive)
        await errors.answer(request, status, key)(scope, receive, send)

    return answer
