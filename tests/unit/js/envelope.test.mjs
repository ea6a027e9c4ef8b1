import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { base64, bytesOf, canonical, recorded } from "./samples.mjs";
import {
  canonicalJson,
  clearBytes,
  contentDigest,
  fromBase64url,
  fromHex,
  newId,
  pad,
  receiptKeyOf,
  salt,
  seal,
  sha256hex,
  toBase64url,
  toHex,
  verifyReceipt,
} from "../../../static/js/envelope.js";

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const encoder = new TextEncoder();
const KEY = await receiptKeyOf(recorded.receipt_key);

describe("canonical JSON", () => {
  for (const sample of canonical) {
    it(`is the recorded one: ${sample.name}`, async () => {
      assert.equal(canonicalJson(sample.value), sample.canonical);
      assert.equal(await sha256hex(encoder.encode(sample.canonical)), sample.sha256);
    });
  }

  const odd = [1.5, NaN, Infinity, 2 ** 53, undefined, "\ud800", () => 1, new Date(0), new Map(), 1n];
  for (const value of odd) {
    it(`has no form for ${typeof value} ${String(value)}`, () => {
      assert.throws(() => canonicalJson({ a: [value] }), TypeError);
    });
  }

  it("refuses half a character in a key", () => {
    assert.throws(() => canonicalJson({ "\udc00": 1 }), TypeError);
  });

  it("does not depend on the order of keys", () => {
    const { document } = recorded.samples[0];
    const reversed = Object.fromEntries(Object.entries(document).reverse());
    assert.notDeepEqual(Object.keys(reversed), Object.keys(document));
    assert.equal(canonicalJson(reversed), canonicalJson(document));
  });
});

describe("padding", () => {
  for (const [length, padded] of [[0, 0], [1, 1024], [1024, 1024], [1025, 2048]]) {
    it(`makes ${padded} bytes of ${length}`, () => {
      const made = pad(new Uint8Array(length).fill(120));
      assert.equal(made.length, padded);
      assert.deepEqual(made.slice(0, length), new Uint8Array(length).fill(120));
      assert.ok(made.slice(length).every((byte) => byte === 0x20));
    });
  }
});

describe("recorded envelopes of format 1", () => {
  for (const sample of recorded.samples) {
    it(`come out byte for byte: ${sample.name}`, async () => {
      const clear = clearBytes(sample.document);
      assert.equal(await sha256hex(clear), sample.clear_sha256);
      const algorithm = { name: "ECDH", namedCurve: "P-256" };
      const pkcs8 = bytesOf(sample.ephemeral_pkcs8);
      const uses = ["deriveBits"];
      const sealed = await seal({
        publicPoint: bytesOf(recorded.public_point),
        keyId: recorded.key_id,
        responseId: sample.document.id,
        clear,
        ephemeral: {
          privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, uses),
          publicPoint: bytesOf(sample.ephemeral_point),
        },
        iv: bytesOf(sample.iv),
      });
      assert.equal(base64(sealed), sample.sealed);
      assert.equal(await sha256hex(sealed), sample.digest);
      assert.equal(await contentDigest(sealed), sample.content_digest);
    });

    it(`have receipts that verify: ${sample.name}`, async () => {
      const receipt = JSON.parse(sample.receipt);
      assert.equal(await verifyReceipt(KEY, receipt), true);
      assert.equal(canonicalJson(receipt), sample.receipt);
    });
  }
});

describe("sealing", () => {
  const given = {
    publicPoint: bytesOf(recorded.public_point),
    keyId: recorded.key_id,
    responseId: recorded.samples[0].document.id,
    clear: encoder.encode("explain"),
  };

  it("never makes the same bytes twice", async () => {
    const [first, second] = [await seal(given), await seal(given)];
    assert.equal(first.length, 104 + 7);
    assert.notDeepEqual(first.slice(11, 76), second.slice(11, 76));
    assert.notDeepEqual(first.slice(76, 88), second.slice(76, 88));
    assert.ok(!Buffer.from(first).includes("explain"));
  });

  it("refuses a key id and a response id of a wrong form", async () => {
    await assert.rejects(seal({ ...given, keyId: "00" }), TypeError);
    await assert.rejects(seal({ ...given, responseId: "none" }), TypeError);
  });

  it("refuses a public point that is not on the curve", async () => {
    await assert.rejects(seal({ ...given, publicPoint: new Uint8Array(65).fill(4) }));
  });
});

describe("receipts", () => {
  const receipt = JSON.parse(recorded.samples[0].receipt);
  const changes = {
    id: "1f8d4f2a-6c1b-4e5d-8a73-2b9c1d4e5f60",
    digest: "00".repeat(32),
    device: "another",
    seq: 2,
    status: "quarantined",
    server_time: "2026-11-22T09:00:02.345Z",
    mac: "00".repeat(32),
  };
  for (const [field, value] of Object.entries(changes)) {
    it(`do not verify with another ${field}`, async () => {
      assert.notEqual(receipt[field], value);
      const changed = { ...receipt, [field]: value };
      assert.equal(await verifyReceipt(KEY, changed), false);
    });
  }

  it("do not verify with another key", async () => {
    assert.equal(await verifyReceipt(await receiptKeyOf("00".repeat(32)), receipt), false);
  });

  const odd = [null, [], "stored", {}, { ...receipt, mac: undefined }, { ...receipt, mac: "é" }];
  for (const value of [...odd, { ...receipt, seq: "1" }, { ...receipt, status: "sent" }]) {
    it(`are not ${JSON.stringify(value)?.slice(0, 30)}`, async () => {
      assert.equal(await verifyReceipt(KEY, value), false);
    });
  }
});

describe("ids and salt", () => {
  it("makes uuids of version 4, each new", () => {
    const made = Array.from({ length: 50 }, newId);
    assert.ok(made.every((id) => UUID4.test(id)));
    assert.equal(new Set(made).size, 50);
  });

  it("makes them without randomUUID too", (context) => {
    const fill = (bytes) => bytes.fill(0xff);
    const real = globalThis.crypto;
    const swap = (value) =>
      Object.defineProperty(globalThis, "crypto", { value, configurable: true, writable: true });
    context.after(() => swap(real));
    swap({ getRandomValues: fill });
    assert.equal(newId(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  });

  it("makes 16 bytes of salt, unpadded base64url, each new", () => {
    const made = Array.from({ length: 50 }, salt);
    assert.ok(made.every((text) => /^[A-Za-z0-9_-]{22}$/.test(text)));
    assert.equal(fromBase64url(made[0]).length, 16);
    assert.equal(new Set(made).size, 50);
  });
});

describe("hex and base64url", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);

  it("come back as they went", () => {
    assert.deepEqual(fromHex(toHex(all)), all);
    assert.deepEqual(fromBase64url(toBase64url(all)), all);
    assert.equal(toHex(all), Buffer.from(all).toString("hex"));
    assert.equal(toBase64url(all), Buffer.from(all).toString("base64url"));
  });

  it("refuse what they are not", () => {
    for (const text of ["0", "0g", "AB"]) assert.throws(() => fromHex(text), TypeError);
    for (const text of ["+", "a=", "é"]) assert.throws(() => fromBase64url(text), TypeError);
  });

  it("hash as Node does", async () => {
    const expected = createHash("sha256").update(all).digest();
    assert.equal(await sha256hex(all), expected.toString("hex"));
    assert.equal(await contentDigest(all), `sha-256=:${expected.toString("base64")}:`);
  });
});
