/**
 * "What we shared": one sheet for everybody, once each person has looked at their own part of it.
 *
 * @module appointment-sheet
 */

import { allCards, pairsOfCards, wordsOfCard } from "./appointment-matters-screen.js";
import { copyOf, filled, one, wordsOf } from "./appointment-screen.js";

/** @typedef {import("./appointment-matters.js").Line} Line */
/** @typedef {import("./appointment-steps.js").Holder} Holder */

/** @param {Holder} holder @returns {string} who somebody is, where only their turn is known */
export function personOf({ role, number }) {
  return `${role}.${number}`;
}

/** @param {string} person @returns {string} in words */
export function nameOf(person) {
  const [who, number] = person.split(".");
  const template = /** @type {HTMLTemplateElement} */ (one(document, "#sheet-people"));
  return wordsOf(template, { who, number });
}

/** @param {string[]} people @returns {string} */
function names(people) {
  return people.map(nameOf).join(" \u00b7 ");
}

/**
 * @param {object} options
 * @param {import("./appointment-screen.js").Stage} options.stage
 * @param {import("./appointment-matters.js").Matters} options.matters
 * @param {string[]} options.people who had a turn alone
 * @param {() => void} options.onMenu
 */
export function showSheet({ stage, matters, people, onMenu }) {
  const joint = matters.joint(people, allCards(), pairsOfCards());
  const any = joint && (joint.same.length || joint.only.length || joint.words.length);
  const screen = stage.show("sheet", {
    facts: { ready: joint ? "yes" : "no", any: any ? "yes" : "no" },
    acts: { back: onMenu },
  });
  if (!joint) return;
  const line = (/** @type {Line} */ { card, people: who }) => lineOf(wordsOfCard(card), names(who));
  fill(screen, "same", joint.same.map(line));
  fill(screen, "only", joint.only.map(line));
  const pattern = one(screen, '[data-part="pulls"] [data-lines]').dataset.pattern ?? "";
  const pull = (/** @type {Line} */ one, /** @type {Line} */ other) =>
    filled(pattern, { one: wordsOfCard(one.card), other: wordsOfCard(other.card) });
  fill(screen, "pulls", joint.pulls.map(([one, other]) => lineOf(pull(one, other), "")));
  fill(screen, "words", joint.words.map(({ person, words }) => lineOf(words, nameOf(person))));
  matters.noteShown();
}

/** @param {HTMLElement} screen @param {string} part @param {HTMLElement[]} lines */
function fill(screen, part, lines) {
  const place = one(screen, `[data-part="${part}"]`);
  if (lines.length) one(place, "[data-lines]").append(...lines);
  else place.remove();
}

/** @param {string} what @param {string} who @returns {HTMLElement} */
function lineOf(what, who) {
  const line = copyOf("sheet-line");
  one(line, "[data-what]").textContent = what;
  const place = one(line, "[data-who]");
  if (who) place.textContent = who;
  else place.remove();
  return line;
}
