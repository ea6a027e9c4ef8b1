// How full each box is while somebody types, and the page as it would come out. Words travel to be
// measured and are forgotten there. Without this script "See if it fits" says the same.

import { isClinicTablet } from "./clinic-tablet.js";
import { offerToKeep } from "./profile-kept.js";
import { showSheet } from "./profile-sheet.js";

const PAUSE_MS = 1200;
const LARGEST = 13; // points, as the service counts them
/** @typedef {{prompt: string, percent: number, lines_over: number, words_over: string}} Box */

/**
 * @param {ParentNode} within
 * @param {string} selector
 * @returns {any} the element: this page has it
 */
const part = (within, selector) => within.querySelector(selector);
/** @type {HTMLFormElement} */
const form = part(document, "[data-profile]");
const words = /** @type {Record<string, string>} */ (form.dataset);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {AbortController | null} */
let asking = null;

/** @param {Box} box */
function roomWords(box) {
  if (box.lines_over === 1) return words.overOne;
  if (box.lines_over) return words.overMany.replace("{n}", String(box.lines_over));
  if (!box.percent) return words.empty;
  if (box.percent < 40) return words.plenty;
  return box.percent < 75 ? words.half : words.nearly;
}

/** @param {Box} box */
function show(box) {
  const prompt = part(form, `[data-prompt="${box.prompt}"]`);
  prompt.classList.toggle("prompt--over", box.lines_over > 0);
  part(prompt, "[data-meter]").value = Math.min(box.percent, 100);
  part(prompt, "[data-room]").textContent = roomWords(box);
  part(prompt, "[data-over]").hidden = box.lines_over === 0;
  part(prompt, "[data-over-words]").textContent = box.words_over;
}

/** @param {string} sentence */
function say(sentence) {
  const state = part(form, "[data-state]");
  if (state.textContent !== sentence) state.textContent = sentence;
}

/** What was typed and ticked, without any file: how full a box is depends on words alone. */
function wordsAlone() {
  const fields = [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && name !== "photo-kept",
  );
  return new URLSearchParams(/** @type {string[][]} */ (fields));
}

async function check() {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(words.check, {
      method: "POST",
      body: wordsAlone(),
      signal: asking.signal,
      cache: "no-store",
    });
    if (!answer.ok) return;
    const { fits, boxes, points, sheet } = await answer.json();
    boxes.forEach(show);
    showSheet(form, sheet, fits);
    part(form, "[data-two-pages]").hidden = fits && points === LARGEST;
    const smaller = words.fitSmall.replace("{n}", String(points));
    say(!fits ? words.someOver : points === LARGEST ? words.allFit : smaller);
  } catch {
    // Left the page, typed on, or no network: the next pause asks again.
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE_MS);
}

form.addEventListener("input", soon);
form.addEventListener("change", soon);
// A clinic tablet has no files of anybody's: its page goes to the print desk.
if (await isClinicTablet()) (await import("./profile-desk.js")).toTheDesk(form, wordsAlone);
else (await import("./profile-print.js")).offerToPrint(form);
await offerToKeep(form);
if ([...form.querySelectorAll("textarea")].some((box) => box.value)) void check();
