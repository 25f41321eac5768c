/**
 * A page without Python: all frames are in its data.
 *
 * @import { Bank, Options, Store } from "../types.js"
 */

import { makeStore } from "../store.js";
import { mount } from "../view.js";

/**
 * @param {Options & Bank} data - See Stage.page_data in stage.py.
 * @returns {Store}
 */
export function makePageStore({ frames, texts, ...options }) {
  const s = makeStore({ ...options, acts: [] }); // nobody would answer a hand
  const buffers = frames.map((frame) => Uint8Array.from(atob(frame), (c) => c.charCodeAt(0)));
  const [handles, errors] = [frames.map(() => []), frames.map(() => "")];
  s.hear({ kind: "bank", epoch: s.epoch, first: 0, texts, handles, errors }, buffers);
  return s;
}

/**
 * @param {HTMLElement} el
 * @param {Options & Bank} data
 */
export function standalone(el, data) {
  mount(el, makePageStore(data));
}
