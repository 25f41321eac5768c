/**
 * What a browser has and Node has not: a clock that stands until it is moved, pictures that are
 * decoded when a test says so, a view that notes what is drawn.
 */

import { setImmediate } from "node:timers/promises";

import { makeStore } from "../../../emlib/live/js/store.js";

/** Wait until every promise that can go on has gone on. */
export const settled = () => setImmediate();

/** Timers and animation frames that run when `pass` lets time pass, a millisecond at a time. */
export function fakeClock() {
  let now = 0;
  let ids = 0;
  const due = new Map();
  const later = (act, ms) => {
    due.set(++ids, { at: now + Math.max(ms ?? 0, 1), act });
    return ids;
  };
  Object.assign(globalThis, {
    setTimeout: later,
    clearTimeout: (id) => due.delete(id),
    requestAnimationFrame: (act) => later(() => act(now), 16),
    cancelAnimationFrame: (id) => due.delete(id),
  });
  Object.defineProperty(globalThis, "performance", {
    value: { now: () => now },
    configurable: true,
  });
  return {
    async pass(ms) {
      await settled();
      for (const end = now + ms; now < end;) {
        now += 1;
        const ready = [...due].filter(([, { at }]) => at <= now);
        for (const [id, { act }] of ready) {
          if (due.delete(id)) act();
        }
        if (ready.length) await settled();
      }
    },
  };
}

/**
 * A decoder of pictures: a PNG is [k, …] here, and its bitmap is called k. All are 1000 x 1000
 * pixels, 4 MB. Where `hold` is set each is decoded when the test calls one of `pending`.
 */
export function fakePictures() {
  const pictures = { hold: false, pending: [], decoded: [], open: new Set() };
  globalThis.Blob = class {
    constructor([bytes]) {
      this.name = (bytes.getUint8?.(0) ?? bytes[0]) || 0;
      this.size = bytes.byteLength;
    }
  };
  globalThis.createImageBitmap = ({ name, size }) =>
    new Promise((resolve, reject) => {
      const done = () => {
        if (!size) return reject(new Error("no picture"));
        pictures.decoded.push(name);
        const bitmap = {
          name,
          width: 1000,
          height: 1000,
          close: () => pictures.open.delete(bitmap),
        };
        pictures.open.add(bitmap);
        return resolve(bitmap);
      };
      if (pictures.hold) pictures.pending.push(done);
      else done();
    });
  globalThis.ImageData = class {
    constructor(data, width, height) {
      Object.assign(this, { data, width, height, name: `pixels ${data[0]}` });
    }
  };
  return pictures;
}

/** A page: elements that keep what they are given; `drawn`: the pictures on its canvas. */
export function fakePage() {
  const page = { drawn: [], element: (tag) => new Element(tag) };
  const note = (picture) => page.drawn.push(picture.name);
  class Element {
    children = [];
    dataset = {};
    style = {};
    classes = new Set();
    classList = { add: (name) => this.classes.add(name) };
    clientWidth = 4;
    clientHeight = 2;
    constructor(tag) {
      this.tag = tag;
    }
    append(...children) {
      this.children.push(...children);
    }
    getContext = () => ({ drawImage: note, putImageData: note });
    getRootNode = () => ({ activeElement: null });
    /** The first element within of a tag, a class or a label. */
    find(what) {
      const all = [this, ...this.children.flatMap((child) => child.find?.("*") ?? [])];
      if (what === "*") return all;
      return all.find((e) => [e.tag, e.className, e.ariaLabel].includes(what));
    }
  }
  globalThis.document = { createElement: page.element };
  globalThis.ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  globalThis.matchMedia = () => ({ addEventListener() {}, removeEventListener() {} });
  globalThis.devicePixelRatio = 1;
  return page;
}

/** Runs of equal pixels, as wire.py makes them: [red, green, blue, length]. */
export function packed(...runs) {
  return new Uint8Array(runs.flatMap(([r, g, b, length]) => [r, g, b, length - 1]));
}

export const handle = (name, x, y) => ({ name, x, y, label: `handle ${name}` });

/**
 * A store with one view and a Python that notes what it is sent.
 *
 * @returns the store, what was `sent` and `saved` (index, at rest), what was `drawn`, and helpers.
 */
export function makeBench(options = {}, port = {}) {
  const bench = { sent: [], saved: [], drawn: [], density: 1, refreshed: 0 };
  const s = makeStore(
    { size: [4, 2], n: 5, index: 0, interval: 100, alt: "", ...options },
    {
      send: (message) => bench.sent.push(message),
      saveIndex: (i, atRest) => bench.saved.push([i, atRest]),
      ...port,
    },
  );
  s.views.add({
    draw: (picture) => bench.drawn.push(picture.name),
    refresh: () => bench.refreshed++,
    scale: () => bench.density,
  });
  return Object.assign(bench, {
    s,
    /** Frames of the bank arrive: [i, …] of each, so that its bitmap is called i. */
    bank(first = 0, count = s.n - first, more = {}) {
      const all = Array.from({ length: count }, (_, k) => first + k);
      s.hear(
        {
          kind: "bank",
          epoch: s.epoch,
          first,
          texts: all.map((i) => `state ${i}`),
          handles: all.map((i) => [handle("a", i / 10, 0.5)]),
          errors: all.map(() => ""),
          ...more,
        },
        all.map((i) => new Uint8Array([i, 1])),
      );
    },
    /** A fast frame of one grey. */
    fast(grey, more = {}) {
      const message = { kind: "live", seq: 0, text: `grey ${grey}`, handles: [], scale: 1 };
      s.hear({ ...message, fast: true, key: 0, ...more }, [packed([grey, grey, grey, 8])]);
    },
    /** A crisp frame, whose bitmap is called `name`. */
    crisp(name, more = {}) {
      const message = { kind: "live", seq: 0, text: `crisp ${name}`, handles: [], scale: 2 };
      s.hear({ ...message, ...more }, [new Uint8Array([name, 1])]);
    },
    ack: (seq = bench.sent.at(-1).seq) => s.hear({ kind: "ack", seq }),
    kinds: () => bench.sent.map(({ kind, phase }) => phase ?? kind),
  });
}
