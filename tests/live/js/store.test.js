import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";

import { fakeClock, fakePictures, handle, makeBench, settled } from "./fakes.js";

let clock;
let pictures;
beforeEach(() => {
  clock = fakeClock();
  pictures = fakePictures();
});

test("the still is shown until the bank comes, and never after", async () => {
  const { s, bank, drawn } = makeBench({ still: new Uint8Array([99, 1]), text: "still" });
  s.show();
  await settled();
  assert.deepEqual([drawn, s.text], [[99], "still"]);
  bank();
  await settled();
  assert.deepEqual([drawn, s.text], [[99, 0], "state 0"]);
  s.renew(1, 5, 0);
  s.show();
  await settled();
  assert.deepEqual(drawn, [99, 0], "the picture stays until the new bank's frame is there");
  bank(1, 4);
  await settled();
  assert.deepEqual(drawn, [99, 0]);
  bank(0, 1);
  await settled();
  assert.deepEqual(drawn, [99, 0, 0]);
});

test("a frame of another bank is not for this one", async () => {
  const { s, bank } = makeBench();
  bank(0, 5, { epoch: 3 });
  assert.equal(s.bank.length, 0);
});

test("scrubbing shows the bank's frames without Python, held between the ends", async () => {
  const { s, bank, drawn, sent } = makeBench();
  bank();
  for (const i of [3, 99, -4]) {
    s.go(i);
    await settled();
  }
  assert.deepEqual([drawn, s.index, s.text], [[0, 3, 4, 0], 0, "state 0"]);
  assert.deepEqual(sent, []);
});

test("the next frame is decoded ahead, the way the last step led", async () => {
  const { s, bank } = makeBench();
  bank();
  await settled();
  assert.deepEqual(pictures.decoded, [0, 1]);
  s.go(4);
  await settled();
  s.go(3);
  await settled();
  assert.deepEqual(pictures.decoded, [0, 1, 4, 3, 2]);
});

test("of frames that are asked for faster than they are decoded the newest wins", async () => {
  const { s, bank, drawn } = makeBench();
  bank();
  await settled();
  pictures.hold = true;
  [2, 3, 4].forEach((i) => s.go(i));
  pictures.hold = false;
  await settled();
  pictures.pending.forEach((done) => done());
  await settled();
  assert.equal(drawn.at(-1), 4);
  assert.ok(!drawn.includes(3));
});

test("Python is told the index when it rests", async () => {
  const { s, bank, saved } = makeBench();
  bank();
  s.go(2);
  await clock.pass(100);
  s.go(3);
  await clock.pass(149);
  assert.deepEqual(saved, [
    [2, false],
    [3, false],
  ]);
  await clock.pass(5);
  assert.deepEqual(saved.slice(2), [[3, true]]);
  await clock.pass(1000);
  assert.equal(saved.length, 3);
});

test("what Python itself says is not told back to it", async () => {
  const { s, bank, saved, sent } = makeBench();
  bank();
  s.go(2, false);
  await clock.pass(1000);
  assert.deepEqual([s.index, saved, sent], [2, [], []]);
});

test("Play keeps its pace, waits for a frame on its way, and tells the end", async () => {
  const { s, bank, saved, drawn } = makeBench({ interval: 100 });
  bank(0, 3);
  s.start();
  await clock.pass(310);
  assert.deepEqual([s.index, s.playing, drawn], [2, true, [0, 1, 2]]);
  await clock.pass(1000);
  assert.equal(s.index, 2, "its frame is not there");
  bank(3, 2);
  await clock.pass(300);
  assert.deepEqual([s.index, s.playing], [4, false]);
  await clock.pass(200);
  assert.deepEqual(saved.filter(([, atRest]) => atRest).at(-1), [4, true]);
  s.start();
  assert.equal(s.index, 0, "from the end it begins anew");
  s.stop();
  await clock.pass(1000);
  assert.equal(s.index, 0);
});

test("Play tells Python nothing on its way", async () => {
  const { s, bank, saved } = makeBench({ n: 30, interval: 400 }); // slow: the hand seems to rest
  bank();
  s.start();
  await clock.pass(3000);
  assert.ok(s.index > 5 && s.playing);
  assert.deepEqual(
    saved.filter(([, atRest]) => atRest),
    [],
  );
  s.stop();
  await clock.pass(400);
  assert.deepEqual(saved.at(-1), [s.index, true]);
});

test("a question is about what is on screen: its index and bank, or Python's own state", () => {
  const { s, bank, sent, saved, ack, fast } = makeBench({ acts: ["move"] });
  bank();
  s.go(3);
  s.move("a", "down", 0.1, 0.2);
  assert.deepEqual(saved.at(-1), [3, true], "Python hears of the index first");
  const { seq, ...asked } = sent[0];
  assert.equal(seq, 1);
  assert.deepEqual(asked, {
    kind: "move",
    name: "a",
    phase: "down",
    x: 0.1,
    y: 0.2,
    i: 3,
    epoch: 0,
  });
  ack();
  s.renew(7, 5, 3);
  fast(50);
  s.move("a", "up", 0.1, 0.2);
  assert.deepEqual([sent.at(-1).i, sent.at(-1).epoch], [-1, 7]);
});

test("a move is held inside the picture, and the ring goes ahead of Python's answer", () => {
  const { s, bank, sent, ack } = makeBench({ acts: ["move"] });
  bank();
  for (const [x, y, inX, inY] of [
    [-0.3, 1.7, 0, 1],
    [2, -1, 1, 0],
    [0.25, 0.75, 0.25, 0.75],
  ]) {
    s.move("a", "move", x, y);
    assert.deepEqual([sent.at(-1).x, sent.at(-1).y], [inX, inY]);
    assert.deepEqual(s.handles, [{ ...handle("a", inX, inY) }]);
    s.move("a", "move", 0.4, 0.4);
    s.move("a", "move", 0.6, 0.6);
    ack();
    ack();
    assert.deepEqual(s.handles, [handle("a", 0, 0.5)], "Python refused: it goes back");
  }
});

test("while a move waits an answer to an earlier one does not pull the ring back", () => {
  const { s, bank, ack } = makeBench({ acts: ["move"] });
  bank();
  s.move("a", "down", 0.2, 0.2);
  s.move("a", "move", 0.3, 0.3);
  s.move("a", "up", 0.4, 0.4);
  ack(); // of down; move is on its way, up waits
  assert.deepEqual(s.handles, [handle("a", 0.4, 0.4)]);
});

test("an answer replaces the bank's frame; going elsewhere shows the bank again", async () => {
  const { s, bank, drawn, fast, sent } = makeBench({ acts: ["move"] });
  bank();
  await settled();
  s.move("a", "down", 0.2, 0.2);
  fast(40, { seq: sent.at(-1).seq, handles: [handle("a", 0.3, 0.3)] });
  assert.deepEqual([drawn.at(-1), s.text, s.handles[0].x], ["pixels 40", "grey 40", 0.3]);
  s.go(2);
  await settled();
  assert.deepEqual([drawn.at(-1), s.text], [2, "state 2"]);
});

test("a late answer loses: it does not bring back what the hand has left", async () => {
  const { s, bank, drawn, fast, sent } = makeBench({ acts: ["move"] });
  bank();
  await settled();
  s.move("a", "down", 0.2, 0.2);
  const { seq } = sent[0];
  s.go(3);
  await settled();
  fast(40, { seq, makes: 1 });
  await settled();
  assert.deepEqual([s.live, s.index, s.text, drawn.at(-1)], [null, 3, "state 3", 3]);
  // it was Python's key frame nevertheless
  fast(0, { key: 1 });
  assert.equal(drawn.at(-1), "pixels 40");
});

test("a late question tells Python nothing of where the picture is now", () => {
  const { s, bank, sent, ack } = makeBench({ acts: ["move"] });
  bank();
  s.move("a", "down", 0.2, 0.2);
  s.move("a", "up", 0.3, 0.3);
  s.go(3);
  ack();
  assert.deepEqual([sent[1].phase, sent[1].i], ["up", -1]);
  ack();
  assert.deepEqual([sent[2].kind, sent[2].i], ["index", 3], "and in the end it hears where it is");
});

test("Python is told to come back to the bank from a state of its own", async () => {
  const { s, bank, sent, fast, ack } = makeBench({ acts: ["move"] });
  bank();
  s.go(1);
  await clock.pass(500);
  assert.deepEqual(sent, [], "it knows");
  fast(40); // Python shows a state of its own
  sent.length = 0;
  s.go(2);
  assert.deepEqual([sent[0].kind, sent[0].i], ["index", 2]);
  ack();
  fast(40, { i: 2 }); // the state of the bank, drawn again
  sent.length = 0;
  s.go(3);
  assert.deepEqual(sent, []);
});

test("a frame of the bank's state is shown as long as that state is", async () => {
  const { s, bank, drawn, crisp } = makeBench();
  bank();
  await settled();
  crisp(70, { i: 0 });
  await settled();
  assert.equal(drawn.at(-1), 70);
  s.go(1);
  crisp(71, { i: 0 });
  await settled();
  assert.equal(drawn.at(-1), 1, "it has gone on");
});

test("the bank's frame replaces a fast one of the same state, not a crisp one", async () => {
  const { s, bank, drawn, fast, crisp } = makeBench();
  fast(40, { i: 0 });
  bank();
  await settled();
  assert.deepEqual([s.live, drawn.at(-1)], [null, 0]);
  crisp(70, { i: 0 });
  bank();
  await settled();
  assert.equal(drawn.at(-1), 70);
  fast(41);
  bank();
  await settled();
  assert.equal(drawn.at(-1), "pixels 41", "Python's own state stays");
});

test("where Python sent a frame by itself a word goes back", () => {
  const { fast, kinds, s, bank, sent } = makeBench({ acts: ["move"] });
  bank();
  fast(3);
  assert.deepEqual(kinds(), ["seen"]);
  s.move("a", "down", 0.1, 0.1);
  fast(3, { seq: sent.at(-1).seq });
  assert.deepEqual(kinds(), ["seen", "down"]);
});

test("on a dense screen a hand that rests asks for a crisp frame, once", async () => {
  const bench = makeBench();
  const { s, bank, crisp, kinds, sent, ack } = bench;
  bank();
  await clock.pass(500);
  assert.deepEqual(sent, [], "a pixel for a pixel");
  bench.density = 2;
  s.show();
  await clock.pass(100);
  s.go(1);
  await clock.pass(149);
  assert.deepEqual(sent, []);
  await clock.pass(5);
  assert.deepEqual([sent[0].kind, sent[0].scale, sent[0].i], ["rest", 2, 1]);
  crisp(80, { seq: sent[0].seq, i: 1 });
  await clock.pass(1000);
  assert.deepEqual(kinds(), ["rest"]);
  bench.density = 3; // zoomed
  s.rest();
  await clock.pass(200);
  assert.deepEqual([kinds(), sent[1].scale], [["rest", "rest"], 3]);
  ack(); // refused
  await clock.pass(1000);
  assert.equal(sent.length, 2, "it is not asked again and again");
  s.interval = 400;
  s.start();
  await clock.pass(1000);
  assert.equal(sent.length, 2, "Play is no rest");
  s.stop();
  await clock.pass(200);
  assert.equal(sent.length, 3);
});

test("a crisp frame is not asked for while another question is open", async () => {
  const bench = makeBench({ acts: ["move"] });
  bench.density = 2;
  bench.bank();
  bench.s.move("a", "down", 0.1, 0.1);
  await clock.pass(1000);
  assert.deepEqual(bench.kinds(), ["down"]);
  bench.ack();
  assert.deepEqual(bench.kinds(), ["down"], "the hand has just been answered");
  await clock.pass(200);
  assert.deepEqual(bench.kinds(), ["down", "rest"]);
});

test("a fast frame whose key is not here is healed by a crisp one", async () => {
  const { fast, s, bank, drawn, kinds } = makeBench();
  bank();
  await settled();
  fast(40, { key: 5 });
  assert.deepEqual([drawn, s.live.scale, s.text], [[0], 0, "grey 40"]);
  await clock.pass(200);
  assert.deepEqual(kinds(), ["seen", "rest"]);
});

test("a state that failed says so when it is reached, and holds no other up", async () => {
  const { s, bank, drawn } = makeBench();
  bank(0, 5, { errors: ["", "", "it failed", "", ""] });
  for (const i of [1, 2, 3]) {
    s.go(i);
    await settled();
    assert.equal(s.bank[i].error, i === 2 ? "it failed" : "");
  }
  assert.deepEqual([drawn, s.error], [[0, 1, 3], ""]);
  s.go(0);
  s.start();
  await clock.pass(800);
  assert.equal(s.index, 4, "Play goes on behind it");
});

test("what Python says of a place is shown", () => {
  const { s, sent } = makeBench({ acts: ["hover"] });
  s.ask({ kind: "hover", x: 0.1, y: 0.1 });
  s.hear({ kind: "said", seq: sent[0].seq, text: "here" });
  assert.equal(s.said, "here");
});

test("what is wrong with Python is said, and the last picture stays", async () => {
  const { s, bank, sent } = makeBench({ acts: ["move"], names: { gone: "weg" } });
  bank();
  s.move("a", "down", 0.1, 0.1);
  await clock.pass(1600);
  assert.match(s.note, /Python is busy/);
  await clock.pass(5000);
  assert.match(s.note, /does not answer/);
  s.hear({ kind: "ack", seq: sent[0].seq });
  assert.equal(s.note, "");
  s.gone();
  assert.equal(s.note, "weg");
  s.move("a", "down", 0.1, 0.1);
  s.go(2); // the bank is still here
  await clock.pass(1000);
  assert.deepEqual([sent.length, s.index, s.note, s.text], [1, 2, "weg", "state 2"]);
});

test("a way to Python that throws is a Python that is gone", () => {
  const send = () => {
    throw new Error("closed");
  };
  const { s, bank } = makeBench({ acts: ["move"] }, { send });
  bank();
  s.move("a", "down", 0.1, 0.1);
  assert.match(s.note, /run the cell again/);
});
