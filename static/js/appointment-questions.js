/**
 * One private turn with the instrument: one question a screen, nothing chosen beforehand, anything
 * can be changed until it is sent, and leaving something out is an answer like the others.
 *
 * The place is kept in the set, so that somebody can go back to the menu and come again.
 *
 * @module appointment-questions
 */

import { askConsent } from "./appointment-consent.js";
import { each, filled, one } from "./appointment-screen.js";
import { MISSING } from "./appointment-set.js";
import { possibleHelpers } from "./appointment-steps.js";

/** @typedef {import("./appointment-set.js").AnswerSet} AnswerSet */

export class Questions {
  #stage;
  #plan;
  #begin;
  #keeper;
  #onMenu;
  #onDone;
  #onNoAdult;
  #set;
  #occasion;
  #respondent;

  /**
   * @param {object} options
   * @param {import("./appointment-screen.js").Stage} options.stage
   * @param {any} options.plan
   * @param {import("./appointment-keeper.js").Keeper} options.keeper
   * @param {import("./appointment-steps.js").Step} options.step
   * @param {AnswerSet | null} options.set one that was begun and left for the menu
   * @param {(set: AnswerSet) => void} options.onBegin
   * @param {() => void} options.onMenu
   * @param {(reason: string | null, salt: string) => void} options.onDone it is sealed; its salt
   *   gives the words by which it can be taken out again
   * @param {(() => void) | null} [options.onNoAdult] no adult is there to ask, and somebody may
   *   come back with one; without it the set ends here
   */
  constructor({ stage, plan, keeper, step, set, onBegin, onMenu, onDone, onNoAdult = null }) {
    this.#stage = stage;
    this.#plan = plan;
    this.#keeper = keeper;
    this.#occasion = /** @type {AnswerSet["occasion"]} */ (step.occasion);
    this.#respondent = /** @type {AnswerSet["respondent"]} */ (step.respondent);
    this.#set = set;
    this.#begin = onBegin;
    this.#onMenu = onMenu;
    this.#onDone = onDone;
    this.#onNoAdult = onNoAdult;
  }

  /** Go on where it was left, or say first that this is for one person. */
  open() {
    this.#stage.show("private", {
      facts: this.#facts(),
      acts: {
        start: () => this.#agree(),
        reason: (button) => this.#end(button.dataset.value ?? null),
        back: this.#onMenu,
      },
    });
  }

  /** Nothing is asked in a study before whoever has to agree did. */
  #agree() {
    askConsent({
      stage: this.#stage,
      plan: this.#plan,
      set: this.#begun(),
      change: (change) => this.#change(change),
      onAgreed: () => this.#go(this.#begun().place),
      onRefused: () => this.#end("declined"),
      onNobody: () => (this.#onNoAdult ? this.#onNoAdult() : this.#end("declined")),
      onBack: () => this.open(),
    });
  }

  /** @returns {AnswerSet} with its id, number and salt, made before the first question */
  #begun() {
    if (!this.#set || this.#set.sealed) {
      this.#set = this.#keeper.begin(this.#occasion, this.#respondent, this.#plan.instrument);
      this.#begin(this.#set);
    }
    return this.#set;
  }

  /** @returns {(() => void)[]} */
  #screens() {
    const items = this.#form().items.map((/** @type {any} */ item, /** @type {number} */ at) => () =>
      this.#showItem(item, at),
    );
    const last = this.#occasion === "before" ? [() => this.#showLast()] : [];
    return [...last, ...items, () => this.#showSeen(), () => this.#showHelped()];
  }

  /** @param {number} place */
  #go(place) {
    const screens = this.#screens();
    if (place < 0) return this.open();
    if (place >= screens.length) return this.#end(null);
    this.#begun().place = place;
    return screens[place]();
  }

  #back = () => this.#go(this.#begun().place - 1);
  #next = () => this.#go(this.#begun().place + 1);

  /** @param {(set: AnswerSet) => void} change */
  #change(change) {
    const set = this.#begun();
    change(set);
    this.#keeper.touched(set);
  }

  /** @param {string | null} reason */
  #end(reason) {
    const set = this.#begun();
    if (set.sealed) return;
    void this.#keeper.finish(set, "complete", reason);
    this.#set = null;
    this.#onDone(reason, set.salt);
  }

  #showLast() {
    const set = this.#begun();
    const screen = this.#stage.show("last", { acts: { on: this.#next, back: this.#back } });
    check(screen, "referent", [set.referent]);
    check(screen, "weeks", [set.weeksSince]);
    screen.addEventListener("change", (event) => {
      const { name, value } = /** @type {HTMLInputElement} */ (event.target);
      this.#change((to) => (name === "weeks" ? (to.weeksSince = value) : (to.referent = value)));
    });
  }

  /** @param {{id: string, text: string}} item @param {number} at */
  #showItem(item, at) {
    const form = this.#form();
    const { scale } = this.#plan.instrument;
    const screen = this.#stage.show("question", {
      facts: this.#facts(),
      slots: {
        statement: this.#occasion === "before" ? form.statement_before : form.statement,
        question: item.text,
        low: scale.min_label,
        high: scale.max_label,
        attribution: this.#plan.instrument.attribution,
      },
      acts: {
        on: () => this.#onward(screen, item.id),
        back: this.#back,
        skip: (button) => openSkips(screen, button),
        "skip-as": (button) => {
          const code = MISSING[/** @type {"skipped"} */ (button.dataset.value)];
          this.#change((set) => set.items.set(item.id, code));
          this.#next();
        },
        stop: () => this.#end("declined"),
      },
    });
    const progress = one(screen, '[data-slot="progress"]');
    progress.textContent = filled(progress.dataset.pattern ?? "", { n: at + 1, all: form.items.length });
    for (const part of each(screen, "[data-instrument]")) part.lang = this.#plan.instrument.language;
    this.#drawScale(screen, item.id);
  }

  /** @param {HTMLElement} screen @param {string} itemId */
  #drawScale(screen, itemId) {
    const { scale } = this.#plan.instrument;
    const chosen = this.#begun().items.get(itemId);
    const row = one(screen, "[data-scale-row]");
    row.dataset.labelled = String(scale.labels !== null);
    row.dataset.two = String(scale.labels?.length === 2);
    one(screen, ".ap-scale__ends").hidden = scale.labels !== null;
    for (let value = scale.min; value <= scale.max; value += 1) {
      row.append(scaleButton(scale, value, value === chosen, this.#plan.instrument.language));
    }
    for (const skip of each(screen, '[data-act="skip-as"]')) {
      const code = MISSING[/** @type {"skipped"} */ (skip.dataset.value)];
      skip.setAttribute("aria-pressed", String(code === chosen));
      if (code === chosen) openSkips(screen, one(screen, '[data-act="skip"]'));
    }
    row.addEventListener("change", (event) => {
      const { value } = /** @type {HTMLInputElement} */ (event.target);
      one(screen, "[data-need]").hidden = true;
      for (const skip of each(screen, '[data-act="skip-as"]')) skip.setAttribute("aria-pressed", "false");
      this.#change((set) => set.items.set(itemId, Number(value)));
    });
  }

  /** @param {HTMLElement} screen @param {string} itemId */
  #onward(screen, itemId) {
    if (this.#begun().items.has(itemId)) this.#next();
    else one(screen, "[data-need]").hidden = false;
  }

  #showSeen() {
    const { seenByOthers } = this.#begun();
    const screen = this.#stage.show("seen", {
      acts: {
        pick: (button) => {
          this.#change((set) => (set.seenByOthers = button.dataset.value || null));
          this.#next();
        },
        back: this.#back,
      },
    });
    for (const button of each(screen, "[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.dataset.value === seenByOthers));
    }
  }

  #showHelped() {
    const facts = this.#facts();
    const screen = this.#stage.show("helped", { facts, acts: { on: this.#next, back: this.#back } });
    const possible = possibleHelpers(this.#plan, this.#respondent);
    for (const label of each(screen, "[data-helper]")) {
      if (!possible.includes(label.dataset.helper ?? "")) label.remove();
    }
    check(screen, "helper", this.#begun().helpedBy);
    screen.addEventListener("change", () => {
      const ticked = /** @type {HTMLInputElement[]} */ (each(screen, "input:checked"));
      this.#change((set) => (set.helpedBy = ticked.map((input) => input.value)));
    });
  }

  #form() {
    return this.#plan.instrument.forms[this.#respondent];
  }

  #facts() {
    const practice = this.#plan.instrument.is_practice ? "yes" : "no";
    return { occasion: this.#occasion, as: this.#respondent, practice };
  }
}

/** @param {HTMLElement} screen @param {HTMLElement} button */
function openSkips(screen, button) {
  const reasons = one(screen, "#skip-reasons");
  reasons.hidden = !reasons.hidden;
  button.setAttribute("aria-expanded", String(!reasons.hidden));
}

/** @param {HTMLElement} screen @param {string} name @param {(string | null)[]} values */
function check(screen, name, values) {
  for (const input of each(screen, `input[name="${name}"]`)) {
    /** @type {HTMLInputElement} */ (input).checked = values.includes(
      /** @type {HTMLInputElement} */ (input).value,
    );
  }
}

/**
 * @param {any} scale
 * @param {number} value
 * @param {boolean} checked
 * @param {string} language
 */
function scaleButton(scale, value, checked, language) {
  const label = document.createElement("label");
  label.className = "ap-value";
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "value", value: String(value), checked });
  const face = document.createElement("span");
  face.className = "ap-value__face";
  const number = document.createElement("span");
  number.className = "ap-value__number";
  number.textContent = String(value);
  face.append(number);
  const end = { [scale.min]: scale.min_label, [scale.max]: scale.max_label };
  const words = scale.labels ? scale.labels[value - scale.min] : end[value];
  if (words) {
    const said = document.createElement("span");
    said.className = scale.labels ? "ap-value__label" : "nhsuk-u-visually-hidden";
    said.lang = language;
    said.textContent = ` ${words}`;
    face.append(said);
  }
  label.append(input, face);
  return label;
}
