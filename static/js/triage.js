// Triage. The id of an encounter is made by the device; without this file the one from the server
// holds. Two quick taps are put together here: the second tile was drawn before the first was
// answered, so that its address does not know of it yet. Nothing is stored.

const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-encounter-id]"));

function renew() {
  if (field) field.value = crypto.randomUUID();
}

/** @returns {Map<string, string>} the choices of the address: a topic may be chosen and empty */
function inAddress() {
  return new Map(new URLSearchParams(location.search));
}

/** @returns {Map<string, string>} the choices of the page: a form drawn again has no address */
function onPage() {
  const found = new Map();
  for (const key of ["topic", "group"]) {
    const tile = document.querySelector(`a[data-${key}][aria-current]`);
    if (tile instanceof HTMLElement) found.set(key, tile.dataset[key] ?? "");
  }
  return found;
}

let chosen = onPage();

/** @param {HTMLElement} tile @returns {string} where this tile leads with all that was tapped */
function choose(tile) {
  for (const key of ["topic", "group"]) {
    const name = tile.dataset[key];
    if (name !== undefined) chosen.set(key, name);
  }
  const steps = new URLSearchParams();
  for (const key of ["topic", "group"]) {
    const name = chosen.get(key);
    if (name !== undefined && (name || key === "topic")) steps.set(key, name);
  }
  return `/triage?${steps}`;
}

/** @param {EventTarget | null} target */
function tileAt(target) {
  const tile = target instanceof Element ? target.closest("a[data-topic], a[data-group]") : null;
  return tile instanceof HTMLAnchorElement ? tile : null;
}

// Before htmx hears of it, and also where the browser follows the link itself.
document.addEventListener("click", (event) => {
  const tile = tileAt(event.target);
  if (tile) tile.href = choose(tile);
}, { capture: true });

document.addEventListener("htmx:configRequest", (event) => {
  const tile = tileAt(event.target);
  if (tile) /** @type {CustomEvent} */ (event).detail.path = tile.getAttribute("href");
});

/** @type {Set<string>} ids of what was ticked in the steps, kept over their swap */
let ticked = new Set();

document.addEventListener("htmx:beforeSwap", () => {
  const boxes = document.querySelectorAll("#steps input:checked");
  ticked = new Set([...boxes].map((box) => box.id));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of ticked) {
    const box = document.getElementById(id);
    if (box instanceof HTMLInputElement && box.closest("#steps")) box.checked = true;
  }
  for (const id of cards()) look(id);
});

/** @returns {string[]} the editions on the page, as their forms name them */
function cards() {
  const links = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-look]"));
  return [...links].map((link) => link.dataset.look ?? "");
}

/**
 * Looking at a grid opens it with the options that are switched on, as the family will meet it.
 * @param {string} value the edition
 */
function look(value) {
  const link = document.querySelector(`[data-look="${value}"]`);
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[name=pick]:checked"));
  const picked = [...boxes].map((box) => box.value).filter((pick) => pick.startsWith(`${value}/`));
  const options = picked.map((pick) => pick.slice(value.length + 1)).join(",");
  if (link instanceof HTMLAnchorElement) link.search = options ? `?c=${options}` : "";
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box instanceof HTMLInputElement && box.name === "pick") for (const id of cards()) look(id);
});

renew();
for (const id of cards()) look(id);

// A page that the browser brings back from its memory is a new appointment, not the last one.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  renew();
  chosen = onPage();
});
window.addEventListener("popstate", () => { chosen = inAddress(); });
