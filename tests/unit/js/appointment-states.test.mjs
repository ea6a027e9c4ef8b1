import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { MoveNotAllowed, START, TABLE, canMove, makeMove } from "../../../static/js/appointment-states.js";

const CASES = new URL("../../fixtures/handover-cases.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(CASES, "utf8"));

/** The states, the effects on the way, and where it was refused, if it was. */
function run(moves) {
  let holding = START;
  const effects = [];
  for (const [at, [move, turn]] of moves.entries()) {
    try {
      const made = makeMove(holding, move, turn ?? null);
      holding = made.holding;
      effects.push(...made.effects);
    } catch (error) {
      assert.ok(error instanceof MoveNotAllowed, String(error));
      return { refusedAt: at };
    }
  }
  return { ends: holding, effects };
}

for (const { name, moves, ends, effects, refused } of cases) {
  test(`hand-over: ${name}`, () => {
    const done = run(moves);
    if (refused) assert.deepEqual(done, { refusedAt: moves.length - 1 });
    else assert.deepEqual(done, { ends, effects });
  });
}

test("there is a case for more than the good days", () => {
  assert.ok(cases.some(({ refused }) => refused));
});

test("what can be asked of the table is what it allows", () => {
  for (const [state, moves] of Object.entries(TABLE)) {
    const turn = state === "family" || state === "covered" ? "together" : null;
    assert.equal(canMove({ state, turn }, "pin"), "pin" in moves);
  }
});
