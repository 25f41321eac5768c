"""What a specimen is: a model as a student writes it, with data, and the judgement that it deserves.

The judgements come from mathematics alone (`proofs.py` computes them again), never from what `check_em` says.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SEEDS = range(5)
RIGHT, WRONG = {}, {}
LGAMMA = np.vectorize(math.lgamma, otypes=[float])


@dataclass(frozen=True)
class Specimen:
    """A model with its data, drawn by a seed.

    Attributes
    ----------
    make : callable
        rng → (model, x).
    mass : callable or None
        model → (values of x, their widths): Σ width · p(x|θ) is then to be 1.
    terms : float
        The size of the numbers that are added in one entry of log_joint: rounding is relative to them.
    eps : float
        The spacing of the numbers it computes with.
    first, says : tuple of str
        Of a wrong model: the names that the first failure may have, and words that its sentence must hold.
    proof : str
        Of a wrong model: why it is wrong, the name of a function in `proofs.py`.
    """

    make: Callable
    mass: Callable | None = None
    terms: float = 100.0
    eps: float = 2.0**-52
    first: tuple = ()
    says: tuple = ()
    proof: str = ""

    def case(self, seed):
        """(model, x) of this seed."""
        return self.make(np.random.default_rng(seed))


def right(**told):
    """Enter a function rng → (model, x) among the right models, under its own name."""
    def enter(make):
        RIGHT[make.__name__] = Specimen(make, **told)
        return make
    return enter


def wrong(name, make, first, *says, **told):
    """Enter a wrong model: the names that its first failure may have, and the words that must be said."""
    assert name not in WRONG, name
    WRONG[name] = Specimen(make, first=tuple(first), says=says, **told)


def of_kind(make, kind, **changed):
    """The specimen of this function, as an object of another class, with some attributes changed."""
    def made(rng):
        model, x = make(rng)
        new = kind.__new__(kind)
        for name, value in {**vars(model), **changed}.items():
            object.__setattr__(new, name, value)
        return new, x
    return made


# Values of x over which p(x|θ) is added up -----------------------------------------------------------------------


def whole(low, high, step=1):
    """Whole numbers; with a step, every so many stand for their neighbours."""
    x = np.arange(low, high, step)
    return lambda model: (x, np.full(len(x), float(step)))


def real(low, high, n=40001):
    """Midpoints of n equal cells."""
    edges = np.linspace(low, high, n + 1)
    return lambda model: ((edges[1:] + edges[:-1]) / 2, np.diff(edges))


def on_the_log_scale(low, high, n=40001):
    """Positive numbers e^u, u the midpoints of n equal cells."""
    u, width = real(low, high, n)(None)
    return lambda model: (np.exp(u), np.exp(u) * width)


# Densities that several students write alike ---------------------------------------------------------------------


def poisson(x, rates):
    """log Poisson(x; λ), array (N, K)."""
    return np.outer(x, np.log(rates)) - rates - LGAMMA(np.asarray(x) + 1.0)[:, None]


def normal(x, means, variances):
    """log N(x; μ, σ²), array (N, K)."""
    return -0.5 * np.log(2 * np.pi * variances) - 0.5 * (x[:, None] - means) ** 2 / variances


def spread(x, q, means):
    """Σ_n q_nk (x_n − μ_k)² / Σ_n q_nk, array (K,)."""
    return (q * (x[:, None] - means) ** 2).sum(axis=0) / q.sum(axis=0)


def two_normals(rng, n=40):
    """Points on a line, 40 % near −2 and 60 % near 3."""
    first = rng.random(n) < 0.4
    return np.where(first, rng.normal(-2, 0.8, n), rng.normal(3, 1.3, n))


def two_poissons(rng, n=40, rates=(2.0, 9.0)):
    """Counts of two sources."""
    return rng.poisson(np.array(rates)[rng.integers(2, size=n)])
