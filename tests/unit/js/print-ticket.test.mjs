import assert from "node:assert/strict";
import { test } from "node:test";

import { leavePaper, leaveProfile } from "../../../static/js/print-ticket.js";

/** @param {number} status @param {unknown} told @param {any[]} [sent] */
const answering = (status, told, sent = []) => async (/** @type {any} */ address, /** @type {any} */ options) => {
  sent.push({ address, options });
  return new Response(typeof told === "string" ? told : JSON.stringify(told), { status });
};
const paper = (/** @type {any} */ fetch) => leavePaper({ token: "t", way: "desk", document: { agreed: {} }, fetch });

test("a ticket comes back with its words", async () => {
  /** @type {any[]} */
  const sent = [];
  const ticket = { code: "lantern meadow", minutes: 15, missing: "" };
  assert.deepEqual(await paper(answering(201, ticket, sent)), { ticket });
  assert.equal(sent[0].address, "/v1/print-tickets/decision?way=desk");
  assert.equal(sent[0].options.headers.authorization, "Bearer t");
  assert.equal(sent[0].options.credentials, "omit");
  assert.equal(sent[0].options.body, '{"agreed":{}}');
});

test("what stands in the way is told apart", async () => {
  const why = async (/** @type {any} */ fetch) => /** @type {any} */ (await paper(fetch)).why;
  assert.equal(await why(async () => Promise.reject(new TypeError("no network"))), "offline");
  assert.equal(await why(answering(200, "<html>log in to this network</html>")), "offline");
  assert.equal(await why(answering(403, "<html>blocked</html>")), "offline");
  assert.equal(await why(answering(201, {})), "offline");
  assert.equal(await why(answering(503, { error: "too_busy" })), "busy");
  assert.equal(await why(answering(422, { error: "not_offered" })), "not_offered");
  assert.equal(await why(answering(401, { error: "credential_unknown" })), "refused");
});

test("a profile travels as the fields of its form, and is told what does not fit", async () => {
  /** @type {any[]} */
  const sent = [];
  const words = new URLSearchParams({ people: "My nan" });
  const left = await leaveProfile({ token: "t", way: "phone", words, fetch: answering(422, { error: "too_long" }, sent) });
  assert.deepEqual(left, { why: "too_long" });
  assert.equal(sent[0].address, "/v1/print-tickets/profile?way=phone");
  assert.equal(sent[0].options.body, words);
  assert.equal("content-type" in sent[0].options.headers, false); // the browser writes it
});
