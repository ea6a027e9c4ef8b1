/**
 * The page as it would come out, small, beside the form. The service lays it out and says how tall
 * each row is; here it is only shown, apart from the form's own styles. Nothing in it can be
 * pressed, and readers of the screen are told in words instead.
 *
 * @module profile-sheet
 */

/**
 * @param {HTMLFormElement} form
 * @param {string} html the whole page, as the paper engine gets it
 * @param {boolean} fits
 */
export function showSheet(form, html, fits) {
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (form.querySelector(`[data-${name}]`));
  const host = part("sheet");
  const root = host.shadowRoot ?? opened(host, String(form.dataset.sheetStyle));
  root.querySelector(".sheet")?.remove();
  root.append(sheetOf(html, fits ? "" : String(form.dataset.pageEnds), photoOf(form)));
  part("seen").hidden = false;
  form.classList.add("profile--seen");
  fitInto(part("frame"), host);
}

/**
 * @param {HTMLElement} host
 * @param {string} address of the paper's own styles
 */
function opened(host, address) {
  const root = host.attachShadow({ mode: "open" });
  const styles = document.createElement("link");
  styles.rel = "stylesheet";
  styles.href = address;
  const frame = /** @type {HTMLElement} */ (host.parentElement);
  styles.addEventListener("load", () => fitInto(frame, host));
  new ResizeObserver(() => fitInto(frame, host)).observe(frame);
  root.append(styles);
  return root;
}

/**
 * @param {string} html
 * @param {string} end what stands where the page ends, if the words do not fit
 * @param {string} photo address of the photo that the form carries, or nothing
 */
function sheetOf(html, end, photo) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const sheet = document.createElement("div");
  sheet.className = `sheet ${page.documentElement.className} ${page.body.className}`;
  sheet.append(...page.body.childNodes);
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (sheet.querySelectorAll("[data-height]"))) {
    box.style.minHeight = `${box.dataset.height}px`;
  }
  const slot = sheet.querySelector(".slot");
  if (slot && photo) {
    const picture = document.createElement("img");
    picture.className = "slot__photo";
    picture.src = photo;
    picture.alt = "";
    slot.replaceChildren(picture);
  }
  if (end) {
    const line = document.createElement("div");
    line.className = "sheet__end";
    line.append(document.createElement("span"));
    /** @type {HTMLElement} */ (line.firstChild).textContent = end;
    sheet.append(line);
  }
  return sheet;
}

/** @param {HTMLFormElement} form */
function photoOf(form) {
  const choice = /** @type {HTMLInputElement | null} */ (form.querySelector("#slot-photo"));
  const small = /** @type {HTMLImageElement} */ (form.querySelector("[data-photo-small]"));
  return choice?.checked && !small.hidden ? small.src : "";
}

/**
 * @param {HTMLElement} frame
 * @param {HTMLElement} host
 */
function fitInto(frame, host) {
  const scale = frame.clientWidth / Math.max(host.offsetWidth, 1);
  host.style.transform = `scale(${scale})`;
  frame.style.height = `${host.offsetHeight * scale}px`;
}
