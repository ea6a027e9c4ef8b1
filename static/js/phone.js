/**
 * The entry of /phone: one person answers once, on a device of their own.
 *
 * The token leaves the address bar before anything else happens. Answers are in this page's memory
 * alone until they are sealed, and "saved" is said only after the service's receipt. Nothing is
 * stored, nothing is registered, and a page that was left shows nothing when it comes back.
 *
 * @module phone
 */

import { Questions } from "./appointment-questions.js";
import { Stage, each, one } from "./appointment-screen.js";
import { MemoryShelf } from "./appointment-shelf.js";
import { PhoneKeeper } from "./phone-keeper.js";
import { openLink, tokenIn } from "./phone-link.js";
import { Sender } from "./sender.js";

/** @typedef {import("./phone-link.js").WhyGone} WhyGone */
/** @typedef {import("./sender.js").SenderState} SenderState */

const app = one(document, "[data-app]");

/** Every screen may say which appointment it is about. */
class PhoneStage extends Stage {
  day = "";

  /** @param {string} name @param {Parameters<Stage["show"]>[1]} [what] */
  show(name, what = {}) {
    return super.show(name, { ...what, slots: { day: this.day, ...what.slots } });
  }

  /** Leave nothing on the page. */
  clear() {
    one(app, "[data-stage]").replaceChildren();
  }
}

class Turn {
  #stage;
  #plan;
  #keeper;
  #sender;
  /** @type {string | null} */
  #reason = null;
  /** @type {string[]} */
  #words = [];
  #isOver = false;
  #isSent = false;
  #isAsking = false;

  /** @param {PhoneStage} stage @param {any} plan */
  constructor(stage, plan) {
    const shelf = MemoryShelf.of(plan);
    this.#stage = stage;
    this.#plan = plan;
    const onSealed = (/** @type {string[]} */ words) => (this.#words = words);
    this.#keeper = new PhoneKeeper({ plan, shelf, onSealed });
    this.#sender = new Sender({ shelf, onChange: (state) => this.#changed(state) });
    stage.day = dayOf(plan.encounter.encounter_on);
    this.#open();
  }

  #open() {
    const [respondent] = this.#plan.respondents;
    new Questions({
      stage: this.#stage,
      plan: this.#plan,
      keeper: /** @type {any} */ (this.#keeper), // it has every verb that the questions use
      step: { key: `after.${respondent}`, kind: "questions", occasion: "after", respondent },
      set: null,
      onBegin: () => {},
      onMenu: () => {},
      onDone: (reason) => this.#send(reason),
      onNoAdult: () => this.#comeWithAdult(),
    }).open();
  }

  /** Nothing is sent, so that the link still works. */
  #comeWithAdult() {
    this.#keeper.forget();
    this.#stage.show("no-adult", { acts: { again: () => this.#open() } });
  }

  /** @param {string | null} reason */
  #send(reason) {
    this.#reason = reason;
    this.#isSent = true;
    this.#showSending();
  }

  #showSending() {
    this.#stage.show("sending", { acts: { try: () => this.#sender.wake() } });
    this.#drawSending(this.#sender.state());
  }

  /** @param {SenderState} state */
  #changed(state) {
    if (this.#isOver || !this.#isSent) return;
    if (state.stored || state.quarantined) this.#arrived(state.stored ? "stored" : "aside");
    else if (state.problem === "refused") void this.#askWhy();
    this.#drawSending(state);
  }

  /** A firewall refuses as well; only the service knows that the link is spent or has run out. */
  async #askWhy() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const opened = await openLink(this.#plan.token);
    this.#isAsking = false;
    const why = "gone" in opened ? opened.gone : null;
    // Only these two end it; while links are switched off, what was begun still arrives.
    if (this.#isOver || (why !== "spent" && why !== "expired")) return;
    this.#end();
    this.#stage.show("gone", { facts: { why, when: "sent" } });
  }

  /** @param {SenderState} state */
  #drawSending({ problem }) {
    const line = document.querySelector("[data-saving]");
    if (!(line instanceof HTMLElement)) return;
    const { sending = "", waiting = "" } = line.dataset;
    const words = problem ? waiting : sending;
    if (line.textContent !== words) line.textContent = words;
    line.dataset.state = problem ? "waiting" : "sending";
    one(document, "[data-waiting-help]").hidden = problem === null;
    for (const part of each(document, "[data-problem]")) {
      part.hidden = part.dataset.problem !== problem;
    }
  }

  /** @param {"stored" | "aside"} as */
  #arrived(as) {
    this.#end();
    const facts = { as, reason: this.#reason === null ? "none" : "given" };
    this.#stage.show("done", { facts, slots: { words: this.#words.join(" ") } });
  }

  #end() {
    this.#isOver = true;
    this.#sender.stop();
    this.#keeper.settled();
    this.#plan = { token: "" };
  }

  /** @returns {boolean} whether something finished would be lost if the page closed now */
  get waits() {
    return this.#isSent && !this.#isOver;
  }

  /** The page is being left: what was tapped goes, what was sent gets its last chance. */
  leave() {
    this.#keeper.forget();
    this.#stage.clear();
    if (this.waits) this.#keeper.sendOnTheWayOut();
  }

  /** The page came back with something sealed that has not arrived: go on sending it. */
  comeBack() {
    this.#showSending();
    this.#sender.wake();
  }
}

/** @param {string} on a day, `2026-11-23` @returns {string} */
function dayOf(on) {
  const noon = new Date(`${on}T12:00:00`);
  const parts = /** @type {const} */ ({ weekday: "long", day: "numeric", month: "long" });
  return noon.toLocaleDateString(app.dataset.locale, parts);
}

/** @type {Turn | null} */
let turn = null;
const stage = new PhoneStage(app);

/** Take the token out of the address, also out of this entry of the history. */
function takeToken() {
  const token = tokenIn(location.hash);
  if (location.hash) history.replaceState(null, "", location.pathname);
  return token;
}

/** @param {string | null} token */
async function open(token) {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    stage.show("insecure");
  } else if (token === null) {
    stage.show("no-link");
  } else {
    stage.show("loading");
    const opened = await openLink(token);
    if ("plan" in opened) turn = new Turn(stage, opened.plan);
    else if ("gone" in opened) stage.show("gone", { facts: { why: opened.gone, when: "open" } });
    else {
      const acts = { again: () => void open(token) };
      stage.show("cannot-start", { facts: { why: opened.later }, acts });
    }
  }
}

function isLeft() {
  return document.documentElement.classList.contains("is-left");
}

// Another link was opened in this tab: it is another person's turn, or the same one's next try.
addEventListener("hashchange", () => {
  if (tokenIn(location.hash)) location.reload();
});
addEventListener("beforeunload", (event) => {
  if (turn?.waits && !isLeft()) event.preventDefault();
});
addEventListener("pagehide", () => {
  turn?.leave();
  stage.clear();
});
addEventListener("pageshow", (event) => {
  if (!event.persisted || isLeft()) return;
  if (turn?.waits) turn.comeBack();
  else location.reload();
});
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-to-help]") : null;
  if (!link) return;
  event.preventDefault(); // a fragment would be one more entry in the history
  const title = one(document, "#help-now-title");
  title.tabIndex = -1;
  title.scrollIntoView();
  title.focus({ preventScroll: true });
});

void open(takeToken());
