"""Scenes without a screen: a filmstrip in one picture, an animation in one file."""
import html
import pathlib
from operator import index as as_integer

import numpy as np
from matplotlib import animation
from matplotlib.figure import Figure

from emlib.draw import style
from emlib.draw.scene import DPI, encode

GAP = 4             # pixels of grey between the frames of a filmstrip
WRITERS = {".gif": "pillow", ".mp4": "ffmpeg", ".html": "html", ".htm": "html"}


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
    """Write the frames of `states` to a GIF, an MP4 or a stand-alone HTML page, by the ending of `path`.

    Parameters
    ----------
    scene : Scene
    states : sequence
    path : str or path
        Ends in .gif, .mp4 (needs the program ffmpeg) or .html (opens in any browser, without a network).
    fps : float
        Frames a second.
    scale : float
        Device pixels per CSS pixel.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If the ending is unknown, ffmpeg is missing, `fps` is not positive, or there is no state.
    """
    states, path = _listed(states), pathlib.Path(path)
    if not 0 < fps <= 100:
        raise ValueError(f"fps: {fps!r} is not a number of frames a second, above 0 and at most 100")
    name = WRITERS.get(path.suffix.lower())
    if name is None:
        raise ValueError(f"path: {path.name!r} must end in one of {', '.join(WRITERS)}")
    if not animation.writers.is_available(name):
        raise ValueError(f"path: {path.name!r} needs the program ffmpeg, which was not found; install it "
                         "(apt, brew or conda install ffmpeg), or write a .gif or .html instead")
    options = {"embed_frames": True, "embed_limit": 1e6} if name == "html" else {}
    writer = animation.writers[name](fps=fps, **options)

    # matplotlib's writers photograph a figure: give them one that is nothing but our pixels.
    height, width, _ = scene.rgba(states[0], scale).shape
    figure = Figure(figsize=((width + 1e-6) / DPI, (height + 1e-6) / DPI), dpi=DPI)
    picture = figure.figimage(np.zeros((height, width, 4), np.uint8))
    with style.context(), writer.saving(figure, str(path), dpi=DPI):
        for state in states:
            picture.set_data(scene.rgba(state, scale))
            writer.grab_frame()
    if name == "html":
        words = scene.sentence(states[0]) + " … " + scene.sentence(states[-1])
        path.write_text(_standalone(path.read_text(), words), encoding="utf-8")
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


# matplotlib's page fetches an icon font from the network for its buttons: these letters do as well.
ICONS = {"minus": "−", "plus": "+", "fast-backward": "|◂", "step-backward": "◂", "play": "▶", "pause": "❚❚",
         "step-forward": "▸", "fast-forward": "▸|"}


def _standalone(page, words):
    """matplotlib's HTML fragment as a whole page that needs no network, with `words` for who cannot see it."""
    start = page.index("<link")
    page = page[:start] + page[page.index(">", start) + 1:]
    icons = "".join(f'.fa-{name}::before {{content: "{letter}"}}\n' for name, letter in ICONS.items())
    words = html.escape(words)
    return (f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{words}</title>\n'
            f"<style>.fa {{font-style: normal}} .fa-flip-horizontal {{display: inline-block; transform: scaleX(-1)}}\n"
            f"{icons}</style>\n" + page.replace("<img ", f'<img alt="{words}" ', 1) + "</html>\n")
