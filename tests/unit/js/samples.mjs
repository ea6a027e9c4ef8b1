// Recorded samples, and the Web Crypto of Node versions that keep it behind a flag (18).
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

globalThis.crypto ??= webcrypto;

const folder = new URL("../../fixtures/envelopes/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8"));

export const canonical = read("canonical.json");
export const recorded = read("format-1.json");

/** @param {string} text @returns {Uint8Array} */
export function bytesOf(text) {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** @param {Uint8Array} bytes @returns {string} */
export function base64(bytes) {
  return Buffer.from(bytes).toString("base64");
}
