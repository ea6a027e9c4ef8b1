/**
 * The screens behind the six digits, triage apart: home, what is on this tablet, the rescue file
 * and the paper of the grids.
 *
 * @module tablet-home
 */

import { each, filled, one } from "./appointment-screen.js";
import { drawStatus, drawWaiting, momentOf } from "./tablet-status.js";
import { copied, gridName } from "./tablet-words.js";

/** @typedef {import("./tablet-status.js").Status} Status */
/** @typedef {import("./tablet-shelf.js").Paper} Paper */

/** Grids that close within a day are said to, so that somebody takes the tablet to a network. */
const SOON_MS = 24 * 3_600_000;

export class Home {
  #stage;
  #acts;
  #ask;
  #now;
  #shown = "";

  /**
   * @param {object} options
   * @param {import("./appointment-screen.js").Stage} options.stage
   * @param {object} options.ask what the screens are drawn from
   * @param {() => Promise<Status>} options.ask.status
   * @param {() => Promise<Paper[]>} options.ask.papers
   * @param {() => {name: string, zone: string, setting: "baseline" | "open",
   *   lease: import("./tablet-lease.js").Lease, mayTakeIn: boolean, config: any}} options.ask.state
   * @param {object} options.acts
   * @param {() => void} options.acts.start
   * @param {() => void} options.acts.lock
   * @param {(why: string) => void} options.acts.noStore the queue does not answer
   * @param {() => Promise<boolean>} options.acts.send reach the service, and send what waits
   * @param {() => Promise<{count: number}>} options.acts.makeRescue saves a file
   * @param {(text: string) => Promise<{added: number, damaged: number} | null>} options.acts.takeRescue
   *   null: no such file
   * @param {() => number} [options.now]
   */
  constructor({ stage, ask, acts, now = () => Date.now() }) {
    this.#stage = stage;
    this.#ask = ask;
    this.#acts = acts;
    this.#now = now;
  }

  /** Draw home anew if it is up and would say something else; a tile must not move under a finger. */
  refresh() {
    const up = document.querySelector("[data-screen=tb-home]");
    if (up && this.#shown !== JSON.stringify(this.#facts())) this.show();
  }

  #facts() {
    const { lease, setting } = this.#ask.state();
    const soon = lease.grids && lease.left < SOON_MS;
    return { lease: !lease.grids ? "closed" : soon ? "soon" : "good", setting };
  }

  show() {
    const { lease } = this.#ask.state();
    const facts = this.#facts();
    this.#shown = JSON.stringify(facts);
    const screen = this.#screen("home", facts, {
      start: this.#acts.start,
      about: () => void this.showStatus(),
      paper: () => void this.showPapers(),
    });
    const line = screen.querySelector("[data-lease]");
    if (line instanceof HTMLElement) this.#sayLease(line, lease.left);
    void this.drawWaiting();
  }

  /** Say anew how much waits, on whichever screen says it. */
  async drawWaiting() {
    const status = await this.#ask.status().catch(() => null);
    if (status) drawWaiting(document, status.waiting); // a queue that does not answer is said elsewhere
  }

  /** @param {HTMLElement} line @param {number} left */
  #sayLease(line, left) {
    const at = momentOf(this.#now() + left, this.#ask.state().zone);
    line.textContent = filled(line.dataset.pattern ?? "", { at });
  }

  /**
   * @param {string} name
   * @param {Record<string, string>} facts
   * @param {Record<string, import("./appointment-screen.js").Act>} acts
   */
  #screen(name, facts, acts) {
    return this.#stage.show(`tb-${name}`, {
      facts,
      slots: { tablet: this.#ask.state().name },
      acts: { lock: this.#acts.lock, back: () => this.show(), ...acts },
    });
  }

  async showStatus() {
    const screen = this.#screen("about", {}, {
      send: (button) => void this.#send(screen, /** @type {HTMLButtonElement} */ (button)),
      rescue: () => this.showRescue(() => void this.showStatus()),
    });
    await this.#drawStatus(screen);
  }

  /** @param {HTMLElement} screen */
  async #drawStatus(screen) {
    const status = await this.#ask.status().catch((error) => this.#acts.noStore(error?.why ?? "lost"));
    if (status && screen.isConnected) drawStatus(screen, status, { now: this.#now(), zone: this.#ask.state().zone });
  }

  /** @param {HTMLElement} screen @param {HTMLButtonElement} button */
  async #send(screen, button) {
    const said = one(screen, "[data-said]");
    said.textContent = said.dataset.trying ?? "";
    button.disabled = true;
    const reached = await this.#acts.send();
    button.disabled = false;
    said.textContent = (reached ? said.dataset.done : said.dataset.offline) ?? "";
    await this.#drawStatus(screen);
  }

  /** @param {() => void} back */
  showRescue(back) {
    const may = this.#ask.state().mayTakeIn ? "yes" : "no";
    const screen = this.#screen("rescue", { may }, { back, make: () => void this.#make(screen) });
    const file = screen.querySelector("[data-file]");
    file?.addEventListener("change", () => void this.#take(screen, /** @type {HTMLInputElement} */ (file)));
  }

  /** @param {HTMLElement} screen */
  async #make(screen) {
    try {
      const { count } = await this.#acts.makeRescue();
      if (count === 0) say(screen, "none");
      else sayCounted(screen, "made", count);
    } catch (error) {
      globalThis.reportError?.(error);
      say(screen, "trouble");
    }
  }

  /** @param {HTMLElement} screen @param {HTMLInputElement} input */
  async #take(screen, input) {
    const file = input.files?.[0];
    if (!file) return;
    try {
      const taken = await this.#acts.takeRescue(await file.text());
      if (!taken) say(screen, "odd");
      else if (taken.damaged) say(screen, "damaged", taken.damaged);
      else sayCounted(screen, "took", taken.added);
    } catch (error) {
      globalThis.reportError?.(error);
      say(screen, "trouble");
    }
    input.value = ""; // the same file may be chosen again
  }

  async showPapers() {
    const screen = this.#screen("paper", {}, {});
    const papers = await this.#ask.papers();
    const { config } = this.#ask.state();
    const list = one(screen, "[data-papers]");
    for (const key of new Set(papers.map(({ id, version }) => `${id}/${version}`))) {
      const line = copied(screen, "template[data-paper]");
      const of = papers.filter(({ id, version }) => `${id}/${version}` === key);
      one(line, "[data-name]").textContent = paperName(config, of[0]);
      drawLinks(line, of);
      list.append(line);
    }
    one(screen, "[data-none]").hidden = papers.length > 0;
  }
}

/** @param {HTMLElement} line @param {Paper[]} papers the voices of one edition */
function drawLinks(line, papers) {
  for (const link of each(line, "a[data-voice]")) {
    const paper = papers.find(({ voice }) => voice === link.dataset.voice);
    if (paper) /** @type {HTMLAnchorElement} */ (link).href = paper.url;
    else link.remove();
  }
}

/** @param {any} config @param {Paper} paper @returns {string} */
function paperName(config, { id, version }) {
  const grid = config.grids.find((/** @type {any} */ each) => each.public_id === id && each.version === version);
  return grid ? gridName(grid) : `${id}/${version}`;
}

/** @param {HTMLElement} screen @param {string} word @param {number} n */
function sayCounted(screen, word, n) {
  say(screen, `${word}-${["none", "one"][n] ?? "more"}`, n);
}

/** @param {HTMLElement} screen @param {string} word @param {number} [n] */
function say(screen, word, n = 0) {
  const words = one(screen, `[data-word="${word}"]`).textContent ?? "";
  one(screen, "[data-said]").textContent = filled(words, { n });
}

