// Stage: shows frames drawn elsewhere. The same file is the anywidget module in the notebook and,
// inlined in a page with its frames, a player that needs no kernel and no network.
const BUDGET = 96e6;                        // bytes of decoded frames kept; the others are decoded again
const REST = 150, SLOW = 1500, LOST = 6000; // ms: the hand rests; Python is slow; it gives no answer
const NAMES = { back: "Previous step", play: "Play", pause: "Pause", next: "Next step", slider: "Step", picture: "interactive picture",
  free: "free place", wait: "Python is busy: waiting", lost: "Python does not answer. This is the last picture.",
  gone: "Python has stopped or was restarted: run the cell again. This is the last picture." };
const make = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
const clamp = (v, a, b) => Math.max(a, Math.min(b, v));

// --- what all views of one stage share. o: size, n, index, interval, alt, text, handles, acts, names, error, epoch, still.
// port: send(message) to Python and saveIndex(i, rest), absent in a page without it.
function makeStore(o, port = {}) { const s = { epoch: 0, ...o, names: { ...NAMES, ...o.names }, bank: [], views: new Set(), live: null, playing: 0, note: "", said: "" };
  const refresh = s.refresh = () => s.views.forEach(v => v.refresh()), draw = p => s.views.forEach(v => v.draw(p));
  const decode = bytes => createImageBitmap(new Blob([bytes], { type: "image/png" }));
  // painting: newest wins, one decode at a time; decoded frames kept within BUDGET, the longest unused go first
  const ready = new Map(); let job = null, busy = false, fresh = 0, key = {}, dir = 1, lazy = 0, rest = 0;
  function bitmap(f) {
    const p = ready.get(f) || decode(f[0]); ready.delete(f); ready.set(f, p);
    p.then(b => { while (ready.size > Math.max(8, BUDGET / (4 * b.width * b.height))) { const [k, old] = ready.entries().next().value; ready.delete(k); old.then(x => x.close()); } }, () => {});
    return p;
  }
  async function paint(f) {
    job = f; if (busy) return; busy = true;
    while (job) { const now = job, mine = fresh; job = null; try { const b = await now(); if (mine === fresh) draw(b); } catch (e) { s.error = String(e); refresh(); } }
    busy = false;
  }
  // a fast frame: runs of equal pixels, XORed with a key frame that both sides hold. Decoded here and now: a promise would wait
  // behind whatever else the page does when Python answers. null: the key is not here (a page opened later)
  function unpack(m, data) {
    const [w, h] = s.size, runs = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)), out = new Uint32Array(w * h);
    if (m.key && key.id !== m.key) return null;
    for (let k = 0, p = 0; p < out.length; k++) {        // what follows the last pixel is padding
      const c = runs[k] & 0xffffff, end = p + (runs[k] >>> 24) + 1;
      if (m.key) for (; p < end; p++) out[p] = key.pixels[p] ^ c; else { out.fill(c | 0xff000000, p, end); p = end; }
    }
    if (m.makes) key = { id: m.makes, pixels: out };
    return new ImageData(new Uint8ClampedArray(out.buffer), w, h);
  }
  s.show = () => {
    const f = s.bank[s.index], ahead = s.bank[s.index + dir], l = s.live; if (l?.pixels) { fresh++; job = null; draw(l.pixels); }
    else if (l) { if (l.bitmap) paint(() => l.bitmap); }
    else if (f) { if (!f[3]) paint(() => bitmap(f)).then(() => { if (ahead && !ahead[3] && s.bank.includes(ahead)) bitmap(ahead); }); }
    else if (s.still?.byteLength && !s.seen) paint(() => decode(s.still));
    s.seen ||= f || l; s.text = l ? l.text : f ? f[1] : s.text; if (!queue.length) s.handles = l?.handles || f?.[2] || s.handles;
    refresh(); s.rest();
  };
  // when the hand rests, one crisp frame for this screen replaces a frame of too few pixels
  s.rest = () => { clearTimeout(rest); rest = setTimeout(() => {
    const need = Math.max(1, ...[...s.views].map(v => v.scale())), f = s.bank[s.index], has = s.live ? s.live.scale : f && !f[3] ? 1 : 9;
    if (has < need && !s.playing && !flight && !queue.length) s.ask({ kind: "rest", scale: need }); }, REST); };
  // index: slider, buttons, keys, play; Python is told when it rests
  const save = () => { if (s.playing) lazy = setTimeout(save, REST); else port.saveIndex(s.index, true); };
  s.go = (i, tell = true) => {
    i = clamp(i, 0, s.n - 1); if (i !== s.index) dir = i > s.index ? 1 : -1;
    const left = s.live && s.live.i === undefined || [flight, ...queue].some(q => q && !/hover|rest/.test(q.kind));       // Python is elsewhere, or will be
    if (tell) [flight, ...queue].forEach(q => q && Object.assign(q, { old: true, i: -1 }));
    s.index = i; s.live = null; s.show(); if (left && tell) s.ask({ kind: "index" });
    if (tell && port.saveIndex) { port.saveIndex(i, false); clearTimeout(lazy); lazy = setTimeout(save, REST); }
  };
  s.stop = () => { if (s.playing) { cancelAnimationFrame(s.playing); s.playing = 0; refresh(); s.rest(); } };
  s.start = () => { if (s.index === s.n - 1) s.go(0); let due = performance.now() + s.interval;
    const tick = now => { s.playing = requestAnimationFrame(tick);
      if (now < due - 4) return;                                                    // half a screen refresh early is on time
      if (!s.bank[s.index + 1] && s.index < s.n - 1) { due = now; return; }         // frame still on its way
      due = Math.max(due + s.interval, now); s.go(s.index + 1); if (s.index === s.n - 1) s.stop(); };
    s.playing = requestAnimationFrame(tick); refresh();
  };
  // questions to Python: one in flight, newest wins; a press is never dropped, only moves and looks are. Every answer acknowledges.
  let queue = [], flight = null, seq = 0, slow = 0, lost = 0;
  const landed = note => { flight = null; clearTimeout(slow); clearTimeout(lost); if (s.note !== note) { s.note = note; refresh(); } };
  const give = note => { queue = []; landed(note); }; s.gone = () => { give(s.names.gone); port = { saveIndex: port.saveIndex }; };
  function pump() {
    if (flight || !queue.length || !port.send) return;
    const q = flight = queue.shift(); if (!s.live && !q.old) { clearTimeout(lazy); port.saveIndex(s.index, true); }      // a question is about what is on screen
    slow = setTimeout(() => { s.note = s.names.wait; refresh(); }, SLOW); lost = setTimeout(() => give(s.names.lost), LOST);
    try { port.send({ i: s.live ? -1 : s.index, ...q }); } catch { s.gone(); }       // the way to Python is closed
  }
  s.ask = q => {
    if (!port.send) return;
    const light = x => /^(move|key|hover|rest)$/.test(x.phase || x.kind); if (queue.length && light(queue.at(-1)) && light(q)) queue.pop();
    queue.push({ ...q, seq: ++seq }); pump();
  };
  // what arrives
  s.hear = (m, buffers) => {
    if (m.kind === "bank" && m.epoch === s.epoch) {
      buffers.forEach((b, k) => { s.bank[m.first + k] = [b, m.texts[k], m.handles[k], m.errors?.[k]]; });
      const f = s.bank[s.index]; if (f && s.live?.pixels && s.live.i === s.index) s.live = null;
      if (f && !s.live && m.first <= s.index && s.index < m.first + buffers.length) s.show(); else refresh();
    } else if (m.kind === "live") {
      const pixels = m.fast && unpack(m, buffers[0]);
      if (m.seq && m.seq === flight?.seq && flight.old); else if (m.i === undefined || m.i === s.index) s.live = pixels === null ? { ...m, scale: 0 } : pixels ? { ...m, pixels } : { ...m, bitmap: decode(buffers[0]) };
      s.show(); if (!m.seq && port.send) port.send({ kind: "seen" });     // any word carries TCP's receipt: see FULL in wire.py
    } else if (m.kind === "said") { s.said = m.text; refresh(); } else if (m.kind === "ack") { s.show(); if (flight?.kind === "rest") clearTimeout(rest); }      // refused: the ring goes back
    if (m.seq && (!flight || m.seq === flight.seq)) { landed(""); pump(); }                  // no flight: given up, but here is an answer
  };
  // another bank is coming: the picture on screen stays until its first frame is there
  s.renew = (epoch, n, index) => { ready.forEach(p => p.then(b => b.close(), () => {})); ready.clear(); Object.assign(s, { epoch, n, index, bank: [] }); refresh(); };
  return s;
}

// --- one view: the picture, its focus ring, the bar, the sentence
export function mount(el, s) {
  const [w, h] = s.size, t = s.names, acts = new Set(s.acts || []), free = acts.has("add") || acts.has("hover");
  const canvas = make("canvas", { width: w, height: h, role: "img", ariaLabel: s.alt }), g = canvas.getContext("2d"), ring = make("div", { className: "ring", hidden: true });
  const tip = make("div", { className: "tip", hidden: true, role: "status" }), view = make("div", { className: "view" }, canvas, ring);
  const button = (name, text, f) => make("button", { type: "button", textContent: text, ariaLabel: t[name], onclick: f }), step = d => () => { s.stop(); s.go(s.index + d); };
  const play = button("play", "▶", () => s.playing ? s.stop() : s.start()), count = make("output", { ariaLive: "off" });
  const range = make("input", { type: "range", min: 0, step: 1, ariaLabel: t.slider, oninput: () => { const i = +range.value; s.stop(); s.go(i); } });
  const bar = make("div", { className: "bar" }, button("back", "◀", step(-1)), play, button("next", "▶▏", step(1)), range, count);
  const text = make("p", { ariaLive: "polite" }), error = make("p", { className: "error", hidden: true, role: "alert" });
  const root = make("figure", { className: "emlib-stage" }, view, bar, text, tip, error);
  root.style.maxWidth = w + "px"; canvas.style.aspectRatio = `${w}/${h}`; el.append(root);
  // JupyterLab and Notebook 7 take keys in the capture phase (arrows move cells, d d deletes one), except from an element so marked
  for (const e of [root, view, ...bar.children]) e.dataset.lmSuppressShortcuts = "";
  let chosen, spot = [.5, .5], held = null;  // chosen: a handle's name, null for the free place `spot`, undefined when nothing is chosen
  const find = name => (s.handles || []).find(q => q[0] === name), place = () => chosen === undefined ? null : chosen === null ? spot : find(chosen)?.slice(1, 3);
  const set = (e, values) => { for (const k in values) if (e[k] !== values[k]) e[k] = values[k]; };     // untouched text is not read aloud again
  const v = {
    draw(b) { if (canvas.width !== b.width) set(canvas, { width: b.width, height: b.height }); if (b instanceof ImageData) g.putImageData(b, 0, 0); else g.drawImage(b, 0, 0); },
    scale: () => Math.min(3, Math.ceil(devicePixelRatio * canvas.clientWidth / w - .05)),
    refresh() {
      const p = place(), at = `${s.index} / ${s.n - 1}`;
      set(bar, { hidden: s.n < 2 }); set(range, { max: String(s.n - 1), ariaValueText: `${at}. ${s.text}` }); set(range, { value: String(s.index) }); set(count, { textContent: at });
      set(play, { textContent: s.playing ? "❚❚" : "▶", ariaLabel: s.playing ? t.pause : t.play });
      set(text, { ariaLive: s.playing ? "off" : "polite", textContent: s.text || "" }); const wrong = s.error || !s.live && s.bank[s.index]?.[3] || ""; set(error, { hidden: !wrong, textContent: wrong });
      set(ring, { hidden: !p || document.activeElement !== view }); if (p) { ring.style.left = 100 * p[0] + "%"; ring.style.top = 100 * p[1] + "%"; }
      const say = s.note || s.said || (ring.hidden ? "" : chosen === null ? t.free : find(chosen)[3]); set(tip, { hidden: !say, textContent: say });
      root.dataset.frames = s.bank.filter(Boolean).length; root.dataset.epoch = s.epoch;
    },
  };
  const choose = c => { chosen = c; s.said = ""; s.refresh(); };
  const move = (name, phase, x, y) => { if (!acts.has("move")) return;         // the ring goes ahead; Python's answer to the last move puts it right
    s.ask({ kind: "move", name, phase, x: x = clamp(x, 0, 1), y: y = clamp(y, 0, 1) }); s.handles = s.handles.map(q => q[0] === name ? [name, x, y, q[3]] : q); s.refresh(); };
  if (acts.size) {
    set(view, { tabIndex: 0, role: "application", ariaLabel: s.alt, ariaRoleDescription: t.picture }); view.classList.add("acts");
    const where = e => { const r = canvas.getBoundingClientRect(); return [(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height]; };
    const far = (a, b) => Math.hypot((a[0] - b[0]) * canvas.clientWidth, (a[1] - b[1]) * canvas.clientHeight);
    view.onpointerdown = e => {
      if (e.button) return; e.preventDefault(); s.stop(); s.said = "";
      const at = where(e), away = q => far(q.slice(1, 3), at), q = (s.handles || []).filter(q => away(q) < (e.pointerType === "touch" ? 36 : 24)).sort((a, b) => away(a) - away(b))[0];
      chosen = q ? q[0] : free ? null : undefined; spot = at; view.focus({ preventScroll: true }); s.refresh();
      if (q && e.shiftKey && acts.has("remove")) return s.ask({ kind: "remove", name: q[0] });
      held = { name: q?.[0], dx: q ? q[1] - at[0] : 0, dy: q ? q[2] - at[1] : 0, at }; view.setPointerCapture(e.pointerId);
      if (q) move(q[0], "down", q[1], q[2]);
    };
    view.onpointermove = e => { const [x, y] = where(e);
      if (held?.name !== undefined) move(held.name, "move", x + held.dx, y + held.dy); else if (acts.has("hover") && !e.buttons) s.ask({ kind: "hover", x, y }); };
    view.onlostpointercapture = e => { const [x, y] = where(e), was = held; held = null; if (!was) return;    // also when a drag is cancelled
      if (was.name !== undefined) move(was.name, "up", x + was.dx, y + was.dy);
      else if (acts.has("add") && far([x, y], was.at) < 5) s.ask({ kind: "add", x, y }); };
    view.onfocus = () => { if (view.matches(":focus-visible") && !place()) choose(s.handles?.[0]?.[0] ?? (free ? null : undefined)); else v.refresh(); };
    view.onblur = view.onpointerleave = () => { s.said = ""; s.refresh(); };
    view.onkeydown = e => {
      const stops = [...(s.handles || []).map(q => q[0]), ...(free ? [null] : [])], p = place(), tab = e.key === "Tab";
      const to = stops.indexOf(chosen) + (e.key === "]" || tab && !e.shiftKey ? 1 : e.key === "[" || tab ? -1 : NaN);
      if (e.ctrlKey || e.metaKey || e.altKey || tab && !(to in stops)) return;      // Tab leaves after the last handle and before the first: no trap
      if (to === to) { e.preventDefault(); return choose(stops.at(to % stops.length)); }
      if (e.key === "Home" || e.key === "End") { e.preventDefault(); s.stop(); if (s.n > 1) s.go(e.key === "Home" ? 0 : s.n - 1); return; }     // the page does not scroll
      const d = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key], px = e.shiftKey ? 1 : 8;
      const act = d ? "move" : e.key === "Enter" && !e.shiftKey ? "enter" : e.key === "Delete" || e.key === "Backspace" ? "remove" : ""; if (!p || !act) return;
      e.preventDefault(); s.stop(); const at = d ? [clamp(p[0] + d[0] * px / w, 0, 1), clamp(p[1] + d[1] * px / h, 0, 1)] : p, [x, y] = at;
      if (act === "remove") { if (chosen !== null && acts.has("remove")) s.ask({ kind: "remove", name: chosen }); }
      else if (chosen !== null) move(chosen, d ? "key" : "enter", x, y);
      else if (d) { spot = at; s.refresh(); if (acts.has("hover")) s.ask({ kind: "hover", x, y }); }
      else if (acts.has("add")) s.ask({ kind: "add", x, y });
    };
  }
  const sized = new ResizeObserver(s.rest); sized.observe(canvas); s.views.add(v); s.show();
  let ratio; const watch = () => { s.rest(); ratio = matchMedia(`(resolution: ${devicePixelRatio}dppx)`); ratio.addEventListener("change", watch, { once: true }); }; watch();     // zoom, another screen
  return () => { s.views.delete(v); sized.disconnect(); ratio.removeEventListener("change", watch); if (!s.views.size) s.stop(); };
}

// --- a page of its own: data has the options, the sentences and the frames as base64
export function standalone(el, data) { const s = makeStore(data); mount(el, s);
  s.hear({ kind: "bank", epoch: 0, first: 0, texts: data.texts, handles: [] }, data.frames.map(f => Uint8Array.from(atob(f), c => c.charCodeAt(0))));
}

// --- notebook: anywidget calls initialize once for each model and holds its messages back until then, so no frame is lost
export default () => {
  let s; return {
    initialize({ model }) {
      const keys = ["size", "n", "index", "interval", "alt", "text", "handles", "acts", "names", "error", "epoch", "still"];
      let told, unsaved; const saveIndex = (i, rest) => { model.set("index", i); unsaved = !rest; if (rest) { told = i; model.save_changes(); } };
      s = makeStore(Object.fromEntries(keys.map(k => [k, model.get(k)])), { send: q => model.send(q), saveIndex });
      let quiet = 0, had = -1; const ask = have => { if (s.n > 1 && have < s.n && have > had) { had = have; model.send({ kind: "need", epoch: s.epoch }); } };
      const need = ms => { clearTimeout(quiet); quiet = setTimeout(() => ask(s.bank.filter(Boolean).length), ms); };     // in vain: not again
      model.on("msg:custom", (m, buffers) => { s.hear(m, buffers); if (m.kind === "bank") need(2000); });
      model.on("change:epoch", () => { s.renew(model.get("epoch"), model.get("n"), model.get("index")); had = -1; need(2000); });
      model.on("change:index", () => { const i = model.get("index"); if (i === s.index) return;
        if (unsaved && i === told) model.set("index", s.index); else { s.stop(); s.go(i, false); } });       // an echo, and the hand has gone on
      for (const k of ["error", "interval"]) model.on("change:" + k, () => { s[k] = model.get(k); s.refresh(); });
      need(model.get("pushed") === s.epoch ? 0 : 2000);          // Python pushes the bank; a page opened later asks for it
      if (!/^(localhost|127\.|\[::1\]$)/.test(location.hostname)) model.send({ kind: "far" });      // see FULL in stage.py
      model.widget_manager?.kernel?.statusChanged?.connect((_, now) => { if (/restarting|dead|terminating/.test(now)) s.gone(); });
    },
    render: ({ el }) => mount(el, s),
  };
};
