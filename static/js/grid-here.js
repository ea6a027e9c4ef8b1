// What is offered here, under the heads of the columns: facts of a place, apart from the evidence.

import { all, one, words } from "./grid-dom.js";

/**
 * @typedef {object} Here
 * @property {"here" | "elsewhere" | "not_here" | string} place
 * @property {number | null} weeks how long the wait is about, null where nobody said
 * @property {string} name who offers it, or empty
 * @property {string} how how to get it, or empty
 * @property {string | null} checked_on the day as YYYY-MM-DD, null where nobody dated it
 * @property {boolean} stale nobody has looked at it for too long
 */

const PLACES = ["here", "elsewhere", "not_here"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Draw the notes; without any for this grid the row stays away.
 * @param {HTMLElement} grid
 * @param {Record<string, Here> | null | undefined} local by option id
 * @param {AbortSignal} signal
 */
export function drawHere(grid, local, signal) {
  const row = one(grid, "[data-here]");
  const cells = /** @type {HTMLElement[]} */ (all(row, "[data-here-of]"));
  const known = cells.filter((cell) => local?.[cell.dataset.option ?? ""]);
  if (!known.length) return;
  for (const cell of cells) {
    const note = local?.[cell.dataset.option ?? ""];
    one(cell, "[data-here-text]").replaceChildren(...(note ? linesOf(grid, note) : [line(words(grid, "here-unknown"))]));
  }
  row.hidden = false;
  signal.addEventListener("abort", () => { row.hidden = true; });
}

/** @param {HTMLElement} grid @param {Here} note */
function linesOf(grid, note) {
  const key = PLACES.includes(note.place) ? `here-place-${note.place}` : "here-unknown";
  const lines = [line(words(grid, key), "og-here__place")];
  if (note.name) lines.push(line(note.name));
  if (note.place !== "not_here") lines.push(line(waitOf(grid, note.weeks)));
  if (note.how) lines.push(line(words(grid, "here-how", { how: note.how })));
  lines.push(line(checkedOf(grid, note), note.stale ? "og-here__stale" : "og-here__checked"));
  return lines;
}

/** @param {HTMLElement} grid @param {number | null} weeks */
function waitOf(grid, weeks) {
  if (weeks === null) return words(grid, "here-wait-unknown");
  const key = weeks === 0 ? "none" : weeks === 1 ? "one" : "some";
  return words(grid, `here-wait-${key}`, { weeks });
}

/** @param {HTMLElement} grid @param {Here} note */
function checkedOf(grid, note) {
  if (!note.checked_on || !DAY.test(note.checked_on)) return words(grid, "here-undated");
  const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" })
    .format(new Date(note.checked_on));
  return words(grid, note.stale ? "here-stale" : "here-checked", { day });
}

/** @param {string} text @param {string} [name] */
function line(text, name = "") {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = name;
  return made;
}
