/**
 * The worker of an enrolled tablet, and of a phone whose owner keeps one grid on it. Nobody else
 * registers it.
 *
 * It answers GET only, and never below /v1/: answers travel from the page itself, since workers
 * have been seen to post empty bodies. It writes nothing: `offline-shelf.js` fills the shelf, and
 * this reads it. Documents of the shelf come from the network if it answers soon, so that a new
 * release shows at the next load; files with a hash in their address come from the shelf at once.
 * A new worker waits until the page says that nobody is answering.
 *
 * Not a module: not every browser that we promise has workers that are.
 */

"use strict";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const SHELF = "grids-shelf-1";
const LIST = "/offline.json";
const NO_NETWORK = "/offline";
const LEASE_HEADER = "x-shelf-lease-hours";
const CHECKED_HEADER = "x-shelf-checked-at";
/** A person with a tablet in the hand waits no longer than this for a network that may be dead. */
const PATIENCE_MS = 2_500;
const HOUR_MS = 3_600_000;
/** As in tablet-lease.js: a clock that went back further than this counts no days. */
const TURNED_BACK_MS = HOUR_MS;
const HASHED = /^\/static\/[0-9a-f]{12}\//;

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("message", (event) => {
  if (event.data?.type === "activate") void worker.skipWaiting();
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.headers.has("range") || url.pathname.startsWith("/v1/")) return;
  if (HASHED.test(url.pathname)) event.respondWith(fromShelfFirst(request));
  else if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (url.pathname.startsWith("/g/")) event.respondWith(part(request, url));
});

/** @param {Request} request a file whose address changes with its bytes */
async function fromShelfFirst(request) {
  return (await find(request.url)) ?? fetch(request);
}

/** @param {Request} request somebody opens an address @param {URL} url */
async function page(request, url) {
  const kept = await find(keyOf(url));
  if (!kept) return fetch(request).catch(noNetwork);
  const fresh = await soon(request);
  return fresh ?? ((await isLent(kept)) ? kept : noNetwork());
}

/** @param {Request} request a page asks for a part of it, such as a grid @param {URL} url */
async function part(request, url) {
  const kept = await find(keyOf(url));
  if (!kept) return fetch(request);
  const fresh = await soon(request);
  return fresh ?? ((await isLent(kept)) ? kept : Response.error());
}

/**
 * What the network says within our patience, read to its end: half an answer is none. Busy
 * servers and firewalls give way to the shelf; "gone" and "elsewhere" are the server's word.
 *
 * @param {Request} request
 * @returns {Promise<Response | null>}
 */
async function soon(request) {
  /** @type {any} */
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(null), PATIENCE_MS);
  });
  try {
    return await Promise.race([whole(request), late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Request} request @returns {Promise<Response | null>} */
async function whole(request) {
  const answer = await fetch(request);
  if (answer.type === "opaqueredirect" || answer.redirected) return answer;
  if (!answer.ok && answer.status !== 404 && answer.status !== 410) return null;
  const body = await answer.arrayBuffer();
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(body, { status: answer.status, headers });
}

/**
 * A copy on the shelf. As on the server, `?voice=` picks one and an unknown voice gets the first;
 * papers of picked options (`?c=`) are others than those kept.
 *
 * @param {string[] | string} keys the best first
 * @returns {Promise<Response | undefined>}
 */
async function find(keys) {
  if (!(await caches.has(SHELF))) return undefined; // opening one would make it
  const shelf = await caches.open(SHELF);
  for (const key of [keys].flat()) {
    const kept = await shelf.match(key, { ignoreVary: true });
    if (kept) return kept;
  }
  return undefined;
}

/** @param {URL} url @returns {string[]} where on the shelf an address may stand */
function keyOf(url) {
  const isPaper = url.pathname.endsWith(".pdf");
  if (isPaper && url.searchParams.has("c")) return [];
  const voice = url.searchParams.get("voice");
  const named = voice === null ? [] : [`${url.pathname}?voice=${encodeURIComponent(voice)}`];
  return isPaper && voice !== null ? named : [...named, url.pathname];
}

/**
 * Content is lent: what nobody could take back for too long is not shown. `tablet-lease.js` says
 * the same to the page; this holds for an address that is opened past it.
 *
 * @param {Response} kept
 */
async function isLent(kept) {
  const hours = kept.headers.get(LEASE_HEADER);
  if (hours === null) return true;
  const list = await find(LIST);
  const checked = Date.parse(list?.headers.get(CHECKED_HEADER) ?? "");
  const age = Date.now() - checked;
  return age >= -TURNED_BACK_MS && age < Number(hours) * HOUR_MS; // no date is not lent either
}

/** The page that says so, with the numbers to ring; the address stays what was asked for. */
async function noNetwork() {
  const kept = await find(NO_NETWORK);
  if (!kept) return Response.error();
  return new Response(kept.body, { status: 503, headers: kept.headers });
}
