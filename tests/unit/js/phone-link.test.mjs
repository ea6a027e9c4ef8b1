/** The link to one's own phone: what is a token, and what each answer of the service means. */

import assert from "node:assert/strict";
import test from "node:test";

import { openLink, tokenIn } from "../../../static/js/phone-link.js";

const TOKEN = "7K3M9Q2T0123456789ABCDEFGH";

test("a token is found however it was typed", () => {
  for (const typed of [
    `#${TOKEN}`,
    `#${TOKEN.toLowerCase()}`,
    "#7K3M-9Q2T-0123-4567-89AB-CDEF-GH",
    "#7k3m 9q2t 0123 4567 89ab cdef gh",
    "#7K3M%209Q2T%200123%204567%2089AB%20CDEF%20GH",
    "#7K3M-9Q2T-OI23-4567-89AB-CDEF-GH",
    "#7K3M-9Q2T-oL23-4567-89AB-CDEF-GH",
  ]) {
    assert.equal(tokenIn(typed), TOKEN, typed);
  }
});

test("anything else is none", () => {
  for (const fragment of ["", "#", "#help-now", "#maincontent", `#${TOKEN}0`, `#${TOKEN.slice(1)}`,
    `#${TOKEN.slice(1)}U`, `#${TOKEN.slice(1)}é`, `#${TOKEN.slice(1)}<`]) {
    assert.equal(tokenIn(fragment), null, fragment);
  }
});

const answers = (status, body) => async () =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status });

test("each answer has its one meaning", async () => {
  const cases = [
    [200, { device: "d" }, { plan: { device: "d", token: TOKEN } }],
    [403, { error: "credential_spent" }, { gone: "spent" }],
    [403, { error: "credential_expired" }, { gone: "expired" }],
    [403, { error: "phones_off" }, { gone: "off" }],
    [403, { error: "link_closed" }, { gone: "closed" }],
    [403, { error: "below_age" }, { gone: "young" }],
    [401, { error: "credential_unknown" }, { gone: "unknown" }],
    [429, { error: "too_many_tries", wait_seconds: 5 }, { later: "wait" }],
    [503, { error: "too_busy" }, { later: "server" }],
    [403, "<title>Blocked by the firewall</title>", { later: "server" }],
    [200, "<title>Log in to this network</title>", { later: "server" }],
    [200, {}, { later: "server" }],
  ];
  for (const [status, body, expected] of cases) {
    assert.deepEqual(await openLink(TOKEN, answers(status, body)), expected, JSON.stringify(body));
  }
});

test("no network is said as such, and the token travels only in its header", async () => {
  const asked = [];
  const cut = async (...request) => {
    asked.push(request);
    throw new TypeError("no network");
  };
  assert.deepEqual(await openLink(TOKEN, cut), { later: "offline" });
  const [[address, options]] = asked;
  assert.equal(address, "/v1/phone/begin");
  assert.equal(options.headers.Authorization, `Bearer ${TOKEN}`);
  assert.equal(options.credentials, "omit");
  assert.equal(options.body, undefined);
});
