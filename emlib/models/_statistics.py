"""Sufficient statistics: what an M-step needs to know of the data and q, and no more. S₁ + S₂ belongs to both data.

``m_step`` is ``from_statistics`` after ``statistics``. Between the two lies whatever adds up: blocks of a file, the
shards of a cluster, or, with S · number, a running average of mini-batches (online EM: Cappé and Moulines, 2009).
"""

from dataclasses import dataclass, fields, replace
from numbers import Real

import numpy as np

__all__ = ["CoinStatistics", "GaussianStatistics"]


class Statistics:
    """Sums over points that can be added to others of their kind, and multiplied by a number ≥ 0."""

    def __radd__(self, other):
        return self if isinstance(other, Real) and other == 0 else NotImplemented       # for sum([S₁, S₂, …])

    def __rmul__(self, number):
        return self * number

    def _check_other(self, other):
        for field in fields(self):
            mine, theirs = np.shape(getattr(self, field.name)), np.shape(getattr(other, field.name))
            if mine != theirs:
                raise ValueError(f"statistics to be added have {field.name} of shapes {mine} and {theirs}; "
                                 "take them from models of one K, D and covariance type")

    @staticmethod
    def _check_number(number):
        if not (np.isfinite(number) and number >= 0):
            raise ValueError(f"statistics are multiplied by {number}; it must be a finite number ≥ 0")


@dataclass(frozen=True, eq=False)
class GaussianStatistics(Statistics):
    """Of a Gaussian mixture. Means and moments, not sums of x and x xᵀ: those lose their digits far from the origin.

    Attributes
    ----------
    counts : array (K,)
        Σ_n r_nk, with r_nk = q_nk times the sample weight.
    means : array (K, D)
        Σ_n r_nk x_n / counts_k; 0 for a component without points.
    moments : array (K, D, D), or (K, D) for diagonal kinds of covariance
        Σ_n r_nk d dᵀ / counts_k, or Σ_n r_nk d² / counts_k, with d = x_n − means_k.
    magnitude : array (D,)
        Largest absolute value of each column: what rounding is relative to.
    n : int
        Number of points with a weight above 0.
    """

    counts: np.ndarray
    means: np.ndarray
    moments: np.ndarray
    magnitude: np.ndarray
    n: int

    @property
    def weights(self):
        """Each component's share of the points, array (K,): Bishop (2006), eq. 9.26."""
        return self.counts / np.add.reduce(self.counts)

    def covariances(self, kind, floor):
        """The maximum-likelihood covariances of a kind (see `emlib.models.covariance`): Bishop (2006), eq. 9.25."""
        return kind.at_least(kind.estimate(self.moments, self.weights), floor)

    def __add__(self, other):
        """Chan, Golub and LeVeque (1983): exact, wherever the two means lie."""
        if not isinstance(other, GaussianStatistics):
            return NotImplemented
        self._check_other(other)
        counts = self.counts + other.counts
        some = np.where(counts > 0, counts, 1)
        mine, theirs, apart = self.counts / some, other.counts / some, other.means - self.means
        means = self.means + theirs[:, None] * apart
        # E[d dᵀ] of both together, d from the common mean: within each, and between their means
        columns = (slice(None), *[None] * (self.moments.ndim - 1))
        between = apart[:, :, None] * apart[:, None, :] if self.moments.ndim == 3 else apart * apart
        mine, theirs = mine[columns], theirs[columns]
        moments = mine * self.moments + theirs * other.moments + mine * theirs * between
        return GaussianStatistics(counts, means, moments, np.maximum(self.magnitude, other.magnitude), self.n + other.n)

    def __mul__(self, number):
        if not isinstance(number, Real):
            return NotImplemented
        self._check_number(number)
        return replace(self, counts=self.counts * number)


@dataclass(frozen=True, eq=False)
class CoinStatistics(Statistics):
    """Of a mixture of coins: how many of n sets, and of their heads and tails, are each coin's, arrays (K,)."""

    sets: np.ndarray
    heads: np.ndarray
    tails: np.ndarray
    n: int

    def __add__(self, other):
        if not isinstance(other, CoinStatistics):
            return NotImplemented
        self._check_other(other)
        return CoinStatistics(self.sets + other.sets, self.heads + other.heads, self.tails + other.tails,
                              self.n + other.n)

    def __mul__(self, number):
        if not isinstance(number, Real):
            return NotImplemented
        self._check_number(number)
        return CoinStatistics(self.sets * number, self.heads * number, self.tails * number, self.n)
