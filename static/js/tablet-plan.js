/**
 * The plan of one appointment, made on the tablet itself: what it last heard from the service and
 * what was chosen at triage, in the shape that the server gives to `/appointment`.
 *
 * Pure. The rules are those of `app/services/hand_over_plan.py`, `app/services/studies.py`,
 * `app/services/instruments.py` and `header_of` in `app/domain/encounter.py`; both halves run the
 * cases of `tests/fixtures/tablet-plan-cases.json`. Nobody chooses a phase: it follows from the
 * calendar and the day where the service is.
 *
 * @module tablet-plan
 */

import { mayAsk } from "./appointment-consent.js";
import { newId } from "./envelope.js";

/** @typedef {{phase: string, from: string, to: string | null, occasions: string[],
 *   instrument_id: string | null, second?: boolean | null, consent?: import("./appointment-consent.js").Asked | null}} Stretch */

/**
 * @typedef {{public_id: string, version: number, sha256: string, topic: string, setting: string,
 *   pair: string | null, need_groups: string[], sensitive: boolean, draft: boolean,
 *   titles: Record<string, string>, options: {id: string, names: Record<string, string>}[],
 *   expires_on: string, local?: Record<string, any>}} GridEntry
 */

/**
 * What was tapped at triage. Lives in memory alone and is forgotten with the appointment.
 *
 * @typedef {{topic: string | null, group: string | null, grid: GridEntry | null, picked: string[],
 *   people: string[], ageBand: string | null, type: string, mode: string,
 *   practitioner: string, language: string, interpreter: string,
 *   studyCode: string | null}} Choices
 */

export const FEWEST_PICKED = 2;
export const MOST_PICKED = 4;

const PRACTICE = "effort-practice";
const RESPONDENTS = Object.freeze(["young_person", "parent_self", "parent_proxy"]);
/** In a baseline period the app offers the questions only. */
const PHASES_WITH_GRID = Object.freeze(["training", "with_grid", "sustain"]);
const FALLBACK_ZONE = "Europe/London";
/** A team without a study on a day: grids, and questions after the appointment only. */
const NO_STUDY = Object.freeze({
  phase: "with_grid",
  occasions: ["after"],
  instrument_id: null,
  second: null,
  consent: null,
});

/**
 * @param {number} at ms since 1970
 * @param {string} [zone] IANA name
 * @returns {string} the day there, `2026-11-22`
 */
export function dayIn(at, zone = FALLBACK_ZONE) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(at);
  const part = (/** @type {string} */ type) => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/**
 * @param {{calendar: Stretch[]}} config
 * @param {string} day
 * @returns {Pick<Stretch, "phase" | "occasions" | "instrument_id" | "second" | "consent">}
 */
export function settingOn({ calendar }, day) {
  return calendar.find(({ from, to }) => from <= day && (to === null || day <= to)) ?? NO_STUDY;
}

/** @param {{phase: string}} setting @returns {boolean} whether a grid may be shown at all */
export function offersGrid({ phase }) {
  return PHASES_WITH_GRID.includes(phase);
}

/**
 * What is asked in a language: the study's instrument, or any that is no practice.
 *
 * @param {{instruments: any[], mode?: string}} config
 * @param {string | null} wanted the id that the study names
 * @param {string} language
 * @returns {any | null} null: then nothing is asked
 */
export function instrumentFor({ instruments, mode }, wanted, language) {
  const spoken = instruments.filter((each) => sameLanguage(each.language, language));
  const real = spoken.find(({ id }) => id !== PRACTICE && (wanted === null || id === wanted));
  const mayPractise = mode !== "live" && (wanted === null || wanted === PRACTICE);
  return real ?? (mayPractise ? (spoken.find(({ id }) => id === PRACTICE) ?? null) : null);
}

/**
 * What is asked after the first instrument: where a study says so, or outside any the service.
 *
 * @param {{seconds?: any[], second?: boolean}} config
 * @param {boolean | null | undefined} wanted what the study says, null outside any
 * @param {string} language
 * @returns {any | null}
 */
export function secondFor({ seconds = [], second = false }, wanted, language) {
  if (!(wanted ?? second)) return null;
  return seconds.find((each) => sameLanguage(each.language, language)) ?? null;
}

/** @param {string} one @param {string} other @returns {boolean} whatever the country */
function sameLanguage(one, other) {
  const plain = (/** @type {string} */ tag) => tag.split("-", 1)[0].toLowerCase();
  return plain(one) === plain(other);
}

/** @param {any | null} instrument @param {string[]} wanted @returns {string[]} */
function occasionsOf(instrument, wanted) {
  if (!instrument) return ["after"];
  const forms = Object.values(instrument.forms);
  return wanted.filter(
    (occasion) => occasion !== "before" || forms.some((form) => form.statement_before !== null),
  );
}

/** @param {string[]} picked @returns {boolean} none at all, or two to four */
export function picksFit(picked) {
  const number = new Set(picked).size;
  return number === 0 || (FEWEST_PICKED <= number && number <= MOST_PICKED);
}

/**
 * @param {object} what
 * @param {any} what.config as the service last told it
 * @param {{id: string, team: {id: string}}} what.tablet
 * @param {{id: string, public: string}} what.key to which sets are sealed
 * @param {Choices} what.choices
 * @param {number} what.now ms; the day follows from it
 * @param {string} [what.id] of the encounter; the device makes it
 * @returns {any} the plan of `Appointment.start`
 */
export function makePlan({ config, tablet, key, choices, now, id = newId() }) {
  const day = dayIn(now, config.timezone);
  const setting = settingOn(config, day);
  const consent = setting.consent ?? null;
  const may = mayAsk(consent, choices);
  const instrument = may ? instrumentFor(config, setting.instrument_id, choices.language) : null;
  const second = may ? secondFor(config, setting.second, choices.language) : null;
  return {
    encounter: { ...headerOf(choices, { id, team: tablet.team.id, day }), code: null },
    phase: setting.phase,
    occasions: occasionsOf(instrument, setting.occasions),
    instrument,
    second,
    consent,
    grid: offersGrid(setting) ? gridOf(choices) : null,
    local: offersGrid(setting) ? { ...choices.grid?.local } : {},
    respondents: instrument ? RESPONDENTS.filter((each) => instrument.forms[each]) : [...RESPONDENTS],
    idle: { ...config.idle },
    counts: config.counts === true && offersGrid(setting) && choices.grid?.sensitive === false,
    feedback: offersGrid(setting) && choices.grid?.sensitive === false ? (config.feedback ?? 0) : 0,
    device: tablet.id,
    key: { ...key },
  };
}

/**
 * The encounter header that travels in every answer set.
 *
 * @param {Choices} choices
 * @param {{id: string, team: string, day: string}} where
 */
function headerOf(choices, { id, team, day }) {
  return {
    id,
    team,
    appointment_type: choices.type,
    appointment_mode: choices.mode,
    encounter_on: day,
    need_group_practitioner: choices.group,
    need_group_young_person: null,
    age_band: choices.ageBand,
    people_present: [...new Set(choices.people)].sort(),
    language: choices.language,
    interpreter: choices.interpreter,
    study_code: choices.studyCode,
    practitioner: choices.practitioner,
  };
}

/** @param {Choices} choices the edition that the family sees, its picks in the grid's own order */
function gridOf({ grid, picked }) {
  if (!grid) return null;
  const { public_id, version, sha256, options } = grid;
  const inOrder = options.map((option) => option.id).filter((option) => picked.includes(option));
  return { public_id, version, sha256, picked: picksFit(inOrder) ? inOrder : [] };
}
