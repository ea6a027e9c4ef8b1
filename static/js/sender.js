/**
 * Sends sealed answer sets until the server has given a receipt for each.
 *
 * A status code is not a receipt: log-in pages of a network answer 200, firewalls answer 403. An
 * item counts as sent only on a receipt that was made with this hand-over's key over the digest
 * of the very bytes that were sent; until then it is sent again, the same bytes, for as long as
 * the page is open. No item is ever dropped. The sender lives in the page, never in a worker.
 *
 * @module sender
 */

import { contentDigest, sha256hex, verifyReceipt } from "./envelope.js";

/** @typedef {import("./envelope.js").Receipt} Receipt */

/**
 * What stands in the way, for the words on the screen:
 * `offline` no answer at all; `network_login` something between answers in the server's place;
 * `refused` the credential, or a firewall; `too_large`; `server` anything else the server said.
 *
 * @typedef {"offline" | "network_login" | "refused" | "too_large" | "server"} Problem
 */

/**
 * @typedef {{waiting: number, stored: number, quarantined: number, problem: Problem | null,
 *   problemStatus: number | null, retryAt: number | null}} SenderState
 */

/**
 * @typedef {{id: string, seq: number, bytes: Uint8Array, receipt: Receipt | null, tries: number,
 *   lastTry: number, problem: Problem | null, problemStatus: number | null}} Item
 */

/** @typedef {{receipt: Receipt} | {problem: Problem, status: number | null, wait: number}} Outcome */

/**
 * @typedef {{now: () => number, setTimeout: (run: () => void, ms: number) => unknown,
 *   clearTimeout: (timer: any) => void}} Clock
 */

const ADDRESS = "/v1/responses/";
const TIMEOUT_MS = 20_000;
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A server may ask for patience, but not for so much that a clinic goes home first. */
const LONGEST_RETRY_AFTER_MS = 600_000;
/** A whole clinic comes online in the same instant; its tablets should not knock in it. */
const ONLINE_SPREAD_MS = 2_000;

/** @type {Clock} */
const realClock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
};

export class Sender {
  /** @type {Item[]} */
  #items = [];
  #sending = false;
  #stopped = false;
  #failures = 0;
  #tries = 0;
  #notBefore = 0;
  /** @type {number | null} */
  #retryAt = null;
  /** @type {unknown} */
  #timer = null;
  #token;
  #receiptKey;
  #device;
  #fetch;
  #clock;
  #random;
  #onChange;
  #window;
  #document;
  #onOnline = () => this.#schedule(this.#random() * ONLINE_SPREAD_MS);
  #onVisible = () => {
    if (this.#document?.visibilityState === "visible") this.#schedule(0);
  };

  /**
   * @param {object} options
   * @param {string} options.token the hand-over token; it writes, and only here
   * @param {string} options.receiptKey hex
   * @param {string} options.device the uuid that the receipts name
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random] from 0 up to 1
   * @param {(state: SenderState) => void} [options.onChange]
   * @param {EventTarget} [options.window] tells `online`
   * @param {EventTarget & {visibilityState: string}} [options.document] tells `visibilitychange`
   */
  constructor({
    token,
    receiptKey,
    device,
    fetch = globalThis.fetch,
    clock = realClock,
    random = Math.random,
    onChange = () => {},
    window = globalThis.window,
    document = globalThis.document,
  }) {
    this.#token = token;
    this.#receiptKey = receiptKey;
    this.#device = device;
    this.#fetch = fetch.bind(globalThis);
    this.#clock = clock;
    this.#random = random;
    this.#onChange = onChange;
    this.#window = window;
    this.#document = document;
    this.#window?.addEventListener("online", this.#onOnline);
    this.#document?.addEventListener("visibilitychange", this.#onVisible);
  }

  /**
   * Take an item in and start to send it. The same bytes a second time (a double tap) are one
   * item; other bytes under the same id are a second one, which the server sets aside.
   *
   * @param {string} id
   * @param {Uint8Array} sealedBytes kept as a copy: what is sent is what was given
   * @param {number} seq
   */
  add(id, sealedBytes, seq) {
    if (this.#items.some((item) => item.id === id && sameBytes(item.bytes, sealedBytes))) return;
    this.#items.push({
      id,
      seq,
      bytes: sealedBytes.slice(),
      receipt: null,
      tries: 0,
      lastTry: 0,
      problem: null,
      problemStatus: null,
    });
    this.#tell();
    this.#schedule(0);
  }

  /** @returns {SenderState} */
  state() {
    const waiting = this.#waiting();
    const worst = waiting.reduce(
      (latest, item) => (item.problem && item.lastTry >= (latest?.lastTry ?? 0) ? item : latest),
      /** @type {Item | null} */ (null),
    );
    const kept = (/** @type {string} */ status) =>
      this.#items.filter((item) => item.receipt?.status === status).length;
    return {
      waiting: waiting.length,
      stored: kept("stored"),
      quarantined: kept("quarantined"),
      problem: worst?.problem ?? null,
      problemStatus: worst?.problemStatus ?? null,
      retryAt: waiting.length ? this.#retryAt : null,
    };
  }

  /** @returns {number} how many items would be lost if the page closed now */
  unsent() {
    return this.#waiting().length;
  }

  /** @returns {Receipt[]} every receipt that was given, in the order the items came in */
  receipts() {
    return this.#items.flatMap((item) => (item.receipt ? [item.receipt] : []));
  }

  /** Try at once, as when somebody taps "try again"; a wait that the server asked for is kept. */
  wake() {
    this.#schedule(0);
  }

  /** Send no more and listen no more; what waits stays in `state()`. */
  stop() {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#window?.removeEventListener("online", this.#onOnline);
    this.#document?.removeEventListener("visibilitychange", this.#onVisible);
  }

  #waiting() {
    return this.#items.filter((item) => item.receipt === null);
  }

  /** @param {number} delay ms; later where the server asked for it */
  #schedule(delay) {
    if (this.#sending || this.#stopped) return; // the running round takes new items along
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    const now = this.#clock.now();
    const wait = Math.max(delay, this.#notBefore - now);
    if (wait <= 0) {
      void this.#sendAll();
      return;
    }
    this.#retryAt = now + wait;
    this.#timer = this.#clock.setTimeout(() => void this.#sendAll(), wait);
    this.#tell();
  }

  /** Send what waits, one at a time, until nothing waits or something stands in the way. */
  async #sendAll() {
    this.#sending = true;
    this.#retryAt = null;
    let wait = 0;
    try {
      for (let item = this.#next(); item && !wait && !this.#stopped; item = this.#next()) {
        wait = this.#record(item, await this.#try(item));
      }
    } finally {
      this.#sending = false;
    }
    if (wait) this.#schedule(wait);
    else this.#tell();
  }

  /** The item tried longest ago, so that one that is always refused holds up no other. */
  #next() {
    const waiting = this.#waiting();
    return waiting.length ? waiting.reduce((a, b) => (b.lastTry < a.lastTry ? b : a)) : null;
  }

  /**
   * @param {Item} item
   * @param {Outcome} outcome
   * @returns {number} ms to wait before the next try, 0 to go on
   */
  #record(item, outcome) {
    if ("receipt" in outcome) {
      item.receipt = outcome.receipt;
      this.#failures = 0;
      this.#tell();
      return 0;
    }
    item.problem = outcome.problem;
    item.problemStatus = outcome.status;
    this.#failures += 1;
    if (outcome.wait) {
      this.#notBefore = this.#clock.now() + outcome.wait + this.#random() * SHORTEST_WAIT_MS;
    }
    return this.#backOff();
  }

  /** Between 1 s and a doubling limit of at most 60 s, anywhere: tablets must not march in step. */
  #backOff() {
    const limit = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.#failures);
    return SHORTEST_WAIT_MS + this.#random() * (limit - SHORTEST_WAIT_MS);
  }

  /** @param {Item} item @returns {Promise<Outcome>} */
  async #try(item) {
    this.#tries += 1;
    item.lastTry = this.#tries;
    item.tries += 1;
    const controller = new AbortController();
    /** @type {unknown} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = this.#clock.setTimeout(() => {
        controller.abort();
        reject(new Error("no answer in time"));
      }, TIMEOUT_MS);
    });
    try {
      return await Promise.race([this.#exchange(item, controller.signal), late]);
    } catch {
      return { problem: "offline", status: null, wait: 0 };
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  /** @param {Item} item @param {AbortSignal} signal @returns {Promise<Outcome>} */
  async #exchange(item, signal) {
    const answer = await this.#fetch(ADDRESS + item.id, {
      method: "PUT",
      headers: {
        Authorization: `Bearer ${this.#token}`,
        "Content-Type": "application/octet-stream",
        "Content-Digest": await contentDigest(item.bytes),
      },
      body: item.bytes,
      cache: "no-store",
      credentials: "omit", // never the staff login, which handing over suspends
      redirect: "manual", // a log-in page would swallow the answers
      referrerPolicy: "no-referrer",
      signal,
    });
    const text = await answer.text();
    const receipt = await this.#ourReceipt(item, text);
    if (receipt) return { receipt };
    return { problem: problemOf(answer), status: answer.status || null, wait: this.#asked(answer) };
  }

  /** @param {Item} item @param {string} text @returns {Promise<Receipt | null>} */
  async #ourReceipt(item, text) {
    /** @type {any} */
    let receipt;
    try {
      receipt = JSON.parse(text);
    } catch {
      return null;
    }
    if (receipt?.id !== item.id || receipt.device !== this.#device) return null;
    if (receipt.digest !== (await sha256hex(item.bytes))) return null;
    return (await verifyReceipt(this.#receiptKey, receipt)) ? receipt : null;
  }

  /** @param {Response} answer @returns {number} ms that Retry-After asks for, 0 for none */
  #asked(answer) {
    const header = answer.headers.get("Retry-After")?.trim() ?? "";
    const ms = /^\d+$/.test(header)
      ? Number(header) * 1_000
      : Date.parse(header) - this.#clock.now();
    return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS) : 0;
  }

  #tell() {
    try {
      this.#onChange(this.state());
    } catch (error) {
      globalThis.reportError?.(error); // a fault of the screen must not stop the sending
    }
  }
}

/** @param {Response} answer one without a receipt of ours @returns {Problem} */
function problemOf(answer) {
  const { status } = answer;
  const elsewhere = answer.type === "opaqueredirect" || (status >= 300 && status < 400);
  if (elsewhere || answer.redirected || status === 511) return "network_login";
  if (status === 401 || status === 403) return "refused";
  if (status === 413) return "too_large";
  const json = (answer.headers.get("Content-Type") ?? "").includes("json");
  return answer.ok && !json ? "network_login" : "server";
}

/** @param {Uint8Array} a @param {Uint8Array} b @returns {boolean} */
function sameBytes(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
