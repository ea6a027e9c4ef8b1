/**
 * Leaves a paper at the print desk: the words go to the service under this device's credential, and
 * what comes back is how to fetch the paper. The tablet itself never gets it.
 *
 * @module print-ticket
 */

/** @typedef {"desk" | "phone"} Way */

/** `missing`: signs that the paper has as empty boxes.
 * @typedef {{code?: string, qr?: {side: number, path: string}, minutes: number, missing: string}} Ticket */

/** @typedef {"offline" | "busy" | "refused" | "not_offered" | "too_long" | "missing" | "invalid"} Why */

/** @typedef {{ticket: Ticket} | {why: Why}} Left */

const ADDRESS = "/v1/print-tickets";
const TIMEOUT_MS = 30_000;
/** What the service says of a paper that it read and cannot make as it is. */
const TOLD = Object.freeze(["not_offered", "too_long", "missing", "invalid"]);

/**
 * @param {object} paper
 * @param {string} paper.token
 * @param {Way} paper.way
 * @param {unknown} paper.document
 * @param {typeof globalThis.fetch} [paper.fetch]
 * @returns {Promise<Left>}
 */
export function leavePaper({ token, way, document, fetch }) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return leave(`${ADDRESS}/decision?way=${way}`, headers, JSON.stringify(document), fetch);
}

/**
 * The same with the fields of the one-page profile.
 *
 * @param {object} paper
 * @param {string} paper.token
 * @param {Way} paper.way
 * @param {URLSearchParams} paper.words
 * @param {typeof globalThis.fetch} [paper.fetch]
 * @returns {Promise<Left>}
 */
export function leaveProfile({ token, way, words, fetch }) {
  const headers = { authorization: `Bearer ${token}` };
  return leave(`${ADDRESS}/profile?way=${way}`, headers, words, fetch);
}

/**
 * @param {string} address
 * @param {Record<string, string>} headers
 * @param {BodyInit} body
 * @param {typeof globalThis.fetch} [fetch]
 * @returns {Promise<Left>}
 */
async function leave(address, headers, body, fetch = globalThis.fetch) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers,
      body,
      cache: "no-store",
      credentials: "omit",
      redirect: "error", // a log-in page of a network is no answer of ours
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    return { why: "offline" };
  }
  const told = await answer.json().catch(() => null);
  if (answer.status === 201 && (told?.code || told?.qr)) return { ticket: told };
  if (answer.status === 422 && TOLD.includes(told?.error)) return { why: told.error };
  return { why: answer.status === 503 || answer.status === 429 ? "busy" : told?.error ? "refused" : "offline" };
}
