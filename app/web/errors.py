"""One handler for every error: a plain page with the way back and the help strip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.errors import AppError, ConfirmationNeeded, SecondFactorNeeded, SignInNeeded, TooBusy
from app.rendering.page import Page
from app.web.responses import page_response

log = structlog.get_logger()
KEYS = {404: "not_found", 405: "not_found", 403: "not_allowed", 413: "too_large"}
RETRY_SECONDS = "5"


@dataclass(frozen=True)
class ErrorPage(Page):
    """What happened, in words, and the way back. ``key`` picks the words."""

    template: ClassVar[str] = "pages/error.html"
    key: str
    status: int
    wait_seconds: int = 0


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(OperationalError, _database_error)
    app.add_exception_handler(Exception, _unexpected)


def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    asks_for_page = not request.url.path.startswith("/v1/")
    if asks_for_page and request.method == "GET" and isinstance(error, SignInNeeded):
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", status_code=303)
    if asks_for_page and isinstance(error, ConfirmationNeeded):
        after = quote(str(error.details.get("next", request.url.path)))
        return RedirectResponse(f"/confirm?next={after}", status_code=303)
    if asks_for_page and isinstance(error, SecondFactorNeeded):
        return RedirectResponse("/account?done=second-factor-needed", status_code=303)
    wait = error.details.get("wait_seconds", 0)
    return answer(request, error.status, error.key, wait if isinstance(wait, int) else 0)


def answer(request: Request, status: int, key: str, wait_seconds: int = 0) -> Response:
    """Return an error as JSON below ``/v1/``, else as a page."""
    headers = {"Retry-After": str(wait_seconds)} if wait_seconds else {}
    if status == TooBusy.status:
        headers["Retry-After"] = RETRY_SECONDS
    if request.url.path.startswith("/v1/"):
        body = {"error": key} | ({"wait_seconds": wait_seconds} if wait_seconds else {})
        return JSONResponse(body, status_code=status, headers=headers)
    page = page_response(request, ErrorPage(key, status, wait_seconds), status=status)
    page.headers.update(headers)
    return page


def answer_to(request: Request, error: Exception) -> Response:
    """Return what the handlers would, for a request that did not pass through the framework."""
    if isinstance(error, AppError):
        return _app_error(request, error)
    if isinstance(error, OperationalError):
        return _database_error(request, error)
    return _unexpected(request, error)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return answer(request, error.status_code, KEYS.get(error.status_code, "unexpected"))


def _validation_error(request: Request, _error: Exception) -> Response:
    return answer(request, 404, "not_found")


def _database_error(request: Request, error: Exception) -> Response:
    log.error("database_unavailable", error=type(error).__name__)
    return answer(request, TooBusy.status, TooBusy.key)


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected_error", error=type(error).__name__, path=request.url.path)
    return answer(request, 500, "unexpected")
