/**
 * Who may answer what in this appointment, and which steps stand in a person's menu.
 *
 * Pure: a plan in, lists out. Nothing here depends on an answer.
 *
 * @module appointment-steps
 */

/** @typedef {import("./appointment-set.js").Occasion} Occasion */
/** @typedef {import("./appointment-set.js").Respondent} Respondent */

/** Whoever holds the tablet. Two parents are two holders; `done` knows steps, never answers.
 * @typedef {{role: "young_person" | "parent" | "together", number: number,
 *   done: Set<string>}} Holder */

/** @typedef {{key: string,
 *   kind: "questions" | "grid" | "matters" | "stand" | "sheet" | "now" | "feedback", occasion: Occasion | null,
 *   respondent: Respondent | null, second?: boolean}} Step */

/** The last year of each age band that ends below an age of self-report. */
const LAST_AGE = Object.freeze({ "0-4": 4, "5-7": 7, "8-11": 11, "12-13": 13, "14-15": 15, "16-17": 17 });

/** In a baseline period there is nothing but the questions. */
const PHASES_WITH_TALK = Object.freeze(["training", "with_grid", "sustain"]);
/** What one person does alone, and what is for everybody to see. */
const TALK = Object.freeze({ alone: ["matters", "stand"], together: ["sheet", "now"] });

const VOICES = Object.freeze({
  young_person: "young-person",
  parent: "parent",
  together: "young-person",
});

/** @param {Holder["role"]} role @param {number} [number] @returns {Holder} */
export function newHolder(role, number = 1) {
  return { role, number, done: new Set() };
}

/** @param {Holder} holder @returns {string} the voice of the grid that this person meets */
export function voiceOf(holder) {
  return VOICES[holder.role];
}

/**
 * Whether a child of this age band is asked for an own answer. Not knowing the age asks.
 *
 * @param {any} plan
 * @returns {boolean}
 */
export function mayReportThemselves(plan) {
  const last = LAST_AGE[/** @type {keyof typeof LAST_AGE} */ (plan.encounter.age_band)];
  return last === undefined || last >= (plan.instrument?.minimum_age_self_report ?? 0);
}

/**
 * @param {any} plan
 * @param {Occasion} occasion
 * @param {Respondent} respondent
 * @returns {boolean} whether there are words for it and the plan asks for it
 */
export function isAsked(plan, occasion, respondent) {
  const form = plan.instrument?.forms?.[respondent];
  if (!form || !plan.occasions.includes(occasion)) return false;
  if (!plan.respondents.includes(respondent)) return false;
  if (respondent === "young_person" && !mayReportThemselves(plan)) return false;
  return occasion === "after" || form.statement_before !== null;
}

/**
 * The plan as the second instrument sees it: its own words, and today only. It is never pooled with
 * the first, and a set of it is sealed by itself.
 *
 * @param {any} plan
 * @returns {any}
 */
export function secondPlan(plan) {
  const respondents = plan.second ? Object.keys(plan.second.forms) : [];
  return { ...plan, instrument: plan.second ?? null, occasions: ["after"], respondents };
}

/** @param {Holder["role"]} role @returns {Respondent[]} as whom this person may answer */
function respondentsOf(role) {
  if (role === "young_person") return ["young_person"];
  return role === "parent" ? ["parent_self", "parent_proxy"] : [];
}

/**
 * The steps of somebody's menu, in the order in which they are listed; any order may be taken.
 *
 * @param {any} plan
 * @param {Holder} holder
 * @returns {Step[]}
 */
export function stepsOf(plan, holder) {
  /** @param {Occasion} occasion @returns {Step[]} */
  const questions = (occasion) =>
    respondentsOf(holder.role)
      .filter((respondent) => isAsked(plan, occasion, respondent))
      .map((respondent) => ({
        key: `${occasion}.${respondent}`,
        kind: "questions",
        occasion,
        respondent,
      }));
  const secondly = secondPlan(plan);
  /** @type {Step[]} */
  const second = respondentsOf(holder.role)
    .filter((respondent) => isAsked(secondly, "after", respondent))
    .map((respondent) => ({
      key: `second.${respondent}`,
      kind: "questions",
      occasion: "after",
      respondent,
      second: true,
    }));
  /** @type {Step[]} */
  const grid = plan.grid ? [{ key: "grid", kind: "grid", occasion: null, respondent: null }] : [];
  const own = feedbackSteps(plan, holder);
  return [...questions("before"), ...grid, ...talkSteps(plan, holder), ...questions("after"), ...second, ...own];
}

/**
 * What matters, where each stands, and the two sheets: nothing needs another step first.
 *
 * @param {any} plan
 * @param {Holder} holder
 * @returns {Step[]}
 */
function talkSteps(plan, holder) {
  if (!PHASES_WITH_TALK.includes(plan.phase)) return [];
  const keys = holder.role === "together" ? TALK.together : TALK.alone;
  return keys.map((key) => /** @type {Step} */ ({ key, kind: key, occasion: null, respondent: null }));
}

/**
 * Own words about the grid, from one person alone: where there is one and somebody reads them.
 *
 * @param {any} plan
 * @param {Holder} holder
 * @returns {Step[]}
 */
function feedbackSteps({ feedback, grid }, { role }) {
  if (!feedback || !grid || role === "together") return [];
  return [{ key: "feedback", kind: "feedback", occasion: null, respondent: null }];
}

/**
 * Who could have the tablet: first, or after somebody else.
 *
 * @param {any} plan
 * @param {Holder[]} before those who had it, in order
 * @returns {{role: Holder["role"], number: number, again: boolean}[]}
 */
export function nextHolders(plan, before) {
  const had = (/** @type {string} */ role) => before.filter((holder) => holder.role === role);
  const parents = had("parent");
  const choices = [
    { role: "young_person", number: 1, again: had("young_person").length > 0 },
    ...parents.map(({ number }) => ({ role: "parent", number, again: true })),
    { role: "parent", number: parents.length + 1, again: false },
    { role: "together", number: 1, again: had("together").length > 0 },
  ];
  const useful = choices.filter(({ role }) => stepsOf(plan, newHolder(/** @type {any} */ (role))).length);
  return /** @type {any} */ (useful.length ? useful : choices);
}

/**
 * Who may have helped: those in the room, without the one who answers.
 *
 * @param {any} plan
 * @param {Respondent} respondent
 * @returns {string[]}
 */
export function possibleHelpers(plan, respondent) {
  const own = respondent === "young_person" ? "young_person" : null;
  const there = new Set([...plan.encounter.people_present, "young_person", "practitioner"]);
  if (respondent === "young_person") there.add("parent");
  return [...there].filter((person) => person !== own).sort();
}
