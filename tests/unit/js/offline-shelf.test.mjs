import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { SHELF, fillShelf, readShelf } from "../../../static/js/offline-shelf.js";

const STYLE = "/static/0123456789ab/css/app.css";
const SCRIPT = "/static/ba9876543210/js/grid.js";
const GRID = "/g/k7/1?voice=parent";
const PAPER = "/g/k7/1/handout.pdf?voice=parent";
const NOW = Date.parse("2026-11-23T09:00:00.000Z");

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** The part of the browser's cache that is used, with a limit to how much fits. */
class Shelf {
  kept = new Map();
  room = Infinity;

  match = async (url) => this.kept.get(url)?.clone();
  keys = async () => [...this.kept.keys()].map((url) => ({ url: `https://grids.test${url}` }));
  delete = async ({ url }) => this.kept.delete(url.replace("https://grids.test", ""));
  put = async (url, response) => {
    if ((await response.clone().text()).length > this.room) throw new DOMException("full");
    this.kept.set(url, response);
  };
}

/** A device and a server with these files; `answers` stand in for what bad luck answers. */
function room(files, { coming = [] } = {}) {
  const shelf = new Shelf();
  const opened = [];
  const caches = {
    has: async (name) => opened.includes(name),
    open: async (name) => {
      opened.push(name);
      return shelf;
    },
  };
  const there = { caches, shelf, files: new Map(Object.entries(files)), answers: new Map(), coming };
  there.asked = [];
  there.list = () => {
    const rows = [...there.files].map(([url, text]) => ({ url, sha256: sha256(text) }));
    for (const row of rows) if (row.url.startsWith("/g/")) row.lease_hours = 168;
    return { build: sha256(JSON.stringify(rows)), files: rows, coming: there.coming };
  };
  there.fetch = async (url, options) => {
    there.asked.push([url, options]);
    const answer = there.answers.get(url) ?? there.answers.get("*");
    if (answer) return answer();
    if (url === "/offline.json") return Response.json(there.list());
    const headers = { "content-encoding": "br", vary: "accept-encoding", "x-own": "kept" };
    return new Response(there.files.get(url), { headers });
  };
  there.fill = (more = {}) => fillShelf({ fetch: there.fetch, caches, now: () => NOW, ...more });
  there.urls = () => [...shelf.kept.keys()].sort();
  there.text = async (url) => (await shelf.match(url)).text();
  return there;
}

const notFound = () => new Response("gone", { status: 404 });
const lost = () => Promise.reject(new TypeError("network error"));
const logIn = () => new Response("<html>Log in to the Wi-Fi", { status: 200 });

const FILES = { [STYLE]: "body {}", [SCRIPT]: "run()", "/help": "999", [GRID]: "a grid" };

describe("filling the shelf", () => {
  it("keeps every listed file under its address, with what the worker needs to know", async () => {
    const there = room(FILES);
    const state = await there.fill();
    assert.deepEqual(state, {
      held: 4,
      total: 4,
      failed: [],
      coming: 0,
      build: there.list().build,
      checked_at: "2026-11-23T09:00:00.000Z",
      problem: null,
    });
    assert.deepEqual(there.urls(), [...Object.keys(FILES), "/offline.json"].sort());
    const { headers } = await there.shelf.match(GRID);
    assert.equal(headers.get("x-shelf-lease-hours"), "168");
    assert.equal(headers.get("x-own"), "kept");
    assert.deepEqual([headers.get("vary"), headers.get("content-encoding")], [null, null]);
    assert.equal((await there.shelf.match("/help")).headers.get("x-shelf-lease-hours"), null);
    assert.deepEqual(await readShelf(there), state);
  });

  it("asks one at a time, without a cookie, and follows nobody elsewhere", async () => {
    const there = room(FILES);
    let open = 0;
    const fetch = async (...request) => {
      open += 1;
      assert.equal(open, 1);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return there.fetch(...request);
    };
    await there.fill({ fetch });
    for (const [, options] of there.asked) {
      assert.deepEqual(
        [options.credentials, options.redirect, options.cache],
        ["omit", "error", "no-store"],
      );
    }
  });

  it("asks the second time for what changed and nothing else", async () => {
    const there = room(FILES);
    await there.fill();
    there.asked.length = 0;
    there.files.set(GRID, "a newer grid");
    const state = await there.fill();
    assert.deepEqual(there.asked.map(([url]) => url), ["/offline.json", GRID]);
    assert.equal(await there.text(GRID), "a newer grid");
    assert.equal(state.held, 4);
  });

  for (const [why, bad] of Object.entries({ "a 404": notFound, silence: lost, "other bytes": logIn })) {
    it(`goes on after ${why} and says which file it was`, async () => {
      const there = room(FILES);
      there.answers.set("/help", bad);
      const state = await there.fill();
      assert.deepEqual([state.held, state.total, state.failed], [3, 4, ["/help"]]);
      assert.deepEqual((await readShelf(there)).failed, ["/help"]);
      there.answers.clear();
      assert.equal((await there.fill()).held, 4);
    });
  }

  it("leaves a document as it is while a file is missing that it may need", async () => {
    const there = room(FILES);
    await there.fill();
    const newer = "/static/111111111111/css/app.css";
    there.files.delete(STYLE);
    there.files = new Map([[newer, "html {}"], ...there.files, ["/leave", "new here"]]);
    there.files.set("/help", "999 and 111");
    there.answers.set(newer, notFound);
    const state = await there.fill();
    assert.deepEqual(state.failed, [newer, "/help"]);
    assert.equal(await there.text("/help"), "999");
    assert.equal(await there.text(STYLE), "body {}");
    assert.equal(await there.text("/leave"), "new here");

    there.answers.clear();
    assert.deepEqual((await there.fill()).failed, []);
    assert.equal(await there.text("/help"), "999 and 111");
    assert.ok(!there.urls().includes(STYLE));
  });

  it("lets go of a withdrawn grid at once, also when the network dies after the list", async () => {
    const there = room(FILES);
    await there.fill();
    there.files.delete(GRID);
    there.files.set("/help", "newer");
    there.answers.set("/help", lost);
    const state = await there.fill();
    assert.ok(!there.urls().includes(GRID));
    assert.deepEqual(state.failed, ["/help"]);
    assert.equal(await there.text("/help"), "999");
  });

  it("keeps a paper that the server is making anew, and lets go of one that it is not", async () => {
    const there = room({ ...FILES, [PAPER]: "%PDF" });
    await there.fill();
    there.files.delete(PAPER);
    there.coming = [PAPER];
    const waiting = await there.fill();
    assert.equal(waiting.coming, 1);
    assert.equal(await there.text(PAPER), "%PDF");
    there.coming = [];
    await there.fill();
    assert.ok(!there.urls().includes(PAPER));
  });

  it("stops asking when nobody answers any more", async () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`/static/${at}`, "x"]));
    const there = room(many);
    there.answers.set("*", lost);
    there.answers.set("/offline.json", () => Response.json(there.list()));
    const state = await there.fill();
    assert.deepEqual([state.held, state.failed.length, there.asked.length], [0, 20, 4]);
  });

  it("keeps what fits when the device is full", async () => {
    const there = room({ "/help": "999", [GRID]: "g".repeat(5_000) });
    there.shelf.room = 1_000;
    assert.deepEqual((await there.fill()).failed, [GRID]);
    assert.equal(await there.text("/help"), "999");
  });
});

describe("a list that is not ours", () => {
  const altered = (change) => (there) => {
    const list = there.list();
    change(list);
    return Response.json(list);
  };
  const lists = {
    "no network": [lost, "offline"],
    "a log-in page": [logIn, "server"],
    "a busy server": [() => new Response("{}", { status: 503 }), "server"],
    "half a list": [altered((list) => list.files.pop()), "server"],
    "no list of what is coming": [altered((list) => delete list.coming), "server"],
    "an address elsewhere": [
      () => {
        const files = [{ url: "//elsewhere.test/", sha256: sha256("") }];
        return Response.json({ build: sha256(JSON.stringify(files)), files, coming: [] });
      },
      "server",
    ],
  };
  for (const [what, [answer, problem]] of Object.entries(lists)) {
    it(`changes nothing: ${what}`, async () => {
      const there = room(FILES);
      const before = await there.fill();
      there.answers.set("/offline.json", () => answer(there));
      assert.deepEqual(await there.fill({ now: () => NOW + 9e6 }), { ...before, problem });
      assert.equal(there.urls().length, 5);
    });
  }
});

describe("a device without a shelf", () => {
  it("says so and makes none by looking", async () => {
    const there = room(FILES);
    const state = await readShelf(there);
    assert.deepEqual([state.held, state.total, state.build, state.problem], [0, 0, null, null]);
    assert.equal(await there.caches.has(SHELF), false);
  });

  it("says that there is nowhere to keep anything", async () => {
    const closed = { has: () => Promise.reject(new DOMException("SecurityError")) };
    assert.equal((await readShelf({ caches: closed })).problem, "storage");
    const there = room(FILES);
    const full = { ...there.caches, open: () => Promise.reject(new DOMException("no")) };
    assert.equal((await there.fill({ caches: full })).problem, "storage");
  });
});
