/**
 * Makes this device a clinic tablet: asks the service for a seat, and keeps it with a PIN.
 *
 * The uuid is made here, before the service is asked: asking again with the same one after a lost
 * reply gives the same tablet a fresh credential, and no second tablet. The PIN never leaves.
 *
 * @module tablet-enrol
 */

import { faultOf, makePin } from "./tablet-pin.js";

/** @typedef {{label: string, team: string, number: string, pin: string, pinAgain: string}} Fields */

/** @typedef {"offline" | "signed_out" | "not_allowed" | "in_use" | "revoked" | "too_old" |
 *   "storage" | "server"} Why */

/** @typedef {{tablet: any} | {faults: Record<string, string>} | {why: Why}} Outcome */

const TIMEOUT_MS = 30_000;
const LARGEST_NUMBER = 9_999;

/**
 * @param {Fields} fields
 * @returns {Record<string, string>} the key of what is wrong with each field; none: it may be sent
 */
export function faultsOf({ label, team, number, pin, pinAgain }) {
  /** @type {Record<string, string>} */
  const faults = {};
  if (label.trim() === "") faults.label = "label_odd";
  if (team === "") faults.team = "choose_team";
  if (!isNumber(number.trim())) faults.number = "number_odd";
  const fault = faultOf(pin);
  if (fault) faults.pin = fault === "digits" ? "pin_six_digits" : "pin_too_easy";
  else if (pin !== pinAgain) faults.pin_again = "pin_differs";
  return faults;
}

/** @param {string} typed @returns {boolean} left empty, or a whole number that fits */
function isNumber(typed) {
  return typed === "" || (/^[0-9]{1,4}$/.test(typed) && Number(typed) >= 1 && Number(typed) <= LARGEST_NUMBER);
}

/**
 * @param {object} what
 * @param {string} what.address the uuid is appended
 * @param {string} what.id
 * @param {Fields} what.fields
 * @param {(given: any, more: any) => Promise<unknown>} what.keep settled once the seat is on the
 *   device: what the service gave, and what the tablet adds to it
 * @param {typeof globalThis.fetch} [what.fetch]
 * @param {() => number} [what.now]
 * @param {number} [what.iterations] fewer in tests alone
 * @returns {Promise<Outcome>}
 */
export async function enrol({ address, id, fields, keep, fetch = globalThis.fetch, now = Date.now, iterations }) {
  const faults = faultsOf(fields);
  if (Object.keys(faults).length) return { faults };
  const answered = await ask(address + id, fields, fetch);
  if (!("given" in answered)) return answered;
  try {
    await keep(answered.given, begunWith(await makePin(fields.pin, iterations), now()));
  } catch (error) {
    globalThis.reportError?.(error);
    return { why: "storage" };
  }
  return { tablet: answered.given.tablet };
}

/**
 * @param {string} url
 * @param {Fields} fields
 * @param {typeof globalThis.fetch} fetch
 * @returns {Promise<{given: any} | {faults: Record<string, string>} | {why: Why}>}
 */
async function ask(url, { label, team, number }, fetch) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ label: label.trim(), team, number: number.trim() ? Number(number) : null }),
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    return { why: "offline" };
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && typeof body?.token === "string" && body.tablet) return { given: body };
  if (body?.faults && Object.keys(body.faults).length) return { faults: body.faults };
  return { why: whyOf(answer.status, String(body?.error ?? "")) };
}

/** @param {number} status @param {string} key @returns {Why} */
function whyOf(status, key) {
  if (key.includes("revoked")) return "revoked";
  if (status === 401) return "signed_out";
  if (status === 403) return "not_allowed";
  return status === 409 ? "in_use" : "server";
}

/**
 * What a seat begins with beside what the service gave: no contact yet, so nothing is lent yet.
 *
 * @param {import("./tablet-pin.js").KeptPin} pin
 * @param {number} now
 */
function begunWith(pin, now) {
  return {
    pin,
    config: null,
    config_sha256: null,
    heard_at: null,
    clock_seen: now,
    skew_ms: 0,
    standing: "good",
  };
}
