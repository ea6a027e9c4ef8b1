"""Signing in with the organisation's provider and with a passkey, in a real Chromium.

Here the content security policy is enforced and a virtual authenticator answers: neither can be
seen from the server alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from fixtures.browser import requests_elsewhere
from fixtures.identity_provider import ENTRA, StubProvider, stub_provider
from fixtures.ports import usual_door
from fixtures.staff import MadeStaff, make_staff
from fixtures.threaded_server import threaded_server
from playwright.sync_api import Browser, CDPSession, Page, expect

from app.domain.access import Role
from app.main import build_service, create_app
from app.settings import Settings
from app.web.service import now_utc


@dataclass
class Doors:
    """A service by the name of this machine, its provider, and somebody with a password."""

    base: str
    stub: StubProvider
    worker: MadeStaff


@pytest.fixture(scope="module")
def doors(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    shutil.copyfile(sqlite_template, folder / "doors.sqlite")
    with stub_provider(now_utc) as stub, closing(usual_door()) as door:
        base = f"http://localhost:{door.getsockname()[1]}"
        stub.back = f"{base}/sign-in/provider/back"
        url = f"sqlite:///{folder / 'doors.sqlite'}"
        settings = Settings(database_url=url, var_dir=folder / "var", **stub.file(folder, ENTRA))
        service = build_service(settings)
        now = service.clock()
        worker = make_staff(service.database, roles=(Role.ADMINISTRATOR,), now=now)
        with threaded_server(create_app(service), door):
            yield Doors(base, stub, worker)


@pytest.fixture
def page(browser: Browser, doors: Doors) -> Iterator[Page]:
    """A page on which neither script nor content security policy may complain."""
    context = browser.new_context(base_url=doors.base, viewport={"width": 1024, "height": 768})
    made, complaints = context.new_page(), []
    made.set_default_timeout(30_000)  # the first sign-in also loads the libraries for it
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on(
        "console",
        lambda line: complaints.append(line.text) if "Security Policy" in line.text else None,
    )
    yield made
    context.close()
    assert complaints == []


def test_the_provider_signs_in_proves_again_and_is_left(page: Page, doors: Doors) -> None:
    elsewhere = requests_elsewhere(page, doors.base)
    page.goto("/sign-in")
    assert elsewhere == []
    page.get_by_role("button", name="Sign in with Valley NHS").click()
    page.wait_for_url("**/home")
    page.goto("/confirm?next=/account")
    page.get_by_role("button", name="Confirm with Valley NHS").click()
    page.wait_for_url("**/account")
    expect(page.get_by_text("With your organisation's sign-in")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in?notice=signed-out")
    assert doors.stub.left_with["id_token_hint"].count(".") == 2
    page.goto("/home")
    assert "/sign-in" in page.url
    assert {address.partition("?")[0] for address in elsewhere} == {
        f"{doors.stub.issuer}/authorize",
        f"{doors.stub.issuer}/leave",
    }


def test_a_passkey_is_made_used_and_taken_away(page: Page, doors: Doors) -> None:
    device = page.context.new_cdp_session(page)
    authenticator = give_authenticator(device)
    with_password(page, doors.worker)
    page.wait_for_url("**/home")

    page.goto("/account/passkeys")
    page.fill("[name=name]", "Work laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**?done=added")
    expect(page.get_by_text("Work laptop", exact=True).first).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/home")
    page.goto("/confirm?next=/account/passkeys")
    page.get_by_role("button", name="Confirm with a passkey").click()
    page.wait_for_url("**/account/passkeys")

    sign_out(page)
    with_password(page, doors.worker)
    page.wait_for_url("**/sign-in/code**")
    refuse(device, authenticator, refused=True)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Nothing was sent.")).to_be_visible()
    refuse(device, authenticator, refused=False)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home")

    page.goto("/account/passkeys")
    page.get_by_role("button", name="Take away Work laptop").click()
    page.wait_for_url("**?done=removed")
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("does not open an account here")).to_be_visible()
    with_password(page, doors.worker)
    page.wait_for_url("**/home")


def give_authenticator(device: CDPSession) -> str:
    """Plug in a device that knows its person and presses by itself."""
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return str(made["authenticatorId"])


def refuse(device: CDPSession, authenticator: str, *, refused: bool) -> None:
    """Let the device know its person no more, or again."""
    said = {"authenticatorId": authenticator, "isUserVerified": not refused}
    device.send("WebAuthn.setUserVerified", said)


def with_password(page: Page, worker: MadeStaff) -> None:
    page.goto("/sign-in")
    page.fill("[name=username]", worker.username)
    page.fill("[name=password]", worker.password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in?notice=signed-out")
