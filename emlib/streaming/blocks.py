"""Data block by block: an array, a mapped file or a reader; read again in each pass, never copied whole."""

import numpy as np

from emlib import _validate as validate

__all__ = ["Blocks", "is_reader", "rows_in_cache"]

CACHE = 900_000             # bytes of a block's numbers: about half of the second-level cache of a core
ONE_CORE = 1_000_000        # multiplications of a matrix product that OpenBLAS leaves to one core
MANY = 2048                 # points of a block where a product is so large that more cores pay


def rows_in_cache(k, p):
    """How many points make a block, for matrix products of (K, P) with (P, B).

    So many that the block stays in the cache, and its products with one core: OpenBLAS uses a second thread above
    ONE_CORE multiplications, and for small products the synchronisation costs more than it saves.
    """
    rows = min(CACHE // (8 * (k + p)), ONE_CORE // (k * p), 16384)
    return rows if rows >= 512 else MANY


def is_reader(x):
    """Whether x gives its data block by block: a list or tuple of 2-D arrays, or an iterable that is no array."""
    if isinstance(x, (list, tuple)):
        return bool(x) and all(getattr(block, "ndim", 0) == 2 for block in x)
    an_array = any(hasattr(x, name) for name in ("__array__", "toarray", "dtype"))
    return hasattr(x, "__iter__") and not an_array and not isinstance(x, (str, bytes, set, dict, range))


class Blocks:
    """Rows of x with their weights, in blocks; iterating gives (rows (B, D) of float64, weights (B,) or None).

    Making one is the first pass: it checks every row and learns what is needed about the whole.
    Rows of weight 0 are checked, then left out.

    Parameters
    ----------
    x : array (N, D), numpy.memmap, or reader
        A reader is anything that can be iterated again and again and gives arrays (B, D):
        a list of arrays, or an object whose ``__iter__`` opens a file.
    sample_weight : array (N,) or None
        How often each point counts.
    check : callable
        rows → rows as a float array, or a ValueError.
    rows : int
        The largest block to hand out.

    Attributes
    ----------
    n : int
        Number of points with a weight above 0.
    total : float
        Sum of the weights; N without weights.
    centre, spread, magnitude : array (D,)
        Weighted mean, standard deviation and largest absolute value of each column.
    widest : int
        Rows of the largest block.

    Raises
    ------
    ValueError
        If x or sample_weight is not of this form, or a one-shot iterator.
    """

    def __init__(self, x, sample_weight, check, rows):
        if is_reader(x):
            if iter(x) is x:
                raise ValueError("x is a one-shot iterator, and EM reads the data once per iteration; give a list of "
                                 "arrays, or an object whose __iter__ starts anew each time")
        elif not (_is_sliced(x) and x.dtype.kind in "fiub" and len(x.shape) == 2 and 0 not in x.shape):
            x = check(x)                                            # not an array of NumPy's numbers, or refused
        self._x, self._rows, self._weights = validate.unmasked(x, "x"), rows, None
        if sample_weight is not None:
            w = np.ascontiguousarray(validate.real(sample_weight, "sample_weight"))
            self._weights = validate.sample_weight(w, w.size if is_reader(x) else len(x))
        self._survey(check)

    def _survey(self, check):
        """The first pass: check each block; count, weigh and centre the data."""
        self.n, self.total, self.widest, self._length, self.magnitude = 0, 0.0, 0, 0, 0.0
        mean, scatter = 0.0, 0.0
        for rows in self._raw():
            rows = check(rows)
            weights = self._weights_of(self._length, len(rows))
            self._length += len(rows)
            if weights is not None and len(weights) < len(rows):
                continue                                            # too few weights: refused below, with both numbers
            rows, weights = _without_absent(rows, weights)
            w = np.ones(len(rows)) if weights is None else weights
            self.n, self.total, self.widest = self.n + len(rows), self.total + w.sum(), max(self.widest, len(rows))
            if len(rows):
                before = rows - mean
                mean = mean + w @ before / self.total
                scatter = scatter + w @ (before * (rows - mean))    # Welford (1962), by blocks
                self.magnitude = np.maximum(self.magnitude, np.abs(rows).max(axis=0))
        if not self._length:
            raise ValueError("x gives no blocks; expected at least one array (B, D)")
        if self._weights is not None:
            validate.sample_weight(self._weights, self._length)
        self.centre, self.spread = mean, np.sqrt(scatter / self.total)

    def __iter__(self):
        start = 0
        for rows in self._raw():
            weights = self._weights_of(start, len(rows))
            start += len(rows)
            rows, weights = _without_absent(validate.real(rows, "x"), weights)
            if len(rows) > self.widest:
                raise ValueError(f"x gave a block of {len(rows)} points in this pass and none larger than "
                                 f"{self.widest} in the first; a reader must give the same blocks each time")
            if len(rows):
                yield rows, weights
        if start != self._length:
            raise ValueError(f"x gave {start} points in this pass and {self._length} in the first; a reader must give "
                             "the same blocks each time")

    def sample(self, n, rng):
        """At most n rows, array (≤ n, D), drawn without replacement with their weights; all of them if n suffices."""
        if self.n <= n:
            return np.concatenate([rows for rows, _ in self])
        share = np.full(self._length, 1.0) if self._weights is None else self._weights
        chosen = np.sort(rng.choice(self._length, size=min(n, self.n), replace=False, p=share / share.sum()))
        found, start = [], 0
        for rows in self._raw():
            first, last = np.searchsorted(chosen, [start, start + len(rows)])
            found.append(validate.real(rows, "x")[chosen[first:last] - start])
            start += len(rows)
        return np.concatenate(found)

    def _raw(self):
        """Slices of x of at most so many rows, as they are stored; one of a file may turn out to be masked."""
        for source in self._x if is_reader(self._x) else (self._x,):
            source = source if _is_sliced(source) else np.atleast_1d(validate.real(source, "x"))
            for start in range(0, len(source), self._rows):
                yield source[start:start + self._rows]

    def _weights_of(self, start, n):
        return None if self._weights is None else self._weights[start:start + n]


def _is_sliced(x):
    """Whether x[a:b] are rows of numbers, read when they are asked for; in a table a and b may be labels."""
    numbers = isinstance(getattr(x, "dtype", None), np.dtype) and not hasattr(x, "toarray")
    return numbers and bool(getattr(x, "shape", ()))


def _without_absent(rows, weights):
    """Rows and weights, without those of weight 0."""
    if weights is None or weights.all():
        return rows, weights
    return rows[weights > 0], weights[weights > 0]
