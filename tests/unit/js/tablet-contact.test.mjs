import assert from "node:assert/strict";
import { test } from "node:test";

import { Contact } from "../../../static/js/tablet-contact.js";
import { StoppedClock, html, json, until } from "./stand-ins.mjs";

const ANSWER = Object.freeze({
  server_time: "1970-01-01T00:20:00.000Z",
  generation: "g1",
  tablet: { id: "u", number: 7, label: "Blue", team: { id: "north", name: "North" } },
  mode: "training",
  demo: false,
  key: { id: "k2", public: "BG" },
  erased: [],
  missing: [],
  config: { calendar: [], grids: [], practitioners: [] },
  config_sha256: "ab",
});

function tablet(answers, seat = {}) {
  const clock = new StoppedClock();
  const log = [];
  const row = { token: "t", generation: "g1", standing: "good", clock_seen: 9e15, ...seat };
  const kept = { row };
  const store = {
    seat: async () => kept.row,
    changeSeat: async (change) => (kept.row = change(kept.row)),
    counts: async () => ({ open: 1, waiting: 2, oldest_waiting_at: null, kept: 1, last_seq: 3, waiting_seqs: Array(700).fill(1) }),
    reoffer: async (generation) => log.push(["reoffer", generation]),
    erase: async (ids) => log.push(["erase", ...ids]),
  };
  const shelf = { refresh: async () => log.push(["shelf"]), releases: async () => ["k7/1"] };
  const window = new EventTarget();
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const requests = [];
  const outcomes = [];
  const contact = new Contact({
    store,
    shelf,
    about: async () => ({ storage: "unknown", build: "b", installed: false }),
    onChange: (outcome) => outcomes.push(outcome),
    clock,
    random: () => 0.5,
    window,
    document: page,
    fetch: async (url, init) => {
      requests.push({ url, init, body: JSON.parse(init.body) });
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return answer();
    },
  });
  return { contact, clock, log, kept, requests, outcomes, window, page };
}

const good = (changes = {}) => () => json(200, { ...ANSWER, ...changes });

test("a report of counts goes out under the tablet's own name, and the answer is kept", async () => {
  const { contact, kept, requests, log, clock } = tablet([good()]);
  assert.equal(await contact.now(), "reached");
  const { init, body } = requests[0];
  assert.equal(init.headers.Authorization, "Bearer t");
  assert.equal(init.credentials, "omit");
  assert.deepEqual(Object.keys(body).sort(), [
    "build", "config_sha256", "device_time", "generation", "installed", "kept", "last_seq", "oldest_waiting_at", "releases", "storage", "waiting", "waiting_seqs",
  ]);
  assert.equal(body.waiting, 3);
  assert.equal(body.waiting_seqs.length, 500);
  assert.deepEqual(body.releases, ["k7/1"]);
  assert.deepEqual(kept.row.config, ANSWER.config);
  assert.equal(kept.row.key.id, "k2");
  assert.equal(kept.row.heard_at, clock.now());
  assert.equal(kept.row.clock_seen, clock.now(), "the service is believed over a clock that ran ahead");
  assert.equal(kept.row.skew_ms, 1_200_000 - clock.now());
  assert.deepEqual(log, [["shelf"]]);
});

test("a restored service gets the copies again, and what was erased goes first", async () => {
  const { contact, kept, log } = tablet([good({ generation: "g2", erased: ["x", "y"] })]);
  await contact.now();
  assert.deepEqual(log, [["erase", "x", "y"], ["reoffer", "g2"], ["shelf"]]);
  assert.equal(kept.row.generation, "g2");
});

test("a configuration that is held is not sent again, and is kept", async () => {
  const config = { calendar: [1] };
  const { contact, kept, requests } = tablet([good({ config: undefined })], { config, config_sha256: "ab" });
  assert.equal(await contact.now(), "reached");
  assert.equal(requests[0].body.config_sha256, "ab");
  assert.deepEqual(kept.row.config, config);
});

test("one that is out of use still deletes what was erased, and offers its copies again", async () => {
  const refusal = { error: "tablet_revoked", server_time: ANSWER.server_time, generation: "g2", erased: ["x"] };
  const { contact, kept, log } = tablet([() => json(403, refusal)]);
  assert.equal(await contact.now(), "revoked");
  assert.deepEqual(log, [["erase", "x"], ["reoffer", "g2"]]);
  assert.deepEqual([kept.row.standing, kept.row.generation], ["revoked", "g2"]);
});

test("only the service itself can take a tablet out of use", async () => {
  for (const [answer, standing, outcome] of [
    [() => json(403, { error: "blocked by policy" }), "good", "server"],
    [() => json(401, { error: "tablet_unknown" }), "unknown", "unknown"],
    [() => html(403), "good", "network_login"],
    [() => html(401), "good", "network_login"],
    [() => html(200), "good", "network_login"],
    [() => json(200, { hello: 1 }), "good", "server"],
    [() => json(503, { error: "too_busy" }), "good", "server"],
    [new TypeError("no network"), "good", "offline"],
  ]) {
    const { contact, kept } = tablet([answer]);
    assert.equal(await contact.now(), outcome);
    assert.equal(kept.row.standing, standing);
    assert.equal(kept.row.config, undefined);
  }
});

test("one that is known again may go on", async () => {
  const { contact, kept } = tablet([good()], { standing: "unknown" });
  await contact.now();
  assert.equal(kept.row.standing, "good");
});

test("at once, every five minutes or so, when it is seen and when a network comes", async () => {
  const { contact, clock, requests, window, page } = tablet([good()]);
  contact.start();
  clock.advance(0);
  await until(() => requests.length === 1 && clock.next() !== null);
  assert.equal(clock.next(), 300_000);
  clock.advance(300_000);
  await until(() => requests.length === 2 && clock.next() !== null);
  window.dispatchEvent(new Event("online"));
  assert.equal(clock.next(), 1_000, "not all of a clinic in the same instant");
  clock.advance(1_000);
  await until(() => requests.length === 3 && clock.next() !== null);
  page.dispatchEvent(new Event("visibilitychange"));
  clock.advance(0);
  await until(() => requests.length === 4 && clock.next() !== null);
  contact.stop();
  window.dispatchEvent(new Event("online"));
  assert.equal(clock.next(), null);
});

test("two that ask at the same moment are one contact", async () => {
  const { contact, requests } = tablet([good()]);
  assert.deepEqual(await Promise.all([contact.now(), contact.now()]), ["reached", "reached"]);
  assert.equal(requests.length, 1);
});

test("without a seat nobody is asked", async () => {
  const { contact, kept, requests } = tablet([good()]);
  kept.row = null;
  assert.equal(await contact.now(), "offline");
  assert.equal(requests.length, 0);
});
