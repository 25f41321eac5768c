/**
 * A hand on one view's picture: what is chosen, what a pointer and what a key does. No DOM here.
 *
 * @import { Handle, Phase, Store } from "./types.js"
 */

import { clamp } from "./store.js";

/** @typedef {[number, number]} Place - Fractions of the picture. */
/** @typedef {{ width: number, height: number }} Box - The picture on the page, in CSS pixels. */

/** @type {Record<string, [number, number]>} */
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const STEP = 8; // pixels an arrow key moves; one with Shift
const TAP = 5; // pixels that a finger, or a click on a free place, may shake

/**
 * How far from a handle, in pixels, a pointer still takes it: a finger hides what it points at.
 *
 * @param {string} pointerType
 */
export const reach = (pointerType) => (pointerType === "touch" ? 36 : 24);

/**
 * @param {Place} a
 * @param {Place} b
 * @param {Box} box
 */
const apart = (a, b, { width, height }) =>
  Math.hypot((a[0] - b[0]) * width, (a[1] - b[1]) * height);

/**
 * The handle that a pointer takes: the nearest within its reach. An upright line is taken
 * anywhere along it.
 *
 * @param {Handle[]} handles
 * @param {Place} at
 * @param {Box} box
 * @param {string} pointerType
 */
export function taken(handles, at, box, pointerType) {
  /** @param {Handle} handle */
  const away = ({ x, y, top = y, bottom = y }) => apart([x, clamp(at[1], top, bottom)], at, box);
  const [nearest] = [...handles].sort((a, b) => away(a) - away(b));
  return nearest && away(nearest) < reach(pointerType) ? nearest : undefined;
}

/** @param {Store} s */
export function makeHand(s) {
  const acts = new Set(s.acts);
  const free = acts.has("add") || acts.has("hover"); // there is something to do beside the handles
  const [width, height] = s.size;
  /** @type {string | null | undefined} - A handle's name; null: the free place; undefined: no. */
  let chosen;
  /** @type {Place} */
  let spot = [0.4, 0.5]; // the free place: at first in the axes at the left, where free places act
  /**
   * @typedef {object} Held
   * @property {string | null} name - Of the handle, or null beside them all.
   * @property {Place} at - Where it was pressed.
   * @property {number} dx - How far the handle is from the pointer that holds it.
   * @property {number} dy
   * @property {boolean} steady - A finger that has not moved yet.
   */
  /** @type {Held | null} */
  let held = null; // from the press to the release

  /** @param {string} name */
  const find = (name) => s.handles.find((handle) => handle.name === name);

  /** @param {string | null | undefined} what */
  function choose(what) {
    chosen = what;
    s.said = "";
    s.refresh();
  }

  /** @param {Place} at */
  function look([x, y]) {
    if (acts.has("hover")) s.ask({ kind: "hover", x, y });
  }

  /**
   * @param {string | undefined | null} name - Of a handle; else there is nothing to move.
   * @param {Phase} phase
   * @param {Place} to
   */
  function move(name, phase, [x, y]) {
    if (typeof name === "string" && acts.has("move")) s.move(name, phase, x, y);
  }

  const hand = {
    /** Whether there is anything to do at all. */
    acts: acts.size > 0,

    /** Where the ring stands, or undefined. */
    place() {
      if (chosen === undefined) return undefined;
      if (chosen === null) return spot;
      const handle = find(chosen);
      return handle && /** @type {Place} */ ([handle.x, handle.y]);
    },

    /**
     * Whether a pointer there takes something that can be moved.
     *
     * @param {Place} at
     * @param {Box} box
     * @param {string} pointerType
     */
    takes: (at, box, pointerType) =>
      acts.has("move") && Boolean(taken(s.handles, at, box, pointerType)),

    /**
     * The cursor there: a hand means that something can be taken.
     *
     * @param {Place} at
     * @param {Box} box
     */
    cursor(at, box) {
      if (held && held.name !== null) return "grabbing";
      if (hand.takes(at, box, "mouse")) return "grab";
      return acts.has("add") ? "crosshair" : "default";
    },

    /** What a screen reader says of it. */
    label: () => (chosen === null ? s.names.free : (chosen && find(chosen)?.label) || ""),

    /** The picture was reached by keyboard: something is chosen. */
    enter() {
      if (!hand.place()) choose(s.handles[0]?.name ?? (free ? null : undefined));
    },

    leave() {
      s.said = "";
      s.refresh();
    },

    /**
     * @param {Place} at
     * @param {Box} box
     * @param {{ pointerType: string, shiftKey: boolean }} pointer
     * @returns {boolean} Whether a move may follow.
     */
    press(at, box, { pointerType, shiftKey }) {
      s.stop();
      spot = at;
      const handle = taken(s.handles, at, box, pointerType);
      choose(handle ? handle.name : free ? null : undefined);
      if (handle && shiftKey && acts.has("remove")) {
        s.ask({ kind: "remove", name: handle.name });
        return false;
      }
      const { name, x, y } = handle ?? { name: null, x: at[0], y: at[1] };
      held = { name, at, dx: x - at[0], dy: y - at[1], steady: pointerType === "touch" };
      move(name, "down", [x, y]);
      return true;
    },

    /**
     * The pointer is elsewhere, held or not.
     *
     * @param {Place} at
     * @param {Box} box
     * @param {boolean} pressed
     */
    move(at, box, pressed) {
      if (!held) {
        if (!pressed) look(at);
        return;
      }
      if (held.steady && apart(at, held.at, box) < TAP) return; // a finger that taps shakes
      held.steady = false;
      move(held.name, "move", [at[0] + held.dx, at[1] + held.dy]);
    },

    /**
     * The pointer let go, or its drag was cancelled.
     *
     * @param {Place} at
     * @param {Box} box
     */
    release(at, box) {
      if (!held) return;
      const { name, dx, dy, steady } = held;
      const tapped = apart(at, held.at, box) < TAP;
      const [x, y] = steady && tapped ? held.at : at;
      held = null;
      if (name !== null) move(name, "up", [x + dx, y + dy]);
      else if (tapped && acts.has("add")) s.ask({ kind: "add", x, y });
    },

    /** The finger went on to scroll the page: nothing was meant beside the handles. */
    cancel() {
      if (held?.name !== null) return;
      held = null;
      choose(undefined);
    },

    /**
     * @param {Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">} event
     * @returns {boolean} Whether the key was for the picture; else it is the page's.
     */
    key({ key, shiftKey, ctrlKey, metaKey, altKey }) {
      if (ctrlKey || metaKey || altKey) return false;
      if (key === "Home" || key === "End") {
        s.stop();
        if (s.n > 1) s.go(key === "Home" ? 0 : s.n - 1);
        return true; // the page does not scroll
      }
      if (key === " ") {
        if (s.n > 1) s.toggle();
        return true;
      }
      const tab = key === "Tab";
      if (tab || key === "[" || key === "]") {
        const stops = [...s.handles.map(({ name }) => name), ...(free ? [null] : [])];
        const back = tab ? shiftKey : key === "[";
        const now = chosen === undefined ? -1 : stops.indexOf(chosen);
        const to = back ? (now < 0 ? -1 : now - 1) : now + 1;
        if (tab && !(to in stops)) return false; // Tab leaves at either end: no trap
        choose(stops.at(to % stops.length));
        return true;
      }
      const at = hand.place();
      if (!at) return false;
      const arrow = ARROWS[key];
      if (arrow) {
        const step = shiftKey ? 1 : STEP;
        // a place on a grid goes to the next one, at least
        const { dx = 0, dy = 0 } = (chosen !== null && find(/** @type {string} */ (chosen))) || {};
        const x = at[0] + arrow[0] * Math.max(step / width, dx);
        const y = at[1] + arrow[1] * Math.max(step / height, dy);
        s.stop();
        if (chosen !== null) {
          move(chosen, "key", [x, y]);
        } else {
          spot = [clamp(x, 0, 1), clamp(y, 0, 1)];
          s.refresh();
          look(spot);
        }
        return true;
      }
      if (key === "Enter" && !shiftKey) {
        s.stop();
        if (chosen !== null) move(chosen, "enter", at);
        else if (acts.has("add")) s.ask({ kind: "add", x: at[0], y: at[1] });
        return true;
      }
      if (key === "Delete" || key === "Backspace") {
        s.stop();
        if (typeof chosen === "string" && acts.has("remove")) {
          s.ask({ kind: "remove", name: chosen });
        }
        return true;
      }
      return false;
    },
  };
  return hand;
}
