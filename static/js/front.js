/**
 * The front page on a clinic tablet: the installed app opens here, and its start is elsewhere.
 *
 * On anybody else's device nothing is opened and nothing is made. Who comes here by a link wanted
 * this page and gets the way to the start instead.
 *
 * @module front
 */

import { isClinicTablet } from "./clinic-tablet.js";

const START = "/tablet";

if (await isClinicTablet()) {
  if (history.length === 1) location.replace(START);
  /** @type {HTMLElement} */ (document.querySelector("[data-tablet]")).hidden = false;
}
