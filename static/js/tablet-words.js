/**
 * Copies of the parts of a tablet screen, and the words by which the document calls things.
 *
 * @module tablet-words
 */

import { one, wordsOf } from "./appointment-screen.js";

/** @typedef {import("./tablet-plan.js").GridEntry} GridEntry */

const FAMILY_VOICE = "young-person";

/**
 * @param {ParentNode} within
 * @param {string} selector of a template
 * @returns {HTMLElement} a fresh copy of the first element in it
 */
export function copied(within, selector) {
  const template = /** @type {HTMLTemplateElement} */ (one(within, selector));
  const first = /** @type {Element} */ (template.content.firstElementChild);
  return /** @type {HTMLElement} */ (document.importNode(first, true));
}

/** @param {string} id of a template of words @param {Record<string, string>} facts @returns {string} */
export function namedBy(id, facts) {
  return wordsOf(/** @type {HTMLTemplateElement} */ (one(document, `#${id}`)), facts).trim();
}

/** @param {Record<string, string>} byVoice @returns {string} in the voice that staff share with a family */
export function familyWords(byVoice) {
  return byVoice[FAMILY_VOICE] ?? Object.values(byVoice)[0] ?? "";
}

/** @param {GridEntry} grid one of the topic @returns {string} */
export function topicName(grid) {
  return namedBy("tb-topics", { topic: grid.topic }) || familyWords(grid.titles);
}

/** @param {GridEntry} grid @returns {string} topic and setting, as staff call a grid */
export function gridName(grid) {
  return `${topicName(grid)}, ${namedBy("tb-settings", { setting: grid.setting })}`;
}
