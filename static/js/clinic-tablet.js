/**
 * Help numbers on a clinic tablet: to read, not to press. A tablet has no line, and a link that rings
 * would lead out of the app; a person in the building comes first. On anybody else's device
 * nothing changes. Every word stands in the template.
 *
 * Only an enrolled tablet has a worker, so asking for one tells, and touches no store.
 *
 * @module clinic-tablet
 */

/** @returns {Promise<boolean>} */
export async function isClinicTablet() {
  try {
    return Boolean(await globalThis.navigator?.serviceWorker?.getRegistration("/"));
  } catch {
    return false; // a browser that forbids even the question
  }
}

/** @param {HTMLElement} link */
function toRead(link) {
  const words = document.createElement("span");
  words.className = link.className;
  words.textContent = link.textContent;
  link.replaceWith(words);
}

if (await isClinicTablet()) {
  /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('a[href^="tel:"], a[href^="sms:"]')
  ).forEach(toRead);
  for (const line of document.querySelectorAll("[data-clinic-tablet]")) {
    /** @type {HTMLElement} */ (line).hidden = false;
  }
}
