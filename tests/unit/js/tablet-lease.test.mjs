import assert from "node:assert/strict";
import { test } from "node:test";

import { leaseAt, mayOffer } from "../../../static/js/tablet-lease.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AT = Date.parse("2026-11-22T09:00:00Z");
const after = (ms, seen = AT) => leaseAt({ at: AT, seen }, AT + ms);
const GRID = { sensitive: false, draft: false, expires_on: "2027-05-22" };
const WHEN = { day: "2026-11-22", mode: "live" };

test("seven days for grids, one for the sensitive ones", () => {
  assert.deepEqual(after(0), { grids: true, sensitive: true, why: null, left: 7 * DAY });
  assert.equal(after(DAY - 1).sensitive, true);
  assert.equal(after(DAY).sensitive, false);
  assert.equal(after(DAY).grids, true);
  assert.equal(after(7 * DAY - 1).grids, true);
  assert.deepEqual(after(7 * DAY), { grids: false, sensitive: false, why: "over", left: 0 });
});

test("without any contact nothing is lent", () => {
  assert.equal(leaseAt({ at: null, seen: AT }, AT).why, "never");
});

test("the clock turned back wins no day", () => {
  assert.equal(after(-2 * HOUR).why, "clock");
  assert.equal(after(DAY, AT + 6 * DAY).why, "clock");
  assert.equal(after(7 * DAY - HOUR / 2, AT + 7 * DAY).why, "over");
  assert.equal(after(-HOUR / 2).grids, true, "a nudge of the clock is none");
});

test("a clock that went ahead closes early rather than late", () => {
  assert.equal(after(8 * DAY).grids, false);
});

test("what may be offered", () => {
  const lease = after(0);
  assert.equal(mayOffer(GRID, lease, WHEN), true);
  assert.equal(mayOffer({ ...GRID, expires_on: "2026-11-22" }, lease, WHEN), true);
  assert.equal(mayOffer({ ...GRID, expires_on: "2026-11-21" }, lease, WHEN), false);
  assert.equal(mayOffer({ ...GRID, draft: true }, lease, WHEN), false);
  assert.equal(mayOffer({ ...GRID, draft: true }, lease, { ...WHEN, mode: "training" }), true);
  assert.equal(mayOffer({ ...GRID, sensitive: true }, after(DAY), WHEN), false);
  assert.equal(mayOffer({ ...GRID, sensitive: true }, lease, WHEN), true);
  assert.equal(mayOffer(GRID, after(7 * DAY), WHEN), false);
});
