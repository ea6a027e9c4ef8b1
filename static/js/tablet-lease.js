/**
 * May this tablet still offer grids? Content is lent for seven days after the last contact, the
 * sensitive grids for one: a tablet that nobody can reach must not show what was taken back.
 *
 * Pure. `app/domain/tablet.py` holds the same numbers. Help and paper stay in any case.
 *
 * @module tablet-lease
 */

/** @typedef {import("./tablet-plan.js").GridEntry} GridEntry */

/** @typedef {{at: number | null, seen: number}} LastHeard the device's own clock at the last
 *   contact, and the latest time that it ever showed */

/**
 * `why`: `over` too long without contact, `clock` the clock was turned back, `never` no contact yet.
 *
 * @typedef {{grids: boolean, sensitive: boolean, why: "over" | "clock" | "never" | null,
 *   left: number}} Lease `left` ms until the grids close
 */

const HOUR = 3_600_000;
export const LEASE_MS = 7 * 24 * HOUR;
export const SENSITIVE_MS = 24 * HOUR;
/** Clocks are nudged by seconds; one that goes back further is no clock to count days by. */
export const TURNED_BACK_MS = HOUR;

/**
 * @param {LastHeard} heard
 * @param {number} now by the device
 * @returns {Lease}
 */
export function leaseAt({ at, seen }, now) {
  if (at === null) return closed("never");
  if (now < Math.max(seen, at) - TURNED_BACK_MS) return closed("clock");
  const left = at + LEASE_MS - Math.max(now, seen);
  if (left <= 0) return closed("over");
  return { grids: true, sensitive: left > LEASE_MS - SENSITIVE_MS, why: null, left };
}

/** @param {Lease["why"]} why @returns {Lease} */
function closed(why) {
  return { grids: false, sensitive: false, why, left: 0 };
}

/**
 * @param {GridEntry} grid
 * @param {Lease} lease
 * @param {{day: string, mode: string}} when the day where the service is, and its mode
 * @returns {boolean}
 */
export function mayOffer(grid, lease, { day, mode }) {
  if (!lease.grids || (grid.sensitive && !lease.sensitive)) return false;
  if (grid.draft && mode === "live") return false;
  return day <= grid.expires_on;
}
