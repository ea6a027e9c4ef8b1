import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { TabletShelf } from "../../../static/js/tablet-shelf.js";

const HASH = "ab".repeat(32);
const FILES = [
  "/static/0123456789ab/js/grid.js",
  "/tablet",
  "/g/k7/3",
  "/g/k7/3?voice=parent",
  "/g/k7/3/fragment",
  "/g/m4/1",
  "/g/m4/1?voice=parent",
  "/g/k7/3/handout.pdf?voice=young-person",
  "/g/k7/3/handout.pdf?voice=parent",
];

/** Put a list on the shelf with all of its files but those `lacking`. */
function keep(lacking = []) {
  const list = { build: HASH, coming: [], files: FILES.map((url) => ({ url, sha256: HASH })) };
  const headers = { "x-shelf-checked-at": "2026-11-22T09:00:00.000Z" };
  const shelf = {
    match: async (url) => {
      if (url === "/offline.json") return new Response(JSON.stringify(list), { headers });
      if (!FILES.includes(url) || lacking.includes(url)) return undefined;
      return new Response("", { headers: { "x-shelf-sha256": HASH } });
    },
  };
  globalThis.caches = { has: async () => true, open: async () => shelf };
}

beforeEach(() => {
  globalThis.caches = { has: async () => false };
});

test("nothing on the shelf is no release and no paper", async () => {
  const shelf = new TabletShelf();
  assert.deepEqual(await shelf.releases(), []);
  assert.deepEqual(await shelf.papers(), []);
});

test("a release is here when its pages are, and papers open by voice", async () => {
  keep();
  const shelf = new TabletShelf();
  assert.deepEqual(await shelf.releases(), ["k7/3", "m4/1"]);
  const url = (voice) => `/g/k7/3/handout.pdf?voice=${voice}`;
  assert.deepEqual(await shelf.papers(), [
    { id: "k7", version: 3, voice: "young-person", url: url("young-person") },
    { id: "k7", version: 3, voice: "parent", url: url("parent") },
  ]);
});

test("what is not here as listed is not claimed", async () => {
  keep(["/g/m4/1?voice=parent", "/g/k7/3/handout.pdf?voice=parent"]);
  const shelf = new TabletShelf();
  assert.deepEqual(await shelf.releases(), ["k7/3"]);
  keep(["/g/k7/3/fragment"]);
  assert.deepEqual(await shelf.releases(), ["m4/1"]);
  keep(["/g/k7/3/handout.pdf?voice=parent"]);
  assert.deepEqual((await shelf.papers()).map(({ voice }) => voice), ["young-person"]);
});
