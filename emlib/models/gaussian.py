"""Gaussian mixture: p(x, z=k | θ) = π_k N(x; μ_k, Σ_k), with four kinds of Σ."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emlib import _validate as validate
from emlib.models import _inputs as inputs
from emlib.models._mixture import Mixture, made
from emlib.models._seeds import kmeans_plus_plus
from emlib.models._statistics import GaussianStatistics
from emlib.models.covariance import (
    KINDS,
    check_collapse,
    check_empty,
    check_floor,
    kind_named,
    kind_of,
    log_scale,
)

__all__ = ["GaussianMixture"]


@dataclass(frozen=True, eq=False, repr=False)
class GaussianMixture(Mixture):
    """A mixture of K normal distributions in D dimensions. The model is its parameters.

    Parameters
    ----------
    weights : array (K,)
        π, non-negative, summing to 1.
    means : array (K, D)
        μ.
    covariances : array
        Σ, by type: full (K, D, D), tied (D, D), diag (K, D), spherical (K,).
    covariance_type : {"full", "tied", "diag", "spherical"}, optional
        Read off the shape of `covariances` where that leaves no doubt.
    floor : float
        The smallest variance allowed in any direction, in squared units of x; 0 is off. With a floor the
        M-step is the exact maximum over the covariances that respect it, so every theorem still holds.

    Raises
    ------
    ValueError
        If a parameter has the wrong shape, is not finite, or is not what its name says.

    Notes
    -----
    Densities come from whitened distances to each component's own mean (two passes), which keep their
    digits however far the data lie from the origin. float32 and integers become float64.
    Bishop (2006), section 9.2.

    A model is its parameters, and so is its file: ``numpy.savez(file, **dataclasses.asdict(model))`` saves it, and
    ``GaussianMixture(**numpy.load(file))`` is that model again, bit by bit. pickle and copy keep every bit too.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    covariance_type: str | None = None
    floor: float = 0.0
    _arrays = "weights", "means", "covariances"

    def __post_init__(self):
        weights, means = inputs.weights(self.weights), inputs.parameter(self.means, "means")
        cov, floor = inputs.parameter(self.covariances, "covariances"), inputs.number(self.floor, "floor")
        k = len(weights)
        if means.ndim != 2 or len(means) != k or not means.size:
            raise ValueError(f"means has shape {means.shape}; expected (K, D) with K = {k}, the number of weights")
        kind = kind_of(cov, k, means.shape[1], self.covariance_type)
        kind.check(cov)
        check_floor(kind, cov, floor)
        self._keep(weights=weights, means=means, covariances=cov)
        object.__setattr__(self, "covariance_type", kind.name)
        object.__setattr__(self, "floor", floor)

    def __repr__(self):
        k, d = self.means.shape
        return f"GaussianMixture(K={k}, D={d}, {self.covariance_type})"

    @property
    def full_covariances(self):
        """Σ as full matrices, array (K, D, D), whatever the type."""
        return self._kind.as_matrices(self.covariances, *self.means.shape)

    @property
    def n_parameters(self):
        """Free parameters: K − 1 weights, K·D means, and the covariances of this type."""
        k, d = self.means.shape
        return k - 1 + k * d + self._kind.n_parameters(k, d)

    @property
    def _kind(self):
        return kind_named(self.covariance_type)

    @cached_property
    def _whiten(self):
        return self._kind.whitener(self.covariances, *self.means.shape)

    def log_joint(self, x):
        """log p(x_n, z=k | θ) in nats, array (N, K), for x of shape (N, D).

        Raises
        ------
        ValueError
            If x is not a finite real array (N, D).
        """
        xt = np.ascontiguousarray(inputs.x(x, self.means.shape[1]).T)
        out = np.empty((len(self.weights), xt.shape[1]))            # components first: reductions are contiguous
        with np.errstate(over="ignore"):                            # too far for doubles: −inf, and `bound` says so
            scale = log_scale(self.weights, self._whiten)
            for k, (mean, w) in enumerate(zip(self.means, self._whiten, strict=True)):
                d = xt - mean[:, None]
                y = w[:, None] * d if w.ndim == 1 else w @ d
                out[k] = scale[k] - 0.5 * np.einsum("dn,dn->n", y, y)
        return out.T

    def m_step(self, x, q, sample_weight=None):
        """The model that maximises E_q[log p(x, z|θ)] over θ (W14): weighted maximum likelihood.

        Parameters
        ----------
        x : array (N, D)
        q : array (N, K)
            Any distribution over z for each point, not only a posterior.
        sample_weight : array (N,), optional
            How often each point counts.

        Returns
        -------
        GaussianMixture
            Of the same class, type and floor.

        Raises
        ------
        Collapse
            If a component has no points, or a covariance is singular: then the maximum does not exist.
        ValueError
            If an argument is not of the form above, or there are fewer points than components.

        Notes
        -----
        Dempster, Laird and Rubin (1977), section 4.3; Bishop (2006), eq. 9.24–9.26.
        """
        return self.from_statistics(self.statistics(x, q, sample_weight))

    def statistics(self, x, q, sample_weight=None):
        """What `from_statistics` needs to know of x and q, as for `m_step`: sums, so that those of blocks add up.

        Returns
        -------
        GaussianStatistics

        Notes
        -----
        Moments are about each component's own mean, and about what rounding left of that mean: right however far
        apart the components lie.
        """
        k, d = self.means.shape
        x = inputs.x(x, d)
        w = validate.sample_weight(sample_weight, len(x))
        r = np.ascontiguousarray(validate.q(q, (len(x), k)).T) * w
        counts = r.sum(axis=1)
        some = np.where(counts > 0, counts, 1)
        about, xt = r @ x / some[:, None], np.ascontiguousarray(x.T)
        left, moments = np.empty((k, d)), np.empty((k, d, d) if self._kind.matrices else (k, d))
        for j, mean in enumerate(about):
            from_mean = xt - mean[:, None]
            weighted = r[j] * from_mean
            left[j] = weighted.sum(axis=1) / some[j]
            if self._kind.matrices:
                moment = weighted @ from_mean.T / some[j] - np.outer(left[j], left[j])
                moments[j] = (moment + moment.T) / 2
            else:
                moments[j] = np.einsum("dn,dn->d", weighted, from_mean) / some[j] - left[j] ** 2
        return GaussianStatistics(counts, about + left, moments, np.abs(x[w > 0]).max(axis=0), np.count_nonzero(w))

    def from_statistics(self, S):
        """The M-step given sums: the model of this class, type and floor with the greatest likelihood for them.

        Raises
        ------
        Collapse, ValueError
            As `m_step`.
        """
        kind, (k, d) = self._kind, self.means.shape
        moments = (k, d, d) if kind.matrices else (k, d)
        inputs.statistics(S, GaussianStatistics, counts=(k,), means=(k, d), moments=moments)
        inputs.enough(S.n, len(self.weights))
        if not self.floor:
            inputs.not_too_small(S.magnitude)
        check_empty(S.counts, S.n)
        cov = S.covariances(kind, self.floor)
        check_collapse(kind, cov, S.magnitude)
        return self._with(weights=S.weights, means=S.means, covariances=cov)

    def blocks(self, x, sample_weight=None):
        """x as checked blocks that fit the cache, for streaming EM: see `emlib.streaming`."""
        from emlib.streaming.gaussian import blocks  # opt-in: the model itself does not need it
        return blocks(self, x, sample_weight)

    def first_pass(self, blocks):
        """The first step of streaming EM over blocks, at this model: see `emlib.streaming.gaussian`."""
        from emlib.streaming.gaussian import first_step
        return first_step(self, blocks)

    def restart(self, x, rng, sample_weight=None):
        """A `start` of the same K, type and floor: where the next of many runs begins."""
        found = self._started(x, len(self.weights), rng, self.covariance_type, self.floor, sample_weight)
        return self._with(weights=found.weights, means=found.means, covariances=found.covariances)

    def sample(self, n, rng):
        """Draw n points: x (n, D) and their labels z (n,), with `rng` a numpy Generator or a seed."""
        n, rng = validate.positive_integer(n, "n"), validate.rng(rng)
        z = rng.choice(len(self.weights), size=n, p=self.weights)
        x, roots = rng.standard_normal((n, self.means.shape[1])), np.linalg.cholesky(self.full_covariances)
        for k, (mean, root) in enumerate(zip(self.means, roots, strict=True)):
            x[z == k] = x[z == k] @ root.T + mean
        return x, z

    @classmethod
    def start(cls, x, K, rng, covariance_type="full", floor=0.0, sample_weight=None):
        """A k-means++ start: K distinct points as means, equal weights, the pooled spread about the nearest mean.

        Parameters
        ----------
        x : array (N, D)
        K : int
        rng : numpy Generator or seed
        covariance_type, floor
            As for the class.
        sample_weight : array (N,), optional
            How often each point counts; one of weight 0 is never chosen.

        Raises
        ------
        ValueError
            If K is not an integer between 1 and N, or x has fewer than K distinct points or no spread.
        """
        x, k = inputs.x(x), validate.positive_integer(K, "K")
        kind, weights, floor = kind_named(covariance_type), np.full(k, 1 / k), inputs.number(floor, "floor")
        x, w = inputs.counted(x, sample_weight)
        inputs.enough(len(x), k)
        if not floor:
            inputs.not_too_small(np.abs(x).max(axis=0))
        seeds, nearest = kmeans_plus_plus(x, k, validate.rng(rng), w)
        pooled = _scatter(x - x[seeds][nearest], w)
        if KINDS["full"].is_singular(pooled).any():                 # about as many means as points: no spread is left
            pooled = _scatter(x - (x.mean(axis=0) if w is None else w @ x / w.sum()), w)
        cov = kind.at_least(kind.of_matrices(np.array([pooled] * k), weights), floor)
        check_collapse(kind, cov, np.abs(x).max(axis=0))
        return made(cls, {"weights": weights, "means": x[seeds], "covariances": cov, "covariance_type": kind.name,
                          "floor": floor})


def _scatter(d, w):
    """The mean of d dᵀ over rows (N, D) that count as often as w says, array (D, D)."""
    return d.T @ d / len(d) if w is None else (w[:, None] * d).T @ d / w.sum()
