/**
 * The entry of /appointment: begins the hand-over, asks the server for the plan, and lets it run.
 *
 * @module appointment
 */

import { askReturn } from "./appointment-lock.js";
import { Appointment } from "./appointment-run.js";
import { Stage, one } from "./appointment-screen.js";

const stage = new Stage(one(document, "[data-app]"));
const appointment = new Appointment({
  stage,
  lock: { ask: askReturn, onReturn: (next) => location.replace(next) },
});

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
  if ("plan" in answer) await appointment.start(answer.plan);
  else if (answer.why === "reloaded" || answer.why === "none") appointment.lock(answer.why);
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

void begin();
