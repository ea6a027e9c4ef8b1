/** The one set of somebody's own phone: nothing sealed before the end, one set after it. */

import assert from "node:assert/strict";
import test from "node:test";

import { MemoryShelf } from "../../../static/js/appointment-shelf.js";
import { PhoneKeeper } from "../../../static/js/phone-keeper.js";
import { planWith } from "./appointment-samples.mjs";

const plan = planWith({}, { grid: null, completion_mode: "own_phone" });

/** @returns a keeper, its shelf, and the words it told */
function made() {
  const shelf = MemoryShelf.of(plan);
  const told = [];
  return { shelf, told, keeper: new PhoneKeeper({ plan, shelf, onSealed: (words) => told.push(words) }) };
}

test("nothing is on the shelf before the end, whatever was tapped", async () => {
  const { keeper, shelf } = made();
  const set = keeper.begin("after", "young_person");
  set.items.set("one", 7);
  keeper.touched(set);
  assert.deepEqual(await shelf.atHand(), []);
  keeper.forget();
  assert.deepEqual([set.sealed, set.items.size], [true, 0]);
  assert.deepEqual(await shelf.atHand(), []);
});

test("two taps at the end make one set, and what was tapped is wiped at once", async () => {
  const { keeper, shelf, told } = made();
  const set = keeper.begin("after", "young_person");
  set.items.set("one", 7);
  const ends = [keeper.finish(set, "complete", null), keeper.finish(set, "complete", null)];
  assert.deepEqual([set.sealed, set.items.size], [true, 0]);
  await Promise.all(ends);
  const [item, ...more] = await shelf.atHand();
  assert.deepEqual(more, []);
  assert.deepEqual([item.id, item.seq, item.state], [set.id, 1, "ready"]);
  assert.equal(item.bytes.length % 1024, 104); // a whole number of blocks, and the seal around it
  assert.equal(told.length, 1);
  assert.equal(told[0].length, 4);
});

test("on the way out only what was sealed is sent, and nothing after its receipt", async () => {
  const sent = [];
  const before = globalThis.fetch;
  globalThis.fetch = async (...request) => void sent.push(request);
  try {
    const { keeper } = made();
    const set = keeper.begin("after", "young_person");
    keeper.sendOnTheWayOut();
    assert.deepEqual(sent, []);
    await keeper.finish(set, "complete", null);
    keeper.sendOnTheWayOut();
    keeper.settled();
    keeper.sendOnTheWayOut();
    assert.equal(sent.length, 1);
    const [address, options] = sent[0];
    assert.equal(address, `/v1/responses/${set.id}`);
    assert.deepEqual([options.method, options.keepalive], ["PUT", true]);
  } finally {
    globalThis.fetch = before;
  }
});
