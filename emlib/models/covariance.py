"""The four kinds of covariance, told apart here and nowhere else: full, tied, diag, spherical.

A kind is full or diagonal by what a component's second moments are, a matrix (D, D) or its diagonal (D,), and
shared or not: "tied" averages over the components, "spherical" over the columns.
"""

import numpy as np

from emlib.trace import Collapse

EPS = np.finfo(float).eps
REMEDIES = "Give a floor= (smallest variance allowed), take fewer components, or restart from another place"


class Full:
    """One matrix a component: covariances (K, D, D). Second moments are matrices (K, D, D)."""

    name, matrices = "full", True

    def shape(self, k, d):
        """The shape of `covariances`."""
        return k, d, d

    def n_parameters(self, k, d):
        """Free parameters of the covariances."""
        return k * d * (d + 1) // 2

    def as_matrices(self, cov, k, d):
        """Covariances of this kind as matrices (K, D, D)."""
        return np.broadcast_to(cov, (k, d, d))

    def of_matrices(self, matrices, weights):
        """The maximum-likelihood covariances of this kind for matrices (K, D, D) of second moments."""
        return self.estimate(matrices, weights)

    def estimate(self, moments, weights):
        """The maximum-likelihood covariances of this kind from the components' second moments about their means."""
        return moments

    def variances(self, cov):
        """Variances of the columns: (K, D), or (1, D) or (K, 1) where they are shared."""
        return np.atleast_2d(np.diagonal(cov, axis1=-2, axis2=-1))

    def whitener(self, cov, k, d):
        """W with W Σ Wᵀ = I for each component: matrices (K, D, D), or scales (K, D) where Σ is diagonal."""
        return np.broadcast_to(np.linalg.inv(np.linalg.cholesky(cov)), (k, d, d))

    def resolution(self, magnitude):
        """The standard deviation below which a column of this magnitude, array (D,), is constant to rounding."""
        return 64 * EPS * magnitude

    def is_singular(self, cov):
        """Whether covariances are singular to rounding, judged in units of their own columns: one bool a matrix."""
        variance = np.diagonal(cov, axis1=-2, axis2=-1)
        sd = np.sqrt(np.where(variance > 0, variance, 1))
        correlation = cov / (sd[..., :, None] * sd[..., None, :])
        return np.atleast_1d(np.linalg.eigvalsh(correlation)[..., 0] <= 64 * EPS * cov.shape[-1])

    def at_least(self, cov, floor):
        """cov with no variance below floor in any direction: the maximum of the M-step's objective under that."""
        if not floor:
            return cov
        value, vector = np.linalg.eigh(cov)
        if value.min() >= floor:
            return cov
        root = vector * np.sqrt(np.maximum(value, floor))[..., None, :]
        cov = root @ np.swapaxes(root, -1, -2)
        return (cov + np.swapaxes(cov, -1, -2)) / 2                 # the product is symmetric to rounding only

    def check(self, cov):
        """Raise ValueError unless cov, of the right shape, is symmetric positive-definite."""
        sd = np.sqrt(np.abs(np.diagonal(cov, axis1=-2, axis2=-1)))  # symmetric in units of their own columns
        if not (np.abs(cov - np.swapaxes(cov, -1, -2)) <= 1e-8 * sd[..., :, None] * sd[..., None, :]).all():
            raise ValueError("covariances must be symmetric; average each matrix with its transpose")
        if (bad := self.is_singular(cov)).any():
            raise ValueError(f"covariances must be positive-definite; matrix {int(np.argmax(bad))} is not")

    def smallest(self, cov):
        """The smallest variance in any direction, or a little more: eigenvalues are known to eps times the largest."""
        value = np.linalg.eigvalsh(cov)
        return (value[..., 0] + 64 * EPS * value[..., -1]).min()


class Tied(Full):
    """One matrix for all components: covariances (D, D)."""

    name = "tied"

    def shape(self, k, d):
        return d, d

    def n_parameters(self, k, d):
        return d * (d + 1) // 2

    def estimate(self, moments, weights):
        return np.tensordot(weights, moments, axes=1)


class Diag(Full):
    """One variance a column and component: covariances (K, D). Second moments are variances (K, D)."""

    name, matrices = "diag", False

    def shape(self, k, d):
        return k, d

    def n_parameters(self, k, d):
        return k * d

    def as_matrices(self, cov, k, d):
        return np.eye(d) * self.variances(cov)[:, None, :]

    def of_matrices(self, matrices, weights):
        return self.estimate(np.diagonal(matrices, axis1=1, axis2=2), weights)

    def variances(self, cov):
        return cov.reshape(len(cov), -1)

    def whitener(self, cov, k, d):
        return np.broadcast_to(1 / np.sqrt(self.variances(cov)), (k, d))

    def is_singular(self, cov):
        return np.zeros(len(cov), bool)                             # not beyond what `resolution` finds

    def at_least(self, cov, floor):
        return np.maximum(cov, floor)

    def check(self, cov):
        if (smallest := cov.min()) <= 0:
            raise ValueError(f"covariances must be positive ({self.name}: variances); the smallest is {smallest:.6g}")

    def smallest(self, cov):
        return cov.min()


class Spherical(Diag):
    """One variance a component, the same in all directions: covariances (K,)."""

    name = "spherical"

    def shape(self, k, d):
        return (k,)

    def n_parameters(self, k, d):
        return k

    def estimate(self, moments, weights):
        return moments.mean(axis=1)

    def resolution(self, magnitude):
        return 64 * EPS * magnitude.max()


KINDS = {kind.name: kind for kind in (Full(), Tied(), Diag(), Spherical())}


def kind_named(name):
    """The kind of this name, or a ValueError that lists the names; from a file it may come as an array () of text."""
    name = name.item() if isinstance(name, np.ndarray) and name.ndim == 0 else name
    if not isinstance(name, str) or name not in KINDS:
        raise ValueError(f"covariance_type is {name!r}; it must be one of {', '.join(KINDS)}")
    return KINDS[name]


def kind_of(cov, k, d, name=None):
    """The kind that the shape of cov says, checked against the one named.

    Where K = D, (D, D) may be tied or diag: then the one that is a covariance at all, if only one is.
    """
    if name is not None:
        if cov.shape != kind_named(name).shape(k, d):
            raise ValueError(f"covariances has shape {cov.shape}; expected {kind_named(name).shape(k, d)} for {name!r}")
        return kind_named(name)
    fits = [kind for kind in KINDS.values() if kind.shape(k, d) == cov.shape]
    if not fits:
        expected = {kind.name: kind.shape(k, d) for kind in KINDS.values()}
        raise ValueError(f"covariances has shape {cov.shape}; expected one of {expected} for K = {k}, D = {d}")
    if len(fits) > 1:
        fits = [kind for kind in fits if _is_covariance(cov, kind)]
        if len(fits) != 1:
            raise ValueError(f"covariances of shape {cov.shape} could be tied or diag (K = D); say covariance_type=")
    return fits[0]


def _is_covariance(cov, kind):
    try:
        kind.check(cov)
    except ValueError:
        return False
    return True


def check_floor(kind, cov, floor):
    """Raise ValueError unless floor is a variance ≥ 0 that cov respects."""
    if not (np.isfinite(floor) and floor >= 0):
        raise ValueError(f"floor is {floor}; it must be a finite variance ≥ 0")
    if floor and (smallest := kind.smallest(cov)) < floor * (1 - 1e-9):
        raise ValueError(f"covariances have a variance of {smallest:.6g}, below floor = {floor}; lower the floor")


def log_scale(weights, whiten):
    """log π_k − ½ log |2πΣ_k|, array (K,); −inf for a component of weight 0."""
    diagonal = whiten if whiten.ndim == 2 else np.diagonal(whiten, axis1=1, axis2=2)
    log_weights = np.log(weights, out=np.full(len(weights), -np.inf), where=weights > 0)
    return log_weights + np.sum(np.log(diagonal), axis=1) - 0.5 * whiten.shape[-1] * np.log(2 * np.pi)


def least_count(n):
    """Responsibilities of n points that sum to less are those of an empty component."""
    return n * np.finfo(float).tiny


def check_empty(counts, n):
    """Raise Collapse if the responsibilities for a component, summed over n points in counts (K,), are none."""
    empty = counts < least_count(n)
    if empty.any():
        raise Collapse(f"component {int(np.argmax(empty))} is empty: no point has any responsibility for it, so "
                       f"its mean and covariance are undefined. {REMEDIES}.")


def check_collapse(kind, cov, magnitude):
    """Raise Collapse if a covariance is zero to rounding beside the magnitude (D,) of x, or singular."""
    if not np.isfinite(cov).all():
        raise ValueError("sample_weight is so large that its sums overflow; rescale sample_weight")
    resolved = np.sqrt(np.maximum(kind.variances(cov), 0)) > kind.resolution(magnitude)
    bad = kind.is_singular(cov) | ~resolved.all(axis=-1)
    if bad.any():
        which = "the tied covariance" if kind.name == "tied" else f"component {int(np.argmax(bad))}"
        raise Collapse(f"{which} has collapsed: its covariance is singular (it sits on one point, one line, or "
                       f"repeated columns), so the likelihood has no maximum there. {REMEDIES}.")
