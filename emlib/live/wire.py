"""What goes to a browser: fast frames for a hand that moves, and a page that plays without a kernel."""

import base64
import html
import json

import numpy as np

# A Jupyter server leaves Nagle's algorithm on: a message that does not fill a TCP segment waits until the small "busy"
# message before it is acknowledged, and a browser on the same machine takes up to 40 ms for that. Segments of the
# loopback hold 64 kB, so a fast frame is filled up to one: that took 20 ms off the median of a free move.
FULL = 66_000      # bytes
CHUNK = 8          # frames a message: the bank streams in and the connection stays free for other things


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


def page(options, frames, texts, script, style, title="", lang="en"):
    """A page of its own: the frames, their sentences and the stage's module in one file that needs no network.

    Parameters
    ----------
    options : dict
        size, n, alt, index, interval and names of the stage.
    frames : list of bytes
        PNG, one a state.
    texts : list of str
        One sentence a state.
    script, style : str
        The stage's ES module and style sheet.

    Returns
    -------
    str
    """
    images = [base64.b64encode(f).decode() for f in frames]
    data = json.dumps({**options, "frames": images, "texts": texts}).replace("</", "<\\/")
    alt = html.escape(f"{options['alt']} {texts[options['index']]}".strip())
    return f"""<!doctype html>
<html lang="{html.escape(lang)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{html.escape(title or options["alt"] or "emlib")}</title>
<style>
{style}
</style></head>
<body><div id="stage"></div>
<noscript><img alt="{alt}" src="data:image/png;base64,{images[options["index"]]}"></noscript>
<script type="application/json" id="bank">{data}</script>
<script type="module">
{script}
standalone(document.getElementById("stage"), JSON.parse(document.getElementById("bank").textContent));
</script></body></html>
"""
