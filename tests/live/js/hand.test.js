import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { makeHand, reach, taken } from "../../../emlib/live/js/hand.js";
import { fakeClock, fakePictures, handle, makeBench } from "./fakes.js";

const BOX = { width: 900, height: 360 };
const MOUSE = { pointerType: "mouse", shiftKey: false };
const TOUCH = { pointerType: "touch", shiftKey: false };
const SHIFT = { pointerType: "mouse", shiftKey: true };
/** Pixels as a place. */
const px = (x, y) => [x / 900, y / 360];

beforeEach(() => {
  fakeClock();
  fakePictures();
});

/** A hand on two handles, at (100, 100) and (500, 100) pixels; `sent` has what Python hears. */
function setUp(acts = ["move", "add", "remove", "hover"], more = {}) {
  const bench = makeBench({ size: [900, 360], acts, ...more });
  const handles = [handle("a", ...px(100, 100)), handle("b", ...px(500, 100))];
  bench.bank(0, bench.s.n, { handles: Array(bench.s.n).fill(handles) });
  const hand = makeHand(bench.s);
  const key = (name, modifiers = {}) =>
    hand.key({
      key: name,
      shiftKey: false,
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      ...modifiers,
    });
  /** What Python has heard, each answered at once. */
  const heard = () => {
    for (let k = 0; k < bench.sent.length; k++) bench.ack(bench.sent[k].seq);
    const pixels = ({ x, y }) =>
      x === undefined ? [] : [Math.round(x * 900), Math.round(y * 360)];
    return bench.sent.map((m) => [m.phase ?? m.kind, ...(m.name ? [m.name] : []), ...pixels(m)]);
  };
  return { ...bench, hand, key, heard };
}

test("a finger takes a handle from further away than a mouse", () => {
  assert.deepEqual([reach("mouse"), reach("pen"), reach("touch")], [24, 24, 36]);
  const handles = [handle("a", ...px(100, 100)), handle("b", ...px(160, 100))];
  const name = (x, y, type) => taken(handles, px(x, y), BOX, type)?.name;
  assert.deepEqual([name(123, 100, "mouse"), name(125, 100, "mouse")], ["a", undefined]);
  assert.deepEqual([name(100, 76.5, "mouse"), name(100, 75.5, "mouse")], ["a", undefined]);
  assert.deepEqual([name(65, 100, "touch"), name(63, 100, "touch")], ["a", undefined]);
  assert.deepEqual([name(129, 100, "touch"), name(131, 100, "touch")], ["a", "b"], "the nearest");
  const half = { width: 450, height: 180 }; // pixels on the page, however the picture is scaled
  assert.equal(taken(handles, px(100 + 40, 100), half, "mouse")?.name, "b");
  assert.equal(taken(handles, px(100 - 40, 100), half, "mouse")?.name, "a");
});

test("a drag by mouse: down, moves, up, by where the handle was taken", () => {
  const { hand, heard } = setUp();
  assert.equal(hand.press(px(110, 95), BOX, MOUSE), true);
  hand.move(px(111, 95), BOX, true);
  heard();
  hand.move(px(210, 195), BOX, true);
  heard();
  hand.release(px(220, 195), BOX);
  assert.deepEqual(heard(), [
    ["down", "a", 100, 100],
    ["move", "a", 101, 100],
    ["move", "a", 200, 200],
    ["up", "a", 210, 200],
  ]);
  hand.release(px(0, 0), BOX);
  assert.equal(heard().length, 4, "it is held no more");
});

test("a finger that taps shakes by some pixels, which is no move; further it is one", () => {
  const { hand, heard } = setUp();
  hand.press(px(110, 95), BOX, TOUCH);
  hand.move(px(113, 97), BOX, true);
  hand.release(px(108, 92), BOX);
  assert.deepEqual(heard(), [
    ["down", "a", 100, 100],
    ["up", "a", 100, 100],
  ]);
  hand.press(px(110, 95), BOX, TOUCH);
  hand.move(px(117, 95), BOX, true);
  hand.move(px(112, 95), BOX, true); // once moved, every pixel counts
  hand.release(px(111, 95), BOX);
  assert.deepEqual(heard().slice(2), [
    ["down", "a", 100, 100],
    ["move", "a", 102, 100],
    ["up", "a", 101, 100],
  ]);
  hand.press(px(110, 95), BOX, TOUCH); // swept away without a move between
  hand.release(px(210, 95), BOX);
  assert.deepEqual(heard().slice(-1), [["up", "a", 200, 100]]);
});

test("a click on a free place adds; a drag from there does nothing", () => {
  const { hand, heard } = setUp();
  hand.press(px(300, 300), BOX, MOUSE);
  hand.move(px(302, 300), BOX, true);
  hand.release(px(302, 300), BOX);
  hand.press(px(300, 300), BOX, MOUSE);
  hand.release(px(310, 300), BOX);
  assert.deepEqual(heard(), [["add", 302, 300]]);
  assert.equal(hand.label(), "free place");
});

test("shift-click removes, and no move may follow", () => {
  const { hand, heard } = setUp();
  assert.equal(hand.press(px(501, 101), BOX, SHIFT), false);
  hand.move(px(601, 101), BOX, true);
  hand.release(px(601, 101), BOX);
  assert.deepEqual(heard(), [["remove", "b"]]);
  const still = setUp(["move"]);
  assert.equal(
    still.hand.press(px(501, 101), BOX, SHIFT),
    true,
    "nothing to remove: it is a press",
  );
  assert.deepEqual(still.heard(), [["down", "b", 500, 100]]);
});

test("a pointer over the picture looks; one that presses does not", () => {
  const { hand, heard } = setUp();
  hand.move(px(10, 20), BOX, false);
  hand.move(px(11, 20), BOX, true);
  assert.deepEqual(heard(), [["hover", 10, 20]]);
  const blind = setUp(["move"]);
  blind.hand.move(px(10, 20), BOX, false);
  assert.deepEqual(blind.heard(), []);
});

test("what a stage does not act on is not asked", () => {
  const { hand, key, heard } = setUp(["hover"]);
  hand.press(px(100, 100), BOX, MOUSE);
  hand.move(px(150, 100), BOX, true);
  hand.release(px(150, 100), BOX);
  assert.equal(key("ArrowLeft"), true);
  assert.equal(key("Enter"), true);
  assert.equal(key("Delete"), true);
  hand.press(px(300, 300), BOX, MOUSE);
  hand.release(px(300, 300), BOX);
  assert.deepEqual(heard(), []);
});

test("Tab chooses one handle after the other and then leaves, in both directions", () => {
  const { hand, key } = setUp();
  hand.enter();
  const labels = [hand.label()];
  while (key("Tab")) labels.push(hand.label());
  assert.deepEqual(labels, ["handle a", "handle b", "free place"]);
  while (key("Tab", { shiftKey: true })) labels.push(hand.label());
  assert.deepEqual(labels.slice(3), ["handle b", "handle a"]);
  key("[");
  assert.equal(hand.label(), "free place", "brackets go round");
  key("]");
  assert.equal(hand.label(), "handle a");
  const fresh = setUp();
  fresh.key("[");
  assert.equal(fresh.hand.label(), "free place", "back from nothing is the last");
  assert.equal(setUp().key("Tab", { shiftKey: true }), false);
});

test("an arrow moves by 8 pixels, with Shift by 1, and stays inside", () => {
  const { hand, key, heard, s } = setUp();
  hand.enter();
  const ask = (name, shiftKey = false) => {
    assert.equal(key(name, { shiftKey }), true);
    return heard().at(-1);
  };
  assert.deepEqual(ask("ArrowLeft"), ["key", "a", 92, 100]);
  assert.deepEqual(ask("ArrowRight", true), ["key", "a", 101, 100]);
  assert.deepEqual(ask("ArrowUp"), ["key", "a", 100, 92]);
  assert.deepEqual(ask("ArrowDown", true), ["key", "a", 100, 101]);
  s.handles = [handle("a", ...px(3, 357)), handle("b", 0.5, 0.5)];
  key("ArrowLeft");
  assert.deepEqual(heard().at(-1), ["key", "a", 0, 357]);
  s.handles = [handle("a", ...px(3, 357)), handle("b", 0.5, 0.5)];
  key("ArrowDown");
  assert.deepEqual(heard().at(-1), ["key", "a", 3, 360]);
});

test("Enter presses on a handle, adds on a free place; Delete removes", () => {
  const { hand, key, heard } = setUp();
  hand.enter();
  key("Enter");
  key("Delete");
  key("[");
  key("ArrowRight");
  key("Enter");
  key("Backspace");
  assert.deepEqual(heard(), [
    ["enter", "a", 100, 100],
    ["remove", "a"],
    ["hover", 368, 180],
    ["add", 368, 180],
  ]);
});

test("the free place, too, stays inside the picture", () => {
  const { hand, key } = setUp();
  hand.press([0.999, 0.002], BOX, MOUSE);
  for (let k = 0; k < 9; k++) ["ArrowRight", "ArrowUp"].forEach((name) => key(name));
  assert.deepEqual(hand.place(), [1, 0]);
});

test("Home and End lead through the bank and never scroll the page", () => {
  const { key, s } = setUp();
  for (const [name, i] of [
    ["End", 4],
    ["Home", 0],
    ["End", 4],
  ]) {
    assert.equal(key(name), true);
    assert.equal(s.index, i);
  }
  const two = setUp(["move"], { n: 2 });
  two.key("End");
  assert.equal(two.s.index, 1);
  const one = setUp(["move"], { n: 1 });
  assert.equal(one.key("End"), true);
  assert.equal(one.s.index, 0);
});

test("a key that is not for the picture is the page's", () => {
  const { hand, key } = setUp();
  assert.equal(key("ArrowLeft"), false, "nothing is chosen");
  hand.enter();
  assert.equal(key("x"), false);
  assert.equal(key("Enter", { shiftKey: true }), false, "it runs the cell");
  for (const modifier of ["ctrlKey", "metaKey", "altKey"]) {
    assert.equal(key("ArrowLeft", { [modifier]: true }), false);
    assert.equal(key("Home", { [modifier]: true }), false);
  }
});

test("any press stops Play", () => {
  for (const act of [
    ({ hand }) => hand.press(px(300, 300), BOX, MOUSE),
    ({ key }) => key("Home"),
    ({ hand, key }) => {
      hand.enter();
      key("ArrowLeft");
    },
  ]) {
    const bench = setUp();
    bench.s.start();
    act(bench);
    assert.equal(bench.s.playing, false);
  }
});

test("what is read at a place goes when the hand leaves", () => {
  const { hand, s } = setUp();
  s.said = "here";
  hand.leave();
  assert.equal(s.said, "");
  assert.equal(hand.acts, true);
  assert.equal(setUp([]).hand.acts, false);
});

test("where places are a grid an arrow goes to the next one at least, and keys add up", () => {
  const { hand, key, heard, s } = setUp();
  hand.enter();
  const grid = [{ ...handle("a", ...px(100, 100)), dx: 20 / 900, dy: 3 / 360 }];
  const after = (...keys) => {
    s.handles = grid;
    for (const [name, shiftKey] of keys) key(name, { shiftKey });
    return heard().at(-1);
  };
  assert.deepEqual(after(["ArrowRight", true]), ["key", "a", 120, 100]);
  assert.deepEqual(after(["ArrowDown", true]), ["key", "a", 100, 103]);
  assert.deepEqual(after(["ArrowUp", false]), ["key", "a", 100, 92], "more than a step");
  const twice = after(["ArrowRight", true], ["ArrowRight", false]); // ahead of the answer
  assert.deepEqual(twice, ["key", "a", 140, 100]);
});

test("an upright line is taken anywhere along it, and the hand keeps its distance", () => {
  const line = { ...handle("z", ...px(100, 100)), top: 50 / 360, bottom: 300 / 360 };
  const name = (x, y) => taken([line], px(x, y), BOX, "mouse")?.name;
  assert.deepEqual([name(100, 299), name(123, 60), name(125, 200)], ["z", "z", undefined]);
  assert.deepEqual([name(100, 320), name(100, 330)], ["z", undefined], "its end has a reach, too");
  const { hand, heard, s } = setUp();
  s.handles = [line];
  hand.press(px(103, 250), BOX, MOUSE);
  hand.move(px(153, 250), BOX, true);
  hand.release(px(153, 250), BOX);
  assert.deepEqual(heard().at(-1), ["up", "z", 150, 100]);
});

test("the pointer is a hand where something can be taken, and nowhere else", () => {
  const { hand } = setUp();
  const at = (x, y) => hand.cursor(px(x, y), BOX);
  assert.deepEqual([at(105, 100), at(300, 300)], ["grab", "crosshair"]);
  hand.press(px(105, 100), BOX, MOUSE);
  assert.equal(at(300, 300), "grabbing");
  hand.release(px(105, 100), BOX);
  assert.equal(at(105, 100), "grab");
  const moves = setUp(["move"]);
  assert.equal(moves.hand.cursor(px(300, 300), BOX), "default");
  const looks = setUp(["hover"]);
  assert.equal(looks.hand.cursor(px(100, 100), BOX), "default");
  assert.equal(looks.hand.takes(px(100, 100), BOX, "touch"), false);
  assert.equal(moves.hand.takes(px(130, 100), BOX, "touch"), true);
  assert.equal(moves.hand.takes(px(130, 100), BOX, "mouse"), false);
});

test("a finger that goes on to scroll adds nothing; one that holds a handle lets go of it", () => {
  const { hand, heard } = setUp();
  hand.press(px(300, 300), BOX, TOUCH);
  hand.cancel();
  hand.release(px(300, 300), BOX);
  assert.deepEqual(heard(), []);
  assert.equal(hand.place(), undefined, "no ring is left there");
  hand.press(px(100, 100), BOX, TOUCH);
  hand.move(px(150, 100), BOX, true);
  hand.cancel();
  hand.release(px(150, 100), BOX);
  assert.deepEqual(heard().at(-1), ["up", "a", 150, 100]);
});

test("Space plays and stops, and never scrolls the page", () => {
  const { key, s } = setUp();
  assert.equal(key(" "), true);
  assert.equal(s.playing, true);
  assert.equal(key(" "), true);
  assert.equal(s.playing, false);
  const one = setUp(["move"], { n: 1 });
  assert.equal(one.key(" "), true);
  assert.equal(one.s.playing, false);
});
