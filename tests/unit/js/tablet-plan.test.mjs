import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { beginSet, clearSet } from "../../../static/js/appointment-set.js";
import { canonicalJson } from "../../../static/js/envelope.js";
import { faultOfCode } from "../../../static/js/tablet-code.js";
import { dayIn, instrumentFor, makePlan, picksFit, secondFor } from "../../../static/js/tablet-plan.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8"));
const shared = read("tablet-plan-cases.json");

function planOf({ now, choices }) {
  const chosen = { ...shared.choices, ...choices };
  return makePlan({
    config: shared.config,
    tablet: shared.tablet,
    key: shared.key,
    choices: { ...chosen, grid: chosen.grid ? shared.grid : null },
    now: Date.parse(now),
    id: shared.encounter_id,
  });
}

for (const wanted of shared.cases) {
  test(`plan: ${wanted.name}`, () => {
    const plan = planOf(wanted);
    const { options, ...edition } = shared.grid;
    assert.equal(plan.encounter.encounter_on, wanted.day);
    assert.equal(plan.phase, wanted.phase);
    assert.deepEqual(plan.occasions, wanted.occasions);
    assert.equal(plan.instrument?.id ?? null, wanted.instrument);
    assert.deepEqual(plan.respondents, wanted.respondents);
    assert.deepEqual(plan.grid, wanted.picked && { ...edition, picked: wanted.picked });
    assert.deepEqual(plan.idle, shared.config.idle);
    assert.equal(plan.device, shared.tablet.id);
  });

  test(`header: ${wanted.name}`, () => {
    const { code, ...header } = planOf(wanted).encounter;
    assert.equal(code, null);
    assert.equal(canonicalJson(header), wanted.header);
  });
}

test("a plan holds nothing beside what the server's has, and the device's own key", () => {
  const plan = planOf(shared.cases[0]);
  assert.deepEqual(Object.keys(plan).sort(), [
    "consent", "counts", "device", "encounter", "feedback", "grid", "idle", "instrument", "key", "local",
    "occasions", "phase", "respondents", "second",
  ]);
  assert.equal(JSON.stringify(plan).includes("low-mood"), false);
});

test("a second instrument comes where the study says so, or outside any the service", () => {
  const seconds = [{ id: "sure-4", language: "en-GB" }, { id: "sure-4", language: "cy" }];
  const of = (config, wanted, language = "en") => secondFor(config, wanted, language)?.language ?? null;
  assert.equal(of({ seconds, second: true }, null), "en-GB");
  assert.equal(of({ seconds, second: false }, null), null);
  assert.equal(of({ seconds, second: true }, false), null);
  assert.equal(of({ seconds, second: false }, true, "cy"), "cy");
  assert.equal(of({ seconds, second: true }, true, "pl"), null);
  assert.equal(of({}, undefined), null);
  const { config } = shared;
  const plan = planOf({ ...shared.cases[0] });
  assert.equal(plan.second, null);
  const asking = makePlan({
    ...shared, config: { ...config, seconds, calendar: [], second: true },
    choices: { ...shared.choices, grid: null }, now: Date.parse(shared.cases[0].now),
  });
  assert.equal(asking.second.id, "sure-4");
});

test("what is offered here comes along with the grid, and with none there is none", () => {
  const local = { "one-to-one": { place: "here", weeks: 6, name: null, how: null, checked_on: null, stale: true } };
  const withGrid = shared.cases.find((each) => each.picked);
  const without = shared.cases.find((each) => !each.picked);
  const planWith = ({ now, choices }) =>
    makePlan({
      ...shared,
      choices: { ...shared.choices, ...choices, grid: { ...shared.grid, local } },
      now: Date.parse(now),
    });
  assert.deepEqual(planWith(withGrid).local, local);
  assert.deepEqual(planOf(without).local, {});
});

test("what is opened is counted where the service says so, and never of a sensitive grid", () => {
  const planWith = (counts, sensitive, more = {}) =>
    makePlan({
      ...shared,
      config: { ...shared.config, ...(counts === undefined ? {} : { counts }) },
      choices: { ...shared.choices, grid: { ...shared.grid, sensitive }, ...more },
      now: Date.parse("2026-11-22T09:00:00Z"),
    }).counts;
  assert.equal(planWith(true, false), true);
  assert.equal(planWith(true, true), false);
  assert.equal(planWith(true, undefined), false);
  assert.equal(planWith(false, false), false);
  assert.equal(planWith(undefined, false), false); // a tablet that heard nothing of it
  assert.equal(planWith(true, false, { grid: null }), false);
});

test("own words are asked for where somebody reads them, and never about a sensitive grid", () => {
  const planWith = (config, sensitive, more = {}) =>
    makePlan({
      ...shared,
      config: { ...shared.config, ...config },
      choices: { ...shared.choices, grid: { ...shared.grid, sensitive }, ...more },
      now: Date.parse("2026-11-22T09:00:00Z"),
    }).feedback;
  assert.equal(planWith({ feedback: 5 }, false), 5);
  assert.equal(planWith({ feedback: 5 }, true), 0);
  assert.equal(planWith({ feedback: 5 }, undefined), 0);
  assert.equal(planWith({ feedback: 0 }, false), 0);
  assert.equal(planWith({}, false), 0); // a tablet that heard nothing of it
  assert.equal(planWith({ feedback: 5 }, false, { grid: null }), 0);
});

test("each plan has an encounter of its own", () => {
  const make = () => makePlan({ ...shared, choices: { ...shared.choices, grid: null }, now: 0 }).encounter.id;
  assert.notEqual(make(), make());
  assert.match(make(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a set can be made of it, with the header as the plan has it", () => {
  const plan = planOf(shared.cases[0]);
  plan.instrument.items = [{ id: "one" }];
  const set = beginSet({ id: "i", salt: "s", seq: 1, occasion: "after", respondent: "young_person" });
  const clear = clearSet(plan, set, { state: "complete", reason: "declined", madeAt: new Date(0) });
  assert.equal(canonicalJson(clear.encounter), shared.cases[0].header);
  assert.deepEqual(clear.grid, { public_id: "k7", version: 3, sha256: shared.grid.sha256 });
});

test("no practice questions in live use", () => {
  const config = { ...shared.config, mode: "live" };
  assert.equal(instrumentFor(config, null, "cy"), null);
  assert.equal(instrumentFor(config, "effort-practice", "cy"), null);
  assert.equal(instrumentFor(config, null, "en").id, "collaborate-0-9");
});

test("two to four options, or none", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((n) => picksFit([..."abcde"].slice(0, n))), [true, false, true, true, true, false]);
  assert.equal(picksFit(["a", "a"]), false);
});

test("the day changes at midnight of the service, not of the device", () => {
  const at = Date.parse("2026-06-30T23:15:00Z");
  assert.equal(dayIn(at, "Europe/London"), "2026-07-01");
  assert.equal(dayIn(at, "UTC"), "2026-06-30");
});

for (const [code, fault] of read("study-code-cases.json").cases) {
  test(`study code ${JSON.stringify(code)}`, () => assert.equal(faultOfCode(code), fault));
}
