/**
 * One screen at a time, each a fresh copy of its template: what somebody tapped cannot stay in it.
 *
 * `data-only="who=parent occasion=before|after"` keeps a part only where the facts say so,
 * `data-slot` takes text, `data-act` names what a button does. Focus goes to the new heading.
 *
 * @module appointment-screen
 */

/** @typedef {Record<string, string>} Facts */
/** @typedef {(button: HTMLElement) => void} Act */

/** A second tap of a double tap lands on the next screen; it was not meant for it. */
const DOUBLE_TAP_MS = 500;

export class Stage {
  #app;
  #main;
  #shownAt = 0;
  /** @type {Record<string, Act>} */
  #acts = {};

  /** @param {HTMLElement} app the bar and, inside `[data-stage]`, the screens */
  constructor(app) {
    this.#app = app;
    this.#main = one(app, "[data-stage]");
    app.addEventListener("click", (event) => this.#clicked(event));
  }

  /**
   * @param {string} name of the template, without `screen-`
   * @param {object} [what]
   * @param {Facts} [what.facts]
   * @param {Record<string, string>} [what.slots]
   * @param {Record<string, Act>} [what.acts]
   * @returns {HTMLElement} the screen
   */
  show(name, { facts = {}, slots = {}, acts = {} } = {}) {
    const screen = copyOf(`screen-${name}`, facts);
    for (const [slot, text] of Object.entries(slots)) {
      for (const place of each(screen, `[data-slot="${slot}"]`)) place.textContent = text;
    }
    screen.dataset.screen = name;
    this.#app.dataset.showing = name;
    this.#acts = acts;
    this.#main.replaceChildren(screen);
    this.#shownAt = performance.now();
    globalThis.scrollTo(0, 0);
    screen.querySelector("h1")?.focus({ preventScroll: true });
    return screen;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-act]");
    if (!(button instanceof HTMLElement)) return;
    if (event.detail > 1 && performance.now() - this.#shownAt < DOUBLE_TAP_MS) return;
    this.#acts[button.dataset.act ?? ""]?.(button);
  }
}

/**
 * A fresh copy of the first element of a template, with only the parts that fit the facts.
 *
 * @param {string} id
 * @param {Facts} [facts]
 * @returns {HTMLElement}
 */
export function copyOf(id, facts = {}) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return fitted(/** @type {HTMLElement} */ (template.content.firstElementChild), facts);
}

/**
 * @param {HTMLElement} original
 * @param {Facts} [facts]
 * @returns {HTMLElement}
 */
export function fitted(original, facts = {}) {
  const copy = /** @type {HTMLElement} */ (document.importNode(original, true));
  for (const part of each(copy, "[data-only]")) {
    if (!fits(part.dataset.only ?? "", facts)) part.remove();
  }
  return copy;
}

/**
 * The words of a template that fit the facts.
 *
 * @param {HTMLTemplateElement} template
 * @param {Facts} facts
 * @returns {string}
 */
export function wordsOf(template, facts) {
  const parts = /** @type {HTMLElement[]} */ ([...template.content.children]);
  const found = parts.find((part) => fits(part.dataset.only ?? "", facts));
  return found?.textContent ?? "";
}

/**
 * @param {string} condition such as `who=parent occasion=before|after`
 * @param {Facts} facts
 * @returns {boolean}
 */
export function fits(condition, facts) {
  return condition
    .split(" ")
    .filter(Boolean)
    .every((part) => {
      const [key, values] = part.split("=");
      return values.split("|").includes(facts[key]);
    });
}

/**
 * @param {string} pattern words with `{name}` in them
 * @param {Record<string, string | number>} parts
 * @returns {string}
 */
export function filled(pattern, parts) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => String(parts[name] ?? whole));
}

/**
 * @param {ParentNode} within
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function each(within, selector) {
  return [...within.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);
}

/**
 * @param {ParentNode} within
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function one(within, selector) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page lacks ${selector}`);
  return found;
}
