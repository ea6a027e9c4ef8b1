/**
 * The cover: a neutral page at once; the same person comes back by holding a spot. And the quiet
 * question whether somebody is still here.
 *
 * @module appointment-cover
 */

import { one } from "./appointment-screen.js";

const HOLD_MS = 2_000;
const KEYS = new Set([" ", "Enter"]);

export class Cover {
  #cover;
  #app;
  #help;
  #ask;
  #spot;
  #onBack;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #holding;
  /** @type {Element | null} */
  #before = null;
  #scrollY = 0;

  /**
   * @param {object} options
   * @param {() => void} options.onBack the spot was held
   * @param {() => void} options.onStay somebody is still here
   */
  constructor({ onBack, onStay }) {
    this.#onBack = onBack;
    this.#cover = /** @type {HTMLDialogElement} */ (one(document, "[data-cover]"));
    this.#app = one(document, "[data-app]");
    this.#help = one(document, "#help-now");
    this.#spot = one(this.#cover, "[data-spot]");
    this.#ask = /** @type {HTMLDialogElement} */ (one(document, "[data-still-here]"));
    one(this.#ask, "[data-stay]").addEventListener("click", onStay);
    this.#ask.addEventListener("cancel", (event) => {
      event.preventDefault();
      onStay();
    });
    this.#listen();
  }

  /** @returns {boolean} */
  get isOn() {
    return this.#cover.open;
  }

  /** Cover everything, sheets included, before anything else happens. */
  put() {
    if (this.isOn) return;
    this.#scrollY = globalThis.scrollY;
    this.#before = document.activeElement;
    this.#app.hidden = true;
    this.#help.hidden = true;
    for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close();
    // Not modal: no key of the browser's may take it away.
    this.#cover.show();
    one(this.#cover, "h2").focus();
  }

  /** @param {boolean} [samePlace] whether the same person goes on */
  take(samePlace = true) {
    this.#release();
    if (!this.isOn) return;
    this.#cover.close();
    this.#app.hidden = false;
    this.#help.hidden = false;
    if (!samePlace) return;
    globalThis.scrollTo(0, this.#scrollY);
    if (this.#before instanceof HTMLElement) this.#before.focus({ preventScroll: true });
  }

  ask() {
    if (this.isOn || this.#ask.open) return;
    this.#ask.showModal();
    one(this.#ask, "h2").focus();
  }

  stopAsking() {
    if (this.#ask.open) this.#ask.close();
  }

  #listen() {
    const spot = this.#spot;
    spot.addEventListener("pointerdown", (event) => {
      if (event.button === 0) this.#hold();
    });
    for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) {
      spot.addEventListener(end, () => this.#release());
    }
    spot.addEventListener("keydown", (event) => {
      if (!KEYS.has(event.key)) return;
      event.preventDefault();
      if (!event.repeat) this.#hold();
    });
    spot.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #hold() {
    this.#release();
    this.#spot.dataset.held = "";
    this.#holding = setTimeout(() => this.#onBack(), HOLD_MS);
  }

  #release() {
    clearTimeout(this.#holding);
    delete this.#spot.dataset.held;
  }
}
