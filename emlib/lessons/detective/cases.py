"""Suspects: each a slip that real projects shipped, in the smallest model that shows it; one is a slow relative of EM.

Every suspect is `Clusters`, a mixture of normals on a line as one writes it in a notebook, with one method changed.
Find the theorem it breaks with `emlib.check_em`.
"""

import inspect
import textwrap
from dataclasses import dataclass

import numpy as np

__all__ = ["CASES", "Case", "Clusters", "ThreeCoins", "suspect"]


class Clusters:
    """A mixture of K normals on a line, x (N,): the correct version that all suspects but one are made from."""

    def __init__(self, weights, means, variances):
        self.weights, self.means, self.variances = (np.asarray(v, dtype=float) for v in (weights, means, variances))

    def log_joint(self, x):
        distance = (x[:, None] - self.means) ** 2 / self.variances
        return np.log(self.weights) - 0.5 * (np.log(2 * np.pi * self.variances) + distance)

    def posterior(self, x):
        log_joint = self.log_joint(x)
        return np.exp(log_joint - np.logaddexp.reduce(log_joint, axis=1)[:, None])

    def log_lik(self, x):
        return np.logaddexp.reduce(self.log_joint(x), axis=1).sum()

    def elbo(self, x, q):
        return np.sum(q * (self.log_joint(x) - np.log(np.where(q > 0, q, 1))))

    def m_step(self, x, q):
        counts = q.sum(axis=0)
        means = q.T @ x / counts
        variances = np.sum(q * (x[:, None] - means) ** 2, axis=0) / counts
        return type(self)(counts / len(x), means, variances)


class VarianceAsDeviation(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        new.variances = np.sqrt(new.variances)
        return new


class FrozenWeights(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(self.weights, new.means, new.variances)


class QForBound(Clusters):
    def elbo(self, x, q):
        return np.sum(q * self.log_joint(x))


class StaleBound(Clusters):
    q = None

    def elbo(self, x, q):
        return super().elbo(x, q if self.q is None or len(self.q) != len(x) else self.q)

    def m_step(self, x, q):
        new = super().m_step(x, q)
        new.q = q
        return new


class WrongAxis(Clusters):
    def posterior(self, x):
        joint = np.exp(self.log_joint(x))
        return joint / joint.sum(axis=0)


class Underflow(Clusters):
    def posterior(self, x):
        joint = np.exp(self.log_joint(x))
        return joint / joint.sum(axis=1, keepdims=True)


class HardCounts(Clusters):
    def m_step(self, x, q):
        return super().m_step(x, np.eye(q.shape[1])[q.argmax(axis=1)])


class LastBatch(Clusters):
    def m_step(self, x, q):
        for rows in np.array_split(np.arange(len(x)), 2):
            new = super().m_step(x[rows], q[rows])
        return new


class OldMean(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        new.variances = np.sum(q * (x[:, None] - self.means) ** 2, axis=0) / q.sum(axis=0)
        return new


class ThreeCoins:
    """Toss coin A in secret (heads with probability pi), then coin B or C (p or r), and note that toss x ∈ {0, 1}."""

    tosses = 1

    def __init__(self, pi, p, r):
        self.pi, self.p, self.r = float(pi), float(p), float(r)

    def log_joint(self, x):
        misses = self.tosses - x
        return np.column_stack([np.log(self.pi) + x * np.log(self.p) + misses * np.log(1 - self.p),
                                np.log(1 - self.pi) + x * np.log(self.r) + misses * np.log(1 - self.r)])

    def m_step(self, x, q):
        heads = q.T @ x / (self.tosses * q.sum(axis=0))
        return type(self)(q[:, 0].mean(), *heads)


class FiveTosses(ThreeCoins):
    """The remedy: toss the chosen coin five times; x is how often it fell heads, 0 to 5."""

    tosses = 5


@dataclass(frozen=True)
class Case:
    """One mistake.

    Attributes
    ----------
    name : str
        What the mistake is called.
    theorem : str
        The check of `check_em` that must fail first.
    story : str
        The mistake, and why it goes unnoticed.
    broken, correct : classes
    """

    name: str
    theorem: str
    story: str
    broken: type
    correct: type = Clusters

    def models(self, seed=0):
        """The broken model, its correct version at the same θ, and data for both; random, from `seed`."""
        rng = np.random.default_rng([seed, 19])
        if self.correct is FiveTosses:
            theta = rng.uniform(0.2, 0.8, size=3)
            return (self.broken(*theta), (rng.random(40) < 0.6).astype(float),
                    self.correct(*theta), five_tosses(rng, 60))
        x = clusters(rng)
        start = np.array([0.5, 0.5]), np.quantile(x, [0.2, 0.7]), np.full(2, x.var())
        return self.broken(*start), x, self.correct(*start), x

    @property
    def source(self):
        """The lines of code that hold the mistake."""
        return textwrap.dedent(inspect.getsource(self.broken)).strip()


def clusters(rng, n=60):
    """Two clusters on a line, x (n,), of random places, spreads and shares."""
    z = rng.random(n) < rng.uniform(0.25, 0.4)
    return np.where(z, rng.normal(-4, rng.uniform(0.8, 1.5), n), rng.normal(4, rng.uniform(2, 3), n)) + rng.normal(0, 5)


def five_tosses(rng, n):
    """Heads in n sets of five tosses, each set from one of two coins, x (n,)."""
    return rng.binomial(5, np.where(rng.random(n) < 0.5, 0.2, 0.8)).astype(float)


CASES = {case.name: case for case in (
    Case("hard counts", "M-step ascent",
         "Each point is given wholly to its most probable component before it is counted: k-means in EM's clothes. "
         "The fit looks fine, for the clusters are far apart; where they overlap it is biased.", HardCounts),
    Case("frozen weights", "weights move",
         "π keeps its first value for ever. The log-likelihood climbs all the same, and nobody misses what was never "
         "printed.", FrozenWeights),
    Case("Q for the bound", "identity, random q",
         "E_q[log p(x,z|θ)] is reported as the ELBO: the entropy of q is left out. It even rises at times.", QForBound),
    Case("variance as deviation", "M-step ascent",
         "The M-step stores a standard deviation where the density expects a variance. In data with unit variance the "
         "two are equal, so the test passed.", VarianceAsDeviation),
    Case("wrong axis", "posterior sums to 1",
         "The responsibilities are divided by their sum over the points, not over z: axis=0 for axis=1.", WrongAxis),
    Case("covariance about the old mean", "M-step optimality",
         "The variance is taken about the mean of the previous iteration. The likelihood still climbs, only more "
         "slowly: it is a conditional maximisation (ECM, Meng and Rubin 1993), no broken EM but no argmax either.",
         OldMean),
    Case("stale bound", "identity, random q",
         "The bound is computed with the q that the last M-step used, not with the one at hand.", StaleBound),
    Case("underflow", "posterior sums to 1",
         "exp, then divide: right on paper, 0/0 for a point far from every component.", Underflow),
    Case("last batch", "M-step ascent",
         "The statistics of each mini-batch overwrite those of the batch before, where they should be added up.",
         LastBatch),
    Case("three coins", "identifiable",
         "One toss tells one number, the share of heads; three parameters can make it in endless ways. EM is right, "
         "and what it returns is an accident of its start.", ThreeCoins, FiveTosses),
)}
SUSPECTS = dict(zip("ABCDEF", CASES, strict=False))


def suspect(letter, seed=0):
    """One of the six suspects of notebook 19: a broken model that does not tell its name, and data for it.

    Raises
    ------
    ValueError
        If there is no such letter.
    """
    if letter not in SUSPECTS:
        raise ValueError(f"letter is {letter!r}; the suspects are {', '.join(SUSPECTS)}")
    model, x, _, _ = CASES[SUSPECTS[letter]].models(seed)
    model.__class__ = type(f"Suspect {letter}", (type(model),), {})
    return model, x
