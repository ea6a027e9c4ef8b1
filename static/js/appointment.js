/**
 * The appointment page: begins the hand-over, loads what is needed while staff still hold the
 * tablet, and then needs the network only to send. Answers live in this page's memory alone.
 *
 * @module appointment
 */

import { Cover } from "./appointment-cover.js";
import { Grids } from "./appointment-grid.js";
import { Idle } from "./appointment-idle.js";
import { Keeper } from "./appointment-keeper.js";
import { PinPad, askReturn } from "./appointment-lock.js";
import { Room } from "./appointment-room.js";
import { Stage, each, one, wordsOf } from "./appointment-screen.js";
import { Sender } from "./sender.js";

/** @typedef {"finished" | "idle" | "interrupted" | "reloaded" | "none"} WhyLocked */

const FONTS = ['400 1em "Atkinson Hyperlegible"', '700 1em "Atkinson Hyperlegible"'];
/** A grid that does not come in this time is left out; a family waits in front of us. */
const GRID_MS = 15_000;
/** Only a finger and a key say that somebody is there; a scroll may be the page's own. */
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchmove"];

const clock = {
  now: () => Date.now(),
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
  clearTimeout: (/** @type {number} */ timer) => clearTimeout(timer),
};
const stage = new Stage(one(document, "[data-app]"));
const help = /** @type {HTMLDialogElement} */ (one(document, "[data-help]"));
const idle = new Idle({ clock, tell: idled });
const cover = new Cover({ onBack: comeBack, onStay: () => idle.touch() });

/** @type {Sender | null} */
let sender = null;
/** @type {Keeper | null} */
let keeper = null;
/** @type {Room | null} */
let room = null;
/** Set once the PIN was right: where to go as soon as nothing would be lost. @type {string | null} */
let next = null;
let mayLeave = false;

/** @returns {Promise<void>} */
async function begin() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    stage.show("insecure");
    return;
  }
  // Nothing is ever stored here; what staff pages left in this tab (a path) goes as well.
  globalThis.sessionStorage.clear();
  stage.show("loading");
  const answer = await askBegin();
  if ("plan" in answer) await prepare(answer.plan);
  else if (answer.why === "reloaded" || answer.why === "none") lock(answer.why);
  else stage.show("cannot-start", { facts: { why: answer.why }, acts: { again: () => void begin() } });
}

/** @returns {Promise<{plan: any} | {why: "reloaded" | "none" | "offline" | "server"}>} */
async function askBegin() {
  try {
    const answer = await fetch("/v1/handover/begin", {
      method: "POST",
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
    });
    if (answer.ok) return { plan: await answer.json() };
    if (answer.status === 401) return { why: "none" };
    return { why: answer.status < 500 ? "reloaded" : "server" };
  } catch {
    return { why: "offline" };
  }
}

/** @param {any} plan */
async function prepare(plan) {
  const grids = new Grids(plan.grid?.picked ?? []);
  const late = new Promise((resolve) => setTimeout(() => resolve(false), GRID_MS));
  const [hasGrid] = await Promise.all([
    plan.grid ? Promise.race([grids.load(plan.grid), late]) : true,
    ...FONTS.map((font) => document.fonts.load(font).catch(() => [])),
  ]);
  sender = new Sender({
    token: plan.token,
    receiptKey: plan.receipt_key,
    device: plan.device,
    onChange: changed,
  });
  keeper = new Keeper({ plan, sender, onChange: changed });
  const shown = hasGrid ? plan : { ...plan, grid: null, grid_missing: true };
  room = new Room({ stage, plan: shown, keeper, grids, idle, drawSaving, onLock: lock });
  room.start();
}

/** @param {WhyLocked} why */
function lock(why) {
  cover.stopAsking();
  cover.take(false);
  for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close();
  const screen = stage.show("locked", { facts: { why }, acts: { try: () => sender?.wake() } });
  if (why !== "none") new PinPad({ screen, ask: askReturn, onReturn: returned, onGone: signedOut });
  drawSaving();
}

/** @param {string} path */
function returned(path) {
  next = path;
  if (!keeper?.unkept()) {
    leave();
    return;
  }
  stage.show("leave", { acts: { try: () => sender?.wake(), leave } });
  drawSaving();
}

function leave() {
  mayLeave = true;
  sender?.stop();
  location.replace(next ?? "/sign-in");
}

function signedOut() {
  const act = () => (keeper?.unkept() ? returned("/sign-in?next=/appointment") : location.replace("/sign-in"));
  stage.show("signed-out", { acts: { "sign-in": act } });
  drawSaving();
}

function changed() {
  drawSaving();
  if (next !== null && !keeper?.unkept()) leave();
}

/** Say on the screen that is up what became of the answers: "Saved" only after a receipt. */
function drawSaving() {
  const line = document.querySelector("[data-saving]");
  if (!line || !sender || !keeper) return;
  const { problem, stored, quarantined } = sender.state();
  const waiting = keeper.unkept() > 0;
  const state = waiting ? (problem ? "waiting" : "sending") : "saved";
  const template = /** @type {HTMLTemplateElement} */ (one(document, "#words-saving"));
  const words = waiting || stored + quarantined > 0 ? wordsOf(template, { state }) : "";
  if (line.textContent !== words) line.textContent = words;
  /** @type {HTMLElement} */ (line).dataset.state = words ? state : "";
  drawTrouble(waiting ? problem : null, quarantined > 0);
}

/** @param {string | null} problem @param {boolean} someAside */
function drawTrouble(problem, someAside) {
  for (const box of each(document, "[data-waiting-help]")) box.hidden = problem === null;
  for (const line of each(document, "[data-problem]")) line.hidden = line.dataset.problem !== problem;
  for (const line of each(document, "[data-aside]")) line.hidden = !someAside;
}

/** @param {"ask" | "stay" | "cover" | "end"} happened */
function idled(happened) {
  if (happened === "ask") cover.ask();
  if (happened === "stay") cover.stopAsking();
  if (happened === "cover") putCover();
  if (happened === "end") room?.lock("idle");
}

function putCover() {
  cover.stopAsking();
  // Between two people there is nothing to cover, and nobody who could come back: only lock later.
  if (room?.move("cover")) cover.put();
}

function comeBack() {
  if (!room?.move("hold")) return;
  cover.take();
  idle.uncover();
}

/** A page that was put away and comes back belongs to nobody. */
function lockRestored() {
  void keeper?.finishAll("interrupted");
  room?.lock("interrupted");
}

document.addEventListener("click", (event) => {
  const tool = /** @type {Element} */ (event.target).closest("[data-tool]");
  if (tool instanceof HTMLElement && tool.dataset.tool === "help") help.showModal();
  if (tool instanceof HTMLElement && tool.dataset.tool === "cover") idle.cover();
  if (tool instanceof HTMLElement && tool.dataset.tool === "lock") room?.lock("interrupted");
});
one(help, "[data-close]").addEventListener("click", () => help.close());
for (const touch of TOUCHES) document.addEventListener(touch, () => idle.touch(), { passive: true });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") idle.cover();
  else idle.check();
});
globalThis.addEventListener("pageshow", (event) => {
  if (event.persisted) lockRestored();
});
globalThis.addEventListener("pagehide", () => keeper?.leave());
globalThis.addEventListener("beforeunload", (event) => {
  if (!mayLeave && (keeper?.unkept() || keeper?.hasOpen())) event.preventDefault();
});
// The back button has nowhere to go: one entry of this very page lies under it.
globalThis.addEventListener("popstate", () => history.pushState(null, "", location.href));
document.addEventListener("pointerdown", () => history.pushState(null, "", location.href), { once: true });

void begin();
