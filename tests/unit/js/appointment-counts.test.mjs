import assert from "node:assert/strict";
import { test } from "node:test";

import { Counts, bandOf } from "../../../static/js/appointment-counts.js";
import { MemoryShelf } from "../../../static/js/appointment-shelf.js";
import { PLAN } from "./appointment-samples.mjs";
import { until } from "./stand-ins.mjs";

const GRID = { public_id: "k7", version: 3, sha256: "ef".repeat(32), picked: ["one-to-one", "group"] };
const COUNTED = { ...PLAN, counts: true, grid: GRID };

function counting(plan = COUNTED) {
  let now = 0;
  const shelf = MemoryShelf.of(PLAN);
  const counts = new Counts({ plan, shelf, now: () => now });
  return { counts, shelf, pass: (ms) => (now += ms) };
}

/** Counts after `act`, and the documents as they were just before they were sealed. */
async function laid(act) {
  const documents = [];
  const { encode } = TextEncoder.prototype;
  TextEncoder.prototype.encode = function (text) {
    if (text?.includes('"exposure-1"')) documents.push(JSON.parse(text));
    return encode.call(this, text);
  };
  try {
    const made = counting();
    await until(() => documents.length === 1);
    act(made);
    const isReady = async () => (await made.shelf.counts()).counted === 1;
    while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 1));
    return { ...made, documents };
  } finally {
    TextEncoder.prototype.encode = encode;
  }
}

test("what was there, how often a row was opened and about how long are counted", async () => {
  const { documents } = await laid(({ counts, pass }) => {
    counts.up(true);
    counts.showed(["one-to-one", "group"]);
    counts.opened("hard");
    counts.opened("help");
    counts.opened("hard");
    pass(6 * 60_000);
    counts.up(false);
    pass(60 * 60_000); // nothing of what happens elsewhere
    counts.showed(["group", "family"]);
    counts.finish();
  });
  const last = documents.at(-1);
  assert.deepEqual(last.counts, {
    picked: ["group", "one-to-one"],
    shown: ["family", "group"],
    opened: { hard: 2, help: 1 },
    minutes_band: "5_to_10",
  });
  assert.deepEqual(Object.keys(last).sort(), [
    "counts", "device", "encounter", "format", "grid", "id", "key_id", "salt",
  ]);
  assert.deepEqual(last.grid, { public_id: "k7", version: 3, sha256: GRID.sha256 });
  assert.equal(last.encounter.code, undefined);
});

test("it lies on the shelf before anything is opened, and nobody has to wait for it", async () => {
  const { documents, shelf } = await laid(({ counts }) => counts.finish());
  assert.deepEqual(documents[0].counts, {
    picked: ["group", "one-to-one"], shown: [], opened: {}, minutes_band: "under_2",
  });
  const { waiting, open, counted, waiting_seqs: seqs, at_risk: risk } = await shelf.counts();
  assert.deepEqual([waiting, open, counted, seqs, risk], [0, 0, 1, [], 0]);
  assert.equal(shelf.atRisk, 0);
});

test("one tap wipes what was counted, and nothing is counted after it", async () => {
  const { documents, counts } = await laid(({ counts }) => {
    counts.opened("hard");
    counts.refuse();
    counts.opened("help");
    counts.showed(["group"]);
    counts.up(true);
    counts.finish();
  });
  assert.equal(counts.isOn, false);
  assert.equal(documents.at(-1).counts, null);
});

test("where the service does not count, or there is no grid, nothing is made at all", async () => {
  for (const plan of [{ ...COUNTED, counts: false }, { ...PLAN, counts: true, grid: null }, PLAN]) {
    const { counts, shelf } = counting(plan);
    counts.opened("hard");
    counts.refuse();
    counts.finish();
    counts.leave();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(counts.isOn, false);
    assert.deepEqual(await shelf.atHand(), []);
  }
});

test("a clock is told in five bands", () => {
  const minutes = [0, 1.99, 2, 5, 10, 20, 500];
  const bands = ["under_2", "under_2", "2_to_5", "5_to_10", "10_to_20", "over_20", "over_20"];
  assert.deepEqual(minutes.map((each) => bandOf(each * 60_000)), bands);
});
