/**
 * Fast frames: runs of equal pixels, 4 bytes each (red, green, blue, length - 1), XORed with a key
 * frame that both sides hold. Unpacked here and now: a promise would wait behind whatever else the
 * page does when Python answers.
 *
 * @import { Bytes } from "./types.js"
 */

const OPAQUE = 0xff000000;

/**
 * @typedef {object} Header
 * @property {number} [key] - The key frame that the frame differs from; 0 for none.
 * @property {number} [makes] - The number of the key frame that it becomes.
 */

/**
 * An unpacker that keeps the last key frame.
 *
 * @param {number} length - Pixels of a frame.
 * @returns {(header: Header, data: Bytes) => Uint32Array<ArrayBuffer> | null}
 *   The pixels; or null where the key frame is not here: this page was opened after it was sent.
 */
export function makeUnpacker(length) {
  let key = { id: 0, pixels: new Uint32Array(0) };
  return ({ key: wanted, makes }, data) => {
    if (wanted && key.id !== wanted) return null;
    const { buffer, byteOffset, byteLength } = data;
    const runs = new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength)); // aligned
    const pixels = new Uint32Array(length);
    // what follows the last pixel is padding
    for (let k = 0, from = 0; from < length; k++) {
      const color = runs[k] & ~OPAQUE;
      const to = from + (runs[k] >>> 24) + 1;
      if (wanted) for (let p = from; p < to; p++) pixels[p] = key.pixels[p] ^ color;
      else pixels.fill(color | OPAQUE, from, to);
      from = to;
    }
    if (makes) key = { id: makes, pixels };
    return pixels;
  };
}
