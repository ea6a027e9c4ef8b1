/**
 * The database of the queue: opened, opened again when the browser closes it, and every write on
 * the disk before it counts.
 *
 * WebKit closes connections of its own accord, and a page that keeps the dead handle loses what it
 * writes in silence. Here a lost handle is forgotten, opened anew and the work done again; what
 * still fails is said to whoever asked, as NotKept. Work that is done twice must come to the same.
 *
 * @module outbox-store
 */

/** `none` no storage at all, `full` no room, `lost` it does not answer. @typedef {"none" | "full" | "lost"} Why */

const NAME = "grids-outbox";
const VERSION = 1;
const ATTEMPTS = 3;
const PAUSE_MS = 100;
/** A browser that has forgotten its database answers nothing at all. */
const PATIENCE_MS = 8_000;
/** Once it did not answer, nobody waits long for it again until it does. */
const LITTLE_PATIENCE_MS = 500;
export const SEAT = "seat";

/** What could not be written. Whoever is told so must not say that it was. */
export class NotKept extends Error {
  /** @param {Why} why @param {unknown} cause */
  constructor(why, cause) {
    super(`not kept: ${why}`, { cause });
    this.name = "NotKept";
    this.why = why;
  }
}

export class Store {
  /** @type {Promise<IDBDatabase> | null} */
  #opening = null;
  #isUnwell = false;
  #factory;

  /** @param {IDBFactory} [factory] */
  constructor(factory = globalThis.indexedDB) {
    this.#factory = factory;
  }

  /**
   * @returns {Promise<boolean>} whether this browser has a queue; none is made by asking
   * @throws {NotKept} if the browser does not say
   */
  async exists() {
    try {
      if (!this.#factory) throw noStorage();
      const database = await inTime(opened(this.#factory, false), PATIENCE_MS);
      database?.close();
      return database !== null;
    } catch (error) {
      throw new NotKept(whyOf(error), error);
    }
  }

  /**
   * @template T
   * @param {(items: IDBObjectStore, seat: IDBObjectStore) => Promise<T>} work awaits nothing but
   *   requests of its two stores
   * @returns {Promise<T>} settled once it is on the disk
   * @throws {NotKept}
   */
  write(work) {
    return this.#again("readwrite", work);
  }

  /**
   * @template T
   * @param {(items: IDBObjectStore, seat: IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>}
   * @throws {NotKept}
   */
  read(work) {
    return this.#again("readonly", work);
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(items: IDBObjectStore, seat: IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #again(mode, work) {
    const patience = this.#isUnwell ? LITTLE_PATIENCE_MS : PATIENCE_MS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await inTime(this.#once(mode, work), patience);
        this.#isUnwell = false;
        return result;
      } catch (error) {
        this.#forget();
        const isLast = attempt === ATTEMPTS || this.#isUnwell || !mayPass(error);
        this.#isUnwell ||= isLast && mayPass(error);
        if (isLast) throw new NotKept(whyOf(error), error);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      }
    }
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(items: IDBObjectStore, seat: IDBObjectStore) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #once(mode, work) {
    const database = await this.#open();
    // Without "strict" a browser says "complete" some seconds before it is true.
    const transaction = database.transaction(["items", SEAT], mode, { durability: "strict" });
    return new Promise((resolve, reject) => {
      /** @type {T} */
      let result;
      /** @type {unknown} */
      let failure = null;
      const fail = () => reject(failure ?? transaction.error ?? new DOMException("", "AbortError"));
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = fail;
      work(transaction.objectStore("items"), transaction.objectStore(SEAT)).then(
        (value) => {
          result = value;
        },
        (error) => {
          failure = error;
          try {
            transaction.abort();
          } catch {
            fail(); // it was over already
          }
        },
      );
    });
  }

  #open() {
    if (!this.#factory) return Promise.reject(noStorage());
    const forget = (/** @type {IDBDatabase} */ database) => {
      database.close();
      this.#opening = null;
    };
    this.#opening ??= opened(this.#factory, true).then((found) => {
      const database = /** @type {IDBDatabase} */ (found);
      database.onclose = () => forget(database);
      database.onversionchange = () => forget(database); // never in another page's way
      return database;
    });
    return this.#opening;
  }

  #forget() {
    const opening = this.#opening;
    this.#opening = null;
    const close = (/** @type {IDBDatabase} */ database) => database.close();
    opening?.then(close, () => {}); // not awaited: it may never come
  }
}

function noStorage() {
  return new DOMException("this browser stores nothing", "SecurityError");
}

/**
 * @param {IDBFactory} factory
 * @param {boolean} create
 * @returns {Promise<IDBDatabase | null>} null where there is none and none is to be made
 */
function opened(factory, create) {
  return new Promise((resolve, reject) => {
    const request = factory.open(NAME, VERSION);
    let isNew = false;
    request.onupgradeneeded = () => {
      isNew = true;
      if (create) makeStores(request.result);
      else request.transaction?.abort();
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => (isNew && !create ? resolve(null) : reject(request.error));
  });
}

/** @param {IDBDatabase} database */
function makeStores(database) {
  const items = database.createObjectStore("items", { keyPath: "key" });
  items.createIndex("waiting", "waiting"); // only rows that wait have the field
  database.createObjectStore(SEAT);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @template T
 * @param {Promise<T>} work
 * @param {number} patience ms
 * @returns {Promise<T>}
 */
async function inTime(work, patience) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException("no answer", "TimeoutError")), patience);
  });
  try {
    return /** @type {T} */ (await Promise.race([work, late]));
  } finally {
    clearTimeout(timer);
  }
}

/** @param {unknown} error @returns {boolean} whether another try may do it */
function mayPass(error) {
  const never = ["QuotaExceededError", "SecurityError", "DataCloneError", "ConstraintError"];
  return error instanceof DOMException && !never.includes(error.name);
}

/** @param {unknown} error @returns {Why} */
function whyOf(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "QuotaExceededError") return "full";
  return name === "SecurityError" ? "none" : "lost";
}
