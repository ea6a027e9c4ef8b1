/**
 * The queue of a clinic tablet: sealed answer sets, until the server has given its receipt.
 *
 * It belongs to the device, not to whoever is signed in. Nothing on it can be opened here: the
 * tablet has the server's public key alone. Only this module touches the database `grids-outbox`.
 * What the database does not take is kept in this page's memory, and nobody is told that it was
 * saved. docs/protocol.md §5 has a drawing of the states of an item.
 *
 * @module outbox
 */

import { MemoryShelf, countsOf, isCounts, isWaiting, longestAgo, newItem, secondState } from "./appointment-shelf.js";
import { receiptKeyOf, sha256hex } from "./envelope.js";
import { readRescue, rescueFile } from "./outbox-rescue.js";
import { NotKept, SEAT, Store, done } from "./outbox-store.js";

/** @typedef {import("./appointment-shelf.js").Change} Change */
/** @typedef {import("./appointment-shelf.js").Counts} Counts */
/** @typedef {import("./appointment-shelf.js").Credential} Credential */
/** @typedef {import("./appointment-shelf.js").Item} Item */
/** @typedef {import("./appointment-shelf.js").Shelf} Shelf */
/** @typedef {import("./envelope.js").Bytes} Bytes */
/** @typedef {import("./envelope.js").Receipt} Receipt */
/** @typedef {import("./sender.js").Problem} Problem */

/**
 * The one row of what this tablet is. `receipt_key` can check receipts and nothing else, and
 * cannot be read out. Other modules add what they need (PIN, config, clocks) by `changeSeat`.
 *
 * @typedef {{tablet: {id: string, number: number, label: string, team: any}, token: string,
 *   receipt_key: CryptoKey, key: {id: string, public: string}, next_seq: number,
 *   generation: string | null, contacted_at: string | null, [more: string]: any}} Seat
 */

/**
 * The reply to enrolling.
 *
 * @typedef {{tablet: Seat["tablet"], token: string, receipt_key: string, key: Seat["key"],
 *   generation: string}} Enrolment
 */

/**
 * A row of the database: `waiting` is there only while it waits, for the index.
 *
 * @typedef {Item & {waiting?: number}} Row
 */

const CHANNEL = "grids-outbox";
const GRACE_MS = 14 * 24 * 3_600_000;
/** About what one answer set needs, several times over. */
const PROBE_BYTES = 32 * 1024;
const PROBE = "probe";

/** @implements {Shelf} */
export class Outbox {
  durable = true;
  lockName = "grids-sender";
  #store;
  #locks;
  #channel = new BroadcastChannel(CHANNEL);
  /** @type {Set<(change: Change) => void>} */
  #watching = new Set();
  /** @type {MemoryShelf} what the database did not take */
  #spare;
  /** @type {Seat | null} as last seen, should the row be gone */
  #seat = null;
  /** @type {Item[]} as last counted */
  #items = [];
  /** The lowest number that may be given next: one that only memory has was given, too. */
  #floor = 1;
  /** @type {Map<string, Item>} as they were begun by this page */
  #begun = new Map();
  /** @type {Set<string>} open sets in the database of which the server has the whole */
  #stale = new Set();
  /** @type {Set<string>} open sets of other pages, whose end is waited for */
  #awaited = new Set();
  /** @type {Map<string, () => void>} how to let go of the sets that this page answers */
  #held = new Map();

  /** @param {{store?: Store, locks?: LockManager}} [parts] */
  constructor({ store = new Store(), locks = globalThis.navigator?.locks } = {}) {
    this.#store = store;
    this.#locks = locks;
    const credential = /** @type {Promise<Credential>} */ (new Promise(() => {})); // ours is asked
    this.#spare = new MemoryShelf({ credential, device: "", nextSeq: 1 });
    this.#spare.watch(({ ready }) => this.#tell(ready));
    this.#channel.onmessage = ({ data }) => this.#hear({ ready: data?.ready === true, here: false });
  }

  /**
   * The queue of this browser if it is an enrolled tablet.
   *
   * @returns {Promise<Outbox | null>}
   * @throws {NotKept} if the browser does not say
   */
  static async ofThisTablet() {
    const store = new Store();
    if (!(await store.exists())) return null;
    const outbox = new Outbox({ store });
    return (await outbox.seat()) ? outbox : null;
  }

  // --- what this tablet is ----------------------------------------------------------------------

  /** @returns {Promise<Seat | null>} null: not enrolled @throws {NotKept} */
  async seat() {
    const row = await this.#store.read((_, seat) => done(seat.get(SEAT)));
    if (row) this.#seat = row;
    return row ?? null;
  }

  /** @returns {number | null} of the tablet, as last seen */
  get number() {
    return this.#seat?.tablet.number ?? null;
  }

  /**
   * Make this browser a clinic tablet. The same tablet again (the reply was lost) takes the fresh
   * token and goes on counting; what waits of a former tablet goes under the new credential.
   *
   * @param {Enrolment} enrolment
   * @returns {Promise<Seat>}
   * @throws {NotKept}
   */
  async enrol({ tablet, token, receipt_key: hex, key, generation }) {
    const ours = { tablet, token, receipt_key: await receiptKeyOf(hex), key };
    const blank = { next_seq: 1, generation, contacted_at: null };
    const row = await this.#store.write(async (_, seat) => {
      const before = await done(seat.get(SEAT));
      const row = { ...blank, ...(before?.tablet.id === tablet.id ? before : {}), ...ours };
      await done(seat.put(row, SEAT));
      return row;
    });
    this.#seat = row;
    this.#tell(true);
    return row;
  }

  /**
   * Change the row in one transaction. The number that is given next is nobody else's to change.
   *
   * @param {(seat: any) => any} change must be quick and wait for nothing
   * @returns {Promise<Seat>}
   * @throws {NotKept} also where this is no enrolled tablet
   */
  async changeSeat(change) {
    const row = await this.#store.write(async (_, seat) => {
      const before = await this.#rowOfSeat(seat);
      const after = { ...change(before), next_seq: before.next_seq };
      await done(seat.put(after, SEAT));
      return after;
    });
    this.#seat = row;
    return row;
  }

  /** @returns {Promise<Credential>} */
  async credential() {
    const seat = (await this.seat().catch(() => null)) ?? this.#seat;
    if (!seat) throw new NotKept("lost", null);
    return { token: seat.token, device: seat.tablet.id, receiptKey: seat.receipt_key };
  }

  /**
   * Whether a set could be kept now: write as much as one needs, and take it away again.
   *
   * @returns {Promise<import("./outbox-store.js").Why | null>} why not, null for yes
   */
  async check() {
    const probe = globalThis.crypto.getRandomValues(new Uint8Array(PROBE_BYTES));
    try {
      await this.#store.write((_, seat) => done(seat.put(probe, PROBE)));
      await this.#store.write((_, seat) => done(seat.delete(PROBE)));
      return null;
    } catch (error) {
      return error instanceof NotKept ? error.why : "lost";
    }
  }

  // --- putting on --------------------------------------------------------------------------------

  /** How many sets only this page's memory has. */
  get atRisk() {
    return this.#spare.atRisk;
  }

  /**
   * Item and next number in one transaction: whenever the page is killed, there is no number
   * without its set, and no set without its number.
   *
   * @param {string} id
   * @param {(seq: number) => Promise<Bytes>} make
   * @param {boolean} [areCounts]
   * @returns {Promise<number>}
   */
  async begin(id, make, areCounts = false) {
    await this.#hold(id);
    for (;;) {
      const seat = (await this.seat().catch(() => null)) ?? this.#seat;
      if (!seat) throw new NotKept("lost", null);
      const seq = areCounts ? 0 : Math.max(seat.next_seq, this.#floor);
      const item = await newItem(id, seat.tablet.id, seq, await make(seq));
      this.#begun.set(id, item);
      if (await this.#add(item)) return seq;
    }
  }

  /** @param {Item} item @returns {Promise<boolean>} false: another tab was faster with this number */
  async #add(item) {
    const next = item.seq + 1;
    try {
      const isOurs = await this.#store.write(async (items, seat) => {
        const there = await done(items.get(item.key));
        if (there) return true; // it was taken, and only the word of it was lost
        const row = await this.#rowOfSeat(seat);
        if (!isCounts(item) && row.next_seq > item.seq) return false;
        await done(items.add(rowOf(item)));
        await done(seat.put({ ...row, next_seq: Math.max(row.next_seq, next) }, SEAT));
        return true;
      });
      if (!isOurs) return false;
      this.#tell(false);
    } catch (error) {
      if (!(error instanceof NotKept)) throw error;
      await this.#spare.put(item);
    }
    this.#floor = Math.max(this.#floor, next);
    return true;
  }

  /** @param {string} id @param {Bytes} bytes @returns {Promise<boolean>} */
  async keep(id, bytes) {
    const digest = await sha256hex(bytes);
    return this.#orInMemory(id, { bytes, digest }, async (items) => {
      const there = await done(items.get(id));
      if (there?.state === "open") await done(items.put(rowOf({ ...there, bytes, digest })));
    });
  }

  /** @param {string} id @param {Bytes} bytes @returns {Promise<boolean>} */
  async finish(id, bytes) {
    const digest = await sha256hex(bytes);
    const sealed = { bytes, digest, state: /** @type {const} */ ("ready") };
    const isKept = await this.#orInMemory(id, sealed, async (items, seat) => {
      const there = (await done(items.get(id))) ?? this.#begun.get(id);
      if (!there) throw new Error("a set that was never begun");
      if (there.state === "ready" && there.digest === digest) return; // done before
      const target = there.state === "open" ? there : secondState(there);
      await done(items.put(rowOf({ ...target, ...sealed })));
      // Should somebody have wiped the database meanwhile, it is whole again.
      const row = await this.#rowOfSeat(seat);
      await done(seat.put({ ...row, next_seq: Math.max(row.next_seq, there.seq + 1) }, SEAT));
    });
    if (isKept) this.#letGo(id);
    this.#tell(true);
    return isKept;
  }

  /**
   * @param {string} id
   * @param {Partial<Item>} changes what memory keeps if the database does not
   * @param {(items: IDBObjectStore, seat: IDBObjectStore) => Promise<void>} work
   * @returns {Promise<boolean>} whether the database took it
   */
  async #orInMemory(id, changes, work) {
    try {
      await this.#store.write(work);
      this.#spare.forget(id);
      return true;
    } catch (error) {
      const begun = this.#begun.get(id);
      if (!(error instanceof NotKept) || !begun) throw error;
      await this.#spare.put({ ...begun, ...changes });
      return false;
    }
  }

  // --- taking off --------------------------------------------------------------------------------

  /** @param {ReadonlyMap<string, number>} tried @returns {Promise<Item | null>} */
  async next(tried) {
    const spare = await this.#spare.next(tried);
    const keys = await this.#store
      .read((items) => done(items.index("waiting").getAllKeys()))
      .catch(() => []); // what is in memory goes all the same
    const key = longestAgo([...(spare ? [spare.key] : []), ...keys.map(String)], tried);
    if (key === null || key === spare?.key) return spare;
    return (await this.#store.read((items) => done(items.get(key)))) ?? null;
  }

  /** @param {string} key @param {Problem} problem @param {number | null} status */
  async failed(key, problem, status) {
    if (this.#spare.has(key)) return this.#spare.failed(key, problem, status);
    await this.#change(key, (item) => ({
      ...item,
      tries: item.tries + 1,
      tried_at: Date.now(),
      problem,
      problem_status: status,
    }));
    this.#tell(false);
  }

  /** @param {string} key @param {Receipt} receipt checked already */
  async sent(key, receipt) {
    const receipted = { receipt, receipted_at: new Date().toISOString(), problem: null };
    const erased = receipt.status === "erased";
    if (this.#spare.has(key)) {
      this.#spare.forget(key);
      this.#stale.add(key);
      await this.#sweep();
    } else {
      await this.#change(key, (item) => (erased ? null : { ...item, ...receipted }));
    }
    this.#tell(false);
  }

  /** Part-answers of sets that went from memory as a whole. Held until they are gone. */
  async #sweep() {
    for (const key of this.#stale) {
      const isGone = await this.#change(key, () => null).then(() => true, () => false);
      if (!isGone) return;
      this.#stale.delete(key);
      this.#letGo(key);
    }
  }

  /** @param {string} key @param {(item: Item) => Item | null} change null: delete it */
  async #change(key, change) {
    await this.#store.write(async (items) => {
      const there = await done(items.get(key));
      const after = there && change(there);
      if (after) await done(items.put(rowOf(after)));
      else if (there) await done(items.delete(key));
    });
  }

  /**
   * What pages left behind: sets of a page that is gone are ready as they stand, what only memory
   * had is tried again, copies are deleted 14 days after their receipt, by the server's clock.
   */
  async tidy() {
    await this.#sweep();
    await this.#unload();
    const found = await this.#store.read((items) => done(items.getAll()));
    for (const { key, state } of found) if (state === "open") await this.#adopt(key);
    const newest = newestWord(found, this.#seat);
    const old = found.filter(({ receipt }) => receipt && Date.parse(receipt.server_time) < newest - GRACE_MS);
    if (old.length) await this.#delete(old.map(({ key }) => key));
  }

  /**
   * Take over an open set, unless the page that answers it lives; then as soon as it is gone.
   *
   * @param {string} key
   */
  async #adopt(key) {
    await this.#locks?.request(lockOf(key), { ifAvailable: true }, async (lock) => {
      if (lock) await this.#makeReady(key);
      else if (!this.#awaited.has(key)) void this.#adoptLater(key);
    });
  }

  /** @param {string} key */
  async #adoptLater(key) {
    this.#awaited.add(key);
    const isNew = await this.#locks.request(lockOf(key), () => this.#makeReady(key)).catch(() => false);
    this.#awaited.delete(key);
    if (isNew) this.#tell(true);
  }

  /** @param {string} key @returns {Promise<boolean>} whether it was still open */
  async #makeReady(key) {
    return this.#store.write(async (items) => {
      const there = await done(items.get(key));
      if (there?.state !== "open") return false;
      await done(items.put(rowOf({ ...there, state: "ready" })));
      return true;
    });
  }

  async #unload() {
    for (const item of await this.#spare.atHand()) {
      if (!isWaiting(item)) continue;
      // Over the part-answers that the database may have of it.
      const put = (/** @type {IDBObjectStore} */ items) => done(items.put(rowOf(item)));
      const isKept = await this.#store.write(put).then(() => true, () => false);
      if (isKept) this.#spare.forget(item.key);
      if (isKept) this.#letGo(item.id);
    }
  }

  // --- what the service says ---------------------------------------------------------------------

  /** The server was set back to a backup: offer every copy again. @param {string} generation */
  async reoffer(generation) {
    await this.#store.write(async (items, seat) => {
      for (const item of await done(items.getAll())) {
        if (item.receipt) await done(items.put(rowOf({ ...item, receipt: null, receipted_at: null })));
      }
      await done(seat.put({ ...(await this.#rowOfSeat(seat)), generation }, SEAT));
    });
    this.#tell(true);
  }

  /** These were taken out by request; no copy stays here. @param {string[]} ids */
  async erase(ids) {
    const found = await this.#store.read((items) => done(items.getAll()));
    await this.#delete(found.filter(({ id }) => ids.includes(id)).map(({ key }) => key));
  }

  /** @param {string[]} keys */
  async #delete(keys) {
    await this.#store.write(async (items) => {
      for (const key of keys) await done(items.delete(key));
    });
    this.#tell(false);
  }

  // --- telling -----------------------------------------------------------------------------------

  /**
   * The same in every tab. While the database does not answer: as it last was, and what memory has.
   *
   * @returns {Promise<Counts>}
   */
  async counts() {
    const all = (/** @type {IDBObjectStore} */ items) => done(items.getAll());
    this.#items = await this.#store.read(all).catch(() => this.#items);
    const seat = (await this.seat().catch(() => null)) ?? this.#seat;
    const spare = await this.#spare.atHand();
    const inMemory = new Set(spare.map(({ key }) => key));
    const whole = [...this.#items.filter(({ key }) => !inMemory.has(key)), ...spare];
    const lastSeq = Math.max(seat?.next_seq ?? 1, this.#floor) - 1;
    return { ...countsOf(whole, lastSeq, seat?.tablet.id), at_risk: this.#spare.atRisk };
  }

  /** @returns {Promise<Item[]>} what is in memory and, if it can be read, all that is kept */
  async atHand() {
    const spare = await this.#spare.atHand();
    const kept = await this.#store.read((items) => done(items.getAll())).catch(() => []);
    return [...spare, ...kept.filter(({ digest }) => !spare.some((item) => item.digest === digest))];
  }

  /** @returns {Promise<import("./outbox-rescue.js").RescueFile>} sealed, for any enrolled tablet */
  async rescue() {
    return rescueFile(await this.atHand(), this.number, new Date());
  }

  /**
   * Take in a rescue file. What is here already is not taken twice. Answers are what is counted.
   *
   * @param {string} text
   * @returns {Promise<{added: number, known: number, damaged: number}>}
   * @throws {import("./outbox-rescue.js").NotARescueFile}
   * @throws {NotKept}
   */
  async import(text) {
    const { items: brought, damaged } = await readRescue(text);
    const added = await this.#store.write(async (items) => {
      const here = await done(items.getAll());
      // Of a set that was begun here, this tablet has the later state.
      const isKnown = (/** @type {Item} */ { id, digest }) =>
        here.some((item) => item.id === id && (item.digest === digest || item.key === id));
      const fresh = new Map(brought.filter((item) => !isKnown(item)).map((item) => [item.key, item]));
      for (const item of fresh.values()) await done(items.add(rowOf(item)));
      return [...fresh.values()];
    });
    this.#tell(added.length > 0);
    const answers = (/** @type {Item[]} */ those) => those.filter((item) => !isCounts(item)).length;
    return { added: answers(added), known: answers(brought) - answers(added), damaged };
  }

  /** @param {(change: Change) => void} tell @returns {() => void} */
  watch(tell) {
    this.#watching.add(tell);
    return () => this.#watching.delete(tell);
  }

  /** @param {boolean} ready whether something new can be sent */
  #tell(ready) {
    this.#channel.postMessage({ ready });
    this.#hear({ ready, here: true });
  }

  /** @param {Change} change */
  #hear(change) {
    for (const tell of this.#watching) tell(change);
  }

  /** @param {IDBObjectStore} seat @returns {Promise<Seat>} */
  async #rowOfSeat(seat) {
    const row = (await done(seat.get(SEAT))) ?? this.#seat;
    if (!row) throw new NotKept("lost", null);
    return row;
  }

  /** @param {string} id @returns {Promise<void>} settled once no other page would take it over */
  #hold(id) {
    const locks = this.#locks;
    if (!locks) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const held = () =>
        new Promise((/** @type {(value: void) => void} */ letGo) => {
          this.#held.set(id, letGo);
          resolve();
        });
      locks.request(lockOf(id), held).catch(reject);
    });
  }

  /** @param {string} id */
  #letGo(id) {
    this.#held.get(id)?.();
    this.#held.delete(id);
    this.#begun.delete(id);
  }
}

/** @param {string} id */
function lockOf(id) {
  return `grids-set-${id}`;
}

/** @param {Item} item @returns {Row} */
function rowOf(item) {
  const { waiting, ...rest } = /** @type {Row} */ (item);
  return isWaiting(item) ? { ...rest, waiting: item.seq } : rest;
}

/** @param {Item[]} items @param {Seat | null} seat @returns {number} the latest time that the server told */
function newestWord(items, seat) {
  const told = items.flatMap(({ receipt }) => (receipt ? [Date.parse(receipt.server_time)] : []));
  const contact = seat?.contacted_at ? Date.parse(seat.contacted_at) : 0;
  return Math.max(0, contact, ...told);
}
