"""The process that opens sealed sets: same results with it, without it, and when it dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fixtures.capture import Sent, Tablet, header_for
from fixtures.waiting import until

from app.adapters.keyring import Keyring
from app.services import openers, opening_worker
from app.services.arrivals import Opened, open_set
from app.services.openers import WORTH_STARTING, Openers

SECONDS = 30


@pytest.fixture
def tablet(keyring: Keyring) -> Tablet:
    return Tablet(keyring, header_for(str(uuid4())))


@pytest.fixture
def several(keyring: Keyring) -> Iterator[Openers]:
    made = Openers(keyring)
    yield made
    made.close()


def every_kind(tablet: Tablet, tmp_path: Path) -> list[Sent]:
    """Return valid sets and one for every way in which a set cannot be read."""
    stranger = Tablet(Keyring(tmp_path / "other"), tablet.header)
    good = tablet.send()
    moved = good.body[:-1] + bytes([good.body[-1] ^ 1])
    return [
        good,
        tablet.send(state="interrupted", items={"welcome": -99}),
        tablet.send(address=str(uuid4())),
        tablet.send(key_id="0" * 16),
        tablet.send(items={"welcome": 101}),
        tablet.sealed_bytes(b"no JSON", good.id, {}),
        stranger.send(),
        Sent(good.id, moved, "", {}),
        Sent(good.id, b"", "", {}),
        *(tablet.send() for _ in range(WORTH_STARTING)),
    ]


def opened_by(openers: Openers, sets: list[Sent]) -> list[Opened | None]:
    openers.begin([(sent.body, sent.id) for sent in sets])
    return openers.finish()


def opened_here(keyring: Keyring, sets: list[Sent]) -> list[Opened]:
    return [open_set(sent.body, sent.id, keyring) for sent in sets]


def await_worker(openers: Openers, sets: list[Sent]) -> int:
    """Open the sets until the process takes them over; return its id."""

    def is_asked() -> bool:
        opened_by(openers, sets)
        return openers.is_asked

    until(is_asked, "the process did not start")
    assert openers.worker_id is not None
    return openers.worker_id


def test_it_opens_as_the_server_itself_does(
    several: Openers, keyring: Keyring, tablet: Tablet, tmp_path: Path
) -> None:
    sets = every_kind(tablet, tmp_path)
    expected = opened_here(keyring, sets)
    assert opened_by(several, sets) == expected
    await_worker(several, sets)
    assert opened_by(several, sets) == expected
    assert [faults for _, _, faults in expected[:9]] == [
        (),
        (),
        ("id_differs",),
        ("key_differs",),
        ("envelope_wrong_value:items.welcome",),
        ("envelope_not_json",),
        ("seal_unknown_key",),
        ("seal_broken",),
        ("seal_broken",),
    ]


def test_a_few_sets_start_no_process(several: Openers, keyring: Keyring, tablet: Tablet) -> None:
    sets = [tablet.send() for _ in range(WORTH_STARTING - 1)]
    assert opened_by(several, sets) == opened_here(keyring, sets)
    assert opened_by(several, []) == []
    assert several.worker_id is None


@pytest.mark.fault(1)
@pytest.mark.parametrize("at", ["before", "between"])
def test_a_killed_process_loses_no_set_and_is_replaced(
    several: Openers, keyring: Keyring, tablet: Tablet, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openers, "REST_SECONDS", 0.0)
    sets = [tablet.send() for _ in range(60)]
    killed = await_worker(several, sets)
    if at == "between":
        os.kill(killed, signal.SIGSTOP)  # it cannot have answered before it dies
        several.begin([(sent.body, sent.id) for sent in sets])
    os.kill(killed, signal.SIGKILL)
    if at == "before":
        several.begin([(sent.body, sent.id) for sent in sets])
    assert several.finish() == opened_here(keyring, sets)
    assert await_worker(several, sets) != killed
    assert opened_by(several, sets) == opened_here(keyring, sets)


def test_a_process_that_hangs_is_given_up(
    several: Openers, keyring: Keyring, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openers, "LONGEST_SECONDS", 0.5)
    sets = [tablet.send() for _ in range(WORTH_STARTING)]
    os.kill(await_worker(several, sets), signal.SIGSTOP)
    assert opened_by(several, sets) == opened_here(keyring, sets)
    assert several.worker_id is None


def test_a_process_that_cannot_start_costs_nothing_but_time(
    several: Openers, keyring: Keyring, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openers.sys, "executable", "/nonexistent/python")
    sets = [tablet.send() for _ in range(WORTH_STARTING)]
    assert opened_by(several, sets) == opened_here(keyring, sets)
    assert several.worker_id is None


def test_a_fault_of_ours_in_one_set_leaves_the_others(
    keyring: Keyring, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = [tablet.send(), tablet.send()]

    def break_on_first(sent: bytes, response_id: str, keys: Keyring) -> Opened:
        if response_id == sets[0].id:
            raise RuntimeError("a bug that one set brings out")
        return open_set(sent, response_id, keys)

    monkeypatch.setattr(opening_worker, "open_set", break_on_first)
    found = opened_by(Openers(keyring), sets)
    assert found == [None, *opened_here(keyring, sets[1:])]


def test_the_process_ends_when_the_server_is_gone(several: Openers, tablet: Tablet) -> None:
    worker = await_worker(several, [tablet.send() for _ in range(WORTH_STARTING)])
    process, channel = several._process, several._channel
    assert process is not None
    assert channel is not None
    channel.close()
    assert process.wait(SECONDS) == 0
    assert process.pid == worker
