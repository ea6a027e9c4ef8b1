/**
 * Writing down what was agreed, and leaving it at the print desk.
 *
 * @module appointment-agree-screen
 */

import { each, one } from "./appointment-screen.js";

/** @typedef {import("./appointment-agreed.js").Agreed} Agreed */
/** @typedef {import("./print-ticket.js").Left} Left */
/** @typedef {import("./print-ticket.js").Way} Way */
/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

/** How a copy is to be made; beside what was agreed, and gone with it.
 * @typedef {{copy_for: string, ticked: boolean, cover: boolean}} Copy */

export class AgreeScreen {
  #stage;
  #agreed;
  #ways;
  #people;
  #nameOf;
  #present;
  #mayWrite;
  #print;
  #onBack;

  /**
   * @param {object} parts
   * @param {import("./appointment-screen.js").Stage} parts.stage
   * @param {Agreed} parts.agreed
   * @param {{id: string, name: string}[]} parts.ways in the order of the grid
   * @param {string[]} parts.people who had a turn alone
   * @param {(person: string) => string} parts.nameOf
   * @param {string[]} parts.present the roles that were set before the appointment
   * @param {boolean} parts.mayWrite false behind a notice: no own words, and a tick before paper
   * @param {(way: Way, copy: Copy) => Promise<Left>} parts.print
   * @param {() => void} parts.onBack
   */
  constructor({ stage, agreed, ways, people, nameOf, present, mayWrite, print, onBack }) {
    this.#stage = stage;
    this.#agreed = agreed;
    this.#ways = ways;
    this.#people = people;
    this.#nameOf = nameOf;
    this.#present = present;
    this.#mayWrite = mayWrite;
    this.#print = print;
    this.#onBack = onBack;
  }

  open() {
    const notice = this.#mayWrite ? "no" : "yes";
    const screen = this.#stage.show("agree", {
      facts: { ways: this.#ways.length ? "yes" : "no", notice },
      acts: {
        desk: () => void this.#leave(screen, "desk"),
        phone: () => void this.#leave(screen, "phone"),
        back: this.#onBack,
      },
    });
    this.#addBoxes(screen);
    this.#fill(screen);
    drawClosed(screen, this.#agreed.isClosed);
    const keep = () => {
      this.#agreed.write(read(screen));
      drawClosed(screen, this.#agreed.isClosed);
    };
    screen.addEventListener("input", keep);
    screen.addEventListener("change", keep);
  }

  /** @param {HTMLElement} screen */
  #addBoxes(screen) {
    for (const { id, name } of this.#ways) addBox(screen, "chosen", id, name);
    for (const person of [...this.#people, "practitioner.1"]) {
      addBox(screen, "decided_by", person, this.#nameOf(person));
      addBox(screen, "disagreed", person, this.#nameOf(person));
    }
  }

  /** @param {HTMLElement} screen */
  #fill(screen) {
    const known = this.#agreed.fields;
    const isNew = Object.keys(known).length === 0;
    for (const field of fieldsOf(screen)) {
      const values = isNew && field.name === "people_present" ? this.#present : known[field.name];
      if (!values) continue;
      if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
        field.checked = values.includes(field.value);
      } else field.value = values[0] ?? "";
    }
  }

  /** @param {HTMLElement} screen @param {Way} way */
  async #leave(screen, way) {
    this.#agreed.write(read(screen));
    const copy = copyOf(screen);
    if (!this.#mayWrite && !copy.ticked) {
      const line = one(screen, "[data-tick-first]");
      line.hidden = false;
      one(screen, 'input[name="ticked"]').focus();
      return;
    }
    this.#stage.show("printing", { facts: { state: "sending" } });
    const left = await this.#print(way, copy);
    // Somebody locked the tablet meanwhile: what came back belongs to nobody here.
    if (document.querySelector('[data-screen="printing"]')) this.#told(way, copy, left);
  }

  /** @param {Way} way @param {Copy} copy @param {Left} left */
  #told(way, copy, left) {
    const again = async () => {
      this.#stage.show("printing", { facts: { state: "sending" } });
      const next = await this.#print(way, copy);
      if (document.querySelector('[data-screen="printing"]')) this.#told(way, copy, next);
    };
    const acts = { again: () => void again(), back: () => this.open() };
    if ("why" in left) {
      this.#stage.show("printing", { facts: { state: "trouble", why: left.why }, acts });
      return;
    }
    const { code = "", qr, minutes, missing } = left.ticket;
    const facts = { state: way === "desk" ? "code" : "qr", missing: missing ? "yes" : "no" };
    const slots = { code, minutes: String(minutes), missing };
    const screen = this.#stage.show("printing", { facts, slots, acts });
    const picture = screen.querySelector("[data-qr]");
    if (picture && qr) {
      picture.setAttribute("viewBox", `0 0 ${qr.side} ${qr.side}`);
      picture.querySelector("path")?.setAttribute("d", qr.path);
    }
  }
}

/** @param {HTMLElement} screen @returns {Field[]} */
function fieldsOf(screen) {
  return /** @type {Field[]} */ (each(screen, "[data-agreed] input, [data-agreed] select"));
}

/** @param {HTMLElement} screen @returns {Record<string, string[]>} */
function read(screen) {
  /** @type {Record<string, string[]>} */
  const found = {};
  for (const field of fieldsOf(screen)) {
    found[field.name] ??= [];
    const isBox = field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type);
    if (isBox ? field.checked : field.value) found[field.name].push(field.value);
  }
  return found;
}

/** @param {HTMLElement} screen @returns {Copy} */
function copyOf(screen) {
  const chosen = (/** @type {string} */ name) =>
    /** @type {HTMLInputElement | null} */ (screen.querySelector(`input[name="${name}"]:checked`));
  return {
    copy_for: chosen("copy_for")?.value ?? "family",
    ticked: chosen("ticked") !== null,
    cover: chosen("cover") !== null,
  };
}

/** @param {HTMLElement} screen @param {string} name @param {string} value @param {string} words */
function addBox(screen, name, value, words) {
  const place = screen.querySelector(`[data-boxes="${name}"]`);
  if (!place) return;
  const template = /** @type {HTMLTemplateElement} */ (one(document, "#agree-box"));
  const label = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  const input = /** @type {HTMLInputElement} */ (one(label, "input"));
  input.name = name;
  input.value = value;
  one(label, "span").textContent = words;
  place.append(label);
}

/** @param {HTMLElement} screen @param {boolean} isClosed */
function drawClosed(screen, isClosed) {
  for (const part of each(screen, "[data-open-choice]")) part.hidden = isClosed;
}
