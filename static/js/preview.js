// Loads the page anew when the files behind it have changed, and says when nobody answers.
const EVERY_MS = 400;
const shown = document.querySelector("[data-preview]");
const lost = /** @type {HTMLElement | null} */ (document.querySelector("[data-preview-lost]"));

/**
 * Ask for the stamp of the files.
 * @param {string} address
 * @returns {Promise<string>}
 */
async function stampAt(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).stamp;
}

/** @param {HTMLElement} page */
async function watch(page) {
  try {
    const stamp = await stampAt(page.dataset.stampAt ?? "");
    if (lost) lost.hidden = true;
    if (stamp !== page.dataset.stamp) {
      location.reload();
      return;
    }
  } catch {
    if (lost) lost.hidden = false;
  }
  setTimeout(watch, EVERY_MS, page);
}

if (shown instanceof HTMLElement) watch(shown);
