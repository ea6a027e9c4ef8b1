import assert from "node:assert/strict";
import { test } from "node:test";

import { Keeper } from "../../../static/js/appointment-keeper.js";
import { MemoryShelf } from "../../../static/js/appointment-shelf.js";
import { PLAN } from "./appointment-samples.mjs";
import { until } from "./stand-ins.mjs";

function kept({ durable = false } = {}) {
  const calls = [];
  const changes = [];
  const shelf = Object.assign(MemoryShelf.of(PLAN), { durable });
  for (const name of ["begin", "keep", "finish"]) {
    const act = shelf[name].bind(shelf);
    shelf[name] = async (id, given) => {
      const answer = await act(id, given);
      calls.push({ name, id, answer, bytes: given });
      return answer;
    };
  }
  const keeper = new Keeper({ plan: PLAN, shelf, onChange: () => changes.push(keeper.unkept()) });
  const finished = () => calls.filter(({ name }) => name === "finish");
  return { keeper, shelf, calls, changes, finished };
}

test("each set has its own id and salt at once, and lies on the shelf under the next number", async () => {
  const { keeper, calls } = kept();
  const first = keeper.begin("after", "young_person");
  const second = keeper.begin("after", "parent_self");
  assert.notEqual(first.id, second.id);
  assert.notEqual(first.salt, second.salt);
  await until(() => calls.length === 2);
  assert.deepEqual(calls.map(({ name }) => name), ["begin", "begin"]);
  assert.deepEqual(calls.map(({ answer }) => answer).sort(), [1, 2]);
});

test("two taps at once make one set, and the answers are gone in the same moment", async () => {
  const { keeper, finished, changes, shelf } = kept();
  const set = keeper.begin("after", "young_person");
  set.items.set("one", 7);
  const both = [keeper.finish(set, "complete", null), keeper.finish(set, "complete", null)];
  assert.equal(set.items.size, 0);
  assert.equal(keeper.unkept(), 1);
  await Promise.all(both);
  assert.deepEqual(finished().map(({ id }) => id), [set.id]);
  assert.deepEqual(changes, [1, 1]); // sealed, and then on the shelf but not sent
  assert.equal(shelf.atRisk, 1);
  assert.deepEqual([keeper.sealing, keeper.finished], [0, 1]);
});

test("what goes to the shelf is sealed: a fresh envelope that holds no clear byte", async () => {
  const { keeper, finished } = kept();
  const set = keeper.begin("after", "young_person");
  await keeper.finish(set, "complete", null);
  const [{ bytes }] = finished();
  assert.equal(new TextDecoder().decode(bytes.slice(0, 3)), "OG1");
  assert.equal(new TextDecoder("latin1").decode(bytes).includes("young_person"), false);
});

test("every tap is sealed afresh, and of many at once the newest counts", async () => {
  const { keeper, shelf, calls } = kept();
  const set = keeper.begin("after", "young_person");
  await until(() => calls.length === 1);
  const [first] = await shelf.atHand();
  const bytes = first.bytes;
  for (const value of [1, 2, 3]) {
    set.items.set("one", value);
    keeper.touched(set);
  }
  await until(() => calls.filter(({ name }) => name === "keep").length >= 2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(calls.filter(({ name }) => name === "keep").length, 2); // one running, one after it
  const [item] = await shelf.atHand();
  assert.equal(item.state, "open");
  assert.notDeepEqual(item.bytes, bytes);
});

test("every open set is sealed when a turn ends", async () => {
  const { keeper, finished } = kept();
  keeper.begin("before", "young_person");
  keeper.begin("after", "young_person");
  await keeper.finishAll("left_early");
  assert.equal(finished().length, 2);
  assert.equal(keeper.hasOpen(), false);
});

test("a page that is left sends the state of the last tap, the same bytes to both ways out", async (t) => {
  const { keeper, finished, calls } = kept();
  const requests = [];
  t.mock.method(globalThis, "fetch", async (url, init) => requests.push({ url, init }));
  const set = keeper.begin("after", "young_person");
  set.items.set("one", 7);
  keeper.touched(set);
  await until(() => calls.some(({ name }) => name === "keep"));
  keeper.leave();
  await until(() => finished().length === 1);
  const [{ url, init }] = requests;
  assert.equal(url, `/v1/responses/${set.id}`);
  assert.equal(init.keepalive, true);
  assert.deepEqual(finished()[0].bytes, init.body);
  keeper.leave();
  assert.equal(requests.length, 1);
});

test("a page of a tablet that is left leaves it to the queue, which has it already", async (t) => {
  const { keeper, finished, calls } = kept({ durable: true });
  const requests = [];
  t.mock.method(globalThis, "fetch", async (...request) => requests.push(request));
  keeper.begin("after", "young_person");
  await until(() => calls.length === 1);
  keeper.leave();
  await until(() => finished().length === 1);
  assert.deepEqual(requests, []);
});

test("sealing that fails is done again, and nothing is called finished before", async (t) => {
  const { keeper, shelf } = kept();
  const { subtle } = globalThis.crypto;
  const real = subtle.generateKey.bind(subtle);
  let failures = 1;
  t.mock.method(subtle, "generateKey", (...given) =>
    failures-- > 0 ? Promise.reject(new Error("no entropy")) : real(...given),
  );
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const set = keeper.begin("after", "young_person");
  const end = keeper.finish(set, "complete", null);
  await until(() => failures < 0 || (t.mock.timers.tick(2_000), false));
  t.mock.timers.tick(2_000);
  await end;
  assert.equal(shelf.atRisk, 1);
});
