// The grid on screen: which options are in view, the sheet behind "More", words that explain
// themselves. The server's page already holds everything; this file only shows and hides.
// Nothing is stored and nothing is sent. Every word shown to people stands in the template.

const WIDE_MOST = 4;
const MIDDLE_MOST = 2;

/**
 * @typedef {object} GridChoices
 * @property {string[]} [picked] option ids to start with; without them all are picked
 * @property {(rowId: string, optionId: string) => void} [onOpen] called when a sheet opens
 * @property {(optionIds: string[]) => void} [onPick] called when the options in view change by hand
 */

/**
 * @typedef {object} MountedGrid
 * @property {() => string[]} inView ids of the options in view, in the order of the grid
 * @property {() => string[]} picked ids of the options that are picked
 * @property {(optionIds: string[]) => void} pick pick these; unknown ids are left out
 * @property {() => void} close close the sheet, as a turn ends
 * @property {() => void} unmount stop listening
 */

/**
 * Make a grid live.
 * @param {ParentNode & Element} root the `[data-grid]` section, or something around it
 * @param {GridChoices} [choices]
 * @returns {MountedGrid | null} null where there is no grid (for example one that is closed)
 */
export function mountGrid(root, choices = {}) {
  const grid = root.matches("[data-grid]") ? root : root.querySelector("[data-grid]");
  if (!(grid instanceof HTMLElement)) return null;
  const stop = new AbortController();
  const view = makeView(grid, choices, stop.signal);
  const sheet = makeSheet(grid, view, choices, stop.signal);
  explainWords(grid, stop.signal);
  grid.dataset.live = "";
  view.render();
  return {
    inView: view.inView,
    picked: view.picked,
    pick: view.pick,
    close: sheet.close,
    unmount: () => { sheet.close(); view.unwatch(); stop.abort(); },
  };
}

/**
 * @template {Element} E
 * @param {ParentNode} within
 * @param {string} selector
 * @returns {E[]}
 */
function all(within, selector) {
  return /** @type {E[]} */ ([...within.querySelectorAll(selector)]);
}

/**
 * @param {ParentNode} within
 * @param {string} selector
 * @returns {HTMLElement}
 */
function one(within, selector) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The grid lacks ${selector}`);
  return found;
}

/**
 * Which options, which questions, in which layout.
 * @param {HTMLElement} grid
 * @param {GridChoices} choices
 * @param {AbortSignal} signal
 */
function makeView(grid, choices, signal) {
  const bar = one(grid, "[data-bar]");
  const box = one(grid, "[data-box]");
  const boxes = /** @type {HTMLInputElement[]} */ (all(bar, "[data-pick]"));
  const options = boxes.map((input) => input.dataset.pick ?? "");
  const names = new Map(boxes.map((input) => [input.dataset.pick ?? "", input.parentElement?.textContent?.trim() ?? ""]));
  const columns = /** @type {HTMLElement[]} */ (all(box, "[data-option]"));
  const rows = /** @type {HTMLElement[]} */ (all(box, "[data-row]"));
  const question = /** @type {HTMLSelectElement} */ (one(bar, "[data-question]"));
  const sides = /** @type {HTMLSelectElement[]} */ (all(bar, "[data-side]"));
  const state = { picked: inOrder(choices.picked ?? []), mode: "all", first: 0, last: "", said: "" };
  if (!state.picked.length) state.picked = [...options];
  let layout = "";

  /** @param {string[]} ids */
  function inOrder(ids) { return options.filter((id) => ids.includes(id)); }

  function readLayout() {
    return getComputedStyle(box).getPropertyValue("--og-layout").trim() || "cards";
  }

  function inView() {
    if (state.mode === "pair") return inOrder(sides.map((side) => side.value));
    if (layout === "wide") return state.picked.slice(0, WIDE_MOST);
    if (layout === "middle") return state.picked.slice(state.first, state.first + MIDDLE_MOST);
    return state.picked;
  }

  /** What the switches say: on a wide screen what is in view, else what can be paged to. */
  function switchedOn() { return layout === "wide" ? state.picked.slice(0, WIDE_MOST) : state.picked; }

  /** @param {string} key @param {Record<string, string | number>} parts */
  function words(key, parts = {}) {
    const template = one(bar, `[data-words="${key}"]`).textContent ?? "";
    return template.replace(/\{(\w+)\}/g, (whole, name) => String(parts[name] ?? whole));
  }

  function render() {
    layout = readLayout();
    state.first = Math.max(0, Math.min(state.first, state.picked.length - MIDDLE_MOST));
    const shown = inView();
    for (const cell of columns) cell.hidden = !shown.includes(cell.dataset.option ?? "");
    for (const row of rows) row.hidden = state.mode === "pair" && row.dataset.row !== question.value;
    grid.dataset.view = state.mode;
    bar.hidden = false;
    // Nothing scrolls inside the box any more, so it is no stop for the keyboard.
    if (layout === "cards" || shown.length <= WIDE_MOST) box.removeAttribute("tabindex");
    renderPicks();
    renderPager(shown);
    renderPairing();
  }

  function renderPicks() {
    const on = switchedOn();
    for (const input of boxes) input.checked = on.includes(input.dataset.pick ?? "");
    const isFull = on.length >= WIDE_MOST && on.length < options.length;
    const key = layout === "wide" ? (isFull ? "more" : "in-view") : "picked";
    one(bar, "[data-count]").textContent = words(key, { shown: on.length, all: options.length });
    one(bar, "[data-status]").textContent = state.said;
  }

  /** @param {string[]} shown */
  function renderPager(shown) {
    const needed = state.mode === "all" && layout === "middle" && state.picked.length > MIDDLE_MOST;
    one(box, "[data-pager]").hidden = !needed;
    if (!needed) return;
    const where = words("where", { first: state.first + 1, last: state.first + shown.length, all: state.picked.length });
    one(box, "[data-where]").textContent = where;
    for (const step of all(box, "[data-page-step]")) {
      const forward = Number(/** @type {HTMLElement} */ (step).dataset.pageStep) > 0;
      /** @type {HTMLButtonElement} */ (step).disabled =
        forward ? state.first + MIDDLE_MOST >= state.picked.length : state.first === 0;
    }
  }

  function renderPairing() {
    one(bar, "[data-pairing]").hidden = state.mode !== "pair";
    for (const button of all(bar, "[data-view]")) {
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.view === state.mode));
    }
    for (const button of all(bar, "[data-question-step]")) {
      const to = question.selectedIndex + Number(/** @type {HTMLElement} */ (button).dataset.questionStep);
      /** @type {HTMLButtonElement} */ (button).disabled = to < 0 || to >= question.length;
    }
    // The same option twice would be no comparison.
    sides.forEach((side, at) => {
      for (const option of side.options) option.disabled = option.value === sides[1 - at]?.value;
    });
  }

  /** @param {string} id */
  function toggle(id) {
    const on = switchedOn();
    state.said = "";
    if (on.includes(id)) {
      if (on.length === 1) state.said = words("last");
      else state.picked = on.filter((other) => other !== id);
    } else {
      state.picked = inOrder([...makeRoom(on, id), id]);
      state.last = id;
    }
    render();
    choices.onPick?.([...state.picked]);
  }

  /**
   * On a wide screen the last one in view that was not just brought in makes room.
   * @param {string[]} on
   * @param {string} id
   */
  function makeRoom(on, id) {
    if (layout !== "wide" || on.length < WIDE_MOST) return on;
    const out = on.filter((other) => other !== state.last).at(-1) ?? on[0];
    state.said = words("swapped", { in: names.get(id) ?? "", out: names.get(out ?? "") ?? "" });
    return on.filter((other) => other !== out);
  }

  /** @param {string} mode */
  function setMode(mode) {
    if (mode === "pair" && state.mode !== "pair") {
      const start = inView();
      sides.forEach((side, at) => { side.value = start[at] ?? options.find((id) => id !== start[0]) ?? ""; });
    }
    state.mode = mode;
    state.said = "";
    render();
  }

  /** @param {string[]} ids */
  function pick(ids) {
    const known = inOrder(ids);
    state.picked = known.length ? known : [...options];
    state.first = 0;
    render();
  }

  bar.addEventListener("change", (event) => {
    const from = /** @type {HTMLElement} */ (event.target);
    if (from.dataset.pick !== undefined) toggle(from.dataset.pick);
    else render();
  }, { signal });
  bar.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (!button) return;
    const { view, questionStep } = button.dataset;
    if (view) setMode(view);
    if (questionStep) { question.selectedIndex += Number(questionStep); render(); }
    if (button.disabled) moveOn(button);
  }, { signal });
  one(box, "[data-pager]").addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (!button) return;
    state.first += MIDDLE_MOST * Number(button.dataset.pageStep);
    render();
    if (button.disabled) moveOn(button);
  }, { signal });

  const watcher = new ResizeObserver(() => { if (readLayout() !== layout) render(); });
  watcher.observe(grid);
  return { render, inView, picked: () => [...state.picked], pick, options, unwatch: () => watcher.disconnect() };
}

/**
 * Focus must not be lost on a button that has just had its last step.
 * @param {HTMLButtonElement} button
 */
function moveOn(button) {
  const near = all(button.parentElement ?? document, "button").find((other) => !/** @type {HTMLButtonElement} */ (other).disabled);
  /** @type {HTMLElement | undefined} */ (near)?.focus();
}

/**
 * The sheet: one at a time, moved in and out of its cell so that nothing is there twice.
 * @param {HTMLElement} grid
 * @param {{options: string[]}} view
 * @param {GridChoices} choices
 * @param {AbortSignal} signal
 */
function makeSheet(grid, view, choices, signal) {
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
function plainCopy(face) {
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
function explainWords(grid, signal) {
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

/** The options named in the address of a page: `?c=group,one-to-one`. */
function pickedInAddress() {
  const named = new URLSearchParams(location.search).get("c") ?? "";
  return named.split(",").filter(Boolean);
}

for (const page of document.querySelectorAll("[data-grid-page]")) {
  const mounted = mountGrid(page, { picked: pickedInAddress(), onPick: keepInAddress });
  if (mounted && pickedInAddress().length) keepInAddress(mounted.picked());
}

/**
 * The other voice and a reload keep the columns; the address holds option ids and no more.
 * @param {string[]} picked
 */
function keepInAddress(picked) {
  const columns = `c=${picked.join(",")}`;
  for (const link of /** @type {HTMLAnchorElement[]} */ (all(document, "[data-voice-link]"))) {
    link.search = `?voice=${new URL(link.href).searchParams.get("voice")}&${columns}`;
  }
}
