"""Right models of rows: points in the plane and in space, missing cells, straight lines."""

from dataclasses import dataclass

import numpy as np
from specimen import real, right

HALF = np.array([0.5, 0.5])


def plane(width=14, n=400):
    """Cells of a square round the origin."""
    side = (np.arange(n) + 0.5) * 2 * width / n - width
    return lambda model: (np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2), (2 * width / n) ** 2)


def log_normal(x, mean, covariance):
    r = x - mean
    _, log_det = np.linalg.slogdet(2 * np.pi * covariance)
    return -0.5 * (log_det + np.einsum("nd,nd->n", r, np.linalg.solve(covariance, r.T).T))


class Plane:
    """Normals with a full covariance each."""

    def __init__(self, weights, means, covariances):
        self.weights, self.means, self.covariances = weights, means, covariances

    def log_joint(self, x):
        parts = [log_normal(x, m, c) for m, c in zip(self.means, self.covariances, strict=True)]
        return np.log(self.weights) + np.column_stack(parts)

    def m_step(self, x, q):
        n = q.sum(axis=0)
        means = q.T @ x / n[:, None]
        covariances = [((x - m).T * w) @ (x - m) / w.sum() for m, w in zip(means, q.T, strict=True)]
        return type(self)(n / len(x), means, np.array(covariances))


def clouds(rng, n=60, d=2):
    first = rng.random(n) < 0.5
    x = rng.normal(size=(n, d)) @ np.array([[1, 0.5, 0.2], [0, 0.8, 0.1], [0, 0, 0.9]])[:d, :d]
    return x + np.where(first[:, None], -2, 2)


@right(mass=plane())
def normals_in_the_plane(rng):
    return Plane(HALF, np.array([[-1.0, -1], [1, 2]]), np.array([np.eye(2)] * 2)), clouds(rng)


@right()
def normals_in_three_dimensions(rng):
    return Plane(HALF, np.array([[-1.0, -1, 0], [1, 2, 1]]), np.array([np.eye(3)] * 2)), clouds(rng, d=3)


class Tied(Plane):
    """One covariance for all."""

    def log_joint(self, x):
        return np.log(self.weights) + np.column_stack([log_normal(x, m, self.covariances) for m in self.means])

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.means, np.tensordot(new.weights, new.covariances, axes=1))


# `Plane.m_step` reads no covariance of its own, so the tied one can build on it.
@right(mass=plane())
def normals_of_tied_covariance(rng):
    return Tied(HALF, np.array([[-1.0, -1], [1, 2]]), np.eye(2)), clouds(rng)


class Diagonal:
    """Diagonal normals with cells that are missing (NaN): a missing cell is integrated out."""

    def __init__(self, weights, means, variances):
        self.weights, self.means, self.variances = weights, means, variances

    def log_joint(self, x):
        off = (np.nan_to_num(x)[:, None] - self.means) ** 2 / self.variances
        term = np.where(np.isnan(x)[:, None], 0, np.log(2 * np.pi * self.variances) + off)
        return np.log(self.weights) - 0.5 * term.sum(axis=2)

    def m_step(self, x, q):
        seen, value = ~np.isnan(x), np.nan_to_num(x)
        n = q.T @ seen
        means = q.T @ value / n
        square = (value[:, None] - means) ** 2 * seen[:, None]
        return type(self)(q.mean(axis=0), means, np.einsum("nk,nkd->kd", q, square) / n)


@right()
def missing_cells_left_out(rng):
    x = clouds(rng, d=3)
    x[rng.random(x.shape) < 0.15] = np.nan
    model = Diagonal(HALF, np.array([[-1.0, -1, -1], [1, 2, 1]]), np.ones((2, 3)))
    return model, x[~np.isnan(x).all(axis=1)]


@dataclass(frozen=True)
class TwoLines:
    """Rows (t, y): each point lies near one of two straight lines; the t are given, no chance in them."""

    weights: np.ndarray
    slopes: np.ndarray
    heights: np.ndarray
    variances: np.ndarray

    def log_joint(self, x):
        t, y = x[:, :1], x[:, 1:]
        off = (y - self.heights - t * self.slopes) ** 2
        return np.log(self.weights) - 0.5 * np.log(2 * np.pi * self.variances) - 0.5 * off / self.variances

    def m_step(self, x, q):
        t, y = x.T
        slopes, heights, variances = [], [], []
        for w in q.T:
            design = np.column_stack([t, np.ones(len(t))])
            slope, height = np.linalg.solve(design.T @ (w[:, None] * design), design.T @ (w * y))
            slopes.append(slope)
            heights.append(height)
            variances.append(w @ (y - slope * t - height) ** 2 / w.sum())
        return type(self)(q.mean(axis=0), np.array(slopes), np.array(heights), np.array(variances))


def lines(rng, n=50):
    t, first = rng.uniform(0, 5, n), rng.random(n) < 0.5
    return np.column_stack([t, np.where(first, 1 + 2 * t, 8 - t) + rng.normal(0, 0.5, n)])


@right(mass=lambda model: (np.column_stack([np.full(40_000, 1.5), real(-60, 60, 40_000)(model)[0]]), 120 / 40_000))
def two_regressions(rng):
    return TwoLines(HALF, np.array([1.5, -0.5]), np.array([2.0, 7.0]), np.ones(2)), lines(rng)
