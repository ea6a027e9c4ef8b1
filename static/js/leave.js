/**
 * Leaving a sensitive page on one's own device: the page is covered at once, its place in the history
 * is taken by an ordinary site, and nothing is stored. Without this script the button is a plain
 * link. Every word stands in the template.
 *
 * @module leave
 */

const PRESSES = 3;
const WITHIN_MS = 5_000;

const button = /** @type {HTMLAnchorElement} */ (document.querySelector("[data-leave]"));
const said = /** @type {HTMLElement} */ (document.querySelector("[data-leave-said]"));

/** Cover first: an ordinary site may take its time. */
function cover() {
  const title = document.querySelector("[data-leave-cover]");
  document.documentElement.classList.add("is-left");
  for (const dialog of document.querySelectorAll("dialog")) if (dialog.open) dialog.close();
  if (title instanceof HTMLElement) {
    title.hidden = false;
    document.title = title.textContent?.trim() ?? "";
  }
}

function leave() {
  cover();
  const neutral = button.dataset.leaveOffline ?? "/leave";
  location.replace(navigator.onLine ? button.href : neutral);
}

/**
 * Whether a click is meant for this very window.
 * @param {MouseEvent} event
 */
function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement)) return;
  if (link.matches("[data-leave]")) {
    event.preventDefault();
    leave();
  } else if (isPlain(event) && isBesideThis(link)) {
    // One entry in the history for all pages of a grid: leaving replaces it, and Back finds none.
    event.preventDefault();
    location.replace(link.href);
  }
});

/**
 * Whether a link leads to another page about a grid, and not within this one.
 * @param {HTMLAnchorElement} link
 */
function isBesideThis(link) {
  const within = link.pathname === location.pathname && link.search === location.search && link.hash;
  return link.origin === location.origin && link.pathname.startsWith("/g/") && !within;
}

let presses = 0;
let first = 0;

document.addEventListener("keydown", (event) => {
  if (event.repeat) return;
  if (event.key !== "Shift" || event.timeStamp - first > WITHIN_MS) presses = 0;
  if (event.key !== "Shift") return say(0);
  if (presses === 0) first = event.timeStamp;
  presses += 1;
  if (presses >= PRESSES) leave();
  else say(PRESSES - presses);
});

/** @param {number} left how many presses are left; 0 says nothing */
function say(left) {
  const { more = "", once = "" } = said.dataset;
  said.textContent = left === 0 ? "" : left === 1 ? once : more.replace("{n}", String(left));
}

addEventListener("pageshow", (event) => {
  // Whoever comes back by a kept copy of the page has left it: it stays closed.
  const left = document.documentElement.classList.contains("is-left");
  if (event.persisted && left) location.replace(button.dataset.leaveOffline ?? "/leave");
});
