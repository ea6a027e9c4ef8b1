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
