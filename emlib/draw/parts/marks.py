"""Marks that many pictures share: names above axes, the hatched gap that is the KL, a marker held at an edge."""

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from emlib.draw import style

__all__ = ["Gap", "names_above", "put_marker", "width_of"]

SPACE = 24          # points between two names


def names_above(axes, names, y=1.04, space=SPACE):
    """Write names in their colours side by side above axes, where no curve can run through them.

    Parameters
    ----------
    axes : Axes
    names : sequence of (str, colour)
    y : float
        Their baseline, in heights of the axes.
    space : float
        Points between two names.

    Returns
    -------
    list of Text
    """
    figure = axes.get_figure(root=True)
    width, at, texts = axes.get_position().width * figure.get_figwidth() * 72, 0.0, []      # points
    for name, colour in names:
        texts.append(axes.text(at, y, name, color=colour, weight="bold", fontsize=style.SMALL,
                               transform=axes.transAxes))
        at += (width_of(name) + space) / width
    return texts


def width_of(text, size=style.SMALL, weight="bold"):
    """Width of a text in points, from the outlines of its letters: the same at every resolution."""
    outline = TextPath((0, 0), text, size=size, prop=FontProperties(family=style.RC["font.family"], weight=weight))
    return float(outline.get_extents().x1)


class Gap:
    """The KL as an upright hatched strip, from the ELBO up to log p(x|θ).

    Parameters
    ----------
    axes : Axes
    width : float
        In data units.
    linewidth : float
        Of its border, in points.

    Attributes
    ----------
    patch : Rectangle
        The artist that moves.
    """

    def __init__(self, axes, width, linewidth=1.0):
        self.patch = axes.add_patch(Rectangle((0, 0), width, 0, linewidth=linewidth, **style.GAP))

    def put(self, x, low, high):
        """Stand around x, from `low` to `high`; with no height where `high` is below `low`."""
        self.patch.set_xy((x - self.patch.get_width() / 2, low))
        self.patch.set_height(max(high - low, 0))


def put_marker(line, x, y, limits, usual):
    """Place the marker of a line at (x, y); what lies beyond the window is an arrow at its edge.

    Parameters
    ----------
    line : Line2D
    x, y : float
        Data coordinates; where y is NaN no marker is drawn.
    limits : (float, float)
        The window of y.
    usual : str
        The marker inside the window.

    Returns
    -------
    float
        The height at which it stands.
    """
    lo, hi = limits
    line.set_marker("v" if y < lo else "^" if y > hi else usual)
    shown = float(np.clip(y, lo, hi))
    line.set_data([x], [shown])
    return shown
