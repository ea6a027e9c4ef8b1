// The sheet behind "More", and words that explain themselves.

import { all, one } from "./grid-dom.js";

/** @typedef {import("./grid.js").GridChoices} GridChoices */

/**
 * The sheet: one at a time, moved in and out of its cell so that nothing is there twice.
 * @param {HTMLElement} grid
 * @param {{options: string[]}} view
 * @param {GridChoices} choices
 * @param {AbortSignal} signal
 */
export function makeSheet(grid, view, choices, signal) {
  const dialog = /** @type {HTMLDialogElement} */ (one(grid, "[data-sheet]"));
  const place = one(dialog, "[data-sheet-place]");
  /** @type {HTMLElement | null} */
  let from = null;
  let showAs = "dots";

  for (const details of /** @type {HTMLDetailsElement[]} */ (all(grid, "[data-more]"))) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "og-open";
    button.setAttribute("aria-haspopup", "dialog");
    button.append(...[...one(details, "summary").childNodes].map((node) => node.cloneNode(true)));
    details.before(button);
    details.hidden = true;
    signal.addEventListener("abort", () => { button.remove(); details.hidden = false; });
  }
  for (const choice of /** @type {HTMLElement[]} */ (all(grid, "[data-show-as]"))) choice.hidden = false;

  /** @param {HTMLElement} cell */
  function cellAt(cell) {
    const row = /** @type {HTMLElement} */ (cell.closest("[data-row]"));
    return { row, rowId: row.dataset.row ?? "", optionId: cell.dataset.option ?? "" };
  }

  function putBack() {
    const body = place.firstElementChild;
    if (from && body) one(from, "[data-more]").append(body);
  }

  /** @param {HTMLElement} cell */
  function fill(cell) {
    putBack();
    from = cell;
    const { row, rowId, optionId } = cellAt(cell);
    one(dialog, "[data-sheet-question]").textContent = one(row, ".og-q__text").textContent;
    one(dialog, "[data-sheet-title]").textContent = one(cell, ".og-cell__name").textContent;
    one(dialog, "[data-sheet-face]").replaceChildren(...plainCopy(one(cell, "[data-face]")));
    place.append(one(cell, "[data-detail]"));
    for (const part of ["inner", "scroll"]) one(dialog, `[data-sheet-${part}]`).scrollTop = 0;
    for (const step of [-1, 1]) labelStep(row, optionId, step);
    showFigures();
    choices.onOpen?.(rowId, optionId);
  }

  /** @param {HTMLElement} row @param {string} optionId @param {number} step */
  function neighbour(row, optionId, step) {
    const id = view.options[view.options.indexOf(optionId) + step];
    return id === undefined ? null : one(row, `[data-cell][data-option="${id}"]`);
  }

  /** @param {HTMLElement} row @param {string} optionId @param {number} step */
  function labelStep(row, optionId, step) {
    const button = one(dialog, `[data-sheet-step="${step}"]`);
    const cell = neighbour(row, optionId, step);
    button.hidden = cell === null;
    const label = one(button, step < 0 ? "[data-sheet-before]" : "[data-sheet-after]");
    label.textContent = cell ? one(cell, ".og-cell__name").textContent : "";
  }

  function showFigures() {
    for (const part of /** @type {HTMLElement[]} */ (all(place, "[data-as]"))) {
      const alone = all(/** @type {Element} */ (part.parentElement), "[data-as]").length === 1;
      part.hidden = !alone && part.dataset.as !== showAs;
    }
    for (const button of /** @type {HTMLElement[]} */ (all(place, "[data-show]"))) {
      button.setAttribute("aria-pressed", String(button.dataset.show === showAs));
    }
  }

  /** @param {HTMLElement} cell */
  function open(cell) {
    fill(cell);
    dialog.showModal();
    one(dialog, "[data-sheet-title]").focus();
  }

  function close() { if (dialog.open) dialog.close(); }

  grid.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const cell = target.closest("[data-cell]");
    const pressed = target.closest("button, a, summary");
    if (cell instanceof HTMLElement && (pressed === null || pressed.matches(".og-open"))) {
      if (pressed || getSelection()?.isCollapsed !== false) open(cell);
    }
  }, { signal });
  dialog.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (event.target === dialog || button?.matches("[data-sheet-close]")) close();
    if (!button || !from) return;
    const { sheetStep, show } = button.dataset;
    if (show) { showAs = show; showFigures(); }
    if (!sheetStep) return;
    const { row, optionId } = cellAt(from);
    const next = neighbour(row, optionId, Number(sheetStep));
    if (next) { fill(next); one(dialog, "[data-sheet-title]").focus(); }
  }, { signal });
  dialog.addEventListener("close", () => {
    const cell = from;
    putBack();
    from = null;
    // The sheet may have moved on to a column that is not in view; then its row keeps the focus.
    const button = cell && !cell.hidden ? cell.querySelector(".og-open") : cell?.parentElement?.querySelector("[data-cell]:not([hidden]) .og-open");
    if (button instanceof HTMLElement) button.focus();
  }, { signal });
  return { close };
}

/**
 * The face without its word links, for the top of the sheet.
 * @param {HTMLElement} face
 */
export function plainCopy(face) {
  const copy = /** @type {HTMLElement} */ (face.cloneNode(true));
  for (const means of all(copy, ".og-word__means")) means.remove();
  for (const link of all(copy, ".og-word")) link.replaceWith(link.textContent ?? "");
  return copy.childNodes;
}

/**
 * A tap on a word opens its meaning right there; another tap closes it.
 * @param {HTMLElement} grid
 * @param {AbortSignal} signal
 */
export function explainWords(grid, signal) {
  for (const link of all(grid, ".og-word")) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-expanded", "false");
  }
  grid.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest(".og-word");
    if (!(link instanceof HTMLElement)) return;
    event.preventDefault();
    toggleMeaning(grid, link);
  }, { signal });
  grid.addEventListener("keydown", (event) => {
    const link = /** @type {Element} */ (event.target).closest(".og-word");
    if (event.key !== " " || !(link instanceof HTMLElement)) return;
    event.preventDefault();
    toggleMeaning(grid, link);
  }, { signal });
}

/**
 * @param {HTMLElement} grid
 * @param {HTMLElement} link
 */
function toggleMeaning(grid, link) {
  const shown = link.nextElementSibling?.matches(".og-word__means") ? link.nextElementSibling : null;
  link.setAttribute("aria-expanded", String(!shown));
  if (shown) { shown.remove(); return; }
  const means = document.createElement("span");
  means.className = "og-word__means";
  means.textContent = one(grid, `[data-means="${link.dataset.word}"]`).textContent;
  link.after(means);
}
