/**
 * "Print what is on this screen": for want of a network, or of anybody who makes the sheet.
 *
 * @module print-page
 */

const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-print-page]"));
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => globalThis.print());
}
