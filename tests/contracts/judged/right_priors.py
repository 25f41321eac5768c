"""Right models with a prior: their M-step maximises E_q[log p(x, z|θ)] + log p(θ) (MAP)."""

import numpy as np
from right_counts import PoissonMixture
from right_data import TABLE, Letters, reads
from right_reals import HALF, Normals, normals
from specimen import LGAMMA, real, right, spread, two_poissons, whole


class MapRates(PoissonMixture):
    """Dirichlet(2) on the weights, Gamma(3, ½) on the rates."""

    def log_prior(self):
        return float(np.log(self.weights).sum() + (2 * np.log(self.rates) - self.rates / 2).sum())

    def m_step(self, x, q):
        n = q.sum(axis=0)
        return type(self)((n + 1) / (n + 1).sum(), (q.T @ x + 2) / (n + 0.5))


@right(mass=whole(0, 80))
def map_dirichlet_and_gamma(rng):
    return MapRates([0.5, 0.5], [3.0, 7.0]), two_poissons(rng)


class MapCoins:
    """Heads of 10 tosses, Beta(6, 6) on each coin."""

    def __init__(self, weights, probs):
        self.weights, self.probs = weights, probs

    def log_joint(self, x):
        ways = LGAMMA(11.0) - LGAMMA(x + 1.0) - LGAMMA(11.0 - x)
        return (np.log(self.weights) + ways[:, None] + np.outer(x, np.log(self.probs))
                + np.outer(10 - x, np.log1p(-self.probs)))

    def log_prior(self):
        return float(5 * (np.log(self.probs) + np.log1p(-self.probs)).sum())

    def m_step(self, x, q):
        n = q.sum(axis=0)
        return type(self)(n / len(x), (q.T @ x + 5) / (10 * n + 10))


@right(mass=whole(0, 11))
def map_beta(rng):
    return MapCoins(HALF, np.array([0.3, 0.6])), rng.binomial(10, rng.choice([0.2, 0.8], 40))


class MapVariances(Normals):
    """Inverse gamma (3, 2) on each variance."""

    def log_prior(self):
        return float(-(4 * np.log(self.variances) + 2 / self.variances).sum())

    def m_step(self, x, q):
        means, n = q.T @ x / q.sum(axis=0), q.sum(axis=0)
        return type(self)(n / len(x), means, (n * spread(x, q, means) + 4) / (n + 8))


@right(mass=real(-20, 20))
def map_inverse_gamma(rng):
    return normals(MapVariances)(rng)


class MapLetters(Letters):
    """Dirichlet(2) on each row of the table."""

    def log_prior(self):
        return float(np.log(self.table).sum())

    def m_step(self, x, q):
        counts = q.T @ self.counted(x) + 1
        return type(self)(q.mean(axis=0), counts / counts.sum(axis=1, keepdims=True))


@right()
def map_letters(rng):
    return MapLetters(HALF, TABLE), reads(rng)
