"""A Gaussian mixture, streamed (see `emlib.streaming`): a linear pass, and a careful one where digits are at stake.

**Linear.** With x' = x − c, c the centre of the data, log p(x, z=k|θ) = η_k·T(x), where T = (1, x'_i, x'_i x'_j), and
the M-step sets E_k[T], the moments of component k about c, to their averages over the data. That is fast, and it
cancels: a component whose spread is tiny beside its distance from c is a small difference of large numbers. How
tiny is known before a digit is lost. With A = Σ_k⁻¹, numbers of size A_ii E_k[x'_i²] are summed to numbers of size 1,
so that rounding is about 1e-16 · κ,

    κ = max over k and i of A_ii E_k[x'_i²],

about 1 + (distance from c ÷ spread)² of the component for which that is worst. Each M-step looks at κ of the *new*
parameters, and is taken only if κ ≤ 4000: then the log-likelihood agrees with `GaussianMixture.log_lik` to 1e-12, the
parameters with `m_step` to 1e-11 of the spreads. (Measured against 50 digits: 1e-13 and 3e-12.) Offsets from the
origin count too, since a public model rounds its means there: beyond 6000 spreads the pass is careful.

**Careful.** Else the same blocks go through whitened distances to each component's own mean, and moments about
the mean before; where the mean has then moved by more than 60 of its new spreads, once more about the new mean.
No common centre enters, so that clusters may lie 1e8 spreads apart. Two to ten times slower than linear.
"""

import math
from typing import NamedTuple

import numpy as np

from emlib.models import covariance as of
from emlib.streaming.protocol import LinearPass, Table

LIMIT = 4e3                 # of κ; 1e-16 · 4e3 stays below the rounding that `emlib.trace.verdict` allows
OFFSET = 1e-4               # centre² counts so much in κ: LIMIT is met at an offset of sqrt(4e3 / 1e-4) spreads
LOG_2PI = math.log(2 * math.pi)
FEW = 8                     # components; with more, NumPy is faster
PASSES = 4                  # about means that are better each time; more cannot help, the last one is taken


def n_statistics(kind, d):
    """P, the length of T(x): 1, the columns, and their products or squares."""
    return 1 + d + (d * (d + 1) // 2 if kind in ("full", "tied") else d)


class Theta(NamedTuple):
    """The parameters of a mixture, without the checks of a public model."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


class GaussianFit:
    """What all passes of one fit share: the kind of mixture, facts about the data, the table of T.

    Moments are kept in units of each column's spread, rounded to a power of two: nothing over- or underflows,
    and the change of units is exact.
    """

    def __init__(self, model, blocks):
        self.kind, self.floor, (self.k, self.d) = model.covariance_type, model.floor, model.means.shape
        self.make = lambda theta: type(model)(*theta, self.kind, self.floor)
        self.n, self.least_count = blocks.n, of.least_count(blocks.n)
        self.centre, self.magnitude = blocks.centre, blocks.magnitude
        self.matrices = self.kind in ("full", "tied")
        self.table = Table(n_statistics(self.kind, self.d), blocks)
        # T_p = y_i y_j with y = (1, x'). By lag j − i: each lag is one contiguous multiplication. Lag 0: squares of x'.
        d, lags = self.d, range(self.d if self.matrices else 1)
        i = np.concatenate([np.zeros(1 + d, int), *(1 + np.arange(d - lag) for lag in lags)])
        j = np.concatenate([np.arange(1 + d), *(1 + lag + np.arange(d - lag) for lag in lags)])
        unit = np.r_[1, 2.0 ** np.round(np.log2(np.where(blocks.spread > 0, blocks.spread, 1)))]
        self.units, self.unit = unit[i] * unit[j], unit[1:]
        self.entries = i * (1 + d) + j                              # of T in the matrix y yᵀ, and
        self.places = np.zeros((1 + d, 1 + d), int)                 # of that matrix in T
        self.places[i, j] = self.places[j, i] = np.arange(len(i))
        self.inner = ((i - 1) * d + j - 1)[1 + d:]                  # of x'_i x'_j in the matrix x' x'ᵀ
        self.factors = np.where(i == 0, 1, np.where(i == j, -0.5, -1)) / self.units     # η·T has −½ x'ᵀ A x' in it
        self.constrained = bool(self.floor) or self.kind in ("tied", "spherical")
        self.few = self.kind == "full" and not self.floor and d <= 2 and self.k <= FEW
        self.constant = -np.log(self.unit).sum() - 0.5 * d * LOG_2PI
        # a variance that is nothing beside the offset from the origin, or beside rounding, is not well resolved
        slack = OFFSET * self.centre**2 + LIMIT * of.resolution(self.magnitude, self.kind) ** 2
        self.slack, self.raw_slack = slack / self.unit**2, slack.tolist()

    def statistics(self, rows, out):
        """T(x) of a block (B, D) into out (P, B)."""
        d = self.d
        x, at = out[1:1 + d], 1 + d                                 # the 1 of T is there already
        np.subtract(rows.T, self.centre[:, None], out=x)
        for lag in range(d if self.matrices else 1):
            np.multiply(x[:d - lag], x[lag:], out=out[at:at + d - lag])
            at += d - lag

    def first(self, model):
        """A pass at a public model: linear where that keeps its digits."""
        theta = Theta(model.weights, model.means, model.covariances)
        linear = self.linear(theta.weights, self.moments(theta), model) if theta.weights.all() else None
        return linear or Careful(self, theta, model)

    def moments(self, theta):
        """E_k[T] under θ, array (K, P), in units of the columns."""
        mean = (theta.means - self.centre) / self.unit
        y = np.concatenate([np.ones((self.k, 1)), mean], axis=1)
        outer = y[:, :, None] * y[:, None, :]
        outer[:, 1:, 1:] += of.as_full(theta.covariances, self.kind, self.k, self.d) / np.outer(self.unit, self.unit)
        return outer.reshape(self.k, -1)[:, self.entries]

    def averages(self, sums):
        """Weights (K,) and moments (K, P) in units of the columns, from S."""
        counts = sums[:, 0]
        return counts / np.add.reduce(counts), sums / counts[:, None] / self.units                      # Bishop 9.26

    def theta(self, weights, moments):
        """θ from moments (K, P) in units of the columns: the maximum of E_q[log p] for this type and floor (W14)."""
        first, second = moments[:, 1:1 + self.d], moments[:, 1 + self.d:]
        if self.matrices:
            second = moments[:, self.places[1:, 1:]] * np.outer(self.unit, self.unit)
        else:
            second = second * self.unit**2
        mean = first * self.unit
        cov = of.at_least(of.from_moments(mean, second, weights, self.kind), self.kind, self.floor)     # Bishop 9.25
        return Theta(weights, mean + self.centre, cov)                                                  # Bishop 9.24

    def linear(self, weights, moments, model=None, limit=LIMIT):
        """A linear pass at the θ of these moments (K, P), or None where κ is above the limit."""
        d, k = self.d, self.k
        first, squares = moments[:, 1:1 + d], moments[:, 1 + d:1 + 2 * d]
        if self.matrices:
            cov = moments.take(self.places[1:, 1:], axis=1) - first[:, :, None] * first[:, None, :]
            try:
                a, log_det = np.linalg.inv(cov), np.linalg.slogdet(cov)[1]
            except np.linalg.LinAlgError:
                return None
            tilt = (a @ first[:, :, None])[:, :, 0]
            a = a.reshape(k, -1).take(self.inner, axis=1)
        else:
            variance = squares - first * first
            if not variance.min() > 0:
                return None
            a, log_det = 1 / variance, np.log(variance).sum(axis=1)
            tilt = a * first
        if not np.abs(a[:, :d] * (squares + self.slack)).max() <= limit:
            return None
        height = np.log(weights) - 0.5 * log_det
        peak = height.max()
        eta = np.concatenate([(height - peak - 0.5 * np.add.reduce(tilt * first, axis=1))[:, None], tilt, a], axis=1)
        return Linear(self, eta * self.factors, float(peak) + self.constant, weights, moments, model)

    def linear_in_numbers(self, sums):
        """`linear` for a few full covariances in one or two dimensions: there NumPy's calls cost more than the sums."""
        rows, eta, heights, kappa = sums.tolist(), [], [], 0.0
        total = math.fsum(row[0] for row in rows)
        for n, *row in rows:
            if not n > self.least_count:
                return None
            if self.d == 1:
                x, xx = (s / n for s in row)
                det = xx - x * x
                if not 0 < det < math.inf:
                    return None
                tilt = x / det
                eta.append([-0.5 * tilt * x, tilt, -0.5 / det])
                kappa = max(kappa, (xx + self.raw_slack[0]) / det)
            else:
                x, y, xx, yy, xy = (s / n for s in row)
                u, v, w = xx - x * x, yy - y * y, xy - x * y
                det = u * v - w * w
                if not (u > 0 and 0 < det < math.inf):
                    return None
                a, b, c = v / det, u / det, -w / det
                tilt_x, tilt_y = a * x + c * y, c * x + b * y
                eta.append([-0.5 * (tilt_x * x + tilt_y * y), tilt_x, tilt_y, -0.5 * a, -0.5 * b, -c])
                kappa = max(kappa, a * (xx + self.raw_slack[0]), b * (yy + self.raw_slack[1]))
            heights.append(math.log(n / total) - 0.5 * math.log(det))
        if not kappa <= LIMIT:
            return None
        peak = max(heights)
        for row, height in zip(eta, heights, strict=True):
            row[0] += height - peak
        return Linear(self, np.array(eta), peak - 0.5 * self.d * LOG_2PI, sums=sums)


class Linear(LinearPass):
    """log_joint = η·T(x); the M-step from S = Σ_n r_n T(x_n)ᵀ. Its θ: a model, or moments, or the S before."""

    def __init__(self, fit, eta, peak, weights=None, moments=None, model=None, sums=None):
        super().__init__(eta, peak)
        self.fit, self.weights, self.moments, self.given, self.before = fit, weights, moments, model, sums

    @property
    def model(self):
        """θ as a public model."""
        if self.given:
            return self.given
        weights, moments = (self.weights, self.moments) if self.before is None else self.fit.averages(self.before)
        return self.fit.make(self.fit.theta(weights, moments))

    def read(self, rows):
        return self.fit.table.of(rows, self.fit.statistics)

    def m_step(self):
        fit = self.fit
        if fit.few:
            return fit.linear_in_numbers(self.sums)
        if not self.sums[:, 0].min() > fit.least_count:
            return None
        weights, moments = fit.averages(self.sums)
        if fit.constrained:                                         # Σ_k is not simply E_k[x' x'ᵀ] − μ' μ'ᵀ
            moments = fit.moments(fit.theta(weights, moments))
        return fit.linear(weights, moments)

    def careful(self):
        model = self.model
        return Careful(self.fit, Theta(model.weights, model.means, model.covariances), model)


class Careful:
    """Whitened distances to each component's own mean; moments about `about`, at first the means before."""

    def __init__(self, fit, theta, model=None, about=None, left=PASSES):
        self.fit, self.theta, self.given, self.left = fit, theta, model, left
        self.about = theta.means if about is None else about
        self.whiten = of.whitener(theta.covariances, fit.kind, fit.k, fit.d)
        self.log_scale = of.log_scale(theta.weights, self.whiten)
        self.peak = float(self.log_scale.max())
        self.counts, self.first = np.zeros(fit.k), np.zeros((fit.k, fit.d))
        self.second = np.zeros((fit.k, fit.d, fit.d) if fit.matrices else (fit.k, fit.d))

    @property
    def model(self):
        """θ as a public model."""
        return self.given or self.fit.make(self.theta)

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
        return fit.linear(weights, fit.moments(theta), limit=LIMIT / 4) or Careful(fit, theta)

    def careful(self):
        better = self.about + self.first / self.counts[:, None]
        return Careful(self.fit, self.theta, self.given, better, self.left - 1)
