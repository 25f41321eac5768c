"""Right models of measurements: on a line, in the plane, of restricted support, far away, tiny, huge, in float32."""

import numpy as np
from specimen import LGAMMA, normal, on_the_log_scale, real, right, spread, two_normals

HALF = np.array([0.5, 0.5])


class Normals:
    def __init__(self, weights, means, variances):
        self.weights, self.means, self.variances = weights, means, variances

    def log_joint(self, x):
        return np.log(self.weights) + normal(x, self.means, self.variances)

    def m_step(self, x, q):
        means = q.T @ x / q.sum(axis=0)
        return type(self)(q.mean(axis=0), means, spread(x, q, means))


def normals(kind, shift=0.0, unit=1.0):
    """This kind of mixture, with points near −2 and 3 of the unit, moved by the shift."""
    return lambda rng: (kind(HALF, shift + unit * np.array([-1.0, 2.0]), unit**2 * np.ones(2)),
                        shift + unit * two_normals(rng))


@right(mass=real(-20, 20))
def normals_on_a_line(rng):
    return normals(Normals)(rng)


@right(mass=real(1e8 - 20, 1e8 + 20))
def normals_far_careful(rng):
    return normals(Normals, 1e8)(rng)


class Naive(Normals):
    """E[x²] − E[x]²: right on paper, and of few digits far from the origin."""

    def m_step(self, x, q):
        n = q.sum(axis=0)
        means = q.T @ x / n
        return type(self)(q.mean(axis=0), means, q.T @ x**2 / n - means**2)


@right(mass=real(1e6 - 20, 1e6 + 20), eps=2.0**-22)         # x² ~ 10¹² keeps 4 digits of a variance of 1
def normals_far_naive(rng):
    return normals(Naive, 1e6)(rng)


@right(mass=real(-2e-8, 2e-8))
def normals_in_tiny_units(rng):
    return normals(Normals, unit=1e-9)(rng)


@right(mass=real(-2e13, 2e13))
def normals_in_huge_units(rng):
    return normals(Normals, unit=1e12)(rng)


class Normals32(Normals):
    def m_step(self, x, q):
        return super().m_step(x, q.astype(np.float32))


@right(eps=2.0**-23)
def normals_in_float32(rng):
    model = Normals32(np.float32([0.5, 0.5]), np.float32([-1, 2]), np.float32([1, 1]))
    return model, two_normals(rng).astype(np.float32)


@right(mass=real(-20, 20))
def one_normal(rng):
    return Normals(np.ones(1), np.zeros(1), np.ones(1)), rng.normal(4, 2, 20)


class OwnWords(Normals):
    """With a posterior, a log-likelihood and a bound of its own."""

    def posterior(self, x):
        joint = self.log_joint(x)
        p = np.exp(joint - joint.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def log_lik(self, x):
        return np.logaddexp.reduce(self.log_joint(x), axis=1).sum()

    def elbo(self, x, q):
        seen = q > 0
        return np.sum(q[seen] * (self.log_joint(x)[seen] - np.log(q[seen])))


@right(mass=real(-20, 20))
def normals_with_their_own_bound(rng):
    return normals(OwnWords)(rng)


class LineAndBackground:
    """A spectral line on a flat background between 0 and 10; outside, the background gives nothing."""

    def __init__(self, share, centre, variance):
        self.share, self.centre, self.variance = share, centre, variance

    def log_joint(self, x):
        flat = np.where((x >= 0) & (x <= 10), np.log(1 - self.share) - np.log(10), -np.inf)
        return np.column_stack([np.log(self.share) + normal(x, self.centre, self.variance)[:, 0], flat])

    def m_step(self, x, q):
        n = q[:, 0].sum()
        centre = q[:, 0] @ x / n
        return LineAndBackground(n / len(x), centre, q[:, 0] @ (x - centre) ** 2 / n)


@right(mass=real(-20, 30, 50_000))
def uniform_and_normal(rng):
    line = rng.random(60) < 0.5
    return LineAndBackground(0.4, 5.0, 1.0), np.where(line, rng.normal(9.2, 0.6, 60), rng.uniform(0, 10, 60))


class Exponentials:
    """Waiting times; no guard below 0, for there are no such times."""

    def __init__(self, weights, rates):
        self.weights, self.rates = weights, rates

    def log_joint(self, x):
        return np.log(self.weights) + np.log(self.rates) - np.outer(x, self.rates)

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.sum(axis=0) / (q.T @ x))


def waiting(rng, n=60):
    return rng.exponential(np.where(rng.random(n) < 0.5, 0.5, 8.0))


@right(mass=real(0, 200, 400_000))
def exponentials(rng):
    return Exponentials(HALF, np.array([0.3, 1.0])), waiting(rng)


class Censored(Exponentials):
    """Rows (time, seen): of a lamp that still burned (seen = 0) one knows S(t) = e^(−λt) alone."""

    def log_joint(self, x):
        time, seen = x.T
        return np.log(self.weights) + np.outer(seen, np.log(self.rates)) - np.outer(time, self.rates)

    def m_step(self, x, q):
        time, seen = x.T
        return type(self)(q.mean(axis=0), q.T @ seen / (q.T @ time))


def censored_times(rng, n=60, end=6.0):
    time = waiting(rng, n)
    return np.column_stack([np.minimum(time, end), time < end])


@right()
def exponentials_censored(rng):
    return Censored(HALF, np.array([0.3, 1.0])), censored_times(rng)


class Gammas:
    """Gamma distributions of shape 3, which is known; the rates are learned."""

    shape = 3.0

    def __init__(self, weights, rates):
        self.weights, self.rates = weights, rates

    def log_joint(self, x):
        a = self.shape
        return (np.log(self.weights) + a * np.log(self.rates) + (a - 1) * np.log(x)[:, None] - np.outer(x, self.rates)
                - LGAMMA(a))

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), self.shape * q.sum(axis=0) / (q.T @ x))


@right(mass=real(0, 150, 200_000))
def gammas_of_known_shape(rng):
    return Gammas(HALF, np.array([0.5, 2.0])), rng.gamma(3, np.where(rng.random(60) < 0.5, 0.4, 3.0))


class SteepGammas(Gammas):
    """Shape ½: the density is infinite at 0 and integrates to 1 all the same."""

    shape = 0.5


@right()
def gammas_infinite_at_zero(rng):
    return SteepGammas(HALF, np.array([0.2, 5.0])), rng.gamma(0.5, np.where(rng.random(80) < 0.5, 0.1, 9.0))


class Laplaces:
    """Known centres, own attribute and declared; the scales are learned."""

    held = ("centres",)

    def __init__(self, weights, scales, centres):
        self.weights, self.scales, self.centres = weights, scales, centres

    def log_joint(self, x):
        return np.log(self.weights) - np.log(2 * self.scales) - np.abs(x[:, None] - self.centres) / self.scales

    def m_step(self, x, q):
        scales = (q * np.abs(x[:, None] - self.centres)).sum(axis=0) / q.sum(axis=0)
        return Laplaces(q.mean(axis=0), scales, self.centres)


@right(mass=real(-60, 60, 240_000))
def laplaces_of_known_centres(rng):
    centres = np.array([-2.0, 2.0])
    x = rng.laplace(centres[rng.integers(2, size=60)], 1.0)
    return Laplaces(HALF, np.array([0.5, 2.0]), centres), x


class Rayleighs:
    """Speeds: p = x/s · exp(−x²/2s), s the variance of each component of the velocity."""

    def __init__(self, weights, s):
        self.weights, self.s = weights, s

    def log_joint(self, x):
        return np.log(self.weights) + np.log(x)[:, None] - np.log(self.s) - np.outer(x**2, 1 / (2 * self.s))

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x**2 / (2 * q.sum(axis=0)))


@right(mass=real(0, 80, 80_000))
def rayleighs(rng):
    return Rayleighs(HALF, np.array([2.0, 20.0])), rng.rayleigh(np.where(rng.random(60) < 0.5, 1.0, 6.0))


class Directions:
    """Angles: von Mises of known concentration 4, which repeats itself every 2π."""

    def __init__(self, weights, towards):
        self.weights, self.towards = weights, towards

    def log_joint(self, x):
        return np.log(self.weights) + 4 * np.cos(x[:, None] - self.towards) - np.log(2 * np.pi * np.i0(4.0))

    def m_step(self, x, q):
        return Directions(q.mean(axis=0), np.arctan2(q.T @ np.sin(x), q.T @ np.cos(x)))


@right(mass=real(-np.pi, np.pi))
def directions(rng):
    return Directions(HALF, np.array([-1.5, 2.0])), rng.vonmises(rng.choice([-1.0, 1.5], 50), 4.0)


class LogNormals(Normals):
    def log_joint(self, x):
        return super().log_joint(np.log(x)) - np.log(x)[:, None]

    def m_step(self, x, q):
        return super().m_step(np.log(x), q)


@right(mass=on_the_log_scale(-20, 20))
def log_normals(rng):
    model, x = normals(LogNormals)(rng)
    return model, np.exp(x)
