"""Scenes without a screen: a filmstrip in one picture, an animation in one file."""
import pathlib
from operator import index as as_integer

import numpy as np
from PIL import Image

from emlib.draw.scene import encode

GAP = 4             # pixels of grey between the frames of a filmstrip


def filmstrip(scene, states, n=6, columns=None, scale=1):
    """`n` frames spread evenly over `states`, first and last among them, as one PNG read row by row.

    Parameters
    ----------
    scene : Scene
    states : sequence
        What the scene's `update` takes.
    n : int
        Frames to show; all of them when there are fewer states.
    columns : int, optional
        Frames in a row; by default 1 for one frame, 2 up to six frames, 3 beyond.
    scale : float
        Device pixels per CSS pixel.

    Returns
    -------
    bytes
        A PNG.
    """
    states = _listed(states)
    chosen = [states[i] for i in spread(len(states), n)]
    if columns is None:
        columns = min(len(chosen), 2 if len(chosen) <= 6 else 3)
    columns = _count("columns", columns)
    frames = [scene.rgba(state, scale) for state in chosen]
    height, width, _ = frames[0].shape
    rows = -(-len(frames) // columns)
    page = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 4), 255, dtype=np.uint8)
    for row in range(1, rows):
        page[row * (height + GAP) - GAP:row * (height + GAP), :, :3] = 217
    for column in range(1, columns):
        page[:, column * (width + GAP) - GAP:column * (width + GAP), :3] = 217
    for i, frame in enumerate(frames):
        y, x = (i // columns) * (height + GAP), (i % columns) * (width + GAP)
        page[y:y + height, x:x + width] = frame
    return encode(page)


def spread(total, n):
    """Indices of at most `n` of `total` states, evenly spread, first and last among them (n = 1: the last)."""
    n = _count("n", n)
    if n == 1:
        return [total - 1]
    return [int(i) for i in np.unique(np.round(np.linspace(0, total - 1, min(n, total))))]


def animate(scene, states, path, fps=4, scale=1):
    """Write the frames of `states` to a GIF that plays without end.

    Parameters
    ----------
    scene : Scene
    states : sequence
    path : str or path
        Ends in .gif.
    fps : float
        Frames a second; a GIF counts in hundredths of a second, and browsers show at most 50.
    scale : float
        Device pixels per CSS pixel.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If the ending is another one, `fps` is not above 0 and at most 50, or there is no state.
    """
    states, path = _listed(states), pathlib.Path(path)
    if not 0 < fps <= 50:
        raise ValueError(f"fps: {fps!r} is not a number of frames a second, above 0 and at most 50")
    if path.suffix.lower() != ".gif":
        raise ValueError(f"path: {path.name!r} must end in .gif; a Stage writes a page that plays, by html(path)")
    first, *others = (Image.fromarray(scene.rgba(state, scale)).convert("RGB") for state in states)
    first.save(path, save_all=True, append_images=others, duration=round(1000 / fps), loop=0)
    return path


def _listed(states):
    states = list(states)
    if not states:
        raise ValueError("states: empty; give at least one state to draw")
    return states


def _count(name, n):
    try:
        n = as_integer(n)
    except TypeError:
        n = 0
    if n < 1:
        raise ValueError(f"{name}: must be a whole number of at least 1")
    return n
