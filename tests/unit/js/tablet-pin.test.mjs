import assert from "node:assert/strict";
import { test } from "node:test";

import { ITERATIONS, TabletPin, countTry, faultOf, makePin, restOf, waitAfter } from "../../../static/js/tablet-pin.js";

const QUICK = 10;

/** A seat row in memory: what a reload would find. */
async function seated(pin = "493817") {
  const row = { kept: await makePin(pin, QUICK), writes: 0 };
  const clock = { now: 1_700_000_000_000 };
  const change = async (make) => {
    row.kept = make(row.kept);
    row.writes += 1;
    return row.kept;
  };
  return { row, clock, change, made: () => new TabletPin({ change, now: () => clock.now }) };
}

async function fail(pin, times) {
  const waits = [];
  for (let time = 0; time < times; time += 1) waits.push((await pin.ask("000111")).wait);
  return waits;
}

test("the stretch is long, and the same PIN twice leaves nothing alike", async () => {
  assert.equal(ITERATIONS, 600_000);
  const [one, other] = [await makePin("493817", QUICK), await makePin("493817", QUICK)];
  assert.notEqual(one.salt, other.salt);
  assert.notEqual(one.hash, other.hash);
  assert.equal(JSON.stringify(one).includes("493817"), false);
});

test("the right PIN opens, and forgets the failures", async () => {
  const { row, made } = await seated();
  await fail(made(), 2);
  assert.equal(row.kept.failures, 2);
  assert.deepEqual(await made().ask("493817"), { next: "home" });
  assert.deepEqual([row.kept.failures, row.kept.wait_until], [0, 0]);
});

test("the wait doubles after three free tries, and ends growing at a quarter of an hour", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(waitAfter), [0, 0, 0, 5, 10, 20, 40]);
  assert.deepEqual([11, 12, 60].map(waitAfter), [640, 900, 900]);
});

test("a try during the wait is not looked at, be it right, and lengthens nothing", async () => {
  const { row, clock, made } = await seated();
  assert.deepEqual(await fail(made(), 4), [0, 0, 0, 5]);
  clock.now += 2_000;
  assert.deepEqual(await made().ask("493817"), { wait: 3 });
  assert.equal(row.kept.failures, 4);
  clock.now += 3_000;
  assert.deepEqual(await made().ask("493817"), { next: "home" });
});

test("a reload ends no wait", async () => {
  const { clock, made } = await seated();
  await fail(made(), 4);
  assert.equal(await made().rest(), 5);
  clock.now += 4_001;
  assert.equal(await made().rest(), 1);
  clock.now += 1_000;
  assert.equal(await made().rest(), 0);
});

test("a try counts before it is checked: a page killed in between had it", async () => {
  const { row, clock, change } = await seated();
  const killed = new TabletPin({
    now: () => clock.now,
    change: async (make) => {
      await change(make);
      throw new Error("the page is gone");
    },
  });
  await assert.rejects(killed.ask("000111"));
  assert.equal(row.kept.failures, 1);
});

test("two tabs at once have no more tries than one", async () => {
  const { row, made } = await seated();
  await Promise.all([fail(made(), 2), fail(made(), 2)]);
  assert.equal(row.kept.failures, 4);
  assert.equal(await made().rest(), 5);
});

test("a clock turned back neither ends the wait nor makes it last for days", async () => {
  const { clock, made } = await seated();
  await fail(made(), 4);
  clock.now -= 3 * 86_400_000;
  assert.equal(await made().rest(), 5);
  clock.now += 4_000;
  assert.equal(await made().rest(), 1);
  clock.now += 1_000;
  assert.deepEqual(await made().ask("493817"), { next: "home" });
});

test("what is left of a wait is asked without a try", () => {
  const kept = { salt: "", iterations: 1, hash: "", failures: 5, wait_until: 10_000 };
  assert.equal(restOf(kept, 1_500).seconds, 9);
  assert.deepEqual(countTry(kept, 1_500), { wait: 9, kept });
});

test("six digits that a watcher would not try first", () => {
  for (const pin of ["49381", "4938170", "49381a", "", "４９３８１７"]) assert.equal(faultOf(pin), "digits", pin);
  for (const pin of ["111111", "123456", "654321", "890123", "123123", "121212"]) assert.equal(faultOf(pin), "easy", pin);
  for (const pin of ["493817", "112233", "135792"]) assert.equal(faultOf(pin), null, pin);
});
