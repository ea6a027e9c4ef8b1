import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fromHex } from "../../../static/js/envelope.js";
import { wordsOf } from "../../../static/js/withdrawal-code.js";
import { WORDS } from "../../../static/js/withdrawal-words.js";

const cases = JSON.parse(
  readFileSync(new URL("../../fixtures/withdrawal-cases.json", import.meta.url), "utf8"),
);

test("the same salts give the same words as on the server", async () => {
  for (const { salt, words } of cases) {
    assert.deepEqual(await wordsOf(fromHex(salt)), words);
  }
  assert.equal(cases.length, 12);
});

test("there are 512 words, and none can be changed", () => {
  assert.equal(WORDS.length, 512);
  assert.equal(new Set(WORDS).size, 512);
  assert.throws(() => WORDS.push("more"), TypeError);
});

test("a salt of another length is refused", async () => {
  await assert.rejects(wordsOf(new Uint8Array(15)), TypeError);
});
