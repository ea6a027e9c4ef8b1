/**
 * The grid in the appointment: both voices are fetched while staff still hold the tablet, and
 * each holder gets a fresh copy, in which nothing of the person before is open or chosen.
 *
 * @module appointment-grid
 */

import { copyOf } from "./appointment-screen.js";
import { mountGrid } from "./grid.js";

const VOICES = ["young-person", "parent"];

export class Grids {
  /** @type {Map<string, DocumentFragment>} */
  #pages = new Map();
  #picked;
  /** @type {{root: HTMLElement, live: import("./grid.js").MountedGrid | null, scrollY: number} | null} */
  #shown = null;

  /** @param {string[]} picked option ids that the practitioner picked to start with */
  constructor(picked) {
    this.#picked = picked;
  }

  /**
   * @param {{public_id: string, version: number}} grid
   * @returns {Promise<boolean>} whether there is something to show
   */
  async load(grid) {
    const address = `/g/${grid.public_id}/${grid.version}/fragment`;
    await Promise.all(VOICES.map((voice) => this.#loadVoice(address, voice)));
    return this.#pages.size > 0;
  }

  /** @param {string} address @param {string} voice */
  async #loadVoice(address, voice) {
    try {
      const answer = await fetch(`${address}?voice=${voice}`, { credentials: "omit" });
      if (!answer.ok) return;
      const html = new DOMParser().parseFromString(await answer.text(), "text/html");
      const page = document.createDocumentFragment();
      page.append(...html.body.children);
      if (page.querySelector("[data-grid]")) this.#pages.set(voice, page);
    } catch {
      // The grid is left out and staff are told before they hand over.
    }
  }

  /**
   * Put the grid into `place`: the copy of this holder, where they left it.
   *
   * @param {HTMLElement} place
   * @param {string} voice
   */
  show(place, voice) {
    if (this.#shown) {
      place.append(this.#shown.root);
      globalThis.scrollTo(0, this.#shown.scrollY);
      return;
    }
    const page = this.#pages.get(voice) ?? /** @type {DocumentFragment} */ ([...this.#pages.values()][0]);
    const root = document.createElement("div");
    root.append(document.importNode(page, true));
    place.append(root);
    const live = mountGrid(root, { picked: this.#picked });
    root.querySelector("[data-sheet]")?.prepend(copyOf("sheet-tools"));
    this.#shown = { root, live, scrollY: 0 };
  }

  /** Remember the place; the person goes back to the menu. */
  leave() {
    if (!this.#shown) return;
    this.#shown.live?.close();
    this.#shown.scrollY = globalThis.scrollY;
  }

  /** The turn ends: nothing of it is kept. */
  forget() {
    this.#shown?.live?.unmount();
    this.#shown = null;
  }
}
