/**
 * A notebook: the stage is an anywidget, whose model is the way to Python. Where there is no
 * kernel (MyST runs anywidgets without one) the frames that the model itself holds are played.
 *
 * @import { MessageUp, Model, Options, Store } from "../types.js"
 */

import { makeStore } from "../store.js";
import { mount } from "../view.js";
import { makePageStore } from "./page.js";

const QUIET = 2000; // ms without a frame of the bank after which the rest of it is asked for

const TRAITS = [
  "size",
  "n",
  "index",
  "interval",
  "alt",
  "text",
  "handles",
  "acts",
  "names",
  "error",
];

/**
 * The value of an expression that may throw, or undefined.
 *
 * @template T
 * @param {() => T} act
 */
function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/**
 * @param {Model} model
 * @returns {Store}
 */
function makeNotebookStore(model) {
  const given = [...TRAITS, "epoch", "still", "frames", "texts"].map((k) => [k, model.get(k)]);
  const data = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  if (data.frames) return makePageStore(data);

  let told = -1; // the index that Python was told last
  let unsaved = false; // whether another one was set since
  const s = makeStore(data, {
    send: (message) => model.send(message),
    saveIndex(i, atRest) {
      model.set("index", i);
      unsaved = !atRest;
      if (!atRest) return;
      told = i;
      attempt(() => model.save_changes()); // where it throws the next question finds out
    },
  });

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let quiet;
  let had = -1; // frames that were here when the others were asked for
  function needBank() {
    const have = s.bank.filter(Boolean).length;
    // asked once without result: do not ask again
    if (s.n < 2 || have >= s.n || have <= had) return;
    had = have;
    const missing = Array.from({ length: s.n }, (_, i) => i).filter((i) => !s.bank[i]);
    const first = s.bank[s.index] ? missing[0] : s.index;
    tell({ kind: "need", epoch: s.epoch, first });
  }
  /** @param {number} ms */
  function needBankIn(ms) {
    clearTimeout(quiet);
    quiet = setTimeout(needBank, ms);
  }
  /** @param {MessageUp} message */
  function tell(message) {
    try {
      model.send(message);
    } catch {
      s.alone();
    }
  }
  // a page that opens after the bank was sent asks at once; else Python is sending it
  const wait = () => needBankIn(model.get("pushed") === s.epoch ? 0 : QUIET);

  model.on("msg:custom", (message, buffers) => {
    s.hear(message, buffers);
    if (message.kind === "bank") needBankIn(message.ask ? 0 : QUIET);
  });
  model.on("change:epoch", () => {
    s.renew(model.get("epoch"), model.get("n"), model.get("index"));
    had = -1;
    wait();
  });
  model.on("change:index", () => {
    const i = model.get("index");
    if (i === s.index) return;
    if (unsaved && i === told) {
      model.set("index", s.index); // our own index coming back after a newer one was set
    } else {
      s.stop();
      s.go(i, false);
    }
  });
  model.on("change:error", () => {
    s.error = model.get("error");
    s.refresh();
  });
  model.on("change:interval", () => {
    s.interval = model.get("interval");
  });

  wait();
  // see LOOPBACK_SEGMENT in wire.py
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname)) tell({ kind: "far" });
  const status = attempt(() => model.widget_manager?.kernel?.statusChanged);
  status?.connect((_, now) => {
    if (/restarting|dead|terminating/.test(now)) s.gone();
  });
  return s;
}

/** @param {(model: Model) => Store} storeOf */
const widget = (storeOf) => ({
  /** @param {{ model: Model }} given */
  initialize({ model }) {
    storeOf(model); // before the first message of Python is heard, so no frame is lost
  },
  /** @param {{ model: Model, el: HTMLElement }} given */
  render({ model, el }) {
    return mount(el, storeOf(model));
  },
});

/** anywidget calls this once for each model, and hands its methods proxies of that model. */
function widgetOfOneModel() {
  /** @type {Store | undefined} */
  let s;
  return widget((model) => (s ??= makeNotebookStore(model)));
}

// MyST takes the default export itself for the widget, of all models on the page
/** @type {WeakMap<Model, Store>} */
const stores = new WeakMap();
const widgetOfAll = widget((model) => {
  const s = stores.get(model) ?? makeNotebookStore(model);
  stores.set(model, s);
  return s;
});

export default Object.assign(widgetOfOneModel, widgetOfAll);
