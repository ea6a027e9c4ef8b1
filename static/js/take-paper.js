/**
 * The page behind a QR code: takes the secret out of the address, so that it is in no history, and
 * sends it only when somebody asks for the paper.
 *
 * @module take-paper
 */

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-take]"));
const secret = location.hash.slice(1);

history.replaceState(null, "", location.pathname);
if (/^[\w-]{20,60}$/.test(secret)) {
  /** @type {HTMLInputElement} */ (form.elements.namedItem("secret")).value = secret;
  form.hidden = false;
} else {
  /** @type {HTMLElement} */ (document.querySelector("[data-no-code]")).hidden = false;
}
// A second press would find the code used up and take the page away from under the file.
form.addEventListener("submit", () => {
  setTimeout(() => /** @type {HTMLButtonElement} */ (form.querySelector("button")).remove(), 0);
});
