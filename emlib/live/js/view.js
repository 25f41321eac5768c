/**
 * One view of a stage: the picture with its ring, the bar, the sentence.
 *
 * @import { Store, View } from "./types.js"
 * @import { Place } from "./hand.js"
 */

import { makeHand } from "./hand.js";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} [properties]
 * @param {...Node} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Set what differs: text that stays is not read aloud again.
 *
 * @template {object} T
 * @param {T} element
 * @param {Partial<T>} properties
 */
function set(element, properties) {
  for (const name of /** @type {(keyof T)[]} */ (Object.keys(properties))) {
    if (element[name] !== properties[name]) Object.assign(element, { [name]: properties[name] });
  }
}

/**
 * @param {HTMLElement} el - Where to show it.
 * @param {Store} s
 * @returns {() => void} Takes it away again.
 */
export function mount(el, s) {
  const [width, height] = s.size;
  const words = s.names;
  const hand = makeHand(s);

  const canvas = make("canvas", { width, height, role: "img", ariaLabel: s.alt });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const ring = make("div", { className: "ring", hidden: true });
  const picture = make("div", { className: "view" }, canvas, ring);

  /**
   * @param {string} textContent
   * @param {string} ariaLabel
   * @param {() => void} onclick
   */
  const button = (textContent, ariaLabel, onclick) =>
    make("button", { type: "button", textContent, ariaLabel, onclick });
  /** @param {number} i */
  const go = (i) => {
    s.stop();
    s.go(i);
  };
  const back = button("◀", words.back, () => go(s.index - 1));
  const play = button("▶", words.play, () => s.toggle());
  const next = button("▶▏", words.next, () => go(s.index + 1));
  const slider = make("input", { type: "range", min: "0", step: "1", ariaLabel: words.slider });
  slider.oninput = () => go(Number(slider.value));
  slider.onkeydown = (event) => {
    if (event.key !== " ") return;
    event.preventDefault(); // the page does not scroll
    s.toggle();
  };
  const count = make("output", { ariaLive: "off" });
  const bar = make("div", { className: "bar" }, back, play, next, slider, count);

  const sentence = make("p", { ariaLive: "polite" });
  const tip = make("div", { className: "tip", hidden: true, role: "status" });
  const error = make("p", { className: "error", hidden: true, role: "alert" });
  const root = make("figure", { className: "emlib-stage" }, picture, bar, sentence, tip, error);
  root.style.maxWidth = `${width}px`;
  canvas.style.aspectRatio = `${width}/${height}`;
  el.append(root);

  // JupyterLab and Notebook 7 take keys in the capture phase (arrows move cells, d d deletes one),
  // except from an element so marked
  for (const element of [root, picture, back, play, next, slider, count]) {
    element.dataset.lmSuppressShortcuts = "";
  }

  // in a shadow tree the document's active element is the tree's host
  const hasFocus = () =>
    /** @type {Document | ShadowRoot} */ (picture.getRootNode()).activeElement === picture;

  /** @type {View} */
  const view = {
    draw(drawn) {
      if (canvas.width !== drawn.width) set(canvas, { width: drawn.width, height: drawn.height });
      if (drawn instanceof ImageData) context.putImageData(drawn, 0, 0);
      else context.drawImage(drawn, 0, 0);
    },

    scale() {
      const pixels = (devicePixelRatio * canvas.clientWidth) / width;
      return Math.min(3, Math.ceil(pixels - 0.05));
    },

    refresh() {
      const free = s.live && s.live.i === undefined; // no state of the bank is on screen
      const where = free ? words.hand : `${s.index} / ${s.n - 1}`;
      set(bar, { hidden: s.n < 2 });
      set(slider, { max: String(s.n - 1), ariaValueText: where });
      set(slider, { value: String(s.index) }); // after max, which would hold it back
      set(count, { textContent: where });
      const { playing } = s;
      set(play, {
        textContent: playing ? "❚❚" : "▶",
        ariaLabel: playing ? words.pause : words.play,
      });
      set(sentence, { ariaLive: playing ? "off" : "polite", textContent: s.text });

      const wrong = s.error || (s.live ? "" : s.bank[s.index]?.error) || "";
      set(error, { hidden: !wrong, textContent: wrong });

      const place = hand.place();
      set(ring, { hidden: !place || !hasFocus() });
      if (place) {
        Object.assign(ring.style, { left: `${100 * place[0]}%`, top: `${100 * place[1]}%` });
      }

      const say = s.note || s.said || (ring.hidden ? "" : hand.label());
      set(tip, { hidden: !say, textContent: say });

      // for tests
      root.dataset.frames = String(s.bank.filter(Boolean).length);
      root.dataset.epoch = String(s.epoch);
    },
  };

  /** @param {{ clientX: number, clientY: number }} event */
  const place = (event) => {
    const r = canvas.getBoundingClientRect();
    const at = [(event.clientX - r.left) / r.width, (event.clientY - r.top) / r.height];
    return /** @type {Place} */ (at);
  };
  const box = () => ({ width: canvas.clientWidth, height: canvas.clientHeight });
  /** @param {PointerEvent} event */
  const point = (event) => {
    picture.style.cursor = hand.cursor(place(event), box());
  };

  if (hand.acts) {
    set(picture, { tabIndex: 0, role: "application", ariaLabel: s.alt });
    set(picture, { ariaRoleDescription: words.picture });
    picture.classList.add("acts");
    picture.onpointerdown = (event) => {
      if (event.button) return;
      event.preventDefault();
      const mayMove = hand.press(place(event), box(), event);
      picture.focus({ preventScroll: true });
      if (mayMove) picture.setPointerCapture(event.pointerId);
      point(event);
    };
    picture.onpointermove = (event) => {
      hand.move(place(event), box(), event.buttons > 0);
      point(event);
    };
    picture.onpointercancel = () => hand.cancel();
    // also of a drag that was cancelled
    picture.onlostpointercapture = (event) => {
      hand.release(place(event), box());
      point(event);
    };
    // a finger on a handle moves it; anywhere else it scrolls the page
    picture.ontouchstart = (event) => {
      if (hand.takes(place(event.touches[0]), box(), "touch")) event.preventDefault();
    };
    picture.onfocus = () => {
      if (picture.matches(":focus-visible")) hand.enter();
      view.refresh();
    };
    picture.onblur = picture.onpointerleave = () => hand.leave();
    picture.onkeydown = (event) => {
      if (hand.key(event)) event.preventDefault();
    };
  }

  const sized = new ResizeObserver(() => s.rest());
  sized.observe(canvas);
  /** @type {MediaQueryList | undefined} */
  let density;
  function watchDensity() {
    s.rest(); // zoomed, or on another screen
    density = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    density.addEventListener("change", watchDensity, { once: true });
  }
  s.views.add(view);
  s.show();
  watchDensity();

  return () => {
    s.views.delete(view);
    sized.disconnect();
    density?.removeEventListener("change", watchDensity);
    if (!s.views.size) s.stop();
  };
}
