import assert from "node:assert/strict";
import test from "node:test";

import { makeUnpacker } from "../../../emlib/live/js/fast.js";
import { packed } from "./fakes.js";

const rgb = (pixels) => [...pixels].map((p) => [p & 255, (p >>> 8) & 255, (p >>> 16) & 255]);
const OPAQUE = (pixels) => pixels.every((p) => p >>> 24 === 255);

test("runs become pixels, opaque, and what follows the last one is padding", () => {
  const pixels = makeUnpacker(5)({ key: 0 }, packed([1, 2, 3, 2], [9, 8, 7, 3], [0, 0, 0, 1]));
  assert.deepEqual(rgb(pixels), [...Array(2).fill([1, 2, 3]), ...Array(3).fill([9, 8, 7])]);
  assert.ok(OPAQUE(pixels));
});

test("a frame is what differs from the key frame, and may be the next one", () => {
  const unpack = makeUnpacker(4);
  unpack({ key: 0, makes: 1 }, packed([10, 20, 30, 4]));
  const second = unpack({ key: 1 }, packed([0, 0, 0, 3], [10 ^ 50, 0, 0, 1]));
  assert.deepEqual(rgb(second), [...Array(3).fill([10, 20, 30]), [50, 20, 30]]);
  assert.ok(OPAQUE(second));
  const third = unpack({ key: 1, makes: 2 }, packed([1, 0, 0, 4]));
  assert.deepEqual(rgb(third), Array(4).fill([11, 20, 30]));
  assert.deepEqual(rgb(unpack({ key: 2 }, packed([0, 0, 0, 4]))), rgb(third));
});

test("without its key frame a frame is none", () => {
  const unpack = makeUnpacker(4);
  assert.equal(unpack({ key: 1 }, packed([0, 0, 0, 4])), null);
  unpack({ key: 0, makes: 1 }, packed([1, 1, 1, 4]));
  assert.equal(unpack({ key: 2 }, packed([0, 0, 0, 4])), null);
});

test("bytes that begin anywhere in a buffer are read", () => {
  const whole = new Uint8Array([7, ...packed([1, 2, 3, 4])]);
  const pixels = makeUnpacker(4)({ key: 0 }, new DataView(whole.buffer, 1, 4));
  assert.deepEqual(rgb(pixels), Array(4).fill([1, 2, 3]));
});
