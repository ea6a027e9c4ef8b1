/**
 * The entry of /tablet: a clinic tablet from the locked screen to the next locked screen, with or
 * without a network. All that it needs is in this document, in its own queue and on its shelf; what
 * is tapped at triage and what is answered lives in memory alone.
 *
 * @module tablet
 */

import { Idle } from "./appointment-idle.js";
import { PinPad } from "./appointment-lock.js";
import { Appointment } from "./appointment-run.js";
import { Stage, each, filled, one } from "./appointment-screen.js";
import { Outbox } from "./outbox.js";
import { isCounts } from "./appointment-shelf.js";
import { NotARescueFile } from "./outbox-rescue.js";
import { Contact } from "./tablet-contact.js";
import { isInstalled, save, storageState } from "./tablet-device.js";
import { Home } from "./tablet-home.js";
import { leaseAt } from "./tablet-lease.js";
import { TabletPin } from "./tablet-pin.js";
import { dayIn, makePlan, offersGrid, settingOn } from "./tablet-plan.js";
import { TabletShelf } from "./tablet-shelf.js";
import { drawWaiting } from "./tablet-status.js";
import { Triage } from "./tablet-triage.js";

/** @typedef {import("./tablet-plan.js").Choices} Choices */

/** Nothing readable is here but what was tapped at triage; that goes soon when nobody taps. */
const STAFF_IDLE_SECONDS = 300;
const SENT_MS = 15_000;
const MINUTE_MS = 60_000;
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchmove"];
const EMPTY_CONFIG = Object.freeze({ calendar: [], instruments: [], grids: [], practitioners: [], mode: "live" });

const clock = {
  now: () => Date.now(),
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
  clearTimeout: (/** @type {number} */ timer) => clearTimeout(timer),
};

class Tablet {
  #stage;
  #outbox;
  /** @type {any} as last read; never changed but through the queue */
  #seat;
  #shelf = new TabletShelf();
  #pin;
  #contact;
  #appointment;
  #home;
  #idle = new Idle({ clock, tell: (happened) => happened === "ask" && this.#lock("idle") });
  /** Nobody has opened it since the page was loaded. */
  #isFresh = true;
  /** Who holds it: nobody before a locked screen, staff, or the appointment's own rules. */
  #where = /** @type {"door" | "staff" | "triage" | "family"} */ ("door");
  /** @type {{id: string, day: string} | null} for this day, while this page lives */
  #last = null;

  /** @param {Stage} stage @param {Outbox} outbox @param {any} seat */
  constructor(stage, outbox, seat) {
    this.#stage = stage;
    this.#outbox = outbox;
    this.#seat = seat;
    this.#pin = new TabletPin({ change: (change) => this.#changePin(change) });
    this.#contact = new Contact({
      store: outbox,
      shelf: this.#shelf,
      about: () => this.#about(),
      onChange: () => void this.#heard(),
    });
    this.#appointment = new Appointment({
      stage,
      shelf: outbox,
      lock: { pin: "tablet", ask: (pin) => this.#askPin(pin), onReturn: () => void this.#enter() },
    });
    this.#home = new Home({
      stage,
      ask: {
        status: () => this.#status(),
        papers: () => this.#shelf.papers(),
        state: () => this.#state(),
      },
      acts: {
        start: () => void this.#begin(),
        lock: () => this.#lock("finished"),
        noStore: (why) => this.#showNoStore(why),
        send: () => this.#send(),
        makeRescue: () => this.#makeRescue(),
        takeRescue: (text) => this.#takeRescue(text),
      },
    });
    this.#listen();
  }

  start() {
    this.#lock("reloaded");
    this.#contact.start();
  }

  // --- locked ------------------------------------------------------------------------------------

  /** @param {string} why */
  #lock(why) {
    this.#where = "door";
    this.#idle.watch(0);
    for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close();
    if (this.#seat.standing !== "good") return this.#showRevoked();
    this.#showLocked(why);
    void this.#note();
  }

  /** @param {string} why */
  #showLocked(why) {
    const screen = this.#stage.show("tb-locked", { facts: { why }, slots: { tablet: this.#name() } });
    void this.#home.drawWaiting();
    void this.#openPad(screen);
  }

  /** A wait that a reload did not end is said before the first digit. @param {HTMLElement} screen */
  async #openPad(screen) {
    const seconds = await this.#pin.rest().catch(() => 0);
    if (!screen.isConnected) return;
    const said = one(screen, "[data-said]");
    if (seconds > 0) {
      said.textContent = filled(one(screen, '[data-word="wait"]').textContent ?? "", { n: seconds });
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      if (!screen.isConnected) return;
      said.textContent = "";
    }
    new PinPad({
      screen,
      ask: (pin) => this.#askPin(pin),
      onReturn: () => this.#opened(),
      onGone: () => {},
    });
  }

  /** A page that was just loaded cannot know whether it died under somebody who asked. */
  #opened() {
    if (!this.#isFresh) return void this.#enter();
    this.#isFresh = false;
    this.#appointment.remindAfterLoad();
  }

  /** @param {string} pin @returns {Promise<import("./appointment-lock.js").PinAnswer>} */
  async #askPin(pin) {
    try {
      return await this.#pin.ask(pin);
    } catch (error) {
      globalThis.reportError?.(error); // the queue does not answer: the PIN cannot be looked up
      return { trouble: "server" };
    }
  }

  #showRevoked() {
    this.#stage.show("tb-revoked", {
      facts: { why: this.#seat.standing },
      slots: { tablet: this.#name() },
      acts: {
        send: () => void this.#send(),
        rescue: () => this.#home.showRescue(() => this.#lock("finished")),
        lock: () => this.#lock("finished"),
      },
    });
    void this.#home.drawWaiting();
  }

  /** The digits were right. */
  async #enter() {
    await this.#read();
    if (this.#seat.standing !== "good") return this.#lock("finished");
    this.#goHome();
  }

  #goHome() {
    this.#where = "staff";
    this.#idle.watch(STAFF_IDLE_SECONDS);
    this.#home.show();
  }

  // --- an appointment ----------------------------------------------------------------------------

  async #begin() {
    const why = await this.#outbox.check();
    if (why) return this.#showNoStore(why);
    await this.#read();
    this.#where = "triage";
    const day = this.#today();
    new Triage({
      stage: this.#stage,
      config: this.#config(),
      lease: this.#lease(),
      when: { day, mode: this.#config().mode },
      name: this.#name(),
      lastPractitioner: this.#last?.day === day ? this.#last.id : null,
      acts: {
        home: () => this.#goHome(),
        lock: () => this.#lock("finished"),
        paper: () => void this.#home.showPapers(),
        reach: () => this.#reach(),
        handOver: (choices) => void this.#handOver(choices),
      },
    }).start();
  }

  /** @param {string} why */
  #showNoStore(why) {
    this.#stage.show("tb-nostore", { facts: { why }, acts: { again: () => void this.#again() } });
  }

  /** As long as nothing can be kept, nobody gets further than this. */
  async #again() {
    const why = await this.#outbox.check();
    if (why) this.#showNoStore(why);
    else this.#goHome();
  }

  /** @returns {Promise<boolean>} whether triage began anew, with the grids open */
  async #reach() {
    const outcome = await this.#contact.now();
    await this.#read();
    if (outcome !== "reached" || this.#where !== "triage") return false;
    await this.#begin();
    return true;
  }

  /** @param {Choices} choices */
  async #handOver(choices) {
    this.#where = "family";
    this.#idle.watch(0);
    this.#last = { id: choices.practitioner, day: this.#today() };
    const { tablet, key } = this.#seat;
    const plan = makePlan({ config: this.#config(), tablet, key, choices, now: this.#serviceNow() });
    this.#stage.show("loading");
    await this.#appointment.start(plan);
  }

  // --- what this tablet is -----------------------------------------------------------------------

  async #read() {
    this.#seat = (await this.#outbox.seat().catch(() => null)) ?? this.#seat;
  }

  /** @param {(kept: import("./tablet-pin.js").KeptPin) => import("./tablet-pin.js").KeptPin} change */
  async #changePin(change) {
    const seat = await this.#outbox.changeSeat((row) => ({ ...row, pin: change(row.pin) }));
    return seat.pin;
  }

  /** Remember the latest time that the clock showed. */
  async #note() {
    const seen = (/** @type {any} */ row) => ({ ...row, clock_seen: Math.max(row.clock_seen, Date.now()) });
    await this.#outbox.changeSeat(seen).catch(() => {});
    await this.#read();
  }

  async #heard() {
    await this.#read();
    const standing = this.#seat.standing === "good";
    const showsRevoked = document.querySelector("[data-screen=tb-revoked]") !== null;
    if (this.#where !== "family" && standing === showsRevoked) this.#lock("finished");
    else this.#home.refresh();
  }

  #config() {
    return this.#seat.config ?? EMPTY_CONFIG;
  }

  /** By the service's clock as far as it is known; a clock that was turned back does not count. */
  #serviceNow() {
    return Math.max(Date.now(), this.#seat.clock_seen) + this.#seat.skew_ms;
  }

  #today() {
    return dayIn(this.#serviceNow(), this.#config().timezone);
  }

  #lease() {
    return leaseAt({ at: this.#seat.heard_at, seen: this.#seat.clock_seen }, Date.now());
  }

  #name() {
    const { number, label } = this.#seat.tablet;
    const template = /** @type {HTMLTemplateElement} */ (one(document, "#tb-name"));
    const words = /** @type {HTMLElement} */ (template.content.firstElementChild);
    return filled(words.dataset.pattern ?? "", { number, label });
  }

  #state() {
    const config = this.#config();
    return {
      name: this.#name(),
      zone: config.timezone,
      setting: offersGrid(settingOn(config, this.#today())) ? /** @type {const} */ ("open") : /** @type {const} */ ("baseline"),
      lease: this.#lease(),
      mayTakeIn: this.#seat.standing === "good",
      config,
    };
  }

  /** @returns {Promise<import("./tablet-status.js").Status>} */
  async #status() {
    const [counts, shelf, releases, storage] = await Promise.all([
      this.#outbox.counts(),
      this.#shelf.state(),
      this.#shelf.releases(),
      storageState(),
    ]);
    const { heard_at: heardAt, skew_ms: skew, contacted_at: contact } = this.#seat;
    const lease = this.#lease();
    const here = (/** @type {any} */ grid) => releases.includes(`${grid.public_id}/${grid.version}`);
    return {
      waiting: counts.waiting + counts.open,
      oldestAt: counts.oldest_waiting_at === null ? null : Date.parse(counts.oldest_waiting_at) + skew,
      kept: counts.kept,
      contactAt: contact === null ? null : Date.parse(contact),
      receiptAt: counts.last_receipt_at === null ? null : Date.parse(counts.last_receipt_at),
      leaseUntil: lease.grids && heardAt !== null ? Date.now() + lease.left + skew : null,
      storage,
      worker: shelf.worker,
      build: shelf.build,
      skewMinutes: heardAt === null ? 0 : Math.round(skew / MINUTE_MS),
      problem: counts.problem,
      releases: this.#config().grids.filter(here).map((/** @type {any} */ grid) => ({ grid, fetchedAt: shelf.checkedAt })),
    };
  }

  async #about() {
    const { build } = await this.#shelf.state();
    return { storage: await storageState(), build, installed: isInstalled() };
  }

  // --- sending, rescue ---------------------------------------------------------------------------

  /** @returns {Promise<boolean>} whether the service was reached */
  async #send() {
    const outcome = await this.#contact.now();
    this.#appointment.sender?.wake();
    const end = Date.now() + SENT_MS;
    for (;;) {
      const { waiting, problem } = await this.#outbox.counts();
      if (waiting === 0 || problem !== null || Date.now() > end) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return outcome === "reached" || outcome === "revoked";
  }

  async #makeRescue() {
    const file = await this.#outbox.rescue();
    const count = file.items.filter((item) => !isCounts(item)).length; // what staff ask about
    if (file.items.length) save(`clinic-tablet-${file.tablet}-${file.made_at.slice(0, 10)}.json`, JSON.stringify(file));
    return { count };
  }

  /** @param {string} text */
  async #takeRescue(text) {
    try {
      return await this.#outbox.import(text);
    } catch (error) {
      if (error instanceof NotARescueFile) return null;
      throw error;
    }
  }

  // --- hands -------------------------------------------------------------------------------------

  #listen() {
    for (const touch of TOUCHES) document.addEventListener(touch, () => this.#idle.touch(), { passive: true });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.#where === "triage") this.#lock("idle");
      else this.#idle.check();
    });
    globalThis.addEventListener("pageshow", (event) => {
      if (event.persisted && this.#where !== "family") this.#lock("reloaded");
    });
    this.#outbox.watch(() => void this.#home.drawWaiting());
  }
}

/** Before there is a tablet nobody else listens to these. */
function helpAlone() {
  const help = /** @type {HTMLDialogElement} */ (one(document, "[data-help]"));
  for (const tool of each(document, "[data-tool=help]")) tool.addEventListener("click", () => help.showModal());
  one(help, "[data-close]").addEventListener("click", () => help.close());
}

/** What staff pages left in this tab: a path. Where storage is blocked there is nothing either. */
function clearTab() {
  try {
    globalThis.sessionStorage.clear();
  } catch {
    // blocked: said on a screen of its own
  }
}

async function begin() {
  const stage = new Stage(one(document, "[data-app]"));
  clearTab();
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    helpAlone();
    stage.show("insecure");
    return;
  }
  stage.show("tb-opening");
  const outbox = await Outbox.ofThisTablet().catch((error) => error);
  if (outbox instanceof Outbox) {
    const seat = await outbox.seat();
    if (seat?.pin) return new Tablet(stage, outbox, seat).start();
  }
  helpAlone();
  if (outbox instanceof Error) {
    const why = /** @type {any} */ (outbox).why ?? "lost";
    stage.show("tb-nostore", { facts: { why }, acts: { again: () => location.reload() } });
  } else stage.show("tb-none");
}

void begin();
