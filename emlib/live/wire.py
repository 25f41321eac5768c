"""Fast frames for a hand that moves: what differs from a key frame, as runs of equal pixels."""

import numpy as np

__all__ = ["LOOPBACK_SEGMENT", "FastFrames", "runs"]

# A Jupyter server leaves Nagle's algorithm on: a message that does not fill a TCP segment waits until the small "busy"
# message before it is acknowledged, and a browser on the same machine takes up to 40 ms for that. A segment of the
# loopback device holds 64 kB, so a fast frame is padded to one: that took 20 ms off the median of a free move. A
# browser elsewhere says so ("far") and gets no padding; but at the other end of an ssh tunnel its host is "localhost",
# too, and each move sends these bytes through the tunnel.
LOOPBACK_SEGMENT = 66_000      # bytes


def runs(pixels):
    """A picture as runs of equal pixels, 4 bytes each: red, green, blue, length - 1.

    Lossless, 0.3 ms for 900 x 360, and a browser unpacks it in a synchronous loop; JPEG of the same picture has as many
    bytes, takes 2 ms here, and there a promise that waits for an idle page.

    Parameters
    ----------
    pixels : ndarray of uint32, any shape
        Red in the lowest byte; the highest byte (opacity) is not kept.

    Returns
    -------
    bytes
    """
    flat = pixels.ravel()
    last = np.append(np.flatnonzero(flat[1:] != flat[:-1]), flat.size - 1)         # where each run ends
    length = np.diff(last, prepend=-1)
    pieces = -(-length // 256)                                                     # a run holds at most 256 pixels
    size = np.full(pieces.sum(), 256)
    size[np.cumsum(pieces) - 1] = length - 256 * (pieces - 1)
    return ((np.repeat(flat[last], pieces) & 0xFFFFFF) | ((size - 1).astype(np.uint32) << 24)).astype("<u4").tobytes()


class FastFrames:
    """Packs one picture after the other, each as what differs from a key frame that the browser holds, too.

    A picture becomes the next key frame when it has little in common with the present one. js/fast.js unpacks.
    """

    def __init__(self):
        self._number, self._pixels, self._bytes = 0, None, 0       # of the key frame; 0: there is none yet

    def pack(self, pixels):
        """The header and the bytes of one picture.

        Parameters
        ----------
        pixels : ndarray of uint32, (h, w)
            The same shape every time.

        Returns
        -------
        (dict, bytes)
            ``key``: number of the key frame that it differs from, 0 for none; ``makes``, where it becomes one itself:
            its number.
        """
        key = self._number
        data = runs(pixels ^ self._pixels) if key else runs(pixels)
        header = {"key": key}
        if not key or len(data) > self._bytes:     # the difference is larger than the picture was
            self._number, self._pixels, self._bytes = key + 1, pixels, len(runs(pixels))
            header["makes"] = self._number
        return header, data
