"""Streaming EM of a Gaussian mixture: every component in the faster of two forms that keeps its digits.

**Linear.** With x' = x − c, c the centre of the data, log p(x, z=k|θ) = η_k·T(x), where T = (1, x'_i, x'_i x'_j), and
the M-step needs S = Σ_n r_n T(x_n) and nothing else: two matrix products around one exp, for all components at once.
It cancels: a component that is thin beside its distance from c is a small difference of large numbers. How thin is
known before a digit is lost. With A = Σ_k⁻¹, numbers of size A_ii E_k[x'_i²] are summed to numbers of size 1; so

    κ_k = the larger of  mean over i of A_ii E_k[x'_i²]  and  largest over i of E_k[x'_i²] / Σ_ii,

which sees thin directions, and distance; `LIMIT` is the κ up to which a component is linear.

**Recentred.** Else densities from |W_k (x − μ_k)|² with W_k Σ_k W_kᵀ = I, and moments of x − μ_k: as `GaussianMixture`
itself does. No common centre enters: clusters may lie 1e8 spreads apart. Where the mean has then moved by more than
sqrt(LIMIT) of its new spreads, once more about the new mean.

Each M-step looks at κ of the *new* parameters. If it is beyond the limit for a component whose moments were taken by
the linear form, they are taken again, at the same θ, recentred; such a component is linear again when its κ has fallen
to a quarter of the limit.

Measured against 50 digits, up to the limit: the log-likelihood is off by less than 0.5e-16 κ D nats a point, 3e-13 of
what it sums; means and covariances by less than 1e-11 of the spreads. That needs A and log |Σ| to come from one
Cholesky factor: its rounding is that of a neighbouring θ, and cancels to first order near a maximum. From an inverse
and a determinant of their own, the log-likelihood was wrong by up to fifty times as much.
"""

import math
from typing import NamedTuple

import numpy as np

from emlib.models import _inputs as inputs
from emlib.models._statistics import GaussianStatistics
from emlib.models.covariance import check_collapse, check_empty, kind_named, least_count, log_scale
from emlib.streaming.blocks import Blocks, rows_in_cache
from emlib.streaming.forms import Features, Linear, Recentred, n_statistics
from emlib.streaming.protocol import UNDERFLOW

LIMIT = 1e4                 # of κ: what is lost stays below the rounding that `emlib.trace.verdict` allows
OFFSET = 1e-4               # a model rounds its means at c: c² counts so much in κ, LIMIT is met at 1e4 spreads from 0
FEW = 8                     # components; with more, NumPy is faster than numbers
RETAKES = 2                 # about better means: however far off the first, its rounding is taken off by the second


def blocks(model, x, sample_weight):
    """x as blocks, checked against the model, of a size for which the linear form stays in the cache."""
    k, d = model.means.shape
    p = n_statistics(kind_named(model.covariance_type), d)
    data = Blocks(x, sample_weight, lambda rows: inputs.x(rows, d), rows_in_cache(k, p))
    inputs.enough(data.n, k)
    if not model.floor:
        inputs.not_too_small(data.magnitude)
    return data


def first_step(model, blocks):
    """The streaming step at a public model."""
    fit, theta = GaussianFit(model, blocks), Theta(model.weights, model.means, model.covariances)
    whiten = fit.kind.whitener(theta.covariances, fit.k, fit.d)
    return fit.step(theta, whiten, fit.kappa(theta, whiten) <= LIMIT)


class Theta(NamedTuple):
    """The parameters of a mixture, without the checks of a public model."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


class GaussianFit:
    """What all steps of one fit share: the kind of mixture, facts about the data, the features of a block."""

    def __init__(self, model, blocks):
        self.kind, self.floor, (self.k, self.d) = kind_named(model.covariance_type), model.floor, model.means.shape
        self.make = lambda theta: type(model)(*theta, self.kind.name, self.floor)
        self.n, self.centre, self.magnitude = blocks.n, blocks.centre, blocks.magnitude
        self.features, self.every = Features(self.kind, blocks), np.ones(self.k, bool)
        # a variance that is nothing beside the offset from the origin, or beside rounding, is not well resolved
        self.slack = OFFSET * self.centre**2 + LIMIT * self.kind.resolution(self.magnitude) ** 2
        few = self.kind.name == "full" and not self.floor and self.d == 2 and self.k <= FEW
        self.in_numbers = few and (self.centre.tolist(), self.slack.tolist(), float(least_count(self.n)))

    def kappa(self, theta, whiten):
        """κ of each component, array (K,); ∞ for one of weight 0, whose log has no place in a matrix product."""
        variances = self.kind.variances(theta.covariances)
        squares = variances + (theta.means - self.centre) ** 2 + self.slack
        with np.errstate(all="ignore"):                             # ∞ and NaN are beyond every limit
            inverse = (whiten * whiten).sum(axis=1) if self.kind.matrices else whiten * whiten      # A_ii
            kappa = np.maximum((inverse * squares).mean(axis=1), (squares / variances).max(axis=1))
        return np.where(theta.weights > 0, kappa, np.inf)

    def step(self, theta, whiten, linear, about=None, retakes=RETAKES):
        """The streaming step at θ, with these components, bool (K,), in the linear form and the others recentred."""
        log_weight = log_scale(theta.weights, whiten)
        log_offset = float(log_weight.max())
        log_weight -= log_offset
        forms, rest = [], ~linear
        if linear.any():
            eta = self.features.eta(log_weight[linear], whiten[linear], theta.means[linear])
            forms.append(Linear(self.features, eta))
        if rest.any():
            forms.append(Recentred(self.kind, log_weight[rest], whiten[rest], theta.means[rest],
                                   None if about is None else about[rest]))
        far = bool(self.kappa(theta, whiten).max() * self.d / 2 > -UNDERFLOW)
        return GaussianStep(self, theta, self.every if linear.all() else linear, forms, log_offset, far, about, retakes)

    def step_in_numbers(self, sums):
        """`step` for a few full covariances in two columns: there NumPy's calls on a dozen numbers cost more than EM.

        None where κ is above the limit or a component is empty. Without this a step at N = 272 takes twice as long.
        """
        weights, means, covariances, eta, log_weights, kappa = [], [], [], [], [], 0.0
        (centre_x, centre_y), (slack_x, slack_y), least = self.in_numbers
        rows = sums.tolist()
        total = math.fsum(row[0] for row in rows)
        for n, *row in rows:
            if not n >= least:
                return None
            x, y, xx, yy, xy = (s / n for s in row)
            u, v, w = xx - x * x, yy - y * y, xy - x * y
            det = u * v - w * w
            xx, yy = xx + slack_x, yy + slack_y
            if not (0 < det < math.inf and xx <= LIMIT * u and yy <= LIMIT * v):
                return None
            a, b, c = v / det, u / det, -w / det
            kappa = max(kappa, 0.5 * (a * xx + b * yy))
            tilt_x, tilt_y = a * x + c * y, c * x + b * y
            log_weight = math.log(n / total) - 0.5 * math.log(det)
            log_weights.append(log_weight)
            eta.append([log_weight - 0.5 * (tilt_x * x + tilt_y * y), tilt_x, tilt_y, -0.5 * a, -0.5 * b, -c])
            weights.append(n / total)
            means.append([centre_x + x, centre_y + y])
            covariances.append([[u, w], [w, v]])
        if not kappa <= LIMIT:
            return None
        offset = max(log_weights)
        for row in eta:
            row[0] -= offset
        return GaussianStep(self, Theta(weights, means, covariances), self.every,
                            [Linear(self.features, np.array(eta))], offset - math.log(2 * math.pi), kappa > -UNDERFLOW)


class GaussianStep:
    """A streaming step, see `emlib.streaming.protocol`. In a block the linear components come first."""

    def __init__(self, fit, theta, linear, forms, log_offset, far, about=None, retakes=RETAKES):
        self.fit, self.theta, self.linear, self.forms = fit, theta, linear, forms
        self.log_offset, self.far, self._about, self._retakes, self._again = log_offset, far, about, retakes, ()
        if len(forms) == 1:
            self.log_joint, self.add = forms[0].log_joint, forms[0].add

    @property
    def model(self):
        """θ as a public model."""
        return self.fit.make(self.theta)

    def read(self, rows):
        """(T, None) where all components are linear, (None, xᵀ) where none is; else both."""
        if self.linear is self.fit.every:
            return self.fit.features.of(rows.T), None
        xt = np.ascontiguousarray(rows.T)
        return self.fit.features.of(xt) if len(self.forms) == 2 else None, xt

    def log_joint(self, block, out):
        at = 0
        for form in self.forms:
            form.log_joint(block, out[at:at + form.n])
            at += form.n

    def add(self, r, block):
        at = 0
        for form in self.forms:
            form.add(r[at:at + form.n], block)
            at += form.n

    def m_step(self):
        fit, linear, all_linear = self.fit, self.linear, self.linear is self.fit.every
        if all_linear and fit.in_numbers and (after := fit.step_in_numbers(self.forms[0].sums)):
            return after
        order = np.argsort(np.argsort(~linear, kind="stable"))      # from linear ones first back to the model's order
        counts = np.concatenate([form.counts for form in self.forms])[order]
        check_empty(counts, fit.n)
        with np.errstate(all="ignore"):                             # what comes of lost digits shows in κ
            means, moments = (np.concatenate(parts)[order] for parts in zip(*(f.moments() for f in self.forms),
                                                                            strict=True))
            S = GaussianStatistics(counts, means, moments, fit.magnitude, fit.n)
            if not all_linear and self._retakes and not self.forms[-1].moved(moments[~linear]) <= LIMIT:
                self._again = linear, S.means, self._retakes - 1
                return None
            theta = Theta(S.weights, S.means, S.covariances(fit.kind, fit.floor))
            if not linear.any():
                check_collapse(fit.kind, theta.covariances, fit.magnitude)
            try:
                whiten = fit.kind.whitener(theta.covariances, fit.k, fit.d)
                kept = fit.kappa(theta, whiten) <= LIMIT
            except np.linalg.LinAlgError:
                kept = ~fit.every
        if not kept[linear].all():
            self._again = linear & kept, self._about, self._retakes
            return None
        if not all_linear:
            check_collapse(fit.kind, theta.covariances, fit.magnitude)
            # κ must fall well below the limit before the linear form is trusted again: no going back and forth
            kept = fit.kappa(theta, whiten) <= np.where(linear, LIMIT, LIMIT / 4)
        return fit.step(theta, whiten, kept)

    def retake(self):
        """After a None of m_step: the same θ, with moments about better means, or fewer of them linear."""
        linear, about, retakes = self._again
        theta = Theta(*map(np.asarray, self.theta))
        whiten = self.fit.kind.whitener(theta.covariances, self.fit.k, self.fit.d)
        return self.fit.step(theta, whiten, linear, about, retakes)
