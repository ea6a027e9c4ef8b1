/**
 * The envelope of an answer set, on the device: canonical JSON, padding, sealing, receipts.
 *
 * The other half is `app/domain/envelope.py`, `app/domain/receipt.py` and
 * `app/adapters/sealing.py`; `docs/protocol.md` says what each byte is. Both halves are held to
 * the same recorded samples. Sealing needs a secure context (https, or this very machine).
 *
 * @module envelope
 */

/** Bytes of their own, as Web Crypto takes them. @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** `erased`: it was here and was taken out by request; there is nothing to keep any more.
 *
 * @typedef {{id: string, digest: string, device: string, seq: number,
 *   status: "stored" | "quarantined" | "erased", server_time: string, mac: string}} Receipt */

/** @typedef {{privateKey: CryptoKey, publicPoint: Bytes}} Ephemeral */

const BLOCK = 1024;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const POINT_BYTES = 65;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const encoder = new TextEncoder();
const MAGIC = encoder.encode("OG1");
const INFO = encoder.encode("option-grids envelope 1");

/**
 * The one JSON text of a value: RFC 8785, restricted to whole numbers.
 *
 * Written by hand and not by JSON.stringify over a sorted copy: an object lists keys that look
 * like numbers first, whatever the order they were put in.
 *
 * @param {unknown} value
 * @returns {string}
 * @throws {TypeError} for what two languages would write differently
 */
export function canonicalJson(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (Number.isSafeInteger(value)) return JSON.stringify(value);
  if (typeof value === "string") return canonicalText(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isPlainObject(value)) {
    const keys = Object.keys(value).sort(); // by UTF-16 code units
    return `{${keys.map((key) => `${canonicalText(key)}:${canonicalJson(value[key])}`).join(",")}}`;
  }
  throw new TypeError(`no canonical form for a ${typeof value}`);
}

/** @param {string} text @returns {string} */
function canonicalText(text) {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError("no canonical form for half a character");
  return JSON.stringify(text);
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The bytes with spaces up to a multiple of `block`; a full last block stays as it is.
 *
 * @param {Bytes} raw
 * @param {number} [block]
 * @returns {Bytes}
 */
export function pad(raw, block = BLOCK) {
  const padded = new Uint8Array(Math.ceil(raw.length / block) * block).fill(0x20);
  padded.set(raw);
  return padded;
}

/**
 * The clear bytes of an answer set, ready to be sealed.
 *
 * @param {Record<string, unknown>} answerSet
 * @returns {Bytes}
 */
export function clearBytes(answerSet) {
  return pad(encoder.encode(canonicalJson(answerSet)));
}

/**
 * Seal clear bytes to the server's public key. What comes out cannot be opened here again.
 *
 * @param {object} what
 * @param {Bytes} what.publicPoint 65 bytes, uncompressed P-256
 * @param {string} what.keyId 16 hex digits
 * @param {string} what.responseId the uuid that the bytes are put to
 * @param {Bytes} what.clear
 * @param {Ephemeral} [what.ephemeral] for recorded samples; fresh when left out
 * @param {Bytes} [what.iv] for recorded samples; fresh when left out
 * @returns {Promise<Bytes>}
 */
export async function seal({ publicPoint, keyId, responseId, clear, ephemeral, iv }) {
  const { subtle } = globalThis.crypto;
  const own = ephemeral ?? (await freshEphemeral());
  const vector = iv ?? globalThis.crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const head = joined([MAGIC, fromHex(keyId, 8), own.publicPoint]);
  const server = await subtle.importKey("raw", publicPoint, CURVE, false, []);
  const shared = await subtle.deriveBits({ name: "ECDH", public: server }, own.privateKey, 256);
  const key = await messageKey(shared, own.publicPoint);
  const extra = joined([head, fromHex(responseId.replaceAll("-", ""), 16)]);
  const sealed = await subtle.encrypt(
    { name: "AES-GCM", iv: vector, additionalData: extra, tagLength: 128 },
    key,
    clear,
  );
  return joined([head, vector, new Uint8Array(sealed)]);
}

/** @returns {Promise<Ephemeral>} */
async function freshEphemeral() {
  const { subtle } = globalThis.crypto;
  const pair = await subtle.generateKey(CURVE, false, ["deriveBits"]);
  const publicPoint = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  if (publicPoint.length !== POINT_BYTES) throw new Error("a public point of a wrong length");
  return { privateKey: pair.privateKey, publicPoint };
}

/** @param {ArrayBuffer} shared @param {Bytes} salt @returns {Promise<CryptoKey>} */
async function messageKey(shared, salt) {
  const { subtle } = globalThis.crypto;
  const material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt, info: INFO };
  return subtle.deriveKey(derivation, material, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
  ]);
}

/** @param {Bytes} bytes @returns {Promise<string>} SHA-256 in hex */
export async function sha256hex(bytes) {
  return toHex(new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", bytes)));
}

/** @param {Bytes} bytes @returns {Promise<string>} the Content-Digest header (RFC 9530) */
export async function contentDigest(bytes) {
  const hash = new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", bytes));
  return `sha-256=:${toBase64(hash)}:`;
}

/**
 * The key that receipts of this device are made with. It cannot be exported again, and it checks
 * receipts only: what holds it can neither make one nor open anything.
 *
 * @param {string} hex
 * @returns {Promise<CryptoKey>}
 */
export function receiptKeyOf(hex) {
  const hash = { name: "HMAC", hash: "SHA-256" };
  return globalThis.crypto.subtle.importKey("raw", fromHex(hex), hash, false, ["verify"]);
}

/**
 * Whether a receipt was made with this key. Anything that is no receipt is not one.
 *
 * @param {CryptoKey} key
 * @param {unknown} receipt
 * @returns {Promise<boolean>}
 */
export async function verifyReceipt(key, receipt) {
  if (!isReceipt(receipt)) return false;
  const { id, digest, device, seq, status, server_time: time, mac } = receipt;
  const signed = encoder.encode([id, digest, device, String(seq), status, time].join("\n"));
  return globalThis.crypto.subtle.verify("HMAC", key, fromHex(mac, 32), signed);
}

/** @param {unknown} value @returns {value is Receipt} */
function isReceipt(value) {
  if (!isPlainObject(value)) return false;
  const { id, digest, device, seq, status, server_time: time, mac } = value;
  return (
    [id, digest, device, time].every((field) => typeof field === "string") &&
    Number.isSafeInteger(seq) &&
    (status === "stored" || status === "quarantined" || status === "erased") &&
    typeof mac === "string" &&
    /^[0-9a-f]{64}$/.test(mac)
  );
}

/** @returns {string} a new uuid, version 4 */
export function newId() {
  const { crypto } = globalThis;
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** @returns {string} base64url of 16 random bytes, which make guessing answers hopeless */
export function salt() {
  return toBase64url(globalThis.crypto.getRandomValues(new Uint8Array(SALT_BYTES)));
}

/** @param {Bytes} bytes @returns {string} */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} text
 * @param {number} [length] how many bytes it must be
 * @returns {Bytes}
 */
export function fromHex(text, length = text.length / 2) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text) || text.length !== 2 * length) {
    throw new TypeError("not the hex digits that were expected");
  }
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Bytes} bytes @returns {string} without padding */
export function toBase64url(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text base64url without padding @returns {Bytes} */
export function fromBase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new TypeError("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {string} text base64 with padding @returns {Bytes} */
export function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new TypeError("not base64");
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** @param {Bytes} bytes @returns {string} with padding */
export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** @param {Bytes[]} parts @returns {Bytes} */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
