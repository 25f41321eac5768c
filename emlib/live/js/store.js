/**
 * What all views of one stage share: which state is on screen, its frame, and what Python was
 * asked and has answered.
 *
 * @import { Actions, BankMessage, Bytes, Frame, LiveFrame, LiveMessage } from "./types.js"
 * @import { Options, Port, Store } from "./types.js"
 */

import { makeUnpacker } from "./fast.js";
import { NAMES } from "./names.js";
import { decode, makeCache, makePainter } from "./painter.js";
import { makeQuestions } from "./questions.js";

const REST = 150; // ms without a change after which the hand rests

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
export const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

/**
 * @param {Options} options
 * @param {Port} [port]
 * @returns {Store}
 */
export function makeStore(options, port = {}) {
  const s = /** @type {Store} */ ({
    epoch: 0,
    text: "",
    error: "",
    handles: [],
    acts: [],
    ...options,
    names: { ...NAMES, ...options.names },
    bank: /** @type {Frame[]} */ ([]),
    live: null,
    playing: false,
    note: "",
    said: "",
    seen: false,
    views: new Set(),
  });
  let direction = 1; // where the last step led: the next frame there is decoded ahead
  let tick = 0; // the animation frame that Play waits for
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let telling; // Python is told the index when it rests
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting; // a crisp frame is asked for when the hand rests

  const [width, height] = s.size;
  const unpack = makeUnpacker(width * height);
  const cache = makeCache();
  const painter = makePainter(
    (picture) => s.views.forEach((view) => view.draw(picture)),
    (error) => {
      s.error = String(error);
      s.refresh();
    },
  );
  const questions = makeQuestions(
    ({ question, seq, late }) => {
      // a question is about what is on screen: Python hears of that first
      if (!s.live && !late) tell();
      port.send?.({ ...question, seq, i: s.live || late ? -1 : s.index, epoch: s.epoch });
    },
    (note) => {
      const words = note && s.names[note];
      if (s.note === words) return;
      s.note = words;
      s.refresh();
    },
  );

  function tell() {
    clearTimeout(telling);
    port.saveIndex?.(s.index, true);
  }

  function seen() {
    try {
      port.send?.({ kind: "seen" });
    } catch {
      // the page is being closed: the next question finds out
    }
  }

  function tellAtRest() {
    clearTimeout(telling);
    telling = setTimeout(() => (s.playing ? tellAtRest() : tell()), REST);
  }

  function showFrame() {
    const [frame, ahead] = [s.bank[s.index], s.bank[s.index + direction]];
    if (frame.error) return;
    painter
      .paint(() => cache.bitmap(frame))
      .then(() => {
        if (ahead && !ahead.error && s.bank.includes(ahead)) cache.bitmap(ahead).catch(() => {});
      });
  }

  /** @param {LiveFrame} live */
  function showLive({ pixels, bitmap }) {
    if (pixels) painter.paintNow(pixels);
    else if (bitmap) painter.paint(() => bitmap);
  }

  /**
   * @param {BankMessage} message
   * @param {Bytes[]} buffers
   */
  function hearBank({ first, texts, handles, errors }, buffers) {
    buffers.forEach(({ buffer, byteOffset, byteLength }, k) => {
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      s.bank[first + k] = { bytes, text: texts[k], handles: handles[k], error: errors[k] };
    });
    const frame = s.bank[s.index];
    if (frame && s.live?.pixels && s.live.i === s.index) s.live = null; // the same state
    if (frame && !s.live && first <= s.index && s.index < first + buffers.length) s.show();
    else s.refresh();
  }

  /**
   * @param {LiveMessage} message
   * @param {Bytes} data
   */
  function hearLive({ seq, text, handles, scale, i, fast, ...packed }, data) {
    const pixels = fast ? unpack(packed, data) : null; // always: it may make the next key frame
    if (!questions.isLate(seq) && (i === undefined || i === s.index)) {
      s.live = { text, handles, scale, i };
      if (pixels) {
        s.live.pixels = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
      } else if (fast) s.live.scale = 0;
      else s.live.bitmap = decode(data);
    }
    s.show();
    // this message makes the browser's TCP acknowledge at once: see LOOPBACK_SEGMENT in wire.py
    if (!seq) seen();
  }

  /** @type {Actions} */
  const actions = {
    refresh: () => s.views.forEach((view) => view.refresh()),

    show() {
      const { live } = s;
      const frame = s.bank[s.index];
      if (live) showLive(live);
      else if (frame) showFrame();
      else if (s.still?.byteLength && !s.seen) {
        const { still } = s;
        painter.paint(() => decode(still));
      }
      const shown = live ?? frame;
      if (shown) {
        s.seen = true;
        s.text = shown.text;
        // while a move waits the handles are where the hand is, ahead of Python's answers
        if (!questions.isWaiting()) s.handles = shown.handles;
      }
      s.refresh();
      s.rest();
    },

    rest() {
      clearTimeout(resting);
      resting = setTimeout(() => {
        const frame = s.bank[s.index];
        const wanted = Math.max(1, ...[...s.views].map((view) => view.scale()));
        const none = Infinity; // nothing to replace
        const has = s.live ? s.live.scale : frame && !frame.error ? 1 : none;
        if (has < wanted && !s.playing && questions.isIdle()) {
          s.ask({ kind: "rest", scale: wanted });
        }
      }, REST);
    },

    go(i, byHand = true) {
      const to = clamp(i, 0, s.n - 1);
      if (to !== s.index) direction = Math.sign(to - s.index);
      // Python's state differs from the index shown, or a question on its way will make it differ
      const elsewhere = (s.live && s.live.i === undefined) || questions.mayMove();
      if (byHand) questions.outdate();
      s.index = to;
      s.live = null;
      s.show();
      if (!byHand) return;
      if (elsewhere) s.ask({ kind: "index" });
      port.saveIndex?.(to, false);
      tellAtRest();
    },

    start() {
      if (s.index === s.n - 1) s.go(0);
      let due = performance.now() + s.interval;
      /** @param {number} now */
      const play = (now) => {
        tick = requestAnimationFrame(play);
        if (now < due - 4) return; // half a screen refresh early is on time
        if (!s.bank[s.index + 1] && s.index < s.n - 1) {
          due = now; // its frame is still on its way
          return;
        }
        due = Math.max(due + s.interval, now);
        s.go(s.index + 1);
        if (s.index === s.n - 1) s.stop();
      };
      s.playing = true;
      tick = requestAnimationFrame(play);
      s.refresh();
    },

    stop() {
      if (!s.playing) return;
      cancelAnimationFrame(tick);
      s.playing = false;
      s.refresh();
      s.rest();
    },

    toggle: () => (s.playing ? actions.stop() : actions.start()),

    ask(question) {
      if (port.send) questions.ask(question);
    },

    move(name, phase, x, y) {
      const at = { x: clamp(x, 0, 1), y: clamp(y, 0, 1) };
      s.ask({ kind: "move", name, phase, ...at });
      // the ring goes ahead; Python's answer to the last move puts it right
      s.handles = s.handles.map((handle) =>
        handle.name === name ? { ...handle, ...at } : handle,
      );
      s.refresh();
    },

    hear(message, buffers = []) {
      switch (message.kind) {
        case "bank":
          if (message.epoch === s.epoch) hearBank(message, buffers);
          break;
        case "live":
          hearLive(message, buffers[0]);
          break;
        case "said":
          s.said = message.text;
          s.refresh();
          break;
        case "ack":
          s.show(); // a move that was refused: the ring goes back
          if (questions.asking() === "rest") clearTimeout(resting); // no crisp frame: not again
      }
      if (message.seq) questions.answered(message.seq);
    },

    renew(epoch, n, index) {
      cache.clear();
      Object.assign(s, { epoch, n, index, bank: [] }); // the picture stays until its frame comes
      s.refresh();
    },

    gone() {
      port = { saveIndex: port.saveIndex };
      questions.close("gone");
    },

    alone() {
      port = {};
      questions.close("");
      if (!s.bank.length) Object.assign(s, { n: 1, index: 0 }); // the still is all there is
      s.refresh();
    },
  };

  return Object.assign(s, actions);
}
