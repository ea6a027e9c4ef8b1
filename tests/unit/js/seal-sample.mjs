// Reads {document, public_point, key_id} from standard input and writes the sealed bytes in
// base64, for the Python test that opens them.
import { readFileSync } from "node:fs";
import { base64, bytesOf } from "./samples.mjs";
import { clearBytes, seal } from "../../../static/js/envelope.js";

const given = JSON.parse(readFileSync(0, "utf8"));
const sealed = await seal({
  publicPoint: bytesOf(given.public_point),
  keyId: given.key_id,
  responseId: given.document.id,
  clear: clearBytes(given.document),
});
process.stdout.write(base64(sealed));
