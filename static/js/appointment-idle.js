/**
 * Nobody taps: ask, then cover, and after ten more minutes let go.
 *
 * Deadlines, not only timers: a tablet that slept through all of them is asked nothing when it
 * wakes. The respondent puts it off by any tap, as often as needed, without a PIN.
 *
 * @module appointment-idle
 */

/** @typedef {import("./sender.js").Clock} Clock */
/** @typedef {"off" | "watching" | "asking" | "covered"} IdleState */

export const ASK_SECONDS = 30;
export const COVER_SECONDS = 600;

export class Idle {
  /** @type {IdleState} */
  #state = "off";
  #due = 0;
  #limit = 0;
  /** @type {unknown} */
  #timer = null;
  #clock;
  #tell;

  /**
   * @param {object} options
   * @param {Clock} options.clock
   * @param {(happened: "ask" | "stay" | "cover" | "end") => void} options.tell
   */
  constructor({ clock, tell }) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @returns {IdleState} */
  get state() {
    return this.#state;
  }

  /** @param {number} seconds until somebody is asked; 0 watches nothing */
  watch(seconds) {
    this.#limit = seconds;
    this.#enter(seconds ? "watching" : "off", seconds);
  }

  /** Somebody tapped, or typed. Under the cover only holding the spot counts. */
  touch() {
    if (this.#state === "asking") this.#tell("stay");
    if (this.#state === "asking" || this.#state === "watching") this.#enter("watching", this.#limit);
  }

  /** The cover was put on by hand, or because the page went out of sight. */
  cover() {
    if (this.#state === "off" || this.#state === "covered") return;
    this.#enter("covered", COVER_SECONDS);
    this.#tell("cover");
  }

  /** The same person came back. */
  uncover() {
    if (this.#state === "covered") this.#enter("watching", this.#limit);
  }

  /** Look at the time, as when a page comes back into sight. */
  check() {
    while (this.#state !== "off" && this.#clock.now() >= this.#due) this.#next();
    this.#arm();
  }

  #next() {
    if (this.#state === "watching") {
      this.#enter("asking", ASK_SECONDS, this.#due);
      this.#tell("ask");
    } else if (this.#state === "asking") {
      this.#enter("covered", COVER_SECONDS, this.#due);
      this.#tell("cover");
    } else {
      this.#enter("off", 0);
      this.#tell("end");
    }
  }

  /** @param {IdleState} state @param {number} seconds @param {number} [from] */
  #enter(state, seconds, from = this.#clock.now()) {
    this.#state = state;
    this.#due = from + seconds * 1_000;
    this.#arm();
  }

  #arm() {
    this.#clock.clearTimeout(this.#timer);
    if (this.#state === "off") return;
    const wait = Math.max(0, this.#due - this.#clock.now());
    this.#timer = this.#clock.setTimeout(() => this.check(), wait);
  }
}
