"""To scikit-learn and back: the same parameters bit by bit, the same densities."""

import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture
from sklearn.mixture import GaussianMixture as Theirs
from strategies import KINDS, gaussian_cases, parameters, random_gaussian

from emlib import CoinMixture, GaussianMixture, datasets, fit, from_sklearn, to_sklearn

X = datasets.old_faithful()


@given(gaussian_cases())
def test_there_and_back_is_exact_and_densities_agree(case):
    model, x, _, _ = case
    theirs = to_sklearn(model)
    back = from_sklearn(theirs)
    assert back.covariance_type == model.covariance_type
    assert np.array_equal(parameters(back), parameters(model))
    assert np.allclose(theirs.predict_proba(x), model.posterior(x), rtol=1e-10, atol=1e-10)
    log_density = np.logaddexp.reduce(model.log_joint(x), axis=1)
    assert np.allclose(theirs.score_samples(x), log_density, rtol=1e-10, atol=1e-10)
    assert np.array_equal(theirs.predict(x), model.posterior(x).argmax(axis=1))
    assert theirs.bic(x) == pytest.approx(model.bic(x), rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_precisions_are_those_that_scikit_learn_would_compute(kind):
    """What to_sklearn writes down is what a fit of scikit-learn leaves behind, attribute by attribute."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = Theirs(3, covariance_type=kind, random_state=0, max_iter=5).fit(X)
    carried = to_sklearn(from_sklearn(fitted))
    written = {name for name in vars(fitted) if name.endswith("_")} - {"lower_bounds_", "n_features_in_"}
    assert written <= set(vars(carried))
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(carried, name) == pytest.approx(getattr(fitted, name), rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_goes_on_there_from_where_it_stood_here(kind):
    start = GaussianMixture.start(X, 2, rng=0, covariance_type=kind)
    here = fit(fit(start, X, max_iter=3, tol=None).model, X, max_iter=4, tol=None).model
    there = to_sklearn(fit(start, X, max_iter=3, tol=None).model).set_params(max_iter=4, tol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        there.fit(X)
    assert parameters(from_sklearn(there)) == pytest.approx(parameters(here), rel=1e-9)


def test_a_carried_model_can_be_sampled_and_changed_without_harm():
    model = random_gaussian(np.random.default_rng(0), "full", 3, 2)
    before, theirs = parameters(model), to_sklearn(model)
    assert theirs.sample(50)[0].shape == (50, 2)
    theirs.means_ += 1
    theirs.covariances_ *= 2
    assert np.array_equal(parameters(model), before)


def test_what_cannot_be_carried_is_refused():
    with pytest.raises(ValueError, match=r"model is a CoinMixture; only an emlib\.GaussianMixture"):
        to_sklearn(CoinMixture([1.0], [0.5]))
    with pytest.raises(ValueError, match="estimator is not fitted"):
        from_sklearn(Theirs(2))
    with pytest.raises(ValueError, match="estimator is a BayesianGaussianMixture; expected"):
        from_sklearn(BayesianGaussianMixture())


def test_without_scikit_learn_an_error_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for carry in (to_sklearn, from_sklearn):
        with pytest.raises(ImportError, match="pip install scikit-learn"):
            carry(GaussianMixture([1.0], [[0.0]], [1.0]))
