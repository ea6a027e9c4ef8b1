// Letters, space, contrast, motion and layout, as the person before the screen wants them.
// The choice stands on <html> and nowhere else: it ends with the page, or with resetComfort() as
// a tablet changes hands. Copies of the control may come and go; all of them show what stands.

const SETTINGS = ["text", "space", "contrast", "motion", "layout"];
const ROOT = document.documentElement;

/** @param {string} setting the name of its attribute */
function attribute(setting) { return `data-comfort-${setting}`; }

/** @param {ParentNode} within show in these controls what stands */
function show(within) {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll("[data-comfort-set]"))) {
    const stands = ROOT.getAttribute(attribute(button.dataset.comfortSet ?? "")) ?? "";
    button.setAttribute("aria-pressed", String(stands === button.dataset.to));
  }
}

/**
 * A button among several chooses; a button alone turns itself on and off.
 * @param {HTMLElement} button
 */
function choose(button) {
  const name = attribute(button.dataset.comfortSet ?? "");
  const to = button.dataset.to ?? "";
  if (to === "" || ROOT.getAttribute(name) === to) ROOT.removeAttribute(name);
  else ROOT.setAttribute(name, to);
  show(document);
  // What was pressed stays where it can be pressed again, whatever grew above it.
  button.scrollIntoView({ block: "nearest" });
}

/** As it was at first: for a tablet that changes hands. */
export function resetComfort() {
  for (const setting of SETTINGS) ROOT.removeAttribute(attribute(setting));
  for (const control of document.querySelectorAll("[data-comfort]")) control.removeAttribute("open");
  show(document);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-comfort-set]") : null;
  if (button instanceof HTMLElement) choose(button);
});
// `toggle` does not bubble; a control that was copied into the page is brought up to date as it opens.
document.addEventListener("toggle", (event) => {
  if (event.target instanceof Element && event.target.matches("[data-comfort]")) show(event.target);
}, true);
ROOT.toggleAttribute("data-comfort-ready", true);
