/**
 * "I want to talk on my own": said in a private turn, seen by staff once, after the PIN.
 *
 * It is no answer. It is one bit of this page's memory, in no document, store, request or export,
 * and what a holder asked cannot be seen by whoever holds the tablet next, nor by the same person
 * who comes back: somebody else could say that they are that person.
 *
 * @module appointment-alone
 */

import { copyOf, each, one } from "./appointment-screen.js";

/** Nothing but the wish itself, apart from any page. */
export class Wish {
  #now = false;
  #before = false;

  /** @returns {boolean} whether it was said in the turn that is open */
  get said() {
    return this.#now;
  }

  say() {
    this.#now = true;
  }

  takeBack() {
    this.#now = false;
  }

  /** The turn is over: from here on only staff can learn of it. */
  endTurn() {
    this.#before ||= this.#now;
    this.#now = false;
  }

  /** @returns {boolean} whether anybody said it; only the first call knows */
  tell() {
    this.endTurn();
    const was = this.#before;
    this.#before = false;
    return was;
  }
}

/** The button beside "Help now" and the sheet behind it. */
export class Alone {
  #wish = new Wish();
  #dialog = /** @type {HTMLDialogElement} */ (one(document, "[data-alone]"));
  #place = one(this.#dialog, "[data-alone-place]");

  constructor() {
    this.#dialog.addEventListener("close", () => this.#place.replaceChildren());
    this.#dialog.addEventListener("click", (event) => {
      const pressed = /** @type {Element} */ (event.target).closest("[data-alone-do]");
      if (pressed instanceof HTMLElement) this.#do(pressed.dataset.aloneDo ?? "");
    });
  }

  /** @param {boolean} isPrivate whether one person has the tablet, who may say it */
  beginTurn(isPrivate) {
    this.#offer(isPrivate);
  }

  endTurn() {
    this.#wish.endTurn();
    this.#offer(false);
    if (this.#dialog.open) this.#dialog.close();
  }

  /** @returns {boolean} for the screen after the PIN; only the first call knows */
  tell() {
    this.endTurn();
    return this.#wish.tell();
  }

  open() {
    this.#draw();
    if (!this.#dialog.open) this.#dialog.showModal();
    one(this.#dialog, "h2").focus();
  }

  /** @param {string} what */
  #do(what) {
    if (what === "say") this.#wish.say();
    if (what === "take-back") this.#wish.takeBack();
    if (what === "close") this.#dialog.close();
    else this.open();
  }

  #draw() {
    this.#place.replaceChildren(copyOf("alone-words", { said: this.#wish.said ? "yes" : "no" }));
  }

  /** @param {boolean} isOffered */
  #offer(isOffered) {
    for (const tool of each(document, '[data-tool="alone"]')) tool.hidden = !isOffered;
  }
}
