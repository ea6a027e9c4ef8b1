import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { mayAsk, needsAdult } from "../../../static/js/appointment-consent.js";
import { beginSet, clearSet, wipe } from "../../../static/js/appointment-set.js";
import { makePlan } from "../../../static/js/tablet-plan.js";
import { PLAN, planWith } from "./appointment-samples.mjs";

const CASES = JSON.parse(readFileSync("tests/fixtures/consent-cases.json", "utf-8"));
const SHARED = JSON.parse(readFileSync("tests/fixtures/tablet-plan-cases.json", "utf-8"));
const NOW = new Date("2026-11-22T09:00:00.000Z");
const ASKED = Object.freeze({
  model: "opt_in_young_person",
  notice_sha256: "34".repeat(32),
  asks: true,
  agree: "given",
  alone_from: null,
  ages: null,
  text_sha256: "12".repeat(32),
  language: "en",
  words: {},
});
const begun = () =>
  beginSet({ id: "i", salt: "s", seq: 4, occasion: "after", respondent: "young_person" });
const END = { state: "complete", reason: null, madeAt: NOW };

test("an adult is asked where the server would ask one", () => {
  for (const { alone_from, respondent, age_band, needed } of CASES.adult) {
    const plan = planWith({ age_band }, { consent: { ...ASKED, alone_from } });
    assert.equal(needsAdult(plan, respondent), needed, JSON.stringify({ alone_from, age_band }));
  }
  assert.equal(needsAdult(PLAN, "young_person"), false);
});

test("the questions are put where the server would put them", () => {
  for (const { ages, age_band, language, may } of CASES.may_ask) {
    const asked = { ...ASKED, ages };
    assert.equal(mayAsk(asked, { language, ageBand: age_band }), may, `${ages} ${age_band}`);
  }
  assert.equal(mayAsk({ ...ASKED, words: null }, { language: "en", ageBand: null }), false);
  assert.equal(mayAsk(null, { language: "cy", ageBand: null }), true);
});

test("in a study a set is of format 2 and carries what was asked and said", () => {
  const plan = { ...PLAN, consent: ASKED };
  const set = begun();
  assert.equal(clearSet(plan, set, END).consent.value, null);
  set.consent = "refused";
  const clear = clearSet(plan, set, { ...END, reason: "declined" });
  assert.equal(clear.format, 2);
  assert.deepEqual(clear.consent, {
    model: "opt_in_young_person",
    text_sha256: "12".repeat(32),
    notice_sha256: "34".repeat(32),
    value: "refused",
    adult: null,
  });
  wipe(set);
  assert.equal(set.consent, null);
});

test("outside any study there is no consent, and the format is the old one", () => {
  const clear = clearSet({ ...PLAN, consent: null }, begun(), END);
  assert.equal(clear.format, 1);
  assert.equal("consent" in clear, false);
});

test("a tablet without a network asks as its study does, and nobody in words it does not have", () => {
  const calendar = SHARED.config.calendar.map((each) => ({ ...each, consent: ASKED }));
  const choices = { ...SHARED.choices, grid: null };
  const plan = (changes) =>
    makePlan({
      config: { ...SHARED.config, calendar },
      tablet: SHARED.tablet,
      key: SHARED.key,
      choices: { ...choices, ...changes },
      now: NOW.getTime(),
    });
  assert.deepEqual(plan({}).consent, ASKED);
  assert.equal(plan({}).instrument.id, "collaborate-0-9");
  assert.equal(plan({ language: "cy" }).instrument, null);
});
