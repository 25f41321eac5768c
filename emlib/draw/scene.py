"""A scene is a picture whose artists are made once and then moved.

A full matplotlib draw costs tens of milliseconds, nearly all of it for things that do not change: axes,
ticks, labels. A scene draws those once, keeps the pixels, and for every new state restores them and draws
only the artists that move (blitting). The same scene serves a live panel, a filmstrip, an animation file
and a plain figure. Figures are object-oriented throughout; pyplot's global state is never touched.
"""
import copy
import io
import threading

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from emlib import words
from emlib.draw import style

# matplotlib is not thread-safe, and notebook kernels may run a widget's callback on a second thread.
# One lock for every scene, re-entrant because a scene may be drawn while another is (Together).
LOCK = threading.RLock()

DPI = 100        # dots per inch at scale 1: size (9, 3.6) inches is 900 x 360 CSS pixels
ABOVE = 100      # moving artists stand above all static ones, so that a blit equals a full draw


class Scene:
    """A picture whose artists are made once and then moved.

    A subclass writes three methods: `build`, `update` and `sentence`. `update` must set *everything* that
    moves, from the state alone: then the picture of a state does not depend on what was shown before it,
    and an update that raised half-way is repaired by the next one.

    Attributes
    ----------
    size : (float, float)
        Width and height in inches at 100 dots per inch: (9.0, 3.6) is 900 x 360 CSS pixels.
    """

    size = (9.0, 3.6)

    _figure = None          # built on first use
    _artists = ()
    _views = None           # scale -> [canvas, pixels of what does not move]; the last two scales

    def build(self, figure):
        """Make axes and artists on `figure`, once; return the list of artists that move."""
        raise NotImplementedError

    def update(self, state):
        """Move the artists so that they show `state`."""
        raise NotImplementedError

    def sentence(self, state):
        """Say in one sentence what the frame of `state` shows: the picture's text alternative."""
        raise NotImplementedError

    def rgba(self, state, scale=1):
        """The frame of `state` as pixels.

        Parameters
        ----------
        state : object
            Whatever this scene's `update` takes.
        scale : float, 1 to 4
            Device pixels per CSS pixel; 2 gives a crisp frame on a dense screen.

        Returns
        -------
        rgba : ndarray of uint8, shape (round(100*height*scale), round(100*width*scale), 4)

        Raises
        ------
        ValueError
            If `scale` is outside 1 to 4. What `update` raises passes through, and the scene stays usable.
        """
        with LOCK:
            view = self._view(scale)
            self.update(state)
            canvas, background = view
            if background is None:
                with style.context():
                    canvas.draw()
                view[1] = background = canvas.copy_from_bbox(self._figure.bbox)
            canvas.restore_region(background)
            renderer = canvas.get_renderer()
            for artist in self._artists:
                artist.draw(renderer)
            return np.array(canvas.buffer_rgba())

    def png(self, state, scale=1, fmt="png8"):
        """The frame of `state`, encoded (see `encode`)."""
        return encode(self.rgba(state, scale), fmt)

    def figure(self, state):
        """A plain matplotlib Figure of `state`, independent of the scene: to save, edit or print."""
        with LOCK:
            twin = copy.copy(self)
            twin._figure, twin._views = None, None
            twin._view(1)
            twin.update(state)
            for artist in twin._artists:
                artist.set_animated(False)
            with style.context():                       # ticks take their looks when they are first drawn
                twin._figure.draw_without_rendering()
            return twin._figure

    def to_data(self, x, y, axes=0):
        """Data coordinates under a point of the picture.

        Parameters
        ----------
        x, y : float
            Fractions of the picture's width and height, from the **top** left corner (as a browser counts).
        axes : int
            Which axes, in the order in which `build` added them.

        Returns
        -------
        (x, y) : (float, float), or None when the point lies outside those axes.
        """
        with LOCK:
            ax = self._axes(axes)
            point = self._figure.transFigure.transform((x, 1 - y))
            # half a pixel of grace: the pixel on the frame belongs to the axes
            if not ax.bbox.padded(0.5).contains(*point):
                return None
            return tuple(float(v) for v in ax.transData.inverted().transform(point))

    def to_picture(self, x, y, axes=0):
        """The inverse of `to_data`: picture fractions (from the top left) of a point in data coordinates."""
        with LOCK:
            ax = self._axes(axes)
            fx, fy = self._figure.transFigure.inverted().transform(ax.transData.transform((x, y)))
            return float(fx), float(1 - fy)

    def boxes(self):
        """Where the axes stand, in the order in which `build` added them.

        Returns
        -------
        list of (left, top, right, bottom)
            Picture fractions from the top left corner.
        """
        with LOCK:
            self._built()
            boxes = [axes.get_position() for axes in self._figure.axes]
            return [(box.x0, 1 - box.y1, box.x1, 1 - box.y0) for box in boxes]

    def _built(self):
        self._view(next(reversed(self._views)) if self._views else 1)

    def _axes(self, index):
        self._built()
        axes = self._figure.axes
        if not 0 <= index < len(axes):
            raise ValueError(f"axes: {index} does not exist; this scene has {len(axes)}, counted from 0")
        return axes[index]

    def _view(self, scale):
        """Canvas and kept pixels for `scale`; the figure is left at that resolution."""
        if not 1 <= scale <= 4:
            raise ValueError(f"scale: {scale!r} is outside 1 to 4; pass the screen's device pixel ratio")
        if self._figure is None:
            figure = Figure(figsize=self.size, dpi=DPI)
            FigureCanvasAgg(figure)
            with style.context():
                artists = list(self.build(figure))
                style.fix_ticks(figure)
            for artist in artists:
                artist.set_animated(True)
                artist.set_zorder(artist.get_zorder() + ABOVE)
            # the figure is kept only now: a `build` that raised is tried again next time
            self._figure, self._artists = figure, sorted(artists, key=lambda a: a.get_zorder())
        if self._views is None:
            self._views = {}
        view = self._views.pop(scale, None)
        if view is None:
            view = [FigureCanvasAgg(self._figure), None]
        self._views[scale] = view                       # most recent last
        while len(self._views) > 2:
            del self._views[next(iter(self._views))]
        dpi, pixels = DPI * scale, [round(side * DPI * scale) for side in self.size]
        self._figure.set_canvas(view[0])
        if self._figure.dpi != dpi:
            self._figure.dpi = dpi
        # Agg truncates inches * dpi to whole pixels; a hair more than a whole number makes that exact
        self._figure.set_size_inches([(p + 1e-6) / dpi for p in pixels], forward=False)
        return view


class Part(Scene):
    """A scene of one axes: shown alone, or with others in one figure (`Together`)."""

    rect = (0.08, 0.18, 0.89, 0.72)     # where its axes stand when it is shown alone (figure fractions)

    def build_in(self, axes):
        """Make the artists in `axes`, once; return the list of those that move."""
        raise NotImplementedError

    def build(self, figure):
        return self.build_in(figure.add_axes(self.rect))


class Together(Scene):
    """Several parts in one figure, all shown the same state.

    Parameters
    ----------
    parts : sequence of (Part, rect)
        Each part with the place of its axes: (left, bottom, width, height) in figure fractions.
    size : (float, float)
        Inches at 100 dots per inch.
    title : (float, float), optional
        Where the text of `title` stands: left end and baseline in figure fractions; no title when left out.

    The sentence is that of the first part, unless a subclass says otherwise.
    """

    def __init__(self, parts, size=(9.0, 3.6), title=None):
        self.parts, self.size, self.title_at, self._title = list(parts), tuple(size), title, None
        if not self.parts:
            raise ValueError("parts: empty; give at least one (part, rect)")

    def build(self, figure):
        # copies, so that a part may serve several figures: each has its own artists
        self.parts = [(copy.copy(part), rect) for part, rect in self.parts]
        artists = [a for part, rect in self.parts for a in part.build_in(figure.add_axes(rect))]
        if self.title_at is None:
            return artists
        self._title = figure.text(*self.title_at, "", fontsize=style.LARGE, weight="bold")
        return [*artists, self._title]

    def update(self, state):
        for part, _ in self.parts:
            part.update(state)
        if self.title_at is not None:
            self._title.set_text(self.title(state))

    def title(self, state):
        """What stands above the picture: the half-step, for states with `t` and `kind`."""
        return words.of("kit").HALF_STEP.format(t=state.t, kind=state.kind)

    def sentence(self, state):
        return self.parts[0][0].sentence(state)


def encode(rgba, fmt="png8"):
    """Encode pixels as an image file.

    Parameters
    ----------
    rgba : ndarray of uint8, shape (h, w, 4)
    fmt : {"png8", "png", "jpeg"}
        "png8" (a palette of 256 colours) takes half the time of "png" and a third of its bytes; "png" keeps
        every colour; "jpeg" is the fastest, and blurs text a little.

    Returns
    -------
    bytes
    """
    image, out = Image.fromarray(rgba).convert("RGB"), io.BytesIO()
    if fmt == "png8":
        image = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        # the octree's white is the mean of its cell, a grey of 254: paper must be white beside a white page
        palette = np.array(image.getpalette()).reshape(-1, 3)
        palette[palette.min(axis=1) >= 253] = 255
        image.putpalette(palette.ravel().tolist())
        image.save(out, "png", compress_level=1)
    elif fmt == "png":
        image.save(out, "png", compress_level=1)
    elif fmt == "jpeg":
        image.save(out, "jpeg", quality=90, subsampling=0)
    else:
        raise ValueError(f"fmt: {fmt!r} is not known; use 'png8', 'png' or 'jpeg'")
    return out.getvalue()
