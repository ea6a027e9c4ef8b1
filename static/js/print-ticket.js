/**
 * Leaves a paper at the print desk: the words go to the service under this device's credential, and
 * what comes back is how to fetch the paper. The tablet itself never gets it.
 *
 * @module print-ticket
 */

/** @typedef {"desk" | "phone"} Way */

/** `missing`: signs that the paper has as empty boxes.
 * @typedef {{code?: string, qr?: {side: number, path: string}, minutes: number, missing: string}} Ticket */

/** @typedef {{ticket: Ticket} | {why: "offline" | "busy" | "refused" | "not_offered"}} Left */

const ADDRESS = "/v1/print-tickets/decision";
const TIMEOUT_MS = 30_000;

/**
 * @param {object} paper
 * @param {string} paper.token
 * @param {Way} paper.way
 * @param {unknown} paper.document
 * @param {typeof globalThis.fetch} [paper.fetch]
 * @returns {Promise<Left>}
 */
export async function leavePaper({ token, way, document, fetch = globalThis.fetch }) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(`${ADDRESS}?way=${way}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(document),
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
  if (answer.status === 422 && told?.error === "not_offered") return { why: "not_offered" };
  return { why: answer.status === 503 || answer.status === 429 ? "busy" : told?.error ? "refused" : "offline" };
}
