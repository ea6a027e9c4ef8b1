/**
 * The print desk on a staff computer: copying a note, and refusing to be used on a clinic tablet.
 *
 * @module print-desk
 */

import { isClinicTablet } from "./clinic-tablet.js";

/** @param {HTMLButtonElement} button */
function offerCopy(button) {
  const text = /** @type {HTMLTextAreaElement} */ (document.getElementById(button.dataset.copy ?? ""));
  const said = /** @type {HTMLElement} */ (button.parentElement?.querySelector("[role=status]"));
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(text.value);
      said.textContent = said.dataset.copied ?? "";
    } catch {
      text.focus();
      text.select();
      said.textContent = said.dataset.notCopied ?? "";
    }
  });
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  offerCopy(/** @type {HTMLButtonElement} */ (button));
}
if (await isClinicTablet()) {
  for (const part of document.querySelectorAll("[data-off-tablet]")) part.remove();
  for (const part of document.querySelectorAll("[data-on-tablet]")) {
    /** @type {HTMLElement} */ (part).hidden = false;
  }
}
