"""Models as people write them in notebooks, all of them right: plain classes and dataclasses, one family each."""

import math
from dataclasses import dataclass

import numpy as np

LOG_FACTORIAL = np.vectorize(lambda n: math.lgamma(n + 1))


class PoissonMixture:
    """Counts x (N,); Python lists as parameters, nothing but the two methods that are required."""

    def __init__(self, weights, rates):
        self.weights, self.rates = list(weights), list(rates)

    def log_joint(self, x):
        rates = np.array(self.rates)
        return np.log(self.weights) + np.outer(x, np.log(rates)) - rates - LOG_FACTORIAL(x)[:, None]

    def m_step(self, x, q):
        return PoissonMixture(q.mean(axis=0).tolist(), (q.T @ x / q.sum(axis=0)).tolist())


@dataclass(frozen=True)
class ExponentialMixture:
    """Times x (N,); a frozen dataclass."""

    pi: np.ndarray
    scale: np.ndarray

    def log_joint(self, x):
        return np.log(self.pi) - np.log(self.scale) - x[:, None] / self.scale

    def m_step(self, x, q):
        return ExponentialMixture(q.mean(axis=0), q.T @ x / q.sum(axis=0))


class BernoulliMixture:
    """Bits x (N, D), with a posterior and a log-likelihood of its own; it remembers the data, which is no parameter."""

    def __init__(self, weights, probs):
        self.weights, self.probs, self.seen = weights, probs, np.zeros((5, 2))

    def log_joint(self, x):
        return np.log(self.weights) + x @ np.log(self.probs).T + (1 - x) @ np.log1p(-self.probs).T

    def posterior(self, x):
        p = np.exp(self.log_joint(x))               # bits cannot be far away: this does not underflow
        return p / p.sum(axis=1, keepdims=True)

    def log_lik(self, x):
        return np.log(np.exp(self.log_joint(x)).sum(axis=1)).sum()

    def m_step(self, x, q):
        return BernoulliMixture(q.mean(axis=0), q.T @ x / q.sum(axis=0)[:, None])


class CategoricalMixture:
    """Letters x (N, M) of an alphabet of V, several a document: rows of a table (K, V) that sum to 1."""

    def __init__(self, weights, table):
        self.weights, self.table = weights, table

    def log_joint(self, x):
        return np.log(self.weights) + np.log(self.table)[:, x].sum(axis=2).T

    def m_step(self, x, q):
        counts = np.stack([(x == v).sum(axis=1) for v in range(self.table.shape[1])], axis=1)
        table = q.T @ counts
        return CategoricalMixture(q.mean(axis=0), table / table.sum(axis=1, keepdims=True))


class KnownSpread:
    """Normals on a line whose deviation is known, and never learned; other names, and something derived from them."""

    held = ("known",)

    def __init__(self, w, m, s):
        self.share = np.array(w)
        self.places = np.array(m)
        self.known = float(s)
        self._log_scale = -0.5 * math.log(2 * math.pi) - math.log(s)

    def log_joint(self, x):
        return np.log(self.share) + self._log_scale - 0.5 * ((x[:, None] - self.places) / self.known) ** 2

    def m_step(self, x, q):
        return KnownSpread(q.mean(axis=0), q.T @ x / q.sum(axis=0), self.known)


class EqualShares:
    """Normals on a line with equal shares, which are held on purpose, and say so."""

    learn_weights = False

    def __init__(self, weights, means, variances):
        self.weights, self.means, self.variances = weights, means, variances

    def log_joint(self, x):
        distance = (x[:, None] - self.means) ** 2 / self.variances
        return np.log(self.weights) - 0.5 * (np.log(2 * np.pi * self.variances) + distance)

    def m_step(self, x, q):
        counts = q.sum(axis=0)
        means = q.T @ x / counts
        return EqualShares(self.weights, means, (q * (x[:, None] - means) ** 2).sum(axis=0) / counts)


class LineMixture:
    """Two straight lines with noise, x (N, 2) of abscissa and ordinate: parameters of several shapes."""

    def __init__(self, weights, lines, noise):
        self.weights, self.lines, self.noise = weights, lines, noise

    def log_joint(self, x):
        fitted = np.column_stack([np.ones(len(x)), x[:, 0]]) @ self.lines.T
        return np.log(self.weights) - 0.5 * np.log(2 * np.pi * self.noise) - (x[:, 1:] - fitted) ** 2 / (2 * self.noise)

    def m_step(self, x, q):
        design = np.column_stack([np.ones(len(x)), x[:, 0]])
        roots = np.sqrt(q.T)
        lines = np.array([np.linalg.lstsq(r[:, None] * design, r * x[:, 1], rcond=None)[0] for r in roots])
        noise = (q * (x[:, 1:] - design @ lines.T) ** 2).sum() / q.sum()
        return LineMixture(q.mean(axis=0), lines, noise)


def draw(kind, rng):
    """(model, data): one of these models at a random θ, and data from another θ of the same kind."""
    k, n = int(rng.integers(2, 4)), int(rng.integers(40, 120))
    weights, z = rng.dirichlet(np.full(k, 5.0)), rng.integers(k, size=n)
    if kind is PoissonMixture:
        return kind(weights, rng.uniform(1, 12, k)), rng.poisson(rng.choice([1.0, 4.0, 15.0], size=k)[z])
    if kind is ExponentialMixture:
        scale = 10.0 ** rng.uniform(-3, 3)
        return kind(weights, scale * rng.uniform(0.5, 5, k)), scale * rng.exponential(np.array([0.3, 1.0, 10.0])[z])
    if kind is BernoulliMixture:
        bits = rng.random((n, 6)) < rng.uniform(0.1, 0.9, (k, 6))[z]
        return kind(weights, rng.uniform(0.2, 0.8, (k, 6))), bits.astype(float)
    if kind is CategoricalMixture:
        letters = np.array([rng.choice(4, 8, p=row) for row in rng.dirichlet(np.ones(4), size=k)[z]])
        return kind(weights, rng.dirichlet(np.full(4, 3.0), size=k)), letters
    if kind is LineMixture:
        x, lines = rng.uniform(-2, 2, n), rng.normal(0, 3, (k, 2))
        y = lines[z, 0] + lines[z, 1] * x + rng.normal(0, 0.5, n)
        return kind(weights, rng.normal(0, 2, (k, 2)), 1.0), np.column_stack([x, y])
    place, scale = 10.0 ** rng.uniform(0, 4) * rng.normal(), 10.0 ** rng.uniform(-2, 2)
    x = place + scale * (rng.normal(0, 3, k)[z] + rng.normal(0, 1, n))
    if kind is KnownSpread:
        return kind(weights, rng.choice(x, k, replace=False), scale), x
    return kind(weights, rng.choice(x, k, replace=False), np.full(k, x.var())), x


KINDS = (PoissonMixture, ExponentialMixture, BernoulliMixture, CategoricalMixture, KnownSpread, EqualShares,
         LineMixture)
