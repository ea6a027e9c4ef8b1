/**
 * The words of a profile, kept on somebody's own device and only if they ask. In one entry, so that
 * one tap takes all of it away. Never on a clinic tablet, and the form does not offer it to staff.
 *
 * @module profile-kept
 */

import { isClinicTablet } from "./clinic-tablet.js";

const ENTRY = "one-page-profile";
/** Two of these may be ticked for one answer; all other fields have one value. */
const SEEN = /-sees$/;
/** @typedef {[string, string][]} Fields */

/** @returns {Fields | null} what is kept here, or nothing */
export function kept() {
  try {
    const fields = JSON.parse(localStorage.getItem(ENTRY) ?? "null");
    return Array.isArray(fields) && fields.every(isField) ? fields : null;
  } catch {
    return null; // a browser that forbids the question, or an entry that is not ours
  }
}

/** @param {unknown} field */
const isField = (field) =>
  Array.isArray(field) && field.length === 2 && field.every((part) => typeof part === "string");

export function forget() {
  try {
    localStorage.removeItem(ENTRY);
  } catch {
    // Nothing could be kept there either.
  }
}

/**
 * @param {Fields} fields
 * @returns {boolean} whether the device took them
 */
function keep(fields) {
  try {
    localStorage.setItem(ENTRY, JSON.stringify(fields));
    return true;
  } catch {
    return false;
  }
}

/**
 * Offer to keep, and bring back what is kept into a form that is still empty.
 *
 * @param {HTMLFormElement} form
 */
export async function offerToKeep(form) {
  const part = (/** @type {string} */ name) =>
    /** @type {any} */ (form.querySelector(`[data-${name}]`));
  const offer = part("keep");
  if (!offer || (await isClinicTablet())) return;
  const box = part("keep-box");
  const before = kept();
  if (before && isEmpty(form)) fill(form, before);
  box.checked = Boolean(before);
  offer.hidden = false;
  const tell = (/** @type {string} */ name) => {
    for (const line of offer.querySelectorAll("[data-keep-says]")) {
      line.hidden = line.dataset.keepSays !== name;
    }
    part("keep-remove").hidden = !kept();
  };
  const store = () => {
    if (box.checked) tell(keep(fieldsOf(form)) ? "kept" : "not-kept");
  };
  tell(before ? "kept" : "");
  form.addEventListener("input", store);
  form.addEventListener("change", (event) => {
    if (event.target !== box) return store();
    if (box.checked) return store();
    forget();
    tell("removed");
  });
  part("keep-remove").addEventListener("click", () => {
    forget();
    box.checked = false;
    tell("removed");
  });
}

/**
 * @param {HTMLFormElement} form
 * @returns {Fields}
 */
function fieldsOf(form) {
  const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  return /** @type {Fields} */ (fields);
}

/** @param {HTMLFormElement} form */
function isEmpty(form) {
  return [...form.querySelectorAll("textarea, #name")].every(
    (field) => !(/** @type {HTMLTextAreaElement} */ (field).value),
  );
}

/**
 * @param {HTMLFormElement} form
 * @param {Fields} fields
 */
function fill(form, fields) {
  for (const [name, value] of fields) {
    if (SEEN.test(name)) {
      for (const box of /** @type {Iterable<HTMLInputElement>} */ (form.querySelectorAll("[type=checkbox]"))) {
        if (box.name === name && box.value === value) box.checked = true;
      }
    } else {
      const field = /** @type {any} */ (form.elements.namedItem(name));
      if (field && "value" in field) field.value = value;
    }
  }
  const small = /** @type {HTMLImageElement} */ (form.querySelector("[data-photo-small]"));
  const photo = fields.find(([name]) => name === "photo-kept")?.[1];
  if (photo) {
    small.src = `data:image/jpeg;base64,${photo}`;
    small.hidden = false;
  }
}
