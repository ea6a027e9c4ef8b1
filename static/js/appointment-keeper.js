/**
 * Begins answer sets, seals them and gives them to the sender; keeps nothing readable.
 *
 * While a set is open it is sealed afresh after every tap as `interrupted`: if the page is left,
 * those bytes go out with it. Once sealed for good, the answers are wiped here in the same turn
 * of the event loop, so that two taps make one set.
 *
 * @module appointment-keeper
 */

import { beginSet, clearSet, wipe } from "./appointment-set.js";
import { clearBytes, contentDigest, fromBase64url, newId, salt, seal } from "./envelope.js";

/** @typedef {import("./appointment-set.js").AnswerSet} AnswerSet */
/** @typedef {"complete" | "interrupted"} EndState */
/** @typedef {{bytes: Uint8Array, digest: string}} Draft */

const AGAIN_MS = 2_000;

export class Keeper {
  /** @type {Map<string, AnswerSet>} */
  #open = new Map();
  /** @type {Map<string, Draft>} */
  #drafts = new Map();
  /** @type {Map<string, object>} which sealing is the newest: they may end in another order */
  #latest = new Map();
  #sealing = 0;
  #seq;
  #plan;
  #sender;
  #onChange;
  #now;

  /**
   * @param {object} options
   * @param {any} options.plan
   * @param {{add: (id: string, bytes: Uint8Array, seq: number) => void,
   *   unsent: () => number}} options.sender
   * @param {() => void} [options.onChange]
   * @param {() => Date} [options.now]
   */
  constructor({ plan, sender, onChange = () => {}, now = () => new Date() }) {
    this.#plan = plan;
    this.#sender = sender;
    this.#seq = plan.next_seq;
    this.#onChange = onChange;
    this.#now = now;
  }

  /**
   * @param {AnswerSet["occasion"]} occasion
   * @param {AnswerSet["respondent"]} respondent
   * @returns {AnswerSet} with its id, number and salt, before the first question
   */
  begin(occasion, respondent) {
    const set = beginSet({ id: newId(), salt: salt(), seq: this.#seq, occasion, respondent });
    this.#seq += 1;
    this.#open.set(set.id, set);
    this.touched(set);
    return set;
  }

  /** @returns {number} how many sets would be lost if the page closed now */
  unkept() {
    return this.#sealing + this.#sender.unsent();
  }

  /** @returns {boolean} whether somebody is in the middle of answering */
  hasOpen() {
    return this.#open.size > 0;
  }

  /** Something was tapped: seal it as it stands. @param {AnswerSet} set */
  touched(set) {
    const clear = this.#clear(set, "interrupted", "interrupted");
    const version = {};
    this.#latest.set(set.id, version);
    void this.#sealed(set.id, clear).then(async (bytes) => {
      const digest = await contentDigest(bytes);
      const isLatest = this.#latest.get(set.id) === version;
      if (isLatest && this.#open.has(set.id)) this.#drafts.set(set.id, { bytes, digest });
    }, globalThis.reportError);
  }

  /**
   * Seal a set for good and send it. A second call for the same set does nothing.
   *
   * @param {AnswerSet} set
   * @param {EndState} state
   * @param {string | null} reason
   * @returns {Promise<void>} settled when the sender has it
   */
  async finish(set, state, reason) {
    if (set.sealed) return;
    const { id, seq } = set;
    const clear = this.#clear(set, state, reason);
    this.#close(set);
    this.#sealing += 1;
    this.#onChange();
    for (let bytes = null; !bytes; ) {
      bytes = await this.#sealed(id, clear).catch(waitAndTryAgain);
      if (bytes) this.#sender.add(id, bytes, seq);
    }
    this.#sealing -= 1;
    this.#onChange();
  }

  /** Seal whatever is open as interrupted. @param {"left_early" | "interrupted"} reason */
  finishAll(reason) {
    const open = [...this.#open.values()];
    return Promise.all(open.map((set) => this.finish(set, "interrupted", reason)));
  }

  /**
   * The page is being left: there is no time to seal, so the last sealed state goes, in a request
   * that outlives the page. The same bytes go to the sender in case the page comes back.
   */
  leave() {
    for (const set of [...this.#open.values()]) {
      const draft = this.#drafts.get(set.id);
      if (!draft) continue;
      const { id, seq } = set;
      this.#close(set);
      void fetch(`/v1/responses/${id}`, {
        method: "PUT",
        keepalive: true,
        headers: {
          Authorization: `Bearer ${this.#plan.token}`,
          "Content-Type": "application/octet-stream",
          "Content-Digest": draft.digest,
        },
        body: draft.bytes,
        cache: "no-store",
        credentials: "omit",
        redirect: "manual",
        referrerPolicy: "no-referrer",
      }).catch(() => {});
      this.#sender.add(id, draft.bytes, seq);
    }
  }

  /** @param {AnswerSet} set */
  #close(set) {
    this.#open.delete(set.id);
    this.#drafts.delete(set.id);
    this.#latest.delete(set.id);
    wipe(set);
  }

  /** @param {AnswerSet} set @param {EndState} state @param {string | null} reason */
  #clear(set, state, reason) {
    return clearBytes(clearSet(this.#plan, set, { state, reason, madeAt: this.#now() }));
  }

  /** @param {string} responseId @param {Uint8Array} clear */
  #sealed(responseId, clear) {
    const { id: keyId, public: point } = this.#plan.key;
    return seal({ publicPoint: fromBase64url(point), keyId, responseId, clear });
  }
}

/** @param {unknown} error @returns {Promise<null>} */
async function waitAndTryAgain(error) {
  globalThis.reportError?.(error);
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  return null;
}
