/**
 * Begins answer sets, seals them and lays them on the shelf; keeps nothing readable.
 *
 * While a set is open it is sealed afresh after every tap as `interrupted`, and the shelf has the
 * newest state of it: a killed page loses a tap, not a set. Once sealed for good, the answers are
 * wiped here in the same turn of the event loop, so that two taps make one set.
 *
 * @module appointment-keeper
 */

import { Laying } from "./appointment-laying.js";
import { beginSet, clearSet, wipe } from "./appointment-set.js";
import { newId, salt } from "./envelope.js";

/** @typedef {import("./appointment-set.js").AnswerSet} AnswerSet */
/** @typedef {import("./appointment-shelf.js").Shelf} Shelf */
/** @typedef {"complete" | "interrupted"} EndState */

export class Keeper {
  /** @type {Map<string, {set: AnswerSet, laying: Laying}>} */
  #open = new Map();
  #sealing = 0;
  #finished = 0;
  #plan;
  #shelf;
  #onChange;
  #now;

  /**
   * @param {object} options
   * @param {any} options.plan
   * @param {Shelf} options.shelf
   * @param {() => void} [options.onChange]
   * @param {() => Date} [options.now]
   */
  constructor({ plan, shelf, onChange = () => {}, now = () => new Date() }) {
    this.#plan = plan;
    this.#shelf = shelf;
    this.#onChange = onChange;
    this.#now = now;
  }

  /**
   * @param {AnswerSet["occasion"]} occasion
   * @param {AnswerSet["respondent"]} respondent
   * @param {any} [instrument] the second one; without it the plan's first
   * @returns {AnswerSet} with its id and salt, before the first question; its number is the next
   *   of the device when it lies on the shelf
   */
  begin(occasion, respondent, instrument) {
    const set = beginSet({ id: newId(), salt: salt(), seq: 0, occasion, respondent, instrument });
    const laying = new Laying({ id: set.id, shelf: this.#shelf, plan: this.#plan });
    this.#open.set(set.id, { set, laying });
    this.touched(set);
    return set;
  }

  /** @returns {number} how many sets would be lost if the page closed now */
  unkept() {
    return this.#sealing + this.#shelf.atRisk;
  }

  /** @returns {number} how many sets are being sealed for good this moment */
  get sealing() {
    return this.#sealing;
  }

  /** @returns {number} how many sets of this appointment the shelf was given for good */
  get finished() {
    return this.#finished;
  }

  /** @returns {boolean} whether somebody is in the middle of answering */
  hasOpen() {
    return this.#open.size > 0;
  }

  /** Something was tapped: seal it as it stands. @param {AnswerSet} set */
  touched(set) {
    const laying = this.#open.get(set.id)?.laying;
    if (laying) void laying.lay({ draft: this.#asNow(set, "interrupted", "interrupted"), last: null });
  }

  /**
   * Seal a set for good and give it to the shelf. A second call for the same set does nothing.
   *
   * @param {AnswerSet} set
   * @param {EndState} state
   * @param {string | null} reason
   * @returns {Promise<void>} settled when the shelf has it, as safely as it can
   */
  async finish(set, state, reason) {
    const laying = this.#open.get(set.id)?.laying;
    if (set.sealed || !laying) return;
    const draft = this.#asNow(set, "interrupted", "interrupted");
    const last = this.#asNow(set, state, reason);
    this.#close(set);
    this.#sealing += 1;
    this.#onChange();
    await laying.lay({ draft, last });
    this.#sealing -= 1;
    this.#finished += 1;
    this.#onChange();
  }

  /**
   * Seal what is no answer set but has to arrive like one: a text about a grid.
   *
   * @param {(made: {id: string, salt: string, seq: number}) => Record<string, unknown>} clear
   * @returns {Promise<void>} settled when the shelf has it, as safely as it can
   */
  async sealText(clear) {
    const made = { id: newId(), salt: salt() };
    const laying = new Laying({ id: made.id, shelf: this.#shelf, plan: this.#plan });
    const last = (/** @type {number} */ seq) => clear({ ...made, seq });
    this.#sealing += 1;
    this.#onChange();
    await laying.lay({ draft: last, last });
    this.#sealing -= 1;
    this.#finished += 1;
    this.#onChange();
  }

  /** Seal whatever is open as interrupted. @param {"left_early" | "interrupted"} reason */
  finishAll(reason) {
    const open = [...this.#open.values()];
    return Promise.all(open.map(({ set }) => this.finish(set, "interrupted", reason)));
  }

  /** The page is being left: what is open goes as it was last sealed. */
  leave() {
    for (const { set, laying } of [...this.#open.values()]) {
      this.#close(set);
      laying.leave();
    }
  }

  /** @param {AnswerSet} set */
  #close(set) {
    this.#open.delete(set.id);
    wipe(set);
  }

  /**
   * @param {AnswerSet} set
   * @param {EndState} state
   * @param {string | null} reason
   * @returns {(seq: number) => Record<string, unknown>} the clear form of it as it stands now
   */
  #asNow(set, state, reason) {
    const copy = { ...set, items: new Map(set.items), helpedBy: [...set.helpedBy] };
    const madeAt = this.#now();
    return (seq) => clearSet(this.#plan, { ...copy, seq }, { state, reason, madeAt });
  }
}
