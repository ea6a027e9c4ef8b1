/**
 * The appointment from "pass it over" to "locked": who holds the tablet, and which screen they see.
 *
 * The moves are those of `appointment-states.js`; this class draws what each state may show. It
 * knows which steps a holder has done, never what they answered.
 *
 * @module appointment-room
 */

import { Matters } from "./appointment-matters.js";
import { MattersScreen, layBeside, rowsOfCards } from "./appointment-matters-screen.js";
import { showFeedback } from "./appointment-feedback.js";
import { Questions } from "./appointment-questions.js";
import { each, filled, fitted, one, wordsOf } from "./appointment-screen.js";
import { Now } from "./appointment-now.js";
import { personOf, showSheet } from "./appointment-sheet.js";
import { Stand, askHowMuch, showStand } from "./appointment-stand.js";
import { START, canMove, makeMove } from "./appointment-states.js";
import { newHolder, nextHolders, secondPlan, stepsOf, voiceOf } from "./appointment-steps.js";
import { resetComfort } from "./comfort.js";
import { fromBase64url } from "./envelope.js";
import { wordsOf as codeWords } from "./withdrawal-code.js";

/** @typedef {import("./appointment-set.js").AnswerSet} AnswerSet */
/** @typedef {import("./appointment-steps.js").Holder} Holder */
/** @typedef {import("./appointment-steps.js").Step} Step */
/** @typedef {import("./appointment-states.js").Move} Move */
/** @typedef {{role: Holder["role"], number: number, again: boolean}} Next */

const TURNS = Object.freeze({
  young_person: "young_person",
  parent: "parent_self",
  together: "together",
});

/** What was shared lives no longer than this, whatever becomes of the appointment. */
const TALK_MS = 90 * 60_000;

export class Room {
  #holding = START;
  #stage;
  #plan;
  #keeper;
  #grids;
  #idle;
  #drawSaving;
  #alone;
  #counts;
  #onLock;
  /** @type {Holder[]} */
  #holders = [];
  /** @type {Holder | null} */
  #holder = null;
  /** @type {Map<string, AnswerSet>} */
  #begun = new Map();
  #kept = 0;
  /** What matters and where each stands: in this page alone, and for as long as this object. */
  #matters = new Matters();
  #stand = new Stand();
  #now;
  #talkUntil = 0;

  /**
   * @param {object} parts
   * @param {import("./appointment-screen.js").Stage} parts.stage
   * @param {any} parts.plan
   * @param {import("./appointment-keeper.js").Keeper} parts.keeper
   * @param {import("./appointment-grid.js").Grids} parts.grids
   * @param {import("./appointment-idle.js").Idle} parts.idle
   * @param {import("./appointment-alone.js").Alone} parts.alone
   * @param {import("./appointment-counts.js").Counts} parts.counts
   * @param {import("./appointment-now.js").Print} parts.print
   * @param {() => void} parts.drawSaving
   * @param {(why: "finished" | "idle" | "interrupted") => void} parts.onLock
   */
  constructor({ stage, plan, keeper, grids, idle, alone, counts, print, drawSaving, onLock }) {
    this.#stage = stage;
    this.#plan = plan;
    this.#keeper = keeper;
    this.#grids = grids;
    this.#idle = idle;
    this.#alone = alone;
    this.#counts = counts;
    this.#drawSaving = drawSaving;
    this.#onLock = onLock;
    this.#now = new Now({ stage, plan, stand: this.#stand, matters: this.#matters, print });
  }

  /** @returns {import("./appointment-states.js").State} */
  get state() {
    return this.#holding.state;
  }

  /** Staff pressed hand-over: from here on there is no way back but the PIN. @param {Next["role"] | null} first */
  start(first = null) {
    if (this.#holding === START) this.#move("hand_over");
    this.#talkUntil ||= Date.now() + TALK_MS;
    const choices = nextHolders(this.#plan, []);
    const who = first ?? choices[0].role;
    const grid = this.#plan.grid_missing ? "missing" : "shown";
    const screen = this.#stage.show("pass", {
      facts: { who, choice: choices.length > 1 ? "yes" : "no", grid },
      acts: {
        have: () => this.#take({ role: who, number: 1, again: false }),
        first: (button) => this.start(/** @type {Next["role"]} */ (button.dataset.value)),
        "back-to-staff": () => this.lock("finished"),
      },
    });
    for (const button of each(screen, "[data-role-choice]")) {
      const role = button.dataset.roleChoice;
      if (role === who || !choices.some((choice) => choice.role === role)) button.remove();
    }
    this.#watch("grid");
  }

  /** @param {"cover" | "idle" | "hold"} move @returns {boolean} whether it was possible */
  move(move) {
    if (!canMove(this.#holding, move)) return false;
    if (move === "cover") this.#grids.cover();
    this.#move(move);
    this.#counts.up(move === "hold" && document.querySelector("[data-grid-place]") !== null);
    return true;
  }

  /** Lock at once; whatever is open is sealed as interrupted. @param {"finished" | "idle" | "interrupted"} why */
  lock(why) {
    if (!canMove(this.#holding, "lock")) return;
    this.#move(why === "idle" && canMove(this.#holding, "time_out") ? "time_out" : "lock");
    this.#idle.watch(0);
    this.#forgetTalk();
    this.#onLock(why);
  }

  /** @param {Next} next */
  #take(next) {
    this.#move("take", TURNS[next.role]);
    const had = this.#holders.find(({ role, number }) => role === next.role && number === next.number);
    this.#holder = had ?? newHolder(next.role, next.number);
    if (!had) this.#holders.push(this.#holder);
    one(document, '[data-tool="cover"]').hidden = false;
    this.#alone.beginTurn(this.#isPrivate());
    this.#matters.beginTurn(personOf(this.#holder));
    this.#stand.beginTurn(this.#holder);
    this.#drawTurn();
    if (had) this.#menu();
    else this.#welcome();
  }

  #drawTurn() {
    const turn = one(document, "[data-turn]");
    const template = /** @type {HTMLTemplateElement} */ (one(document, "[data-bar-top] [data-words]"));
    turn.textContent = wordsOf(template, { ...this.#who(), counts: this.#countsFact() }).trim();
    turn.hidden = false;
  }

  /** @returns {"yes" | "no"} whoever switched it off: for the next person nothing was ever counted */
  #countsFact() {
    return this.#counts.isOn ? "yes" : "no";
  }

  #welcome() {
    const grid = this.#plan.grid ? "yes" : "no";
    const questions = this.#asksQuestions() ? "yes" : "no";
    const facts = { ...this.#who(), grid, questions, counts: this.#countsFact() };
    const stop = () => this.#stopCounting(screen);
    const screen = this.#stage.show("welcome", { facts, acts: { on: () => this.#menu(), "no-counts": stop } });
    this.#watch("private");
  }

  /** One tap, and it is said on the spot. @param {HTMLElement} screen */
  #stopCounting(screen) {
    this.#counts.refuse();
    for (const part of each(screen, "[data-counting]")) part.hidden = true;
    const said = one(screen, "[data-not-counting]");
    said.hidden = false;
    said.focus();
    this.#drawTurn();
  }

  #menu() {
    this.#forgetLate();
    const holder = this.#current();
    const facts = { ...this.#who(), questions: this.#plan.instrument || this.#plan.second ? "yes" : "no" };
    const steps = stepsOf(this.#plan, holder);
    const screen = this.#stage.show("menu", {
      facts,
      acts: {
        open: (button) => {
          const step = steps.find(({ key }) => key === button.dataset.value);
          if (step) this.#open(step);
        },
        finish: () => this.#thanks(),
      },
    });
    for (const line of each(screen, "[data-step]")) {
      const key = line.dataset.step ?? "";
      if (!steps.some((step) => step.key === key)) line.remove();
      else this.#drawStep(screen, line, key);
    }
    for (const group of each(screen, "[data-group]")) {
      if (!group.querySelector("[data-step]")) group.remove();
    }
    this.#watch("private");
  }

  /** @param {HTMLElement} screen @param {HTMLElement} line @param {string} key */
  #drawStep(screen, line, key) {
    const isDone = this.#current().done.has(key) && key !== "grid";
    if (!isDone && !this.#begun.has(key)) return;
    one(line, "[data-step-about]").textContent = one(screen, `[data-word="${isDone ? "done" : "begun"}"]`).textContent;
    /** @type {HTMLButtonElement} */ (one(line, "button")).disabled = isDone;
  }

  /** @param {Step} step */
  #open(step) {
    this.#forgetLate();
    if (step.kind === "grid") this.#showGrid();
    else if (step.kind === "questions") this.#ask(step);
    else if (step.kind === "feedback") this.#write(step);
    else this.#talk(step.kind);
  }

  /** @param {Step} step */
  #write(step) {
    const sent = () => {
      this.#current().done.add(step.key);
      this.#stage.show("feedback-sent", { acts: { on: () => this.#menu() } });
      this.#drawSaving();
    };
    showFeedback({
      stage: this.#stage,
      plan: this.#plan,
      keeper: this.#keeper,
      role: /** @type {"young_person" | "parent"} */ (this.#current().role),
      onMenu: () => this.#menu(),
      onSent: sent,
    });
    this.#watch("private");
  }

  /** @param {"matters" | "stand" | "sheet" | "now"} kind */
  #talk(kind) {
    const onMenu = () => this.#menu();
    const shared = { stage: this.#stage, onMenu };
    const ways = this.#grids.ways(voiceOf(this.#current()));
    const people = this.#holders.filter(({ role }) => role !== "together").map(personOf);
    if (kind === "matters") {
      new MattersScreen({ ...shared, matters: this.#matters, mayWrite: this.#grids.mayWrite }).open();
    } else if (kind === "sheet") showSheet({ ...shared, matters: this.#matters, people });
    else if (kind === "stand") showStand({ ...shared, stand: this.#stand, ways });
    else {
      const voice = voiceOf(this.#current());
      this.#now.open({ people, ways, voice, mayWrite: this.#grids.mayWrite, onMenu });
    }
    this.#watch(kind === "matters" || kind === "stand" ? "private" : "grid");
  }

  #forgetTalk() {
    this.#matters.forget();
    this.#stand.forget();
    this.#now.forget();
  }

  /** An appointment that goes on for longer finds the menu, and nothing of the talk. */
  #forgetLate() {
    if (Date.now() < this.#talkUntil) return;
    const holder = this.#holder;
    this.#forgetTalk();
    this.#talkUntil = Date.now() + TALK_MS;
    if (!holder) return;
    this.#matters.beginTurn(personOf(holder));
    this.#stand.beginTurn(holder);
  }

  #showGrid() {
    const menu = () => {
      this.#grids.leave();
      this.#counts.up(false);
      this.#menu();
    };
    // A grid behind a notice opens with what everybody gets first; the question waits below it.
    const facts = { notice: this.#grids.mayWrite ? "no" : "yes", counts: this.#countsFact() };
    const acts = { menu, "no-counts": () => this.#stopCounting(screen) };
    const screen = this.#stage.show("grid", { facts, acts });
    askHowMuch(screen, this.#stand);
    const place = one(screen, "[data-grid-place]");
    this.#now.watch(place);
    const rows = rowsOfCards(this.#matters.marks());
    const how = { rows, isPrivate: this.#isPrivate(), counts: this.#counts };
    this.#grids.show(place, voiceOf(this.#current()), how);
    if (how.isPrivate && this.#grids.mayWrite) layBeside(screen, this.#matters);
    this.#counts.up(true);
    this.#alone.beginTurn(this.#isPrivate()); // the sheets of the grid have the button too
    place.focus({ preventScroll: true });
    this.#watch("grid");
  }

  /** @param {Step} step */
  #ask(step) {
    const questions = new Questions({
      stage: this.#stage,
      plan: step.second ? secondPlan(this.#plan) : this.#plan,
      keeper: this.#keeper,
      step,
      set: this.#begun.get(step.key) ?? null,
      onBegin: (set) => this.#begun.set(step.key, set),
      onMenu: () => this.#menu(),
      onDone: (reason, salt) => this.#saved(step, reason, salt),
    });
    questions.open();
    this.#watch("private");
  }

  /** @param {Step} step @param {string | null} reason @param {string} salt */
  #saved(step, reason, salt) {
    this.#begun.delete(step.key);
    this.#current().done.add(step.key);
    if (reason === null) this.#kept += 1;
    const facts = { reason: reason === null ? "none" : "given" };
    const words = (/** @type {HTMLElement} */ asked) => void showWords(screen, asked, salt);
    const screen = this.#stage.show("saved", { facts, acts: { on: () => this.#menu(), words } });
    this.#drawSaving();
  }

  #thanks() {
    const screen = this.#stage.show("thanks", {
      facts: this.#who(),
      acts: {
        next: (button) => this.#pass(JSON.parse(button.dataset.value ?? "{}")),
        "back-to-staff": () => this.#giveBack(),
        menu: () => this.#menu(),
      },
    });
    this.#sayKept(one(screen, '[data-slot="kept"]'));
    const list = one(screen, "[data-next]");
    const template = /** @type {HTMLTemplateElement} */ (one(screen, "[data-next-template]"));
    for (const next of this.#others()) list.append(nextLine(template, next));
    this.#drawSaving();
    this.#watch("private");
  }

  /** @param {HTMLElement} line one line, and never which answer */
  #sayKept(line) {
    const { none = "", some = "", more = "" } = line.dataset;
    const pattern = [none, some][this.#kept] ?? more;
    line.textContent = filled(pattern, { n: this.#kept });
  }

  /** @returns {Next[]} everybody but whoever holds it now */
  #others() {
    const { role, number } = this.#current();
    return nextHolders(this.#plan, this.#holders).filter(
      (next) => next.role !== role || next.number !== number,
    );
  }

  /** @param {Next} next */
  #pass(next) {
    this.#move("finish");
    this.#stage.show("between", {
      facts: factsOf(next),
      acts: { have: () => this.#take(next), "back-to-staff": () => this.lock("finished") },
    });
    this.#watch("grid");
  }

  #giveBack() {
    this.#move("finish");
    this.lock("finished");
  }

  /** @param {Move} move @param {import("./appointment-states.js").Turn | null} [turn] */
  #move(move, turn = null) {
    const { holding, effects } = makeMove(this.#holding, move, turn);
    this.#holding = holding;
    if (effects.includes("seal_complete")) void this.#keeper.finishAll("left_early");
    if (effects.includes("seal_interrupted")) void this.#keeper.finishAll("interrupted");
    if (effects.includes("forget_turn")) this.#forget();
  }

  /** Whoever comes next meets a page that knows nothing of the one before. */
  #forget() {
    this.#holder = null;
    this.#kept = 0;
    this.#begun.clear();
    this.#counts.up(false);
    this.#grids.forget();
    this.#alone.endTurn();
    this.#matters.endTurn();
    this.#stand.endTurn();
    resetComfort();
    const turn = one(document, "[data-turn]");
    turn.hidden = true;
    turn.textContent = ""; // it said whose turn it was
    one(document, '[data-tool="cover"]').hidden = true;
  }

  /** @param {"private" | "grid"} kind */
  #watch(kind) {
    this.#idle.watch(this.#plan.idle[kind]);
  }

  #asksQuestions() {
    return stepsOf(this.#plan, this.#current()).some(({ kind }) => kind === "questions");
  }

  #isPrivate() {
    return this.#current().role !== "together";
  }

  #current() {
    if (!this.#holder) throw new Error("nobody holds the tablet");
    return this.#holder;
  }

  #who() {
    return { who: this.#current().role };
  }
}

/**
 * Show the words by which these answers can be taken out. Only for whoever asks: they are in no
 * screen before, and gone with this one.
 *
 * @param {HTMLElement} screen
 * @param {HTMLElement} asked the button
 * @param {string} salt
 */
async function showWords(screen, asked, salt) {
  const words = await codeWords(fromBase64url(salt));
  one(screen, '[data-slot="take-out"]').textContent = words.join(" ");
  one(screen, "[data-take-out]").hidden = false;
  asked.remove();
}

/** @param {Next} next */
function factsOf({ role, number, again }) {
  return { who: role, again: again ? "yes" : "no", first: number === 1 ? "yes" : "no" };
}

/** @param {HTMLTemplateElement} template @param {Next} next @returns {HTMLElement} */
function nextLine(template, next) {
  const line = fitted(/** @type {HTMLElement} */ (template.content.firstElementChild), factsOf(next));
  one(line, "button").dataset.value = JSON.stringify(next);
  return line;
}
