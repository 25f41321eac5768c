import assert from "node:assert/strict";
import test from "node:test";

import { decode, makeCache, makePainter } from "../../../emlib/live/js/painter.js";
import { fakePictures, settled } from "./fakes.js";

const frame = (i) => ({ bytes: new Uint8Array([i, 1]), text: "", handles: [], error: "" });
const png = (i) => () => decode(new Uint8Array([i, 1]));

test("while one picture is decoded only the newest of the others waits", async () => {
  const pictures = fakePictures();
  pictures.hold = true;
  const drawn = [];
  const { paint } = makePainter(({ name }) => drawn.push(name), assert.ifError);
  [1, 2, 3, 4].forEach((i) => paint(png(i)));
  await settled();
  assert.equal(pictures.pending.length, 1, "one decode at a time");
  pictures.pending[0]();
  await settled();
  pictures.pending[1]();
  await settled();
  assert.deepEqual(drawn, [1, 4]);
  assert.equal(pictures.pending.length, 2);
});

test("pixels are painted at once, and what was asked for before them never comes", async () => {
  const pictures = fakePictures();
  pictures.hold = true;
  const drawn = [];
  const { paint, paintNow } = makePainter((picture) => drawn.push(picture.name), assert.ifError);
  paint(png(1));
  paint(png(2));
  await settled();
  paintNow({ name: "now" });
  assert.deepEqual(drawn, ["now"]);
  pictures.pending.forEach((done) => done());
  await settled();
  assert.deepEqual(drawn, ["now"]);
  pictures.hold = false;
  await paint(png(3));
  assert.deepEqual(drawn, ["now", 3]);
});

test("a picture that cannot be decoded is told, and the next one is painted", async () => {
  fakePictures();
  const drawn = [];
  const failed = [];
  const { paint } = makePainter(
    ({ name }) => drawn.push(name),
    (error) => failed.push(error.message),
  );
  await paint(() => decode(new Uint8Array([])));
  await paint(png(2));
  assert.deepEqual([drawn, failed], [[2], ["no picture"]]);
});

test("decoded frames stay within 96 MB, the longest unused go first", async () => {
  const pictures = fakePictures(); // of 4 MB each: 24 of them
  const cache = makeCache();
  const frames = Array.from({ length: 60 }, (_, i) => frame(i));
  for (const each of frames) {
    await cache.bitmap(each);
    await cache.bitmap(frames[0]); // used again and again
    await settled();
    assert.ok(pictures.open.size <= 24);
  }
  assert.equal(pictures.open.size, 24);
  const kept = new Set([...pictures.open].map(({ name }) => name));
  assert.deepEqual(kept, new Set([0, ...Array.from({ length: 23 }, (_, k) => 37 + k)]));
  assert.equal(pictures.decoded.filter((name) => name === 0).length, 1, "it never went");
  pictures.decoded.length = 0;
  await cache.bitmap(frames[59]);
  await cache.bitmap(frames[5]);
  assert.deepEqual(pictures.decoded, [5], "what is kept is not decoded again, what went is");
  cache.clear();
  await settled();
  assert.equal(pictures.open.size, 0);
});

test("a frame that could not be decoded is tried again", async () => {
  fakePictures();
  const cache = makeCache();
  const broken = frame(3);
  const { bytes } = broken;
  broken.bytes = new Uint8Array([]);
  await assert.rejects(cache.bitmap(broken));
  broken.bytes = bytes;
  assert.equal((await cache.bitmap(broken)).name, 3);
  cache.clear();
});
