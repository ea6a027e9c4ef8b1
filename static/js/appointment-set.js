/**
 * One answer set while it is being made, and the clear form of it that is sealed at the end.
 *
 * Pure. Ids, number and salt are made before the first question is shown. Once `sealed` is true
 * the answers are gone from here: what was given away cannot be read back on this tablet.
 *
 * @module appointment-set
 */

/** @typedef {"before" | "after"} Occasion */
/** @typedef {"young_person" | "parent_self" | "parent_proxy"} Respondent */

/**
 * @typedef {{id: string, salt: string, seq: number, occasion: Occasion, respondent: Respondent,
 *   items: Map<string, number>, helpedBy: string[], seenByOthers: string | null,
 *   referent: string | null, weeksSince: string | null, consent: string | null,
 *   consentAdult: string | null, place: number, sealed: boolean, instrument?: any}} AnswerSet
 */

/** Where an item's value would stand: the closed list is that of `app/domain/missing.py`. */
export const MISSING = Object.freeze({
  not_reached: -99,
  skipped: -98,
  prefer_not_to_say: -97,
  do_not_understand: -95,
  not_asked: -94,
});

const HEADER_KEYS = Object.freeze([
  "id",
  "team",
  "appointment_type",
  "appointment_mode",
  "encounter_on",
  "need_group_practitioner",
  "need_group_young_person",
  "age_band",
  "people_present",
  "language",
  "interpreter",
  "study_code",
  "practitioner",
]);

/**
 * @param {object} what
 * @param {string} what.id
 * @param {string} what.salt
 * @param {number} what.seq
 * @param {Occasion} what.occasion
 * @param {Respondent} what.respondent
 * @param {any} [what.instrument] the second one; without it the set is of the plan's first
 * @returns {AnswerSet}
 */
export function beginSet({ id, salt, seq, occasion, respondent, instrument }) {
  return {
    id,
    salt,
    seq,
    occasion,
    respondent,
    items: new Map(),
    helpedBy: [],
    seenByOthers: null,
    referent: null,
    weeksSince: null,
    consent: null,
    consentAdult: null,
    place: 0,
    sealed: false,
    instrument,
  };
}

/**
 * The set as it is sealed: every key of its wire format and no other. Format 2 is format 1 with a
 * consent, for an appointment in a study.
 *
 * What was not answered is "not reached" where somebody stopped, and "not asked" where they chose
 * to end it: a complete set says of every question what became of it.
 *
 * @param {any} plan
 * @param {AnswerSet} set
 * @param {object} end
 * @param {"complete" | "interrupted"} end.state
 * @param {string | null} end.reason
 * @param {Date} end.madeAt
 * @returns {Record<string, unknown>}
 */
export function clearSet(plan, set, { state, reason, madeAt }) {
  const asked = set.instrument ?? plan.instrument;
  const { id, version, wording_sha256, language } = asked;
  const unanswered = state === "complete" ? MISSING.not_asked : MISSING.not_reached;
  const items = asked.items.map((/** @type {{id: string}} */ item) => [
    item.id,
    set.items.get(item.id) ?? unanswered,
  ]);
  const consent = sealedConsent(plan, set);
  return {
    format: consent ? 2 : 1,
    ...(consent && { consent }),
    id: set.id,
    state,
    device: plan.device,
    seq: set.seq,
    key_id: plan.key.id,
    salt: set.salt,
    encounter: headerOf(plan),
    instrument: { id, version, wording_sha256, language },
    grid: plan.grid && gridOf(plan.grid),
    occasion: set.occasion,
    respondent: set.respondent,
    mode: "tablet_handed_over",
    helped_by: [...new Set(set.helpedBy)].sort(),
    seen_by_others: set.seenByOthers,
    items: Object.fromEntries(items),
    reason,
    referent: set.referent,
    weeks_since: set.weeksSince,
    made_at: madeAt.toISOString(),
  };
}

/**
 * What is sealed of what the study asked: null outside any study.
 *
 * @param {any} plan
 * @param {AnswerSet} set
 * @returns {Record<string, unknown> | null}
 */
function sealedConsent(plan, set) {
  if (!plan.consent) return null;
  const { model, text_sha256, notice_sha256 } = plan.consent;
  return { model, text_sha256, notice_sha256, value: set.consent, adult: set.consentAdult };
}

/** @param {any} plan @returns {Record<string, unknown>} what every item tells about its encounter */
export function headerOf(plan) {
  return Object.fromEntries(HEADER_KEYS.map((key) => [key, plan.encounter[key]]));
}

/** @param {any} grid */
function gridOf({ public_id, version, sha256 }) {
  return { public_id, version, sha256 };
}

/**
 * Forget what somebody answered. The id stays, so that nothing is sealed twice.
 *
 * @param {AnswerSet} set
 */
export function wipe(set) {
  set.sealed = true;
  set.items.clear();
  set.helpedBy = [];
  set.seenByOthers = set.referent = set.weeksSince = set.consent = set.consentAdult = null;
}
