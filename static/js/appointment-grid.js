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
  #local;
  /** @type {{root: HTMLElement, live: import("./grid.js").MountedGrid | null, scrollY: number} | null} */
  #shown = null;

  /**
   * @param {string[]} picked option ids that the practitioner picked to start with
   * @param {any} [local] what is offered here, by option id, as the plan brings it
   */
  constructor(picked, local = null) {
    this.#picked = picked;
    this.#local = local;
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
   * @param {object} how
   * @param {string[]} how.rows the rows to mark, as what matters to somebody says
   * @param {boolean} how.isPrivate whether one person alone looks at it
   * @param {import("./appointment-counts.js").Counts} how.counts
   */
  show(place, voice, { rows, isPrivate, counts }) {
    if (this.#shown) {
      mark(this.#shown.root, rows);
      this.#shown.live?.matters(rows);
      place.append(this.#shown.root);
      globalThis.scrollTo(0, this.#shown.scrollY);
      return;
    }
    const page = this.#pages.get(voice) ?? /** @type {DocumentFragment} */ ([...this.#pages.values()][0]);
    const root = document.createElement("div");
    root.append(document.importNode(page, true));
    place.append(root);
    mark(root, rows);
    root.addEventListener("grid:shown", (event) => {
      counts.showed(/** @type {CustomEvent} */ (event).detail.picked);
    });
    const onOpen = (/** @type {string} */ row) => counts.opened(row);
    const live = mountGrid(root, { picked: this.#picked, local: this.#local, isPrivate, onOpen });
    root.querySelector("[data-sheet]")?.prepend(copyOf("sheet-tools"));
    this.#shown = { root, live, scrollY: 0 };
  }

  /** @param {string} voice @returns {{id: string, name: string}[]} all ways, in the order of the grid */
  ways(voice) {
    const page = this.#pages.get(voice) ?? [...this.#pages.values()][0];
    const boxes = page ? [...page.querySelectorAll("[data-pick]")] : [];
    return boxes.map((box) => ({
      id: box.getAttribute("data-pick") ?? "",
      name: box.parentElement?.textContent?.trim() ?? "",
    }));
  }

  /** @returns {boolean} whether own words may be typed beside it; a grid behind a notice says no */
  get mayWrite() {
    const pages = [...this.#pages.values()];
    return pages.length > 0 && pages.every((page) => !page.querySelector("[data-behind]"));
  }

  /** @returns {boolean} whether it may be counted what is opened; a grid behind a notice says no */
  get mayCount() {
    return this.mayWrite;
  }

  /** Something is laid over it: no sheet stays open, and nothing is read aloud. */
  cover() {
    this.#shown?.live?.close();
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

/**
 * Say on the grid which of its rows matter to somebody: `data-matters` on the `[data-grid]` section,
 * row ids with commas. How they are shown, and whether they are moved up, is the grid's own affair;
 * ways keep their order.
 *
 * @param {HTMLElement} root
 * @param {string[]} rows
 */
function mark(root, rows) {
  const grid = root.querySelector("[data-grid]");
  if (!(grid instanceof HTMLElement)) return;
  if (rows.length) grid.dataset.matters = rows.join(",");
  else delete grid.dataset.matters;
}
