// Stage: shows frames drawn elsewhere. The same file is the anywidget module in the notebook and,
// inlined in a page with its frames, a player that needs no kernel and no network.
const BUDGET = 96e6;                       // bytes of decoded frames kept; the others are decoded again
const REST = 150, SLOW = 1500, LOST = 6000; // ms: the hand rests; Python is slow; Python gives no answer
const NAMES = { back: "Previous step", play: "Play", pause: "Pause", next: "Next step", slider: "Step", picture: "interactive picture",
  free: "free place", wait: "Python is busy: waiting", lost: "Python does not answer. This is the last picture.",
  gone: "Python has stopped or was restarted: run the cell again. This is the last picture." };
const make = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
const clamp = (v, a, b) => Math.max(a, Math.min(b, v));

// --- what all views of one stage share. o: size, n, index, interval, alt, text, handles, acts, names, error.
// port: send(message) to Python, or absent in a page without it; saveIndex(i, rest) tells the index.
function makeStore(o, port = {}) {
  const s = { ...o, names: { ...NAMES, ...o.names }, epoch: o.epoch || 0, bank: [], ready: new Map(), views: new Set(), live: null, raf: 0, note: "", said: "" };
  const refresh = () => { for (const v of s.views) v.refresh(); };
  const decode = bytes => createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const at = () => s.bank[s.index];        // the bank's frame under the slider: [bytes, text, handles]
  // painting: newest wins, one decode at a time; decoded frames kept within BUDGET, the longest unused go first
  let job = null, busy = false, fresh = 0, key = {}, dir = 1, lazy = 0, rest = 0;
  function bitmap(i) {
    const f = s.bank[i], p = s.ready.get(f) || decode(f[0]);
    s.ready.delete(f); s.ready.set(f, p);
    p.then(b => { const keep = Math.max(8, BUDGET / (4 * b.width * b.height));
      while (s.ready.size > keep) { const [k, old] = s.ready.entries().next().value; s.ready.delete(k); old.then(x => x.close()); } }, () => {});
    return p;
  }
  const draw = p => { for (const v of s.views) v.draw(p); };
  async function paint(f) {
    job = f; if (busy) return; busy = true;
    try { while (job) { const now = job, mine = fresh; job = null;
      try { const b = await now(); if (mine === fresh) draw(b); } catch (e) { s.error = String(e); refresh(); } } } finally { busy = false; }
  }
  // a fast frame: runs of equal pixels, XORed with a key frame that both sides hold. Decoded here and now: a promise would wait
  // behind whatever else the page does when Python answers.
  function unpack(m, data) {
    const [w, h] = s.size, runs = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)), out = new Uint32Array(w * h);
    if (m.key && key.id !== m.key) return null;
    for (let k = 0, p = 0; p < out.length; k++) {       // what follows the last pixel is padding
      const c = runs[k] & 0xffffff | 0xff000000, end = p + (runs[k] >>> 24) + 1;
      if (m.key) for (const x = c & 0xffffff; p < end; p++) out[p] = key.pixels[p] ^ x; else { out.fill(c, p, end); p = end; }
    }
    if (m.makes) key = { id: m.makes, pixels: out };
    return new ImageData(new Uint8ClampedArray(out.buffer), w, h);
  }
  s.show = () => {
    if (s.live?.pixels) { fresh++; job = null; draw(s.live.pixels); }
    else if (s.live) { const l = s.live; paint(() => l.bitmap); }
    else if (at()) { const i = s.index; paint(() => bitmap(i)).then(() => { if (s.bank[i + dir]) bitmap(i + dir); }); }
    else if (s.still?.byteLength) { const b = s.still; paint(() => decode(b)); }
    s.text = (s.live || at() && { text: at()[1] } || s).text; s.handles = s.live?.handles || at()?.[2] || s.handles;
    refresh(); s.rest();
  };
  // when the hand rests, one crisp frame for this screen replaces what is shown (nothing to do: a lossless frame of enough pixels)
  s.rest = () => { clearTimeout(rest); rest = setTimeout(() => {
    const scale = Math.max(1, ...[...s.views].map(v => v.scale())), has = s.live ? s.live.scale : at() ? 1 : 0;
    if (port.send && has && has < scale && !s.playing && !flying && !queue.length) s.ask({ kind: "rest", scale }); }, REST); };
  // index: slider, buttons, keys, play; Python is told when it rests
  s.go = (i, tell = true) => {
    i = clamp(i, 0, s.n - 1); if (i !== s.index) dir = i > s.index ? 1 : -1;
    s.index = i; s.live = null; s.show();
    if (tell && port.saveIndex) { port.saveIndex(i, false); clearTimeout(lazy); lazy = setTimeout(() => port.saveIndex(s.index, true), REST); }
  };
  s.stop = () => { cancelAnimationFrame(s.raf); s.raf = 0; s.playing = false; refresh(); };
  s.start = () => {
    if (s.index === s.n - 1) s.go(0);
    s.playing = true; let due = performance.now() + s.interval;
    const tick = now => { s.raf = requestAnimationFrame(tick);
      if (now < due - 4) return;                                                    // half a screen refresh early is on time
      if (!s.bank[s.index + 1] && s.index < s.n - 1) { due = now; return; }         // frame still on its way
      due = Math.max(due + s.interval, now); s.go(s.index + 1); if (s.index === s.n - 1) s.stop(); };
    s.raf = requestAnimationFrame(tick); refresh();
  };
  // questions to Python: one in flight, newest wins; a press is never dropped, only moves and looks are. Every answer acknowledges.
  const queue = []; let flying = 0, seq = 0, slow = 0, lost = 0;
  const note = t => { s.note = t; refresh(); };
  function pump() {
    if (flying || !queue.length) return;
    const q = queue.shift(); flying = q.seq; clearTimeout(slow); clearTimeout(lost); clearTimeout(lazy);
    slow = setTimeout(() => note(s.names.wait), SLOW); lost = setTimeout(() => { flying = 0; queue.length = 0; note(s.names.lost); }, LOST);
    port.send({ ...q, i: s.live ? -1 : s.index });
  }
  s.ask = q => {
    const light = x => /^(move|hover|rest)$/.test(x.phase || x.kind);
    if (!port.send) return;
    if (queue.length && light(queue.at(-1)) && light(q)) queue.pop();
    queue.push({ ...q, seq: ++seq }); pump();
  };
  const ack = n => { if (s.note) note(""); if (n !== flying) return; flying = 0; clearTimeout(slow); clearTimeout(lost); pump(); };
  s.gone = () => { flying = 0; queue.length = 0; clearTimeout(slow); clearTimeout(lost); note(s.names.gone); };
  // what arrives
  s.hear = (m, buffers) => {
    if (m.kind === "bank" && m.epoch === s.epoch) {
      buffers.forEach((b, k) => { s.bank[m.first + k] = [b, m.texts[k], m.handles[k]]; });
      if (s.live?.pixels && s.live.i === s.index && at()) s.live = null;
      if (!s.live && s.index >= m.first && s.index < m.first + buffers.length) s.show(); else refresh();
    } else if (m.kind === "live") {
      const pixels = m.fast && unpack(m, buffers[0]), told = { text: m.text, handles: m.handles, scale: m.scale, i: m.i };
      if (pixels === null) s.live = { scale: .5 };                                   // no key yet (a page opened later): ask for a whole frame
      else if (m.i === undefined || m.i === s.index && !s.live) s.live = { ...told, ...(pixels ? { pixels } : { bitmap: decode(buffers[0]) }) };
      s.show(); ack(m.seq);
    } else if (m.kind === "said") { s.said = m.text; refresh(); ack(m.seq); } else if (m.kind === "ack") ack(m.seq);
  };
  s.renew = (epoch, n, index) => {         // another bank is coming: the picture on screen stays until its first frame is there
    for (const p of s.ready.values()) p.then(b => b.close(), () => {});
    s.ready.clear(); Object.assign(s, { epoch, n, index, bank: [] }); refresh();
  };
  s.missing = () => s.bank.filter(Boolean).length < s.n;
  s.changed = refresh;
  return s;
}

// --- one view: the picture, its focus ring, the bar, the sentence
export function mount(el, s) {
  const [w, h] = s.size, t = s.names, acts = new Set(s.acts || []), free = acts.has("add") || acts.has("hover");
  const canvas = make("canvas", { width: w, height: h }), g = canvas.getContext("2d"), ring = make("div", { className: "ring", hidden: true });
  const tip = make("div", { className: "tip", hidden: true }), view = make("div", { className: "view" }, canvas, ring, tip);
  const button = (name, text, f) => make("button", { type: "button", textContent: text, ariaLabel: t[name], onclick: f });
  const play = button("play", "▶", () => s.playing ? s.stop() : s.start());
  const range = make("input", { type: "range", min: 0, step: 1, ariaLabel: t.slider, oninput: () => { const i = +range.value; s.stop(); s.go(i); } }), count = make("output");
  const bar = make("div", { className: "bar" }, button("back", "◀", () => { s.stop(); s.go(s.index - 1); }), play,
    button("next", "▶▏", () => { s.stop(); s.go(s.index + 1); }), range, count);
  const text = make("p"), error = make("p", { className: "error", hidden: true });
  const root = make("figure", { className: "emlib-stage" }, view, bar, text, error);
  root.style.maxWidth = w + "px"; canvas.style.aspectRatio = `${w}/${h}`;
  // JupyterLab and Notebook 7 listen in the capture phase (arrows move cells, d d deletes one) and look for this mark from the
  // focused element upwards; a rule of Notebook 7 matches the focused element itself, so it is marked, too
  for (const e of [root, view, ...bar.children]) e.dataset.lmSuppressShortcuts = "";
  canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", s.alt || "");
  for (const e of [tip, text]) e.setAttribute("aria-live", "polite");
  error.setAttribute("role", "alert"); count.setAttribute("aria-live", "off"); tip.setAttribute("role", "status");
  el.append(root);
  // chosen: a handle's name, null for the free place `spot`, undefined when nothing is chosen
  let chosen, spot = [.5, .5], held = null;
  const list = () => s.handles || [], find = name => list().find(q => q[0] === name);
  const place = () => chosen === undefined ? null : chosen === null ? spot : find(chosen)?.slice(1, 3);
  function set(e, key, v) { if (e[key] !== v) e[key] = v; }     // untouched DOM costs nothing and is not read aloud again
  const v = {
    draw(b) {
      if (canvas.width !== b.width || canvas.height !== b.height) { canvas.width = b.width; canvas.height = b.height; }
      if (b instanceof ImageData) g.putImageData(b, 0, 0); else g.drawImage(b, 0, 0);
    },
    scale: () => Math.min(3, Math.ceil(devicePixelRatio * canvas.clientWidth / w - .05)),
    refresh() {
      set(bar, "hidden", s.n < 2); set(range, "max", String(s.n - 1)); range.value = s.index;
      set(count, "textContent", `${s.index} / ${s.n - 1}`); range.setAttribute("aria-valuetext", `${s.index} / ${s.n - 1}. ${s.text}`);
      set(play, "textContent", s.playing ? "❚❚" : "▶"); set(play, "ariaLabel", s.playing ? t.pause : t.play);
      set(text, "ariaLive", s.playing ? "off" : "polite"); set(text, "textContent", s.text || "");
      set(error, "hidden", !s.error); set(error, "textContent", s.error || "");
      const p = place(), label = p && (chosen === null ? t.free : find(chosen)[3]);
      set(ring, "hidden", !p || document.activeElement !== view && !held); if (p) { ring.style.left = 100 * p[0] + "%"; ring.style.top = 100 * p[1] + "%"; }
      const say = s.note || s.said || (!ring.hidden && label) || ""; set(tip, "hidden", !say); set(tip, "textContent", say);
      root.dataset.frames = s.bank.filter(Boolean).length; root.dataset.epoch = s.epoch;
    },
  };
  const choose = c => { chosen = c; s.said = ""; v.refresh(); };
  const move = (name, phase, x, y) => s.ask({ kind: "move", name, phase, x: clamp(x, 0, 1), y: clamp(y, 0, 1) });
  root.addEventListener("keydown", e => {  // the page around must not take these keys
    const typed = e.ctrlKey || e.metaKey || e.altKey || e.shiftKey && e.key === "Enter"; if (typed || e.key === "Tab" || e.key === "Escape") return;
    e.stopPropagation(); if (e.target === range || e.target === view) return;
    const to = { ArrowLeft: s.index - 1, ArrowRight: s.index + 1, Home: 0, End: s.n - 1 }[e.key];
    if (to !== undefined && s.n > 1) { e.preventDefault(); s.stop(); s.go(to); }
  });
  if (acts.size) {
    view.classList.add("acts"); view.tabIndex = 0; view.setAttribute("role", "application"); view.ariaLabel = s.alt || ""; view.ariaRoleDescription = t.picture;
    const where = e => { const r = canvas.getBoundingClientRect(); return [(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height]; };
    const near = (x, y, reach) => { let best; for (const q of list()) { const d = Math.hypot((q[1] - x) * canvas.clientWidth, (q[2] - y) * canvas.clientHeight); if (d < reach) { reach = d; best = q; } } return best; };
    view.onpointerdown = e => {
      if (e.button) return; e.preventDefault(); view.focus({ preventScroll: true });
      const [x, y] = where(e), q = near(x, y, e.pointerType === "touch" ? 36 : 24); s.stop(); s.said = "";
      if (q && e.shiftKey && acts.has("remove")) return s.ask({ kind: "remove", name: q[0] });
      held = { name: q?.[0], dx: q ? q[1] - x : 0, dy: q ? q[2] - y : 0, x, y }; view.setPointerCapture(e.pointerId);
      chosen = q ? q[0] : null; spot = [x, y]; v.refresh(); if (q && acts.has("move")) move(q[0], "down", q[1], q[2]);
    };
    view.onpointermove = e => { const [x, y] = where(e);
      if (held) { if (held.name !== undefined && acts.has("move")) move(held.name, "move", x + held.dx, y + held.dy); }
      else if (acts.has("hover") && !e.buttons) s.ask({ kind: "hover", x, y }); };
    view.onlostpointercapture = e => { const [x, y] = where(e), was = held; held = null; if (!was) return;    // also when a drag is cancelled
      if (was.name !== undefined) { if (acts.has("move")) move(was.name, "up", x + was.dx, y + was.dy); }
      else if (acts.has("add") && e.type && Math.hypot((x - was.x) * canvas.clientWidth, (y - was.y) * canvas.clientHeight) < 5) s.ask({ kind: "add", x, y }); };
    view.onpointerleave = () => { if (s.said) { s.said = ""; s.changed(); } };
    view.onfocus = () => { if (!held && view.matches(":focus-visible") && place() === null) choose(list()[0]?.[0] ?? (free ? null : undefined)); else v.refresh(); };
    view.onblur = () => { s.said = ""; v.refresh(); };
    view.onkeydown = e => {
      const stops = [...list().map(q => q[0]), ...(free ? [null] : [])], k = stops.indexOf(chosen), p = place();
      const to = e.key === "]" || e.key === "Tab" && !e.shiftKey ? k + 1 : e.key === "[" || e.key === "Tab" ? k - 1 : NaN;
      if (!Number.isNaN(to)) {             // Tab leaves after the last handle (and before the first): no trap
        if (e.key === "Tab" && (to < 0 || to >= stops.length)) { chosen = undefined; return; }
        e.preventDefault(); return stops.length ? choose(stops[(to + stops.length) % stops.length]) : 0;
      }
      const d = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key], step = e.shiftKey ? 1 : 8;    // pixels
      if (!p || e.ctrlKey || e.metaKey || e.altKey) return;
      if (d) { e.preventDefault(); s.stop(); const x = clamp(p[0] + d[0] * step / w, 0, 1), y = clamp(p[1] + d[1] * step / h, 0, 1);
        if (chosen !== null) { if (acts.has("move")) move(chosen, "key", x, y); }
        else { spot = [x, y]; v.refresh(); if (acts.has("hover")) s.ask({ kind: "hover", x, y }); } }
      if (e.key === "Enter" && !e.shiftKey) { e.preventDefault(); if (chosen !== null) { if (acts.has("move")) move(chosen, "enter", ...p); } else if (acts.has("add")) s.ask({ kind: "add", x: p[0], y: p[1] }); }
      if ((e.key === "Delete" || e.key === "Backspace") && chosen !== null && acts.has("remove")) { e.preventDefault(); s.ask({ kind: "remove", name: chosen }); }
    };
  }
  const sized = new ResizeObserver(() => s.rest()); sized.observe(canvas);
  let dpr; const watch = () => { dpr?.removeEventListener("change", watch); dpr = matchMedia(`(resolution: ${devicePixelRatio}dppx)`); dpr.addEventListener("change", watch); s.rest(); };
  s.views.add(v); s.show(); watch();
  return () => { s.views.delete(v); sized.disconnect(); dpr.removeEventListener("change", watch); if (!s.views.size) s.stop(); };
}

// --- a page of its own: data has the options and the frames as base64
export function standalone(el, data) {
  const s = makeStore(data);
  mount(el, s); s.hear({ kind: "bank", epoch: s.epoch, first: 0, texts: data.texts, handles: [] }, data.frames.map(f => Uint8Array.from(atob(f), c => c.charCodeAt(0))));
}

// --- notebook: anywidget calls this once for each model, before any message reaches it
export default () => {
  let s;
  return {
    initialize({ model, signal }) {
      const keys = ["size", "n", "index", "interval", "alt", "text", "handles", "acts", "names", "error", "epoch", "still"];
      s = makeStore(Object.fromEntries(keys.map(k => [k, model.get(k)])), { send: q => model.send(q),
        saveIndex: (i, rest) => { model.set("index", i); if (rest) model.save_changes(); } });
      let quiet = 0; const need = ms => { clearTimeout(quiet); quiet = setTimeout(() => s.missing() && model.send({ kind: "need", epoch: s.epoch }), ms); };
      model.on("msg:custom", (m, buffers) => { s.hear(m, buffers); if (m.kind === "bank") need(2000); });
      model.on("change:epoch", () => { s.renew(model.get("epoch"), model.get("n"), model.get("index")); need(2000); });
      model.on("change:index", () => { if (model.get("index") !== s.index) { s.stop(); s.go(model.get("index"), false); } });
      for (const k of ["error", "interval", "still"]) model.on("change:" + k, () => { s[k] = model.get(k); s.changed(); });
      if (s.n > 1) need(model.get("pushed") === s.epoch ? 0 : 2000);    // Python pushes the bank; a page opened later asks for it
    },
    render({ model, el }) {
      const close = mount(el, s), live = () => { if (el.closest(".jupyter-widgets-disconnected")) s.gone(); };
      model.on("comm_live_update", live);
      return () => { model.off("comm_live_update", live); close(); };
    },
  };
};
