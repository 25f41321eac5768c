"""Bad input: every case of g18_bad_inputs.json, and the core's own; the argument is named, and NaN never comes out."""

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from emlib import CoinMixture, Collapse, ConvergenceWarning, GaussianMixture, bound, em, fit, identity, tempered
from emlib.posteriors import Cells, Chains, Gaussians

CASES = {c["name"]: c for c in json.loads((Path(__file__).parent / "references" / "g18_bad_inputs.json").read_text(
    encoding="utf-8"))["cases"]}

_rng = np.random.RandomState(0)
X = np.vstack([_rng.randn(30, 2), _rng.randn(30, 2) + 5])
EYES = np.array([np.eye(2)] * 2)
MEANS = [[0.0, 0.0], [5.0, 5.0]]
Q = np.full((60, 2), 0.5)


def gmm(weights=(0.5, 0.5), means=MEANS, covariances=EYES, kind=None, floor=0.0):
    return GaussianMixture(weights, means, covariances, kind, floor)


def start(x=X, K=2, rng=0, **options):
    return GaussianMixture.start(x, K, rng, **options)


def poked(value):
    x = X.copy()
    x[7, 1] = value
    return x


class Sparse:
    """What a sparse matrix looks like to emlib, which does not import SciPy to know one."""

    def toarray(self):
        return X


def inverse(precisions):
    """emlib takes covariances where scikit-learn takes precisions."""
    return np.linalg.inv(precisions)


# name in the file → (call, what the ValueError must say)
REFUSED = {
    "NaN in X (fit)": (lambda: fit(gmm(), poked(np.nan)), "x contains NaN; remove or fill"),
    "inf in X (fit)": (lambda: fit(gmm(), poked(np.inf)), "x contains infinity"),
    "NaN in X (score_samples)": (lambda: gmm().log_joint(poked(np.nan)), "x contains NaN"),
    "1-D array X": (lambda: fit(gmm(), X[:, 0]), r"x has shape \(60,\); expected 2-D .*x\[:, None\]"),
    "3-D array X": (lambda: fit(gmm(), X[None]), r"x has shape \(1, 60, 2\); expected 2-D"),
    "wrong D at predict": (lambda: gmm().posterior(np.ones((4, 3))), "x has D = 3 columns; this model has D = 2"),
    "empty X (0 rows)": (lambda: fit(gmm(), np.empty((0, 2))), r"x has shape \(0, 2\): no points"),
    "0 columns": (lambda: start(np.empty((5, 0))), r"x has shape \(5, 0\): no columns"),
    "N < K": (lambda: start(X[:3], K=5), "x has N = 3 points for K = 5 components"),
    "N = 1, K = 1": (lambda: start(X[:1], K=1), "x has N = 1 points .* N ≥ 2"),
    "K=0": (lambda: start(K=0), "K is 0; it must be an integer ≥ 1"),
    "K=2.5": (lambda: start(K=2.5), "K is 2.5; it must be an integer"),
    "unknown covariance_type": (lambda: start(covariance_type="bogus"),
                                "covariance_type is 'bogus'; it must be one of full, tied, diag, spherical"),
    "tol<0": (lambda: fit(gmm(), X, tol=-1.0), "tol is -1.0"),
    "max_iter<0": (lambda: fit(gmm(), X, max_iter=-1), "max_iter is -1"),
    "reg_covar<0": (lambda: gmm(floor=-1.0), "floor is -1.0; it must be a finite variance ≥ 0"),
    "weights_init sum 0.9": (lambda: gmm(weights=[0.5, 0.4]), "weights must be non-negative and sum to 1.*sum 0.9"),
    "weights_init negative": (lambda: gmm(weights=[1.5, -0.5]), "weights must be non-negative"),
    "weights_init wrong length": (lambda: gmm(weights=[0.2, 0.3, 0.5]),
                                  r"means has shape \(2, 2\); expected \(K, D\) with K = 3, the number of weights"),
    "weights_init (2,1)": (lambda: gmm(weights=[[0.5], [0.5]]), r"weights has shape \(2, 1\); expected \(K,\)"),
    "means_init wrong shape": (lambda: gmm(means=np.zeros((3, 2))), r"means has shape \(3, 2\); .* with K = 2"),
    "means_init NaN": (lambda: gmm(means=[[np.nan, 0.0], [1.0, 1.0]]), "means contains NaN"),
    "precisions_init not PSD": (lambda: gmm(covariances=inverse([[[1.0, 2.0], [2.0, 1.0]]] * 2)),
                                "covariances must be positive-definite; matrix 0"),
    "precisions_init asymmetric": (lambda: gmm(covariances=inverse([np.eye(2), [[1.0, 0.5], [0.0, 1.0]]])),
                                   "covariances must be symmetric"),
    "precisions_init wrong shape": (lambda: gmm(covariances=np.eye(2), kind="full"),
                                    r"covariances has shape \(2, 2\); expected \(2, 2, 2\) for 'full'"),
    "diag precisions negative": (lambda: gmm(covariances=[[1.0, 1.0], [1.0, -1.0]], kind="diag"),
                                 r"covariances must be positive \(diag: variances\); the smallest is -1"),
    "spherical precisions zero": (lambda: gmm(covariances=[1.0, 0.0]),
                                  r"covariances must be positive \(spherical: variances\); the smallest is 0"),
    "sample(0)": (lambda: gmm().sample(0, rng=0), "n is 0; it must be an integer ≥ 1"),
    "sample(-1)": (lambda: gmm().sample(-1, rng=0), "n is -1"),
    "strings in X": (lambda: fit(gmm(), [["a", "b"], ["c", "d"]]), "x must be an array of real numbers"),
    "complex X": (lambda: fit(gmm(), X * 1j), "x must be an array of real numbers: complex"),
    "sparse X": (lambda: fit(gmm(), Sparse()), r"x is a sparse matrix; give x\.toarray\(\)"),
}


def same_as_float(x, tolerance=0.0):
    """Whether a fit to x is the fit to the same numbers in double precision."""
    a, b = fit(gmm(), x), fit(gmm(), np.asarray(x, dtype=float))
    assert a.stop == "converged" and a.model.means.dtype == float
    assert np.allclose(a.model.means, b.model.means, rtol=tolerance, atol=0)
    return np.array_equal(a.log_liks, b.log_liks)


def no_iterations():
    trace = fit(gmm(), X, max_iter=0)
    model = trace.model
    return trace.n_iter == 0 and np.array_equal(model.means, MEANS) and np.array_equal(model.covariances, EYES)


def zero_weight():
    model = gmm(weights=[1.0, 0.0])
    posterior = model.posterior(X)
    assert posterior.tolist() == [[1.0, 0.0]] * 60
    with pytest.warns(ConvergenceWarning, match="component 1 is empty"):
        trace = fit(model, X)
    return trace.stop == "collapsed" and np.isfinite(trace.log_liks).all()


def one_iteration():
    with pytest.warns(ConvergenceWarning, match="not converged after max_iter = 1 iterations; raise max_iter or tol"):
        trace = fit(gmm(), X, max_iter=1)
    return trace.stop == "max_iter" and np.isfinite(trace.model.log_lik(X))


def singular(columns):
    """A column twice, or a constant one: a collapse that says so, and a floor that helps."""
    x = X[:, [0, 0]] if columns == "duplicate" else np.column_stack([X[:, 0], np.full(60, 3.0)])
    with pytest.warns(ConvergenceWarning, match=r"component \d has collapsed: its covariance is singular.*floor="):
        trace = fit(gmm(), x)
    floored = fit(gmm(floor=1e-3), x, tol=None, max_iter=20)
    return (trace.stop == "collapsed" and np.isfinite(trace.log_liks).all() and np.isfinite(floored.log_liks).all()
            and floored.n_iter == 20)


# name in the file → a call that works and answers True
WORKS = {
    "max_iter=0": no_iterations,
    "weights_init zero weight": zero_weight,
    "sample(1)": lambda: gmm().sample(1, rng=0)[0].shape == (1, 2),
    "integer X": lambda: same_as_float(np.round(X * 10).astype(int)),
    "list X": lambda: same_as_float(X.tolist()),
    "float32 X": lambda: same_as_float(X.astype(np.float32)),
    "max_iter=1 (not converged)": one_iteration,
    "duplicate columns (singular), reg 0": lambda: singular("duplicate"),
    "constant column, reg 0": lambda: singular("constant"),
}

# name in the file → why the case cannot arise
CANNOT_ARISE = {
    "not fitted: predict": "a model is its parameters: there is no model without them",
    "not fitted: sample": "a model is its parameters: there is no model without them",
    "n_init=0": "fit starts from the model it is given; restarts are a loop of the caller's",
}


def test_every_case_of_the_file_is_answered_once():
    assert len(CASES) == 44
    assert sorted([*REFUSED, *WORKS, *CANNOT_ARISE]) == sorted(CASES)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, message = REFUSED[name]
    assert CASES[name]["expect"].startswith("error")
    with warnings.catch_warnings():
        warnings.simplefilter("error")                              # no RuntimeWarning on the way to the error
        with pytest.raises(ValueError, match=message) as caught:
            call()
    assert not isinstance(caught.value, Collapse)


@pytest.mark.parametrize("name", WORKS)
def test_works(name):
    assert not CASES[name]["expect"].startswith("error:") or "singular" in name
    assert WORKS[name]()


@pytest.mark.parametrize("name", CANNOT_ARISE)
def test_cannot_arise(name):
    """There is no way to build an unfitted model, and no n_init to give."""
    call = {"n_init=0": lambda: fit(gmm(), X, n_init=0)}.get(name, GaussianMixture)
    with pytest.raises(TypeError, match=r"n_init|missing 3 required"):
        call()


# What the file does not ask --------------------------------------------------------------------------------------

L = np.log([[0.2, 0.8], [0.5, 0.5]])
COINS = [[5, 5], [9, 1]]
OTHERS = {
    "q negative": (lambda: bound(L, [[1.2, -0.2], [0.5, 0.5]]), "q has a negative or NaN entry in row 0"),
    "q NaN": (lambda: bound(L, [[0.5, 0.5], [np.nan, 1]]), "q has a negative or NaN entry in row 1"),
    "q not normalised": (lambda: bound(L, [[0.5, 0.5], [0.5, 0.4]]), r"q sums to 0.9 in row 1.*axis=1"),
    "q infinite": (lambda: bound(L, [[0.5, 0.5], [np.inf, 0]]), "q sums to inf in row 1"),
    "q of zeros": (lambda: bound(L, np.zeros((2, 2))), "q sums to 0 in row 0"),
    "q a little beyond rounding": (lambda: bound(L, [[0.5, 0.5], [0.5, 0.50001]]), "q sums to 1.00001 in row 1"),
    "q of another shape": (lambda: bound(L, [[0.5, 0.5]]), r"q has shape \(1, 2\); expected \(N, K\) = \(2, 2\)"),
    "q on its side": (lambda: gmm().m_step(X, Q.T), r"q has shape \(2, 60\); expected \(N, K\) = \(60, 2\)"),
    "log_joint NaN": (lambda: bound([[0.0, np.nan]], [[0.5, 0.5]]), r"log_joint has NaN or \+inf in row 0"),
    "log_joint +inf": (lambda: bound([[0.0, 0.0], [0.0, np.inf]], Q[:2]), r"log_joint has NaN or \+inf in row 1"),
    "log_joint impossible": (lambda: bound([[0.0, 0.0], [-np.inf, -np.inf]], Q[:2]), "all of row 1.*probability 0"),
    "log_joint 1-D": (lambda: bound([0.0, 0.0], [0.5, 0.5]), r"log_joint has shape \(2,\); expected \(N, K\)"),
    "log_joint empty": (lambda: bound(np.empty((0, 2)), np.empty((0, 2))), r"log_joint has shape \(0, 2\)"),
    "sample_weight short": (lambda: bound(L, L * 0 + 0.5, [1.0]), r"sample_weight has shape \(1,\); expected \(2,\)"),
    "sample_weight negative": (lambda: fit(gmm(), X, sample_weight=-np.ones(60)), "sample_weight must .*non-negative"),
    "sample_weight NaN": (lambda: gmm().m_step(X, Q, np.full(60, np.nan)), "sample_weight must be finite"),
    "sample_weight all 0": (lambda: gmm().m_step(X, Q, np.zeros(60)), "sample_weight must .*positive sum"),
    "keep": (lambda: fit(gmm(), X, keep="none"), "keep is 'none'; it must be 'all' or 'last'"),
    "max_iter not whole": (lambda: fit(gmm(), X, max_iter=2.5), "max_iter is 2.5"),
    "tol NaN": (lambda: fit(gmm(), X, tol=np.nan), "tol is nan"),
    "tol infinite": (lambda: fit(gmm(), X, tol=np.inf), "tol is inf"),
    "beta negative": (lambda: tempered(-1), "beta is -1; it must be finite and ≥ 0"),
    "beta infinite": (lambda: tempered(np.inf), "beta is inf.*use `hard`"),
    "weights 0-D": (lambda: gmm(weights=1.0), r"weights has shape \(\)"),
    "weights NaN": (lambda: gmm(weights=[np.nan, 1]), "weights contains NaN"),
    "weights empty": (lambda: gmm(weights=[]), r"weights has shape \(0,\)"),
    "means 1-D": (lambda: gmm(means=[0.0, 1.0]), r"means has shape \(2,\); expected \(K, D\)"),
    "covariances infinite": (lambda: gmm(covariances=[np.inf, 1.0]), "covariances contains infinity"),
    "covariances of no type": (lambda: gmm(covariances=np.ones((2, 3))), r"covariances has shape \(2, 3\); .*one of"),
    "covariances below the floor": (lambda: gmm(covariances=[1.0, 0.01], floor=0.1), "below floor = 0.1"),
    "floor NaN": (lambda: gmm(floor=np.nan), "floor is nan"),
    "unknown type of a model": (lambda: gmm(kind="bogus"), "covariance_type is 'bogus'"),
    "N < K in an M-step": (lambda: gmm().m_step(X[:1], Q[:1]), "N = 1 points for K = 2"),
    "too few distinct points": (lambda: start(np.zeros((9, 2)), K=2), "only 1 distinct points; K = 2"),
    "K more than N": (lambda: start(X, K=61), "N = 60 points for K = 61"),
    "K is True": (lambda: start(K=True), "K is True"),
    "no rng": (lambda: start(rng=None), "rng is None; give a seed"),
    "no rng to sample": (lambda: gmm().sample(3, None), "rng is None"),
    "sample of 2.5": (lambda: gmm().sample(2.5, 0), "n is 2.5"),
    "points too far for doubles": (lambda: gmm(covariances=[1e-99, 1e-99]).log_lik(X * 1e140),
                                   "log_joint is −inf in all of row 0"),
    "squares overflow": (lambda: gmm().m_step(X * 1e180, Q), "x holds .*e.180, so large that its square overflows"),
    "squares overflow in a start": (lambda: start(X * 1e180), "x holds .*e.180, so large"),
    "coin counts negative": (lambda: fit(CoinMixture([1], [0.5]), [[5, -1]]), "x must hold whole numbers ≥ 0"),
    "coin counts broken": (lambda: fit(CoinMixture([1], [0.5]), [[5, 1.5]]), "x must hold whole numbers"),
    "coin counts of three sides": (lambda: CoinMixture([1], [0.5]).log_joint([[1, 2, 3]]), r"x has shape \(1, 3\)"),
    "coin counts NaN": (lambda: CoinMixture([1], [0.5]).log_joint([[1, np.nan]]), "x contains NaN"),
    "coin probs": (lambda: CoinMixture([0.5, 0.5], [0.5, 1.5]), r"probs must lie in \[0, 1\]"),
    "coin probs too few": (lambda: CoinMixture([0.5, 0.5], [0.5]), r"probs has shape \(1,\); expected \(2,\)"),
    "coin tosses": (lambda: CoinMixture([1], [0.5]).sample(3, 0, tosses=0), "tosses is 0"),
    "coins that exclude the data": (lambda: fit(CoinMixture([1.0], [1.0]), COINS), "log_joint is −inf in all of row 0"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_bad_input(name):
    call, message = OTHERS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message) as caught:
            call()
    assert re.match(r"(the )?\w+ ", str(caught.value))
    assert not isinstance(caught.value, Collapse)


def test_em_and_fit_refuse_the_same_input():
    for bad in (X[:, 0], poked(np.nan), X[:, :1]):
        with pytest.raises(ValueError, match=r"^x "):
            next(em(gmm(), bad))
        with pytest.raises(ValueError, match=r"^x "):
            fit(gmm(), bad)


# What stands under a mask is no data --------------------------------------------------------------------------------

MASKED = np.ma.masked_array(np.full((60, 2), 0.5), mask=np.arange(120).reshape(60, 2) % 40 == 0)


class Plain:
    """A student's own model, which would take what numpy.asarray leaves of a mask."""

    def log_joint(self, x):
        return gmm().log_joint(np.asarray(x))

    def m_step(self, x, q):
        return self


@pytest.mark.parametrize("call", [
    lambda: next(em(Plain(), MASKED)), lambda: fit(Plain(), MASKED), lambda: identity(Plain(), MASKED, Q),
    lambda: fit(Plain(), list(MASKED)), lambda: identity(gmm(), X, MASKED), lambda: bound(np.log(MASKED), Q),
    lambda: fit(gmm(), X, sample_weight=MASKED[:, 0]), lambda: Gaussians(MASKED, np.array([np.eye(2)] * 60)),
    lambda: Chains(MASKED, [np.full((3, 2, 2), 0.5)] * 60), lambda: Cells(MASKED, np.array([np.eye(2)] * 60), X < 0),
], ids=range(10))
def test_masked_entries_are_refused_by_name(call):
    with pytest.raises(ValueError, match=r"(x|q|log_joint|sample_weight|mean|first|filled) is a masked array with [23] "
                                         r"masked entries; drop those rows or fill them first"):
        call()


def test_a_mask_that_hides_nothing_is_no_mask():
    x = np.ma.masked_array(X, mask=False)
    once = dict(max_iter=1, tol=None)
    assert np.array_equal(fit(Plain(), x, **once).log_liks, fit(Plain(), X, **once).log_liks)
    assert identity(gmm(), X, np.ma.masked_array(Q)).elbo == identity(gmm(), X, Q).elbo


@pytest.mark.parametrize(("values", "said"), [
    (np.arange(60).astype("datetime64[D]"), r"dates \(datetime64\[D\]\); turn them into numbers first"),
    (np.arange(60).astype("timedelta64[s]"), "dates"), (np.ones(60) + 0j, "complex numbers"),
    (["many"] * 60, r"text \(<U4\); turn them into numbers"),
    (["1"] * 60, "text"), ([None] * 60, "NoneType")])
def test_weights_that_are_no_real_numbers(values, said):
    with pytest.raises(ValueError, match=f"sample_weight must be an array of real numbers: .*{said}"):
        fit(gmm(), X, sample_weight=values)


# What would fill the memory ------------------------------------------------------------------------------------------


def test_keeping_every_half_step_of_large_data_is_refused_with_the_remedy():
    x = np.zeros((1_000_000, 1))
    with pytest.raises(ValueError, match=r"keep='all' would keep 96 MB in each iteration, and may take 2e\+03 MB; give "
                                         "keep='last'"):
        fit(GaussianMixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0]), x)


def test_a_fit_whose_half_steps_fill_the_memory_ends_with_what_it_has(monkeypatch):
    each = 8 * 60 * (2 + 10)
    engine = sys.modules["emlib.em"]                    # the function em has the module's name
    monkeypatch.setattr(engine, "KEPT", 3.5 * each)
    monkeypatch.setattr(engine, "AT_LEAST", 3)
    start = GaussianMixture.start(X, 2, 1, "spherical")
    for tol in (None, 0.0):
        with pytest.warns(ConvergenceWarning, match="fill the memory that keep='all' may take; go on .* keep='last'"):
            trace = fit(start, X, tol=tol)
        assert trace.stop == "max_iter" and trace.n_iter == 3 and len(trace.steps) == 6
    assert trace.log_liks == pytest.approx(fit(start, X, max_iter=3, keep="last", tol=None).log_liks, rel=1e-12)
    monkeypatch.setattr(engine, "AT_LEAST", 4)
    with pytest.raises(ValueError, match="keep='all' would keep"):
        fit(start, X)
    assert fit(start, X, max_iter=3, tol=None).n_iter == 3
    with pytest.raises(ValueError, match="keep='all' would keep"):      # as many runs, as little room for each
        fit(start, X, n_starts=2, rng=0, max_iter=3)
