"""The two forms of a component in streaming EM: linear in T(x), and recentred. When which: `emlib.streaming.gaussian`.

A form holds some of the mixture's components. A block is a pair: T(x), array (P, B), and x with its columns first,
(D, B); either is None where no component needs it.
"""

import numpy as np


def n_statistics(kind, d):
    """P, the length of T(x) for a kind of covariance: 1, the columns, and their products or squares."""
    return 1 + d + (d * (d + 1) // 2 if kind.matrices else d)


class Features:
    """T(x) = (1, x'_i, x'_i x'_j) with x' = x − centre: of full kinds all i ≤ j, of diagonal kinds i = j alone."""

    def __init__(self, kind, blocks):
        # x'_i x'_j by lag j − i: each lag is one contiguous multiplication. Lag 0: the squares
        self.kind, self.centre, d = kind, blocks.centre, len(blocks.centre)
        self._lags = range(d if kind.matrices else 1)
        self.i = np.concatenate([np.arange(d - lag) for lag in self._lags])
        self.j = np.concatenate([lag + np.arange(d - lag) for lag in self._lags])
        self.places = np.zeros((d, d), int)                         # of x'_i x'_j in T
        self.places[self.i, self.j] = self.places[self.j, self.i] = 1 + d + np.arange(len(self.i))
        self._t = np.ones((n_statistics(kind, d), blocks.widest))
        self._once, self._done = blocks.n <= blocks.widest, False   # one block is all the data: T is computed once

    def of(self, xt):
        """T of a block (D, B), array (P, B)."""
        t, d = self._t[:, :xt.shape[1]], len(xt)
        if self._done:
            return t
        self._done = self._once
        x, at = t[1:1 + d], 1 + d                                   # the 1 of T is there already
        np.subtract(xt, self.centre[:, None], out=x)
        for lag in self._lags:
            np.multiply(x[:d - lag], x[lag:], out=t[at:at + d - lag])
            at += d - lag
        return t

    def eta(self, log_weight, whiten, means):
        """η (K, P) with η·T(x) = log_weight − ½ |W (x − mean)|²."""
        mean = means - self.centre
        if self.kind.matrices:
            transposed = np.swapaxes(whiten, 1, 2)
            y = whiten @ mean[:, :, None]
            tilt, a = (transposed @ y)[:, :, 0], (transposed @ whiten)[:, self.i, self.j]
        else:
            y = whiten * mean
            tilt, a = whiten * y, whiten * whiten
        constant = log_weight - 0.5 * (y * y).reshape(len(y), -1).sum(axis=1)
        return np.concatenate([constant[:, None], tilt, np.where(self.i == self.j, -0.5, -1) * a], axis=1)


class Linear:
    """log_joint = η·T(x); the statistics are S = Σ_n r_n T(x_n)ᵀ."""

    def __init__(self, features, eta):
        self.features, self.eta, self.sums, self.n = features, eta, None, len(eta)

    @property
    def counts(self):
        """Σ_n r_n of each component."""
        return self.sums[:, 0]

    def log_joint(self, block, out):
        np.matmul(self.eta, block[0], out=out)

    def add(self, r, block):
        sums = np.matmul(r, block[0].T)
        self.sums = sums if self.sums is None else np.add(self.sums, sums, out=self.sums)

    def moments(self):
        """Means (K, D), and second moments about them."""
        d, averages = len(self.features.centre), self.sums / self.counts[:, None]
        first = averages[:, 1:1 + d]
        if self.features.kind.matrices:
            second = averages[:, self.features.places] - first[:, :, None] * first[:, None, :]
        else:
            second = averages[:, 1 + d:] - first * first
        return self.features.centre + first, second


class Recentred:
    """log_joint = log_weight − ½ |W (x − mean)|²; the statistics are moments of x − about."""

    def __init__(self, kind, log_weight, whiten, means, about=None):
        self.kind, self.log_weight, self.whiten, self.means = kind, log_weight, whiten, means
        self.about, self.n = means if about is None else about, len(means)
        self.counts, self._first = np.zeros(self.n), np.zeros(means.shape)
        self._second = np.zeros(whiten.shape)                       # matrices, or their diagonals, as W is
        self._from = self._buffer = np.empty(0)

    def log_joint(self, block, out):
        xt = block[1]
        if self._from.shape[1:] != xt.shape:
            self._from, self._buffer = np.empty((self.n, *xt.shape)), np.empty(xt.shape)
        with np.errstate(over="ignore"):                            # too far for doubles: −inf, and the pass says so
            for j, (w, d) in enumerate(zip(self.whiten, self._from, strict=True)):
                np.subtract(xt, self.means[j][:, None], out=d)
                y = np.matmul(w, d, out=self._buffer) if self.kind.matrices else np.multiply(
                    w[:, None], d, out=self._buffer)
                np.einsum("dn,dn->n", y, y, out=out[j])
                out[j] *= -0.5
                out[j] += self.log_weight[j]

    def add(self, r, block):
        xt = block[1]
        self.counts += r.sum(axis=1)
        for j, d in enumerate(self._from):                          # x − mean, left there by log_joint
            if self.about is not self.means:
                np.subtract(xt, self.about[j][:, None], out=d)
            weighted = np.multiply(r[j], d, out=self._buffer)
            self._first[j] += weighted.sum(axis=1)
            self._second[j] += weighted @ d.T if self.kind.matrices else np.einsum("dn,dn->d", weighted, d)

    def moments(self):
        """Means (K, D), and second moments about them."""
        counts = self.counts[:, None]
        first = self._first / counts
        if not self.kind.matrices:
            return self.about + first, self._second / counts - first * first
        second = self._second / counts[:, :, None] - first[:, :, None] * first[:, None, :]
        return self.about + first, (second + np.swapaxes(second, 1, 2)) / 2

    def moved(self, moments):
        """How far the means lie from `about`, at most, in the new spreads squared."""
        first = self._first / self.counts[:, None]
        if not self.kind.matrices:
            return np.sum(first * first / moments, axis=1).max()
        try:
            return np.abs(np.sum(first * np.linalg.solve(moments, first[:, :, None])[:, :, 0], axis=1)).max()
        except np.linalg.LinAlgError:
            return np.inf
