/**
 * "Keep this page on this phone": one grid and the numbers to call, without a network, for whoever
 * taps. Nothing is kept before that, and one tap takes everything away, the worker too. The shelf
 * and its worker are those of a clinic tablet, fetched only when they are needed.
 *
 * @module grid-keep
 */

const SHELF = "grids-shelf-1";
const LIST = "/offline.json";

/** @typedef {"off" | "on" | "other" | "tablet"} Kept */

/** @param {string} name such as `k7/1` @returns {Promise<Kept>} without making anything */
async function look(name) {
  if (!(await caches.has(SHELF))) return "off";
  const list = await (await (await caches.open(SHELF)).match(LIST))?.json();
  if (!list) return "off";
  if (typeof list.keeps !== "string") return "tablet";
  return list.keeps === name ? "on" : "other";
}

const shelf = () => import("./offline-shelf.js");

/** @param {string} from @returns {Promise<boolean>} whether all of it is here */
async function keep(from) {
  const { fillShelf, register, unregister } = await shelf();
  const { held, total, problem } = await fillShelf({ from });
  if (problem === null && total > 0 && held === total && (await register("phone"))) return true;
  await unregister(); // half a page is none
  return false;
}

/** @param {HTMLElement} part */
async function open(part) {
  const from = part.dataset.keep ?? "";
  const name = from.split("/").slice(2, 4).join("/");
  const said = /** @type {HTMLElement} */ (part.querySelector("[data-keep-said]"));
  const draw = async () => {
    const state = await look(name);
    part.hidden = state === "tablet";
    for (const each of /** @type {NodeListOf<HTMLElement>} */ (part.querySelectorAll("[data-keep-state]"))) {
      each.hidden = each.dataset.keepState !== state;
    }
    return state;
  };
  part.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    if (!button || said.textContent === said.dataset.busy) return; // a second tap of a double one
    said.textContent = said.dataset.busy ?? "";
    let words = said.dataset.trouble;
    try {
      if (button.dataset.keepDo === "keep") words = (await keep(from)) ? said.dataset.kept : words;
      else words = await (await shelf()).unregister().then(() => said.dataset.gone);
    } catch (error) {
      globalThis.reportError?.(error);
    }
    await draw().catch(() => {});
    said.textContent = words ?? "";
    /** @type {HTMLElement | null} */ (part.querySelector("[data-keep-state]:not([hidden]) button"))?.focus();
  });
  if ((await draw()) === "on" && navigator.onLine) {
    // Whoever looks at it with a network has the newest of it, and seven more days.
    await (await shelf()).fillShelf({ from });
  }
}

const part = document.querySelector("[data-keep]");
const can = globalThis.isSecureContext && "caches" in globalThis && "serviceWorker" in navigator;
// A browser that forbids storage keeps nothing, and the offer stays away.
if (part instanceof HTMLElement && can) void open(part).catch(() => (part.hidden = true));
