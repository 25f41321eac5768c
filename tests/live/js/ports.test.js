import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import widget from "../../../emlib/live/js/ports/notebook.js";
import { standalone } from "../../../emlib/live/js/ports/page.js";
import { fakeClock, fakePage, fakePictures, settled } from "./fakes.js";

let clock;
beforeEach(() => {
  clock = fakeClock();
  fakePictures();
  globalThis.location = { hostname: "localhost" };
});

const STATE = {
  size: [4, 2],
  n: 20,
  index: 0,
  interval: 50,
  alt: "alt",
  text: "first",
  handles: [],
};

/** A widget's model with a kernel behind it. */
class NotebookModel {
  sent = [];
  saved = [];
  #state;
  #listeners = {};
  constructor(state) {
    this.#state = {
      ...STATE,
      acts: ["move"],
      names: {},
      error: "",
      epoch: 0,
      pushed: -1,
      ...state,
    };
  }
  get(name) {
    return this.#state[name];
  }
  /** As in a browser: who listens hears of every change, also of its own. */
  set(name, value) {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    this.#listeners[`change:${name}`]?.();
  }
  on(name, listener) {
    this.#listeners[name] = listener;
  }
  save_changes() {
    this.saved.push(this.#state.index);
  }
  send(message) {
    this.sent.push(message);
  }
  /** A message of Python. */
  custom(message, buffers) {
    this.#listeners["msg:custom"](message, buffers);
  }
  bank(first, count, more = {}) {
    const each = (value) => Array(count).fill(value);
    const texts = each(0).map((_, k) => `state ${first + k}`);
    const lists = { texts, handles: each([]), errors: each("") };
    this.custom(
      { kind: "bank", epoch: this.get("epoch"), first, ...lists, ...more },
      texts.map((_, k) => new DataView(new Uint8Array([first + k, 1]).buffer)),
    );
  }
}

/**
 * An anywidget, started as the notebook does it: a factory, called once for each model. What it
 * makes is mounted on a page that is not there, so the store is seen through what it tells Python.
 */
function start(state = {}, model = new NotebookModel(state)) {
  widget().initialize({ model });
  return model;
}

test("a page that opens while Python sends waits, then asks for what was lost", async () => {
  const model = start();
  await clock.pass(1900);
  assert.deepEqual(model.sent, []);
  model.bank(0, 8);
  model.bank(16, 4);
  await clock.pass(1990);
  assert.deepEqual(model.sent, [], "more may be on its way");
  await clock.pass(20);
  assert.deepEqual(model.sent, [{ kind: "need", epoch: 0, first: 8 }]);
  await clock.pass(60_000);
  assert.equal(model.sent.length, 1, "asked once without result, it does not ask again");
  model.bank(8, 4);
  await clock.pass(2010);
  assert.deepEqual(model.sent.slice(1), [{ kind: "need", epoch: 0, first: 12 }]);
  model.bank(8, 4);
  await clock.pass(60_000);
  assert.equal(model.sent.length, 2, "it brought nothing new");
  model.bank(12, 4);
  await clock.pass(60_000);
  assert.equal(model.sent.length, 2, "it is whole");
});

test("a bank of which nothing ever came is asked for, the state on screen first", async () => {
  const model = start({ index: 13 });
  await clock.pass(2010);
  assert.deepEqual(model.sent, [{ kind: "need", epoch: 0, first: 13 }]);
});

test("a page that opens when nothing is on its way asks at once", async () => {
  const model = start({ pushed: 0 });
  await clock.pass(5);
  assert.deepEqual(model.sent, [{ kind: "need", epoch: 0, first: 0 }]);
});

test("where Python draws when it is asked it is asked part by part, without a pause", async () => {
  const model = start({ pushed: 0, index: 9 });
  const asked = [];
  for (const first of [8, 0, 16]) {
    await clock.pass(5);
    asked.push(model.sent.at(-1).first);
    model.bank(first, Math.min(8, 20 - first), { ask: true });
  }
  await clock.pass(60_000);
  assert.deepEqual([asked, model.sent.length], [[9, 0, 16], 3]);
});

test("another bank is waited for, and asked for, anew", async () => {
  const model = start();
  model.bank(0, 12);
  await clock.pass(2010);
  model.set("n", 10);
  model.set("epoch", 1);
  model.bank(0, 8, { epoch: 0 }); // of the old one, on its way when it was replaced
  await clock.pass(2010);
  assert.deepEqual(model.sent.slice(1), [{ kind: "need", epoch: 1, first: 0 }]);
});

test("a stage of one state needs no bank", async () => {
  const model = start({ n: 1, pushed: 0 });
  await clock.pass(10_000);
  assert.deepEqual(model.sent, []);
});

test("a browser on another machine says so", () => {
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    globalThis.location = { hostname: host };
    assert.deepEqual(start().sent, []);
  }
  for (const host of ["hub.example.org", "localhost.example.org", "10.0.0.7"]) {
    globalThis.location = { hostname: host };
    assert.deepEqual(start().sent, [{ kind: "far" }]);
  }
});

/** An anywidget on a page, with its bank. */
async function shown(state) {
  const page = fakePage();
  const model = new NotebookModel(state);
  const made = widget();
  made.initialize({ model });
  const el = page.element("div");
  const remove = made.render({ model, el });
  model.bank(0, 20);
  await settled();
  const slide = (i) => {
    const slider = el.find("input");
    slider.value = String(i);
    slider.oninput();
  };
  return { page, model, el, slide, remove };
}

test("Python, or a slider that is linked, moves the stage, and hears nothing back", async () => {
  const { page, model, el } = await shown();
  model.set("index", 3);
  await clock.pass(1000);
  assert.deepEqual([page.drawn, el.find("p").textContent], [[0, 3], "state 3"]);
  assert.deepEqual([model.saved, model.sent], [[], []]);
});

test("an echo of our own index, when the hand has gone on, does not throw it back", async () => {
  const { page, model, slide } = await shown();
  slide(5);
  await clock.pass(200);
  assert.deepEqual(model.saved, [5]);
  slide(6);
  model.set("index", 5); // what Python was told, coming back
  await settled();
  assert.deepEqual([page.drawn.at(-1), model.get("index")], [6, 6]);
  model.set("index", 2); // what Python says of its own
  await settled();
  assert.deepEqual([page.drawn.at(-1), model.get("index")], [2, 2]);
});

test("the error and the pace that Python sets are taken over", async () => {
  const { model, el } = await shown();
  assert.equal(el.find("error").hidden, true);
  model.set("error", "it failed");
  assert.deepEqual([el.find("error").hidden, el.find("error").textContent], [false, "it failed"]);
  model.set("interval", 20);
  el.find("Play").onclick();
  await clock.pass(50);
  el.find("Pause").onclick();
  assert.ok(model.get("index") >= 1);
});

test("a kernel that stops is named, and one that starts is not", async () => {
  for (const [status, said] of [
    ["dead", true],
    ["restarting", true],
    ["busy", false],
  ]) {
    const model = new NotebookModel();
    let tell;
    model.widget_manager = { kernel: { statusChanged: { connect: (slot) => (tell = slot) } } };
    const [made, el] = [widget(), fakePage().element("div")];
    made.initialize({ model });
    made.render({ model, el });
    tell(undefined, status);
    assert.equal(/has stopped/.test(el.find("tip").textContent), said);
  }
});

test("each model has a stage of its own, and each view of it shows the same", async () => {
  const [one, two] = [await shown(), await shown()];
  const page = fakePage();
  const made = widget();
  made.initialize({ model: one.model });
  const [a, b] = [page.element("div"), page.element("div")];
  [a, b].forEach((el) => made.render({ model: one.model, el }));
  one.model.bank(0, 20);
  one.model.set("index", 7);
  await settled();
  for (const el of [a, b]) assert.equal(el.find("p").textContent, "state 7");
  assert.equal(two.el.find("p").textContent, "state 0");
});

// --- without a kernel

/** As MyST gives it: the values of a JSON, and nothing behind them. */
class PageModel {
  #state;
  #target = new EventTarget();
  constructor(state) {
    this.#state = state;
  }
  get(name) {
    return this.#state[name];
  }
  set(name, value) {
    this.#state[name] = value;
    this.#target.dispatchEvent(new Event(`change:${name}`));
  }
  on(name, listener) {
    this.#target.addEventListener(name, listener);
  }
  off() {
    throw new Error("off");
  }
  save_changes() {
    throw new Error("save_changes");
  }
  send() {
    throw new Error("send");
  }
  get widget_manager() {
    throw new Error("widget_manager");
  }
}

const frames = Array.from({ length: 20 }, (_, i) => btoa(String.fromCharCode(i, 1)));
const texts = frames.map((_, i) => `state ${i}`);

test("a page without Python plays all its frames", async () => {
  const page = fakePage();
  const el = page.element("div");
  standalone(el, { ...STATE, acts: ["move"], frames, texts });
  await settled();
  el.find("Play").onclick();
  await clock.pass(2000);
  assert.deepEqual(page.drawn.slice(-20), [...frames.keys()]);
  assert.equal(el.find("p").textContent, "state 19");
  assert.equal(el.find("view").onpointerdown, undefined, "nobody would answer a hand");
});

test("in MyST it starts and plays what the JSON holds; no exception escapes", async () => {
  const page = fakePage();
  const shownOf = async (state) => {
    const model = new PageModel(state);
    const el = page.element("div");
    // the default export itself is the widget there, one for all
    await widget.initialize({ model });
    const remove = await widget.render({ model, el });
    await settled();
    return { el, remove };
  };
  const { el, remove } = await shownOf({ ...STATE, frames, texts });
  const other = await shownOf({ ...STATE, frames, texts });
  page.drawn.length = 0;
  el.find("Play").onclick();
  await clock.pass(30_000);
  assert.deepEqual(page.drawn, [...frames.keys()].slice(1));
  assert.equal(el.find("p").textContent, "state 19");
  assert.equal(other.el.find("p").textContent, "state 0");
  remove();
  other.remove();
});

test("with neither Python nor a bank the still is shown, and no bar", async () => {
  for (const host of ["localhost", "example.org"]) {
    globalThis.location = { hostname: host };
    const page = fakePage();
    const el = page.element("div");
    const model = new PageModel({ ...STATE, acts: ["move"], still: new Uint8Array([42, 1]) });
    widget.initialize({ model });
    widget.render({ model, el });
    el.find("Next step").onclick(); // before it has found out
    await clock.pass(3000);
    assert.deepEqual([[...new Set(page.drawn)], el.find("bar").hidden], [[42], true]);
    assert.equal(el.find("output").textContent, "0 / 0");
    assert.equal(el.find("tip").textContent ?? "", "");
    el.find("view").onkeydown({ key: "Home", preventDefault() {} }); // a hand finds nobody
    await clock.pass(10_000);
    assert.equal(el.find("tip").textContent ?? "", "");
  }
});
