/**
 * The staff page "Make this a clinic tablet": looks whether this browser can be one, takes the
 * form, and shows what became of it. Words and hooks are in `templates/pages/tablets/enrol.html`.
 *
 * @module enrol
 */

import { each, one } from "./appointment-screen.js";
import { newId } from "./envelope.js";
import { Outbox } from "./outbox.js";
import { askToKeep, isInstalled } from "./tablet-device.js";
import { enrol } from "./tablet-enrol.js";

/** @typedef {import("./tablet-device.js").Storage} Storage */

const page = one(document, "[data-enrol-page]");
/** Made once for this page: a second try after a lost reply is the same tablet. */
let id = "";
/** @type {Outbox | null} */
let outbox = null;
/** @type {Storage} */
let storage = "unknown";
let goesOnAnyway = false;

/** @param {string} name */
function show(name) {
  for (const screen of each(page, "[data-screen]")) screen.hidden = screen.dataset.screen !== name;
  const heading = page.querySelector(`[data-screen="${name}"] h2`);
  if (heading instanceof HTMLElement) heading.focus();
}

/** @param {string} name @param {any} tablet */
function showTablet(name, tablet) {
  for (const place of each(page, "[data-fill]")) place.textContent = String(tablet[place.dataset.fill ?? ""]);
  for (const line of each(page, "[data-storage]")) line.hidden = line.dataset.storage !== storage;
  show(name);
}

/** @param {string} why */
function fail(why) {
  for (const line of each(page, "[data-why]")) line.hidden = line.dataset.why !== why;
  show("failed");
}

async function begin() {
  show("checking");
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) return show("insecure");
  if (!isNewEnough()) return fail("too_old");
  outbox ??= new Outbox();
  let seat;
  try {
    seat = await outbox.seat();
  } catch {
    return show("no-storage");
  }
  if (seat?.pin) return showTablet("already", seat.tablet);
  if (await outbox.check()) return show("no-storage");
  // Killed before it had its digits: the same tablet once more.
  id ||= seat?.tablet.id ?? newId();
  if (!isInstalled() && !goesOnAnyway) return showWays();
  storage = await askToKeep();
  return storage === "best_effort" && !goesOnAnyway ? show("not-persistent") : show("form");
}

/** @returns {boolean} whether what the tablet needs is there at all */
function isNewEnough() {
  return Boolean(
    navigator.locks && globalThis.BroadcastChannel && globalThis.caches && "timeout" in AbortSignal && navigator.serviceWorker,
  );
}

function showWays() {
  const agent = navigator.userAgent;
  // An iPad says that it is a Mac; no Mac has a touch screen.
  const isApple = /iPad|iPhone/.test(agent) || (agent.includes("Macintosh") && navigator.maxTouchPoints > 1);
  const way = isApple ? "ios" : agent.includes("Android") ? "android" : "other";
  for (const part of each(page, "[data-only]")) part.hidden = part.dataset.only !== way;
  show("not-installed");
}

async function send() {
  const form = /** @type {HTMLFormElement} */ (one(page, "form[data-enrol]"));
  const value = (/** @type {string} */ name) => String(new FormData(form).get(name) ?? "");
  const fields = {
    label: value("label"),
    team: value("team"),
    number: value("number"),
    pin: value("pin"),
    pinAgain: value("pin_again"),
  };
  drawFaults({});
  show("working");
  const outcome = await enrol({ address: page.dataset.put ?? "", id, fields, keep });
  if ("tablet" in outcome) {
    form.reset();
    showTablet("done", outcome.tablet);
  } else if ("faults" in outcome) {
    show("form");
    drawFaults(outcome.faults);
  } else fail(outcome.why);
}

/** @param {any} given @param {any} more */
async function keep(given, more) {
  const kept = /** @type {Outbox} */ (outbox);
  await kept.enrol(given);
  await kept.changeSeat((seat) => ({ ...seat, ...more }));
}

/** @param {Record<string, string>} faults */
function drawFaults(faults) {
  const links = Object.entries(faults).map(([field, key]) => faultLink(field, wordsOf(key)));
  one(page, "[data-summary-list]").replaceChildren(...links);
  for (const group of each(page, "[data-field]")) {
    const key = faults[group.dataset.field ?? ""];
    const line = one(group, "[data-fault-of]");
    group.classList.toggle("nhsuk-form-group--error", key !== undefined);
    line.hidden = key === undefined;
    line.textContent = key === undefined ? "" : wordsOf(key);
  }
  const summary = one(page, "[data-summary]");
  summary.hidden = links.length === 0;
  if (links.length) summary.focus();
}

/** @param {string} key @returns {string} */
function wordsOf(key) {
  const template = /** @type {HTMLTemplateElement | null} */ (page.querySelector(`template[data-fault="${key}"]`));
  return template?.content.textContent?.trim() ?? key;
}

/** @param {string} field @param {string} words */
function faultLink(field, words) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `#${field}`;
  link.textContent = words;
  item.append(link);
  return item;
}

page.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-act]");
  const act = button instanceof HTMLElement ? button.dataset.act : "";
  if (act === "again" || act === "ask") void begin();
  if (act === "anyway") {
    goesOnAnyway = true;
    void begin();
  }
  if (act === "retry") void send();
});
page.querySelector("form[data-enrol]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  void send();
});

void begin();
