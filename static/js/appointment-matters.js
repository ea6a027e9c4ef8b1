/**
 * What matters to each person, and what each of them lets the others see.
 *
 * Pure. What somebody chose lives as long as their turn; only what they looked at and let the
 * others see outlives it. So nobody who says that they are somebody else can find more here than
 * everybody will see anyway, and not even that before the sheet. Sharing nothing leaves the same
 * state as choosing nothing.
 *
 * @module appointment-matters
 */

/** @typedef {{cards: string[], words: string}} Share */
/** @typedef {{card: string, people: string[]}} Line */
/** @typedef {{same: Line[], only: Line[], pulls: [Line, Line][],
 *   words: {person: string, words: string}[]}} Joint */

export const MOST = 5;
export const MOST_WORDS = 200;

/** @type {Readonly<Share>} */
const NOTHING = Object.freeze({ cards: [], words: "" });

export class Matters {
  /** @type {Set<string>} */
  #chosen = new Set();
  /** @type {Set<string>} */
  #kept = new Set();
  #words = "";
  #keepsWords = false;
  #person = "";
  /** What each person looked at and let the others see. @type {Map<string, Share>} */
  #shares = new Map();
  #isShown = false;

  /** @param {string} person */
  beginTurn(person) {
    this.endTurn();
    this.#person = person;
  }

  endTurn() {
    this.#person = this.#words = "";
    this.#keepsWords = false;
    this.#chosen.clear();
    this.#kept.clear();
  }

  /** Everything, of everybody. */
  forget() {
    this.endTurn();
    this.#shares.clear();
    this.#isShown = false;
  }

  /** @returns {string[]} of this turn */
  get chosen() {
    return [...this.#chosen];
  }

  /** @returns {string} of this turn */
  get words() {
    return this.#words;
  }

  /** @returns {boolean} whether this person looked at what the others will see */
  get isSettled() {
    return this.#shares.has(this.#person);
  }

  /** @returns {boolean} whether the sheet was on the screen */
  get isShown() {
    return this.#isShown;
  }

  /** @param {string} card @returns {boolean} false where five are chosen already */
  toggle(card) {
    if (this.#chosen.delete(card)) this.#kept.delete(card);
    else if (this.#chosen.size >= MOST) return false;
    else this.#chosen.add(card);
    this.#unsettle();
    return true;
  }

  /** @param {string} words */
  write(words) {
    this.#words = words.slice(0, MOST_WORDS);
    this.#unsettle();
  }

  /** @param {string} card of those chosen @returns {boolean} whether the others will see it */
  isOffered(card) {
    return this.#chosen.has(card) && !this.#kept.has(card);
  }

  /** @param {string} card @param {boolean} isOffered */
  offer(card, isOffered) {
    if (isOffered) this.#kept.delete(card);
    else this.#kept.add(card);
    this.#unsettle();
  }

  /** @returns {boolean} */
  get offersWords() {
    return this.#words.trim() !== "" && !this.#keepsWords;
  }

  /** @param {boolean} isOffered */
  offerWords(isOffered) {
    this.#keepsWords = !isOffered;
    this.#unsettle();
  }

  /** They have looked: this is what the others will see. */
  settle() {
    const cards = this.chosen.filter((card) => this.isOffered(card));
    this.#shares.set(this.#person, { cards, words: this.offersWords ? this.#words.trim() : "" });
  }

  /** Take all of it back: the same as having chosen nothing. */
  settleNothing() {
    this.#shares.set(this.#person, { cards: [], words: "" });
  }

  /** What changes after they looked is looked at again before anybody sees anything. */
  #unsettle() {
    this.#shares.delete(this.#person);
  }

  /** Choose again from nothing. */
  startAgain() {
    const person = this.#person;
    this.#unsettle();
    this.beginTurn(person);
  }

  /** @param {string[]} people who had a turn @returns {boolean} whether all of them have looked */
  isReady(people) {
    return people.length > 0 && people.every((person) => this.#shares.has(person));
  }

  /**
   * The sheet: nothing in it says how much anybody chose or held back.
   *
   * @param {string[]} people who had a turn, in a fixed order
   * @param {string[]} cards all cards, in the order of the page
   * @param {[string, string][]} pairs cards that can pull different ways
   * @returns {Joint | null} null until everybody has looked
   */
  joint(people, cards, pairs) {
    if (!this.isReady(people)) return null;
    const share = (/** @type {string} */ person) => this.#shares.get(person) ?? NOTHING;
    const lines = cards
      .map((card) => ({ card, people: people.filter((person) => share(person).cards.includes(card)) }))
      .filter((line) => line.people.length);
    const line = (/** @type {string} */ card) => lines.find((each) => each.card === card);
    return {
      same: lines.filter((each) => each.people.length > 1),
      only: lines.filter((each) => each.people.length === 1),
      pulls: pairs.flatMap(([one, other]) => pulling(line(one), line(other))),
      words: people
        .map((person) => ({ person, words: share(person).words }))
        .filter(({ words }) => words),
    };
  }

  /** The sheet was seen: words of one's own were shown, and are forgotten. */
  noteShown() {
    this.#isShown = true;
    for (const share of this.#shares.values()) share.words = "";
  }

  /** @returns {string[]} the cards that mark the grid: one's own, else what everybody has seen */
  marks() {
    if (this.#chosen.size) return this.chosen;
    if (!this.#isShown) return [];
    return [...new Set([...this.#shares.values()].flatMap(({ cards }) => cards))];
  }
}

/**
 * @param {Line | undefined} one
 * @param {Line | undefined} other
 * @returns {[Line, Line][]} both, where two people said them
 */
function pulling(one, other) {
  if (!one || !other) return [];
  return new Set([...one.people, ...other.people]).size > 1 ? [[one, other]] : [];
}
