import assert from "node:assert/strict";
import { test } from "node:test";

import { askReturn, isOurPath, shuffled } from "../../../static/js/appointment-lock.js";
import { html, json } from "./stand-ins.mjs";

const answering = (answer) => async () => answer;

test("the pad holds each digit once, in an order that differs", () => {
  const orders = Array.from({ length: 40 }, () => shuffled());
  for (const order of orders) assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.ok(new Set(orders.map(String)).size > 30);
});

test("the PIN leads only to a page of this site", async () => {
  assert.deepEqual(await askReturn("1", answering(json(200, { next: "/encounters/1" }))), {
    next: "/encounters/1",
  });
  for (const next of ["//elsewhere", "/\\elsewhere", "https://elsewhere", "", null, 7]) {
    assert.equal(isOurPath(next), false, String(next));
    assert.deepEqual(await askReturn("1", answering(json(200, { next }))), { trouble: "server" });
  }
});

test("a wrong PIN says how long to wait, a network log-in page is no answer", async () => {
  assert.deepEqual(await askReturn("1", answering(json(403, { wait_seconds: 4 }))), { wait: 4 });
  assert.deepEqual(await askReturn("1", answering(html(200))), { trouble: "server" });
  assert.deepEqual(await askReturn("1", answering(json(401, { error: "sign_in_needed" }))), {
    gone: true,
  });
  const offline = async () => {
    throw new TypeError("no network");
  };
  assert.deepEqual(await askReturn("1", offline), { trouble: "offline" });
});
