import assert from "node:assert/strict";
import { test } from "node:test";

import { LONGEST, clearText, fitText } from "../../../static/js/appointment-feedback.js";
import { Keeper } from "../../../static/js/appointment-keeper.js";
import { MemoryShelf } from "../../../static/js/appointment-shelf.js";
import { PLAN } from "./appointment-samples.mjs";

const GRID = { public_id: "k7", version: 3, sha256: "ab".repeat(32), picked: ["group"] };
const plan = { ...PLAN, grid: GRID, feedback: 5 };

test("what was typed is tidied, cut at whole characters, and empty where there is nothing", () => {
  assert.equal(fitText("  one\r\ntwo\rthree\u0007 "), "one\ntwo\nthree");
  assert.equal(fitText(" \n\t "), "");
  assert.equal(fitText("a\ud83d"), "a");
  assert.equal(fitText("😀".repeat(LONGEST + 1)), "😀".repeat(LONGEST));
  assert.equal(fitText(`${"x".repeat(LONGEST - 1)} y`), "x".repeat(LONGEST - 1));
});

test("every key of the format is there, and nothing of the appointment but its header", () => {
  const made = { id: "one", salt: "two", seq: 4 };
  const clear = clearText(plan, { role: "parent", text: "More pictures" })(made);
  const { public_id, version, sha256 } = GRID;
  assert.deepEqual(Object.keys(clear).sort(), [
    "device", "encounter", "format", "grid", "id", "key_id", "salt", "seq", "text", "written_by",
  ]);
  assert.deepEqual(clear.grid, { public_id, version, sha256 });
  assert.deepEqual([clear.format, clear.seq, clear.written_by], ["feedback-1", 4, "parent"]);
});

test("it lies on the shelf sealed, under a number, and waits like an answer", async () => {
  const shelf = MemoryShelf.of(PLAN);
  const seen = [];
  const keeper = new Keeper({ plan: PLAN, shelf, onChange: () => seen.push(keeper.unkept()) });
  const numbers = [];
  const clear = clearText(plan, { role: "young_person", text: "unmistakable words" });
  const sealed = keeper.sealText((made) => (numbers.push(made.seq), clear(made)));
  assert.equal(keeper.unkept(), 1);
  await sealed;
  const [item] = await shelf.atHand();
  assert.deepEqual([item.seq, item.state, new Set(numbers)], [PLAN.next_seq, "ready", new Set([PLAN.next_seq])]);
  assert.equal(new TextDecoder("latin1").decode(item.bytes).includes("unmistakable"), false);
  assert.deepEqual([keeper.sealing, keeper.finished, keeper.unkept()], [0, 1, 1]);
});
