/**
 * Whether a study code may be kept: the rule of `check_study_code` in `app/domain/capture.py`,
 * so that a code that finds a person is refused here and not only in quarantine.
 *
 * @module tablet-code
 */

/** @typedef {"malformed" | "like_nhs_number" | "like_date"} CodeFault */

const SPLIT_DATE = /(?<![0-9])(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}-[0-9]{2,4})(?![0-9])/;
const NAMED_MONTH = /[0-9]{1,2}-?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*-?[0-9]{2,4}/;
/** Where day, month and year stand in a run of digits. */
const LAYOUTS = /** @type {Record<number, number[][][]>} */ ({
  8: [
    [[0, 2], [2, 4], [4, 8]],
    [[6, 8], [4, 6], [0, 4]],
  ],
  6: [[[0, 2], [2, 4], [4, 6]]],
});

/** @param {string} code @returns {CodeFault | null} */
export function faultOfCode(code) {
  if (!/^[A-Z0-9-]{3,12}$/.test(code)) return "malformed";
  const joined = code.replaceAll("-", "");
  if (/[0-9]{10}/.test(joined)) return "like_nhs_number";
  if (SPLIT_DATE.test(code) || NAMED_MONTH.test(code)) return "like_date";
  const runs = [...(code.match(/[0-9]+/g) ?? []), ...(joined.match(/[0-9]+/g) ?? [])];
  return runs.some(isDate) ? "like_date" : null;
}

/** @param {string} run */
function isDate(run) {
  return (LAYOUTS[run.length] ?? []).some((layout) => {
    const [day, month, year] = layout.map(([from, to]) => Number(run.slice(from, to)));
    return isDay(year > 99 ? year : 2000 + year, month, day);
  });
}

/** @param {number} year @param {number} month @param {number} day */
function isDay(year, month, day) {
  if (year < 1900 || year >= 2100) return false;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
