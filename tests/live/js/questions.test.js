import assert from "node:assert/strict";
import test from "node:test";

import { makeQuestions } from "../../../emlib/live/js/questions.js";
import { fakeClock } from "./fakes.js";

const move = (phase, x = 0) => ({ kind: "move", name: "a", phase, x, y: 0 });

function makeBench(send = () => {}) {
  const bench = { sent: [], notes: [] };
  const questions = makeQuestions(
    (asked) => {
      send(asked);
      bench.sent.push(asked);
    },
    (note) => bench.notes.push(note),
  );
  /** Answer what is on its way until nothing is; what was sent, by kind, place and number. */
  const drain = () => {
    for (let k = 0; k < bench.sent.length; k++) questions.answered(bench.sent[k].seq);
    return bench.sent.map(({ question: { kind, phase, x } }) => [phase ?? kind, x]);
  };
  return Object.assign(bench, { questions, drain });
}

test("one question is on its way; of the moves that wait the newest wins", () => {
  fakeClock();
  const { questions, sent, drain } = makeBench();
  for (let x = 0; x < 50; x++) questions.ask(move("move", x));
  assert.equal(sent.length, 1);
  assert.deepEqual(drain(), [
    ["move", 0],
    ["move", 49],
  ]);
});

test("a press is never dropped, and never overtaken", () => {
  fakeClock();
  const { questions, drain } = makeBench();
  const asked = [
    ...[move("move", 0), move("down", 1), move("move", 2), move("move", 3), move("up", 4)],
    ...[move("down", 5), move("up", 6), move("key", 7), move("key", 8), move("enter", 9)],
    ...[
      { kind: "add", x: 10 },
      { kind: "add", x: 11 },
      { kind: "hover", x: 12 },
    ],
    ...[
      { kind: "hover", x: 13 },
      { kind: "remove", x: 14 },
      { kind: "index", x: 15 },
    ],
    ...[
      { kind: "rest", x: 16 },
      { kind: "hover", x: 17 },
    ],
  ];
  asked.forEach(questions.ask);
  const went = [0, 1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 17];
  assert.deepEqual(
    drain(),
    went.map((k) => [asked[k].phase ?? asked[k].kind, k]),
  );
});

test("only the answer to what is on its way lets the next one go", () => {
  fakeClock();
  const { questions, sent } = makeBench();
  questions.ask(move("down"));
  questions.ask(move("up"));
  questions.answered(sent[0].seq + 1);
  assert.equal(sent.length, 1);
  questions.answered(sent[0].seq);
  assert.equal(sent.length, 2);
});

test("what was asked before the picture went elsewhere is late, what comes after is not", () => {
  fakeClock();
  const { questions, sent } = makeBench();
  questions.ask(move("move"));
  questions.ask(move("up"));
  const { seq } = sent[0];
  assert.equal(questions.isLate(seq), false);
  questions.outdate();
  assert.equal(questions.isLate(seq), true);
  assert.equal(questions.isLate(seq + 1), false, "it is not on its way yet");
  questions.answered(seq);
  assert.equal(sent[1].late, true);
  questions.ask(move("down"));
  questions.answered(sent[1].seq);
  assert.equal(sent[2].late, false);
});

test("a look moves nothing in Python; everything else may", () => {
  fakeClock();
  const { questions, drain } = makeBench();
  assert.deepEqual(
    [questions.isIdle(), questions.isWaiting(), questions.mayMove()],
    [true, false, false],
  );
  questions.ask({ kind: "hover" });
  questions.ask({ kind: "rest" });
  assert.deepEqual(
    [questions.isIdle(), questions.isWaiting(), questions.mayMove()],
    [false, true, false],
  );
  questions.ask(move("up"));
  assert.equal(questions.mayMove(), true);
  assert.equal(questions.asking(), "hover");
  drain();
  assert.deepEqual(
    [questions.isIdle(), questions.isWaiting(), questions.mayMove()],
    [true, false, false],
  );
  assert.equal(questions.asking(), undefined);
});

test("a slow Python is called busy, then given up; its return is seen", async () => {
  const clock = fakeClock();
  const { questions, sent, notes } = makeBench();
  questions.ask(move("down"));
  questions.ask(move("up"));
  await clock.pass(1499);
  assert.deepEqual(notes, []);
  await clock.pass(2);
  assert.deepEqual(notes, ["wait"]);
  await clock.pass(4500);
  assert.deepEqual(notes, ["wait", "lost"]);
  assert.equal(questions.isIdle(), true);
  questions.answered(sent[0].seq); // late, but it is there again
  assert.equal(notes.at(-1), "");
  questions.ask(move("down"));
  assert.equal(sent.length, 2);
  questions.answered(sent[1].seq);
  await clock.pass(10_000);
  assert.equal(notes.at(-1), "", "no timer is left");
});

test("where the way to Python is closed nothing is asked any more", async () => {
  const clock = fakeClock();
  const { questions, sent, notes } = makeBench(() => {
    throw new Error("closed");
  });
  questions.ask(move("down"));
  questions.ask(move("up"));
  await clock.pass(10_000);
  assert.deepEqual([sent, notes], [[], ["gone"]]);
  assert.equal(questions.isIdle(), true);
});
