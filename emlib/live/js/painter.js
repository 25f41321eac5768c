/**
 * Decoding PNG frames and painting them: the newest wins.
 *
 * @import { Bytes, Frame } from "./types.js"
 */

const BUDGET = 96e6; // bytes of decoded frames that are kept; the others are decoded again
const LEAST = 8; // frames that are kept however large they are

/**
 * @param {Bytes} png
 * @returns {Promise<ImageBitmap>}
 */
export const decode = (png) => createImageBitmap(new Blob([png], { type: "image/png" }));

/** The bank's frames, decoded: those used last, within BUDGET. */
export function makeCache() {
  /** @type {Map<Frame, Promise<ImageBitmap>>} - The longest unused first. */
  const ready = new Map();
  /** @param {Promise<ImageBitmap>} bitmap */
  const close = (bitmap) => bitmap.then((b) => b.close()).catch(() => {}); // it never was one

  return {
    /** @param {Frame} frame */
    bitmap(frame) {
      const bitmap = ready.get(frame) ?? decode(frame.bytes);
      ready.delete(frame);
      ready.set(frame, bitmap);
      bitmap.then(
        ({ width, height }) => {
          for (const [oldest, unused] of ready) {
            if (ready.size <= Math.max(LEAST, BUDGET / (4 * width * height))) break;
            ready.delete(oldest);
            close(unused);
          }
        },
        () => ready.delete(frame), // who asked for it hears of the failure
      );
      return bitmap;
    },
    clear() {
      ready.forEach(close);
      ready.clear();
    },
  };
}

/**
 * One decode at a time; of the pictures that are asked for meanwhile the newest is painted.
 *
 * @param {(picture: ImageBitmap | ImageData) => void} draw
 * @param {(error: unknown) => void} fail
 */
export function makePainter(draw, fail) {
  /** @type {(() => Promise<ImageBitmap>) | null} */
  let wanted = null;
  let busy = false;
  let painted = 0; // how often pixels were painted at once: what was decoded before is older

  return {
    /**
     * Paint a picture when it is decoded, unless a newer one has come.
     *
     * @param {() => Promise<ImageBitmap>} decoded
     */
    async paint(decoded) {
      wanted = decoded;
      if (busy) return;
      busy = true;
      while (wanted) {
        const [now, before] = [wanted, painted];
        wanted = null;
        try {
          const bitmap = await now();
          if (painted === before) draw(bitmap);
        } catch (error) {
          fail(error);
        }
      }
      busy = false;
    },
    /** @param {ImageData} pixels */
    paintNow(pixels) {
      painted++;
      wanted = null;
      draw(pixels);
    },
  };
}
