/**
 * Asking for consent to a study before its first question, in the words that the study came with.
 *
 * Saying no is one tap, as large as saying yes; then nothing else is asked. Where an adult has to
 * agree as well, they answer first and give the tablet back: what the young person says then is
 * for nobody else's eyes. What is said lives in the answer set and is sealed with it.
 *
 * The rules are those of `app/domain/consent.py` and `app/services/consents.py`.
 *
 * @module appointment-consent
 */

import { one } from "./appointment-screen.js";

/** @typedef {import("./appointment-set.js").AnswerSet} AnswerSet */
/** @typedef {import("./appointment-set.js").Respondent} Respondent */
/** @typedef {{title: string, body: string[], yes: string, no: string, not_there?: string}} Words */

/**
 * @typedef {{model: string, notice_sha256: string | null, asks: boolean, agree: string,
 *   alone_from: number | null, ages: [number, number] | null, text_sha256: string | null,
 *   language: string | null, words: Record<string, Words> | null}} Asked
 */

/** The first and the last year of each age band; there is none after the last. */
const YEARS = Object.freeze({
  "0-4": [0, 4],
  "5-7": [5, 7],
  "8-11": [8, 11],
  "12-13": [12, 13],
  "14-15": [14, 15],
  "16-17": [16, 17],
  "18+": [18, Infinity],
});

/** @param {string | null} band */
function yearsOf(band) {
  return YEARS[/** @type {keyof typeof YEARS} */ (band)];
}

/**
 * Whether the questions can be put at all: in words of the language, at an age of the study.
 *
 * @param {Asked | null | undefined} asked
 * @param {{language: string, ageBand: string | null}} who
 * @returns {boolean}
 */
export function mayAsk(asked, { language, ageBand }) {
  if (!asked?.asks) return true;
  if (!asked.words || plain(asked.language ?? "") !== plain(language)) return false;
  const years = yearsOf(ageBand);
  if (!asked.ages || !years) return true;
  const [youngest, oldest] = asked.ages;
  return years[1] >= youngest && years[0] <= oldest;
}

/** @param {string} language @returns {string} whatever the country */
function plain(language) {
  return language.split("-", 1)[0].toLowerCase();
}

/**
 * Whether an adult is asked first. An age that nobody wrote down is too young to agree alone.
 *
 * @param {any} plan
 * @param {Respondent} respondent
 * @returns {boolean}
 */
export function needsAdult(plan, respondent) {
  const below = plan.consent?.alone_from ?? null;
  if (below === null || respondent !== "young_person") return false;
  const years = yearsOf(plan.encounter.age_band);
  return !years || years[1] < below;
}

/**
 * Ask whoever has to be asked, then go on or end.
 *
 * @param {object} options
 * @param {import("./appointment-screen.js").Stage} options.stage
 * @param {any} options.plan
 * @param {AnswerSet} options.set
 * @param {(change: (set: AnswerSet) => void) => void} options.change
 * @param {() => void} options.onAgreed
 * @param {() => void} options.onRefused
 * @param {() => void} options.onNobody no adult is there to ask
 * @param {() => void} options.onBack
 */
export function askConsent({ stage, plan, set, change, onAgreed, onRefused, onNobody, onBack }) {
  const asked = /** @type {Asked | null} */ (plan.consent ?? null);
  if (!asked?.asks || set.consent === asked.agree) {
    onAgreed();
    return;
  }
  const own = () =>
    show(stage, asked, set.respondent, {
      yes: () => {
        change((to) => (to.consent = asked.agree));
        onAgreed();
      },
      no: () => {
        change((to) => (to.consent = "refused"));
        onRefused();
      },
      back: onBack,
    });
  if (!needsAdult(plan, set.respondent) || set.consentAdult === "given") own();
  else askAdult({ stage, asked, change, onRefused, onNobody, onBack, own });
}

/**
 * @param {object} options
 * @param {import("./appointment-screen.js").Stage} options.stage
 * @param {Asked} options.asked
 * @param {(change: (set: AnswerSet) => void) => void} options.change
 * @param {() => void} options.onRefused
 * @param {() => void} options.onNobody
 * @param {() => void} options.onBack
 * @param {() => void} options.own
 */
function askAdult({ stage, asked, change, onRefused, onNobody, onBack, own }) {
  const adult = (/** @type {string} */ said, /** @type {() => void} */ then) => () => {
    change((to) => (to.consentAdult = said));
    then();
  };
  show(stage, asked, "adult", {
    yes: adult("given", () => stage.show("consent-back", { acts: { have: own } })),
    no: adult("refused", onRefused),
    "not-there": adult("not_there", onNobody),
    back: onBack,
  });
}

/**
 * @param {import("./appointment-screen.js").Stage} stage
 * @param {Asked} asked
 * @param {string} who
 * @param {Record<string, () => void>} acts
 */
function show(stage, asked, who, acts) {
  const words = /** @type {Record<string, Words>} */ (asked.words)[who];
  const { title, yes, no, not_there = "" } = words;
  const facts = { adult: who === "adult" ? "yes" : "no" };
  const slots = { title, yes, no, "not-there": not_there };
  const screen = stage.show("consent", { facts, slots, acts });
  const body = one(screen, "[data-body]");
  for (const text of words.body) {
    const line = document.createElement("p");
    line.textContent = text;
    body.append(line);
  }
  for (const part of screen.querySelectorAll("[data-study]")) {
    /** @type {HTMLElement} */ (part).lang = asked.language ?? "";
  }
}
