import assert from "node:assert/strict";
import { test } from "node:test";

import { Agreed } from "../../../static/js/appointment-agreed.js";

const FIELDS = {
  outcome: ["decided"],
  chosen: ["group"],
  decided_by: ["young_person.1"],
  disagreed: [],
  people_present: ["young_person", "parent"],
  parental_responsibility: ["parent", "not_sure"],
  deciding: ["together"],
  better: [" I sleep again "],
  when: [" "],
  "step-who-1": ["parent"],
  "step-1": ["rings school"],
  "step-who-2": ["practitioner"],
  "step-2": [""],
  "step-who-3": [""],
  "step-3": ["asks a friend"],
  "goal-1": ["see friends"],
  "rating-1": ["0"],
  "goal-2": ["sleep"],
  "rating-2": [""],
  "goal-3": [""],
  "rating-3": ["9"],
  review_on: ["2027-02-22"],
};
const SHARED = [{ card: "private", people: ["young_person.1"] }];

/** @param {Record<string, string[]>} fields @param {boolean} [mayWrite] */
function recordOf(fields, mayWrite = true, shared = []) {
  const agreed = new Agreed();
  agreed.write(fields);
  return agreed.record({ shared, mayWrite });
}

test("nothing said is nothing on the paper", () => {
  assert.deepEqual(recordOf({}), {});
  const empty = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, []]));
  assert.deepEqual(recordOf(empty), {});
});

test("only what was said goes to the paper", () => {
  assert.deepEqual(recordOf(FIELDS, true, SHARED), {
    outcome: "decided",
    chosen: ["group"],
    decided_by: ["young_person.1"],
    people_present: ["young_person", "parent"],
    parental_responsibility: ["not_sure"],
    deciding: "together",
    better: "I sleep again",
    steps: [{ who: "parent", what: "rings school" }, { who: null, what: "asks a friend" }],
    goals: [{ words: "see friends", rating: 0 }, { words: "sleep", rating: null }],
    review_on: "2027-02-22",
    shared: SHARED,
  });
});

test("behind a notice no own words leave the page", () => {
  const said = recordOf(FIELDS, false);
  for (const key of ["better", "when", "steps", "goals"]) assert.equal(key in said, false);
  assert.equal(said.outcome, "decided");
});

test("not today takes the choice away", () => {
  const agreed = new Agreed();
  agreed.write({ ...FIELDS, outcome: ["not_today"] });
  assert.equal(agreed.isClosed, true);
  assert.equal("chosen" in agreed.record({ shared: [], mayWrite: true }), false);
});

test("forgetting leaves nothing", () => {
  const agreed = new Agreed();
  agreed.write(FIELDS);
  agreed.forget();
  assert.deepEqual(agreed.fields, {});
  assert.deepEqual(agreed.record({ shared: [], mayWrite: true }), {});
});
