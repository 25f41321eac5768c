"""The four kinds of covariance, told apart here and nowhere else: full, tied, diag, spherical."""

import numpy as np

from emlib.trace import Collapse

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")
EPS = np.finfo(float).eps
REMEDIES = "Give a floor= (smallest variance allowed), take fewer components, or restart from another place"


def shapes(k, d):
    """The shape of `covariances` for each type."""
    return {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}


def n_parameters(kind, k, d):
    """Free parameters of the covariances."""
    return {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": k * d, "spherical": k}[kind]


def as_full(cov, kind, k, d):
    """Covariances of any type as matrices (K, D, D)."""
    if kind in ("full", "tied"):
        return np.broadcast_to(cov, (k, d, d))
    return np.eye(d) * (cov[:, None, :] if kind == "diag" else cov[:, None, None])


def of_type(full, kind):
    """One matrix (D, D), shared by K components, as covariances of a type without its K axis."""
    variances = np.diagonal(full)
    return {"full": full, "tied": full, "diag": variances, "spherical": variances.mean()}[kind]


def whitener(cov, kind, k, d):
    """W with W Σ Wᵀ = I for each component: matrices (K, D, D), or scales (K, D) where Σ is diagonal."""
    if kind in ("full", "tied"):
        return np.broadcast_to(np.linalg.inv(np.linalg.cholesky(cov)), (k, d, d))
    return np.broadcast_to(1 / np.sqrt(cov.reshape(k, -1)), (k, d))


def log_scale(weights, whiten):
    """log π_k − ½ log |2πΣ_k|, array (K,); −inf for a component of weight 0."""
    diagonal = whiten if whiten.ndim == 2 else np.diagonal(whiten, axis1=1, axis2=2)
    log_weights = np.log(weights, out=np.full(len(weights), -np.inf), where=weights > 0)
    return log_weights + np.sum(np.log(diagonal), axis=1) - 0.5 * whiten.shape[-1] * np.log(2 * np.pi)


def log_density(xt, means, whiten, log_scale, out):
    """log_scale_k − ½ |W_k (x_n − μ_k)|² into out (K, N), for x with its columns first, (D, N)."""
    for k, (mean, w) in enumerate(zip(means, whiten, strict=True)):
        d = xt - mean[:, None]
        y = w[:, None] * d if w.ndim == 1 else w @ d
        out[k] = log_scale[k] - 0.5 * np.einsum("dn,dn->n", y, y)
    return out


def from_moments(first, second, weights, kind):
    """Covariances of a type from E_k[d], array (K, D), and E_k[d dᵀ], (K, D, D), or for diagonal types E_k[d²], (K, D).

    d may be measured from any point; the nearer it is to the mean, the more digits are left.
    """
    if kind in ("full", "tied"):
        cov = second - first[:, :, None] * first[:, None, :]
        return cov if kind == "full" else np.tensordot(weights, cov, axes=1)
    cov = second - first * first
    return cov if kind == "diag" else cov.mean(axis=1)


def shift(first, cov, kind):
    """max_k E_k[d]ᵀ Σ_k⁻¹ E_k[d]: how far the means lie from where d is measured, in spreads squared."""
    try:
        solved = np.linalg.solve(as_full(cov, kind, *first.shape), first[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return np.inf
    return np.abs(np.sum(first * solved, axis=1)).max()


def scatter(r, d, kind):
    """Σ_n r_n d_n d_nᵀ for d of shape (D, N): (D, D), or for diagonal types its diagonal (D,)."""
    if kind in ("full", "tied"):
        s = (r * d) @ d.T
        return (s + s.T) / 2
    return np.einsum("n,dn,dn->d", r, d, d)


def at_least(cov, kind, floor):
    """cov with no variance below floor: the maximum of the M-step's objective under that constraint."""
    if not floor:
        return cov
    if kind in ("diag", "spherical"):
        return np.maximum(cov, floor)
    value, vector = np.linalg.eigh(cov)
    if value.min() >= floor:
        return cov
    root = vector * np.sqrt(np.maximum(value, floor))[..., None, :]
    cov = root @ np.swapaxes(root, -1, -2)
    return (cov + np.swapaxes(cov, -1, -2)) / 2                     # the product is symmetric to rounding only


def is_symmetric(cov):
    """Whether covariance matrices (…, D, D) are symmetric to rounding, judged in units of their own columns."""
    sd = np.sqrt(np.abs(np.diagonal(cov, axis1=-2, axis2=-1)))
    return bool((np.abs(cov - np.swapaxes(cov, -1, -2)) <= 1e-8 * sd[..., :, None] * sd[..., None, :]).all())


def is_thin(cov):
    """Whether covariance matrices (…, D, D) are singular to rounding, judged in units of their own columns."""
    variance = np.diagonal(cov, axis1=-2, axis2=-1)
    sd = np.sqrt(np.where(variance > 0, variance, 1))
    correlation = cov / (sd[..., :, None] * sd[..., None, :])
    return np.linalg.eigvalsh(correlation)[..., 0] <= 64 * EPS * cov.shape[-1]


def resolution(magnitude, kind):
    """The standard deviation below which a column of this magnitude, array (D,), is constant to rounding."""
    return 64 * EPS * (magnitude.max() if kind == "spherical" else magnitude)


def least_count(n):
    """Responsibilities of n points that sum to less are those of an empty component."""
    return n * np.finfo(float).tiny


def check_empty(counts, n):
    """Raise Collapse if the responsibilities for a component, summed over n points in counts (K,), are none."""
    empty = counts < least_count(n)
    if empty.any():
        raise Collapse(f"component {int(np.argmax(empty))} is empty: no point has any responsibility for it, so "
                       f"its mean and covariance are undefined. {REMEDIES}.")


def check_collapse(cov, kind, magnitude):
    """Raise Collapse if a covariance is zero to rounding beside the magnitude (D,) of x, or singular."""
    if not np.isfinite(cov).all():
        raise ValueError("sample_weight is so large that its sums overflow; rescale sample_weight")
    if kind in ("full", "tied"):
        variance, thin = np.diagonal(cov, axis1=-2, axis2=-1), is_thin(cov)
    else:
        variance, thin = (cov, False) if kind == "diag" else (cov[:, None], False)
    resolved = np.sqrt(np.maximum(variance, 0)) > resolution(magnitude, kind)
    bad = np.atleast_1d(thin | ~resolved.all(axis=-1))
    if bad.any():
        which = "the tied covariance" if kind == "tied" else f"component {int(np.argmax(bad))}"
        raise Collapse(f"{which} has collapsed: its covariance is singular (it sits on one point, one line, or "
                       f"repeated columns), so the likelihood has no maximum there. {REMEDIES}.")


def check_covariances(cov, kind, floor):
    """Raise ValueError unless cov, of the right shape, is symmetric positive-definite and respects the floor."""
    if not (np.isfinite(floor) and floor >= 0):
        raise ValueError(f"floor is {floor}; it must be a finite variance ≥ 0")
    if kind in ("diag", "spherical"):
        smallest = cov.min()
        if smallest <= 0:
            raise ValueError(f"covariances must be positive ({kind}: variances); the smallest is {smallest:.6g}")
    else:
        if not is_symmetric(cov):
            raise ValueError("covariances must be symmetric; average each matrix with its transpose")
        bad = np.atleast_1d(is_thin(cov))
        if bad.any():
            raise ValueError(f"covariances must be positive-definite; matrix {int(np.argmax(bad))} is not")
        value = np.linalg.eigvalsh(cov)                             # each known to eps times the largest
        smallest = (value[..., 0] + 64 * EPS * value[..., -1]).min() if floor else np.inf
    if smallest < floor * (1 - 1e-9):
        raise ValueError(f"covariances have a variance of {smallest:.6g}, below floor = {floor}; lower the floor")


def covariance_type(cov, k, d, named):
    """The type that the shape of cov says, checked against the one named.

    Where K = D, (D, D) may be tied or diag: then the one that is a covariance at all, if only one is.
    """
    expected = shapes(k, d)
    if named is not None:
        check_type(named)
        if cov.shape != expected[named]:
            raise ValueError(f"covariances has shape {cov.shape}; expected {expected[named]} for {named!r}")
        return named
    fits = [kind for kind, shape in expected.items() if shape == cov.shape]
    if not fits:
        raise ValueError(f"covariances has shape {cov.shape}; expected one of {expected} for K = {k}, D = {d}")
    if len(fits) > 1:
        fits = [kind for kind in fits if _is_covariance(cov, kind)]
        if len(fits) != 1:
            raise ValueError(f"covariances of shape {cov.shape} could be tied or diag (K = D); say covariance_type=")
    return fits[0]


def _is_covariance(cov, kind):
    try:
        check_covariances(cov, kind, 0.0)
    except ValueError:
        return False
    return True


def check_type(kind):
    if kind not in COVARIANCE_TYPES:
        raise ValueError(f"covariance_type is {kind!r}; it must be one of {', '.join(COVARIANCE_TYPES)}")


