// A clock that stands still, and a server that answers what a test tells it to.
import { createHash, createHmac } from "node:crypto";

export const RECEIPT_KEY = "5a".repeat(32);
export const DEVICE = "9a1d7c34-52e0-4b8f-b6a1-7e3c2d1f0a99";

export class StoppedClock {
  #now = 1_000_000;
  #timers = new Map();
  #made = 0;

  now = () => this.#now;

  setTimeout = (run, ms) => {
    this.#made += 1;
    this.#timers.set(this.#made, { run, due: this.#now + ms });
    return this.#made;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  /** Move on and run what is due, in order. */
  advance(ms) {
    this.#now += ms;
    const due = [...this.#timers].filter(([, timer]) => timer.due <= this.#now);
    for (const [id, timer] of due.sort(([, a], [, b]) => a.due - b.due)) {
      if (this.#timers.delete(id)) timer.run();
    }
  }

  /** How many ms until the next timer, null for none. */
  next() {
    const due = [...this.#timers.values()].map((timer) => timer.due);
    return due.length ? Math.min(...due) - this.#now : null;
  }
}

/** Wait, in real time, until `holds` does: Web Crypto answers from another thread. */
export async function until(holds) {
  const end = Date.now() + 5_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never held: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The receipt of a real server for the bytes of one request. */
export function receiptFor(request, changes = {}, key = RECEIPT_KEY) {
  const fields = {
    id: request.id,
    digest: createHash("sha256").update(request.body).digest("hex"),
    device: DEVICE,
    seq: 1,
    status: "stored",
    server_time: "2026-11-22T09:00:01.345Z",
    ...changes,
  };
  const { id, digest, device, seq, status, server_time: time } = fields;
  const signed = [id, digest, device, seq, status, time].join("\n");
  const mac = createHmac("sha256", Buffer.from(key, "hex")).update(signed).digest("hex");
  return { mac, ...fields, ...(changes.mac ? { mac: changes.mac } : {}) };
}

export const json = (status, value, headers = {}) =>
  new Response(typeof value === "string" ? value : JSON.stringify(value), {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  });

export const html = (status, headers = {}) =>
  new Response("<!doctype html><title>Log in</title>", {
    status,
    headers: { "Content-Type": "text/html", ...headers },
  });

/** Answers a script: one step for each request, the last step for all that follow. */
export class ScriptedServer {
  requests = [];
  open = 0;
  mostOpen = 0;
  #steps;

  constructor(...steps) {
    this.#steps = steps;
  }

  fetch = async (url, init) => {
    const request = { url, id: url.split("/").at(-1), init, body: Buffer.from(init.body) };
    this.requests.push(request);
    const step = this.#steps[Math.min(this.requests.length, this.#steps.length) - 1];
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      return await step(request);
    } finally {
      this.open -= 1;
    }
  };
}
