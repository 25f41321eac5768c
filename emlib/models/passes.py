"""A Gaussian mixture on the fast road (see `emlib.sweeps`): a linear pass, and a careful one where digits are at stake.

**Linear.** With x' = x − c, c the centre of the data, log p(x, z=k|θ) = η_k·T(x), T = (1, x'_i, x'_i x'_j), and
second moments about c give the covariances. That is fast, and it cancels: a component whose spread is tiny beside
its distance from c is the small difference of large numbers. How large is known before any digit is lost: terms
of size A_ii E_k[x'_i²], with A = Σ_k⁻¹, are summed to numbers of size 1, so that their rounding stays below
1e-16 · κ,

    κ = max over k and i of A_ii E_k[x'_i²]     (1 for one normal; squared distance ÷ squared spread for many)

Each M-step looks at κ of the *new* parameters and is taken only while κ ≤ 1000: what comes out of a linear pass
agrees with `GaussianMixture.log_joint` and `m_step` to 1e-12 of the log-likelihood. A column whose offset from
the origin is more than 3000 spreads counts as lost too: its means are rounded when they are written down.

**Careful.** Else the same blocks go through whitened distances to each component's own mean, and moments about
the mean before; where the mean then moves by more than 30 of its new spreads, once more about the new mean.
No common centre enters, so clusters may lie 1e8 spreads apart. Two to ten times slower than linear.
"""

from typing import NamedTuple

import numpy as np

from emlib.models import covariance as of
from emlib.sweeps import LinearPass, Table

LIMIT = 1e3                 # of κ; 2e-16 · 1e3 is well below the rounding that `emlib.trace.verdict` allows
OFFSET = 1e-4               # centre² counts so much in κ: LIMIT is met at an offset of sqrt(1e3 / 1e-4) spreads
PASSES = 4                  # about means that are better each time; more cannot help, the last one is taken


def n_statistics(kind, d):
    """Length of T(x): 1, the columns, and their products or squares."""
    return 1 + d + (d * (d + 1) // 2 if kind in ("full", "tied") else d)


class Theta(NamedTuple):
    """The parameters of a mixture, without the checks of a public model."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


class GaussianFit:
    """What all passes of one fit share: the kind of mixture, facts about the data, the table of T."""

    def __init__(self, model, blocks):
        self.make, self.kind, self.floor = type(model), model.covariance_type, model.floor
        self.k, self.d = model.means.shape
        self.n, self.centre, self.magnitude = blocks.n, blocks.centre, blocks.magnitude
        self.matrices = self.kind in ("full", "tied")
        # a variance that is zero to rounding, or far from the origin, must not look well resolved
        self.slack = OFFSET * self.centre**2 + LIMIT * of.resolution(self.magnitude, self.kind) ** 2
        self.p = n_statistics(self.kind, self.d)
        self.half_d_log_2pi = 0.5 * self.d * np.log(2 * np.pi)
        self.table = Table(self.p, blocks)
        # products x_i x_j stand by their lag j − i: squares first, each lag one contiguous multiplication
        i = np.concatenate([np.arange(self.d - lag) for lag in range(self.d if self.matrices else 1)])
        j = i + np.repeat(np.arange(self.d), np.arange(self.d, 0, -1))[:len(i)]
        self.entries, self.factors = i * self.d + j, np.where(i == j, -0.5, -1.0)       # of A, in η·T
        self.where = np.empty((self.d, self.d), dtype=int)
        if self.matrices:
            self.where[i, j] = self.where[j, i] = 1 + self.d + np.arange(len(i))

    def statistics(self, rows, out):
        """T(x) of a block (B, D) into out (P, B)."""
        d = self.d
        x = out[1:1 + d]
        out[0] = 1
        np.subtract(rows.T, self.centre[:, None], out=x)
        at = 1 + d
        for lag in range(d if self.matrices else 1):
            np.multiply(x[:d - lag], x[lag:], out=out[at:at + d - lag])
            at += d - lag

    def variances(self, cov):
        """The variance of each column, array (K, D) or one that broadcasts to it."""
        if self.matrices:
            return cov.reshape(-1, self.d * self.d)[:, ::self.d + 1]
        return cov.reshape(self.k, -1)

    def first(self, theta):
        """A pass at θ: linear where that keeps its digits."""
        linear = theta.weights.all() and self.linear(theta.weights, theta.means - self.centre, theta.covariances)
        return linear or Careful(self, theta)

    def linear(self, weights, means, cov, limit=LIMIT):
        """A linear pass at parameters whose means are relative to the centre, or None where κ is above the limit."""
        if not self.matrices and not cov.min() > 0:
            return None
        try:
            w = of.whitener(cov, self.kind, self.k, self.d)
        except np.linalg.LinAlgError:                               # not positive-definite: its digits are gone
            return None
        eta = np.empty((self.k, self.p))
        if self.matrices:
            a = np.swapaxes(w, 1, 2) @ w
            precision = a.reshape(self.k, -1)
            tilt = (a @ means[:, :, None])[:, :, 0]
            scale = w.reshape(self.k, -1)[:, ::self.d + 1]
        else:
            precision, scale = w * w, w
            tilt = precision * means
        diagonal = precision[:, ::self.d + 1] if self.matrices else precision
        if not (diagonal * (means * means + self.variances(cov) + self.slack)).max() <= limit:
            return None
        height = np.log(weights) + np.log(scale).sum(axis=1) - self.half_d_log_2pi
        peak = height.max()
        eta[:, 0] = height - peak - 0.5 * np.add.reduce(tilt * means, axis=1)
        eta[:, 1:1 + self.d] = tilt
        eta[:, 1 + self.d:] = (precision[:, self.entries] if self.matrices else precision) * self.factors
        return Linear(self, Theta(weights, means, cov), eta, float(peak))


class Linear(LinearPass):
    """log_joint = η·T(x); the M-step from S = Σ r Tᵀ. Means are relative to the centre."""

    def __init__(self, fit, theta, eta, peak):
        super().__init__(eta, peak)
        self.fit, self.theta = fit, theta

    @property
    def absolute(self):
        """θ with means where the data are."""
        return self.theta._replace(means=self.theta.means + self.fit.centre)

    @property
    def model(self):
        """θ as a public model."""
        return self.fit.make(*self.absolute, self.fit.kind, self.fit.floor)

    def read(self, rows):
        return self.fit.table.of(rows, self.fit.statistics)

    def m_step(self):
        fit, d = self.fit, self.fit.d
        counts = self.sums[:, 0]
        if not counts.min() > of.least_count(fit.n):
            return None
        moments = self.sums / counts[:, None]                       # E_k[T(x)]
        weights, means = counts / counts.sum(), moments[:, 1:1 + d]                     # Bishop 9.26, 9.24
        second = moments[:, fit.where] if fit.matrices else moments[:, 1 + d:]
        cov = of.from_moments(means, second, weights, fit.kind)                         # Bishop 9.25
        return fit.linear(weights, means, of.at_least(cov, fit.kind, fit.floor))

    def careful(self):
        return Careful(self.fit, self.absolute)


class Careful:
    """Whitened distances to each component's own mean; moments about `about`, at first the means before."""

    def __init__(self, fit, theta, about=None, left=PASSES):
        self.fit, self.theta, self.left = fit, theta, left
        self.about = theta.means if about is None else about
        self.whiten = of.whitener(theta.covariances, fit.kind, fit.k, fit.d)
        self.log_scale = of.log_scale(theta.weights, self.whiten)
        self.peak = float(self.log_scale.max())
        self.counts, self.first = np.zeros(fit.k), np.zeros((fit.k, fit.d))
        self.second = np.zeros((fit.k, fit.d, fit.d) if fit.matrices else (fit.k, fit.d))

    @property
    def model(self):
        """θ as a public model."""
        return self.fit.make(*self.theta, self.fit.kind, self.fit.floor)

    def read(self, rows):
        return np.ascontiguousarray(rows.T)

    def log_joint(self, block, out):
        with np.errstate(over="ignore"):                            # too far for doubles: −inf, and the sweep says so
            of.log_density(block, self.theta.means, self.whiten, self.log_scale - self.peak, out)

    def add(self, r, block):
        self.counts += r.sum(axis=1)
        for k, about in enumerate(self.about):
            d = block - about[:, None]
            self.first[k] += d @ r[k]
            self.second[k] += of.scatter(r[k], d, "full" if self.fit.matrices else "diag")

    def m_step(self):
        fit, counts = self.fit, self.counts
        of.check_empty(counts, fit.n)
        weights, first = counts / counts.sum(), self.first / counts[:, None]
        second = (self.second.T / counts).T
        cov = of.from_moments(first, second, weights, fit.kind)
        if self.left and not of.shift(first, cov, fit.kind) <= LIMIT:
            return None
        cov = of.at_least(cov, fit.kind, fit.floor)
        of.check_collapse(cov, fit.kind, fit.magnitude)
        theta = Theta(weights, self.about + first, cov)
        # κ must fall well below the limit before the linear pass is trusted again: no going back and forth
        return fit.linear(weights, theta.means - fit.centre, cov, LIMIT / 4) or Careful(fit, theta)

    def careful(self):
        better = self.about + self.first / self.counts[:, None]
        return Careful(self.fit, self.theta, better, self.left - 1)
