/**
 * The link to one's own phone: its token in the fragment, and what the service says to it.
 *
 * @module phone-link
 */

/** Why a link opens nothing.
 * @typedef {"spent" | "expired" | "off" | "closed" | "young" | "unknown"} WhyGone */

/** Why nobody can say just now. @typedef {"offline" | "server" | "wait"} WhyLater */

/** @typedef {{plan: any} | {gone: WhyGone} | {later: WhyLater}} Opened */

const ADDRESS = "/v1/phone/begin";
const TIMEOUT_MS = 20_000;
const LETTERS = 26;

/** @type {Readonly<Record<string, WhyGone>>} */
const GONE = Object.freeze({
  credential_spent: "spent",
  credential_expired: "expired",
  phones_off: "off",
  link_closed: "closed",
  below_age: "young",
  credential_unknown: "unknown",
});

/**
 * The token in a fragment as it may have been typed: small letters, hyphens, and the letters that
 * look like digits. Nothing for any other fragment, such as that of a link within the page.
 *
 * @param {string} fragment
 * @returns {string | null}
 */
export function tokenIn(fragment) {
  const typed = fragment.replace(/^#/, "").replaceAll(/[-\s]|%20/g, "").toUpperCase();
  const token = typed.replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  return token.length === LETTERS && /^[0-9A-HJKMNP-TV-Z]+$/.test(token) ? token : null;
}

/**
 * @param {string} token
 * @param {typeof globalThis.fetch} [fetch]
 * @returns {Promise<Opened>}
 */
export async function openLink(token, fetch = globalThis.fetch) {
  try {
    const answer = await fetch(ADDRESS, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      cache: "no-store",
      credentials: "omit", // never the login of whoever is signed in here
      redirect: "manual",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.status === 429) return { later: "wait" };
    const said = await answer.json().catch(() => null);
    if (answer.ok && said?.device) return { plan: { ...said, token } };
    const why = GONE[said?.error];
    return why ? { gone: why } : { later: "server" };
  } catch {
    return { later: "offline" };
  }
}
