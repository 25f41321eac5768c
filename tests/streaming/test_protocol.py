"""Streaming EM: the same numbers as em and as fifty digits, wherever the clusters lie, or a clear error."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, cases, gaussian_cases, half_steps, parameters
from test_references import CASES, EXACT, FAR, compare_covariances, load, near, start

from emlib import CoinMixture, Collapse, GaussianMixture, datasets, fit, streaming, tempered

X = datasets.old_faithful()
seeds = st.integers(0, 2**32 - 1)


def states(model, x, n, sample_weight=None):
    """The first n states of streaming EM; fewer where it ends in a collapse."""
    found = []
    try:
        for state in itertools.islice(streaming.states(model, model.blocks(x, sample_weight)), n):
            found.append(state)
    except Collapse as collapse:
        found.append(str(collapse))
    return found


def models(model, x, n, sample_weight=None):
    """The first n models, the start among them, and their log-likelihoods."""
    found = states(model, x, n, sample_weight)
    assert len(found) == n and not isinstance(found[-1], str), found[-1]
    return [state.at.model for state in found], np.array([state.log_lik for state in found])


def recentred(state):
    """How many components are in the recentred form."""
    return int(np.count_nonzero(~state.at.linear))


# The same as em --------------------------------------------------------------------------------------------------


@given(gaussian_cases())
def test_states_are_those_of_em(case):
    model, x, _, _ = case
    slow, fast = half_steps(model, x, 14), states(model, x, 8)
    after = [model, *(step.model for step in slow if step.kind == "M")]
    assert len(fast) == len(after) + (len(slow) < 14)               # where one collapses, so does the other
    for t, (state, expected) in enumerate(zip(fast, after, strict=False)):
        size = max(1, np.abs(np.logaddexp.reduce(expected.log_joint(x), axis=1)).sum())
        assert state.t == t
        assert state.size >= size * (1 - 1e-12) or size == 1
        assert abs(state.log_lik - state.at.model.log_lik(x)) <= 1e-12 * size
        if tightness(expected, x) > 1e5:                            # a hair from collapse: rounding is all there is
            break
        assert abs(state.log_lik - expected.log_lik(x)) <= 1e-12 * size * max(1, tightness(expected, x) / 100)
        assert np.allclose(parameters(state.at.model), parameters(expected), rtol=1e-9, atol=1e-11)


def tightness(model, x):
    """Size of the data in smallest spreads of the tightest component: what it multiplies rounding by."""
    return np.abs(x).max() / math.sqrt(max(np.linalg.eigvalsh(model.full_covariances).min(), 1e-300))


@given(gaussian_cases(), st.integers(0, 12))
def test_a_floor_is_respected_in_streaming_too(case, power):
    model, x, _, _ = case
    floor = float(x.var()) * 2.0**-power
    floored = GaussianMixture(model.weights, model.means, model.covariances + (
        floor * np.eye(x.shape[1]) if model.covariance_type in ("full", "tied") else floor),
        model.covariance_type, floor)
    fast, _ = models(floored, x, 6)
    for state, step in zip(fast[1:], half_steps(floored, x, 10)[1::2], strict=True):
        assert np.allclose(parameters(state), parameters(step.model), rtol=1e-9, atol=1e-11 * floor)
        assert state.floor == floor


@given(cases(), seeds)
def test_integer_weights_are_repeated_rows_and_zero_weights_absent_ones(case, seed):
    model, x, _, _ = case
    times = np.random.default_rng(seed).integers(0, 3, size=len(x))
    times[:len(model.weights) + 1] = 1
    weighted, repeated = (fit_quietly(model, *data) for data in ((x, times), (x.repeat(times, axis=0), None)))
    assert weighted.stop == repeated.stop
    assert np.allclose(weighted.log_liks, repeated.log_liks, rtol=1e-11, atol=1e-9)
    assert np.allclose(parameters(weighted.model), parameters(repeated.model), rtol=1e-7, atol=1e-9)


def fit_quietly(model, x, sample_weight=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit(model, x, sample_weight=sample_weight, **{"keep": "last", "tol": None, "max_iter": 5, **options})


def test_a_wild_row_of_weight_zero_is_as_good_as_absent():
    model = GaussianMixture.start(X, 2, rng=0)
    wild, w = np.vstack([X, [[1e100, -1e100]]]), np.r_[np.ones(len(X)), 0]
    for keep in ("all", "last"):
        a, b = fit(model, wild, sample_weight=w, keep=keep), fit(model, X, keep=keep)
        assert a.log_liks == pytest.approx(b.log_liks, rel=1e-12)
        assert parameters(a.model) == pytest.approx(parameters(b.model), rel=1e-9)


def changed(name):
    """GaussianMixture with one method that does the same, but is not the same."""
    def method(self, *args, **kwargs):
        return getattr(GaussianMixture, name)(self, *args, **kwargs)

    return type("Changed", (GaussianMixture,), {name: method})


@pytest.mark.parametrize("name", ["log_joint", "posterior", "m_step", "statistics", "from_statistics"])
def test_a_class_with_a_method_of_its_own_goes_the_ordinary_way(name):
    start = GaussianMixture.start(X, 2, rng=0)
    assert streaming.offered_by(start)
    assert not streaming.offered_by(changed(name)(start.weights, start.means, start.covariances))


def test_a_prior_is_not_streamed_past():
    class Prior(GaussianMixture):
        def log_prior(self):
            return 0.0

    start = GaussianMixture.start(X, 2, rng=0)
    assert not streaming.offered_by(Prior(start.weights, start.means, start.covariances))


def test_a_subclass_that_changes_nothing_streams_and_stays_what_it_is():
    class Named(GaussianMixture):
        def hello(self):
            return f"I am one of {len(self.weights)}"

    for kind in KINDS:
        plain = GaussianMixture.start(X, 2, rng=0, covariance_type=kind)
        start = Named(plain.weights, plain.means, plain.covariances, kind)
        assert streaming.offered_by(start)
        for keep in ("all", "last"):
            found = fit(start, X, max_iter=3, tol=None, keep=keep).model
            assert type(found) is Named and found.hello() == "I am one of 2"
        assert type(start.restart(X, np.random.default_rng(1))) is Named


def test_other_e_steps_and_other_models_go_the_plain_way_with_no_step_kept():
    """Hard and tempered EM, students' models, and mixtures whose methods somebody has changed."""

    class Sluggish(GaussianMixture):
        """Its M-step goes half-way: right to stop at, wrong to hurry past."""

        def m_step(self, x, q, sample_weight=None):
            best = super().m_step(x, q, sample_weight)
            return Sluggish(best.weights, (self.means + best.means) / 2, best.covariances)

    start, coins = GaussianMixture.start(X, 2, rng=0), CoinMixture([0.5, 0.5], [0.6, 0.5])
    sluggish = Sluggish(start.weights, start.means, start.covariances)
    assert not any(streaming.offered_by(model) for model in (sluggish, coins, object()))
    for model, x, options in ((sluggish, X, {}), (start, X, {"e_step": tempered(0.5)}),
                              (coins, datasets.two_coins(), {})):
        every, last = (fit(model, x, max_iter=6, tol=None, keep=keep, **options) for keep in ("all", "last"))
        assert np.array_equal(every.log_liks, last.log_liks) and last.steps == ()
        assert np.array_equal(parameters(every.model), parameters(last.model))


# The same as references --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "case"), CASES)
def test_exact_steps(name, case):
    tolerance, data = EXACT[name]
    x, trace = data(case), case["loglik_trace"]
    found, log_liks = models(start(case), x, len(trace))
    limit = 1e-8 if case["id"] == "high_overlap" else tolerance
    near(log_liks, trace, limit)
    for expected in case["steps"]:
        model = found[expected["t"]]
        near(model.weights, expected["weights"], limit)
        near(model.means, expected["means"], limit)
        compare_covariances(model, expected, limit)


@pytest.mark.parametrize("case", load("g15a")["cases"], ids=lambda case: case["covariance_type"])
def test_tight_clusters_far_from_the_origin(case):
    offset = FAR["offset"]
    x = offset + np.array(FAR["k"]) * 2.0**-13
    found, log_liks = models(start(case), x, len(case["loglik_trace"]))
    assert log_liks == pytest.approx(case["loglik_trace"], rel=1e-6)
    for expected in case["steps"]:
        model = found[expected["t"]]
        assert model.means - offset == pytest.approx(np.array(expected["means_minus_offset"]), abs=2e-9)
        cov = np.array(expected["covariances"])
        assert np.max(np.abs(model.covariances - cov)) <= 1e-6 * np.max(np.abs(cov))
        assert model.weights == pytest.approx(expected["weights"], rel=1e-6)


# Symmetries ----------------------------------------------------------------------------------------------------------


@given(gaussian_cases(), st.sampled_from([-(2.0**20), -3.0, 1.0, 1024.0, 2.0**30]))
def test_moving_the_data_moves_the_means_and_nothing_else(case, shift):
    model, x, _, _ = case
    scale = 2.0 ** np.round(np.log2(x.std()))
    x, means = (np.round(v / scale * 2**20) * scale / 2**20 for v in (x, model.means))    # so that moving is exact
    at_home = GaussianMixture(model.weights, means, model.covariances, model.covariance_type)
    there = GaussianMixture(model.weights, means + shift * scale, model.covariances, model.covariance_type)
    a, b = fit_quietly(at_home, x, max_iter=3), fit_quietly(there, x + shift * scale, max_iter=3)
    lost = abs(shift) * 1e-15                                        # of a spread, where the means are written down
    assert a.stop == b.stop
    if a.stop == "collapsed":                                        # on the way there, rounding is magnified
        return
    assert np.allclose(b.log_liks, a.log_liks, rtol=1e-11 + lost, atol=len(x) * (1e-11 + lost))
    assert np.allclose(b.model.means - shift * scale, a.model.means, rtol=0, atol=scale * (1e-9 + 10 * lost))
    assert np.allclose(b.model.covariances, a.model.covariances, rtol=1e-8 + 10 * lost,
                       atol=scale**2 * (1e-9 + 10 * lost))


@given(gaussian_cases(), st.lists(st.integers(-60, 60), min_size=4, max_size=4))
def test_units_that_differ_by_powers_of_two_change_nothing(case, powers):
    model, x, _, _ = case
    kind, d = model.covariance_type, x.shape[1]
    s = 2.0 ** np.array([powers[0]] * d if kind == "spherical" else powers[:d])
    scale = {"full": np.outer(s, s), "tied": np.outer(s, s), "diag": s**2, "spherical": s[0] ** 2}[kind]
    there = GaussianMixture(model.weights, model.means * s, model.covariances * scale, kind)
    a, b = fit_quietly(model, x, max_iter=3), fit_quietly(there, x * s, max_iter=3)
    assert a.stop == b.stop
    if a.stop == "collapsed":                                        # on the way there, rounding is magnified
        return
    shift = len(x) * np.log(s).sum()
    assert np.allclose(b.log_liks + shift, a.log_liks, rtol=1e-11, atol=1e-9)
    assert np.allclose(b.model.means / s, a.model.means, rtol=1e-8, atol=1e-9 * np.abs(x).max())
    assert np.allclose(b.model.covariances / scale, a.model.covariances, rtol=1e-8,
                       atol=1e-9 * np.abs(a.model.covariances).max())


@given(gaussian_cases(scales=(1.0,)), seeds)
def test_rows_labels_and_affine_maps(case, seed):
    model, x, _, rng = case
    full = GaussianMixture(model.weights, model.means, model.full_covariances, "full")
    a = fit_quietly(full, x, max_iter=3)
    rows, labels = rng.permutation(len(x)), rng.permutation(len(model.weights))
    renamed = GaussianMixture(full.weights[labels], full.means[labels], full.covariances[labels], "full")
    b = fit_quietly(renamed, x[rows], max_iter=3)
    if tightness(a.model, x) < 1e4:
        assert a.stop == b.stop and np.allclose(b.log_liks, a.log_liks, rtol=1e-11, atol=1e-9)
        assert np.allclose(b.model.means, a.model.means[labels], rtol=1e-7, atol=1e-8)
    d = x.shape[1]
    m, move = np.eye(d) + 0.3 * rng.uniform(-1, 1, size=(d, d)) / d, rng.standard_normal(d)
    cov = m @ full.covariances @ m.T
    mapped = GaussianMixture(full.weights, full.means @ m.T + move, (cov + np.swapaxes(cov, 1, 2)) / 2, "full")
    c = fit_quietly(mapped, x @ m.T + move, max_iter=3)
    if a.stop == "collapsed" or tightness(a.model, x) > 1e4:         # a hair from collapse: rounding decides
        return
    assert c.stop == a.stop
    assert np.allclose(c.log_liks + len(x) * math.log(abs(np.linalg.det(m))), a.log_liks, rtol=1e-8, atol=1e-6)
    assert np.allclose(c.model.means, a.model.means @ m.T + move, rtol=1e-6, atol=1e-7)


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [0.0, 1e6])
def test_a_collapse_has_its_name_and_leaves_the_last_good_model(kind, at):
    x = at + np.array([[0.0, 0.1], [1.0, 0.3], [1.5, -1.0], [2.0, 0.7], [10.0, 10.0], [0.3, 0.9]])
    cov = {"full": [np.eye(2)] * 2, "tied": np.eye(2), "diag": np.ones((2, 2)), "spherical": np.ones(2)}[kind]
    model = GaussianMixture([0.5, 0.5], at + np.array([[1.0, 0.0], [10.0, 10.0]]), cov, kind)
    every, last = (fit_quietly(model, x, max_iter=50, tol=1e-10, keep=keep) for keep in ("all", "last"))
    assert (every.stop, every.n_iter) == (last.stop, last.n_iter)
    assert last.stop == ("converged" if kind == "tied" else "collapsed")
    if kind != "tied":
        assert last.message == every.message and "component 1 has collapsed" in last.message
    assert last.model.log_lik(x) == pytest.approx(last.log_liks[-1], rel=1e-10)


def test_a_repeated_column_collapses_either_way():
    x = np.random.default_rng(0).standard_normal((40, 1)).repeat(2, axis=1)
    for at in (0, 1e6):
        trace = fit_quietly(GaussianMixture([1.0], [[at, at]], [np.eye(2)]), x + at)
        assert trace.stop == "collapsed" and "component 0 has collapsed" in trace.message


def test_a_component_of_weight_zero_is_empty():
    trace = fit_quietly(GaussianMixture([1.0, 0.0], [[4.0, 80.0], [2.0, 50.0]], [np.diag([1.0, 100.0])] * 2), X)
    assert trace.stop == "collapsed" and "component 1 is empty" in trace.message
    assert np.isfinite(trace.log_liks).all()


def test_an_impossible_point_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="log_joint is −inf in all of row"):
        fit(GaussianMixture([1.0], [[0.0]], [1e-99]), np.array([[1e140], [0.0]]), keep="last")
    with pytest.raises(ValueError, match="log_joint is −inf in all of row 0"):
        fit(CoinMixture([1.0], [1.0]), datasets.two_coins(), keep="last")


def test_coins_at_the_edge_of_what_is_possible():
    x = np.array([[0, 3], [1, 2], [0, 4], [5, 1]])
    for model in (CoinMixture([0.5, 0.5], [0.0, 0.5]), CoinMixture([0.3, 0.3, 0.4], [0.0, 0.5, 0.2], False)):
        every, last = (fit(model, x, keep=keep) for keep in ("all", "last"))
        assert last.log_liks == pytest.approx(every.log_liks, rel=1e-12)
        assert parameters(last.model) == pytest.approx(parameters(every.model), rel=1e-9, abs=1e-15)
