"""Right models whose parameters live anywhere: one mixture of normals, written in many ways; and held ones."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from right_reals import HALF, Normals, normals
from specimen import normal, real, right, spread, two_normals

LINE = real(-20, 20)
MEANS, ONES = np.array([-1.0, 2.0]), np.ones(2)


def update(x, q):
    """The maximum-likelihood weights, means and variances."""
    means = q.T @ x / q.sum(axis=0)
    return q.mean(axis=0), means, spread(x, q, means)


def density(weights, means, variances, x):
    return np.log(weights) + normal(x, np.asarray(means), np.asarray(variances))


class InDict:
    def __init__(self, theta):
        self.theta = theta

    def log_joint(self, x):
        return density(self.theta["pi"], self.theta["mu"], self.theta["var"], x)

    def m_step(self, x, q):
        return type(self)(dict(zip(("pi", "mu", "var"), update(x, q), strict=True)))


@right(mass=LINE)
def parameters_in_a_dict(rng):
    return InDict({"pi": HALF, "mu": MEANS, "var": ONES}), two_normals(rng)


class InTuple:
    def __init__(self, theta):
        self.theta = theta

    def log_joint(self, x):
        return density(*self.theta, x)

    def m_step(self, x, q):
        return InTuple(update(x, q))


@right(mass=LINE)
def parameters_in_a_tuple(rng):
    return InTuple((HALF, MEANS, ONES)), two_normals(rng)


class Named(NamedTuple):
    pi: np.ndarray
    mu: np.ndarray
    var: np.ndarray


class InNamedTuple(Named):
    """The model is the tuple."""

    __slots__ = ()

    def log_joint(self, x):
        return density(*self, x)

    def m_step(self, x, q):
        return InNamedTuple(*update(x, q))


@right(mass=LINE)
def parameters_in_a_named_tuple(rng):
    return InNamedTuple(HALF, MEANS, ONES), two_normals(rng)


class InSlots:
    __slots__ = ("mu", "pi", "var")

    def __init__(self, pi, mu, var):
        self.pi, self.mu, self.var = pi, mu, var

    def log_joint(self, x):
        return density(self.pi, self.mu, self.var, x)

    def m_step(self, x, q):
        return InSlots(*update(x, q))


@right(mass=LINE)
def parameters_in_slots(rng):
    return InSlots(HALF, MEANS, ONES), two_normals(rng)


@dataclass(frozen=True)
class Shape:
    means: np.ndarray
    variances: np.ndarray


@dataclass(frozen=True)
class Nested:
    weights: np.ndarray
    shape: Shape

    def log_joint(self, x):
        return density(self.weights, self.shape.means, self.shape.variances, x)

    def m_step(self, x, q):
        weights, *shape = update(x, q)
        return type(self)(weights, Shape(*shape))


@right(mass=LINE)
def parameters_in_nested_dataclasses(rng):
    return Nested(HALF, Shape(MEANS, ONES)), two_normals(rng)


class Component:
    """One component, a plain object."""

    def __init__(self, share, mean, variance):
        self.share, self.mean, self.variance = float(share), float(mean), float(variance)

    def log_density(self, x):
        return np.log(self.share) - 0.5 * np.log(2 * np.pi * self.variance) - (x - self.mean) ** 2 / (2 * self.variance)


class Components:
    """A list of them."""

    def __init__(self, components):
        self.components = components

    def log_joint(self, x):
        return np.column_stack([c.log_density(x) for c in self.components])

    def m_step(self, x, q):
        return type(self)([Component(*row) for row in zip(*update(x, q), strict=True)])


@right(mass=LINE)
def components_in_a_list(rng):
    return Components([Component(0.5, -1, 1), Component(0.5, 2, 1)]), two_normals(rng)


class LeftRight:
    """Two objects, each under a name of its own."""

    def __init__(self, left, other):
        self.left, self.other = left, other

    def log_joint(self, x):
        return np.column_stack([self.left.log_density(x), self.other.log_density(x)])

    def m_step(self, x, q):
        return LeftRight(*(Component(*row) for row in zip(*update(x, q), strict=True)))


@right(mass=LINE)
def components_under_names(rng):
    return LeftRight(Component(0.5, -1, 1), Component(0.5, 2, 1)), two_normals(rng)


class InLists:
    """Lists of numbers, those of the start whole ones."""

    def __init__(self, weights, means, variances):
        self.weights, self.means, self.variances = weights, means, variances

    def log_joint(self, x):
        return density(self.weights, self.means, self.variances, x)

    def m_step(self, x, q):
        return InLists(*(part.tolist() for part in update(x, q)))


@right(mass=LINE)
def parameters_in_lists(rng):
    return InLists([0.5, 0.5], [-1, 2], [1, 1]), two_normals(rng)


class Spike:
    """A known background N(0, 1) and a spike: start values are whole numbers."""

    def __init__(self, share, mean, variance):
        self.share, self.mean, self.variance = share, mean, variance

    def log_joint(self, x):
        both = normal(x, np.array([0, self.mean]), np.array([1, self.variance]))
        return both + np.log([1 - self.share, self.share])

    def m_step(self, x, q):
        w = q[:, 1]
        mean = w @ x / w.sum()
        return type(self)(w.mean(), mean, w @ (x - mean) ** 2 / w.sum())


@right(mass=LINE)
def whole_number_starts(rng):
    return Spike(0.5, 2, 1), np.where(rng.random(50) < 0.5, rng.normal(0, 1, 50), rng.normal(4, 0.7, 50))


# Held on purpose -------------------------------------------------------------------------------------------------


class FirstMeanKnown(Normals):
    held = ("means[0]",)

    def m_step(self, x, q):
        means = np.array([self.means[0], q[:, 1] @ x / q[:, 1].sum()])
        return type(self)(q.mean(axis=0), means, spread(x, q, means))


@right(mass=LINE)
def one_mean_held(rng):
    return FirstMeanKnown(HALF, np.array([-2.0, 2.0]), ONES), two_normals(rng)


class VariancesKnown(Normals):
    held = ("variances",)

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0), self.variances)


@right(mass=LINE)
def variances_held(rng):
    return normals(VariancesKnown)(rng)


class EqualShares(Normals):
    learn_weights = False

    def m_step(self, x, q):
        return type(self)(self.weights, *update(x, q)[1:])


@right(mass=LINE)
def weights_not_learned(rng):
    return normals(EqualShares)(rng)
