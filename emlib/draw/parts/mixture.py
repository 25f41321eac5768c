"""A mixture and its responsibilities: points coloured by q, components as ellipses (D = 2) or curves (D = 1)."""
import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.markers import MarkerStyle
from matplotlib.transforms import IdentityTransform

from emlib import words
from emlib.draw import style
from emlib.draw.scene import Part

CIRCLE = np.stack([f(np.linspace(0, 2 * np.pi, 97)) for f in (np.cos, np.sin)])    # (2, 97)
POINT, MEAN = 42, 260                       # areas in points², as in matplotlib's scatter
DARK = 0.72                                 # components stand out against the points that belong to them


def mixture(x, labels=None, **options):
    """The part that shows a Gaussian mixture on x: `Plane` for two columns, `Histogram` for one.

    Parameters
    ----------
    x : array (N, D) with D = 1 or 2
    labels : sequence of D str, optional
        What the columns measure, with units.
    """
    x = np.asarray(x, dtype=float)
    if x.ndim == 2 and x.shape[1] == 1:
        return Histogram(x, labels, **options)
    return Plane(x, labels, **options)


class Plane(Part):
    """Two-dimensional data and mixture.

    A point's colour is the mixture of the components' colours in the proportions of its row of q; its marker is
    that of the most responsible component. Ellipses stand at 1 and 2 standard deviations.

    A state has `.model` (with `means` (K, 2) and `full_covariances` (K, 2, 2)) and `.q` (N, K).

    Parameters
    ----------
    x : array (N, 2)
    labels : (str, str), optional
    limits : ((float, float), (float, float)), optional
        Of the two axes; by default the data with a margin. They never move.
    """

    size = (6.0, 4.8)
    rect = (0.14, 0.15, 0.83, 0.81)

    def __init__(self, x, labels=None, limits=None):
        self.x = checked(x, 2)
        self.labels = _labels(labels, 2)
        self.limits = limits or tuple(around(column, 0.08) for column in self.x.T)

    def build_in(self, axes):
        axes.set(xlim=self.limits[0], ylim=self.limits[1])
        axes.locator_params(nbins=5)
        for axis, label in zip((axes.xaxis, axes.yaxis), self.labels, strict=True):
            style.label_axis(axis, label)
        self._points = _markers(axes, POINT, linewidths=0, zorder=1)
        self._points.set_offsets(self.x)
        self._ellipses = PolyCollection([], closed=True, facecolors="none", zorder=2)
        axes.add_collection(self._ellipses, autolim=False)
        self._means = _markers(axes, MEAN, edgecolors="white", linewidths=2, zorder=3)
        return [self._points, self._ellipses, self._means]

    def update(self, state):
        model, q = parts_of(state, len(self.x), 2)
        k = len(model.means)
        colours = palette(k)
        self._points.set_facecolor(blend(q))
        self._points.set_paths([GLYPHS[j] for j in np.argmax(q, axis=1)])
        self._ellipses.set_verts([ellipse(m, s, r) for r in (1, 2)
                                  for m, s in zip(model.means, model.full_covariances, strict=True)])
        self._ellipses.set_edgecolor(np.tile(colours * DARK, (2, 1)))
        self._ellipses.set_linewidth([2.4] * k + [1.2] * k)
        self._means.set_offsets(self.places(model))
        self._means.set_paths(GLYPHS[:k])
        self._means.set_facecolor(colours * DARK)

    def places(self, model):
        """Where the markers of the means stand, in data coordinates, array (K, 2)."""
        return model.means

    def sentence(self, state):
        return sentence_of(state)


class Histogram(Part):
    """One-dimensional data and mixture.

    Each bar of the histogram is divided among the components in the proportions of q, summed over its points.
    Weighted component densities lie over it, and their sum in ink.

    Parameters
    ----------
    x : array (N, 1)
    labels : (str,), optional
    limits : (float, float), optional
        Of the horizontal axis.
    top : float, optional
        Highest density shown; by default 1.35 times the highest bar.
    """

    size = (6.0, 4.8)
    rect = (0.14, 0.15, 0.83, 0.81)

    def __init__(self, x, labels=None, limits=None, top=None):
        self.x = checked(x, 1)
        self.labels = _labels(labels, 1)
        self.limits = limits or around(self.x[:, 0], 0.12)
        edges = np.histogram_bin_edges(self.x[:, 0], "auto")
        self.edges = edges if len(edges) <= 61 else np.linspace(edges[0], edges[-1], 61)
        counts, _ = np.histogram(self.x[:, 0], self.edges)
        self._bin = np.clip(np.searchsorted(self.edges, self.x[:, 0], side="right") - 1, 0, len(counts) - 1)
        self.unit = 1 / (len(self.x) * (self.edges[1] - self.edges[0]))     # density of one point in a bar
        self.top = float(top or 1.35 * counts.max() * self.unit)
        self._grid = np.linspace(*self.limits, 301)

    def build_in(self, axes):
        axes.set(xlim=self.limits, ylim=(0, self.top))
        axes.locator_params(nbins=5)
        style.label_axis(axes.xaxis, self.labels[0])
        style.label_axis(axes.yaxis, words.of("kit").DENSITY)
        self._bars = PolyCollection([], edgecolors="white", linewidths=0.8, zorder=1)
        self._curves = LineCollection([], linewidths=2.4, zorder=2)
        for collection in (self._bars, self._curves):
            axes.add_collection(collection, autolim=False)
        self._total, = axes.plot([], [], color=style.INK, linewidth=1.8, zorder=3)
        self._means = _markers(axes, MEAN, edgecolors="white", linewidths=2, zorder=4)
        return [self._bars, self._curves, self._total, self._means]

    def update(self, state):
        model, q = parts_of(state, len(self.x), 1)
        k, colours = len(model.means), palette(len(model.means))
        heights = self.shares(q)                                    # (K, B)
        tops = np.cumsum(heights, axis=0)
        left, right = np.broadcast_to(self.edges[:-1], tops.shape), np.broadcast_to(self.edges[1:], tops.shape)
        low = tops - heights
        corners = np.stack([left, low, left, tops, right, tops, right, low], axis=-1).reshape(-1, 4, 2)
        self._bars.set_verts(list(corners))
        self._bars.set_facecolor(np.repeat(0.45 + 0.55 * colours, tops.shape[1], axis=0))

        mean, sd = model.means[:, 0], np.sqrt(model.full_covariances[:, 0, 0])
        # a narrow peak falls between the points of any fixed grid: put some on it
        near = (mean[:, None] + sd[:, None] * np.linspace(-4, 4, 65)).ravel()
        t = np.unique(np.concatenate([self._grid, near]))
        z = (t - mean[:, None]) / sd[:, None]
        density = (model.weights / sd)[:, None] * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)    # (K, T)
        self._curves.set_segments([np.c_[t, d] for d in density])
        self._curves.set_color(colours * DARK)
        self._curves.set_linestyle([style.linestyle(j) for j in range(k)])
        self._total.set_data(t, density.sum(axis=0))
        self._means.set_offsets(self.places(model))
        self._means.set_paths(GLYPHS[:k])
        self._means.set_facecolor(colours * DARK)

    def places(self, model):
        """Where the markers of the means stand: on top of their curves, array (K, 2)."""
        peak = model.weights / np.sqrt(2 * np.pi * model.full_covariances[:, 0, 0])
        return np.c_[model.means[:, 0], np.minimum(peak, 0.97 * self.top)]

    def shares(self, q):
        """Heights (K, B) of each component's piece of each bar: Σ_n∈bar q_nk, as a density."""
        return self.unit * np.stack([np.bincount(self._bin, column, len(self.edges) - 1) for column in q.T])

    def sentence(self, state):
        return sentence_of(state)


def palette(k):
    """Colours of components 0..k−1, array (k, 3)."""
    return np.array([to_rgb(style.component(j)) for j in range(k)])


def blend(q):
    """Colour of each point, array (N, 3): the components' colours in the proportions of q (N, K)."""
    return np.clip(q @ palette(q.shape[1]), 0, 1)


def ellipse(mean, covariance, radius):
    """Points (97, 2) at Mahalanobis distance `radius` from `mean`: axes along Σ's eigenvectors, √eigenvalue long."""
    value, vector = np.linalg.eigh(covariance)
    return mean + radius * ((vector * np.sqrt(value)) @ CIRCLE).T


def around(values, margin):
    """Limits (lo, hi) around `values`, with `margin` times their spread on both sides."""
    lo, hi = float(np.min(values)), float(np.max(values))
    room = margin * (hi - lo) or max(1.0, abs(lo)) * margin
    return lo - room, hi + room


def checked(x, d):
    """x as a finite array (N, d), or a ValueError that says what to do."""
    x = np.asarray(x, dtype=float)
    if x.ndim != 2:
        raise ValueError(f"x: has shape {x.shape}; a picture needs (N, D), points in rows: try x.reshape(-1, 1)")
    if x.shape[1] != d:
        raise ValueError(f"x: has {x.shape[1]} columns and this picture shows {d}; choose one or two columns, "
                         "such as x[:, [0, 1]]")
    if not len(x) or not np.isfinite(x).all():
        raise ValueError("x: empty, NaN or infinite; drop such rows before drawing")
    return x


def parts_of(state, n, d):
    """The model and q (n, K) of a state, checked against the data drawn."""
    model, q = getattr(state, "model", None), getattr(state, "q", None)
    if not hasattr(model, "full_covariances") or q is None:
        raise ValueError("state: this picture needs .q and .model with means and full_covariances: "
                         "a Step of a GaussianMixture")
    means, q = np.asarray(model.means), np.asarray(q)
    if means.shape[1] != d:
        raise ValueError(f"state: the model has D = {means.shape[1]}, the data drawn D = {d}; use the same columns")
    if q.shape != (n, len(means)):
        raise ValueError(f"state: q has shape {q.shape}, not {(n, len(means))}; draw the x that was fitted")
    return model, q


def sentence_of(state):
    """The components in one sentence: weight and mean of each."""
    say = words.of("kit")
    each = (say.COMPONENT.format(k=k, weight=f"{w:.2f}", mean=", ".join(f"{m:.4g}" for m in mean).replace("-", "−"))
            for k, (w, mean) in enumerate(zip(state.model.weights, state.model.means, strict=True), start=1))
    return say.COMPONENTS.format(each="; ".join(each))


def _labels(labels, d):
    labels = tuple(labels) if labels is not None else ("x",) if d == 1 else ("x₁", "x₂")
    if len(labels) != d:
        raise ValueError(f"labels: {len(labels)} given for {d} columns; give one for each")
    return labels


def _markers(axes, area, **options):
    """A collection of markers with a path each; paths, places and colours are set by `update`."""
    collection = PathCollection([], sizes=[area], offset_transform=axes.transData, **options)
    collection.set_transform(IdentityTransform())
    collection.set_clip_path(axes.patch)
    axes.add_collection(collection, autolim=False)
    return collection


GLYPHS = [m.get_path().transformed(m.get_transform()) for m in map(MarkerStyle, style.MARKERS)]
