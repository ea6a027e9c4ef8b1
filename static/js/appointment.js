/**
 * The entry of /appointment: begins the hand-over, asks the server for the plan, and lets it run.
 *
 * On an enrolled tablet the answers go to the tablet's queue, under its own credential, and wait
 * there for as long as it takes. Elsewhere they are in this page's memory alone.
 *
 * @module appointment
 */

import { askReturn } from "./appointment-lock.js";
import { Appointment } from "./appointment-run.js";
import { Stage, one } from "./appointment-screen.js";
import { Outbox } from "./outbox.js";

const stage = new Stage(one(document, "[data-app]"));

/** @returns {Promise<void>} */
async function open() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    stage.show("insecure");
    return;
  }
  // What staff pages left in this tab (a path) goes.
  globalThis.sessionStorage.clear();
  stage.show("loading");
  const outbox = await queueOfThisTablet();
  const lock = { ask: askReturn, onReturn: (/** @type {string} */ next) => location.replace(next) };
  await begin(new Appointment({ stage, lock, shelf: outbox }), outbox);
}

/**
 * @param {Appointment} appointment
 * @param {Outbox | null} outbox
 * @returns {Promise<void>}
 */
async function begin(appointment, outbox) {
  stage.show("loading");
  const answer = await askBegin();
  if ("plan" in answer) {
    const seat = await outbox?.seat().catch(() => null);
    await appointment.start(seat ? { ...answer.plan, device: seat.tablet.id } : answer.plan);
  } else if (answer.why === "reloaded" || answer.why === "none") {
    appointment.lock(answer.why);
  } else {
    const again = () => void begin(appointment, outbox);
    stage.show("cannot-start", { facts: { why: answer.why }, acts: { again } });
  }
}

/**
 * A tablet that cannot store just now is a browser like others here: the service is at hand, so
 * the answers go straight to it, and nothing is called saved before its receipt.
 *
 * @returns {Promise<Outbox | null>}
 */
async function queueOfThisTablet() {
  const outbox = await Outbox.ofThisTablet().catch(() => null);
  return outbox && (await outbox.check()) === null ? outbox : null;
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

void open();
