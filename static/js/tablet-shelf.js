/**
 * What the shelf of this tablet holds, in the words of a contact and of "what is on this tablet".
 *
 * @module tablet-shelf
 */

import { SHELF, activateWaiting, fillShelf, readShelf, register } from "./offline-shelf.js";

const LIST = "/offline.json";
/** A page of a grid, or the part of it that the appointment shows. */
const RELEASE = /^\/g\/([a-z0-9]+)\/([0-9]+)(?:\/fragment)?(?:\?|$)/;
const PAPER = /^\/g\/([a-z0-9]+)\/([0-9]+)\/handout\.pdf\?voice=([a-z-]+)$/;

/** @typedef {{id: string, version: number, voice: string, url: string}} Paper */

export class TabletShelf {
  /** @type {boolean | null} */
  #taken = null;

  /** Take the worker in and fill the shelf. @returns {Promise<void>} */
  async refresh() {
    this.#taken ??= await register();
    await fillShelf();
    await activateWaiting();
  }

  /** @returns {Promise<string[]>} such as `k7/3`: the releases whose pages are all here */
  async releases() {
    const [urls, { failed }] = await Promise.all([this.#urls(), readShelf()]);
    const named = (/** @type {string} */ url) => RELEASE.exec(url)?.slice(1, 3).join("/") ?? "";
    const lacking = new Set(failed.map(named));
    return [...new Set(urls.map(named))].filter((name) => name && !lacking.has(name));
  }

  /** @returns {Promise<Paper[]>} the papers that open without a network */
  async papers() {
    const [urls, { failed }] = await Promise.all([this.#urls(), readShelf()]);
    return urls.flatMap((url) => {
      const found = failed.includes(url) ? null : PAPER.exec(url);
      return found ? [{ id: found[1], version: Number(found[2]), voice: found[3], url }] : [];
    });
  }

  /** @returns {Promise<{worker: "ready" | "filling" | "none", build: string, checkedAt: number | null}>} */
  async state() {
    const { held, total, build, checked_at: checked } = await readShelf();
    const active = await navigator.serviceWorker?.getRegistration("/").catch(() => undefined);
    const worker = !active ? "none" : total > 0 && held === total ? "ready" : "filling";
    return { worker, build: build ?? "", checkedAt: checked === null ? null : Date.parse(checked) };
  }

  /** @returns {Promise<string[]>} what the list on this device names */
  async #urls() {
    if (!(await globalThis.caches?.has(SHELF))) return [];
    const kept = await (await caches.open(SHELF)).match(LIST);
    const list = await kept?.json();
    return (list?.files ?? []).map((/** @type {{url: string}} */ file) => file.url);
  }
}
