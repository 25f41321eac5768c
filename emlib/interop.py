"""A Gaussian mixture carried over to scikit-learn and back: the same parameters, the same densities.

scikit-learn is imported when one of the two functions is called, and only then.
"""

import numpy as np

from emlib.models import GaussianMixture
from emlib.models.covariance import kind_named

__all__ = ["from_sklearn", "to_sklearn"]


def to_sklearn(model):
    """A fitted scikit-learn ``GaussianMixture`` with the parameters of an emlib model.

    Parameters
    ----------
    model : emlib.GaussianMixture

    Returns
    -------
    sklearn.mixture.GaussianMixture
        Ready for ``predict``, ``predict_proba``, ``score_samples`` and ``sample``. It is set up to start from here
        if it is fitted again, without regularisation (``reg_covar=0``, as in emlib; a floor has no counterpart there,
        nor has an M-step of a subclass).
        ``converged_`` is False and ``n_iter_`` 0: it has not run.

    Raises
    ------
    ValueError
        If model is not a Gaussian mixture of emlib, or of a subclass with densities of its own.
    ImportError
        If scikit-learn is not installed.
    """
    sklearn_mixture = _sklearn_mixture()
    if not isinstance(model, GaussianMixture):
        raise ValueError(f"model is a {type(model).__name__}; only an emlib.GaussianMixture has a counterpart there")
    for name in ("log_joint", "posterior"):
        if getattr(type(model), name) is not getattr(GaussianMixture, name):
            raise ValueError(f"model is a {type(model).__name__} with a {name} of its own, which has no counterpart "
                             "there")
    k, d = model.means.shape
    cov = model.covariances                                         # scikit-learn keeps U with Σ⁻¹ = U Uᵀ
    if kind_named(model.covariance_type).matrices:
        factor = np.swapaxes(np.linalg.inv(np.linalg.cholesky(cov)), -1, -2)
        precisions = factor @ np.swapaxes(factor, -1, -2)
    else:
        factor = 1 / np.sqrt(cov)
        precisions = factor**2
    estimator = sklearn_mixture.GaussianMixture(
        k, covariance_type=model.covariance_type, reg_covar=0, weights_init=model.weights.copy(),
        means_init=model.means.copy(), precisions_init=precisions.copy())
    estimator.weights_, estimator.means_ = model.weights.copy(), model.means.copy()
    estimator.covariances_ = model.covariances.copy()
    estimator.precisions_cholesky_, estimator.precisions_ = factor.copy(), precisions.copy()
    estimator.n_features_in_, estimator.n_iter_, estimator.converged_, estimator.lower_bound_ = d, 0, False, -np.inf
    return estimator


def from_sklearn(estimator):
    """The emlib model with the parameters of a fitted scikit-learn ``GaussianMixture``.

    Parameters
    ----------
    estimator : sklearn.mixture.GaussianMixture

    Returns
    -------
    emlib.GaussianMixture

    Raises
    ------
    ValueError
        If estimator is of another kind, or not fitted, or was changed in one of two places.
    ImportError
        If scikit-learn is not installed.
    """
    if not isinstance(estimator, _sklearn_mixture().GaussianMixture):
        raise ValueError(f"estimator is a {type(estimator).__name__}; expected a sklearn.mixture.GaussianMixture")
    if not hasattr(estimator, "covariances_"):
        raise ValueError("estimator is not fitted, so that it has no parameters yet; call its fit first")
    model = GaussianMixture(estimator.weights_, estimator.means_, estimator.covariances_, estimator.covariance_type)
    if not _is_inverse(estimator, model):
        raise ValueError("estimator computes its densities from precisions_cholesky_, which does not belong to its "
                         "covariances_; set both, or call its fit")
    return model


def _is_inverse(estimator, model):
    """Whether U of Σ⁻¹ = U Uᵀ is that of Σ, as far as float32 can tell."""
    u, cov = np.asarray(estimator.precisions_cholesky_, dtype=float), model.covariances
    if u.shape != cov.shape:
        return False
    if not kind_named(model.covariance_type).matrices:
        return np.allclose(u * u * cov, 1, rtol=0, atol=0.1)
    return np.allclose(np.swapaxes(u, -1, -2) @ cov @ u, np.eye(cov.shape[-1]), rtol=0, atol=0.1)


def _sklearn_mixture():
    try:
        from sklearn import mixture
    except ImportError as error:
        raise ImportError("this needs scikit-learn, which emlib itself does not: pip install scikit-learn") from error
    return mixture
