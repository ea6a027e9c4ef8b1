/**
 * "What happens now": where each of us stands, what was agreed, and the way to paper. All of it is
 * in this object until the tablet locks.
 *
 * @module appointment-now
 */

import { AgreeScreen } from "./appointment-agree-screen.js";
import { Agreed } from "./appointment-agreed.js";
import { allCards, pairsOfCards } from "./appointment-matters-screen.js";
import { nameOf } from "./appointment-sheet.js";
import { showNow } from "./appointment-stand.js";

/** @typedef {import("./appointment-agree-screen.js").Copy} Copy */
/** @typedef {import("./print-ticket.js").Left} Left */
/** @typedef {import("./print-ticket.js").Way} Way */

/** Leaves a paper at the print desk. @typedef {(way: Way, document: unknown) => Promise<Left>} Print */

export class Now {
  #stage;
  #plan;
  #stand;
  #matters;
  #print;
  #agreed = new Agreed();
  /** @type {string[]} the ways that the family ended with */
  #shown = [];

  /**
   * @param {object} parts
   * @param {import("./appointment-screen.js").Stage} parts.stage
   * @param {any} parts.plan
   * @param {import("./appointment-stand.js").Stand} parts.stand
   * @param {import("./appointment-matters.js").Matters} parts.matters
   * @param {Print} parts.print
   */
  constructor({ stage, plan, stand, matters, print }) {
    this.#stage = stage;
    this.#plan = plan;
    this.#stand = stand;
    this.#matters = matters;
    this.#print = print;
  }

  /** Listen to a grid that is about to be shown. @param {HTMLElement} place */
  watch(place) {
    place.addEventListener("grid:shown", (event) => {
      this.#shown = /** @type {CustomEvent} */ (event).detail.picked;
    });
  }

  forget() {
    this.#agreed.forget();
    this.#shown = [];
  }

  /**
   * @param {object} room
   * @param {string[]} room.people who had a turn alone
   * @param {{id: string, name: string}[]} room.ways
   * @param {string} room.voice of the grid that everybody sees together
   * @param {boolean} room.mayWrite
   * @param {() => void} room.onMenu
   */
  open(room) {
    const { people, ways, onMenu } = room;
    const onWrite = () => this.#write(room);
    showNow({ stage: this.#stage, stand: this.#stand, people, ways, nameOf, onMenu, onWrite });
  }

  /** @param {Parameters<Now["open"]>[0]} room */
  #write(room) {
    new AgreeScreen({
      stage: this.#stage,
      agreed: this.#agreed,
      ways: room.ways,
      people: room.people,
      nameOf,
      present: this.#plan.encounter.people_present ?? [],
      mayWrite: room.mayWrite,
      print: (way, copy) => this.#print(way, this.#document(room, copy)),
      onBack: () => this.open(room),
    }).open();
  }

  /** @param {Parameters<Now["open"]>[0]} room @param {Copy} copy */
  #document({ people, voice, mayWrite }, copy) {
    const { grid, encounter } = this.#plan;
    const joint = this.#matters.isShown ? this.#matters.joint(people, allCards(), pairsOfCards()) : null;
    const shared = joint ? [...joint.same, ...joint.only] : [];
    return {
      agreed: this.#agreed.record({ shared, mayWrite }),
      grid: grid && {
        public_id: grid.public_id,
        version: grid.version,
        picked: grid.picked ?? [],
        shown: this.#shown,
      },
      voice,
      encounter: encounter.id,
      ...copy,
    };
  }
}
