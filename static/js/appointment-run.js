/**
 * Runs one appointment in this document: from a plan, through every turn, to the locked tablet and
 * the PIN. Where the plan comes from and how a PIN is checked are given from outside, so that the
 * same run serves the page of the server's hand-over and a tablet without a network.
 *
 * Answers live in this page's memory alone; what leaves it is sealed.
 *
 * @module appointment-run
 */

import { Alone } from "./appointment-alone.js";
import { Counts } from "./appointment-counts.js";
import { Cover } from "./appointment-cover.js";
import { Grids } from "./appointment-grid.js";
import { Idle } from "./appointment-idle.js";
import { Keeper } from "./appointment-keeper.js";
import { PinPad } from "./appointment-lock.js";
import { Room } from "./appointment-room.js";
import { Stage, each, filled, one, wordsOf } from "./appointment-screen.js";
import { MemoryShelf } from "./appointment-shelf.js";
import { rescueFile } from "./outbox-rescue.js";
import { leavePaper } from "./print-ticket.js";
import { Sender } from "./sender.js";

/** @typedef {import("./appointment-shelf.js").Shelf} Shelf */

/** @typedef {"finished" | "idle" | "interrupted" | "reloaded" | "none"} WhyLocked */

/**
 * How a locked tablet is opened: `ask` checks a PIN; `onReturn` is called with the `next` of its
 * answer once it was right and nothing would be lost, or staff said that it may be. `pin` says in
 * words whose it is: the practitioner's own, or the tablet's.
 *
 * @typedef {{ask: (pin: string) => Promise<import("./appointment-lock.js").PinAnswer>,
 *   onReturn: (next: string) => void, pin?: "own" | "tablet"}} Lock
 */

const FONTS = ['400 1em "Atkinson Hyperlegible"', '700 1em "Atkinson Hyperlegible"'];
/** A grid that does not come in this time is left out; a family waits in front of us. */
const GRID_MS = 15_000;
/** How long a browser may take to save a small file that it was given. */
const RESCUE_MS = 60_000;
/** Only a finger and a key say that somebody is there; a scroll may be the page's own. */
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchmove"];

const clock = {
  now: () => Date.now(),
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
  clearTimeout: (/** @type {number} */ timer) => clearTimeout(timer),
};

export class Appointment {
  #stage;
  #lock;
  #help = /** @type {HTMLDialogElement} */ (one(document, "[data-help]"));
  #idle = new Idle({ clock, tell: (happened) => this.#idled(happened) });
  #cover = new Cover({ onBack: () => this.#comeBack(), onStay: () => this.#idle.touch() });
  #alone = new Alone();
  /** @type {WhyLocked} */
  #why = "none";
  #ownShelf;
  #onSending;
  /** @type {Shelf | null} */
  #shelf = null;
  /** @type {Sender | null} */
  #sender = null;
  /** What the service had set aside before this appointment is nobody's concern here. */
  #asideBefore = 0;
  /** @type {Keeper | null} */
  #keeper = null;
  /** @type {Counts | null} what was opened of the grid, as numbers */
  #counts = null;
  /** @type {Room | null} */
  #room = null;
  /** Set once the PIN was right: where to go as soon as nothing would be lost. @type {string | null} */
  #next = null;
  #mayLeave = false;

  /**
   * @param {object} options
   * @param {Lock} options.lock
   * @param {Shelf | null} [options.shelf] the queue of an enrolled tablet, which is sent from as
   *   long as the page is open; without one each plan has its own, in memory
   * @param {Stage} [options.stage] the document's; a document has one
   * @param {(state: import("./sender.js").SenderState) => void} [options.onSending]
   */
  constructor({ lock, shelf = null, stage = new Stage(one(document, "[data-app]")), onSending }) {
    this.#lock = lock;
    this.#stage = stage;
    this.#ownShelf = shelf;
    this.#onSending = onSending ?? (() => {});
    if (shelf) this.#sendFrom(shelf);
    this.#listen();
  }

  /** @returns {Sender | null} the one sender of this page */
  get sender() {
    return this.#sender;
  }

  /** @param {Shelf} shelf */
  #sendFrom(shelf) {
    this.#shelf = shelf;
    const onChange = (/** @type {import("./sender.js").SenderState} */ state) => {
      this.#onSending(state);
      this.#changed();
    };
    this.#sender = new Sender({ shelf, onChange });
  }

  /**
   * Load what the plan needs while staff still hold the tablet, then show the first card. May be
   * called again in the same document once the one before was given back. A tablet that cannot
   * store answers says so instead, and starts nothing.
   *
   * @param {any} plan
   * @returns {Promise<void>} settled when a screen is up
   */
  async start(plan) {
    this.#next = null;
    this.#mayLeave = false;
    this.#alone.tell();
    const why = this.#ownShelf?.check ? await this.#ownShelf.check() : null;
    if (why) {
      const acts = { again: () => void this.start(plan), back: () => this.lock("finished") };
      this.#stage.show("cannot-keep", { facts: { why }, acts });
      return;
    }
    const grids = new Grids(plan.grid?.picked ?? [], plan.local ?? null);
    const late = new Promise((resolve) => setTimeout(() => resolve(false), GRID_MS));
    const [hasGrid] = await Promise.all([
      plan.grid ? Promise.race([grids.load(plan.grid), late]) : true,
      ...FONTS.map((font) => document.fonts.load(font).catch(() => [])),
    ]);
    if (!this.#ownShelf) this.#sendFrom(MemoryShelf.of(plan));
    this.#asideBefore = this.#sender?.state().quarantined ?? 0;
    const shelf = /** @type {Shelf} */ (this.#shelf);
    this.#keeper = new Keeper({ plan, shelf, onChange: () => this.#changed() });
    // A grid that did not load, or one behind a notice, is not counted, whatever the plan says.
    const counts = plan.counts === true && hasGrid === true && grids.mayCount;
    this.#counts = new Counts({ plan: { ...plan, counts }, shelf });
    this.#room = new Room({
      stage: this.#stage,
      plan: hasGrid
        ? { ...plan, feedback: grids.mayWrite ? plan.feedback : 0 }
        : { ...plan, grid: null, grid_missing: true },
      counts: this.#counts,
      keeper: this.#keeper,
      grids,
      idle: this.#idle,
      alone: this.#alone,
      print: (way, document) => this.#print(way, document),
      drawSaving: () => this.#drawSaving(),
      onLock: (why) => this.lock(why),
    });
    this.#room.start();
  }

  /** @returns {number} how many sets would be lost if the page closed now */
  unkept() {
    return this.#keeper?.unkept() ?? 0;
  }

  /**
   * Leave a paper at the print desk, under the credential that answers are sent with.
   *
   * @param {import("./print-ticket.js").Way} way
   * @param {unknown} document
   * @returns {Promise<import("./print-ticket.js").Left>}
   */
  async #print(way, document) {
    const credential = await this.#shelf?.credential().catch(() => null);
    return credential ? leavePaper({ token: credential.token, way, document }) : { why: "refused" };
  }

  /** Show the locked tablet. @param {WhyLocked} why */
  lock(why) {
    this.#why = why;
    this.#counts?.finish();
    this.#cover.stopAsking();
    this.#cover.take(false);
    for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close();
    const facts = { why, pin: this.#lock.pin ?? "own", keeps: this.#keeps() };
    const screen = this.#stage.show("locked", { facts, acts: this.#waitingActs() });
    if (why !== "none") {
      const onReturn = (/** @type {string} */ next) => this.#remind(next);
      new PinPad({ screen, ask: this.#lock.ask, onReturn, onGone: () => this.#signedOut() });
    }
    this.#drawSaving();
  }

  /**
   * What staff meet first, whether or not somebody asked: a person who watches learns nothing.
   *
   * @param {string} next
   */
  #remind(next) {
    const facts = {
      asked: this.#alone.tell() ? "yes" : "no",
      known: this.#why === "reloaded" ? "no" : "yes",
    };
    this.#stage.show("alone", { facts, acts: { on: () => this.#returned(next) } });
  }

  /** The same on a tablet that was loaded again: what somebody asked before that is gone. */
  remindAfterLoad() {
    this.#why = "reloaded";
    this.#remind("");
  }

  /** @param {string} next */
  #returned(next) {
    this.#next = next;
    if (!this.unkept()) {
      this.#leave();
      return;
    }
    this.#stage.show("leave", { acts: { ...this.#waitingActs(), leave: () => this.#leave() } });
    this.#drawSaving();
  }

  #leave() {
    const next = this.#next ?? "/sign-in";
    this.#mayLeave = true;
    if (!this.#ownShelf) {
      this.#sender?.stop();
      this.#sender = this.#shelf = null;
    }
    this.#next = this.#keeper = this.#counts = this.#room = null;
    this.#lock.onReturn(next);
  }

  #waitingActs() {
    return { try: () => this.#sender?.wake(), rescue: () => void this.#offerRescue() };
  }

  /** @returns {"page" | "tablet"} where answers are until the service has them */
  #keeps() {
    return this.#ownShelf ? "tablet" : "page";
  }

  /** Give out what waits as a file: sealed, for any clinic tablet to bring to the service. */
  async #offerRescue() {
    if (!this.#shelf) return;
    const file = rescueFile(await this.#shelf.atHand(), this.#ownShelf?.number ?? null, new Date());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file)], { type: "application/json" }));
    const pattern = one(document, '[data-act="rescue"]').dataset.file ?? "";
    link.download = filled(pattern, { n: file.tablet ?? 0 });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), RESCUE_MS);
  }

  #signedOut() {
    const act = () => this.#returned(this.unkept() ? "/sign-in?next=/appointment" : "/sign-in");
    this.#stage.show("signed-out", { acts: { "sign-in": act } });
    this.#drawSaving();
  }

  #changed() {
    this.#drawSaving();
    if (this.#next !== null && !this.unkept()) this.#leave();
  }

  /** Say on the screen that is up what became of the answers of this appointment. */
  #drawSaving() {
    const line = document.querySelector("[data-saving]");
    const { problem, quarantined } = this.#sender?.state() ?? { problem: null, quarantined: 0 };
    if (!(line instanceof HTMLElement) || !this.#keeper) return;
    const state = this.#saving(this.#keeper);
    const template = /** @type {HTMLTemplateElement} */ (one(document, "#words-saving"));
    const words = state ? wordsOf(template, { state }) : "";
    if (line.textContent !== words) line.textContent = words;
    line.dataset.state = state;
    const isWaiting = state !== "" && state !== "saved" && state !== "sending";
    drawTrouble(isWaiting ? problem : null, quarantined > this.#asideBefore);
    for (const part of each(document, "[data-at-risk]")) part.hidden = state !== "waiting" && state !== "risk";
  }

  /**
   * "Saved" is said of this page's memory only after a receipt; of a tablet's queue as soon as the
   * set is on the disk, `kept`. `risk`: the queue did not take it.
   *
   * @param {Keeper} keeper
   * @returns {"" | "sending" | "saved" | "waiting" | "kept" | "risk"}
   */
  #saving(keeper) {
    const { problem, waiting } = this.#sender?.state() ?? { problem: null, waiting: 0 };
    if (keeper.sealing) return "sending";
    if (!keeper.finished) return "";
    if (keeper.unkept()) return this.#ownShelf ? "risk" : problem ? "waiting" : "sending";
    return waiting ? "kept" : "saved";
  }

  /** @param {"ask" | "stay" | "cover" | "end"} happened */
  #idled(happened) {
    if (happened === "ask") this.#cover.ask();
    if (happened === "stay") this.#cover.stopAsking();
    if (happened === "cover") this.#putCover();
    if (happened === "end") this.#room?.lock("idle");
  }

  #putCover() {
    this.#cover.stopAsking();
    // Between two people there is nothing to cover, and nobody who could come back: only lock later.
    if (this.#room?.move("cover")) this.#cover.put();
  }

  #comeBack() {
    if (!this.#room?.move("hold")) return;
    this.#cover.take();
    this.#idle.uncover();
  }

  /** A page that was put away and comes back belongs to nobody. */
  #lockRestored() {
    void this.#keeper?.finishAll("interrupted");
    this.#room?.lock("interrupted");
  }

  #listen() {
    document.addEventListener("click", (event) => this.#tool(event));
    one(this.#help, "[data-close]").addEventListener("click", () => this.#help.close());
    for (const touch of TOUCHES) {
      document.addEventListener(touch, () => this.#idle.touch(), { passive: true });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#idle.cover();
      else this.#idle.check();
    });
    globalThis.addEventListener("pageshow", (event) => {
      if (event.persisted) this.#lockRestored();
    });
    globalThis.addEventListener("pagehide", () => {
      this.#keeper?.leave();
      this.#counts?.leave();
    });
    globalThis.addEventListener("beforeunload", (event) => {
      if (!this.#mayLeave && (this.unkept() || this.#keeper?.hasOpen())) event.preventDefault();
    });
    // The back button has nowhere to go: one entry of this very page lies under it.
    const here = () => history.pushState(null, "", location.href);
    globalThis.addEventListener("popstate", here);
    document.addEventListener("pointerdown", here, { once: true });
  }

  /** @param {MouseEvent} event */
  #tool(event) {
    const tool = /** @type {Element} */ (event.target).closest("[data-tool]");
    if (!(tool instanceof HTMLElement)) return;
    if (tool.dataset.tool === "help") this.#help.showModal();
    if (tool.dataset.tool === "alone") this.#alone.open();
    if (tool.dataset.tool === "cover") this.#idle.cover();
    if (tool.dataset.tool === "lock") this.#room?.lock("interrupted");
  }
}

/** @param {string | null} problem @param {boolean} someAside */
function drawTrouble(problem, someAside) {
  for (const box of each(document, "[data-waiting-help]")) box.hidden = problem === null;
  for (const line of each(document, "[data-problem]")) line.hidden = line.dataset.problem !== problem;
  for (const line of each(document, "[data-aside]")) line.hidden = !someAside;
}
