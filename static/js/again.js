/**
 * Looking at a decision again: the very edition is laid beside what was hoped for. Nothing is kept,
 * and a clinic tablet opens nobody's file. Without this script a link opens the grid by itself.
 *
 * @module again
 */

import { isClinicTablet } from "./clinic-tablet.js";
import { mountGrid } from "./grid.js";

/** @param {HTMLElement} beside */
async function layBeside(beside) {
  const { fragment = "", picked = "" } = beside.dataset;
  const answer = await fetch(fragment, { credentials: "omit" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("[data-grid]")) return;
  const place = /** @type {HTMLElement} */ (beside.querySelector("[data-place]"));
  place.append(...document.importNode(page.body, true).children);
  mountGrid(place, picked ? { picked: picked.split(",") } : {});
}

if (await isClinicTablet()) {
  for (const part of document.querySelectorAll("[data-off-tablet]")) part.remove();
  for (const part of document.querySelectorAll("[data-on-tablet]")) {
    /** @type {HTMLElement} */ (part).hidden = false;
  }
}
const beside = /** @type {HTMLElement | null} */ (document.querySelector("[data-fragment]"));
if (beside) await layBeside(beside).catch(() => {}); // no network: the link stays
