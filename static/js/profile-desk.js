/**
 * The profile on a clinic tablet: its words go to the print desk, and the page itself never comes to
 * the tablet. No file is offered, none is opened, and once it is given away the form can be emptied.
 *
 * @module profile-desk
 */

import { Outbox } from "./outbox.js";
import { leaveProfile } from "./print-ticket.js";

/** @typedef {import("./print-ticket.js").Left} Left */
/** @typedef {import("./print-ticket.js").Way} Way */

/**
 * @param {HTMLFormElement} form
 * @param {() => URLSearchParams} wordsOf what is written in it now
 */
export function toTheDesk(form, wordsOf) {
  for (const offer of form.querySelectorAll("[data-own-device]")) offer.remove();
  // The Enter key would send the form, and the answer would be a page with the words in it.
  form.addEventListener("submit", (event) => event.preventDefault());
  const parts = /** @type {HTMLTemplateElement} */ (form.querySelector("[data-desk-parts]"));
  form.append(parts.content.cloneNode(true));
  const desk = /** @type {HTMLElement} */ (form.querySelector("[data-desk]"));
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (desk.querySelectorAll("[data-way]"))) {
    button.addEventListener("click", () => void send(desk, button, wordsOf()));
  }
  desk.querySelector("[data-empty-form]")?.addEventListener("click", () => {
    form.reset();
    location.replace("/profile"); // anew: the sheet beside the form holds the words too
  });
}

/** @param {HTMLElement} desk @param {HTMLButtonElement} button @param {URLSearchParams} words */
async function send(desk, button, words) {
  show(desk, "sending");
  words.set("action", button.dataset.action ?? "pdf");
  const way = /** @type {Way} */ (button.dataset.way);
  const credential = await new Outbox().credential().catch(() => null);
  tell(desk, credential ? await leaveProfile({ token: credential.token, way, words }) : { why: "refused" });
}

/** @param {HTMLElement} desk @param {Left} left */
function tell(desk, left) {
  if ("why" in left) return show(desk, left.why);
  const { code = "", qr, minutes } = left.ticket;
  for (const place of desk.querySelectorAll("[data-minutes]")) place.textContent = String(minutes);
  const said = desk.querySelector("[data-code]");
  if (said) said.textContent = code;
  const picture = desk.querySelector("[data-qr]");
  if (qr) {
    picture?.setAttribute("viewBox", `0 0 ${qr.side} ${qr.side}`);
    picture?.querySelector("path")?.setAttribute("d", qr.path);
  }
  show(desk, qr ? "qr" : "code");
}

/** @param {HTMLElement} desk @param {string} state one of the words in `data-when`, or nothing */
function show(desk, state) {
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (desk.querySelectorAll("[data-when]"))) {
    part.hidden = !(part.dataset.when ?? "").split(" ").includes(state);
  }
  for (const button of desk.querySelectorAll("button")) button.disabled = state === "sending";
}
