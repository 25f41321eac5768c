"""How much probability a density holds: sums over whole numbers, integrals over real ones.

A density is asked for its logarithm, a column for each z: the columns tell where each component has its peak, however
narrow and wherever it is, and that is where the panels of the sum are laid.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = ["Axis", "Density", "along"]

NODES, KRONROD = np.array([
    (-0.991455371120812639206, 0.022935322010529224964), (-0.949107912342758524526, 0.063092092629978553291),
    (-0.864864423359769072790, 0.104790010322250183840), (-0.741531185599394439864, 0.140653259715525918745),
    (-0.586087235467691130294, 0.169004726639267902827), (-0.405845151377397166907, 0.190350578064785409913),
    (-0.207784955007898467601, 0.204432940075298892414), (0.0, 0.209482141084727828013)]).T
NODES, KRONROD = np.append(NODES, -NODES[-2::-1]), np.append(KRONROD, KRONROD[-2::-1])
GAUSS = np.zeros(15)
GAUSS[1::2] = (0.129484966168869693271, 0.279705391489276667901, 0.381830050505118944950, 0.417959183673469387755,
               0.381830050505118944950, 0.279705391489276667901, 0.129484966168869693271)

ROUNDS = 60             # of halving the panels that are not yet good enough
MOST = 60_000           # points at which a density is asked in one round
NEAR, FAR = 12, 500     # panels grow from a component's own width up to 2^NEAR of it one by one, then to 2^FAR
TOO_MUCH = 100          # of probability in one panel
REFUSALS = 200          # points at which a model may raise before it is asked no more
ONE_BY_ONE = 4096       # whole numbers up to this size are added one by one; beyond, a sum is an integral


class Axis(NamedTuple):
    """Probability along a line.

    Attributes
    ----------
    edges : array (P + 1,)
        Ends of the panels, from one end of the line to the other.
    parts : array (P,)
        What each panel holds.
    error : float
        How far the sum of all may be off.
    grows : tuple of two bools
        Whether it does not fall off to the left, to the right.
    refused : tuple of two bools
        Whether the model raised an error left of the data, right of them.
    """

    edges: np.ndarray
    parts: np.ndarray
    error: float
    grows: tuple
    refused: tuple

    def between(self, low, high):
        """What lies between two edges."""
        inside = (self.edges[:-1] >= low) & (self.edges[1:] <= high)
        return float(self.parts[inside].sum())


class Refuses(ValueError):
    """The model raises at so many x that p cannot be summed over them."""


@dataclass
class Density:
    """log p(x, z|θ) at points (M,) or (M, 2): an array (M, K), −∞ where the model says NaN or ∞, or raises.

    `ask` is the model's own, of K = `k` columns, and not asked below `least`; `raised` are points at which it raised.
    """

    ask: object
    k: int = 1
    least: float = -np.inf

    def __post_init__(self):
        self.raised = []

    def __call__(self, points):
        inside = np.ones(len(points), dtype=bool) if points.ndim > 1 else points >= self.least
        table = np.full((len(points), self.k), -np.inf)
        if inside.any():
            table[inside] = self._asked(points[inside])
        return np.where(np.isnan(table) | (table == np.inf), -np.inf, table)

    def total(self, points):
        """p(x|θ), (M,)."""
        with np.errstate(over="ignore"):
            return np.exp(np.logaddexp.reduce(self(points), axis=1))

    def _asked(self, points):
        try:
            table = np.asarray(self.ask(points), dtype=float)
            if table.shape == (len(points), self.k):
                return table
        except Exception as error:      # beyond what the model takes: found point by point
            if len(self.raised) > REFUSALS:
                raise Refuses(f"the model refuses too many x, with {type(error).__name__}: {error}") from error
        if len(points) == 1:
            self.raised.append(points[0])
            return np.full((1, self.k), -np.inf)
        half = len(points) // 2
        return np.vstack([self._asked(points[:half]), self._asked(points[half:])])


def along(density, data, places, step=None, tolerance=1e-7):
    """Probability along a line, or over whole numbers: an `Axis`.

    Parameters
    ----------
    density : Density
    data : array
        Values seen; they say where to look first, and that the model is asked there in earnest.
    places : array
        More places to look at: where panels are to end.
    step : float or None
        The lattice of the data: they are added up, not integrated; None for real numbers.
    tolerance : float
        Of the whole, to which panels are halved.
    """
    low, high = float(data.min()), float(data.max())
    if step is not None and max(abs(low), abs(high)) <= ONE_BY_ONE * step:
        return _one_by_one(density, low, high, step)
    density.raised.clear()
    edges = _edges(density, np.unique(data), np.unique([low, high, *places]))
    edges = np.unique(np.maximum(edges, density.least))
    parts, error = _integrated(density, edges, tolerance)
    tails = [_falls_off(density, edges[i], edges[j]) for i, j in ((0, 1), (-1, -2))]
    return Axis(edges, parts, error, tuple(not falls for falls in tails), _refused(density, low, high))


def _one_by_one(density, low, high, step):
    """Whole numbers from 0 (or below, where some data are) on, until nothing is left."""
    density.raised.clear()
    first = low - step * (low // step) if low >= 0 else low - step * np.ceil(max(high - low, 8 * step) / step)
    n, last, grows = int((high - first) / step) + 32, None, True
    while n <= 32 * ONE_BY_ONE:
        values = first + step * np.arange(n)
        p = density.total(values)
        tail = p[-max(n // 4, 8):]
        if len(density.raised) or tail.sum() <= 1e-9 * max(p.sum(), 1e-300):
            grows = False
            break
        if last is not None and (p.sum() > 1e6 * max(last, 1.0) or (n > 1000 and p[-1] > 0.9 * p[n // 2])):
            break                                                       # it grows without end, or stays as it is
        last, n = p.sum(), 2 * n
    edges = first + step * (np.arange(len(p) + 1) - 0.5)
    left = low < 0 and p[0] > 1e-9 * p.sum()
    return Axis(edges, p, 0.0, (bool(left), grows), _refused(density, low, high))


def _refused(density, low, high):
    """Whether the model raised beyond the data, left or right; below 0 it may, where no x is."""
    raised = np.array(density.raised or [np.nan])
    return bool(((raised < low) & ((raised >= 0) | (low < 0))).any()), bool((raised > high).any())


def _edges(density, data, places):
    """Ends of panels: narrow where a component is narrow, wider with the distance from its peak."""
    out = max(np.ptp(data), 1e-3 * np.abs(data).max(), 1e-300) * 2.0 ** np.arange(-3, 60)
    some = data if len(data) <= 64 else np.quantile(data, np.linspace(0, 1, 65))
    found = [places, data[0] - out, data[-1] + out, some]
    for peak, left, right in _peaks(density, np.unique(np.concatenate([places, found[-1]]))):
        grid = 2.0 ** np.arange(-3, NEAR)
        found += [[peak], peak - left * grid, peak + right * grid]
    edges = np.unique(np.concatenate(found))
    edges = edges[np.isfinite(edges)]
    wide = max(edges[-1] - edges[0], np.finfo(float).tiny)
    ends = wide * 2.0 ** np.arange(1, FAR, 2)
    for outer in (edges[0] - ends, edges[-1] + ends):
        outer = outer[np.isfinite(outer)]
        heavy = (density.total(outer[:41:8]) > 0).any()
        edges = np.union1d(edges, outer if heavy else outer[:2])
    return edges


def _peaks(density, places):
    """(peak, width to the left, width to the right) of each column: where it falls by about 1 nat."""
    span = max(places[-1] - places[0], 1e-3 * np.abs(places).max(), np.finfo(float).tiny)
    out = span * 2.0 ** np.arange(-1, 60)
    grid = np.concatenate([places[0] - out[::-1], places, places[-1] + out])
    table = density(grid)
    for k in range(table.shape[1]):
        points, values = grid, table[:, k]
        for _ in range(40):
            i = int(np.argmax(values))
            if not np.isfinite(values[i]):
                break
            low, high = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
            around = [values[max(i - 1, 0)], values[min(i + 1, len(points) - 1)]]
            if values[i] - min(around) < 1 or not high - low > 4e-15 * max(abs(low), abs(high)):
                break
            points = np.union1d(np.linspace(low, high, 17), points[i])
            values = density(points)[:, k]
        i = int(np.argmax(values))
        if np.isfinite(values[i]):
            yield points[i], *_widths(density, points[i], values[i], k, span)


def _widths(density, peak, height, k, span):
    """The distance to each side after which a column has fallen by 1 nat, or a span where it never does."""
    steps = span * 2.0 ** np.arange(-60, 8)
    steps = steps[steps > 1e-15 * abs(peak)]
    for side in (-1, 1):
        falls = height - density(peak + side * steps)[:, k] > 1
        yield steps[int(np.argmax(falls))] if falls.any() else span


def _integrated(density, edges, tolerance):
    """(what each panel holds, how far all together may be off): Gauss and Kronrod, halving what is not good enough."""
    low, high, owner = edges[:-1], edges[1:], np.arange(len(edges) - 1)
    parts, errors = np.zeros(len(owner)), 0.0
    for rounds in range(ROUNDS):
        half = (high - low) / 2
        nodes = (low + half)[:, None] + half[:, None] * NODES
        p = density.total(nodes.ravel()).reshape(nodes.shape) * half[:, None]
        fine, coarse = p @ KRONROD, p @ GAUSS
        off = np.abs(fine - coarse)
        off = np.where(np.isnan(off), np.inf, off)
        # where there is far more than 1 it need not be known how much
        good = (off <= tolerance / len(edges)) | (half <= 1e-15 * np.abs(low)) | ~(fine < TOO_MUCH)
        if rounds == ROUNDS - 1 or 30 * (~good).sum() > MOST:
            good[:] = True
        np.add.at(parts, owner[good], fine[good])
        errors += float(off[good & (fine < TOO_MUCH)].sum())
        if good.all():
            break
        low, high, owner = low[~good], high[~good], owner[~good]
        middle = (low + high) / 2
        low, high, owner = np.append(low, middle), np.append(middle, high), np.append(owner, owner)
    return parts, errors


def _falls_off(density, end, before):
    """Whether nothing worth mentioning is left at the end of a line."""
    points = np.array([end, (end + before) / 2])
    return bool((density.total(points) * abs(end - before) < 1e-9).all())
