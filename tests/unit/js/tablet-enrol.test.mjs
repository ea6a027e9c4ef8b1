import assert from "node:assert/strict";
import { test } from "node:test";

import { enrol, faultsOf } from "../../../static/js/tablet-enrol.js";
import { TabletPin } from "../../../static/js/tablet-pin.js";
import { html, json } from "./stand-ins.mjs";

const FIELDS = Object.freeze({ label: " Room 2 ", team: "north", number: "7", pin: "493817", pinAgain: "493817" });
const GIVEN = Object.freeze({
  tablet: { id: "u", number: 7, label: "Room 2", team: { id: "north", name: "North" } },
  token: "t",
  receipt_key: "5a".repeat(32),
  key: { id: "0011223344556677", public: "BG" },
  generation: "g1",
});

/** Enrol against one answer; gives the outcome, the requests and what was kept. */
async function tried(answer, fields = {}, keep = () => {}) {
  const requests = [];
  const seats = [];
  const outcome = await enrol({
    address: "/v1/tablets/",
    id: "u",
    fields: { ...FIELDS, ...fields },
    fetch: async (url, init) => {
      requests.push({ url, body: JSON.parse(init.body), text: init.body });
      if (answer instanceof Error) throw answer;
      return answer;
    },
    keep: async (given, more) => {
      await keep();
      seats.push({ given, more });
    },
    now: () => 5,
    iterations: 10,
  });
  return { outcome, requests, seats };
}

test("a seat is asked for and kept, and the PIN stays here", async () => {
  const { outcome, requests, seats } = await tried(json(200, GIVEN));
  assert.deepEqual(outcome, { tablet: GIVEN.tablet });
  assert.equal(requests[0].url, "/v1/tablets/u");
  assert.deepEqual(requests[0].body, { label: "Room 2", team: "north", number: 7 });
  assert.equal(requests[0].text.includes("493817"), false);
  const [{ given, more }] = seats;
  const { pin, ...rest } = more;
  assert.deepEqual(given, GIVEN);
  assert.deepEqual(rest, {
    config: null, config_sha256: null, heard_at: null, clock_seen: 5, skew_ms: 0, standing: "good",
  });
  const check = new TabletPin({ change: async (make) => make(pin) });
  assert.deepEqual(await check.ask("493817"), { next: "home" });
});

test("an empty number lets the service choose", async () => {
  assert.equal((await tried(json(200, GIVEN), { number: " " })).requests[0].body.number, null);
});

test("what is wrong on the form never reaches the service", async () => {
  const faults = (fields) => faultsOf({ ...FIELDS, ...fields });
  assert.deepEqual(faults({}), {});
  assert.deepEqual(faults({ label: " ", team: "" }), { label: "label_odd", team: "choose_team" });
  for (const number of ["0", "10000", "-1", "1.5", "x"]) assert.deepEqual(faults({ number }), { number: "number_odd" });
  assert.deepEqual(faults({ pin: "49381" }), { pin: "pin_six_digits" });
  assert.deepEqual(faults({ pin: "123456", pinAgain: "123456" }), { pin: "pin_too_easy" });
  assert.deepEqual(faults({ pinAgain: "493818" }), { pin_again: "pin_differs" });
  const { outcome, requests } = await tried(json(200, GIVEN), { pin: "1" });
  assert.deepEqual(outcome, { faults: { pin: "pin_six_digits" } });
  assert.equal(requests.length, 0);
});

test("each refusal has its own words", async () => {
  const why = async (answer) => (await tried(answer)).outcome;
  assert.deepEqual(await why(json(409, { faults: { number: "number_taken" } })), { faults: { number: "number_taken" } });
  assert.deepEqual(await why(json(409, { error: "tablet_in_use" })), { why: "in_use" });
  assert.deepEqual(await why(json(409, { error: "tablet_revoked" })), { why: "revoked" });
  assert.deepEqual(await why(json(401, { error: "sign_in_needed" })), { why: "signed_out" });
  assert.deepEqual(await why(json(403, { error: "not_allowed" })), { why: "not_allowed" });
  assert.deepEqual(await why(html(200)), { why: "server" });
  assert.deepEqual(await why(json(503, { error: "too_busy" })), { why: "server" });
  assert.deepEqual(await why(new TypeError("no network")), { why: "offline" });
});

test("a seat that cannot be kept is none", async () => {
  const { outcome } = await tried(json(200, GIVEN), {}, () => {
    throw new Error("full");
  });
  assert.deepEqual(outcome, { why: "storage" });
});
