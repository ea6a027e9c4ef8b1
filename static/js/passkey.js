/**
 * Asking the browser for a passkey: making one, or signing with one. The page brings the question,
 * the form takes the answer; what stands on the page says what happened.
 *
 * The browser's own readers of such JSON are younger than the browsers we serve, so bytes are
 * turned into text here.
 *
 * @module passkey
 */

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | null} buffer @returns {string | null} base64url */
function text(buffer) {
  if (buffer === null) return null;
  const plain = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {any} options as the page has them @returns {CredentialCreationOptions} */
function toMake(options) {
  const excludeCredentials = (options.excludeCredentials ?? []).map(
    (/** @type {{id: string}} */ known) => ({ ...known, id: bytes(known.id) }),
  );
  const user = { ...options.user, id: bytes(options.user.id) };
  return { publicKey: { ...options, challenge: bytes(options.challenge), user, excludeCredentials } };
}

/** @param {PublicKeyCredential} made @returns {string} what the server reads */
function made(made) {
  const response = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return JSON.stringify({
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
    },
  });
}

/** @param {PublicKeyCredential} used @returns {string} what the server reads */
function signed(used) {
  const response = /** @type {AuthenticatorAssertionResponse} */ (used.response);
  return JSON.stringify({
    id: used.id,
    rawId: text(used.rawId),
    type: used.type,
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: text(response.userHandle),
    },
  });
}

/** @param {HTMLFormElement} form @returns {Promise<string>} the answer; rejects where it is refused */
async function ask(form) {
  const options = JSON.parse(form.dataset.options ?? "");
  if (form.dataset.passkey === "create") {
    return made(/** @type {PublicKeyCredential} */ (await navigator.credentials.create(toMake(options))));
  }
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  return signed(/** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey })));
}

/** @param {HTMLFormElement} form */
function offer(form) {
  const said = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  const answer = /** @type {HTMLInputElement} */ (form.elements.namedItem("answer"));
  let asking = false;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    said.textContent = "";
    try {
      answer.value = await ask(form);
      form.submit();
    } catch {
      said.textContent = said.dataset.stopped ?? "";
    } finally {
      asking = false;
    }
  });
}

if ("PublicKeyCredential" in window && window.isSecureContext) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    offer(/** @type {HTMLFormElement} */ (form));
  }
} else {
  for (const part of document.querySelectorAll("[data-passkey-lacking]")) {
    /** @type {HTMLElement} */ (part).hidden = false;
  }
}
