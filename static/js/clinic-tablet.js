/**
 * Help numbers on a clinic tablet: to read, not to press. A tablet has no line, and a link that rings
 * would lead out of the app; a person in the building comes first. On anybody else's device
 * nothing changes. Every word stands in the template.
 *
 * Asking which worker is here tells, and touches no store: a phone whose owner keeps a page on it
 * has the worker under another address, and its numbers ring as before.
 *
 * @module clinic-tablet
 */

/** @returns {Promise<boolean>} */
export async function isClinicTablet() {
  try {
    const found = await globalThis.navigator?.serviceWorker?.getRegistration("/");
    const worker = found?.installing ?? found?.waiting ?? found?.active;
    return Boolean(worker) && new URL(worker?.scriptURL ?? "", location.href).search === "";
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
