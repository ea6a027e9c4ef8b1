/**
 * What matters to somebody, beside the ways of getting help: the words of a profile that is kept on
 * this very device. They are read here and go nowhere. Nothing kept, or a clinic tablet: no trace.
 *
 * @module grid-profile
 */

import { isClinicTablet } from "./clinic-tablet.js";
import { kept } from "./profile-kept.js";

/** From here on the words have a column of their own (grid.css); else they open with a tap. */
const WIDE = "(min-width: 83rem)";
const beside = /** @type {HTMLElement | null} */ (document.querySelector("[data-beside]"));
const fields = kept();
if (beside && fields && !(await isClinicTablet())) show(beside, new Map(fields));

/**
 * @param {HTMLElement} panel
 * @param {Map<string, string>} words by prompt
 */
function show(panel, words) {
  const boxes = /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll("[data-beside-box]"));
  for (const box of boxes) {
    const said = words.get(String(box.dataset.besideBox)) ?? "";
    /** @type {HTMLElement} */ (box.querySelector("[data-beside-words]")).textContent = said;
    box.hidden = !said;
  }
  const wording = words.get("wording") ?? "first"; // of the questions: not everybody has a home
  for (const label of /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll("[data-wording]"))) {
    label.hidden = label.dataset.wording !== wording;
  }
  /** @type {HTMLDetailsElement} */ (panel.querySelector("details")).open = matchMedia(WIDE).matches;
  panel.hidden = [...boxes].every((box) => box.hidden);
}
