"""Every router of the application, in one tuple that the access contract test walks."""

from __future__ import annotations

from fastapi import APIRouter

from app.web.routes import (
    account,
    audit,
    encounters,
    erase,
    exports,
    grids_staff,
    groups,
    handover,
    health,
    home,
    local_offers,
    offline,
    papers,
    phone,
    prep,
    public,
    quarantine,
    responses,
    retention,
    service_admin,
    sign_in,
    staff_admin,
    tablets,
    triage,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    public.router,
    home.router,
    triage.router,
    encounters.router,
    grids_staff.router,
    audit.router,
    sign_in.router,
    account.router,
    staff_admin.router,
    service_admin.router,
    responses.router,
    tablets.router,
    handover.router,
    exports.router,
    erase.router,
    quarantine.router,
    retention.router,
    local_offers.router,
    groups.router,
    prep.router,
    papers.router,
    phone.router,
    offline.router,
)
