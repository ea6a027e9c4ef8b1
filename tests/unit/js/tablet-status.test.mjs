import assert from "node:assert/strict";
import { test } from "node:test";

import { ageOf, counted, momentOf } from "../../../static/js/tablet-status.js";
import { gridsOf, usualChoices } from "../../../static/js/tablet-triage.js";

const NOW = Date.parse("2026-11-22T14:05:00Z");
const MINUTE = 60_000;

test("an age is said in whole units, and never as a time to come", () => {
  assert.equal(ageOf(NOW, NOW), "this minute");
  assert.equal(ageOf(NOW - 59 * MINUTE, NOW), "59 minutes ago");
  assert.equal(ageOf(NOW - 60 * MINUTE, NOW), "1 hour ago");
  assert.equal(ageOf(NOW - 47 * 60 * MINUTE, NOW), "yesterday");
  assert.equal(ageOf(NOW - 48 * 60 * MINUTE, NOW), "2 days ago");
  assert.equal(ageOf(NOW + 9 * MINUTE, NOW), "this minute");
});

test("a moment is said by the clock of the service", () => {
  const summer = Date.parse("2026-06-30T23:05:00Z");
  assert.match(momentOf(summer, "Europe/London"), /^Wed,? 1 July.*00:05$/);
  assert.match(momentOf(NOW), /^Sun,? 22 November.*14:05$/);
});

test("none, one and more have words of their own", () => {
  const place = { dataset: { none: "Nothing", one: "One waits", more: "{n} wait" } };
  assert.deepEqual([0, 1, 2, 60].map((n) => counted(place, n)), ["Nothing", "One waits", "2 wait", "60 wait"]);
});

test("the two settings stand in one order, whatever order they came in", () => {
  const grid = (public_id, setting, topic = "low-mood") => ({ public_id, setting, topic });
  const grids = [grid("m4", "outside-nhs"), grid("c2", "inside-nhs", "other"), grid("k7", "inside-nhs")];
  for (const given of [grids, [...grids].reverse()]) {
    assert.deepEqual(gridsOf(given, "low-mood").map(({ public_id: id }) => id), ["k7", "m4"]);
  }
});

test("each appointment begins with choices of its own", () => {
  const first = usualChoices();
  first.people.push("advocate");
  first.practitioner = "x";
  assert.deepEqual(usualChoices().people, ["young_person", "parent"]);
  assert.equal(usualChoices().practitioner, "");
});
