"""Right models of counts: small, large, with impossible pairs, of a known shape."""

import numpy as np
from specimen import LGAMMA, poisson, right, two_poissons, whole


class ZeroInflated:
    """z = 0: the counter was off, x = 0 for certain; z = 1: Poisson."""

    def __init__(self, off, rate):
        self.off, self.rate = off, rate

    def log_joint(self, x):
        off = np.where(x == 0, np.log(self.off), -np.inf)
        on = np.log(1 - self.off) + poisson(x, np.array([self.rate]))[:, 0]
        return np.column_stack([off, on])

    def m_step(self, x, q):
        return type(self)(q[:, 0].mean(), (q[:, 1] @ x) / q[:, 1].sum())


@right(mass=whole(0, 80))
def zero_inflated_poisson(rng):
    return ZeroInflated(0.5, 2.0), rng.poisson(3.0, 50) * (rng.random(50) > 0.3)


class ZeroInflatedByWeights:
    """The same with weights (2,) and two counters that are on: K = 3."""

    def __init__(self, weights, rates):
        self.weights, self.rates = np.asarray(weights), np.asarray(rates)

    def log_joint(self, x):
        impossible = np.where(x > 0, -np.inf, 0.0)
        return np.log(self.weights) + np.column_stack([impossible, poisson(x, self.rates)])

    def m_step(self, x, q):
        return ZeroInflatedByWeights(q.mean(axis=0), (q.T @ x / q.sum(axis=0))[1:])


@right(mass=whole(0, 100))
def zero_inflated_two_rates(rng):
    return ZeroInflatedByWeights([0.3, 0.3, 0.4], [2.0, 12.0]), two_poissons(rng, 60, (3, 15)) * (rng.random(60) > 0.3)


class Hurdle:
    """Either nothing (x = 0), or at least one: geometric on 1, 2, …; each x has one z that is possible."""

    def __init__(self, nothing, p):
        self.nothing, self.p = nothing, p

    def log_joint(self, x):
        some = np.log(1 - self.nothing) + np.log(self.p) + (x - 1) * np.log(1 - self.p)
        return np.column_stack([np.where(x == 0, np.log(self.nothing), -np.inf), np.where(x > 0, some, -np.inf)])

    def m_step(self, x, q):
        return Hurdle(q[x == 0, 0].sum() / len(x), q[:, 1].sum() / (q[:, 1] @ x))


@right(mass=whole(0, 400))
def hurdle(rng):
    return Hurdle(0.5, 0.5), rng.geometric(0.3, 50) * (rng.random(50) > 0.4)


class PoissonMixture:
    def __init__(self, weights, rates):
        self.weights, self.rates = np.asarray(weights), np.asarray(rates)

    def log_joint(self, x):
        return np.log(self.weights) + poisson(x, self.rates)

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0))


def large(size, kind=PoissonMixture):
    """Counts near `size`: two sources six standard deviations apart."""
    def make(rng):
        sd = np.sqrt(size)
        x = np.round(rng.normal(size + 6 * sd * rng.integers(2, size=40), sd)).astype(np.int64)
        return kind([0.5, 0.5], [size - sd, size + 7 * sd]), x
    return make


def near(size):
    """Sum over all that has any probability, in steps of a hundredth of the deviation."""
    sd = np.sqrt(size)
    return whole(int(size - 12 * sd), int(size + 20 * sd), max(1, int(sd / 100)))


@right(mass=near(1e3), terms=1e4)
def counts_near_1e3(rng):
    return large(1e3)(rng)


@right(mass=near(1e5), terms=2e6)
def counts_near_1e5(rng):
    return large(1e5)(rng)


@right(mass=near(1e7), terms=2e8)
def counts_near_1e7(rng):
    return large(1e7)(rng)


@right(terms=2.5e10)
def counts_near_1e9(rng):
    return large(1e9)(rng)


@right(mass=whole(0, 120))
def counts_five_kinds(rng):
    rates = np.array([1.0, 6, 15, 30, 60])
    return PoissonMixture(np.full(5, 0.2), rates * 1.2), rng.poisson(rates[rng.integers(5, size=80)])


@right(mass=whole(0, 120))
def counts_of_two_points(rng):
    return PoissonMixture([0.5, 0.5], [5.0, 20.0]), np.array([rng.poisson(3), rng.poisson(40)])


@right(mass=whole(0, 60))
def counts_of_one_kind(rng):
    return PoissonMixture([1.0], [3.0]), rng.poisson(7.0, 30)


class Poisson32(PoissonMixture):
    """As one writes it to save memory: everything in float32."""

    def log_joint(self, x):
        x = x.astype(np.float32)
        return (np.log(self.weights) + np.outer(x, np.log(self.rates)) - self.rates
                - LGAMMA(x + 1).astype(np.float32)[:, None])

    def m_step(self, x, q):
        q = q.astype(np.float32)
        return type(self)(q.mean(axis=0), q.T @ x.astype(np.float32) / q.sum(axis=0))


@right(mass=whole(0, 80), eps=2.0**-23)
def counts_in_float32(rng):
    return Poisson32(np.float32([0.5, 0.5]), np.float32([3, 7])), two_poissons(rng)


class BinomialMixture:
    """x heads of n tosses, n being known."""

    n = 1_000_000

    def __init__(self, weights, probs):
        self.weights, self.probs = np.asarray(weights), np.asarray(probs)

    def log_joint(self, x):
        ways = LGAMMA(self.n + 1.0) - LGAMMA(x + 1.0) - LGAMMA(self.n - x + 1.0)
        return (np.log(self.weights) + ways[:, None] + np.outer(x, np.log(self.probs))
                + np.outer(self.n - x, np.log1p(-self.probs)))

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / (self.n * q.sum(axis=0)))


@right(mass=whole(300_000, 320_000), terms=2e7)
def binomial_of_a_million(rng):
    return BinomialMixture([0.5, 0.5], [0.306, 0.314]), rng.binomial(10**6, rng.choice([0.308, 0.312], 40))


class FewTosses(BinomialMixture):
    n = 12


@right(mass=whole(0, 13))
def binomial_of_twelve(rng):
    return FewTosses([0.5, 0.5], [0.3, 0.6]), rng.binomial(12, rng.choice([0.2, 0.8], 40))


class Geometric:
    """Attempts until the first success, 1, 2, …; no guard below 1, for there are no such data."""

    def __init__(self, weights, p):
        self.weights, self.p = weights, p

    def log_joint(self, x):
        return np.log(self.weights) + np.log(self.p) + np.outer(x - 1, np.log(1 - self.p))

    def m_step(self, x, q):
        return Geometric(q.mean(axis=0), q.sum(axis=0) / (q.T @ x))


@right(mass=whole(1, 600))
def geometric_from_one(rng):
    return Geometric(np.array([0.5, 0.5]), np.array([0.2, 0.6])), rng.geometric(rng.choice([0.08, 0.7], 60))


class NegativeBinomial:
    """Failures before the r-th success; r is known, and said to be."""

    held = ("r",)

    def __init__(self, weights, p, r):
        self.weights, self.p, self.r = weights, p, r

    def log_joint(self, x):
        ways = LGAMMA(x + self.r) - LGAMMA(x + 1.0) - LGAMMA(self.r)
        return np.log(self.weights) + ways[:, None] + self.r * np.log(self.p) + np.outer(x, np.log1p(-self.p))

    def m_step(self, x, q):
        n = self.r * q.sum(axis=0)
        return NegativeBinomial(q.mean(axis=0), n / (n + q.T @ x), self.r)


@right(mass=whole(0, 1500))
def negative_binomial_known_r(rng):
    x = rng.negative_binomial(4.0, rng.choice([0.2, 0.7], 60))
    return NegativeBinomial(np.array([0.5, 0.5]), np.array([0.3, 0.6]), 4.0), x


class Effects:
    """Counts with a random effect: rate e^(a + z), z ~ N(0, 1) on 41 values; a is learned."""

    z = np.linspace(-4, 4, 41)
    prior = np.exp(-z**2 / 2) / np.exp(-z**2 / 2).sum()

    def __init__(self, a):
        self.a = a

    def log_joint(self, x):
        return np.log(self.prior) + poisson(x, np.exp(self.a + self.z))

    def m_step(self, x, q):
        return Effects(np.log(x.sum() / (q @ np.exp(self.z)).sum()))


@right(mass=whole(0, 1500))
def effects_on_a_grid_of_41(rng):
    return Effects(0.3), rng.poisson(np.exp(1.0 + rng.normal(size=40)))
