"""Faults 5 to 12: between the tablet and the database. Nothing lost, nothing doubled, and nothing
called sent before the receipt is here."""

from __future__ import annotations

import json

import pytest
from fixtures.bad_network import (
    BadNetwork,
    Clinic,
    Rig,
    Step,
    after_the_commit,
    altered,
    before_the_body,
    emptied,
    half_the_json,
    half_the_reply,
    held,
    refused,
    says,
    wait_for_hold,
)

SEND_AGAIN = """
  const {token} = await rig.outbox.seat();
  const [item] = (await rig.outbox.atHand()).filter(({id}) => id === given.id);
  const digest = await rig.seals.contentDigest(item.bytes);
  const put = () => fetch(`/v1/responses/${item.id}`, {method: "PUT", body: item.bytes,
    headers: {Authorization: `Bearer ${token}`, "Content-Digest": digest}});
  const one = async () => {
    const answer = await put();
    return [answer.status, await answer.text()];
  };
"""


def stopped_and_then_stored(rig: Rig, network: BadNetwork, step: Step, problem: str) -> None:
    """One try meets `step`: it stores nothing, the set is kept, the next try stores it."""
    network.forget(step, held)
    rig.put()
    rig.send()
    wait_for_hold(network)
    assert rig.rows() == []
    assert rig.counts().items() >= {"waiting": 1, "problem": problem, "kept": 0}.items()
    network.let_go()
    rig.wait(waiting=0, kept=1, stored=1)
    assert len(rig.rows()) == 1
    assert len({bring[0] for bring in network.seen}) == 1


def stored_but_nobody_was_told(rig: Rig, network: BadNetwork, step: Step, problem: str) -> None:
    """The reply to a stored set is lost: the same bytes get the same receipt."""
    network.forget(step, held)
    rig.put()
    rig.send()
    wait_for_hold(network)
    [row] = rig.rows()
    assert rig.counts().items() >= {"waiting": 1, "problem": problem}.items()
    network.let_go()
    rig.wait(waiting=0, stored=1)
    assert [again.receipt for again in rig.rows()] == [row.receipt]
    assert rig.items()[0]["receipt"] == json.loads(row.receipt)


def test_fault_05_cut_before_the_server_read_the_body(clinic: Clinic, network: BadNetwork) -> None:
    stopped_and_then_stored(clinic.rig(), network, before_the_body, "offline")


def test_fault_06_cut_after_the_commit_and_before_the_reply(
    clinic: Clinic, network: BadNetwork
) -> None:
    stored_but_nobody_was_told(clinic.rig(), network, after_the_commit, "offline")


@pytest.mark.parametrize(
    ("step", "problem"), [(half_the_reply, "offline"), (half_the_json, "server")]
)
def test_fault_07_half_a_reply_is_no_receipt(
    clinic: Clinic, network: BadNetwork, step: Step, problem: str
) -> None:
    stored_but_nobody_was_told(clinic.rig(), network, step, problem)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (says(200), "network_login"),
        (says(302, Location="/sign-in"), "network_login"),
        (says(511), "network_login"),
        (refused, "offline"),
    ],
    ids=["a page", "a redirect", "511", "TLS or connection refused"],
)
def test_fault_08_a_network_log_in_is_not_the_server(
    clinic: Clinic, network: BadNetwork, step: Step, problem: str
) -> None:
    stopped_and_then_stored(clinic.rig(), network, step, problem)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (says(403), "refused"),
        (says(413), "too_large"),
        (says(429, Retry_After="1"), "server"),
        (says(500), "server"),
        (says(502), "server"),
        (says(503, Retry_After="1"), "server"),
    ],
    ids=["403", "413", "429", "500", "502", "503"],
)
def test_fault_09_a_firewall_or_a_busy_server(
    clinic: Clinic, network: BadNetwork, step: Step, problem: str
) -> None:
    stopped_and_then_stored(clinic.rig(), network, step, problem)


@pytest.mark.parametrize("step", [altered, emptied])
def test_fault_10_other_bytes_than_were_sent_are_not_stored(
    clinic: Clinic, network: BadNetwork, step: Step
) -> None:
    stopped_and_then_stored(clinic.rig(), network, step, "server")


def test_fault_11_replays_at_once_and_later_get_the_same_receipt(
    clinic: Clinic, network: BadNetwork
) -> None:
    rig = clinic.rig()
    item = {"id": rig.put()}
    at_once = rig.js(SEND_AGAIN + "return Promise.all([one(), one(), one(), one(), one()]);", item)
    later = rig.js(
        SEND_AGAIN
        + "const all = []; for (let n = 0; n < 20; n += 1) all.push(await one()); return all;",
        item,
    )
    assert sorted(status for status, _ in at_once) == [200, 200, 200, 200, 201]
    assert {status for status, _ in later} == {200}
    [row] = rig.rows()
    assert {text for _, text in [*at_once, *later]} == {row.receipt}


def test_fault_11_the_order_of_arrival_does_not_matter(clinic: Clinic, network: BadNetwork) -> None:
    rig = clinic.rig()
    ids = [rig.put(items={"welcome": n, "pace": n, "questions": n}) for n in (1, 2, 3)]
    for item in (ids[2], ids[0], ids[1]):
        [status, _] = rig.js(SEND_AGAIN + "return one();", {"id": item})
        assert status == 201
    assert [(row.seq, row.id, row.items["pace"]) for row in rig.rows()] == [
        (1, ids[0], 1),
        (2, ids[1], 2),
        (3, ids[2], 3),
    ]


def test_fault_12_the_same_id_with_other_content_is_set_aside(
    clinic: Clinic, network: BadNetwork
) -> None:
    rig = clinic.rig()
    first = rig.document(items={"welcome": 1, "pace": 1, "questions": 1})
    begun = rig.js("return rig.begin(given);", first)
    rig.js("await rig.finish(given.set, given.begun);", {"set": first, "begun": begun})
    rig.send()
    rig.wait(stored=1)
    [before] = rig.rows()
    other = rig.document(items={"welcome": 9, "pace": 9, "questions": 9})
    rig.js("await rig.finish(given.set, given.begun);", {"set": other, "begun": begun})
    rig.wait(waiting=0, stored=1, quarantined=1)
    [after] = rig.rows()
    assert (after.items, after.receipt) == (before.items, before.receipt)
    [aside] = clinic.quarantined(rig.tablet.device)
    assert (aside.http_status, aside.response_id) == (409, begun["id"])
    assert [bring[0] for bring in network.seen] == [begun["id"], begun["id"]]
