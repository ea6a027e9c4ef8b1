// The grid on screen: which options are in view, the sheet behind "More", words that explain
// themselves. The server's page already holds everything; this file only shows and hides.
// Nothing is stored and nothing is sent. Every word shown to people stands in the template.

import { makeAloud } from "./grid-aloud.js";
import { all, one, words as wordsOf } from "./grid-dom.js";
import { drawHere } from "./grid-here.js";
import { makeMatters, mattersAround } from "./grid-matters.js";
import { explainWords, makeSheet } from "./grid-sheet.js";

const WIDE_MOST = 4;
const MIDDLE_MOST = 2;
/** The share of the screen's height that heads may hold while one reads on. */
const MOST_HEAD = 0.25;

/**
 * @typedef {object} GridChoices
 * @property {string[]} [picked] option ids to start with; without them all are picked
 * @property {(rowId: string, optionId: string) => void} [onOpen] called when a sheet opens
 * @property {(optionIds: string[]) => void} [onPick] called when the options in view change by hand
 * @property {Record<string, import("./grid-here.js").Here> | null} [local] what is offered here, by option id
 * @property {string[]} [matters] row ids that matter to the reader; else `data-matters` around the grid
 * @property {boolean} [isPrivate] one person's own turn; else `data-private` around the grid says so
 * @property {string} [view] "pair" opens with one question and two ways; without it the grid decides
 */

/**
 * What `grid:shown` tells whenever other options come into view; it bubbles from the `[data-grid]`.
 * @typedef {object} Shown
 * @property {string[]} options ids of the options in view, in the order of the grid
 * @property {string[]} picked ids of the options that are picked
 * @property {"start" | "hand" | "host" | "page"} by as opened, by the family, by `pick`, or by paging and turning
 * @property {string[]} added ids that came into view
 * @property {string[]} removed ids that left it
 */

/**
 * @typedef {object} MountedGrid
 * @property {() => string[]} inView ids of the options in view, in the order of the grid
 * @property {() => string[]} picked ids of the options that are picked
 * @property {(optionIds: string[]) => void} pick pick these; unknown ids are left out
 * @property {() => string} view "all" or "pair", for a host that remembers it
 * @property {(rowIds: string[]) => void} matters mark these questions; none takes the marks away
 * @property {() => void} close close the sheet and stop reading aloud, as a turn ends or is covered
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
  const matters = makeMatters(grid, view, stop.signal);
  const isPrivate = choices.isPrivate ?? grid.closest("[data-private]") !== null;
  const aloud = makeAloud(grid, view, isPrivate, stop.signal);
  const close = () => { aloud.stop(); sheet.close(); };
  drawHere(grid, choices.local, stop.signal);
  matters.mark(choices.matters ?? mattersAround(grid));
  grid.dataset.live = "";
  view.open(choices.view ?? grid.dataset.opens ?? "all");
  return {
    inView: view.inView,
    picked: view.picked,
    pick: view.pick,
    view: view.mode,
    matters: matters.mark,
    close,
    unmount: () => { close(); view.unwatch(); stop.abort(); },
  };
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
  const rest = one(grid, "[data-rest]");
  const others = /** @type {HTMLButtonElement[]} */ (all(rest, "[data-add]"));
  const state = { picked: inOrder(choices.picked ?? []), mode: "all", first: 0, last: "", said: "" };
  if (!state.picked.length) state.picked = [...options];
  let layout = "";
  /** @type {string[]} */
  let told = [];

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

  /** @param {string} key @param {Record<string, string | number>} [parts] */
  function words(key, parts) { return wordsOf(bar, key, parts); }

  /** @param {Shown["by"]} [by] */
  function render(by = "page") {
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
    renderRest(state.mode === "pair" ? shown : switchedOn());
    tell(shown, by);
  }

  /**
   * What is not among the ways picked stays in sight, by name and in the same type.
   * @param {string[]} on
   */
  function renderRest(on) {
    for (const button of others) button.hidden = on.includes(button.dataset.add ?? "");
    const left = options.length - on.length;
    rest.hidden = left === 0;
    one(rest, "[data-rest-title]").textContent = words(left === 1 ? "rest-one" : "rest", { left });
  }

  /** @param {string[]} shown @param {Shown["by"]} by */
  function tell(shown, by) {
    const [added, removed] = [difference(shown, told), difference(told, shown)];
    if (!added.length && !removed.length) return;
    told = shown;
    const detail = { options: [...shown], picked: [...state.picked], by, added, removed };
    grid.dispatchEvent(new CustomEvent("grid:shown", { bubbles: true, detail }));
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
    const place = { n: question.selectedIndex + 1, all: question.length };
    one(bar, "[data-question-where]").textContent = words("question-where", place);
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
    render("hand");
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

  function pairUp() {
    const start = inView();
    sides.forEach((side, at) => { side.value = start[at] ?? options.find((id) => id !== start[0]) ?? ""; });
  }

  /** @param {string} mode */
  function setMode(mode) {
    if (mode === "pair" && state.mode !== "pair") pairUp();
    state.mode = mode;
    state.said = "";
    render("hand");
  }

  /** @param {string} mode */
  function open(mode) {
    layout = readLayout();
    if (mode === "pair") pairUp();
    state.mode = mode === "pair" ? "pair" : "all";
    render("start");
  }

  /**
   * One of the other ways comes in, and the focus follows to where it stands.
   * @param {string} id
   */
  function bringIn(id) {
    if (state.mode === "pair") {
      const out = sides[1]?.value ?? "";
      if (sides[1]) sides[1].value = id;
      state.said = words("swapped-pair", { in: names.get(id) ?? "", out: names.get(out) ?? "" });
      render("hand");
    } else {
      toggle(id);
      if (!inView().includes(id)) state.first = state.picked.indexOf(id);
      if (!state.said) state.said = words("added", { in: names.get(id) ?? "" });
      render("hand");
    }
    const head = columns.find((cell) => cell.dataset.option === id && cell.getClientRects().length);
    head?.setAttribute("tabindex", "-1");
    head?.focus();
  }

  /** @param {string[]} ids */
  function pick(ids) {
    const known = inOrder(ids);
    state.picked = known.length ? known : [...options];
    state.first = 0;
    render("host");
  }

  bar.addEventListener("change", (event) => {
    const from = /** @type {HTMLElement} */ (event.target);
    if (from.dataset.pick !== undefined) toggle(from.dataset.pick);
    else render("hand");
  }, { signal });
  rest.addEventListener("click", (event) => {
    const id = /** @type {Element} */ (event.target).closest("button")?.dataset.add;
    if (id) bringIn(id);
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

  /** Heads that stay must leave room to read; with large letters on a small screen they go along. */
  function measureHeads() {
    grid.toggleAttribute("data-tall-heads", heads.offsetHeight > innerHeight * MOST_HEAD);
  }

  /** @param {string} text told once, to eyes and to screen readers */
  function say(text) {
    state.said = text;
    render();
  }

  const heads = one(box, ".og-names");
  const watcher = new ResizeObserver(() => {
    if (readLayout() !== layout) render();
    measureHeads();
  });
  for (const sized of [grid, heads]) watcher.observe(sized);
  return { open, inView, picked: () => [...state.picked], mode: () => state.mode, pick, say, options, unwatch: () => watcher.disconnect() };
}

/** @param {string[]} these @param {string[]} those */
function difference(these, those) { return these.filter((id) => !those.includes(id)); }

/**
 * Focus must not be lost on a button that has just had its last step.
 * @param {HTMLButtonElement} button
 */
function moveOn(button) {
  const near = all(button.parentElement ?? document, "button").find((other) => !/** @type {HTMLButtonElement} */ (other).disabled);
  /** @type {HTMLElement | undefined} */ (near)?.focus();
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
