"""Mistakes in log_joint, beside an M-step that is right: it is not to be blamed where the sum over x can tell."""

import numpy as np
import right_counts
import right_plane
import right_reals
from right_reals import Normals, normals
from specimen import LGAMMA, of_kind, poisson, real, whole, wrong

SUM = ["density sums to 1"]
SUM_OR_UNUSED = [*SUM, "parameters move"]              # the weights are moved, and log_joint ignores them
COUNTS = {"mass": whole(0, 170), "proof": "total"}
LINE = {"mass": real(-20, 20), "proof": "total"}
SAYS = "log_joint|missing|log p"


class Poissons(right_counts.PoissonMixture):
    """Counts of two sources, for the slips below."""


def counts(rng):
    return Poissons([0.5, 0.5], [3.0, 7.0]), right_counts.two_poissons(rng)


class NoWeights(Poissons):
    """log π forgotten."""

    def log_joint(self, x):
        return poisson(x, self.rates)


class NoFactorial(Poissons):
    """log x! forgotten."""

    def log_joint(self, x):
        return np.log(self.weights) + np.outer(x, np.log(self.rates)) - self.rates


class FactorialAdded(Poissons):
    """+ log x!."""

    def log_joint(self, x):
        return super().log_joint(x) + 2 * LGAMMA(x + 1.0)[:, None]


class FactorialOfOneLess(Poissons):
    """log Γ(x) where log Γ(x + 1) is due, and 1 for x = 0."""

    def log_joint(self, x):
        return super().log_joint(x) + np.log(np.maximum(x, 1.0))[:, None]


class Squares(Poissons):
    """Something of x alone is added; no gradient sees it."""

    def log_joint(self, x):
        return super().log_joint(x) + 0.37 * (x**2)[:, None]


class Shifted(Poissons):
    """A tenth of a nat too much for each point."""

    def log_joint(self, x):
        return super().log_joint(x) + 0.1


class NoMinusRate(Poissons):
    """−λ forgotten."""

    def log_joint(self, x):
        return super().log_joint(x) + self.rates


class Probabilities(Poissons):
    """Probabilities where their logs are due."""

    def log_joint(self, x):
        return np.exp(super().log_joint(x))


class Normalised(Poissons):
    """Divided by its sum over z: a posterior."""

    def log_joint(self, x):
        joint = super().log_joint(x)
        return joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)


for name, kind in (
        ("log x! forgotten", NoFactorial), ("log x! with the wrong sign", FactorialAdded),
        ("log of (x − 1)!", FactorialOfOneLess), ("0.37 x² added", Squares), ("0.1 added", Shifted),
        ("−λ forgotten", NoMinusRate), ("probabilities for logs", Probabilities), ("normalised over z", Normalised)):
    wrong(name, of_kind(counts, kind), SUM, SAYS, **COUNTS)
wrong("log π forgotten", of_kind(counts, NoWeights), SUM_OR_UNUSED, "weights|log_joint|log π", **COUNTS)
wrong("log π forgotten near 1e5", of_kind(right_counts.counts_near_1e5, NoWeights), SUM_OR_UNUSED,
      "weights|log_joint|log π", mass=right_counts.near(1e5), proof="total")


class BothAnyCount(right_counts.ZeroInflated):
    """The counter that is off may give any x, each with probability 1."""

    def log_joint(self, x):
        return np.column_stack([np.full(len(x), np.log(self.off)), super().log_joint(x)[:, 1]])


wrong("zero inflation without x = 0", of_kind(right_counts.zero_inflated_poisson, BothAnyCount), SUM, SAYS, **COUNTS)


class NoWays(right_counts.FewTosses):
    """1 − p forgotten: p^x times the number of ways."""

    def log_joint(self, x):
        return super().log_joint(x) - np.outer(self.n - x, np.log1p(-self.probs))


wrong("tails forgotten", of_kind(right_counts.binomial_of_twelve, NoWays), SUM, SAYS, mass=whole(0, 13), proof="total")


class NoLogDeviation(Normals):
    """−½ log σ² forgotten."""

    def log_joint(self, x):
        return super().log_joint(x) + 0.5 * np.log(self.variances)


class NoHalf(Normals):
    """(x − μ)²/σ² without its ½."""

    def log_joint(self, x):
        return super().log_joint(x) - 0.5 * (x[:, None] - self.means) ** 2 / self.variances


class NoTwoPi(Normals):
    """2π forgotten."""

    def log_joint(self, x):
        return super().log_joint(x) + 0.5 * np.log(2 * np.pi)


class NoWeightsOfNormals(Normals):
    def log_joint(self, x):
        return super().log_joint(x) - np.log(self.weights)


for name, kind in (("−½ log σ² forgotten", NoLogDeviation), ("½ of the square forgotten", NoHalf),
                   ("2π forgotten", NoTwoPi)):
    wrong(name, normals(kind), SUM, SAYS, **LINE)
wrong("log π of normals forgotten", normals(NoWeightsOfNormals), SUM_OR_UNUSED, "weights|log_joint|log π", **LINE)


class PlaneWithoutTwoPi(right_plane.Plane):
    """1/(2π) forgotten in the plane."""

    def log_joint(self, x):
        return super().log_joint(x) + np.log(2 * np.pi)


class PlaneWithoutDeterminant(right_plane.Plane):
    """−½ log |Σ| forgotten."""

    def log_joint(self, x):
        return super().log_joint(x) + 0.5 * np.linalg.slogdet(self.covariances)[1]


for name, kind in (("2π forgotten in the plane", PlaneWithoutTwoPi),
                   ("determinant forgotten in the plane", PlaneWithoutDeterminant)):
    wrong(name, of_kind(right_plane.normals_in_the_plane, kind), SUM, SAYS, mass=right_plane.plane(), proof="total")


class NoLogRate(right_reals.Exponentials):
    """log λ forgotten."""

    def log_joint(self, x):
        return super().log_joint(x) - np.log(self.rates)


wrong("log λ forgotten", of_kind(right_reals.exponentials, NoLogRate), SUM, SAYS, mass=real(0, 200, 400_000),
      proof="total")


# What no sum over x can tell: then the sentence names the parameter ----------------------------------------------


M_STEP = ["M-step ascent", "M-step optimality"]


class CensoringIgnored(right_reals.Censored):
    """Every lamp as if it had been seen to go out; the M-step knows better."""

    def log_joint(self, x):
        return super().log_joint(np.column_stack([x[:, 0], np.ones(len(x))]))


wrong("censoring ignored in log_joint", of_kind(right_reals.exponentials_censored, CensoringIgnored),
      [*SUM, *M_STEP], "rates", proof="maximum")


class SpaceWithoutDeterminant(PlaneWithoutDeterminant):
    pass


wrong("determinant forgotten in space", of_kind(right_plane.normals_in_three_dimensions, SpaceWithoutDeterminant),
      [*SUM, *M_STEP], "covariances", "log_joint", proof="maximum")
