/**
 * "What is on this tablet": counts and dates, drawn from what the queue, the seat and the shelf say.
 *
 * @module tablet-status
 */

import { each, filled, fits, one } from "./appointment-screen.js";
import { copied, gridName } from "./tablet-words.js";

/**
 * @typedef {{waiting: number, oldestAt: number | null, kept: number, contactAt: number | null,
 *   receiptAt: number | null, leaseUntil: number | null, storage: string, worker: string,
 *   build: string, skewMinutes: number, problem: string | null,
 *   releases: {grid: import("./tablet-plan.js").GridEntry, fetchedAt: number | null}[]}} Status
 */

const MINUTE = 60_000;
/** From here on a clock is said to be wrong; less is nobody's business. */
const SKEW_SAID_MINUTES = 5;
const STEPS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
]);

/**
 * @param {number} at
 * @param {number} now
 * @param {string} [language]
 * @returns {string} such as "2 days ago", in whole units
 */
export function ageOf(at, now, language = "en-GB") {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const past = Math.max(0, now - at);
  for (const [unit, size] of STEPS) {
    if (past >= size) return format.format(-Math.floor(past / size), unit);
  }
  return format.format(0, "minute");
}

/** @param {number} at @param {string} [zone] @param {string} [language] @returns {string} */
export function momentOf(at, zone = "Europe/London", language = "en-GB") {
  return new Intl.DateTimeFormat(language, {
    weekday: "short",
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
  }).format(at);
}

/** @param {HTMLElement} place @param {number} n words for none, one and more stand in its data */
export function counted(place, n) {
  const { none = "", one: single = "", more = "" } = place.dataset;
  return filled([none, single][n] ?? more, { n });
}

/** Say in every place of the screen how much waits. @param {ParentNode} within @param {number} waiting */
export function drawWaiting(within, waiting) {
  const template = /** @type {HTMLTemplateElement} */ (one(document, "#tb-waiting"));
  const words = counted(/** @type {HTMLElement} */ (template.content.firstElementChild), waiting);
  for (const place of each(within, "[data-waiting]")) {
    if (place.textContent !== words) place.textContent = words;
  }
}

/**
 * @param {HTMLElement} screen
 * @param {Status} status
 * @param {{now: number, zone?: string}} when
 */
export function drawStatus(screen, status, { now, zone }) {
  drawWaiting(screen, status.waiting);
  const trouble = one(screen, "[data-trouble]");
  trouble.hidden = status.waiting === 0 || status.problem === null;
  for (const line of each(trouble, "[data-problem]")) line.hidden = line.dataset.problem !== status.problem;
  const said = (/** @type {number | null} */ at) => (at === null ? "" : `${momentOf(at, zone)} (${ageOf(at, now)})`);
  put(screen, "oldest", said(status.oldestAt));
  one(screen, '[data-fact="oldest"]').hidden = status.oldestAt === null;
  put(screen, "kept", counted(one(screen, '[data-fact="kept"] dd'), status.kept));
  put(screen, "contact", said(status.contactAt));
  put(screen, "receipt", said(status.receiptAt));
  put(screen, "lease", status.leaseUntil === null ? "" : momentOf(status.leaseUntil, zone));
  put(screen, "build", status.build.slice(0, 12));
  choose(screen, { storage: status.storage, worker: status.worker });
  drawClock(screen, status.skewMinutes);
  drawReleases(screen, status, { now, zone });
}

/** @param {HTMLElement} screen @param {string} fact @param {string} words */
function put(screen, fact, words) {
  const place = one(screen, `[data-fact="${fact}"] dd`);
  place.textContent = words || (place.dataset.none ?? "");
}

/** @param {HTMLElement} screen @param {Record<string, string>} facts */
function choose(screen, facts) {
  for (const part of each(screen, '[data-fact="storage"] span, [data-fact="worker"] span')) {
    part.hidden = !fits(part.dataset.when ?? "", facts);
  }
}

/** @param {HTMLElement} screen @param {number} minutes that the service is ahead of the tablet */
function drawClock(screen, minutes) {
  const fact = one(screen, '[data-fact="clock"]');
  const place = one(fact, "dd");
  fact.hidden = Math.abs(minutes) < SKEW_SAID_MINUTES;
  const pattern = (minutes < 0 ? place.dataset.ahead : place.dataset.behind) ?? "";
  place.textContent = filled(pattern, { n: Math.abs(minutes) });
}

/** @param {HTMLElement} screen @param {Status} status @param {{now: number, zone?: string}} when */
function drawReleases(screen, status, { now, zone }) {
  const lines = status.releases.map(({ grid, fetchedAt }) => {
    const line = copied(screen, "template[data-release]");
    one(line, "[data-name]").textContent = gridName(grid);
    const facts = one(line, "[data-facts]");
    const day = dayWords(grid.expires_on);
    const parts = [filled(facts.dataset.pattern ?? "", { id: grid.public_id, version: grid.version, day })];
    if (fetchedAt !== null) parts.push(filled(facts.dataset.age ?? "", { age: ageOf(fetchedAt, now) }));
    if (grid.draft) parts.push(facts.dataset.draft ?? "");
    facts.textContent = parts.join(" ");
    return line;
  });
  one(screen, "[data-releases]").replaceChildren(...lines);
  one(screen, "[data-no-releases]").hidden = lines.length > 0;
}

/** @param {string} day `2027-05-22` @returns {string} */
function dayWords(day) {
  const format = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat("en-GB", /** @type {any} */ (format)).format(Date.parse(day));
}
