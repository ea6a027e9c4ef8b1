// What somebody said matters to them: a calm mark on those questions, and a way to see them first.
// The ways of getting help never move, and nothing is counted or scored.

import { all, one, words } from "./grid-dom.js";

/**
 * @param {HTMLElement} grid
 * @param {{say: (text: string) => void}} view
 * @param {AbortSignal} signal
 */
export function makeMatters(grid, view, signal) {
  const button = one(grid, "[data-matters-first]");
  const marks = /** @type {HTMLElement[]} */ (all(grid, "[data-mark]"));
  const rows = marks.map((mark) => /** @type {HTMLElement} */ (mark.closest("[data-row]")));
  const select = /** @type {HTMLSelectElement} */ (one(grid, "[data-question]"));
  const entries = [...select.options];
  /** @type {Set<string>} */
  let marked = new Set();
  let isFirst = false;

  /** @param {HTMLElement} row */
  function matters(row) { return marked.has(row.dataset.row ?? ""); }

  function arrange() {
    const order = isFirst ? [...rows.filter(matters), ...rows.filter((row) => !matters(row))] : rows;
    const chosen = select.value;
    for (const row of order) {
      row.parentElement?.append(row);
      select.append(...entries.filter((entry) => entry.value === row.dataset.row));
    }
    select.value = chosen;
    button.setAttribute("aria-pressed", String(isFirst));
  }

  /**
   * Mark these questions; unknown ids are left out, and none takes every mark away.
   * @param {string[]} ids
   */
  function mark(ids) {
    marked = new Set(rows.map((row) => row.dataset.row ?? "").filter((id) => ids.includes(id)));
    rows.forEach((row, at) => {
      row.toggleAttribute("data-matters-to-reader", matters(row));
      /** @type {HTMLElement} */ (marks[at]).hidden = !matters(row);
    });
    button.hidden = marked.size === 0;
    isFirst &&= marked.size > 0;
    arrange();
    if (grid.dataset.live !== undefined) view.say("");
  }

  button.addEventListener("click", () => {
    isFirst = !isFirst;
    arrange();
    const key = !isFirst ? "matters-back" : marked.size === 1 ? "matters-first-one" : "matters-first";
    view.say(words(grid, key, { n: marked.size }));
  }, { signal });
  signal.addEventListener("abort", () => mark([]));
  return { mark };
}

/**
 * The row ids that the host has written on the grid or around it: `data-matters="help,time"`.
 * @param {HTMLElement} grid
 */
export function mattersAround(grid) {
  const host = /** @type {HTMLElement | null} */ (grid.closest("[data-matters]"));
  return (host?.dataset.matters ?? "").split(",").map((id) => id.trim()).filter(Boolean);
}
