/**
 * "What matters to you?": choosing, and looking at what the others will see. Every word stands in
 * the document; the state is in `appointment-matters.js` and nowhere else.
 *
 * @module appointment-matters-screen
 */

import { MOST, MOST_WORDS } from "./appointment-matters.js";
import { copyOf, each, filled, one } from "./appointment-screen.js";

/** @typedef {import("./appointment-matters.js").Matters} Matters */

const OWN = "own-words";

/** @returns {HTMLElement[]} all cards, in the order of the page */
function cardList() {
  return each(copyOf("matters-cards"), "[data-card]");
}

/** @returns {string[]} ids */
export function allCards() {
  return cardList().map((card) => card.dataset.card ?? "");
}

/** @param {string} id @returns {string} */
export function wordsOfCard(id) {
  return cardList().find((card) => card.dataset.card === id)?.textContent ?? "";
}

/** @returns {[string, string][]} cards that can pull different ways */
export function pairsOfCards() {
  const pulling = cardList().filter((card) => card.dataset.pulls);
  return pulling.map((card) => [card.dataset.card ?? "", card.dataset.pulls ?? ""]);
}

/** @param {string[]} cards @returns {string[]} the rows of a grid that they mark */
export function rowsOfCards(cards) {
  const marked = cardList().filter((card) => cards.includes(card.dataset.card ?? ""));
  return [...new Set(marked.flatMap((card) => (card.dataset.rows ?? "").split(",")))];
}

/**
 * Lay what somebody said in this very turn beside the options: their cards, and words of their own.
 *
 * @param {HTMLElement} screen a fresh copy, so that nothing of anybody before is on it
 * @param {Matters} matters
 */
export function layBeside(screen, matters) {
  const beside = one(screen, "[data-mine]");
  const place = one(beside, "[data-mine-cards]");
  for (const id of allCards().filter((card) => matters.chosen.includes(card))) {
    place.appendChild(document.createElement("li")).textContent = wordsOfCard(id);
  }
  one(beside, "[data-mine-words]").textContent = matters.words.trim();
  beside.hidden = !matters.chosen.length && !matters.words.trim();
}

export class MattersScreen {
  #stage;
  #matters;
  #mayWrite;
  #onMenu;

  /**
   * @param {object} options
   * @param {import("./appointment-screen.js").Stage} options.stage
   * @param {Matters} options.matters
   * @param {boolean} options.mayWrite whether own words are offered; never beside a sensitive grid
   * @param {() => void} options.onMenu
   */
  constructor({ stage, matters, mayWrite, onMenu }) {
    this.#stage = stage;
    this.#matters = matters;
    this.#mayWrite = mayWrite;
    this.#onMenu = onMenu;
  }

  open() {
    // Somebody who was here in an earlier turn: their choice is not shown to whoever has the tablet.
    const isBack = this.#matters.isSettled && !this.#matters.chosen.length && !this.#matters.words;
    if (isBack) this.#again();
    else this.#choose();
  }

  #again() {
    this.#stage.show("matters-again", {
      acts: {
        leave: this.#onMenu,
        again: () => {
          this.#matters.startAgain();
          this.#choose();
        },
        nothing: () => this.#done(() => this.#matters.settleNothing()),
      },
    });
  }

  #choose() {
    const facts = { own: this.#mayWrite ? "yes" : "no" };
    const acts = { on: () => this.#preview(), back: this.#onMenu };
    const screen = this.#stage.show("matters", { facts, acts });
    const place = one(screen, "[data-cards]");
    for (const id of allCards()) place.append(box(id, wordsOfCard(id), this.#matters.chosen.includes(id)));
    place.addEventListener("change", (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (!this.#matters.toggle(input.value)) input.checked = false;
      this.#count(screen);
    });
    if (this.#mayWrite) this.#drawOwn(screen);
    this.#count(screen);
  }

  /** @param {HTMLElement} screen */
  #drawOwn(screen) {
    const own = /** @type {HTMLTextAreaElement} */ (one(screen, "[data-own]"));
    own.maxLength = MOST_WORDS;
    own.value = this.#matters.words;
    own.addEventListener("input", () => this.#matters.write(own.value));
  }

  /** @param {HTMLElement} screen */
  #count(screen) {
    const line = one(screen, "[data-count]");
    const { length: n } = this.#matters.chosen;
    const { none = "", some = "", full = "" } = line.dataset;
    const pattern = n >= MOST ? full : n ? some : none;
    line.textContent = filled(pattern, { n, all: MOST });
  }

  #preview() {
    const { chosen, words, isShown } = this.#matters;
    const hasWords = words.trim() !== "";
    const any = chosen.length || hasWords ? "yes" : "no";
    const screen = this.#stage.show("matters-preview", {
      facts: { any, shown: isShown ? "yes" : "no" },
      acts: {
        share: () => this.#done(() => this.#matters.settle()),
        nothing: () => this.#done(() => this.#matters.settleNothing()),
        back: () => this.#choose(),
      },
    });
    if (any === "no") return;
    const place = one(screen, "[data-cards]");
    for (const id of allCards().filter((card) => chosen.includes(card))) {
      place.append(box(id, wordsOfCard(id), this.#matters.isOffered(id)));
    }
    if (hasWords) place.append(box(OWN, words, this.#matters.offersWords));
    place.addEventListener("change", (event) => this.#offered(/** @type {HTMLInputElement} */ (event.target)));
  }

  /** @param {HTMLInputElement} input */
  #offered({ value, checked }) {
    if (value === OWN) this.#matters.offerWords(checked);
    else this.#matters.offer(value, checked);
  }

  /** @param {() => void} settle */
  #done(settle) {
    settle();
    this.#onMenu();
  }
}

/** @param {string} id @param {string} words @param {boolean} isChecked @returns {HTMLElement} */
function box(id, words, isChecked) {
  const label = copyOf("matters-line");
  const input = /** @type {HTMLInputElement} */ (one(label, "input"));
  input.value = id;
  input.checked = isChecked;
  one(label, "[data-card-words]").textContent = words;
  return label;
}
