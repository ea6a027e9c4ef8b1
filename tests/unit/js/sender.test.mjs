import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import "./samples.mjs";
import {
  DEVICE,
  RECEIPT_KEY,
  ScriptedServer,
  StoppedClock,
  html,
  json,
  receiptFor,
  until,
} from "./stand-ins.mjs";
import { MemoryShelf, newItem } from "../../../static/js/appointment-shelf.js";
import { receiptKeyOf } from "../../../static/js/envelope.js";
import { Sender } from "../../../static/js/sender.js";

const FIRST = "0f8d4f2a-6c1b-4e5d-8a73-2b9c1d4e5f60";
const SECOND = "7c2f1e90-8d3a-4b6c-9e1f-5a4b3c2d1e0f";
const BYTES = Uint8Array.from({ length: 1128 }, (_, at) => at % 251);
const OTHER_BYTES = BYTES.map((byte) => byte ^ 1);

const stored = (request) => json(201, receiptFor(request));
const lost = () => Promise.reject(new TypeError("network error"));
const never = () => new Promise(() => {});

/** A sender between a shelf and a scripted server, with random numbers that are always `random`. */
function room(steps, { random = 0.5, ...options } = {}) {
  const server = new ScriptedServer(...steps);
  const clock = new StoppedClock();
  const states = [];
  const receipts = [];
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const key = receiptKeyOf(RECEIPT_KEY);
  const credential = key.then((receiptKey) => ({ token: "token-of-this-device", device: DEVICE, receiptKey }));
  const shelf = new MemoryShelf({ credential, device: DEVICE, nextSeq: 1 });
  const take = shelf.sent.bind(shelf);
  shelf.sent = (itemKey, receipt) => {
    receipts.push(receipt);
    return take(itemKey, receipt);
  };
  const sender = new Sender({
    shelf,
    fetch: server.fetch,
    clock,
    random: () => random,
    onChange: (state) => states.push(state),
    window,
    document,
    ...options,
  });
  const add = async (id, bytes, seq, itemKey = id) =>
    shelf.put({ ...(await newItem(id, DEVICE, seq, bytes)), key: itemKey, state: "ready" });
  return { sender, shelf, server, clock, states, receipts, window, document, add };
}

/** Wait until the sender rests after `count` requests, with a timer set or nothing to send. */
async function rest({ sender, shelf, server, clock }, count) {
  await until(() => server.requests.length >= count && server.open === 0);
  await until(() => (shelf.atRisk ? sender.state().retryAt !== null : clock.next() === null));
  await until(() => sender.state().waiting === shelf.atRisk);
  assert.equal(server.requests.length, count);
}

/** What every obstacle has in common: kept, told, sent again with the same bytes, then stored. */
async function keptAndSentAgain(step, problem, status) {
  const here = room([step, stored]);
  const { sender, server, clock } = here;
  await here.add(FIRST, BYTES, 1);
  await rest(here, 1);
  const state = sender.state();
  assert.equal(state.waiting, 1);
  assert.equal(state.stored + state.quarantined, 0);
  assert.equal(here.shelf.atRisk, 1);
  assert.equal(state.problem, problem);
  assert.equal(state.problemStatus, status);
  assert.deepEqual(here.receipts, []);
  clock.advance(clock.next());
  await rest(here, 2);
  assert.deepEqual(server.requests[1].body, Buffer.from(BYTES));
  assert.deepEqual(server.requests[1].init.headers, server.requests[0].init.headers);
  assert.equal(sender.state().stored, 1);
  assert.equal(sender.state().problem, null);
  assert.equal(here.shelf.atRisk, 0);
}

describe("a request", () => {
  it("carries the bytes, their digest and the token of the device, and no cookie", async () => {
    const here = room([stored]);
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    const [{ url, init, body }] = here.server.requests;
    const hash = createHash("sha256").update(BYTES).digest("base64");
    assert.equal(url, `/v1/responses/${FIRST}`);
    assert.deepEqual(body, Buffer.from(BYTES));
    assert.deepEqual(init.headers, {
      Authorization: "Bearer token-of-this-device",
      "Content-Type": "application/octet-stream",
      "Content-Digest": `sha-256=:${hash}:`,
    });
    const { method, credentials, redirect, cache, referrerPolicy } = init;
    assert.deepEqual(
      { method, credentials, redirect, cache, referrerPolicy },
      {
        method: "PUT",
        credentials: "omit",
        redirect: "manual",
        cache: "no-store",
        referrerPolicy: "no-referrer",
      },
    );
  });

  it("sends what was given even if the page reuses its buffer", async () => {
    const here = room([stored]);
    const buffer = BYTES.slice();
    await here.add(FIRST, buffer, 1);
    buffer.fill(0);
    await rest(here, 1);
    assert.deepEqual(here.server.requests[0].body, Buffer.from(BYTES));
  });
});

describe("a receipt of ours", () => {
  for (const status of [200, 201]) {
    it(`with ${status} counts as stored`, async () => {
      const here = room([(request) => json(status, receiptFor(request))]);
      await here.add(FIRST, BYTES, 1);
      assert.equal(here.shelf.atRisk, 1);
      await rest(here, 1);
      assert.deepEqual(here.sender.state(), {
        waiting: 0,
        atRisk: 0,
        stored: 1,
        quarantined: 0,
        problem: null,
        problemStatus: null,
        retryAt: null,
      });
      assert.deepEqual(here.receipts, [receiptFor(here.server.requests[0])]);
      assert.deepEqual(here.states.at(-1), here.sender.state());
      assert.equal(here.clock.next(), null);
    });
  }

  for (const status of [202, 409]) {
    it(`with ${status} counts as kept by the server, set aside`, async () => {
      const aside = (request) => json(status, receiptFor(request, { status: "quarantined" }));
      const here = room([aside]);
      await here.add(FIRST, BYTES, 1);
      await rest(here, 1);
      assert.equal(here.sender.state().quarantined, 1);
      assert.equal(here.sender.state().stored, 0);
      assert.equal(here.shelf.atRisk, 0);
    });
  }

  it("for an envelope that could not be opened has number 0 and counts", async () => {
    const aside = (request) => json(202, receiptFor(request, { status: "quarantined", seq: 0 }));
    const here = room([aside]);
    await here.add(FIRST, BYTES, 41);
    await rest(here, 1);
    assert.equal(here.sender.state().quarantined, 1);
  });

  it("counts whatever status a proxy made of it", async () => {
    const here = room([(request) => json(502, receiptFor(request))]);
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    assert.equal(here.sender.state().stored, 1);
  });
});

describe("what is no receipt of ours", () => {
  it("lost acknowledgement: the same bytes again, and the same receipt", async () => {
    const rows = new Map();
    const commit = (request) => {
      if (!rows.has(request.id)) rows.set(request.id, receiptFor(request));
      return json(200, rows.get(request.id));
    };
    const cut = (request) => {
      commit(request);
      throw new TypeError("connection reset");
    };
    const here = room([cut, cut, commit]);
    await here.add(FIRST, BYTES, 1);
    for (const round of [1, 2]) {
      await rest(here, round);
      assert.equal(here.sender.state().problem, "offline");
      here.clock.advance(here.clock.next());
    }
    await rest(here, 3);
    assert.equal(rows.size, 1);
    assert.deepEqual(here.receipts, [rows.get(FIRST)]);
    assert.equal(here.sender.state().stored, 1);
  });

  const half = (request) => json(200, JSON.stringify(receiptFor(request)).slice(0, 60));
  const torn = () => {
    const body = new ReadableStream({ start: (stream) => stream.error(new TypeError("cut")) });
    return new Response(body, { headers: { "Content-Type": "application/json" } });
  };
  const changed = (changes) => (request) => json(200, receiptFor(request, changes));
  const byOther = (request) => json(200, receiptFor(request, {}, "00".repeat(32)));
  const opaque = () => ({ ...plain(), type: "opaqueredirect", status: 0 });
  const followed = () => ({ ...plain(), status: 200, ok: true, redirected: true });
  const plain = () => ({ headers: new Headers(), text: async () => "", ok: false, type: "basic" });

  const obstacles = {
    "no network": [lost, "offline", null],
    "a reply that breaks off": [torn, "offline", null],
    "half a reply": [half, "server", 200],
    "a captive portal: 200 with a page": [() => html(200), "network_login", 200],
    "a captive portal: an empty 200": [() => new Response(""), "network_login", 200],
    "a redirect that was not followed": [opaque, "network_login", null],
    "a redirect that was followed": [followed, "network_login", 200],
    "a redirect a fetch gave away": [() => html(302), "network_login", 302],
    "network authentication required": [() => html(511), "network_login", 511],
    "a firewall's 403": [() => html(403), "refused", 403],
    "a token that has run out": [() => json(401, {}), "refused", 401],
    "a digest that did not match": [() => json(400, {}), "server", 400],
    "too large": [() => html(413), "too_large", 413],
    "too many": [() => json(429, {}), "server", 429],
    "busy": [() => json(503, {}), "server", 503],
    "a fault of the server": [() => html(500), "server", 500],
    "disk full": [() => json(507, {}), "server", 507],
    "a conflict without a receipt": [() => json(409, {}), "server", 409],
    "not found": [() => html(404), "server", 404],
    "JSON that is no receipt": [() => json(200, { status: "stored" }), "server", 200],
    "JSON null": [() => json(200, "null"), "server", 200],
    "a receipt with a wrong mac": [changed({ mac: "00".repeat(32) }), "server", 200],
    "a receipt by another key": [byOther, "server", 200],
    "a receipt over other bytes": [changed({ digest: "ab".repeat(32) }), "server", 200],
    "a receipt for another id": [changed({ id: SECOND }), "server", 200],
    "a receipt for another device": [changed({ device: SECOND }), "server", 200],
    "a receipt with an unknown status": [changed({ status: "sent" }), "server", 200],
  };
  for (const [name, [step, problem, status]] of Object.entries(obstacles)) {
    it(`${name}: kept and sent again`, () => keptAndSentAgain(step, problem, status));
  }

  it("no answer for 20 seconds: given up, aborted and sent again", async () => {
    const here = room([never, stored]);
    await here.add(FIRST, BYTES, 1);
    await until(() => here.server.requests.length === 1);
    here.clock.advance(19_999);
    assert.equal(here.server.requests[0].init.signal.aborted, false);
    here.clock.advance(1);
    assert.equal(here.server.requests[0].init.signal.aborted, true);
    await until(() => here.sender.state().retryAt !== null);
    assert.equal(here.sender.state().problem, "offline");
    here.clock.advance(here.clock.next());
    await until(() => here.sender.state().stored === 1);
  });

  it("is never dropped, however often it is refused", async () => {
    const here = room([() => html(403)]);
    await here.add(FIRST, BYTES, 1);
    for (let round = 1; round <= 40; round += 1) {
      await rest(here, round);
      here.clock.advance(here.clock.next());
    }
    await rest(here, 41);
    assert.equal(here.shelf.atRisk, 1);
    const bodies = new Set(here.server.requests.map(({ body }) => body.toString("hex")));
    assert.equal(bodies.size, 1);
  });
});

describe("waiting", () => {
  async function waits(random) {
    const here = room([lost], { random });
    const seen = [];
    await here.add(FIRST, BYTES, 1);
    for (let round = 1; round <= 9; round += 1) {
      await rest(here, round);
      seen.push(here.clock.next());
      here.clock.advance(here.clock.next());
    }
    return seen;
  }

  it("is never under a second, and doubles up to a minute at most", async () => {
    assert.deepEqual(await waits(0), Array(9).fill(1_000));
    const longest = [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000];
    assert.deepEqual(await waits(1), longest);
    assert.equal((await waits(0.5))[1], 2_500);
  });

  it("starts from the shortest again after a success", async () => {
    const here = room([lost, lost, stored, lost], { random: 1 });
    await here.add(FIRST, BYTES, 1);
    for (const [round, wait] of [[1, 2_000], [2, 4_000]]) {
      await rest(here, round);
      assert.equal(here.clock.next(), wait);
      here.clock.advance(wait);
    }
    await rest(here, 3);
    await here.add(SECOND, OTHER_BYTES, 2);
    await rest(here, 4);
    assert.equal(here.clock.next(), 2_000);
  });

  const later = new Date(1_000_000 + 90_000).toUTCString();
  const asked = { 120: 120_000, 0: 1_500, 7200: 600_000, soon: 1_500, [later]: 90_000 };
  for (const [header, expected] of Object.entries(asked)) {
    it(`honours Retry-After: ${header}`, async () => {
      const here = room([() => json(429, {}, { "Retry-After": header })]);
      await here.add(FIRST, BYTES, 1);
      await rest(here, 1);
      const spread = expected > 1_500 ? 500 : 0;
      assert.equal(here.clock.next(), expected + spread);
    });
  }

  it("that the server asked for is not cut short by waking", async () => {
    const here = room([() => json(503, {}, { "Retry-After": "120" }), stored]);
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    here.clock.advance(1_000);
    here.sender.wake();
    here.document.dispatchEvent(new Event("visibilitychange"));
    here.window.dispatchEvent(new Event("online"));
    assert.equal(here.clock.next(), 119_500);
    assert.equal(here.server.requests.length, 1);
    here.clock.advance(119_500);
    await rest(here, 2);
    assert.equal(here.sender.state().stored, 1);
  });

  it("ends when the page comes into view", async () => {
    const here = room([lost, lost, stored]);
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    here.document.visibilityState = "hidden";
    here.document.dispatchEvent(new Event("visibilitychange"));
    await rest(here, 1);
    here.document.visibilityState = "visible";
    here.document.dispatchEvent(new Event("visibilitychange"));
    await rest(here, 2);
    here.sender.wake();
    await rest(here, 3);
    assert.equal(here.sender.state().stored, 1);
  });

  it("ends within two seconds, spread, when the network comes back", async () => {
    const here = room([lost, lost, lost, lost, lost, lost, stored], { random: 0.75 });
    await here.add(FIRST, BYTES, 1);
    for (let round = 1; round <= 6; round += 1) {
      await rest(here, round);
      if (round < 6) here.clock.advance(here.clock.next());
    }
    assert.equal(here.clock.next(), 45_250);
    here.window.dispatchEvent(new Event("online"));
    assert.equal(here.clock.next(), 1_500);
    here.clock.advance(1_500);
    await rest(here, 7);
    assert.equal(here.sender.state().stored, 1);
  });
});

describe("several items", () => {
  it("go one at a time, in order", async () => {
    const here = room([stored]);
    await here.add(FIRST, BYTES, 1);
    await here.add(SECOND, OTHER_BYTES, 2);
    assert.equal(here.shelf.atRisk, 2);
    await rest(here, 2);
    assert.deepEqual(here.server.requests.map(({ id }) => id), [FIRST, SECOND]);
    assert.equal(here.server.mostOpen, 1);
    assert.equal(here.sender.state().stored, 2);
  });

  it("one that is always refused holds up no other, and is not forgotten", async () => {
    const gate = (request) => (request.id === FIRST ? html(413) : stored(request));
    const here = room([gate]);
    await here.add(FIRST, BYTES, 1);
    await here.add(SECOND, OTHER_BYTES, 2);
    await rest(here, 3);
    assert.deepEqual(here.server.requests.map(({ id }) => id), [FIRST, SECOND, FIRST]);
    const { waiting, stored: kept, problem } = here.sender.state();
    assert.deepEqual({ waiting, kept, problem }, { waiting: 1, kept: 1, problem: "too_large" });
  });

  it("two states of one set are both sent, for the server to set one aside", async () => {
    const aside = (request) => json(409, receiptFor(request, { status: "quarantined" }));
    const here = room([stored, aside]);
    await here.add(FIRST, BYTES, 1);
    await here.add(FIRST, OTHER_BYTES, 1, "another");
    await rest(here, 2);
    const { stored: kept, quarantined } = here.sender.state();
    assert.deepEqual({ kept, quarantined }, { kept: 1, quarantined: 1 });
  });

  it("a new one is tried at once while an old one waits", async () => {
    const here = room([lost, stored]);
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    await here.add(SECOND, OTHER_BYTES, 2);
    await rest(here, 3);
    assert.equal(here.sender.state().stored, 2);
  });
});

describe("several pages of one device", () => {
  /** Web Locks as far as they are used here: one holder of a name at a time, others wait. */
  class Locks {
    asked = [];
    #held = Promise.resolve();

    async request(name, options, work) {
      this.asked.push([name, options.steal === true]);
      if (options.steal) return work();
      const before = this.#held;
      let letGo = () => {};
      this.#held = new Promise((resolve) => (letGo = resolve));
      const given = new Promise((_, reject) =>
        options.signal.addEventListener("abort", () => reject(options.signal.reason)),
      );
      try {
        await Promise.race([before, given]);
        return await work();
      } finally {
        letGo();
      }
    }
  }

  const shared = (here) => Object.assign(here.shelf, { lockName: "grids-sender" });

  it("send one after the other, and the second finds nothing left", async () => {
    const locks = new Locks();
    const here = room([stored], { locks });
    shared(here);
    const other = new Sender({
      shelf: here.shelf,
      fetch: here.server.fetch,
      clock: here.clock,
      random: () => 0.5,
      window: here.window,
      document: here.document,
      locks,
    });
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    await until(() => other.state().stored === 1);
    assert.equal(here.server.requests.length, 1);
    assert.deepEqual([...new Set(locks.asked.map(([name]) => name))], ["grids-sender"]);
  });

  it("the lock of a page that was frozen with it is taken after a while", async (t) => {
    const locks = new Locks();
    void locks.request("grids-sender", { signal: new AbortController().signal }, () => never());
    const passed = new AbortController();
    t.mock.method(AbortSignal, "timeout", () => passed.signal);
    const here = room([stored], { locks });
    shared(here);
    here.sender.wake();
    await here.add(FIRST, BYTES, 1);
    await until(() => locks.asked.length > 1);
    assert.equal(here.server.requests.length, 0);
    passed.abort(new DOMException("", "TimeoutError"));
    await until(() => here.shelf.atRisk === 0);
    assert.equal(locks.asked.some(([, stolen]) => stolen), true);
  });

  it("what another page put there is left to it for a while, then sent", async () => {
    const here = room([stored], { random: 0 });
    await until(() => here.states.length > 0);
    // Put there without a word to this page; then the word comes from elsewhere.
    const watching = [];
    here.sender.stop();
    here.shelf.watch = (tell) => watching.push(tell);
    const { fetch } = here.server;
    const sender = new Sender({ ...here, fetch, random: () => 0 });
    await here.add(FIRST, BYTES, 1);
    watching[0]({ ready: true, here: false });
    await until(() => here.clock.next() === 5_000);
    assert.equal(here.server.requests.length, 0);
    here.clock.advance(5_000);
    await until(() => sender.state().stored === 1);
  });
});

describe("the page around it", () => {
  it("a screen that fails does not stop the sending", async () => {
    const broken = () => {
      throw new Error("a fault of the screen");
    };
    const here = room([lost, stored], { onChange: broken });
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    here.clock.advance(here.clock.next());
    await rest(here, 2);
    assert.equal(here.sender.state().stored, 1);
  });

  it("stopping ends timers and listening, and forgets nothing", async () => {
    const here = room([lost]);
    await here.add(FIRST, BYTES, 1);
    await rest(here, 1);
    here.sender.stop();
    assert.equal(here.clock.next(), null);
    here.window.dispatchEvent(new Event("online"));
    here.document.dispatchEvent(new Event("visibilitychange"));
    here.sender.wake();
    assert.equal(here.clock.next(), null);
    assert.equal(here.server.requests.length, 1);
    assert.equal(here.shelf.atRisk, 1);
  });
});
