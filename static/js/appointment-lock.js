/**
 * The locked tablet: a shuffled pad for the practitioner's PIN, and the truth about what is saved.
 *
 * The pad is shuffled at every showing, because a teenager watches every PIN. Nothing here knows
 * what was answered.
 *
 * @module appointment-lock
 */

import { each, filled, one } from "./appointment-screen.js";

/** @typedef {{next: string} | {wait: number} | {gone: true} | {trouble: "offline" | "server"}} PinAnswer */

const DIGITS = 6;

/**
 * @param {() => number} [random] from 0 up to 1
 * @returns {number[]} the ten digits in an order nobody can learn
 */
export function shuffled(random = secureRandom) {
  const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let at = digits.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [digits[at], digits[other]] = [digits[other], digits[at]];
  }
  return digits;
}

function secureRandom() {
  return globalThis.crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32;
}

/**
 * @param {string} pin
 * @param {typeof globalThis.fetch} [fetch]
 * @returns {Promise<PinAnswer>}
 */
export async function askReturn(pin, fetch = globalThis.fetch) {
  try {
    const answer = await fetch("/v1/handover/return", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ pin }),
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
    });
    const body = await answer.json().catch(() => null);
    if (answer.ok && isOurPath(body?.next)) return { next: body.next };
    if (answer.status === 401) return { gone: true };
    if (answer.status === 403 || answer.status === 429) return { wait: Number(body?.wait_seconds) || 0 };
    return { trouble: "server" };
  } catch {
    return { trouble: "offline" };
  }
}

/** @param {unknown} path @returns {path is string} whether it leads to a page of this site */
export function isOurPath(path) {
  return typeof path === "string" && /^\/(?![/\\])/.test(path);
}

export class PinPad {
  #screen;
  #ask;
  #onReturn;
  #onGone;
  #typed = "";
  #busy = false;

  /**
   * @param {object} options
   * @param {HTMLElement} options.screen
   * @param {(pin: string) => Promise<PinAnswer>} options.ask
   * @param {(next: string) => void} options.onReturn
   * @param {() => void} options.onGone the login has ended
   */
  constructor({ screen, ask, onReturn, onGone }) {
    this.#screen = screen;
    this.#ask = ask;
    this.#onReturn = onReturn;
    this.#onGone = onGone;
    this.#draw();
    one(screen, "[data-pad]").addEventListener("click", (event) => {
      const key = /** @type {Element} */ (event.target).closest("button");
      if (key) this.#press(key.dataset.key ?? "");
    });
    screen.addEventListener("keydown", (event) => this.#keyed(event));
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    if (/^[0-9]$/.test(event.key)) this.#press(event.key);
    else if (event.key === "Backspace") this.#press("delete");
  }

  #draw() {
    /** @type {HTMLElement[]} */
    const keys = shuffled().map((digit) => keyButton(String(digit), String(digit)));
    const remove = keyButton("delete", "\u232b");
    remove.setAttribute("aria-label", this.#words("delete"));
    keys.splice(9, 0, document.createElement("span"));
    one(this.#screen, "[data-pad]").replaceChildren(...keys, remove);
    this.#showDots();
  }

  /** @param {string} key */
  #press(key) {
    if (this.#busy) return;
    this.#typed = key === "delete" ? this.#typed.slice(0, -1) : (this.#typed + key).slice(0, DIGITS);
    this.#showDots();
    if (this.#typed.length === DIGITS) void this.#check();
  }

  #showDots() {
    const dots = one(this.#screen, "[data-dots]");
    dots.textContent = "\u25cf".repeat(this.#typed.length) + "\u25cb".repeat(DIGITS - this.#typed.length);
    dots.ariaLabel = filled(dots.dataset.pattern ?? "", { n: this.#typed.length });
  }

  async #check() {
    const pin = this.#typed;
    this.#typed = "";
    this.#setBusy(true);
    this.#say(this.#words("checking"));
    const answer = await this.#ask(pin);
    if ("next" in answer) this.#onReturn(answer.next);
    else if ("gone" in answer) this.#onGone();
    else if ("trouble" in answer) this.#again(this.#words(answer.trouble === "offline" ? "offline" : "trouble"));
    else this.#wait(Math.ceil(answer.wait));
  }

  /** @param {string} words */
  #again(words) {
    this.#setBusy(false);
    this.#draw();
    this.#say(words);
  }

  /** @param {number} seconds the server's; the pad rests until they are over */
  #wait(seconds) {
    const wrong = this.#words("wrong");
    if (seconds <= 0) return this.#again(wrong);
    this.#showDots();
    this.#say(`${wrong} ${filled(this.#words("wait"), { n: seconds })}`);
    setTimeout(() => {
      if (this.#screen.isConnected) this.#again("");
    }, seconds * 1_000);
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.#busy = busy;
    for (const key of each(this.#screen, "[data-pad] button")) {
      /** @type {HTMLButtonElement} */ (key).disabled = busy;
    }
  }

  /** @param {string} words */
  #say(words) {
    one(this.#screen, "[data-said]").textContent = words;
  }

  /** @param {string} name */
  #words(name) {
    return one(this.#screen, `[data-word="${name}"]`).textContent ?? "";
  }
}

/** @param {string} key @param {string} face */
function keyButton(key, face) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ap-key";
  button.dataset.key = key;
  button.textContent = face;
  return button;
}
