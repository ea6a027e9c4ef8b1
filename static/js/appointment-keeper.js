/**
 * Begins answer sets, seals them and lays them on the shelf; keeps nothing readable.
 *
 * While a set is open it is sealed afresh after every tap as `interrupted`, and the shelf has the
 * newest state of it: a killed page loses a tap, not a set. Once sealed for good, the answers are
 * wiped here in the same turn of the event loop, so that two taps make one set.
 *
 * @module appointment-keeper
 */

import { beginSet, clearSet, wipe } from "./appointment-set.js";
import { clearBytes, contentDigest, fromBase64url, newId, salt, seal } from "./envelope.js";

/** @typedef {import("./appointment-set.js").AnswerSet} AnswerSet */
/** @typedef {import("./appointment-shelf.js").Shelf} Shelf */
/** @typedef {import("./envelope.js").Bytes} Bytes */
/** @typedef {"complete" | "interrupted"} EndState */

/** A set as it stood at one moment, to be sealed. @typedef {{set: AnswerSet, state: EndState,
 *   reason: string | null, madeAt: Date, isLast: boolean}} Moment */

/** The work on one set, one step at a time: `next` is the newest moment that is not sealed yet.
 * @typedef {{id: string, seq: number | null, next: Moment | null, work: Promise<void> | null,
 *   draft: {bytes: Bytes, digest: string} | null}} Job */

const AGAIN_MS = 2_000;

export class Keeper {
  /** @type {Map<string, {set: AnswerSet, job: Job}>} */
  #open = new Map();
  #sealing = 0;
  #finished = 0;
  #plan;
  #shelf;
  #onChange;
  #now;

  /**
   * @param {object} options
   * @param {any} options.plan
   * @param {Shelf} options.shelf
   * @param {() => void} [options.onChange]
   * @param {() => Date} [options.now]
   */
  constructor({ plan, shelf, onChange = () => {}, now = () => new Date() }) {
    this.#plan = plan;
    this.#shelf = shelf;
    this.#onChange = onChange;
    this.#now = now;
  }

  /**
   * @param {AnswerSet["occasion"]} occasion
   * @param {AnswerSet["respondent"]} respondent
   * @returns {AnswerSet} with its id and salt, before the first question; its number is the next
   *   of the device when it lies on the shelf
   */
  begin(occasion, respondent) {
    const set = beginSet({ id: newId(), salt: salt(), seq: 0, occasion, respondent });
    const job = { id: set.id, seq: null, next: null, work: null, draft: null };
    this.#open.set(set.id, { set, job });
    this.touched(set);
    return set;
  }

  /** @returns {number} how many sets would be lost if the page closed now */
  unkept() {
    return this.#sealing + this.#shelf.atRisk;
  }

  /** @returns {number} how many sets are being sealed for good this moment */
  get sealing() {
    return this.#sealing;
  }

  /** @returns {number} how many sets of this appointment the shelf was given for good */
  get finished() {
    return this.#finished;
  }

  /** @returns {boolean} whether somebody is in the middle of answering */
  hasOpen() {
    return this.#open.size > 0;
  }

  /** Something was tapped: seal it as it stands. @param {AnswerSet} set */
  touched(set) {
    const job = this.#open.get(set.id)?.job;
    if (job) void this.#work(job, this.#moment(set, "interrupted", "interrupted", false));
  }

  /**
   * Seal a set for good and give it to the shelf. A second call for the same set does nothing.
   *
   * @param {AnswerSet} set
   * @param {EndState} state
   * @param {string | null} reason
   * @returns {Promise<void>} settled when the shelf has it, as safely as it can
   */
  async finish(set, state, reason) {
    const job = this.#open.get(set.id)?.job;
    if (set.sealed || !job) return;
    const last = this.#moment(set, state, reason, true);
    this.#close(set);
    this.#sealing += 1;
    this.#onChange();
    await this.#work(job, last);
    this.#sealing -= 1;
    this.#finished += 1;
    this.#onChange();
  }

  /** Seal whatever is open as interrupted. @param {"left_early" | "interrupted"} reason */
  finishAll(reason) {
    const open = [...this.#open.values()];
    return Promise.all(open.map(({ set }) => this.finish(set, "interrupted", reason)));
  }

  /**
   * The page is being left: there is no time to seal, so the last sealed state is what there is.
   * A shelf that outlives the page has it already. From memory it goes in a request that outlives
   * the page, and the same bytes are ready in case the page comes back.
   */
  leave() {
    for (const { set, job } of [...this.#open.values()]) {
      this.#close(set);
      job.next = null;
      if (!job.draft) continue;
      const { bytes, digest } = job.draft;
      if (!this.#shelf.durable) sendOnTheWayOut(job.id, this.#plan.token, bytes, digest);
      void this.#shelf.finish(job.id, bytes).catch(() => {}); // nobody is left to be told
    }
  }

  /** @param {AnswerSet} set */
  #close(set) {
    this.#open.delete(set.id);
    wipe(set);
  }

  /**
   * @param {AnswerSet} set
   * @param {EndState} state
   * @param {string | null} reason
   * @param {boolean} isLast
   * @returns {Moment}
   */
  #moment(set, state, reason, isLast) {
    const copy = { ...set, items: new Map(set.items), helpedBy: [...set.helpedBy] };
    return { set: copy, state, reason, madeAt: this.#now(), isLast };
  }

  /** @param {Job} job @param {Moment} moment takes the place of one that is not sealed yet */
  #work(job, moment) {
    job.next = moment;
    job.work ??= this.#run(job);
    return job.work;
  }

  /** @param {Job} job */
  async #run(job) {
    while (job.next) {
      const moment = job.next;
      job.next = null;
      try {
        await this.#lay(job, moment);
      } catch (error) {
        globalThis.reportError?.(error);
        job.next ??= moment;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    job.work = null; // in the turn in which `next` was found empty
  }

  /** Lay one moment of a set on the shelf. @param {Job} job @param {Moment} moment */
  async #lay(job, moment) {
    if (job.seq === null) {
      const first = { ...moment, state: /** @type {const} */ ("interrupted"), reason: "interrupted" };
      job.seq = await this.#shelf.begin(job.id, async (seq) => {
        const bytes = await this.#sealed(first, seq);
        job.draft = { bytes, digest: await contentDigest(bytes) };
        return bytes;
      });
      if (!moment.isLast) return;
    }
    const bytes = await this.#sealed(moment, job.seq);
    if (moment.isLast) {
      await this.#shelf.finish(job.id, bytes);
    } else {
      job.draft = { bytes, digest: await contentDigest(bytes) };
      await this.#shelf.keep(job.id, bytes);
    }
  }

  /** @param {Moment} moment @param {number} seq @returns {Promise<Bytes>} */
  #sealed({ set, state, reason, madeAt }, seq) {
    const clear = clearBytes(clearSet(this.#plan, { ...set, seq }, { state, reason, madeAt }));
    const { id: keyId, public: point } = this.#plan.key;
    return seal({ publicPoint: fromBase64url(point), keyId, responseId: set.id, clear });
  }
}

/** @param {string} id @param {string} token @param {Bytes} body @param {string} digest */
function sendOnTheWayOut(id, token, body, digest) {
  void fetch(`/v1/responses/${id}`, {
    method: "PUT",
    keepalive: true,
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/octet-stream",
      "Content-Digest": digest,
    },
    body,
    cache: "no-store",
    credentials: "omit",
    redirect: "manual",
    referrerPolicy: "no-referrer",
  }).catch(() => {});
}
