"""The fast road: the same numbers as em and as fifty digits, wherever the clusters lie, or a clear error."""

import itertools
import math
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, cases, gaussian_cases, half_steps, parameters, random_gaussian
from test_references import CASES, EXACT, FAR, compare_covariances, load, near, start

from emlib import CoinMixture, Collapse, GaussianMixture, datasets, fit, streaming, tempered
from emlib.streaming import gaussian

X = datasets.old_faithful()
seeds = st.integers(0, 2**32 - 1)


def states(model, x, n, sample_weight=None):
    """The first n states of the fast road; fewer where it ends in a collapse."""
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


def form(state):
    return type(state.at).__name__


# The same as em --------------------------------------------------------------------------------------------------


@given(cases())
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
    if isinstance(model, CoinMixture):
        return 1
    return np.abs(x).max() / math.sqrt(max(np.linalg.eigvalsh(model.full_covariances).min(), 1e-300))


@given(gaussian_cases(), st.integers(0, 12))
def test_a_floor_is_respected_on_the_fast_road_too(case, power):
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


def test_other_e_steps_and_other_models_go_the_plain_way_with_no_step_kept():
    """Hard and tempered EM, students' models, and mixtures whose methods somebody has changed."""

    class Sluggish(GaussianMixture):
        """Its M-step goes half-way: right to stop at, wrong to hurry past."""

        def m_step(self, x, q, sample_weight=None):
            best = super().m_step(x, q, sample_weight)
            return Sluggish(best.weights, (self.means + best.means) / 2, best.covariances)

    start = GaussianMixture.start(X, 2, rng=0)
    assert streaming.offered_by(start) and streaming.offered_by(CoinMixture([1.0], [0.5]))
    sluggish = Sluggish(start.weights, start.means, start.covariances)
    assert not streaming.offered_by(sluggish) and not streaming.offered_by(object())
    for model, e_step in ((sluggish, "exact"), (start, tempered(0.5))):
        options = {} if e_step == "exact" else {"e_step": e_step}
        every, last = (fit(model, X, max_iter=6, tol=None, keep=keep, **options) for keep in ("all", "last"))
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


# Digits, against fifty of them ---------------------------------------------------------------------------------------


def fifty_digits(model, x, n):
    """Log-likelihoods, and the means and covariances in the end, of n iterations for full covariances, by mpmath."""
    with mpmath.workdps(50):
        mp, (k_all, d) = mpmath.mpf, model.means.shape
        points = [mpmath.matrix([mp(float(v)) for v in row]) for row in x]
        weights = [mp(float(w)) for w in model.weights]
        means = [mpmath.matrix([mp(float(v)) for v in mean]) for mean in model.means]
        covs = [mpmath.matrix(cov.tolist()) for cov in model.full_covariances]
        log_liks = []
        for t in range(n + 1):
            a = [mpmath.inverse(cov) for cov in covs]
            height = [mpmath.log(w / mpmath.sqrt(mpmath.det(cov) * (2 * mpmath.pi) ** d))
                      for w, cov in zip(weights, covs, strict=True)]
            joint = [[mpmath.exp(height[k] - ((p - means[k]).T * a[k] * (p - means[k]))[0] / 2) for k in range(k_all)]
                     for p in points]
            total = [mpmath.fsum(row) for row in joint]
            log_liks.append(mpmath.fsum(map(mpmath.log, total)))
            if t == n:
                break
            q = [[v / s for v in row] for row, s in zip(joint, total, strict=True)]
            counts = [mpmath.fsum(row[k] for row in q) for k in range(k_all)]
            weights = [c / len(points) for c in counts]
            for k in range(k_all):
                means[k] = sum((row[k] * p for row, p in zip(q, points, strict=True)), mpmath.zeros(d, 1)) / counts[k]
                covs[k] = sum((row[k] * (p - means[k]) * (p - means[k]).T for row, p in zip(q, points, strict=True)),
                              mpmath.zeros(d)) / counts[k]
        return (np.array([float(v) for v in log_liks]), np.array([[float(v) for v in mean] for mean in means]),
                np.array([np.array(cov.tolist(), dtype=float) for cov in covs]))


def clusters(separation, d, tilt=0, n=20):
    """Three clusters of spread 1, up to so many spreads apart; their columns may be as good as equal."""
    rng = np.random.default_rng(round(separation) + 10 * d)
    centres = rng.normal(size=(3, d))
    centres *= separation / np.abs(centres).max()
    noise = rng.standard_normal((3 * n, d))
    mix = np.eye(d)
    mix[1:, 0] = tilt
    x = (np.repeat(centres, n, axis=0) + noise) @ mix.T
    return GaussianMixture([0.3, 0.3, 0.4], (centres + 0.3) @ mix.T, [mix @ mix.T * 1.5] * 3), x


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("separation", [1, 10, 30, 50, 70, 1e3, 1e5, 1e8])
def test_digits_that_are_promised_are_there(separation, d):
    model, x = clusters(separation, d)
    log_liks, means, cov = fifty_digits(model, x, 3)
    found = states(model, x, 4)
    last = found[-1].at.model
    assert np.array([s.log_lik for s in found]) == pytest.approx(log_liks, rel=1e-12)
    # means of clusters 1e8 away have no more digits than doubles have there
    assert np.abs(last.means - means).max() <= 1e-12 + 4 * np.finfo(float).eps * np.abs(means).max()
    assert np.abs(last.covariances - cov).max() <= 1e-11 * np.abs(cov).max()
    slow = half_steps(model, x, 6)[-1]
    assert slow.bound.log_lik == pytest.approx(log_liks[-1], rel=1e-12)
    assert np.abs(slow.model.covariances - cov).max() <= 1e-11 * np.abs(cov).max()


@pytest.mark.parametrize("tilt", [3, 30, 300, 1e4, 1e6])
def test_digits_when_columns_are_as_good_as_equal(tilt):
    model, x = clusters(8, 2, tilt)
    log_liks, _, cov = fifty_digits(model, x, 2)
    found = states(model, x, 3)
    assert np.array([s.log_lik for s in found]) == pytest.approx(log_liks, rel=max(1e-12, 1e-15 * tilt**2))
    assert np.abs(found[-1].at.model.covariances / cov - 1).max() <= max(1e-11, 1e-15 * tilt**2)


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_changes_where_digits_would_be_lost_and_only_there(kind):
    def last(separation, offset=0.0):
        model, x = clusters(separation, 2, n=200)
        near_by = GaussianMixture(model.weights, model.means + offset, random_gaussian(
            np.random.default_rng(0), kind, 3, 2).covariances, kind)
        return states(near_by, x + offset, 5)[-1]

    assert [form(last(s)) for s in (1, 10, 20)] == ["Linear"] * 3
    assert [form(last(s)) for s in (1e3, 1e6)] == ["Careful"] * 2
    assert form(last(1, offset=1e3)) == "Linear" and form(last(1, offset=1e6)) == "Careful"


@pytest.mark.parametrize("column", [0, 1])
def test_one_column_is_enough_to_change_the_form(column):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 2))
    x[150:, column] += 1e4
    model = GaussianMixture([0.5, 0.5], [x[:150].mean(axis=0), x[150:].mean(axis=0)], [np.eye(2)] * 2)
    assert form(states(model, x, 3)[-1]) == "Careful"


def test_without_the_check_digits_would_be_lost(monkeypatch):
    """What the careful form is for: the linear one alone, at 1e5 spreads, is wrong in the seventh digit."""
    model, x = clusters(1e5, 2)
    right, right_log_lik = models(model, x, 4)
    monkeypatch.setattr(gaussian, "LIMIT", np.inf)
    monkeypatch.setattr(gaussian.GaussianFit.linear, "__defaults__", (None, np.inf))
    wrong = states(model, x, 4)
    lost = isinstance(wrong[-1], str) or np.abs(wrong[-1].at.model.covariances / right[-1].covariances - 1).max()
    assert lost is True or lost > 1e-8
    assert np.isfinite(right_log_lik).all()


def test_a_component_that_jumps_far_is_measured_again_about_its_new_mean():
    """From a start 1e8 spreads off, in one iteration."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 2))
    for far in (1e2, 1e5, 1e8):
        model = GaussianMixture([1.0], [[far, -far]], [np.eye(2) * far**2])
        after = models(model, x, 2)[0][1]
        assert after.means[0] == pytest.approx(x.mean(axis=0), rel=1e-12)
        assert after.covariances[0] == pytest.approx(np.cov(x.T, bias=True), rel=1e-11)


def test_points_so_far_out_that_exp_underflows_keep_their_log_likelihood():
    model = GaussianMixture([0.5, 0.5], [[0.0], [3.0]], [1.0, 1.0])
    # 60 and −70 are nothing to exp; −38.4 is almost nothing, a number with few digits left
    x = np.r_[np.random.default_rng(0).standard_normal(50), 60.0, -70.0, -38.4][:, None]
    for points in (x, x[50:51], x[52:]):
        assert states(model, np.r_[points, points], 1)[0].log_lik == pytest.approx(2 * model.log_lik(points), rel=1e-14)
    assert states(model, x, 1)[0].log_lik == pytest.approx(model.log_lik(x), rel=1e-14)
    assert parameters(models(model, x, 2)[0][1]) == pytest.approx(
        parameters(model.m_step(x, model.posterior(x))), rel=1e-11)


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


def test_a_repeated_column_collapses_on_both_roads():
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
