import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isAsked,
  mayReportThemselves,
  newHolder,
  nextHolders,
  possibleHelpers,
  secondPlan,
  stepsOf,
  voiceOf,
} from "../../../static/js/appointment-steps.js";
import { PLAN, planWith } from "./appointment-samples.mjs";

const keys = (plan, role) => stepsOf(plan, newHolder(role)).map(({ key }) => key);

test("each person has their own steps, the grid among them", () => {
  assert.deepEqual(keys(PLAN, "young_person"), ["before.young_person", "grid", "after.young_person"]);
  assert.deepEqual(keys(PLAN, "parent"), ["grid", "after.parent_self"]);
  assert.deepEqual(keys(PLAN, "together"), ["grid"]);
});

test("a second instrument is a step of its own, last, and for today only", () => {
  const second = { id: "sure-4", minimum_age_self_report: 14, forms: PLAN.instrument.forms };
  const plan = planWith({}, { second });
  assert.deepEqual(keys(plan, "young_person").at(-1), "second.young_person");
  assert.deepEqual(keys(plan, "parent").at(-1), "second.parent_self");
  assert.deepEqual(keys(plan, "together"), ["grid"]);
  assert.deepEqual(keys(planWith({}, { second, instrument: null }), "parent"), ["grid", "second.parent_self"]);
  // Its words carry their own lowest age.
  assert.equal(keys(planWith({ age_band: "12-13" }, { second }), "young_person").at(-1), "after.young_person");
  assert.equal(secondPlan(plan).instrument, second);
  assert.deepEqual(secondPlan(plan).occasions, ["after"]);
  assert.equal(secondPlan(PLAN).instrument, null);
});

test("own words come last, from one person alone, and only about a grid that somebody reads for", () => {
  const plan = { ...PLAN, feedback: 5 };
  assert.equal(keys(plan, "young_person").at(-1), "feedback");
  assert.equal(keys(plan, "parent").at(-1), "feedback");
  assert.deepEqual(keys(plan, "together"), ["grid"]);
  assert.equal(keys({ ...plan, feedback: 0 }, "parent").includes("feedback"), false);
  assert.equal(keys({ ...plan, grid: null }, "parent").includes("feedback"), false);
});

test("the last appointment is asked about only where there are words for it", () => {
  assert.equal(isAsked(PLAN, "before", "young_person"), true);
  assert.equal(isAsked(PLAN, "before", "parent_self"), false);
  assert.equal(isAsked(PLAN, "after", "parent_proxy"), false);
  assert.equal(isAsked({ ...PLAN, occasions: ["after"] }, "before", "young_person"), false);
  assert.equal(isAsked({ ...PLAN, respondents: ["parent_self"] }, "after", "young_person"), false);
});

test("without words nothing is asked, and the grid is still there", () => {
  const plan = { ...PLAN, instrument: null };
  assert.deepEqual(keys(plan, "young_person"), ["grid"]);
  assert.deepEqual(keys({ ...plan, grid: null }, "young_person"), []);
});

test("below the age of self-report only the adult is asked", () => {
  const bands = { "0-4": false, "5-7": false, "8-11": false, "12-13": true, "14-15": true };
  for (const [band, may] of Object.entries({ ...bands, "16-17": true, "18+": true })) {
    assert.equal(mayReportThemselves(planWith({ age_band: band })), may, band);
  }
  assert.equal(mayReportThemselves(PLAN), true);
  assert.deepEqual(keys(planWith({ age_band: "8-11" }), "young_person"), ["grid"]);
});

test("what matters and the sheets are there where a grid may be, and in no baseline", () => {
  for (const phase of ["training", "with_grid", "sustain"]) {
    const plan = { ...PLAN, phase };
    const alone = ["before.young_person", "grid", "matters", "stand", "after.young_person"];
    assert.deepEqual(keys(plan, "young_person"), alone);
    assert.deepEqual(keys(plan, "parent"), ["grid", "matters", "stand", "after.parent_self"]);
    assert.deepEqual(keys(plan, "together"), ["grid", "sheet", "now"]);
  }
  const baseline = { ...PLAN, phase: "baseline", grid: null };
  assert.deepEqual(keys(baseline, "young_person"), ["before.young_person", "after.young_person"]);
  assert.deepEqual(keys(baseline, "together"), []);
});

test("two parents are two people, and each can come back", () => {
  const had = [newHolder("young_person"), newHolder("parent", 1)];
  assert.deepEqual(nextHolders(PLAN, had), [
    { role: "young_person", number: 1, again: true },
    { role: "parent", number: 1, again: true },
    { role: "parent", number: 2, again: false },
    { role: "together", number: 1, again: false },
  ]);
});

test("somebody without a step is not offered the tablet", () => {
  const roles = nextHolders({ ...PLAN, grid: null }, []).map(({ role }) => role);
  assert.deepEqual(roles, ["young_person", "parent"]);
});

test("whoever answers is not their own helper", () => {
  assert.deepEqual(possibleHelpers(PLAN, "young_person"), ["parent", "practitioner"]);
  const alone = planWith({ people_present: ["young_person"] });
  assert.deepEqual(possibleHelpers(alone, "parent_self"), ["practitioner", "young_person"]);
});

test("a parent meets the parents' voice", () => {
  assert.deepEqual(["young_person", "parent", "together"].map((role) => voiceOf(newHolder(role))), [
    "young-person",
    "parent",
    "young-person",
  ]);
});
