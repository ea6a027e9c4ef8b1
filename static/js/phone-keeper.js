/**
 * The one answer set of somebody's own phone, with the verbs that the questions ask of a keeper.
 *
 * Unlike a clinic tablet's keeper it seals nothing before the end: a phone sends only what
 * somebody finished, and what is not finished is to be gone with the page.
 *
 * @module phone-keeper
 */

import { beginSet, clearSet, wipe } from "./appointment-set.js";
import { clearBytes, contentDigest, fromBase64url, newId, salt, seal } from "./envelope.js";
import { wordsOf } from "./withdrawal-code.js";

/** @typedef {import("./appointment-set.js").AnswerSet} AnswerSet */
/** @typedef {import("./appointment-shelf.js").MemoryShelf} MemoryShelf */
/** @typedef {import("./envelope.js").Bytes} Bytes */

const AGAIN_MS = 2_000;

export class PhoneKeeper {
  /** @type {AnswerSet | null} */
  #set = null;
  /** @type {{id: string, bytes: Bytes, digest: string} | null} sealed, until there is a receipt */
  #sealed = null;
  #plan;
  #shelf;
  #onSealed;
  #now;

  /**
   * @param {object} options
   * @param {any} options.plan
   * @param {MemoryShelf} options.shelf
   * @param {(words: string[]) => void} [options.onSealed] takes the words by which this person can
   *   have the answers taken out
   * @param {() => Date} [options.now]
   */
  constructor({ plan, shelf, onSealed = () => {}, now = () => new Date() }) {
    this.#plan = plan;
    this.#shelf = shelf;
    this.#onSealed = onSealed;
    this.#now = now;
  }

  /**
   * @param {AnswerSet["occasion"]} occasion
   * @param {AnswerSet["respondent"]} respondent
   * @returns {AnswerSet}
   */
  begin(occasion, respondent) {
    const seq = this.#plan.next_seq;
    this.#set = beginSet({ id: newId(), salt: salt(), seq, occasion, respondent });
    return this.#set;
  }

  /** Nothing is sealed before the end. */
  touched() {}

  /**
   * Seal the set and give it to the shelf; the answers are wiped in the same turn of the event
   * loop, so that two taps make one set.
   *
   * @param {AnswerSet} set
   * @param {"complete" | "interrupted"} state
   * @param {string | null} reason
   * @returns {Promise<void>} settled when the shelf has it
   */
  async finish(set, state, reason) {
    if (set.sealed) return;
    const madeAt = this.#now();
    const clear = clearBytes({
      ...clearSet(this.#plan, set, { state, reason, madeAt }),
      mode: this.#plan.completion_mode,
    });
    wipe(set);
    this.#set = null;
    const bytes = await this.#seal(set.id, clear);
    clear.fill(0);
    this.#sealed = { id: set.id, bytes, digest: await contentDigest(bytes) };
    this.#onSealed(await wordsOf(fromBase64url(set.salt)));
    await this.#shelf.begin(set.id, async () => bytes);
    await this.#shelf.finish(set.id, bytes);
  }

  /** @param {string} responseId @param {Bytes} clear @returns {Promise<Bytes>} */
  async #seal(responseId, clear) {
    const { id: keyId, public: point } = this.#plan.key;
    for (;;) {
      try {
        return await seal({ publicPoint: fromBase64url(point), keyId, responseId, clear });
      } catch (error) {
        globalThis.reportError?.(error);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** There is a receipt, or there will never be one. */
  settled() {
    this.#sealed = null;
  }

  /** Forget what was tapped and not sent. */
  forget() {
    if (this.#set) wipe(this.#set);
    this.#set = null;
  }

  /** The page is being left with something sealed: send it in a request that outlives the page. */
  sendOnTheWayOut() {
    if (!this.#sealed) return;
    const { id, bytes, digest } = this.#sealed;
    void fetch(`/v1/responses/${id}`, {
      method: "PUT",
      keepalive: true,
      headers: {
        Authorization: `Bearer ${this.#plan.token}`,
        "Content-Type": "application/octet-stream",
        "Content-Digest": digest,
      },
      body: bytes,
      cache: "no-store",
      credentials: "omit",
      redirect: "manual",
      referrerPolicy: "no-referrer",
    }).catch(() => {}); // nobody is left to be told
  }
}
