/**
 * The four words by which a respondent can have their answers taken out later.
 *
 * The other half is `app/domain/withdrawal_code.py`; both are held to the same cases
 * (`tests/fixtures/withdrawal-cases.json`). Needs a secure context, as sealing does.
 *
 * @module withdrawal-code
 */

import { WORDS } from "./withdrawal-words.js";

const PURPOSE = new TextEncoder().encode("option-grids withdrawal 1");
const SALT_BYTES = 16;
const WORDS_IN_CODE = 4;
const BITS_OF_WORD = 9;

/**
 * The words of the answer set with this salt, in the order to be said.
 *
 * @param {Uint8Array} salt the 16 raw bytes that the envelope carries
 * @returns {Promise<string[]>}
 * @throws {TypeError} for a salt of another length
 */
export async function wordsOf(salt) {
  if (salt.length !== SALT_BYTES) throw new TypeError("a salt has 16 bytes");
  const hashed = new Uint8Array(PURPOSE.length + SALT_BYTES);
  hashed.set(PURPOSE);
  hashed.set(salt, PURPOSE.length);
  const digest = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", hashed));
  return Array.from({ length: WORDS_IN_CODE }, (_, place) => WORDS[wordNumber(digest, place)]);
}

/** @param {Uint8Array} digest @param {number} place from 0 @returns {number} its nine bits */
function wordNumber(digest, place) {
  const first = place * BITS_OF_WORD;
  const pair = (digest[first >> 3] << 8) | digest[(first >> 3) + 1];
  return (pair >> (16 - BITS_OF_WORD - (first & 7))) & (2 ** BITS_OF_WORD - 1);
}
