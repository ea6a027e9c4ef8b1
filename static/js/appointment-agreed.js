/**
 * What was agreed, as it is being written down: in this page's memory alone, for everybody who sits
 * here, until it is printed or the tablet locks. Every part may stay empty.
 *
 * Pure. The shape that goes to the paper is that of `docs/appointment.md`.
 *
 * @module appointment-agreed
 */

/** The fields of the page by name: one word each, or several where boxes can be ticked.
 * @typedef {Record<string, string[]>} Fields */

/** @typedef {import("./appointment-matters.js").Line} Line */

const SEVERAL = Object.freeze([
  "decided_by", "disagreed", "people_present", "parental_responsibility", "consent_still_needed_from", "chosen",
]);
const ONE = Object.freeze(["outcome", "deciding", "how_judged", "review_on"]);
const OWN = Object.freeze(["better", "when", "how_know", "if_not", "come_back"]);
export const STEPS = 4;
export const GOALS = 3;
const NOT_SURE = "not_sure";

export class Agreed {
  /** @type {Fields} */
  #fields = {};

  /** @returns {Fields} what stands in the page */
  get fields() {
    return this.#fields;
  }

  /** @returns {boolean} */
  get isClosed() {
    return this.#first("outcome") === "not_today";
  }

  /** @param {Fields} fields all of them, as they stand */
  write(fields) {
    this.#fields = fields;
  }

  forget() {
    this.#fields = {};
  }

  /**
   * @param {object} around
   * @param {Line[]} around.shared what everybody let the others see
   * @param {boolean} around.mayWrite whether own words may be on the paper
   * @returns {Record<string, unknown>} only what somebody said
   */
  record({ shared, mayWrite }) {
    /** @type {Record<string, unknown>} */
    const said = {};
    for (const name of ONE) if (this.#first(name)) said[name] = this.#first(name);
    for (const name of SEVERAL) if (this.#fields[name]?.length) said[name] = this.#fields[name];
    if (this.#fields.parental_responsibility?.includes(NOT_SURE)) said.parental_responsibility = [NOT_SURE];
    if (this.isClosed) delete said.chosen;
    if (shared.length) said.shared = shared.map(({ card, people }) => ({ card, people }));
    if (mayWrite) this.#addOwnWords(said);
    return said;
  }

  /** @param {Record<string, unknown>} said */
  #addOwnWords(said) {
    for (const name of OWN) if (this.#first(name)) said[name] = this.#first(name);
    const steps = numbers(STEPS).flatMap((n) => {
      const what = this.#first(`step-${n}`);
      return what ? [{ who: this.#first(`step-who-${n}`) || null, what }] : [];
    });
    const goals = numbers(GOALS).flatMap((n) => {
      const words = this.#first(`goal-${n}`);
      const rating = this.#first(`rating-${n}`);
      return words ? [{ words, rating: rating === "" ? null : Number(rating) }] : [];
    });
    if (steps.length) said.steps = steps;
    if (goals.length) said.goals = goals;
  }

  /** @param {string} name @returns {string} */
  #first(name) {
    return (this.#fields[name]?.[0] ?? "").trim();
  }
}

/** @param {number} count @returns {number[]} from 1 */
function numbers(count) {
  return Array.from({ length: count }, (_, at) => at + 1);
}
