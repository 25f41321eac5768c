"""The engine: EM is coordinate ascent on L(q, θ), one half-step at a time, for any model (W11, W20–W24)."""

import itertools
import math
import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, cases, gaussian_cases, half_steps, parameters

from emlib import (
    Collapse,
    ConvergenceWarning,
    GaussianMixture,
    bound,
    datasets,
    em,
    exact,
    fit,
    frozen,
    hard,
    log_posterior,
    tempered,
)

X = datasets.old_faithful()
START = GaussianMixture([0.5, 0.5], [[4.5, 50.0], [2.0, 90.0]], [np.diag([1.0, 100.0])] * 2)


def rounding(x_model_pair):
    """What may be lost to rounding in a sum over points: relative to their sizes, not to their sum."""
    model, x = x_model_pair
    return 1e-12 * max(1.0, float(np.abs(np.logaddexp.reduce(model.log_joint(x), axis=1)).sum()))


# Half-steps ------------------------------------------------------------------------------------------------------


def test_half_steps_come_in_order_and_each_moves_one_side():
    steps = list(itertools.islice(em(START, X), 7))
    assert [(s.t, s.kind) for s in steps] == [(1, "E"), (1, "M"), (2, "E"), (2, "M"), (3, "E"), (3, "M"), (4, "E")]
    assert steps[0].model is START
    for before, after in itertools.pairwise(steps):
        if after.kind == "M":
            assert after.q is before.q and after.model is not before.model
        else:
            assert after.model is before.model and after.q is not before.q
    for step in steps:
        again = bound(step.model.log_joint(X), step.q)
        assert (step.bound.log_lik, step.bound.elbo, step.bound.kl) == (again.log_lik, again.elbo, again.kl)


def test_em_is_lazy_and_without_end():
    calls = []

    class Counting(Poisson):
        def m_step(self, x, q):
            calls.append(1)
            return Poisson.m_step(self, x, q)

    steps = em(Counting([0.5, 0.5], [1.0, 9.0]), COUNTS)
    assert not calls
    next(steps)
    assert not calls
    next(steps)
    assert len(calls) == 1
    assert sum(1 for _ in itertools.islice(steps, 500)) == 500


@given(cases())
def test_the_exact_e_step_is_tight_and_the_m_step_opens_the_gap_again(case):
    """W11 and W22: KL falls to 0 after E, with log-lik unmoved; after M, KL = log-lik − ELBO ≥ 0."""
    model, x, _, _ = case
    for step in half_steps(model, x, 6):
        limit = rounding((step.model, x))
        if step.kind == "E":
            assert abs(step.bound.kl) <= limit
            assert abs(step.bound.elbo - step.bound.log_lik) <= limit
        assert step.bound.kl >= -limit


@given(cases())
def test_neither_elbo_nor_log_lik_ever_falls(case):
    """W24, step by step and signed; what is allowed is rounding alone."""
    model, x, _, _ = case
    steps = half_steps(model, x, 16)
    for before, after in itertools.pairwise(steps):
        limit = rounding((after.model, x))
        assert after.bound.elbo >= before.bound.elbo - limit
        assert after.bound.log_lik >= before.bound.log_lik - limit
    elbo_gain = [b.bound.elbo - a.bound.elbo for a, b in itertools.pairwise(steps) if b.kind == "M"]
    lik_gain = [b.bound.log_lik - a.bound.log_lik for a, b in itertools.pairwise(steps) if b.kind == "M"]
    assert all(lik >= elbo - rounding((model, x)) for lik, elbo in zip(lik_gain, elbo_gain, strict=True))


@given(cases(), st.sampled_from(["hard", 0.0, 0.3, 3.0]))
def test_the_elbo_of_other_e_steps_rises_in_every_m_step(case, how):
    """Generalised EM (W23): the M-step maximises L(q, ·) for whatever q it is given."""
    model, x, _, _ = case
    steps = half_steps(model, x, 8, hard if how == "hard" else tempered(how))
    for before, after in itertools.pairwise(steps):
        if after.kind == "M":
            assert after.bound.elbo >= before.bound.elbo - rounding((after.model, x))


@given(cases())
def test_hard_em_is_coordinate_ascent_on_the_elbo_over_one_hot_q(case):
    model, x, _, _ = case
    steps = half_steps(model, x, 12, hard)
    for before, after in itertools.pairwise(steps):
        assert after.bound.elbo >= before.bound.elbo - rounding((after.model, x))
    for step in steps:
        assert set(np.unique(step.q)) <= {0.0, 1.0} and np.all(step.q.sum(axis=1) == 1)
        if step.kind == "E":
            chosen = np.take_along_axis(step.model.log_joint(x), step.q.argmax(axis=1)[:, None], axis=1)
            assert np.array_equal(chosen[:, 0], step.model.log_joint(x).max(axis=1))
            assert step.bound.entropy == 0


# E-steps ---------------------------------------------------------------------------------------------------------


@given(cases(), st.floats(0, 20))
def test_tempered_q_is_the_posterior_to_a_power(case, beta):
    model, x, _, _ = case
    q, posterior = tempered(beta)(model, x), exact(model, x)
    assert np.allclose(q.sum(axis=1), 1, rtol=0, atol=1e-13)
    log_odds = beta * (model.log_joint(x) - model.log_joint(x).max(axis=1, keepdims=True))
    expected = np.exp(log_odds) / np.exp(log_odds).sum(axis=1, keepdims=True)
    assert np.allclose(q, expected, rtol=1e-9, atol=1e-13)
    assert np.allclose(tempered(1)(model, x), posterior, rtol=1e-12, atol=1e-15)
    assert np.allclose(tempered(0)(model, x), 1 / q.shape[1])


@given(gaussian_cases())
def test_tempered_goes_to_hard_as_beta_grows(case):
    model, x, _, _ = case
    log_joint = np.sort(model.log_joint(x), axis=1)
    clear = np.ones(len(x), bool) if log_joint.shape[1] == 1 else log_joint[:, -1] - log_joint[:, -2] > 1e-3
    q = tempered(1e6)(model, x)
    assert np.allclose(q[clear], hard(model, x)[clear], atol=1e-12)
    assert np.isfinite(q).all()


def test_hard_takes_the_first_of_equals():
    twins = GaussianMixture([0.5, 0.5], [[0.0], [0.0]], [1.0, 1.0])
    assert hard(twins, [[0.0], [3.0]]).tolist() == [[1, 0], [1, 0]]


def test_tempered_gives_nothing_to_the_impossible():
    model = GaussianMixture([1.0, 0.0], [[0.0], [0.0]], [1.0, 1.0])
    for beta in (0, 0.5, 2):
        assert tempered(beta)(model, [[0.3]]).tolist() == [[1, 0]]


def test_frozen_leaves_q_and_lets_the_model_move_once():
    q = np.tile([0.3, 0.7], (len(X), 1)) + 0.1 * np.sin(np.arange(len(X)))[:, None] * [1, -1]
    steps = list(itertools.islice(em(START, X, frozen(q)), 6))
    assert all(np.allclose(step.q, q, rtol=1e-15) for step in steps)
    assert np.allclose(parameters(steps[1].model), parameters(START.m_step(X, q)), rtol=1e-14)
    assert np.allclose(parameters(steps[5].model), parameters(steps[1].model), rtol=1e-14)


def test_exact_uses_the_posterior_of_the_model_if_it_has_one():
    class Own(Poisson):
        def posterior(self, x):
            return np.tile([0.25, 0.75], (len(x), 1))

    assert exact(Own([0.5, 0.5], [1.0, 9.0]), COUNTS)[0].tolist() == [0.25, 0.75]


def test_any_function_is_an_e_step():
    """q that eight neighbours must share, the best such q: the bound stays loose, and both half-steps still rise."""
    groups = np.argsort(X[:, 0]).reshape(-1, 8)

    def shared(model, x):
        q = np.empty((len(x), 2))
        for group in groups:
            log_q = log_posterior(model.log_joint(x[group])).mean(axis=0)
            q[group] = np.exp(log_q) / np.exp(log_q).sum()
        return q

    steps = list(itertools.islice(em(START, X, shared), 30))
    for before, after in itertools.pairwise(steps):
        assert after.bound.elbo >= before.bound.elbo - 1e-9
    assert steps[-2].kind == "E" and steps[-2].bound.kl > 0.1


# A student's model: the engine knows two methods ----------------------------------------------------------------


@dataclass(frozen=True)
class Poisson:
    """A Poisson mixture in ten lines, without posterior, log_lik or sample_weight."""

    weights: tuple
    rates: tuple

    def log_joint(self, x):
        w, r = np.array(self.weights), np.array(self.rates)
        return np.log(w) + x[:, None] * np.log(r) - r - np.array([math.lgamma(v + 1) for v in x])[:, None]

    def m_step(self, x, q):
        return type(self)(tuple(q.mean(axis=0)), tuple(q.T @ x / q.sum(axis=0)))


COUNTS = np.random.default_rng(0).poisson(np.repeat([2.0, 11.0], [60, 40])).astype(float)


def test_a_model_of_two_methods_is_enough():
    trace = fit(Poisson((0.5, 0.5), (1.0, 9.0)), COUNTS)
    assert trace.stop == "converged"
    assert np.all(np.diff(trace.log_liks) >= -1e-9)
    assert trace.model.rates == pytest.approx((2, 11), rel=0.15)
    assert np.dot(trace.model.weights, trace.model.rates) == pytest.approx(COUNTS.mean(), rel=1e-6)
    assert max(abs(s.bound.residual) for s in trace.steps) <= 1e-12 * abs(trace.log_liks[-1])


class ForgetsWeights(Poisson):
    """m_step divides by the number of points instead of the responsibilities, after a good start."""

    def m_step(self, x, q):
        return type(self)(tuple(q.mean(axis=0)), tuple(q.T @ x / len(x)))


def test_a_fall_of_the_log_likelihood_is_called_a_bug():
    with pytest.warns(ConvergenceWarning, match="log-likelihood fell by"):
        trace = fit(ForgetsWeights((0.6, 0.4), (2.0, 11.0)), COUNTS)
    assert trace.stop == "decreased"
    assert trace.log_liks[-1] < trace.log_liks[-2]
    assert "W24" in trace.message and "bug" in trace.message
    assert f"iteration {trace.n_iter}" in trace.message


def test_a_fall_is_found_even_where_it_is_smaller_than_tol():
    """|Δ| < tol would call this converged; the sign tells."""
    class Drifts(Poisson):
        def m_step(self, x, q):
            good = Poisson.m_step(self, x, q)
            return Drifts(good.weights, (good.rates[0] * 1.001, good.rates[1]))

    best = fit(Poisson((0.5, 0.5), (1.0, 9.0)), COUNTS).model
    with pytest.warns(ConvergenceWarning, match="fell"):
        trace = fit(Drifts(best.weights, best.rates), COUNTS, tol=1e-3)
    assert trace.stop == "decreased"
    assert abs(trace.log_liks[-1] - trace.log_liks[-2]) < 1e-3 * abs(trace.log_liks[-1])


@pytest.mark.parametrize("at", [0, 1e6])
@pytest.mark.parametrize("kind", KINDS)
def test_rounding_at_the_optimum_is_never_called_a_bug(kind, at):
    start = GaussianMixture.start(X + at, 2, rng=0, covariance_type=kind)
    trace = fit(start, X + at, tol=None, max_iter=150, keep="last")
    assert trace.stop == "max_iter"
    assert trace.log_liks[-1] - trace.log_liks[-20] < 1e-9 * abs(trace.log_liks[-1])       # it was at the optimum


def test_a_loose_bound_may_let_the_log_likelihood_fall_and_that_is_no_bug():
    """Under hard EM the ELBO rises, log-lik need not: no "decreased" there."""
    rng = np.random.default_rng(0)
    falls = 0
    for _ in range(30):
        x = rng.normal(size=(40, 1)) * 2
        start = GaussianMixture([0.5, 0.5], rng.normal(size=(2, 1)), [2.0, 1.0])
        steps = half_steps(start, x, 40, hard)
        log_liks = [s.bound.log_lik for s in steps]
        falls += min(np.diff(log_liks), default=0) < -1e-6
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)     # some of these collapse, and say so
            assert fit(start, x, e_step=hard).stop in ("converged", "collapsed")
    assert falls > 0


def test_nan_from_a_model_is_an_error_that_names_log_joint():
    class Nan(Poisson):
        def log_joint(self, x):
            table = super().log_joint(x)
            table[3, 1] = np.nan
            return table

    with pytest.raises(ValueError, match=r"log_joint has NaN or \+inf in row 3"):
        fit(Nan((0.5, 0.5), (1.0, 9.0)), COUNTS)


def test_nan_that_appears_in_an_m_step_is_an_error_too():
    class LaterNan(Poisson):
        def m_step(self, x, q):
            return Poisson(self.weights, (np.nan, 1.0))

    with pytest.raises(ValueError, match="log_joint has NaN"):
        fit(LaterNan((0.5, 0.5), (1.0, 9.0)), COUNTS)


def test_an_error_inside_a_model_is_not_swallowed():
    class Breaks(Poisson):
        def m_step(self, x, q):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        fit(Breaks((0.5, 0.5), (1.0, 9.0)), COUNTS)


def test_a_wrong_e_step_is_an_error_that_names_q():
    with pytest.raises(ValueError, match="q sums to"):
        fit(START, X, e_step=lambda m, x: np.ones((len(x), 2)))
    with pytest.raises(ValueError, match="q has shape"):
        fit(START, X, e_step=lambda m, x: np.ones((2, len(x))) / 2)


# fit -------------------------------------------------------------------------------------------------------------


def test_fit_keeps_every_half_step_and_the_log_likelihood_around_each_iteration():
    trace = fit(START, X, tol=None, max_iter=7)
    assert [(s.t, s.kind) for s in trace.steps] == [(t, kind) for t in range(1, 8) for kind in "EM"]
    assert trace.n_iter == 7 and len(trace.log_liks) == 8
    expected = [START.log_lik(X), *(s.model.log_lik(X) for s in trace.steps if s.kind == "M")]
    assert trace.log_liks == pytest.approx(expected, rel=1e-14)
    assert trace.model is trace.steps[-1].model
    assert trace.stop == "max_iter"


@pytest.mark.parametrize("e_step", [exact, hard, tempered(0.7)], ids=["exact", "hard", "tempered"])
def test_keeping_the_last_only_changes_no_number(e_step):
    every, last = (fit(START, X, e_step=e_step, keep=keep) for keep in ("all", "last"))
    assert last.steps == () and len(every.steps) == 2 * every.n_iter
    assert last.log_liks == pytest.approx(every.log_liks, rel=1e-12)
    assert parameters(last.model) == pytest.approx(parameters(every.model), rel=1e-9)
    assert (every.stop, every.n_iter) == (last.stop, last.n_iter)


def test_no_iterations_give_back_the_start():
    trace = fit(START, X, max_iter=0)
    assert trace.model is START and trace.steps == () and trace.n_iter == 0
    assert trace.log_liks.tolist() == [pytest.approx(START.log_lik(X))]
    assert trace.stop == "max_iter"


def test_converged_means_the_last_iteration_gained_no_more_than_tol():
    trace = fit(START, X, tol=1e-6)
    gains, now = np.diff(trace.log_liks), np.abs(trace.log_liks[1:])
    assert trace.stop == "converged"
    assert 0 <= gains[-1] <= 1e-6 * now[-1]
    assert np.all(gains[:-1] > 1e-6 * now[:-1])
    assert f"{trace.n_iter} iterations" in trace.message
    assert fit(START, X, tol=1e-12).n_iter > trace.n_iter


def test_running_out_of_iterations_warns_unless_asked_for():
    with pytest.warns(ConvergenceWarning, match="max_iter = 1 iterations"):
        trace = fit(START, X, max_iter=1)
    assert trace.stop == "max_iter" and "max_iter" in trace.message
    assert np.isfinite(trace.log_liks).all() and trace.log_liks[1] > trace.log_liks[0]     # usable all the same
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fit(START, X, max_iter=1, tol=None).stop == "max_iter"


def test_one_step_and_one_step_are_two_steps():
    once = fit(START, X, tol=None, max_iter=1).model
    again = fit(once, X, tol=None, max_iter=1)
    twice = fit(START, X, tol=None, max_iter=2)
    assert np.array_equal(parameters(again.model), parameters(twice.model))
    assert np.array_equal(again.log_liks, twice.log_liks[1:])


def test_a_fit_can_be_repeated_bit_by_bit_and_leaves_its_start_alone():
    before = parameters(START).copy()
    a, b = fit(START, X), fit(START, X)
    assert np.array_equal(a.log_liks, b.log_liks) and np.array_equal(parameters(a.model), parameters(b.model))
    assert np.array_equal(parameters(START), before)


def test_collapse_ends_a_fit_with_the_last_good_model():
    x = np.array([[0.0], [1.0], [1.5], [2.0], [10.0]])
    start = GaussianMixture([0.5, 0.5], [[1.0], [10.0]], [1.0, 1.0])
    with pytest.warns(ConvergenceWarning, match="component 1 has collapsed"):
        trace = fit(start, x)
    assert trace.stop == "collapsed"
    assert "floor=" in trace.message and "restart" in trace.message
    assert np.isfinite(trace.model.log_lik(x))
    assert trace.log_liks[-1] == pytest.approx(trace.model.log_lik(x))
    assert trace.steps[-1].kind == "E" and trace.steps[-1].model is trace.model
    with pytest.raises(Collapse, match="component 1"):
        list(itertools.islice(em(start, x), 99))


def test_a_collapse_in_the_first_step_leaves_the_start():
    x = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    start = GaussianMixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    with pytest.warns(ConvergenceWarning, match="collapsed"):
        trace = fit(start, x)
    assert trace.model is start and trace.n_iter == 0 and len(trace.log_liks) == 1


def test_a_component_of_weight_zero_never_gives_nan():
    start = GaussianMixture([1.0, 0.0], START.means, START.covariances)
    with pytest.warns(ConvergenceWarning, match="component 1 is empty"):
        trace = fit(start, X)
    assert trace.stop == "collapsed" and np.isfinite(trace.log_liks).all()


def test_identical_components_stay_identical():
    """A stationary point that is no maximum (W25): responsibilities are the weights for ever."""
    start = GaussianMixture([0.25, 0.75], [[0.0, 0.0]] * 2, [np.eye(2) * 100] * 2)
    trace = fit(start, X, tol=None, max_iter=20)
    assert np.allclose(trace.steps[-1].q, [0.25, 0.75], rtol=0, atol=1e-12)
    assert trace.model.means == pytest.approx(np.tile(X.mean(axis=0), (2, 1)))
    assert trace.log_liks[-1] < -1130.26 - 100


def test_sample_weights_reach_every_part_of_a_fit():
    rng = np.random.default_rng(1)
    times = rng.integers(0, 4, size=len(X))
    weighted, repeated = fit(START, X, sample_weight=times), fit(START, X.repeat(times, axis=0))
    assert weighted.n_iter == repeated.n_iter
    assert weighted.log_liks == pytest.approx(repeated.log_liks, rel=1e-12)
    assert parameters(weighted.model) == pytest.approx(parameters(repeated.model), rel=1e-8)
    unweighted = fit(START, X)
    assert abs(weighted.log_liks[-1] - unweighted.log_liks[-1]) > 1


def test_trace_and_step_cannot_be_changed():
    trace = fit(START, X, tol=None, max_iter=1)
    with pytest.raises(AttributeError):
        trace.stop = "converged"
    with pytest.raises(AttributeError):
        trace.steps[0].t = 5


def test_q_is_not_shared_with_the_caller():
    q = np.full((len(X), 2), 0.5)
    step = next(em(START, X, frozen(q)))
    q[:] = 7
    assert step.q[0].tolist() == [0.5, 0.5]
