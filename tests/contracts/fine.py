"""Models that are wrong by a chosen amount `eps`, one for each theorem: fine enough to stand near its tolerance."""

import numpy as np

from emlib import fit
from emlib.lessons.detective import cases as detective
from emlib.lessons.detective.cases import Clusters, ThreeCoins


class Fine(Clusters):
    """The right model; `eps` says by how much a subclass is wrong."""

    eps = 0.0

    def moved(self, x, q, means=0.0, variances=0.0, weights=0.0):
        """The right M-step, moved by so many standard deviations, or relative to its value."""
        new = super().m_step(x, q)
        return type(self)(new.weights * (1 + weights), new.means + means * np.sqrt(new.variances),
                          new.variances * (1 + variances))


class SeesOthers(Fine):
    def log_joint(self, x):
        return super().log_joint(x) + self.eps * (len(x) > 1)


class TooLittle(Fine):
    """So much of every probability is left out."""

    def log_joint(self, x):
        return super().log_joint(x) + np.log1p(-self.eps)


class WeightsTwice(Fine):
    """Weights of the points to a power that is not quite 1."""

    def m_step(self, x, q, sample_weight=None):
        w = np.ones(len(x)) if sample_weight is None else sample_weight ** (1 + self.eps)
        q = q * w[:, None]
        counts = q.sum(axis=0)
        means = q.T @ x / counts
        return type(self)(counts / counts.sum(), means, np.sum(q * (x[:, None] - means) ** 2, axis=0) / counts)


class TouchesQ(Fine):
    def m_step(self, x, q):
        q[0, 0] = np.nextafter(q[0, 0], 1) if self.eps else q[0, 0]
        return super().m_step(x, q)


class RowsOff(Fine):
    def posterior(self, x):
        return super().posterior(x) * (1 + self.eps)


class PosteriorOff(Fine):
    def posterior(self, x):
        p = super().posterior(x)
        return p + self.eps * np.where(p[:, :1] < 0.5, [1, -1], [-1, 1])


class LogLikOff(Fine):
    def log_lik(self, x):
        return super().log_lik(x) * (1 + self.eps)


class ElboOff(Fine):
    def elbo(self, x, q):
        return super().elbo(x, q) * (1 + self.eps)


class ElboOffAtOneHot(Fine):
    def elbo(self, x, q):
        return super().elbo(x, q) * (1 + self.eps * (q.max(axis=1) == 1).all())


class ElboOffAtThePosterior(Fine):
    def elbo(self, x, q):
        return super().elbo(x, q) * (1 + self.eps * np.allclose(q, self.posterior(x)))


class CountsOff(Fine):
    def m_step(self, x, q):
        return self.moved(x, q, weights=self.eps)


class MeansOff(Fine):
    def m_step(self, x, q):
        return self.moved(x, q, means=self.eps)


class VariancesOff(Fine):
    def m_step(self, x, q):
        return self.moved(x, q, variances=self.eps)


class WeightsOff(Fine):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights + self.eps * np.array([1, -1]), new.means, new.variances)


class HardlyMoves(Fine):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.means, self.variances * (1 + self.eps * q[0, 0]))


class GradientOff(Fine):
    def log_lik(self, x):
        return super().log_lik(x) + self.eps * np.sum(np.log(self.variances))


class FirstLabelApart(Fine):
    def m_step(self, x, q):
        return self.moved(x, q, variances=self.eps * np.array([1, 0]))


class AlmostOneToss(ThreeCoins):
    """A toss more by eps of a toss: then, and then only, two coins of known shares can be told from the data."""

    eps, held = 0.0, ("pi",)

    @property
    def tosses(self):
        return 1 + self.eps

    def log_joint(self, x):
        return super().log_joint(x * self.tosses)

    def m_step(self, x, q):
        return type(self)(self.pi, *super().m_step(x * self.tosses, q).coins)

    @property
    def coins(self):
        return self.p, self.r


FINE = {        # theorem: (model, eps so that it just breaks it, eps so that it just keeps it)
    "log joint": (SeesOthers, 3e-8, 3e-10),
    "density sums to 1": (TooLittle, 3e-4, 3e-5),
    "old model kept": (TouchesQ, 1, 0),
    "posterior sums to 1": (RowsOff, 3e-6, 3e-7),
    "product rule": (PosteriorOff, 3e-8, 3e-9),
    "log-likelihood": (LogLikOff, 3e-10, 3e-11),
    "identity, random q": (ElboOff, 3e-10, 3e-11),
    "identity, one-hot q": (ElboOffAtOneHot, 3e-10, 3e-11),
    "identity, posterior": (ElboOffAtThePosterior, 3e-10, 3e-11),
    "KL ≥ 0": (ElboOffAtThePosterior, -3e-10, -3e-11),
    "E-step is tight": (ElboOffAtThePosterior, 3e-10, 3e-11),
    "weights sum to 1": (CountsOff, 3e-6, 3e-7),
    "M-step ascent": (MeansOff, 1.5e-4, 5e-5),
    "M-step optimality": (VariancesOff, 2e-4, 5e-5),
    "weights move": (WeightsOff, 3e-5, 1e-5),
    "parameters move": (HardlyMoves, 3e-13, 1e-10),
    "sample weights": (WeightsTwice, 3e-6, 3e-7),
    "monotone ascent": (MeansOff, 1.5e-4, 5e-5),
    "Fisher's identity": (GradientOff, 5e-4, 1e-4),
    "label permutation": (FirstLabelApart, 1e-6, 1e-7),
    "fixed point": (MeansOff, 5e-4, 1.5e-4),
    "identifiable": (AlmostOneToss, 1.5e-10, 1e-9),
}


def fine(kind, eps):
    """(model, data): wrong by eps, at the maximum of the likelihood, so that nothing is to be gained any more."""
    kind = type(kind.__name__, (kind,), {"eps": eps})
    if issubclass(kind, ThreeCoins):
        _, x, _, _ = detective.CASES["three coins"].models(1)
        return kind(0.48, 0.68, 0.62), x
    _, x, right, _ = detective.CASES["hard counts"].models(0)
    best = fit(right, x, tol=0, max_iter=3000).model
    return kind(best.weights, best.means, best.variances), x
