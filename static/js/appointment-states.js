/**
 * Who holds the tablet now: the table of `app/domain/handover.py`, on the device that owns the turn.
 *
 * Both are held to the same cases (`tests/fixtures/handover-cases.json`), and a test compares the
 * two tables line by line.
 *
 * @module appointment-states
 */

/** @typedef {"staff" | "passing" | "family" | "covered" | "locked"} State */
/** @typedef {"young_person" | "parent_self" | "parent_proxy" | "together"} Turn */
/** @typedef {"hand_over" | "take" | "finish" | "cover" | "idle" | "hold" | "time_out" | "lock" | "pin"} Move */
/** @typedef {"suspend_login" | "seal_complete" | "seal_interrupted" | "forget_turn" | "narrow_login"} Effect */
/** @typedef {{state: State, turn: Turn | null}} Holding */

/** @type {Readonly<Record<State, Partial<Record<Move, [State, ...Effect[]]>>>>} */
export const TABLE = Object.freeze({
  staff: { hand_over: ["passing", "suspend_login"] },
  passing: { take: ["family"], lock: ["locked"] },
  family: {
    finish: ["passing", "seal_complete", "forget_turn"],
    cover: ["covered"],
    idle: ["covered"],
    lock: ["locked", "seal_interrupted", "forget_turn"],
  },
  covered: {
    hold: ["family"],
    time_out: ["locked", "seal_interrupted", "forget_turn"],
    lock: ["locked", "seal_interrupted", "forget_turn"],
  },
  locked: { pin: ["staff", "narrow_login"] },
});

const WITH_TURN = new Set(["family", "covered"]);

/** Staff pressed hand-over on the page before this one. @type {Readonly<Holding>} */
export const START = Object.freeze({ state: "staff", turn: null });

export class MoveNotAllowed extends Error {}

/**
 * @param {Holding} holding
 * @param {Move} move
 * @param {Turn | null} [turn] for `take` only
 * @returns {{holding: Holding, effects: Effect[]}}
 * @throws {MoveNotAllowed} if nobody can do this from where the tablet is
 */
export function makeMove(holding, move, turn = null) {
  const found = TABLE[holding.state][move];
  if (!found || (turn !== null) !== (move === "take")) {
    throw new MoveNotAllowed(`${move} from ${holding.state}`);
  }
  const [state, ...effects] = found;
  const kept = WITH_TURN.has(state) ? (turn ?? holding.turn) : null;
  return { holding: { state, turn: kept }, effects };
}

/** @param {Holding} holding @param {Move} move @returns {boolean} */
export function canMove(holding, move) {
  return TABLE[holding.state][move] !== undefined;
}
