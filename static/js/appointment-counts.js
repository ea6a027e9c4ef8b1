/**
 * Counts what was opened of a grid: which options there were at the start and at the end, how often
 * each row was opened, and about how many minutes it was up. Never who, when, or in which order.
 *
 * It is sealed and lies on the shelf like an answer set, from the moment at which the tablet is
 * passed over, and has no number: that would tell an order. Whoever of the
 * family switches it off wipes it: what is sent then says that nothing was counted.
 *
 * @module appointment-counts
 */

import { Laying } from "./appointment-laying.js";
import { headerOf } from "./appointment-set.js";
import { newId, salt } from "./envelope.js";

/** @typedef {import("./appointment-shelf.js").Shelf} Shelf */

/** The bands of `app/domain/exposure.py`: each ends before this many minutes. */
export const BANDS = Object.freeze([
  ["under_2", 2],
  ["2_to_5", 5],
  ["5_to_10", 10],
  ["10_to_20", 20],
  ["over_20", Infinity],
]);
const FORMAT = "exposure-1";
const MOST_OPENED = 999;

/** @param {number} ms on screen @returns {string} */
export function bandOf(ms) {
  const found = BANDS.find(([, end]) => ms < Number(end) * 60_000);
  return String((found ?? BANDS[BANDS.length - 1])[0]);
}

export class Counts {
  #plan;
  #now;
  #laying;
  #id = newId();
  #salt = salt();
  /** `off`: the service does not count here. @type {"off" | "on" | "refused" | "finished"} */
  #state;
  /** @type {string[]} */
  #shown = [];
  /** @type {Map<string, number>} */
  #opened = new Map();
  #ms = 0;
  /** @type {number | null} since when the grid is up, null while it is not */
  #since = null;

  /**
   * @param {object} options
   * @param {any} options.plan
   * @param {Shelf} options.shelf
   * @param {() => number} [options.now] ms that never run back
   */
  constructor({ plan, shelf, now = () => performance.now() }) {
    this.#plan = plan;
    this.#now = now;
    this.#laying = new Laying({ id: this.#id, shelf, plan, areCounts: true });
    this.#state = plan.counts === true && plan.grid ? "on" : "off";
    this.#lay();
  }

  /** @returns {boolean} whether something is counted, for the words on the screen */
  get isOn() {
    return this.#state === "on";
  }

  /** These options are there now. @param {string[]} options */
  showed(options) {
    if (!this.isOn) return;
    this.#shown = [...new Set(options)].sort();
    this.#lay();
  }

  /** A part of this row was opened. @param {string} row */
  opened(row) {
    if (!this.isOn) return;
    this.#opened.set(row, Math.min(MOST_OPENED, (this.#opened.get(row) ?? 0) + 1));
    this.#lay();
  }

  /** Whether the grid is on the screen. @param {boolean} isUp */
  up(isUp) {
    if (!this.isOn || isUp === (this.#since !== null)) return;
    const now = this.#now();
    if (this.#since !== null) this.#ms += Math.max(0, now - this.#since);
    this.#since = isUp ? now : null;
    this.#lay();
  }

  /** One tap of the family: nothing is counted in this appointment, and what was counted is gone. */
  refuse() {
    if (!this.isOn) return;
    this.#state = "refused";
    this.#wipe();
    this.#lay();
  }

  /** The tablet locks: this is what there is, for good. A second call does nothing. */
  finish() {
    if (this.#state === "off" || this.#state === "finished") return;
    this.up(false);
    const clear = this.#clear();
    this.#state = "finished";
    this.#wipe();
    void this.#laying.lay({ draft: clear, last: clear });
  }

  /** The page is left without a lock. */
  leave() {
    if (this.#state === "off" || this.#state === "finished") return;
    this.#state = "finished";
    this.#laying.leave();
  }

  #lay() {
    if (this.#state === "off") return;
    void this.#laying.lay({ draft: this.#clear(), last: null });
  }

  #wipe() {
    this.#shown = [];
    this.#opened = new Map();
    this.#ms = 0;
    this.#since = null;
  }

  /** @returns {() => Record<string, unknown>} the document as it stands now */
  #clear() {
    const counts = this.#state === "on" ? this.#counted() : null;
    const { public_id, version, sha256 } = this.#plan.grid;
    return () => ({
      format: FORMAT,
      id: this.#id,
      device: this.#plan.device,
      key_id: this.#plan.key.id,
      salt: this.#salt,
      encounter: headerOf(this.#plan),
      grid: { public_id, version, sha256 },
      counts,
    });
  }

  #counted() {
    return {
      picked: [...new Set(this.#plan.grid.picked)].sort(),
      shown: this.#shown,
      opened: Object.fromEntries(this.#opened),
      minutes_band: bandOf(this.#ms),
    };
  }
}
