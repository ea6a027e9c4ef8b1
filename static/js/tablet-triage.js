/**
 * Local triage: from home to "please pass the tablet" in five taps, each on a screen of its own.
 *
 * What is tapped lives in this object alone, which is dropped when the tablet is handed over or
 * locked. Nothing is suggested by what was tapped before, except that the practitioner of the last
 * appointment of this very day comes first, while this page lives.
 *
 * @module tablet-triage
 */

import { each, filled, one } from "./appointment-screen.js";
import { faultOfCode } from "./tablet-code.js";
import { mayOffer } from "./tablet-lease.js";
import { offersGrid, picksFit, settingOn } from "./tablet-plan.js";
import { copied, familyWords, namedBy, topicName } from "./tablet-words.js";

/** @typedef {import("./tablet-plan.js").Choices} Choices */
/** @typedef {import("./tablet-plan.js").GridEntry} GridEntry */

const SETTINGS = Object.freeze(["inside-nhs", "outside-nhs"]);

/** @returns {Choices} what is right most of the time */
export function usualChoices() {
  return {
    topic: null,
    group: null,
    grid: null,
    picked: [],
    people: ["young_person", "parent"],
    ageBand: null,
    type: "first",
    mode: "in_person",
    practitioner: "",
    language: "en",
    interpreter: "none",
    studyCode: null,
  };
}

/**
 * The grids of a topic, inside the NHS first for everybody, then outside; never another order.
 *
 * @param {GridEntry[]} grids
 * @param {string} topic
 * @returns {GridEntry[]}
 */
export function gridsOf(grids, topic) {
  const place = (/** @type {GridEntry} */ grid) => (SETTINGS.indexOf(grid.setting) + 9) % 9;
  return grids
    .filter((grid) => grid.topic === topic)
    .sort((a, b) => place(a) - place(b) || (a.public_id < b.public_id ? -1 : 1));
}

export class Triage {
  #stage;
  #config;
  #lease;
  #when;
  #choices = usualChoices();
  #lastPractitioner;
  #acts;
  #name;
  /** @type {GridEntry[]} */
  #open;

  /**
   * @param {object} options
   * @param {import("./appointment-screen.js").Stage} options.stage
   * @param {any} options.config
   * @param {import("./tablet-lease.js").Lease} options.lease
   * @param {{day: string, mode: string}} options.when
   * @param {string} options.name of the tablet, for the head of each screen
   * @param {string | null} options.lastPractitioner of this day
   * @param {{home: () => void, lock: () => void, paper: () => void, reach: () => Promise<boolean>,
   *   handOver: (choices: Choices) => void}} options.acts `reach` tries the service; true begins anew
   */
  constructor({ stage, config, lease, when, name, lastPractitioner, acts }) {
    this.#stage = stage;
    this.#config = config;
    this.#lease = lease;
    this.#when = when;
    this.#name = name;
    this.#lastPractitioner = lastPractitioner;
    this.#acts = acts;
    const offered = offersGrid(settingOn(config, when.day)) ? config.grids : [];
    this.#open = offered.filter((/** @type {GridEntry} */ grid) => mayOffer(grid, lease, when));
  }

  start() {
    const isBaseline = !offersGrid(settingOn(this.#config, this.#when.day));
    if (!isBaseline && !this.#lease.grids) this.#showClosed();
    else if (this.#open.length) this.#showTopics();
    else this.#showGroups();
  }

  /**
   * @param {string} name
   * @param {object} [what]
   * @param {Record<string, string>} [what.facts]
   * @param {Record<string, import("./appointment-screen.js").Act>} [what.acts]
   * @param {() => void} [what.back]
   */
  #show(name, { facts = {}, acts = {}, back = this.#acts.home } = {}) {
    return this.#stage.show(`tb-${name}`, {
      facts,
      slots: { tablet: this.#name },
      acts: { back, lock: this.#acts.lock, ...acts },
    });
  }

  #showClosed() {
    const screen = this.#show("closed", {
      facts: { why: this.#lease.why ?? "over" },
      acts: {
        reach: (button) => void this.#reach(screen, /** @type {HTMLButtonElement} */ (button)),
        without: () => this.#showGroups(),
        paper: this.#acts.paper,
      },
    });
  }

  /** @param {HTMLElement} screen @param {HTMLButtonElement} button */
  async #reach(screen, button) {
    const said = one(screen, "[data-said]");
    button.disabled = true;
    said.textContent = said.dataset.trying ?? "";
    if (await this.#acts.reach()) return;
    button.disabled = false;
    said.textContent = said.dataset.offline ?? "";
  }

  #showTopics() {
    const hidden = this.#config.grids.some((/** @type {GridEntry} */ grid) => grid.sensitive) && !this.#lease.sensitive;
    const screen = this.#show("topic", {
      facts: { draft: this.#draft(this.#open), sensitive: hidden ? "closed" : "open" },
      acts: {
        topic: (button) => {
          this.#choices.topic = button.dataset.value || null;
          this.#choices.grid = null;
          this.#choices.picked = [];
          this.#showGroups();
        },
      },
    });
    const none = one(screen, "[data-topics] li");
    for (const topic of new Set(this.#open.map((grid) => grid.topic))) {
      const [grid] = gridsOf(this.#open, topic);
      const tile = copied(screen, "template[data-topic]");
      one(tile, "button").dataset.value = topic;
      one(tile, "[data-name]").textContent = topicName(grid);
      none.before(tile);
    }
    markChosen(screen, "topic", this.#choices.topic);
  }

  #showGroups() {
    const screen = this.#show("group", {
      acts: {
        group: (button) => {
          this.#choices.group = button.dataset.value || null;
          if (this.#choices.topic) this.#showGrids();
          else this.#showRoom();
        },
      },
      back: this.#open.length ? () => this.#showTopics() : this.#acts.home,
    });
    markChosen(screen, "group", this.#choices.group);
  }

  #showGrids() {
    const grids = gridsOf(this.#open, this.#choices.topic ?? "");
    const screen = this.#show("grids", {
      facts: { draft: this.#draft(grids) },
      acts: { grid: (button) => this.#choose(button, grids) },
      back: () => this.#showGroups(),
    });
    const place = one(screen, "[data-grids]");
    place.dataset.number = String(grids.length);
    for (const grid of grids) place.append(this.#card(screen, grid));
    openTogether(/** @type {HTMLDetailsElement[]} */ (each(place, "details")), this.#choices.picked.length > 0);
  }

  /** @param {HTMLElement} screen @param {GridEntry} grid @returns {HTMLElement} like every other */
  #card(screen, grid) {
    const card = copied(screen, "template[data-card]");
    one(card, "[data-setting]").textContent = namedBy("tb-settings", { setting: grid.setting });
    one(card, "[data-title]").textContent = familyWords(grid.titles);
    one(card, "[data-act]").dataset.value = grid.public_id;
    const { group } = this.#choices;
    const unfit = one(card, "[data-unfit]");
    unfit.hidden = !group || grid.need_groups.includes(group);
    unfit.textContent = filled(unfit.dataset.pattern ?? "", { group: namedBy("tb-groups", { group: group ?? "" }) });
    const list = one(card, "fieldset");
    for (const option of grid.options) list.append(this.#switch(screen, option));
    card.addEventListener("change", () => (one(card, "[data-need]").hidden = true));
    return card;
  }

  /** @param {HTMLElement} screen @param {{id: string, names: Record<string, string>}} option */
  #switch(screen, option) {
    const label = copied(screen, "template[data-option]");
    const input = /** @type {HTMLInputElement} */ (label.querySelector("input"));
    input.value = option.id;
    input.checked = this.#choices.picked.includes(option.id);
    one(label, "[data-name]").textContent = familyWords(option.names);
    return label;
  }

  /** @param {HTMLElement} button @param {GridEntry[]} grids */
  #choose(button, grids) {
    const grid = grids.find(({ public_id }) => public_id === button.dataset.value) ?? null;
    const card = button.closest(".tb-card");
    const picked = card ? ticked(/** @type {HTMLElement} */ (card), "pick") : [];
    if (card && !picksFit(picked)) {
      one(card, "[data-need]").hidden = false;
      return;
    }
    this.#choices.grid = grid;
    this.#choices.picked = picked;
    this.#showRoom();
  }

  #showRoom() {
    const { practitioners } = this.#config;
    const screen = this.#show("room", {
      facts: { practitioners: practitioners.length ? "some" : "none" },
      acts: { "hand-over": (button) => this.#handOver(screen, button.dataset.value ?? "") },
      back: () => {
        this.#read(screen);
        if (this.#choices.topic) this.#showGrids();
        else this.#showGroups();
      },
    });
    this.#restore(screen);
    const marks = one(screen, "[data-marks]");
    for (const { id, mark } of this.#lastFirst(practitioners)) {
      const button = copied(screen, "template[data-mark]");
      button.dataset.value = id;
      button.dataset.last = String(id === this.#lastPractitioner);
      button.textContent = mark;
      marks.append(button);
    }
    const code = /** @type {HTMLInputElement} */ (one(screen, "[name=code]"));
    code.addEventListener("input", () => this.#checkCode(screen));
  }

  /** @param {{id: string, mark: string}[]} practitioners */
  #lastFirst(practitioners) {
    const isLast = (/** @type {{id: string}} */ { id }) => Number(id === this.#lastPractitioner);
    return [...practitioners].sort((a, b) => isLast(b) - isLast(a));
  }

  /** @param {HTMLElement} screen @param {string} practitioner */
  #handOver(screen, practitioner) {
    this.#read(screen);
    const nobody = this.#choices.people.length === 0 && this.#choices.mode !== "panel";
    const need = one(screen, "[data-need-people]");
    need.hidden = !nobody;
    if (nobody || !this.#checkCode(screen)) {
      if (!nobody) one(screen, "[name=code]").focus();
      return;
    }
    this.#acts.handOver({ ...this.#choices, practitioner });
    this.#choices = usualChoices();
  }

  /** @param {HTMLElement} screen @returns {boolean} whether the code may be kept */
  #checkCode(screen) {
    const typed = codeOf(screen);
    const fault = typed === "" ? null : faultOfCode(typed);
    const box = one(screen, "[data-code-fault]");
    box.hidden = fault === null;
    for (const line of each(box, "[data-fault]")) line.hidden = line.dataset.fault !== fault;
    return fault === null;
  }

  /** @param {HTMLElement} screen what is ticked there now */
  #read(screen) {
    const language = /** @type {HTMLSelectElement} */ (one(screen, "[name=language]"));
    Object.assign(this.#choices, {
      people: ticked(screen, "people"),
      ageBand: ticked(screen, "age")[0] ?? null,
      type: ticked(screen, "type")[0],
      mode: ticked(screen, "mode")[0],
      interpreter: ticked(screen, "interpreter")[0],
      language: language.value,
      studyCode: codeOf(screen) || null,
    });
  }

  /** @param {HTMLElement} screen what was ticked before somebody went back */
  #restore(screen) {
    const { people, ageBand, type, mode, interpreter, language, studyCode } = this.#choices;
    const chosen = [...people, ageBand, type, mode, interpreter];
    for (const input of each(screen, "fieldset input")) {
      const box = /** @type {HTMLInputElement} */ (input);
      box.checked = chosen.includes(box.value);
    }
    /** @type {HTMLSelectElement} */ (one(screen, "[name=language]")).value = language;
    /** @type {HTMLInputElement} */ (one(screen, "[name=code]")).value = studyCode ?? "";
  }

  /** @param {GridEntry[]} grids @returns {string} */
  #draft(grids) {
    return grids.some((grid) => grid.draft) ? "yes" : "no";
  }
}

/**
 * What is open in one card is open in the others: neither grid may look fuller.
 *
 * @param {HTMLDetailsElement[]} parts
 * @param {boolean} isOpen
 */
function openTogether(parts, isOpen) {
  for (const part of parts) {
    part.open = isOpen;
    part.addEventListener("toggle", () => {
      for (const other of parts) other.open = part.open;
    });
  }
}

/** @param {HTMLElement} within @param {string} name @returns {string[]} */
function ticked(within, name) {
  const found = /** @type {HTMLInputElement[]} */ (each(within, `input[name="${name}"]:checked`));
  return found.map((input) => input.value);
}

/** @param {HTMLElement} screen @returns {string} */
function codeOf(screen) {
  return /** @type {HTMLInputElement} */ (one(screen, "[name=code]")).value.trim().toUpperCase();
}

/** @param {HTMLElement} screen @param {string} act @param {string | null} value */
function markChosen(screen, act, value) {
  for (const tile of each(screen, `[data-act="${act}"]`)) {
    if (value !== null && tile.dataset.value === value) tile.setAttribute("aria-current", "true");
  }
}
