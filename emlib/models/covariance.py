"""The four kinds of covariance, told apart here and nowhere else: full, tied, diag, spherical."""

import numpy as np

from emlib.em import Collapse

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


def scatter(r, d, kind):
    """Σ_n r_n d_n d_nᵀ for d of shape (D, N): (D, D), its diagonal (D,), or the mean of the diagonal ()."""
    if kind in ("full", "tied"):
        s = (r * d) @ d.T
        return (s + s.T) / 2
    s = np.einsum("n,dn,dn->d", r, d, d)
    return s if kind == "diag" else s.mean()


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


def check_collapse(cov, kind, magnitude):
    """Raise Collapse if a covariance is zero to rounding beside the magnitude (D,) of x, or singular."""
    if not np.isfinite(cov).all():
        raise ValueError("sample_weight is so large that its sums overflow; rescale sample_weight")
    if kind in ("full", "tied"):
        variance, thin = np.diagonal(cov, axis1=-2, axis2=-1), is_thin(cov)
    else:
        variance, thin = (cov, False) if kind == "diag" else (cov[:, None], False)
    resolved = np.sqrt(np.maximum(variance, 0)) > 64 * EPS * (magnitude.max() if kind == "spherical" else magnitude)
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


