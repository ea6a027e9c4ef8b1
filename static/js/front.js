/**
 * The front page on a clinic tablet: the installed app opens here, and its start is elsewhere.
 *
 * Only an enrolled tablet has a worker, so asking for one tells, and touches no store: on anybody
 * else's device nothing is opened and nothing is made. Who comes here by a link wanted this page
 * and gets the way to the start instead.
 *
 * @module front
 */

const START = "/tablet";

async function isClinicTablet() {
  try {
    return Boolean(await navigator.serviceWorker?.getRegistration("/"));
  } catch {
    return false; // a browser that forbids even the question
  }
}

if (await isClinicTablet()) {
  if (history.length === 1) location.replace(START);
  /** @type {HTMLElement} */ (document.querySelector("[data-tablet]")).hidden = false;
}
