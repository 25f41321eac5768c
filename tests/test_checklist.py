"""What a Gaussian mixture must get right, after scikit-learn's own tests and where it fails: what no other file tests.

Some points are about scikit-learn itself: there what it does is shown beside what emlib does.
"""

import warnings

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as Theirs
from strategies import KINDS, parameters

from emlib import Collapse, GaussianMixture, datasets, fit, to_sklearn

X = datasets.old_faithful()

@pytest.mark.parametrize("kind", KINDS)
def test_log_determinants_come_from_the_whitener(kind):
    """Point 2: at its mean a component's log-density is log π − ½ log |2πΣ|."""
    model = GaussianMixture.start(X, 3, rng=0, covariance_type=kind)
    peaks = np.diagonal(model.log_joint(model.means))
    expected = np.log(model.weights) - 0.5 * np.linalg.slogdet(2 * np.pi * model.full_covariances)[1]
    assert peaks == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.parametrize("max_iter", [0, 1, 5, 200])
def test_the_model_of_a_fit_is_the_one_that_its_last_number_belongs_to(max_iter, keep):
    """Point 16: converged or not, alone or the best of many."""
    for options in ({}, {"n_starts": 3, "rng": 0}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trace = fit(GaussianMixture.start(X, 3, rng=1), X, max_iter=max_iter, keep=keep, **options)
        for run in (trace, *trace.runs):
            assert run.model.log_lik(X) == pytest.approx(run.log_liks[-1], rel=1e-12)


def theirs(model, x, **options):
    """A fit of scikit-learn from the same start, without regularisation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return to_sklearn(model).set_params(**{"tol": 0, "max_iter": 5, **options}).fit(x)


@pytest.mark.parametrize("kind", KINDS)
def test_tight_clusters_far_out_where_others_raise(kind):
    """Point 32: spread 1e-3 at 1e6. scikit-learn fits full covariances and raises for the other three types."""
    at_home = np.random.default_rng(0).standard_normal((200, 2)) * 2.0**-10
    at_home[100:] += 2.0**-7
    at_home = np.round(at_home * 2.0**32) / 2.0**32                 # so that x is exact where it is
    shift = 2.0**20
    x = at_home + shift
    start = GaussianMixture.start(x, 2, rng=0, covariance_type=kind)
    for keep in ("all", "last"):
        far = fit(start, x, max_iter=5, tol=None, keep=keep).model
        near = fit(GaussianMixture(start.weights, start.means - shift, start.covariances, kind), at_home, max_iter=5,
                   tol=None, keep=keep).model
        assert far.covariances == pytest.approx(near.covariances, rel=1e-5, abs=1e-13)
    if kind == "full":
        assert theirs(start, x).covariances_ == pytest.approx(far.covariances, rel=1e-2)
    else:
        with pytest.raises(ValueError, match="ill-defined empirical covariance"):
            theirs(start, x)


def test_an_empty_component_goes_nowhere_in_silence():
    """Point 33: with reg_covar, scikit-learn puts it at the origin and says nothing."""
    x = 50 + np.random.default_rng(0).standard_normal((30, 1))
    start = GaussianMixture([0.5, 0.5], [[50.0], [1e4]], [[[1.0]], [[1.0]]])
    lost = theirs(start, x, reg_covar=1e-6)
    assert abs(lost.means_[1, 0]) < 1e-6 and lost.covariances_[1, 0, 0] == pytest.approx(1e-6)
    for keep in ("all", "last"):
        with pytest.warns(UserWarning, match="component 1 is empty"):
            trace = fit(start, x, keep=keep)
        assert trace.stop == "collapsed" and np.array_equal(parameters(trace.model), parameters(start))
    with pytest.raises(Collapse, match="component 1 is empty"):
        start.m_step(x, start.posterior(x))


def test_a_collapse_that_others_call_a_fit():
    """Point 34: without regularisation scikit-learn ends at a variance of 1e-28 and a finite likelihood, no error."""
    x = np.array([[0.0], [1.0], [1.5], [2.0], [10.0]])
    start = GaussianMixture([0.5, 0.5], [[1.0], [10.0]], [[[1.0]], [[1.0]]])
    silent = theirs(start, x, max_iter=50)
    assert isinstance(silent, Theirs) and silent.covariances_.min() < 1e-20 and np.isfinite(silent.lower_bound_)
    with pytest.warns(UserWarning, match="component 1 has collapsed"):
        assert fit(start, x, keep="last").stop == "collapsed"
