import assert from "node:assert/strict";
import { test } from "node:test";

import { Keeper } from "../../../static/js/appointment-keeper.js";
import { PLAN } from "./appointment-samples.mjs";
import { until } from "./stand-ins.mjs";

function kept() {
  const sent = [];
  const changes = [];
  const sender = { add: (id, bytes, seq) => sent.push({ id, bytes, seq }), unsent: () => 0 };
  const keeper = new Keeper({ plan: PLAN, sender, onChange: () => changes.push(keeper.unkept()) });
  return { keeper, sent, changes };
}

test("each set has its own id, salt and the next number, before any question", () => {
  const { keeper } = kept();
  const first = keeper.begin("after", "young_person");
  const second = keeper.begin("after", "parent_self");
  assert.deepEqual([first.seq, second.seq], [1, 2]);
  assert.notEqual(first.id, second.id);
  assert.notEqual(first.salt, second.salt);
});

test("two taps at once make one set, and the answers are gone in the same moment", async () => {
  const { keeper, sent, changes } = kept();
  const set = keeper.begin("after", "young_person");
  set.items.set("one", 7);
  const both = [keeper.finish(set, "complete", null), keeper.finish(set, "complete", null)];
  assert.equal(set.items.size, 0);
  assert.equal(keeper.unkept(), 1);
  await Promise.all(both);
  assert.deepEqual(sent.map(({ id, seq }) => [id, seq]), [[set.id, 1]]);
  assert.deepEqual(changes, [1, 0]);
});

test("what goes to the sender is sealed: a fresh envelope that holds no clear byte", async () => {
  const { keeper, sent } = kept();
  const set = keeper.begin("after", "young_person");
  await keeper.finish(set, "complete", null);
  const [{ bytes }] = sent;
  assert.equal(new TextDecoder().decode(bytes.slice(0, 3)), "OG1");
  assert.equal(new TextDecoder("latin1").decode(bytes).includes("young_person"), false);
});

test("every open set is sealed when a turn ends", async () => {
  const { keeper, sent } = kept();
  keeper.begin("before", "young_person");
  keeper.begin("after", "young_person");
  await keeper.finishAll("left_early");
  assert.deepEqual(sent.map(({ seq }) => seq).sort(), [1, 2]); // sealed side by side
  assert.equal(keeper.hasOpen(), false);
});

test("a page that is left sends the state of the last tap, the same bytes to both ways out", async (t) => {
  const { keeper, sent } = kept();
  const requests = [];
  t.mock.method(globalThis, "fetch", async (url, init) => requests.push({ url, init }));
  const set = keeper.begin("after", "young_person");
  set.items.set("one", 7);
  keeper.touched(set);
  await until(() => {
    if (!requests.length) keeper.leave();
    return requests.length;
  });
  const [{ url, init }] = requests;
  assert.equal(url, `/v1/responses/${set.id}`);
  assert.equal(init.keepalive, true);
  assert.deepEqual(sent, [{ id: set.id, bytes: init.body, seq: 1 }]);
  keeper.leave();
  assert.equal(requests.length, 1);
});
