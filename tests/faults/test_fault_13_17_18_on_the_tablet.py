"""Faults 13, 17 and 18: two tabs, a database that the browser closes, and storage that is not
there. And what a thief finds who has the tablet and all the time in the world."""

from __future__ import annotations

import base64
import binascii
import json
import re

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fixtures.appointment_steps import act, answer, finish, on_screen, reminded, take
from fixtures.bad_network import BadNetwork, Clinic, Rig, open_rig, says, seat_in
from fixtures.browser import LiveServer, PageFor, hand_over_on, type_pin, wait_until
from fixtures.staff import MadeStaff
from fixtures.tablet_steps import DUMP
from playwright.sync_api import Page, expect

HOLD_THE_SENDER = """
  await new Promise((held) => navigator.locks.request("grids-sender", () => {
    held();
    return new Promise((letGo) => { globalThis.letGo = letGo; });
  }));
"""
#: What is called on a dead handle throws; `globalThis.dead` says how many times it still does.
DEAD = """
globalThis.dead = 0;
const open = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...given) {
  if (globalThis.dead > 0) {
    globalThis.dead -= 1;
    throw new DOMException("The database connection is closing.", "InvalidStateError");
  }
  return open.apply(this, given);
};
"""
FOR_EVER = "globalThis.dead = Infinity;"


#: Another store of this site takes what room there is.
FILL = """
  const base = await new Promise((done) => {
    const request = indexedDB.open("others");
    request.onupgradeneeded = () => request.result.createObjectStore("rows", {autoIncrement: true});
    request.onsuccess = () => done(request.result);
  });
  const add = () => new Promise((done) => {
    const adding = base.transaction("rows", "readwrite");
    adding.objectStore("rows").add(crypto.getRandomValues(new Uint8Array(8192)));
    adding.oncomplete = () => done(true);
    adding.onabort = () => done(false);
  });
  while (await add());
  base.close();
"""


# --- fault 13 -----------------------------------------------------------------------------------


def test_fault_13_of_two_tabs_one_sends_and_both_count_the_same(
    clinic: Clinic, network: BadNetwork
) -> None:
    first = clinic.rig()
    second = clinic.second_page(first)
    third = first.page.context.new_page()
    third.goto("/sign-in")
    third.evaluate(f"async () => {{ {HOLD_THE_SENDER} }}")
    for rig in (first, second):
        rig.send()
    at_once = "return Promise.all(given.map((document) => rig.put(document)));"
    documents = [first.document() for _ in range(4)]
    begun = [put for rig in (first, second) for put in rig.js(at_once, documents)]
    for rig in (first, second):
        rig.wait(waiting=8, last_seq=8)
        assert rig.counts()["waiting_seqs"] == list(range(1, 9))
    assert network.seen == []
    third.evaluate("() => globalThis.letGo()")
    for rig in (first, second):
        rig.wait(waiting=0, stored=8)
        assert rig.js("return rig.sender.state().stored;") == 8
    assert sorted(bring for bring, _ in network.seen) == sorted(put["id"] for put in begun)
    assert network.most_at_once == 1
    assert [row.seq for row in first.rows()] == list(range(1, 9))


def test_fault_13_a_set_that_another_tab_answers_is_left_to_it(
    clinic: Clinic, network: BadNetwork
) -> None:
    first = clinic.rig()
    document = first.document()
    first.js("await rig.begin(given);", document)
    second = clinic.second_page(first)
    second.send()
    second.js("await rig.outbox.tidy();")
    assert second.counts().items() >= {"open": 1, "waiting": 0}.items()
    first.page.close()
    second.js("rig.sender.wake();")
    second.wait(open=0, waiting=0, stored=1)
    [row] = second.rows()
    assert (row.state, row.reason) == ("interrupted", "interrupted")


# --- fault 17 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 2])
def test_fault_17_a_dead_handle_is_opened_anew(
    clinic: Clinic, network: BadNetwork, times: int
) -> None:
    rig = clinic.rig(init=DEAD)
    document = rig.document()
    begun = rig.js("return rig.begin(given);", document)
    rig.js(f"globalThis.dead = {times};")
    assert rig.js("return rig.finish(given.a, given.b);", {"a": document, "b": begun}) is True
    assert rig.counts().items() >= {"waiting": 1, "at_risk": 0}.items()


def test_fault_17_a_database_that_is_deleted_under_the_page_is_made_again(
    clinic: Clinic, network: BadNetwork
) -> None:
    rig = clinic.rig()
    document = rig.document()
    begun = rig.js("return rig.begin(given);", document)
    other = rig.page.context.new_page()
    other.goto("/sign-in")
    deleted = other.evaluate("""() => new Promise((done) => {
      const request = indexedDB.deleteDatabase("grids-outbox");
      request.onsuccess = () => done("deleted");
      request.onblocked = () => done("blocked");
    })""")
    assert deleted == "deleted"
    assert rig.js("return rig.finish(given.a, given.b);", {"a": document, "b": begun}) is True
    assert rig.js("return (await rig.outbox.seat()).next_seq;") == 2
    rig.send()
    rig.wait(waiting=0, stored=1)
    assert [row.id for row in rig.rows()] == [begun["id"]]


def test_fault_17_what_cannot_be_written_is_not_called_kept_and_goes_from_memory(
    clinic: Clinic, network: BadNetwork
) -> None:
    rig = clinic.rig(init=DEAD)
    first, second = rig.document(), rig.document()
    begun = rig.js("return rig.begin(given);", first)
    rig.js(FOR_EVER)
    assert rig.js("return rig.finish(given.a, given.b);", {"a": first, "b": begun}) is False
    late = rig.js("return rig.begin(given);", second)
    assert late["seq"] == 2
    assert rig.js("return rig.finish(given.a, given.b);", {"a": second, "b": late}) is False
    assert rig.js("return rig.outbox.atRisk;") == 2
    rescued = rig.js("return rig.outbox.rescue();")
    assert {item["id"] for item in rescued["items"]} == {begun["id"], late["id"]}
    rig.send()
    rig.page.wait_for_function("() => globalThis.rig.outbox.atRisk === 0")
    assert [(row.seq, row.state) for row in rig.rows()] == [(1, "complete"), (2, "complete")]
    rig.js("globalThis.dead = 0;")
    assert rig.put() not in {begun["id"], late["id"]}
    rig.js("rig.sender.wake();")
    rig.wait(waiting=0, open=0)
    assert [row.seq for row in rig.rows()] == [1, 2, 3]
    assert clinic.quarantined(rig.tablet.device) == []


@pytest.fixture
def tablet_page(live_server: LiveServer, page_for: PageFor, practitioner: MadeStaff) -> Page:
    """/appointment, just handed over, on an enrolled tablet whose handle can be made dead."""
    page = page_for(practitioner)
    page.add_init_script(DEAD)
    seat_in(page, live_server)
    hand_over_on(page, live_server.make_encounter(practitioner).id)
    return page


def test_fault_17_the_screen_says_not_saved_and_offers_a_file(
    live_server: LiveServer, tablet_page: Page
) -> None:
    page = tablet_page
    take(page)
    page.evaluate(FOR_EVER)
    page.context.set_offline(True)
    answer(page, "after.young_person", [7, 0, 9])
    line = page.locator("[data-saving]")
    expect(line).to_contain_text("Not saved yet: this tablet could not store it.")
    act(page, "on")
    finish(page)
    expect(page.locator("[data-problem=offline]")).to_be_visible()
    with page.expect_download() as downloading:
        act(page, "rescue")
    file = json.loads(downloading.value.path().read_text())
    assert downloading.value.suggested_filename == "sealed-answers-7.json"
    # What was opened of the grid lies beside the answers, numbered 0.
    [item] = [item for item in file["items"] if item["seq"]]
    assert base64.b64decode(item["bytes"])[:3] == b"OG1"
    page.context.set_offline(False)
    expect(line).to_have_text("Saved.")
    [row] = live_server.responses()
    assert (row.state, [row.items[key] for key in ("explain", "listen", "include")]) == (
        "complete",
        [7, 0, 9],
    )


def test_a_tablet_says_saved_once_it_is_sealed_on_it_and_lets_staff_go_on(
    live_server: LiveServer, tablet_page: Page
) -> None:
    page = tablet_page
    live_server.gate.answers["/v1/responses/"] = (503, b"")
    take(page)
    answer(page, "after.young_person", [7, 0, 9])
    expect(page.locator("[data-saving]")).to_have_text(
        "Saved. It is sealed on this tablet and goes to the service by itself."
    )
    act(page, "on")
    finish(page)
    expect(page.locator("[data-problem=server]")).to_be_visible()
    assert page.locator("[data-at-risk]:visible").count() == 0
    type_pin(page)
    reminded(page)
    page.wait_for_url("**/encounters/*")
    assert live_server.responses() == []
    live_server.gate.answers.clear()
    page.goto("/appointment")
    on_screen(page, "locked")
    wait_until(lambda: bool(page.evaluate(WAITS_FOR_NOTHING)), page)
    [row] = live_server.responses()
    assert (row.seq, row.state) == (1, "complete")


WAITS_FOR_NOTHING = """() => new Promise((done) => {
  const request = indexedDB.open("grids-outbox");
  request.onsuccess = () => {
    const base = request.result;
    const count = base.transaction("items").objectStore("items").index("waiting").count();
    count.onsuccess = () => { base.close(); done(count.result === 0); };
  };
})"""


# --- fault 18 -----------------------------------------------------------------------------------


def test_fault_18_a_full_disk_is_said_before_anything_is_asked(
    clinic: Clinic, network: BadNetwork
) -> None:
    page = clinic.context().new_page()
    cdp = page.context.new_cdp_session(page)
    where = {"origin": network.base, "quotaSize": 400_000}
    cdp.send("Storage.overrideQuotaForOrigin", where)
    rig = clinic.rig(page)
    assert rig.js("return rig.outbox.check();") is None
    rig.js(FILL)
    assert rig.js("return rig.outbox.check();") == "full"
    network.forget(says(503), says(503))
    document = rig.document()
    begun = rig.js("return rig.begin(given);", document)
    assert rig.js("return rig.finish(given.a, given.b);", {"a": document, "b": begun}) is False
    assert rig.js("return rig.outbox.atRisk;") == 1
    cdp.send("Storage.overrideQuotaForOrigin", {"origin": network.base})
    assert rig.js("return rig.outbox.check();") is None
    rig.js("await rig.outbox.tidy();")
    assert rig.js("return rig.outbox.atRisk;") == 0
    assert rig.counts().items() >= {"waiting": 1, "last_seq": 1}.items()


def test_fault_18_a_browser_that_stores_nothing_is_told_apart(
    clinic: Clinic, network: BadNetwork
) -> None:
    none = "Object.defineProperty(globalThis, 'indexedDB', {value: undefined});"
    page = clinic.context(none).new_page()
    tablet, _ = clinic.enrol()
    rig = Rig(page, tablet, clinic.server)
    open_rig(page, clinic.server, None)
    assert rig.js("return new rig.Outbox().check();") == "none"
    why = "return rig.Outbox.ofThisTablet().then(() => null, ({why}) => why);"
    assert rig.js(why) == "none"


# --- what a thief finds -------------------------------------------------------------------------


def test_nothing_on_the_tablet_opens_what_is_on_it(clinic: Clinic, network: BadNetwork) -> None:
    rig = clinic.rig()
    document = rig.document(items={"welcome": 4, "pace": -97, "questions": 8})
    rig.js("await rig.begin(given);", document)
    kept = rig.put(items=document["items"])
    keys = rig.js("""
      const seat = await rig.outbox.seat();
      const {extractable, type, usages} = seat.receipt_key;
      const out = await crypto.subtle.exportKey("raw", seat.receipt_key)
        .then(() => "out", () => "stays");
      return {extractable, type, usages, out};
    """)
    assert keys == {"extractable": False, "type": "secret", "usages": ["verify"], "out": "stays"}
    text = str(rig.page.evaluate(DUMP))
    for clear in ('"items":{', "welcome", "young_person", rig.tablet.header["id"], "14-15"):
        assert clear not in text
    sealed = bytes(next(row for row in rig.js(BYTES) if row["id"] == kept)["bytes"])
    assert opened(sealed, kept, clinic.keyring.current.private) is not None  # the server's way in
    for candidate in candidates(text):
        with pytest.raises(InvalidTag):
            AESGCM(candidate).decrypt(sealed[76:88], sealed[88:], extra(sealed, kept))
        scalar = int.from_bytes(candidate, "big")
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        if 0 < scalar < order:
            assert opened(sealed, kept, ec.derive_private_key(scalar, ec.SECP256R1())) is None


BYTES = "return (await rig.outbox.atHand()).map(({id, bytes}) => ({id, bytes: [...bytes]}));"


def extra(sealed: bytes, response_id: str) -> bytes:
    return sealed[:76] + bytes.fromhex(response_id.replace("-", ""))


def opened(sealed: bytes, response_id: str, private: ec.EllipticCurvePrivateKey) -> bytes | None:
    """Open an envelope with a private key, as docs/protocol.md says; None if it is wrong."""
    point = sealed[11:76]
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    shared = private.exchange(ec.ECDH(), public)
    info = b"option-grids envelope 1"
    key = HKDF(algorithm=SHA256(), length=32, salt=point, info=info).derive(shared)
    try:
        return AESGCM(key).decrypt(sealed[76:88], sealed[88:], extra(sealed, response_id))
    except InvalidTag:
        return None


def candidates(text: str) -> set[bytes]:
    """Every 32 bytes in what the browser keeps that could be a key: hex, base64, or raw."""
    found = {bytes.fromhex(each) for each in re.findall(r"\b[0-9a-f]{64}\b", text)}
    for word in re.findall(r"[A-Za-z0-9_-]{43,88}", text):
        try:
            raw = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        except binascii.Error:
            continue
        found |= {raw[at : at + 32] for at in range(len(raw) - 31)}
    assert found
    return found
