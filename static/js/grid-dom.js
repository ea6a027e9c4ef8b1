// Parts of the grid, found by data attributes only.

/**
 * @template {Element} E
 * @param {ParentNode} within
 * @param {string} selector
 * @returns {E[]}
 */
export function all(within, selector) {
  return /** @type {E[]} */ ([...within.querySelectorAll(selector)]);
}

/**
 * @param {ParentNode} within
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function one(within, selector) {
  const found = within.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The grid lacks ${selector}`);
  return found;
}

/**
 * Words of the template, with their gaps filled.
 * @param {ParentNode} within
 * @param {string} key
 * @param {Record<string, string | number>} [parts]
 */
export function words(within, key, parts = {}) {
  const template = one(within, `[data-words="${key}"]`).textContent ?? "";
  return template.replace(/\{(\w+)\}/g, (whole, name) => String(parts[name] ?? whole));
}
