/**
 * The profile printed by the browser of somebody's own device, where the service cannot be reached.
 * Its words become text on the page while it prints, and are taken out again. Not on a clinic tablet:
 * what it prints it can also keep as a file.
 *
 * @module profile-print
 */

const PRINTS = "data-prints-profile";

/** @param {HTMLFormElement} form */
export function offerToPrint(form) {
  const paper = /** @type {HTMLElement | null} */ (document.querySelector("[data-paper-here]"));
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector("[data-print-here]"));
  if (!paper || !button) return;
  // Also when the browser's own menu prints: boxes of a form show only as much as fits in them.
  addEventListener("beforeprint", () => fill(paper, new FormData(form)));
  addEventListener("afterprint", () => empty(paper));
  button.hidden = false;
  button.addEventListener("click", () => globalThis.print());
}

/** @param {HTMLElement} paper @param {FormData} words */
function fill(paper, words) {
  const reader = String(words.get("copy-for") ?? "me");
  const isShown = (/** @type {string} */ prompt) =>
    reader === "me" || words.getAll(`${reader}-sees`).includes(prompt);
  const name = part(paper, "name");
  name.textContent = String(words.get("name") ?? "").trim() || (name.dataset.nobody ?? "");
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (paper.querySelectorAll("[data-paper-box]"))) {
    const prompt = box.dataset.paperBox ?? "";
    part(box, "words").textContent = isShown(prompt) ? String(words.get(prompt) ?? "").trim() : "";
  }
  const copy = part(paper, "copy");
  copy.textContent = copy.dataset[reader] ?? "";
  const day = part(paper, "day");
  const today = new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  day.textContent = (day.dataset.pattern ?? "").replace("{day}", today);
  document.documentElement.setAttribute(PRINTS, "");
}

/** @param {HTMLElement} paper */
function empty(paper) {
  document.documentElement.removeAttribute(PRINTS);
  for (const each of paper.querySelectorAll("[data-paper]")) each.textContent = "";
}

/** @param {HTMLElement} within @param {string} name @returns {HTMLElement} */
function part(within, name) {
  return /** @type {HTMLElement} */ (within.querySelector(`[data-paper="${name}"]`));
}
