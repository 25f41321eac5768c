"""Gaussian mixture: p(x, z=k | θ) = π_k N(x; μ_k, Σ_k), with four kinds of Σ."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emlib import _validate as validate
from emlib.models import covariance as of
from emlib.models._mixture import Mixture
from emlib.models._seeds import kmeans_plus_plus

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
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    covariance_type: str | None = None
    floor: float = 0.0

    def __post_init__(self):
        weights, means, cov = validate.weights(self.weights), validate.real(self.means, "means"), self.covariances
        k, cov = len(weights), validate.real(cov, "covariances")
        if means.ndim != 2 or len(means) != k or not means.size:
            raise ValueError(f"means has shape {means.shape}; expected (K, D) with K = {k}, the number of weights")
        kind = of.covariance_type(cov, k, means.shape[1], self.covariance_type)
        of.check_covariances(cov, kind, self.floor)
        for name, value in (("weights", weights), ("means", means), ("covariances", cov)):
            value = np.array(value)                                 # a model of its own, that nobody changes
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "covariance_type", kind)

    def __repr__(self):
        k, d = self.means.shape
        return f"GaussianMixture(K={k}, D={d}, {self.covariance_type})"

    @property
    def full_covariances(self):
        """Σ as full matrices, array (K, D, D), whatever the type."""
        return of.as_full(self.covariances, self.covariance_type, *self.means.shape)

    @property
    def n_parameters(self):
        """Free parameters: K − 1 weights, K·D means, and the covariances of this type."""
        k, d = self.means.shape
        return k - 1 + k * d + of.n_parameters(self.covariance_type, k, d)

    @cached_property
    def _whiten(self):
        return of.whitener(self.covariances, self.covariance_type, *self.means.shape)

    def log_joint(self, x):
        """log p(x_n, z=k | θ) in nats, array (N, K), for x of shape (N, D).

        Raises
        ------
        ValueError
            If x is not a finite real array (N, D).
        """
        xt = np.ascontiguousarray(validate.x(x, self.means.shape[1]).T)
        out = np.empty((len(self.weights), xt.shape[1]))            # components first: reductions are contiguous
        with np.errstate(over="ignore"):                            # too far for doubles: −inf, and `bound` says so
            log_scale = of.log_scale(self.weights, self._whiten)
            return of.log_density(xt, self.means, self._whiten, log_scale, out).T

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
            Of the same type and floor.

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
        k, d = self.means.shape
        x = validate.x(x, d)
        w = validate.sample_weight(sample_weight, len(x))
        validate.enough(np.count_nonzero(w), k)
        r = np.ascontiguousarray(validate.q(q, (len(x), k)).T) * w
        counts = r.sum(axis=1)
        of.check_empty(counts, len(x))
        weights = counts / counts.sum()                                                         # Bishop 9.26
        # moments about each component's own mean, and what rounding left of that mean: right however far apart they lie
        about, xt = r @ x / counts[:, None], np.ascontiguousarray(x.T)
        first, second = np.empty((k, d)), []
        for j, mean in enumerate(about):
            from_mean = xt - mean[:, None]
            first[j] = from_mean @ r[j] / counts[j]
            second.append(of.scatter(r[j], from_mean, self.covariance_type) / counts[j])
        cov = of.from_moments(first, np.array(second), weights, self.covariance_type)           # Bishop 9.25
        cov = of.at_least(cov, self.covariance_type, self.floor)
        of.check_collapse(cov, self.covariance_type, np.abs(x[w > 0]).max(axis=0))
        return GaussianMixture(weights, about + first, cov, self.covariance_type, self.floor)   # Bishop 9.24

    def blocks(self, x, sample_weight=None):
        """x as checked blocks that fit the cache, for the fast road of `fit`: see `emlib.streaming`."""
        from emlib.streaming.blocks import Blocks, rows_in_cache
        from emlib.streaming.gaussian import n_statistics

        k, d = self.means.shape
        data = Blocks(x, sample_weight, lambda rows: validate.x(rows, d),
                      rows_in_cache(k, n_statistics(self.covariance_type, d)))
        validate.enough(data.n, k)
        return data

    def first_pass(self, blocks):
        """A pass of EM over blocks at this model: see `emlib.streaming.gaussian`."""
        from emlib.streaming.gaussian import GaussianFit

        return GaussianFit(self, blocks).first(self)

    def restart(self, x, rng):
        """A `start` of the same K, type and floor: where the next of many runs begins."""
        return self.start(x, len(self.weights), rng, self.covariance_type, self.floor)

    def sample(self, n, rng):
        """Draw n points: x (n, D) and their labels z (n,), with `rng` a numpy Generator or a seed."""
        n, rng = validate.positive_integer(n, "n"), validate.rng(rng)
        z = rng.choice(len(self.weights), size=n, p=self.weights)
        root = np.linalg.cholesky(self.full_covariances)
        return self.means[z] + np.einsum("nij,nj->ni", root[z], rng.standard_normal((n, self.means.shape[1]))), z

    @classmethod
    def start(cls, x, K, rng, covariance_type="full", floor=0.0):
        """A k-means++ start: K distinct points as means, equal weights, the pooled spread about the nearest mean.

        Parameters
        ----------
        x : array (N, D)
        K : int
        rng : numpy Generator or seed
        covariance_type, floor
            As for the class.

        Raises
        ------
        ValueError
            If K is not an integer between 1 and N, or x has fewer than K distinct points or no spread.
        """
        x, k = validate.x(x), validate.positive_integer(K, "K")
        of.check_type(covariance_type)
        validate.enough(len(x), k)
        seeds, nearest = kmeans_plus_plus(x, k, validate.rng(rng))
        within, total = x - x[seeds][nearest], x - x.mean(axis=0)
        pooled = within.T @ within / len(x)
        if of.is_thin(pooled):                                      # about as many means as points: no spread is left
            pooled = total.T @ total / len(x)
        cov = of.at_least(of.of_type(pooled, covariance_type), covariance_type, floor)
        cov = cov if covariance_type == "tied" else np.array([cov] * k)
        of.check_collapse(cov, covariance_type, np.abs(x).max(axis=0))
        return cls(np.full(k, 1 / k), x[seeds], cov, covariance_type, floor)
