/**
 * "What was missing or unclear?": a few own words about the grid, sealed when "Send" is tapped and
 * sent like an answer set. Before that they are in the field alone, and gone with the screen.
 *
 * The rules are those of `app/domain/feedback.py`. Nothing looks through the words.
 *
 * @module appointment-feedback
 */

import { filled, one } from "./appointment-screen.js";
import { headerOf } from "./appointment-set.js";

export const LONGEST = 280;
const FORMAT = "feedback-1";
/** Control characters but the line break, and halves of characters. */
const UNFIT = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\p{Cs}/gu;
const WRITERS = Object.freeze({ young_person: "young_person", parent: "parent" });

/** @param {string} typed @returns {string} as it may be kept; empty where there is nothing */
export function fitText(typed) {
  const whole = typed.replace(/\r\n?/g, "\n").replace(UNFIT, " ").trim();
  return [...whole].slice(0, LONGEST).join("").trim();
}

/**
 * @param {any} plan
 * @param {{role: "young_person" | "parent", text: string}} written
 * @returns {(made: {id: string, salt: string, seq: number}) => Record<string, unknown>} what is
 *   sealed: every key of its wire format and no other
 */
export function clearText(plan, { role, text }) {
  const { public_id, version, sha256 } = plan.grid;
  return ({ id, salt, seq }) => ({
    format: FORMAT,
    id,
    device: plan.device,
    seq,
    key_id: plan.key.id,
    salt,
    encounter: headerOf(plan),
    grid: { public_id, version, sha256 },
    written_by: WRITERS[role],
    text,
  });
}

/**
 * @param {object} options
 * @param {import("./appointment-screen.js").Stage} options.stage
 * @param {any} options.plan
 * @param {import("./appointment-keeper.js").Keeper} options.keeper
 * @param {"young_person" | "parent"} options.role
 * @param {() => void} options.onMenu
 * @param {() => void} options.onSent it is being sealed; the field is gone by then
 */
export function showFeedback({ stage, plan, keeper, role, onMenu, onSent }) {
  let isSent = false;
  const days = Number(plan.feedback);
  const send = () => {
    const text = fitText(/** @type {HTMLTextAreaElement} */ (one(screen, "textarea")).value);
    one(screen, "[data-need]").hidden = text !== "";
    if (text === "" || isSent) return;
    isSent = true;
    void keeper.sealText(clearText(plan, { role, text }));
    onSent();
  };
  const facts = { days: days === 1 ? "one" : "more" };
  const screen = stage.show("feedback", { facts, acts: { send, back: onMenu } });
  const when = one(screen, "[data-when]");
  when.textContent = filled(when.dataset.pattern ?? "", { n: days });
}
