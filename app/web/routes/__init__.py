"""Every router of the application, in one tuple that the access contract test walks."""

from __future__ import annotations

from fastapi import APIRouter

from app.web.routes import health

ROUTERS: tuple[APIRouter, ...] = (health.router,)
