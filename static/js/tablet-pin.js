/**
 * The tablet's own PIN: six digits that open this device and nothing else.
 *
 * Whoever takes the tablet away can try all of them at leisure, so nothing readable may stand
 * behind it; the growing wait is against somebody in the room. A try is counted before it is
 * checked: a page that is killed in between has not had one for nothing. The wait is kept with the
 * seat, so a reload does not end it, and is counted anew when the clock was turned back.
 *
 * @module tablet-pin
 */

import { fromHex, toHex } from "./envelope.js";

/** @typedef {{salt: string, iterations: number, hash: string, failures: number,
 *   wait_until: number}} KeptPin salt and hash in hex, `wait_until` ms by the device's clock */

/** @typedef {{next: string} | {wait: number}} PinVerdict */

export const ITERATIONS = 600_000;
const SALT_BYTES = 16;
const FREE = 3;
const FIRST_WAIT_S = 5;
const LONGEST_WAIT_S = 900;
const NEXT = "home";

/**
 * @param {string} pin
 * @param {number} [iterations] fewer in tests alone
 * @returns {Promise<KeptPin>}
 */
export async function makePin(pin, iterations = ITERATIONS) {
  const salt = globalThis.crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await stretched(pin, salt, iterations);
  return { salt: toHex(salt), iterations, hash, failures: 0, wait_until: 0 };
}

/** @param {string} pin @param {Uint8Array} salt @param {number} iterations @returns {Promise<string>} */
async function stretched(pin, salt, iterations) {
  const { subtle } = globalThis.crypto;
  const material = await subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, [
    "deriveBits",
  ]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return toHex(new Uint8Array(await subtle.deriveBits(derivation, material, 256)));
}

/**
 * @param {string} pin
 * @returns {"digits" | "easy" | null} what is wrong with it: not six digits, or a row or repeat
 */
export function faultOf(pin) {
  if (!/^[0-9]{6}$/.test(pin)) return "digits";
  const steps = [...pin].slice(1).map((digit, at) => (Number(digit) - Number(pin[at]) + 10) % 10);
  const isRow = steps.every((step) => step === steps[0] && [0, 1, 9].includes(step));
  const isRepeat = pin.slice(0, 3) === pin.slice(3) || /^(..)\1\1$/.test(pin);
  return isRow || isRepeat ? "easy" : null;
}

/** @param {number} failures in a row @returns {number} seconds to wait after them */
export function waitAfter(failures) {
  const beyond = failures - FREE;
  return beyond <= 0 ? 0 : Math.min(FIRST_WAIT_S * 2 ** (beyond - 1), LONGEST_WAIT_S);
}

/**
 * @param {KeptPin} kept
 * @param {number} now
 * @returns {{seconds: number, kept: KeptPin}} what is left of the wait; a clock that was turned
 *   back must neither end a wait nor make it last for days
 */
export function restOf(kept, now) {
  const whole = waitAfter(kept.failures) * 1_000;
  const left = kept.wait_until - now;
  if (left <= whole) return { seconds: Math.max(0, Math.ceil(left / 1_000)), kept };
  return { seconds: whole / 1_000, kept: { ...kept, wait_until: now + whole } };
}

/**
 * Count a try as if it were wrong, unless the wait is not over: then it is not looked at.
 *
 * @param {KeptPin} kept
 * @param {number} now
 * @returns {{wait: number, kept: KeptPin}} `wait` above 0: no try was taken
 */
export function countTry(kept, now) {
  const rest = restOf(kept, now);
  if (rest.seconds > 0) return { wait: rest.seconds, kept: rest.kept };
  const failures = kept.failures + 1;
  return { wait: 0, kept: { ...kept, failures, wait_until: now + waitAfter(failures) * 1_000 } };
}

export class TabletPin {
  #change;
  #now;

  /**
   * @param {object} options
   * @param {(change: (kept: KeptPin) => KeptPin) => Promise<KeptPin>} options.change reads,
   *   changes and writes in one transaction, and gives what it wrote
   * @param {() => number} [options.now]
   */
  constructor({ change, now = () => Date.now() }) {
    this.#change = change;
    this.#now = now;
  }

  /** @returns {Promise<number>} seconds until the next try */
  async rest() {
    const kept = await this.#change((before) => restOf(before, this.#now()).kept);
    return restOf(kept, this.#now()).seconds;
  }

  /** @param {string} pin @returns {Promise<PinVerdict>} */
  async ask(pin) {
    let wait = 0;
    const counted = await this.#change((before) => {
      const tried = countTry(before, this.#now());
      wait = tried.wait;
      return tried.kept;
    });
    if (wait > 0) return { wait };
    const hash = await stretched(pin, fromHex(counted.salt), counted.iterations);
    if (hash !== counted.hash) return { wait: restOf(counted, this.#now()).seconds };
    await this.#change((before) => ({ ...before, failures: 0, wait_until: 0 }));
    return { next: NEXT };
  }
}
