/**
 * What a browser says of itself, and the small files it is asked to save.
 *
 * @module tablet-device
 */

/** @typedef {"persistent" | "best_effort" | "unknown"} Storage */

/** How long a browser may take to save a file that it was given. */
const SAVING_MS = 60_000;

/** @returns {boolean} opened from the home screen */
export function isInstalled() {
  const standalone = /** @type {any} */ (navigator).standalone === true;
  return standalone || matchMedia("(display-mode: standalone), (display-mode: fullscreen)").matches;
}

/** @returns {Promise<Storage>} whether the browser has promised to keep what is stored */
export function storageState() {
  return asked(() => navigator.storage.persisted());
}

/** Ask the browser to keep it. @returns {Promise<Storage>} */
export function askToKeep() {
  return asked(() => navigator.storage.persist());
}

/** @param {() => Promise<boolean>} ask @returns {Promise<Storage>} */
async function asked(ask) {
  try {
    return (await ask()) ? "persistent" : "best_effort";
  } catch {
    return "unknown"; // an older browser, or one that does not say
  }
}

/** @param {string} name @param {string} text */
export function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVING_MS);
}
