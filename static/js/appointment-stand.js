/**
 * How much somebody wants to decide today, and where they stand: no order, no score, no answer set.
 * "Not today" closes the choice and never the numbers to call.
 *
 * @module appointment-stand
 */

import { personOf } from "./appointment-sheet.js";
import { copyOf, each, one } from "./appointment-screen.js";

/** @typedef {import("./appointment-steps.js").Holder} Holder */

/** What somebody says, by the names of the boxes. `much` was asked twice; the later word counts.
 * @typedef {{much: string, ways: string[], states: string[], questions: string[]}} Standing */

const NOT_TODAY = "not-today";

/** @returns {Standing} */
function nothing() {
  return { much: "", ways: [], states: [], questions: [] };
}

/** What each person lets the others see; what they say in their turn goes with the turn. */
export class Stand {
  #now = nothing();
  #person = "";
  /** @type {Map<string, Standing>} */
  #shares = new Map();

  /** @param {Holder} holder */
  beginTurn(holder) {
    this.endTurn();
    this.#person = personOf(holder);
  }

  endTurn() {
    this.#now = nothing();
    this.#person = "";
  }

  forget() {
    this.endTurn();
    this.#shares.clear();
  }

  /** @returns {Standing} of this turn */
  get now() {
    return this.#now;
  }

  /** @param {string} much of the two times asked, the later */
  want(much) {
    this.#now.much = much;
  }

  /** @param {Omit<Standing, "much">} said */
  say({ ways, states, questions }) {
    const isClosed = states.includes(NOT_TODAY);
    this.#now = { much: this.#now.much, ways: isClosed ? [] : ways, states, questions };
  }

  /** @returns {boolean} */
  get isClosed() {
    return this.#now.states.includes(NOT_TODAY);
  }

  /** @param {boolean} isShared */
  settle(isShared) {
    if (isShared) this.#shares.set(this.#person, { ...this.#now });
    else this.#shares.delete(this.#person);
  }

  /** @param {string[]} people in a fixed order @returns {[string, Standing][]} who said something */
  shared(people) {
    return people.flatMap((person) => {
      const said = this.#shares.get(person);
      return said && saysSomething(said) ? [/** @type {[string, Standing]} */ ([person, said])] : [];
    });
  }
}

/** @param {Standing} said */
function saysSomething({ much, ways, states, questions }) {
  return much !== "" || ways.length + states.length + questions.length > 0;
}

/**
 * The question of how much to decide, wherever it stands in a screen; nothing is chosen beforehand.
 *
 * @param {HTMLElement} screen
 * @param {Stand} stand
 */
export function askHowMuch(screen, stand) {
  for (const place of each(screen, "[data-much]")) {
    place.addEventListener("change", (event) => {
      stand.want(/** @type {HTMLInputElement} */ (event.target).value);
    });
  }
}

/**
 * @param {object} options
 * @param {import("./appointment-screen.js").Stage} options.stage
 * @param {Stand} options.stand
 * @param {{id: string, name: string}[]} options.ways in the order of the grid
 * @param {() => void} options.onMenu
 */
export function showStand({ stage, stand, ways, onMenu }) {
  const done = (/** @type {boolean} */ isShared) => {
    stand.settle(isShared);
    if (stand.isClosed) stage.show("tonight", { acts: { on: onMenu } });
    else onMenu();
  };
  const screen = stage.show("stand", {
    facts: { ways: ways.length ? "yes" : "no" },
    acts: { share: () => done(true), keep: () => done(false), back: onMenu },
  });
  const place = screen.querySelector("[data-ways]");
  for (const { id, name } of ways) place?.append(wayBox(id, name));
  setBoxes(screen, stand.now);
  drawClosed(screen, stand.isClosed);
  askHowMuch(screen, stand);
  screen.addEventListener("change", () => {
    stand.say({ ways: ticked(screen, "way"), states: ticked(screen, "state"), questions: ticked(screen, "question") });
    drawClosed(screen, stand.isClosed);
  });
}

/** @param {string} id @param {string} name @returns {HTMLElement} */
function wayBox(id, name) {
  const label = copyOf("stand-way");
  /** @type {HTMLInputElement} */ (one(label, "input")).value = id;
  one(label, "[data-way-name]").textContent = name;
  return label;
}

/** @param {HTMLElement} screen @param {Standing} said */
function setBoxes(screen, said) {
  const values = { much: [said.much], way: said.ways, state: said.states, question: said.questions };
  for (const input of /** @type {HTMLInputElement[]} */ (each(screen, "input"))) {
    input.checked = values[/** @type {keyof typeof values} */ (input.name)]?.includes(input.value) ?? false;
  }
}

/** @param {HTMLElement} screen @param {string} name @returns {string[]} */
function ticked(screen, name) {
  const boxes = /** @type {HTMLInputElement[]} */ (each(screen, `input[name="${name}"]:checked`));
  return boxes.map(({ value }) => value);
}

/** @param {HTMLElement} screen @param {boolean} isClosed */
function drawClosed(screen, isClosed) {
  for (const part of each(screen, "[data-open-choice]")) part.hidden = isClosed;
  for (const part of each(screen, "[data-closed-choice]")) part.hidden = !isClosed;
  if (isClosed) for (const input of each(screen, 'input[name="way"]')) /** @type {HTMLInputElement} */ (input).checked = false;
}

/**
 * "What happens now": what each person put there, by name, and who to call.
 *
 * @param {object} options
 * @param {import("./appointment-screen.js").Stage} options.stage
 * @param {Stand} options.stand
 * @param {string[]} options.people
 * @param {{id: string, name: string}[]} options.ways
 * @param {(person: string) => string} options.nameOf
 * @param {() => void} options.onMenu
 * @param {() => void} options.onWrite somebody wants to write down what was agreed
 */
export function showNow({ stage, stand, people, ways, nameOf, onMenu, onWrite }) {
  const shared = stand.shared(people);
  const facts = { any: shared.length ? "yes" : "no" };
  const screen = stage.show("now", { facts, acts: { back: onMenu, write: onWrite } });
  const place = one(screen, "[data-people]");
  for (const [person, said] of shared) place.append(personPart(nameOf(person), said, ways));
}

/**
 * @param {string} name
 * @param {Standing} said
 * @param {{id: string, name: string}[]} ways
 */
function personPart(name, said, ways) {
  const part = copyOf("now-person");
  one(part, "[data-name]").textContent = name;
  const words = copyOf("stand-words");
  const wordsFor = (/** @type {string} */ kind, /** @type {string} */ id) =>
    one(words, `[data-${kind}="${id}"]`).textContent ?? "";
  fill(part, "much", said.much ? [wordsFor("much", said.much)] : []);
  fill(part, "ways", ways.filter(({ id }) => said.ways.includes(id)).map((way) => way.name));
  fill(part, "states", said.states.map((id) => wordsFor("state", id)));
  fill(part, "questions", said.questions.map((id) => wordsFor("question", id)));
  return part;
}

/** @param {HTMLElement} part @param {string} kind @param {string[]} lines */
function fill(part, kind, lines) {
  const place = one(part, `[data-part="${kind}"]`);
  if (!lines.length) return place.remove();
  const list = one(place, "[data-lines]");
  for (const words of lines) {
    const line = document.createElement("li");
    line.textContent = words;
    list.append(line);
  }
}
