/**
 * Sends sealed answer sets from a shelf until there is a receipt for each.
 *
 * A status code is not a receipt: log-in pages of a network answer 200, firewalls answer 403. An
 * item counts as sent only on a receipt that was made with this device's key over the digest of
 * the very bytes that were sent; until then it is sent again, the same bytes. No item is ever
 * dropped. The sender lives in the page, never in a worker. Of the pages of one device one sends
 * at a time, under a Web Lock, and looks at the shelf only after it has the lock.
 *
 * @module sender
 */

import { contentDigest, sha256hex, verifyReceipt } from "./envelope.js";

/** @typedef {import("./appointment-shelf.js").Change} Change */
/** @typedef {import("./appointment-shelf.js").Credential} Credential */
/** @typedef {import("./appointment-shelf.js").Item} Item */
/** @typedef {import("./appointment-shelf.js").Shelf} Shelf */
/** @typedef {import("./envelope.js").Receipt} Receipt */

/**
 * What stands in the way, for the words on the screen:
 * `offline` no answer at all; `network_login` something between answers in the server's place;
 * `refused` the credential, or a firewall; `too_large`; `server` anything else the server said.
 *
 * @typedef {"offline" | "network_login" | "refused" | "too_large" | "server"} Problem
 */

/**
 * @typedef {{waiting: number, atRisk: number, stored: number, quarantined: number,
 *   problem: Problem | null, problemStatus: number | null, retryAt: number | null}} SenderState
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
/** Another page put something on the shelf and sends it; only if it does not, do we. */
const AFTER_OTHERS_MS = 5_000;
/** Then another page may have its turn, and the lock is let go. */
const LONGEST_ROUND_MS = 45_000;
/** Whoever has the lock for so long was frozen with it. Sending twice does no harm, never does. */
const STUCK_MS = 90_000;

/** @type {Clock} */
const realClock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
};

export class Sender {
  #sending = false;
  #again = false;
  #stopped = false;
  #failures = 0;
  #tries = 0;
  /** @type {Map<string, number>} item to the number of its last try, in this page's count */
  #tried = new Map();
  #notBefore = 0;
  /** @type {number | null} */
  #retryAt = null;
  /** @type {unknown} */
  #timer = null;
  /** @type {import("./appointment-shelf.js").Counts | null} */
  #counts = null;
  #counting = 0;
  #shelf;
  #fetch;
  #clock;
  #random;
  #onChange;
  #window;
  #document;
  #locks;
  #unwatch;
  #onOnline = () => this.#schedule(this.#random() * ONLINE_SPREAD_MS);
  #onVisible = () => {
    if (this.#document?.visibilityState === "visible") this.#schedule(0);
  };

  /**
   * @param {object} options
   * @param {Shelf} options.shelf
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random] from 0 up to 1
   * @param {(state: SenderState) => void} [options.onChange]
   * @param {EventTarget} [options.window] tells `online`
   * @param {EventTarget & {visibilityState: string}} [options.document] tells `visibilitychange`
   * @param {LockManager} [options.locks]
   */
  constructor({
    shelf,
    fetch = globalThis.fetch,
    clock = realClock,
    random = Math.random,
    onChange = () => {},
    window = globalThis.window,
    document = globalThis.document,
    locks = globalThis.navigator?.locks,
  }) {
    this.#shelf = shelf;
    this.#fetch = fetch.bind(globalThis);
    this.#clock = clock;
    this.#random = random;
    this.#onChange = onChange;
    this.#window = window;
    this.#document = document;
    this.#locks = locks;
    this.#window?.addEventListener("online", this.#onOnline);
    this.#document?.addEventListener("visibilitychange", this.#onVisible);
    this.#unwatch = shelf.watch((change) => this.#changed(change));
    this.#schedule(0);
  }

  /** @returns {SenderState} as last counted */
  state() {
    const counts = this.#counts;
    return {
      waiting: counts?.waiting ?? 0,
      atRisk: this.#shelf.atRisk,
      stored: counts?.stored ?? 0,
      quarantined: counts?.quarantined ?? 0,
      problem: counts?.problem ?? null,
      problemStatus: counts?.problem_status ?? null,
      retryAt: counts?.waiting ? this.#retryAt : null,
    };
  }

  /** @returns {number} how much is to be sent, answers or not */
  #left() {
    return (this.#counts?.waiting ?? 0) + (this.#counts?.counted ?? 0);
  }

  /** Try at once, as when somebody taps "try again"; a wait that the server asked for is kept. */
  wake() {
    this.#schedule(0);
  }

  /** Send no more and listen no more; what waits stays on the shelf. */
  stop() {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#unwatch();
    this.#window?.removeEventListener("online", this.#onOnline);
    this.#document?.removeEventListener("visibilitychange", this.#onVisible);
  }

  /** @param {Change} change of the shelf */
  #changed({ ready, here }) {
    void this.#count();
    if (!ready) return;
    if (here) this.#schedule(0);
    else if (this.#timer === null) this.#scheduleAfterOthers();
  }

  #scheduleAfterOthers() {
    this.#schedule(AFTER_OTHERS_MS * (1 + this.#random()));
  }

  /** Count once more for as long as something changed meanwhile, then say so. */
  async #count() {
    this.#counting += 1;
    if (this.#counting > 1) return;
    for (let seen = 0; seen !== this.#counting; ) {
      seen = this.#counting;
      this.#counts = await this.#shelf.counts().catch(() => this.#counts);
    }
    this.#counting = 0;
    this.#tell();
  }

  /** @param {number} delay ms; later where the server asked for it */
  #schedule(delay) {
    if (this.#stopped) return;
    if (this.#sending) {
      this.#again ||= delay === 0; // the running round may have looked already
      return;
    }
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    const now = this.#clock.now();
    const wait = Math.max(delay, this.#notBefore - now);
    if (wait <= 0) {
      void this.#round();
      return;
    }
    this.#retryAt = now + wait;
    this.#timer = this.#clock.setTimeout(() => void this.#round(), wait);
    this.#tell();
  }

  async #round() {
    this.#sending = true;
    this.#again = false;
    this.#timer = this.#retryAt = null;
    let wait = 0;
    try {
      wait = await this.#alone(() => this.#sendAll());
    } catch (error) {
      report(error);
      this.#failures += 1;
      wait = this.#backOff();
    }
    await this.#count();
    this.#sending = false;
    if (this.#again) this.#schedule(0);
    else if (wait) this.#schedule(wait);
    else if (this.#left()) this.#scheduleAfterOthers(); // it came as we were leaving
    else this.#tell();
  }

  /**
   * @param {() => Promise<number>} work
   * @returns {Promise<number>}
   */
  async #alone(work) {
    const name = this.#shelf.lockName;
    if (name === null || !this.#locks) return work();
    let isOurs = false;
    const held = () => {
      isOurs = true;
      return work();
    };
    try {
      return await this.#locks.request(name, { signal: AbortSignal.timeout(STUCK_MS) }, held);
    } catch (error) {
      if (isOurs) throw error;
      return this.#locks.request(name, { steal: true }, work);
    }
  }

  /**
   * Send what waits, one at a time, until nothing waits or something stands in the way.
   *
   * @returns {Promise<number>} ms to wait before the next round, 0 where nothing waits
   */
  async #sendAll() {
    const end = this.#clock.now() + LONGEST_ROUND_MS;
    await this.#shelf.tidy().catch(report);
    let wait = 0;
    while (!wait && !this.#stopped) {
      const item = await this.#shelf.next(this.#tried);
      if (!item) return 0;
      wait = await this.#record(item, await this.#try(item));
      if (this.#clock.now() > end) return wait || SHORTEST_WAIT_MS;
    }
    return wait;
  }

  /**
   * @param {Item} item
   * @param {Outcome} outcome
   * @returns {Promise<number>} ms to wait before the next try, 0 to go on
   */
  async #record(item, outcome) {
    if ("receipt" in outcome) {
      await this.#shelf.sent(item.key, outcome.receipt);
      this.#tried.delete(item.key);
      this.#failures = 0;
      return 0;
    }
    this.#failures += 1;
    if (outcome.wait) {
      this.#notBefore = this.#clock.now() + outcome.wait + this.#random() * SHORTEST_WAIT_MS;
    }
    await this.#shelf.failed(item.key, outcome.problem, outcome.status).catch(report);
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
    this.#tried.set(item.key, this.#tries);
    const credential = await this.#shelf.credential();
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
      return await Promise.race([this.#exchange(item, credential, controller.signal), late]);
    } catch {
      return { problem: "offline", status: null, wait: 0 };
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  /**
   * @param {Item} item
   * @param {Credential} credential
   * @param {AbortSignal} signal
   * @returns {Promise<Outcome>}
   */
  async #exchange(item, credential, signal) {
    const answer = await this.#fetch(ADDRESS + item.id, {
      method: "PUT",
      headers: {
        Authorization: `Bearer ${credential.token}`,
        "Content-Type": "application/octet-stream",
        "Content-Digest": await contentDigest(item.bytes),
      },
      body: item.bytes,
      cache: "no-store",
      credentials: "omit", // never the login of whoever is signed in
      redirect: "manual", // a log-in page would swallow the answers
      referrerPolicy: "no-referrer",
      signal,
    });
    const text = await answer.text();
    const receipt = await ourReceipt(item, credential, text);
    if (receipt) return { receipt };
    return { problem: problemOf(answer), status: answer.status || null, wait: this.#asked(answer) };
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
      report(error); // a fault of the screen must not stop the sending
    }
  }
}

/** What went wrong without being in the way; a shelf that is out of order tells its own story.
 * @param {unknown} error */
function report(error) {
  if (!(error instanceof Error && error.name === "NotKept")) globalThis.reportError?.(error);
}

/**
 * @param {Item} item
 * @param {Credential} credential
 * @param {string} text
 * @returns {Promise<Receipt | null>}
 */
async function ourReceipt(item, { device, receiptKey }, text) {
  /** @type {any} */
  let receipt;
  try {
    receipt = JSON.parse(text);
  } catch {
    return null;
  }
  if (receipt?.id !== item.id || receipt.device !== device) return null;
  if (receipt.digest !== (await sha256hex(item.bytes))) return null;
  return (await verifyReceipt(receiptKey, receipt)) ? receipt : null;
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
