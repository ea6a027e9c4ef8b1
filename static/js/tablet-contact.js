/**
 * Tells the service now and then how this tablet is, and does what the answer says.
 *
 * Nothing here concerns answers themselves: the sender brings those, whatever becomes of a
 * contact. A firewall's 403 is not a revocation and a log-in page is no answer: only the service's
 * own words change anything.
 *
 * @module tablet-contact
 */

/** @typedef {import("./sender.js").Clock} Clock */

/**
 * What the queue counts, never what is in it.
 *
 * @typedef {{open: number, waiting: number, oldest_waiting_at: string | null, kept: number,
 *   last_seq: number, waiting_seqs: number[]}} Counts
 */

/**
 * The part of the seat row that a contact reads and writes. `heard_at` is the device's clock at the
 * last contact, `clock_seen` the latest it ever showed, `skew_ms` how far the service was ahead.
 *
 * @typedef {{token: string, generation: string | null, config: any, config_sha256: string | null,
 *   key: {id: string, public: string}, tablet: any, contacted_at: string | null,
 *   heard_at: number | null, clock_seen: number, skew_ms: number,
 *   standing: "good" | "revoked" | "unknown"}} Seat
 */

/**
 * @typedef {{seat: () => Promise<any>, changeSeat: (change: (seat: any) => any) => Promise<any>,
 *   counts: () => Promise<Counts>, reoffer: (generation: string) => Promise<void>,
 *   erase: (ids: string[]) => Promise<void>}} Store
 */

/** @typedef {{refresh: () => Promise<unknown>, releases: () => Promise<string[]>}} Shelf */

/** @typedef {"reached" | "offline" | "network_login" | "server" | "revoked" | "unknown"} Outcome */

const ADDRESS = "/v1/tablet/contact";
const TIMEOUT_MS = 20_000;
const EVERY_MS = 300_000;
/** All tablets of a clinic come online in the same instant; they should not knock in it. */
const SPREAD_MS = 2_000;
const MOST_SEQS = 500;

/** @type {Clock} */
const realClock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
};

export class Contact {
  #store;
  #shelf;
  #about;
  #fetch;
  #clock;
  #random;
  #onChange;
  #window;
  #document;
  /** @type {Promise<Outcome> | null} */
  #running = null;
  /** @type {unknown} */
  #timer = null;
  #stopped = true;
  #onOnline = () => this.#schedule(this.#random() * SPREAD_MS);
  #onVisible = () => {
    if (this.#document?.visibilityState === "visible") this.#schedule(0);
  };

  /**
   * @param {object} options
   * @param {Store} options.store
   * @param {Shelf} options.shelf
   * @param {() => Promise<{storage: string, build: string, installed: boolean}>} options.about
   * @param {(outcome: Outcome) => void} [options.onChange]
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {Clock} [options.clock]
   * @param {() => number} [options.random]
   * @param {EventTarget} [options.window]
   * @param {EventTarget & {visibilityState: string}} [options.document]
   */
  constructor({
    store,
    shelf,
    about,
    onChange = () => {},
    fetch = globalThis.fetch,
    clock = realClock,
    random = Math.random,
    window = globalThis.window,
    document = globalThis.document,
  }) {
    this.#store = store;
    this.#shelf = shelf;
    this.#about = about;
    this.#onChange = onChange;
    this.#fetch = fetch.bind(globalThis);
    this.#clock = clock;
    this.#random = random;
    this.#window = window;
    this.#document = document;
  }

  /** At once, when the page is seen again, when a network comes, and every five minutes or so. */
  start() {
    this.#stopped = false;
    this.#window?.addEventListener("online", this.#onOnline);
    this.#document?.addEventListener("visibilitychange", this.#onVisible);
    this.#schedule(0);
  }

  stop() {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
    this.#window?.removeEventListener("online", this.#onOnline);
    this.#document?.removeEventListener("visibilitychange", this.#onVisible);
  }

  /** Now; a contact that is on its way counts. @returns {Promise<Outcome>} */
  now() {
    this.#running ??= this.#exchange().finally(() => {
      this.#running = null;
      if (!this.#stopped) this.#schedule(EVERY_MS * (0.8 + 0.4 * this.#random()));
    });
    return this.#running;
  }

  /** @param {number} delay ms */
  #schedule(delay) {
    if (this.#stopped) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => void this.now(), delay);
  }

  /** @returns {Promise<Outcome>} */
  async #exchange() {
    /** @type {Outcome} */
    let outcome = "offline";
    try {
      const seat = await this.#store.seat();
      if (seat) outcome = await this.#apply(await this.#ask(seat));
    } catch (error) {
      if (!isNetwork(error)) globalThis.reportError?.(error);
    }
    this.#onChange(outcome);
    return outcome;
  }

  /** @param {Seat} seat @returns {Promise<{answer: Response, body: any}>} */
  async #ask(seat) {
    const [counts, releases, about] = await Promise.all([
      this.#store.counts(),
      this.#shelf.releases().catch(() => []),
      this.#about(),
    ]);
    const report = {
      waiting: counts.waiting + counts.open,
      oldest_waiting_at: counts.oldest_waiting_at,
      kept: counts.kept,
      last_seq: counts.last_seq,
      waiting_seqs: counts.waiting_seqs.slice(0, MOST_SEQS),
      ...about,
      releases,
      generation: seat.generation,
      config_sha256: seat.config ? seat.config_sha256 : null,
      device_time: new Date(this.#clock.now()).toISOString(),
    };
    const answer = await this.#fetch(ADDRESS, {
      method: "POST",
      headers: { Authorization: `Bearer ${seat.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(report),
      cache: "no-store",
      credentials: "omit", // never the login of whoever is signed in
      redirect: "manual",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { answer, body: await answer.json().catch(() => null) };
  }

  /** @param {{answer: Response, body: any}} heard @returns {Promise<Outcome>} */
  async #apply({ answer, body }) {
    if (answer.ok && isOurs(body)) return this.#keep(body);
    if (answer.status === 403 && body?.error === "tablet_revoked") return this.#revoke(body);
    if (answer.status === 401 && typeof body?.error === "string") {
      await this.#store.changeSeat((seat) => ({ ...seat, standing: "unknown" }));
      return "unknown";
    }
    return body === null && answer.status < 500 ? "network_login" : "server";
  }

  /** @param {any} body @returns {Promise<Outcome>} */
  async #keep(body) {
    await this.#copies(body);
    await this.#store.changeSeat((seat) => heard(seat, body, this.#clock.now()));
    // Not waited for: it may take minutes, and whoever asked only wants to know what was heard.
    void this.#shelf.refresh().catch((error) => globalThis.reportError?.(error));
    return "reached";
  }

  /** @param {any} body @returns {Promise<Outcome>} what waits still goes; nothing begins here */
  async #revoke(body) {
    await this.#copies(body);
    const { generation } = body;
    await this.#store.changeSeat((seat) => ({ ...seat, standing: "revoked", generation }));
    return "revoked";
  }

  /** Delete what was erased; offer the others again to a service that was put back. @param {any} body */
  async #copies(body) {
    if (body.erased?.length) await this.#store.erase(body.erased);
    const before = await this.#store.seat();
    // First the copies, then the name of the copy they are for: cut in between it is done again.
    if (before?.generation && body.generation && before.generation !== body.generation) {
      await this.#store.reoffer(body.generation);
    }
  }
}

/**
 * The seat after the service's answer.
 *
 * @param {any} seat
 * @param {any} body
 * @param {number} now
 */
export function heard(seat, body, now) {
  return {
    ...seat,
    tablet: body.tablet,
    key: body.key,
    generation: body.generation,
    config: body.config ?? seat.config, // not sent again where this tablet holds it
    config_sha256: body.config_sha256,
    contacted_at: body.server_time,
    heard_at: now,
    clock_seen: now,
    skew_ms: Date.parse(body.server_time) - now,
    standing: "good",
  };
}

/** @param {any} body @returns {boolean} */
function isOurs(body) {
  return (
    typeof body?.server_time === "string" &&
    Number.isFinite(Date.parse(body.server_time)) &&
    typeof body.generation === "string" &&
    typeof body.key?.public === "string" &&
    typeof body.config_sha256 === "string" &&
    (body.config === undefined || Array.isArray(body.config?.calendar))
  );
}

/** @param {unknown} error @returns {boolean} no network, or no answer in time */
function isNetwork(error) {
  return error instanceof TypeError || (error instanceof DOMException && /Abort|Timeout/.test(error.name));
}
