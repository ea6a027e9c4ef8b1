import assert from "node:assert/strict";
import { test } from "node:test";

import { beginSet, clearSet, wipe } from "../../../static/js/appointment-set.js";
import { PLAN } from "./appointment-samples.mjs";

const NOW = new Date("2026-11-22T09:00:00.000Z");
const begun = () =>
  beginSet({ id: "i", salt: "s", seq: 4, occasion: "before", respondent: "young_person" });

test("a complete set holds every key of the wire format and no other", () => {
  const set = begun();
  set.items.set("one", 7).set("two", -98).set("three", 0);
  set.helpedBy = ["practitioner", "parent", "parent"];
  Object.assign(set, { seenByOthers: "no", referent: "other_service", weeksSince: "3-8" });
  const { code, ...header } = PLAN.encounter;
  assert.deepEqual(clearSet(PLAN, set, { state: "complete", reason: null, madeAt: NOW }), {
    format: 1,
    id: "i",
    state: "complete",
    device: PLAN.device,
    seq: 4,
    key_id: PLAN.key.id,
    salt: "s",
    encounter: header,
    instrument: {
      id: "made-up",
      version: "1",
      wording_sha256: "ab".repeat(32),
      language: "en",
    },
    grid: { public_id: "k7", version: 1, sha256: "cd".repeat(32) },
    occasion: "before",
    respondent: "young_person",
    mode: "tablet_handed_over",
    helped_by: ["parent", "practitioner"],
    seen_by_others: "no",
    items: { one: 7, two: -98, three: 0 },
    reason: null,
    referent: "other_service",
    weeks_since: "3-8",
    made_at: "2026-11-22T09:00:00.000Z",
  });
});

test("what was not answered is not reached when somebody stopped, not asked when they ended it", () => {
  const set = begun();
  set.items.set("one", 0);
  const items = (state, reason) => clearSet(PLAN, set, { state, reason, madeAt: NOW }).items;
  assert.deepEqual(items("interrupted", "left_early"), { one: 0, two: -99, three: -99 });
  assert.deepEqual(items("complete", "declined"), { one: 0, two: -94, three: -94 });
});

test("without a grid there is none in the set", () => {
  const end = { state: "complete", reason: null, madeAt: NOW };
  assert.equal(clearSet({ ...PLAN, grid: null }, begun(), end).grid, null);
});

test("a wiped set holds nothing that was answered", () => {
  const set = begun();
  set.items.set("one", 7);
  Object.assign(set, { seenByOthers: "yes", referent: "other_service", weeksSince: "0-2" });
  set.helpedBy = ["parent"];
  wipe(set);
  assert.deepEqual(set, { ...begun(), sealed: true });
});

test("a set of the second instrument has its own items and words, and the first's not", () => {
  const second = { id: "sure-4", version: "2", wording_sha256: "cd".repeat(32), language: "en", items: [{ id: "sure" }] };
  const set = beginSet({ id: "i", salt: "s", seq: 1, occasion: "after", respondent: "young_person", instrument: second });
  set.items.set("sure", 1);
  const clear = clearSet(PLAN, set, { state: "complete", reason: null, madeAt: new Date(0) });
  assert.deepEqual(clear.items, { sure: 1 });
  assert.deepEqual(clear.instrument, { id: "sure-4", version: "2", wording_sha256: "cd".repeat(32), language: "en" });
});
