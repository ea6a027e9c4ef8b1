/**
 * One item on its way to the shelf: sealed afresh for every new moment of it, one step at a time,
 * until the last. A moment that is not sealed yet gives way to a newer one.
 *
 * @module appointment-laying
 */

import { clearBytes, contentDigest, fromBase64url, seal } from "./envelope.js";

/** @typedef {import("./appointment-shelf.js").Shelf} Shelf */
/** @typedef {import("./envelope.js").Bytes} Bytes */

/**
 * An item as it stood at one moment; counts get 0 for a number. `draft`: as it would be if nothing came after it; `last`: as it
 * is for good, null while something may come.
 *
 * @typedef {{draft: (seq: number) => Record<string, unknown>,
 *   last: ((seq: number) => Record<string, unknown>) | null}} Moment
 */

const AGAIN_MS = 2_000;

export class Laying {
  /** @type {number | null} */
  #seq = null;
  /** @type {Moment | null} */
  #next = null;
  /** @type {Promise<void> | null} */
  #work = null;
  /** @type {{bytes: Bytes, digest: string} | null} */
  #draft = null;
  #id;
  #shelf;
  #plan;
  #areCounts;

  /**
   * @param {object} options
   * @param {string} options.id
   * @param {Shelf} options.shelf
   * @param {{key: {id: string, public: string}, token: string}} options.plan
   * @param {boolean} [options.areCounts] no answers: nobody has to wait for it
   */
  constructor({ id, shelf, plan, areCounts = false }) {
    this.#id = id;
    this.#shelf = shelf;
    this.#plan = plan;
    this.#areCounts = areCounts;
  }

  /**
   * @param {Moment} moment takes the place of one that is not sealed yet
   * @returns {Promise<void>} settled when the shelf has it, as safely as it can
   */
  lay(moment) {
    this.#next = moment;
    this.#work ??= this.#run();
    return this.#work;
  }

  /**
   * The page is being left: there is no time to seal, so the last sealed state is what there is.
   * A shelf that outlives the page has it already. From memory it goes in a request that outlives
   * the page, and the same bytes are ready in case the page comes back.
   */
  leave() {
    this.#next = null;
    if (!this.#draft) return;
    const { bytes, digest } = this.#draft;
    if (!this.#shelf.durable) sendOnTheWayOut(this.#id, this.#plan.token, bytes, digest);
    void this.#shelf.finish(this.#id, bytes).catch(() => {}); // nobody is left to be told
  }

  async #run() {
    while (this.#next) {
      const moment = this.#next;
      this.#next = null;
      try {
        await this.#put(moment);
      } catch (error) {
        globalThis.reportError?.(error);
        this.#next ??= moment;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    this.#work = null; // in the turn in which `next` was found empty
  }

  /** @param {Moment} moment */
  async #put(moment) {
    if (this.#seq === null) {
      const make = async (/** @type {number} */ seq) => this.#keepDraft(await this.#sealed(moment.draft(seq)));
      this.#seq = await this.#shelf.begin(this.#id, make, this.#areCounts);
      if (!moment.last) return;
    }
    if (moment.last) {
      await this.#shelf.finish(this.#id, await this.#sealed(moment.last(this.#seq)));
    } else {
      const bytes = await this.#keepDraft(await this.#sealed(moment.draft(this.#seq)));
      await this.#shelf.keep(this.#id, bytes);
    }
  }

  /** @param {Bytes} bytes @returns {Promise<Bytes>} the same */
  async #keepDraft(bytes) {
    this.#draft = { bytes, digest: await contentDigest(bytes) };
    return bytes;
  }

  /** @param {Record<string, unknown>} clear @returns {Promise<Bytes>} */
  #sealed(clear) {
    const { id: keyId, public: point } = this.#plan.key;
    const publicPoint = fromBase64url(point);
    return seal({ publicPoint, keyId, responseId: this.#id, clear: clearBytes(clear) });
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
