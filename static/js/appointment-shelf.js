/**
 * Where sealed answer sets lie until the server has given its receipt, and the shelf of a browser
 * that is no clinic tablet: this page's memory alone.
 *
 * A shelf holds what nobody here can open. The keeper puts sealed sets on it, the sender takes
 * them from it; `outbox.js` is the shelf that outlives the page.
 *
 * @module appointment-shelf
 */

import { newId, receiptKeyOf, sha256hex } from "./envelope.js";

/** @typedef {import("./envelope.js").Bytes} Bytes */
/** @typedef {import("./envelope.js").Receipt} Receipt */
/** @typedef {import("./sender.js").Problem} Problem */

/** What lets a device write and check receipts: `device` is the uuid that the receipts name.
 * @typedef {{token: string, device: string, receiptKey: CryptoKey}} Credential */

/**
 * One sealed item. `open`: somebody is in the middle of it. `seq` is 0 for what is no answer set
 * but counts of what was opened: they have no number, and nobody has to wait for them. `key` is unique on the shelf; `id` may
 * be there twice, where a rescue file brought two states of one set. `device` is the one that
 * sealed it. Times are the device's own, and nothing is decided by them.
 *
 * @typedef {{key: string, id: string, device: string, seq: number, bytes: Bytes, digest: string,
 *   state: "open" | "ready", made_at: string, receipt: Receipt | null, receipted_at: string | null,
 *   tries: number, tried_at: number, problem: Problem | null, problem_status: number | null}} Item
 */

/**
 * `open`, `waiting` and `kept` are disjoint: being answered, ready without a receipt, and copies
 * that are kept for a while after it. `at_risk`: in this page's memory alone. All of these are
 * answer sets; `counted` are the counts of what was opened that are ready and have no receipt.
 *
 * @typedef {{open: number, waiting: number, at_risk: number, kept: number, stored: number,
 *   quarantined: number, oldest_waiting_at: string | null, waiting_seqs: number[],
 *   last_seq: number, last_receipt_at: string | null, problem: Problem | null,
 *   problem_status: number | null, counted: number}} Counts
 */

/** `ready`: something new can be sent. `here`: this page did it.
 * @typedef {{ready: boolean, here: boolean}} Change */

/**
 * @typedef {object} Shelf
 * @property {boolean} durable whether it outlives the page
 * @property {string | null} lockName held by the one page that sends; null: nobody else could
 * @property {number} atRisk how many would be lost if the page closed now
 * @property {() => Promise<Credential>} credential
 * @property {(id: string, make: (seq: number) => Promise<Bytes>, areCounts?: boolean) =>
 *   Promise<number>} begin takes, but for counts,
 *   the next number of the device; settles when the set lies on the shelf
 * @property {(id: string, bytes: Bytes) => Promise<boolean>} keep replaces an open set
 * @property {(id: string, bytes: Bytes) => Promise<boolean>} finish makes it ready to be sent;
 *   true once it is certain to outlive the page, or for a shelf that never does
 * @property {(tried: ReadonlyMap<string, number>) => Promise<Item | null>} next what waits and was
 *   tried longest ago, by the sender's own count
 * @property {(key: string, problem: Problem, status: number | null) => Promise<void>} failed
 * @property {(key: string, receipt: Receipt) => Promise<void>} sent
 * @property {() => Promise<void>} tidy looks for what pages left behind
 * @property {() => Promise<Counts>} counts
 * @property {() => Promise<Item[]>} atHand everything for a rescue file
 * @property {(tell: (change: Change) => void) => () => void} watch returns how to stop
 * @property {() => Promise<import("./outbox-store.js").Why | null>} [check] why nothing could be
 *   kept now
 * @property {number | null} [number] of the tablet
 */

/**
 * @param {string} id
 * @param {string} device
 * @param {number} seq
 * @param {Bytes} bytes
 * @returns {Promise<Item>}
 */
export async function newItem(id, device, seq, bytes) {
  return {
    key: id,
    id,
    device,
    seq,
    bytes: bytes.slice(), // what is sent is what was given
    digest: await sha256hex(bytes),
    state: "open",
    made_at: new Date().toISOString(),
    receipt: null,
    receipted_at: null,
    tries: 0,
    tried_at: 0,
    problem: null,
    problem_status: null,
  };
}

/**
 * A second state of a set whose first was made ready already: that one may be on its way, and
 * neither may be forgotten. The server sets one of them aside for a person to look at.
 *
 * @param {Item} item
 * @returns {Item}
 */
export function secondState(item) {
  const afresh = { receipt: null, receipted_at: null, tries: 0, problem: null, problem_status: null };
  return { ...item, ...afresh, key: newId() };
}

/** @param {{seq: number}} item @returns {boolean} whether it is counts of what was opened, no answers */
export function isCounts({ seq }) {
  return seq === 0;
}

/** @param {Item} item @returns {boolean} whether it is to be sent */
export function isWaiting(item) {
  return item.state === "ready" && item.receipt === null;
}

/** @param {Item[]} items @param {number} lastSeq @param {string} [device] @returns {Counts} */
export function countsOf(items, lastSeq, device) {
  const answers = items.filter((item) => !isCounts(item));
  const waiting = answers.filter(isWaiting);
  const open = answers.filter(({ state }) => state === "open");
  const receipts = answers.flatMap(({ receipt }) => receipt ?? []);
  const worst = waiting.reduce(
    (latest, item) => (item.problem && item.tried_at >= (latest?.tried_at ?? 0) ? item : latest),
    /** @type {Item | null} */ (null),
  );
  return {
    open: open.length,
    waiting: waiting.length,
    at_risk: 0,
    kept: receipts.length,
    stored: receipts.filter(({ status }) => status === "stored").length,
    quarantined: receipts.filter(({ status }) => status === "quarantined").length,
    oldest_waiting_at: waiting.map((item) => item.made_at).sort()[0] ?? null,
    waiting_seqs: [...open, ...waiting]
      .filter((item) => device === undefined || item.device === device)
      .map(({ seq }) => seq)
      .sort((a, b) => a - b),
    last_seq: lastSeq,
    last_receipt_at: receipts.map((receipt) => receipt.server_time).sort().at(-1) ?? null,
    problem: worst?.problem ?? null,
    problem_status: worst?.problem_status ?? null,
    counted: items.filter((item) => isCounts(item) && isWaiting(item)).length,
  };
}

/**
 * The one of these that was tried longest ago, so that one that is always refused holds up no
 * other; among those never tried, in the order they are given.
 *
 * @template {string} Key
 * @param {readonly Key[]} keys
 * @param {ReadonlyMap<string, number>} tried
 * @returns {Key | null}
 */
export function longestAgo(keys, tried) {
  const order = (/** @type {Key} */ key) => tried.get(key) ?? 0;
  return keys.length ? keys.reduce((a, b) => (order(b) < order(a) ? b : a)) : null;
}

/** @implements {Shelf} */
export class MemoryShelf {
  durable = false;
  /** @type {string | null} */
  lockName = null;
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** @type {Set<(change: Change) => void>} */
  #watching = new Set();
  #credential;
  #device;
  #nextSeq;

  /**
   * @param {object} what
   * @param {Promise<Credential>} what.credential
   * @param {string} what.device
   * @param {number} what.nextSeq
   */
  constructor({ credential, device, nextSeq }) {
    this.#credential = credential;
    this.#device = device;
    this.#nextSeq = nextSeq;
  }

  /** The shelf of one hand-over. @param {any} plan @returns {MemoryShelf} */
  static of({ token, device, receipt_key: key, next_seq: nextSeq }) {
    const credential = receiptKeyOf(key).then((receiptKey) => ({ token, device, receiptKey }));
    return new MemoryShelf({ credential, device, nextSeq });
  }

  get atRisk() {
    return [...this.#items.values()].filter((item) => isWaiting(item) && !isCounts(item)).length;
  }

  credential() {
    return this.#credential;
  }

  /**
   * @param {string} id
   * @param {(seq: number) => Promise<Bytes>} make
   * @param {boolean} [areCounts]
   * @returns {Promise<number>}
   */
  async begin(id, make, areCounts = false) {
    const seq = areCounts ? 0 : this.#nextSeq;
    if (!areCounts) this.#nextSeq += 1;
    await this.put(await newItem(id, this.#device, seq, await make(seq)));
    return seq;
  }

  /** Take in an item as it is. @param {Item} item */
  async put(item) {
    this.#items.set(item.key, item);
    this.#tell(isWaiting(item));
  }

  /** @param {string} id @param {Bytes} bytes @returns {Promise<boolean>} */
  async keep(id, bytes) {
    const item = this.#items.get(id);
    if (item?.state === "open") await this.#replace(item, bytes);
    return true;
  }

  /** @param {string} id @param {Bytes} bytes @returns {Promise<boolean>} */
  async finish(id, bytes) {
    const begun = this.#items.get(id);
    if (!begun) throw new Error("a set that was never begun");
    const item = begun.state === "open" ? begun : secondState(begun);
    await this.#replace(item, bytes);
    item.state = "ready";
    this.#items.set(item.key, item);
    this.#tell(true);
    return true;
  }

  /** @param {ReadonlyMap<string, number>} tried @returns {Promise<Item | null>} */
  async next(tried) {
    const waiting = [...this.#items.values()].filter(isWaiting).map(({ key }) => key);
    const key = longestAgo(waiting, tried);
    return key === null ? null : (this.#items.get(key) ?? null);
  }

  /** @param {string} key @param {Problem} problem @param {number | null} status */
  async failed(key, problem, status) {
    const item = this.#items.get(key);
    if (!item) return;
    item.tries += 1;
    Object.assign(item, { problem, problem_status: status, tried_at: Date.now() });
    this.#tell(false);
  }

  /** @param {string} key @param {Receipt} receipt */
  async sent(key, receipt) {
    const item = this.#items.get(key);
    if (item) Object.assign(item, { receipt, receipted_at: new Date().toISOString() });
    this.#tell(false);
  }

  async tidy() {}

  async counts() {
    const counts = countsOf([...this.#items.values()], this.#nextSeq - 1);
    return { ...counts, at_risk: counts.waiting };
  }

  async atHand() {
    return [...this.#items.values()].filter(({ receipt }) => receipt === null);
  }

  /** @param {string} key @returns {boolean} */
  has(key) {
    return this.#items.has(key);
  }

  /** @param {string} key */
  forget(key) {
    this.#items.delete(key);
  }

  /** @param {(change: Change) => void} tell @returns {() => void} */
  watch(tell) {
    this.#watching.add(tell);
    return () => this.#watching.delete(tell);
  }

  /** @param {Item} item @param {Bytes} bytes */
  async #replace(item, bytes) {
    item.bytes = bytes.slice();
    item.digest = await sha256hex(item.bytes);
  }

  /** @param {boolean} ready */
  #tell(ready) {
    for (const tell of this.#watching) tell({ ready, here: true });
  }
}
