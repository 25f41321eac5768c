"""A Gaussian mixture carried over to scikit-learn and back: the same parameters, the same densities.

scikit-learn is imported when one of the two functions is called, and only then.
"""

import numpy as np

from emlib.models import GaussianMixture
from emlib.models import covariance as of

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
        if it is fitted again, without regularisation (``reg_covar=0``, as in emlib; a floor has no counterpart there).
        ``converged_`` is False and ``n_iter_`` 0: it has not run.

    Raises
    ------
    ValueError
        If model is not a Gaussian mixture of emlib.
    ImportError
        If scikit-learn is not installed.
    """
    sklearn_mixture = _sklearn_mixture()
    if not isinstance(model, GaussianMixture):
        raise ValueError(f"model is a {type(model).__name__}; only an emlib.GaussianMixture has a counterpart there")
    k, d = model.means.shape
    whiten = of.whitener(model.covariances, model.covariance_type, k, d)
    # scikit-learn keeps U with Σ⁻¹ = U Uᵀ: our whitener, transposed; one for all if tied, a number if spherical
    factor = np.swapaxes(whiten, 1, 2) if whiten.ndim == 3 else whiten
    precisions = factor @ np.swapaxes(factor, 1, 2) if whiten.ndim == 3 else factor**2
    if model.covariance_type == "tied":
        factor, precisions = factor[0], precisions[0]
    if model.covariance_type == "spherical":
        factor, precisions = factor[:, 0], precisions[:, 0]
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
        If estimator is of another kind, or not fitted.
    ImportError
        If scikit-learn is not installed.
    """
    if not isinstance(estimator, _sklearn_mixture().GaussianMixture):
        raise ValueError(f"estimator is a {type(estimator).__name__}; expected a sklearn.mixture.GaussianMixture")
    if not hasattr(estimator, "covariances_"):
        raise ValueError("estimator is not fitted, so that it has no parameters yet; call its fit first")
    return GaussianMixture(estimator.weights_, estimator.means_, estimator.covariances_, estimator.covariance_type)


def _sklearn_mixture():
    try:
        from sklearn import mixture
    except ImportError as error:
        raise ImportError("this needs scikit-learn, which emlib itself does not: pip install scikit-learn") from error
    return mixture
