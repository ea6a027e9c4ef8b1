// Reading aloud, only by voices that live on this device: any other sends the words to a company.
// Where there is no such voice there is no button. What somebody chose is never read.

import { all, one, words } from "./grid-dom.js";
import { plainCopy } from "./grid-sheet.js";

const READ = "h3, p, li, dt, dd, th, td, title";
/** Some engines stop for good in a long piece, so words go to them one sentence at a time. */
const SENTENCE = /[^.?!]+[.?!]*/g;

/**
 * The voice on this device for a language, or null.
 * @param {readonly SpeechSynthesisVoice[]} voices
 * @param {string} language such as "en"
 */
export function localVoice(voices, language) {
  const speaks = (/** @type {SpeechSynthesisVoice} */ voice, /** @type {string} */ tag) =>
    voice.lang.replace("_", "-").toLowerCase().startsWith(tag);
  const own = voices.filter((voice) => voice.localService === true && speaks(voice, language));
  return own.find((voice) => speaks(voice, `${language}-gb`)) ?? own.find((voice) => voice.default) ?? own[0] ?? null;
}

/**
 * @param {HTMLElement} grid
 * @param {{inView: () => string[]}} view
 * @param {boolean} isPrivate whether this is one person's own turn
 * @param {AbortSignal} signal
 */
export function makeAloud(grid, view, isPrivate, signal) {
  const engine = globalThis.speechSynthesis;
  if (!engine) return { stop() {} };
  const buttons = /** @type {HTMLButtonElement[]} */ (all(grid, "[data-aloud]"));
  const dialog = one(grid, "[data-sheet]");
  const language = (grid.lang || "en").slice(0, 2);
  /** @type {HTMLButtonElement | null} */
  let reading = null;

  function voice() { return localVoice(engine.getVoices(), language); }

  function refresh() {
    const none = voice() === null;
    for (const button of buttons) {
      button.hidden = none;
      one(button, "[data-aloud-word]").textContent = words(grid, button === reading ? "aloud-stop" : "aloud");
    }
    for (const hint of /** @type {HTMLElement[]} */ (all(grid, "[data-aloud-hint]"))) hint.hidden = none || !isPrivate;
  }

  function stop() {
    if (!reading) return;
    reading = null;
    engine.cancel();
    refresh();
  }

  /** @param {HTMLButtonElement} button */
  function read(button) {
    const own = voice();
    const said = textsFor(button).flatMap((text) => text.match(SENTENCE) ?? []).map((s) => s.trim()).filter(Boolean);
    stop();
    if (!own || !said.length) return;
    reading = button;
    const parts = said.map((sentence) => Object.assign(new SpeechSynthesisUtterance(sentence), { voice: own, lang: own.lang }));
    const done = () => { if (reading === button) stop(); };
    parts.at(-1)?.addEventListener("end", done);
    for (const part of parts) part.addEventListener("error", done);
    for (const part of parts) engine.speak(part);
    refresh();
  }

  /** @param {HTMLButtonElement} button */
  function textsFor(button) {
    const row = /** @type {HTMLElement | null} */ (button.closest("[data-row]"));
    return row ? textsOfRow(row) : textsOfSheet();
  }

  /** @param {HTMLElement} row the question, then each way in view with its name */
  function textsOfRow(row) {
    const texts = [one(row, ".og-q__text").textContent ?? ""];
    for (const id of view.inView()) {
      const cell = one(row, `[data-option="${id}"]`);
      texts.push(...all(cell, "p").filter((p) => !p.closest("[data-more], [data-detail]")).map(plainText));
    }
    return texts;
  }

  function textsOfSheet() {
    const heads = ["question", "title", "face"].map((part) => one(dialog, `[data-sheet-${part}]`).textContent ?? "");
    const parts = all(one(dialog, "[data-sheet-place]"), READ);
    const shown = parts.filter((part) => !part.closest("[hidden]") && !part.querySelector(READ));
    return [...heads, ...shown.map(plainText)];
  }

  grid.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = /** @type {HTMLButtonElement | null} */ (target.closest("[data-aloud]"));
    if (button) { if (button === reading) stop(); else read(button); }
    else if (target.closest("[data-sheet-step], [data-show]")) stop();
  }, { signal });
  dialog.addEventListener("close", stop, { signal });
  engine.addEventListener?.("voiceschanged", refresh, { signal });
  addEventListener("pagehide", stop, { signal });
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); }, { signal });
  signal.addEventListener("abort", () => { stop(); for (const button of buttons) button.hidden = true; });
  refresh();
  return { stop };
}

/** @param {Element} part its words as they are read, without the meanings that somebody opened */
function plainText(part) {
  if (part instanceof SVGElement) return part.textContent ?? "";
  const copy = document.createElement("div");
  copy.append(...plainCopy(/** @type {HTMLElement} */ (part)));
  return (copy.textContent ?? "").replace(/\s+/g, " ").trim();
}
