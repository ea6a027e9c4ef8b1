/**
 * The page side of the shelf: keeps on an enrolled tablet what `/offline.json` lists, and says
 * how much of it is there. The worker (`sw.js`) only reads what this puts there.
 *
 * One file at a time, each checked against the hash on the list, so that a missing file, a half
 * answer or a log-in page in a file's place costs that file and no other. What is no longer
 * listed goes at once: a grid that was taken back must not be opened here again. Nothing here
 * ever reloads a page.
 *
 * @module offline-shelf
 */

import { sha256hex } from "./envelope.js";

export const SHELF = "grids-shelf-1";
const LIST = "/offline.json";
const WORKER = "/sw.js";
const SCOPE = "/";
const HASH_HEADER = "x-shelf-sha256";
const LEASE_HEADER = "x-shelf-lease-hours";
const CHECKED_HEADER = "x-shelf-checked-at";
/** Named by the worker as well: it reads what stands under these. */
const ANSWERING = "grids-set-";
const FILLING = "grids-shelf";
const TIMEOUT_MS = 30_000;
/** After so many in a row without any answer the network is gone, and the rest waits. */
const MOST_SILENT = 3;
const PAPERS_WAIT_MS = 15_000;
const MOST_WAITS = 40;
/** Of one answer: they would be untrue of the copy, which is unpacked. */
const NOT_KEPT = ["content-encoding", "content-length", "vary", "set-cookie"];

/** @typedef {{url: string, sha256: string, lease_hours?: number}} ListedFile */

/** `keeps`: the one grid that a visitor keeps, such as `k7/1`; not on the list of a tablet.
 * @typedef {{build: string, files: ListedFile[], coming: string[], keeps?: string}} ShelfList */

/**
 * `held` of `total` files are here as listed; `failed` are the addresses that are not, or are
 * older; `coming` papers are still being made by the server. `problem` is why the list itself did
 * not come: `offline` no answer, `server` an answer that is not the list, `storage` nowhere to
 * keep it. `checked_at` is when the list last came, by the clock of this device.
 *
 * @typedef {{held: number, total: number, failed: string[], coming: number, build: string | null,
 *   checked_at: string | null, problem: "offline" | "server" | "storage" | null}} ShelfState
 */

/**
 * @typedef {object} Surroundings what a test puts in place of the browser's own
 * @property {typeof globalThis.fetch} [fetch]
 * @property {CacheStorage} [caches]
 * @property {() => number} [now]
 * @property {string} [from] where the list is asked for; a visitor's own phone keeps one grid
 * @property {(state: ShelfState) => void} [onChange] after every file and at the end
 */

/** @type {any} */
let waiting = null;

/**
 * Register the worker. For enrolled tablets, and for a phone whose owner taps "keep this page":
 * otherwise a visitor's device keeps nothing.
 *
 * @param {"tablet" | "phone"} [whose] the address of the worker tells them apart
 * @returns {Promise<boolean>} whether this browser has workers and took this one
 */
export async function register(whose = "tablet") {
  const worker = whose === "phone" ? `${WORKER}?phone` : WORKER;
  try {
    await navigator.serviceWorker.register(worker, { scope: SCOPE, updateViaCache: "none" });
    return true;
  } catch {
    return false; // private mode, a policy, no network at the first time
  }
}

/** Take the worker and the whole shelf away again, as when a tablet is no longer one. */
export async function unregister() {
  clearTimeout(waiting);
  await (await registration())?.unregister();
  await alone(async () => globalThis.caches?.delete(SHELF)); // not while it is being filled
}

/**
 * Let a newer worker take over, if one waits. Ask for it only where nobody is answering; a set
 * that is open in another tab holds it back too. No page is reloaded by it.
 *
 * @returns {Promise<boolean>} whether it was told to
 */
export async function activateWaiting() {
  const newer = (await registration())?.waiting;
  if (!newer || (await somebodyAnswers())) return false;
  newer.postMessage({ type: "activate" });
  return true;
}

/** @returns {Promise<ServiceWorkerRegistration | undefined>} */
async function registration() {
  return globalThis.navigator?.serviceWorker?.getRegistration(SCOPE);
}

/** @returns {Promise<boolean>} */
async function somebodyAnswers() {
  const { held } = (await navigator.locks?.query()) ?? {};
  return Boolean(held?.some((lock) => lock.name?.startsWith(ANSWERING)));
}

/**
 * What is on this device, without asking the network.
 *
 * @param {Surroundings} [around]
 * @returns {Promise<ShelfState>}
 */
export async function readShelf({ caches = globalThis.caches } = {}) {
  try {
    if (!(await caches.has(SHELF))) return stateOf(null, 0, [], null, null);
    const shelf = await caches.open(SHELF);
    const kept = await shelf.match(LIST);
    if (!kept) return stateOf(null, 0, [], null, null);
    const checked = kept.headers.get(CHECKED_HEADER);
    const list = /** @type {ShelfList} */ (await kept.json());
    const failed = [];
    for (const file of list.files) if (!(await isHeld(shelf, file))) failed.push(file.url);
    return stateOf(list, list.files.length - failed.length, failed, checked, null);
  } catch {
    return stateOf(null, 0, [], null, "storage");
  }
}

/**
 * Bring the shelf up to the list: at a tablet's start and at every contact. One tab at a time.
 * While papers are still being made the list is asked for again, without anybody waiting for it.
 *
 * @param {Surroundings} [around]
 * @returns {Promise<ShelfState>}
 */
export async function fillShelf(around = {}) {
  void registration().then((found) => found?.update()).catch(() => {}); // a newer worker may wait
  clearTimeout(waiting);
  return fillAgain(around, MOST_WAITS);
}

/** @param {Surroundings} around @param {number} waits */
async function fillAgain(around, waits) {
  const state = await alone(() => fill(around));
  if (state.coming && !state.problem && waits > 0) {
    waiting = setTimeout(() => void fillAgain(around, waits - 1), PAPERS_WAIT_MS);
    waiting.unref?.();
  }
  return state;
}

/** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
async function alone(work) {
  const locks = globalThis.navigator?.locks;
  return locks ? locks.request(FILLING, work) : work();
}

/** @param {Surroundings} around @returns {Promise<ShelfState>} */
async function fill({
  fetch = globalThis.fetch.bind(globalThis),
  caches = globalThis.caches,
  now = Date.now,
  from = LIST,
  onChange = () => {},
}) {
  const { list, problem } = await fetchList(fetch, from);
  if (!list) return { ...(await readShelf({ caches })), problem };
  try {
    const shelf = await caches.open(SHELF);
    const checked = new Date(now()).toISOString();
    await dropDocuments(shelf, list);
    await keepList(shelf, list, checked);
    const failed = await keepFiles(shelf, list, fetch, (held, missed) =>
      onChange(stateOf(list, held, missed, checked, null)),
    );
    // Older documents may still need older files: these go when everything new is here.
    if (!failed.length) await dropUnlisted(shelf, list);
    const state = stateOf(list, list.files.length - failed.length, failed, checked, null);
    onChange(state);
    return state;
  } catch {
    return { ...(await readShelf({ caches })), problem: "storage" };
  }
}

/**
 * @param {ShelfList | null} list @param {number} held @param {string[]} failed
 * @param {string | null} checked @param {ShelfState["problem"]} problem
 * @returns {ShelfState}
 */
function stateOf(list, held, failed, checked, problem) {
  const total = list?.files.length ?? 0;
  const build = list?.build ?? null;
  const coming = list?.coming.length ?? 0;
  return { held, total, failed: [...failed], coming, build, checked_at: checked, problem };
}

/**
 * The list, if it is ours and whole: anything else must not empty the shelf.
 *
 * @param {typeof globalThis.fetch} fetch
 * @param {string} from
 * @returns {Promise<{list: ShelfList | null, problem: ShelfState["problem"]}>}
 */
async function fetchList(fetch, from) {
  let answer;
  try {
    answer = await ask(fetch, from);
  } catch {
    return { list: null, problem: "offline" };
  }
  try {
    const list = JSON.parse(new TextDecoder().decode(await bytesOf(answer)));
    const hash = await sha256hex(new TextEncoder().encode(JSON.stringify(list.files)));
    const isOurs = answer.ok && hash === list.build && Array.isArray(list.coming);
    const isPlain = isOurs && list.files.every(isPlainAddress);
    return isPlain ? { list, problem: null } : { list: null, problem: "server" };
  } catch {
    return { list: null, problem: "server" };
  }
}

/** @param {ListedFile} file */
function isPlainAddress({ url }) {
  return url.startsWith("/") && !url.startsWith("//") && !url.startsWith("/v1/");
}

/**
 * Nobody's cookie travels along, nothing comes out of the browser's own store, and no log-in page
 * that a network sends us to can stand for a file.
 *
 * @param {typeof globalThis.fetch} fetch @param {string} url
 */
function ask(fetch, url) {
  return fetch(url, {
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

/** @param {Response} answer */
async function bytesOf(answer) {
  return new Uint8Array(await answer.arrayBuffer());
}

/** @param {Cache} shelf @param {ListedFile} file */
async function isHeld(shelf, file) {
  const kept = await shelf.match(file.url, { ignoreVary: true });
  return Boolean(kept) && isSame(/** @type {Response} */ (kept), file);
}

/** @param {Response} kept @param {ListedFile} file */
function isSame(kept, { sha256, lease_hours: hours }) {
  const lease = kept.headers.get(LEASE_HEADER);
  return kept.headers.get(HASH_HEADER) === sha256 && lease === (hours === undefined ? null : `${hours}`);
}

/**
 * Files first, as listed, then the documents that need them. A document that is here in an older
 * form stays that way while a file is missing: the new form might need it.
 *
 * @param {Cache} shelf @param {ShelfList} list @param {typeof globalThis.fetch} fetch
 * @param {(held: number, failed: string[]) => void} tell
 * @returns {Promise<string[]>} what is not here as listed
 */
async function keepFiles(shelf, list, fetch, tell) {
  const failed = /** @type {string[]} */ ([]);
  let held = 0;
  let silent = 0;
  for (const file of list.files) {
    const kept = await shelf.match(file.url, { ignoreVary: true });
    if (kept && isSame(kept, file)) {
      held += 1;
      continue;
    }
    const mustWait = Boolean(kept) && !isFile(file.url) && failed.some(isFile);
    const outcome = mustWait || silent >= MOST_SILENT ? "left" : await keep(shelf, file, fetch);
    if (outcome === "kept") held += 1;
    else failed.push(file.url);
    if (outcome !== "left") silent = outcome === "silent" ? silent + 1 : 0;
    tell(held, failed);
  }
  return failed;
}

/** @param {string} url */
function isFile(url) {
  return url.startsWith("/static/");
}

/**
 * @param {Cache} shelf @param {ListedFile} file @param {typeof globalThis.fetch} fetch
 * @returns {Promise<"kept" | "other" | "silent">} `other`: an answer, but not this file
 */
async function keep(shelf, file, fetch) {
  let answer;
  let body;
  try {
    answer = await ask(fetch, file.url);
    body = await bytesOf(answer);
  } catch {
    return "silent";
  }
  if (answer.status !== 200 || (await sha256hex(body)) !== file.sha256) return "other";
  const headers = new Headers(answer.headers);
  for (const name of NOT_KEPT) headers.delete(name);
  headers.set(HASH_HEADER, file.sha256);
  if (file.lease_hours !== undefined) headers.set(LEASE_HEADER, String(file.lease_hours));
  try {
    await shelf.put(file.url, new Response(body, { headers }));
  } catch {
    return "other"; // no room for this one; a smaller one may still fit
  }
  return "kept";
}

/** @param {Cache} shelf @param {ShelfList} list @param {string} checked */
async function keepList(shelf, list, checked) {
  const headers = { "content-type": "application/json", [CHECKED_HEADER]: checked };
  await shelf.put(LIST, new Response(JSON.stringify(list), { headers }));
}

/** @param {Cache} shelf @param {ShelfList} list */
function dropDocuments(shelf, list) {
  return dropUnlisted(shelf, list, (url) => !isFile(url));
}

/**
 * A paper that is still being made stays here in its older form.
 *
 * @param {Cache} shelf @param {ShelfList} list @param {(url: string) => boolean} [which]
 */
async function dropUnlisted(shelf, list, which = () => true) {
  const listed = new Set([LIST, ...list.coming, ...list.files.map((file) => file.url)]);
  for (const request of await shelf.keys()) {
    const { pathname, search } = new URL(request.url);
    const url = pathname + search;
    if (!listed.has(url) && which(url)) await shelf.delete(request);
  }
}
