import assert from "node:assert/strict";
import test from "node:test";

import { judge, verdict } from "../../../emlib/live/js/predict.js";

const NUMBER = {
  ask: "Where?",
  look: "the end.",
  typed: "number",
  answers: [
    { say: "0.51 to 0.53", why: "so it is.", right: true, between: [0.51, 0.53], words: [] },
    { say: "0 to 1", why: "near.", right: false, between: [0, 1], words: [] },
    { say: "any other", why: "far.", right: false, between: null, words: [] },
  ],
};
const WORD = {
  ...NUMBER,
  typed: "word",
  answers: [
    { say: "entropy", why: "yes.", right: true, between: null, words: ["entropy", "the entropy"] },
    { say: "any other", why: "no.", right: false, between: null, words: [] },
  ],
};
const NAMES = { right: "Right.", wrong: "Not so.", first: "First: {said}.", look: "Look:" };

test("a number is judged by the first answer that has it, both ends included", () => {
  const at = (text) => judge(NUMBER, text)?.answer;
  assert.deepEqual(["0.52", "0.51", ".53", " 0.52 "].map(at), [0, 0, 0, 0]);
  assert.deepEqual(["0.5099", "0.531", "0", "1."].map(at), [1, 1, 1, 1]);
  assert.deepEqual(["1.01", "-0.52", "−0.52", "+7"].map(at), [2, 2, 2, 2]);
});

test("what is no number is no prediction", () => {
  for (const text of [
    "",
    " ",
    "0,5",
    "half",
    "1e3",
    "0x1",
    "Infinity",
    "NaN",
    "1/2",
    "--1",
    ".",
  ]) {
    assert.equal(judge(NUMBER, text), undefined, text);
  }
});

test("a word is judged without its capitals; an empty one is no prediction", () => {
  assert.deepEqual(judge(WORD, " Entropy "), { answer: 0, said: "Entropy" });
  assert.equal(judge(WORD, "the ENTROPY").answer, 0);
  assert.equal(judge(WORD, "KL").answer, 1);
  assert.equal(judge(WORD, "  "), undefined);
});

test("the verdict is of the last choice, and tells of the first one if that was another", () => {
  const [right, near] = [
    { answer: 0, said: "0.52" },
    { answer: 1, said: "0.45" },
  ];
  assert.deepEqual(verdict(NUMBER, [right], NAMES), [
    ["right", "Right. so it is."],
    ["look", "Look: the end."],
  ]);
  assert.deepEqual(verdict({ ...NUMBER, look: "" }, [near, right, near], NAMES), [
    ["wrong", "Not so. near."],
  ]);
  assert.deepEqual(verdict(NUMBER, [near, right], NAMES)[1], ["first", "First: 0.45."]);
});

test("what a reader typed is taken as it is, not as a pattern", () => {
  const choices = [
    { answer: 1, said: "$& {said}" },
    { answer: 0, said: "entropy" },
  ];
  assert.deepEqual(verdict(WORD, choices, NAMES)[1], ["first", "First: $& {said}."]);
});
