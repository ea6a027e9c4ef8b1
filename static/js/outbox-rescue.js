/**
 * The rescue file: sealed sets as a file that any enrolled tablet can bring to the server.
 *
 * Pure. What is in it nobody can open on the way; that it was read twice, or on two tablets, does
 * no harm, since the server stores the same bytes once.
 *
 * @module outbox-rescue
 */

import { newItem } from "./appointment-shelf.js";
import { fromBase64, toBase64 } from "./envelope.js";

/** @typedef {import("./appointment-shelf.js").Item} Item */

/** @typedef {{format: string, tablet: number | null, made_at: string, items: {id: string,
 *   device: string, seq: number, digest: string, bytes: string}[]}} RescueFile */

export const RESCUE_FORMAT = "grids-rescue 1";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAGIC = "OG1";
/** What the server takes at most, and more than any envelope has. */
const LARGEST = 64 * 1024;

/** The file is none of ours, or of a later time. */
export class NotARescueFile extends Error {}

/**
 * @param {Item[]} items
 * @param {number | null} tablet its number, null for a browser that is no clinic tablet
 * @param {Date} now
 * @returns {RescueFile}
 */
export function rescueFile(items, tablet, now) {
  return {
    format: RESCUE_FORMAT,
    tablet,
    made_at: now.toISOString(),
    items: items.map(({ id, device, seq, digest, bytes }) => ({
      id,
      device,
      seq,
      digest,
      bytes: toBase64(bytes),
    })),
  };
}

/**
 * @param {string} text
 * @returns {Promise<{items: Item[], damaged: number}>} `damaged` entries could not be read
 * @throws {NotARescueFile}
 */
export async function readRescue(text) {
  const file = parsed(text);
  if (file?.format !== RESCUE_FORMAT || !Array.isArray(file.items)) throw new NotARescueFile();
  const read = await Promise.all(file.items.map(readEntry));
  const items = read.filter((item) => item !== null);
  return { items, damaged: read.length - items.length };
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotARescueFile();
  }
}

/** @param {any} entry @returns {Promise<Item | null>} */
async function readEntry(entry) {
  const { id, device, seq, digest, bytes: text } = entry ?? {};
  if (typeof id !== "string" || !UUID.test(id)) return null;
  if (typeof device !== "string" || !UUID.test(device)) return null;
  if (!Number.isSafeInteger(seq) || seq < 0 || typeof text !== "string") return null;
  try {
    const bytes = fromBase64(text);
    const item = await newItem(id, device, seq, bytes);
    const isSealed = String.fromCharCode(...bytes.slice(0, MAGIC.length)) === MAGIC;
    if (!isSealed || bytes.length > LARGEST || item.digest !== digest) return null;
    return { ...item, key: `${id} ${digest}`, state: "ready" };
  } catch {
    return null; // not base64
  }
}
