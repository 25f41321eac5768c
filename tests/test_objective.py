"""What a fit watches: an E-step's objective, the sign of its change, rounding, a prior; and what E-steps are given."""

import functools
import itertools
import math
import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from latent_models import CASES
from strategies import cases

from emlib import ConvergenceWarning, GaussianMixture, datasets, em, exact, fit, frozen, hard, partial, shared, tempered
from emlib.e_steps import caller
from emlib.trace import ROUNDING, State, verdict

X = datasets.old_faithful()
START = GaussianMixture([0.5, 0.5], [[4.5, 50.0], [2.0, 90.0]], [np.diag([1.0, 100.0])] * 2)
HEADS = np.array([3, 0, 1, 9, 10, 8, 0, 2, 10, 9, 1, 0])     # of 10


def state(objective, size, t=7):
    return State(t, type("At", (), {"model": None}), objective, objective, size)


# The rule that stops a fit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1.0, 1e3, 1e9])
def test_a_fall_is_rounding_up_to_1e_12_of_what_was_summed(size):
    """The sum may be near 0 where its terms are not: rounding is of the terms."""
    just = ROUNDING * size
    assert pytest.approx(1e-12) == ROUNDING
    assert verdict([0.0], state(-0.9 * just, size), None, is_exact=True) is None
    assert verdict([0.0], state(-1.1 * just, size), None, is_exact=True)[0] == "decreased"
    assert verdict([0.0], state(-1.1 * just, size), None, is_exact=False) is None       # no promise was made there


def test_a_fall_below_one_part_is_measured_against_one_nat():
    assert verdict([0.0], state(-0.9e-12, 1e-6), None, is_exact=True) is None
    assert verdict([0.0], state(-1.1e-12, 1e-6), None, is_exact=True)[0] == "decreased"


def test_a_fall_within_the_rounding_of_the_model_itself_is_no_bug():
    """What cancels inside the model is measured, and only where the objective has fallen."""
    asked = []
    rough = state(-1e-3, 1.0)._replace(noise=lambda: asked.append(1) or 1e-4)
    assert verdict([0.0], rough, None, is_exact=True) is None and asked == [1]
    assert verdict([0.0], rough._replace(noise=lambda: 1e-3 / 17), None, is_exact=True)[0] == "decreased"
    assert verdict([0.0], rough._replace(objective=1e-3), None, is_exact=True) is None and asked == [1]


def after(gains, start=0.0):
    """Objectives whose differences are the gains."""
    return (start + np.cumsum([0, *gains])).tolist()


def verdict_on(gains, tol, start=0.0, size=1.0, is_exact=True):
    *before, now = after(gains, start)
    return verdict(before, state(now, size), tol, is_exact)


def test_tol_is_relative_to_the_objective_and_at_least_to_one_nat():
    assert verdict_on([1e-4, 1e-5, 0.9e-6], 1e-6)[0] == "converged"
    assert verdict_on([1e-4, 1e-5, 1.1e-6], 1e-6) is None
    assert verdict_on([0.1, 0.015, 1.9e-3], 1e-6, -2e3)[0] == "converged"
    assert verdict_on([0.1, 0.015, 2.1e-3], 1e-6, -2e3) is None


def test_another_e_step_may_fall_and_has_not_converged_by_that():
    """Signed for an exact E-step; for any other the change must be small either way."""
    assert verdict_on([-0.5], 1e-6, is_exact=False) is None
    assert verdict_on([-1e-4, -1e-5, -0.9e-6], 1e-6, is_exact=False)[0] == "converged"


@pytest.mark.parametrize(("gains", "converged"), [
    ([1e-4, 1e-5, 1e-6], True), ([1e-4, 1e-7, 1e-8], False),        # a rate of 10⁻³, then of 10⁻¹: where will it end?
    ([1e-7, 0.9e-7, 0.82e-7], True), ([1e-7, 1.004e-7, 1.008e-7], False), ([1e-7, 1e-7, 1e-7], False),
    ([1e-8], False), ([1e-5, 1e-8], False),                         # too few to know a rate
    ([1e-5, 1e-8, 0.0], True), ([-1e-17], True), ([1e-5, 1e-8, -1e-14], True),
    ([1e-4, 2.1e-5, 6.2e-6], True), ([1e-4, 2.0e-5, 6.1e-6], False)])        # 0.21 → 0.295, and 0.2 → 0.305
def test_small_gains_are_convergence_only_when_they_shrink_at_a_steady_rate(gains, converged):
    found = verdict_on(gains, 1e-5)
    assert (found is not None and found[0] == "converged") == converged


def test_what_is_left_is_said_as_aitken_would():
    """Gains 8, 4, 2 and on for ever: 2 more."""
    assert "at this rate 2e-06 more would follow" in verdict_on([8e-6, 4e-6, 2e-6], 1e-5)[1]
    gains = np.diff(fit(START, X, tol=1e-8).log_liks)
    message = fit(START, X, tol=1e-8).message
    said = float(message.split("at this rate ")[1].split(" more")[0])
    assert 0.5 < said / (fit(START, X, tol=0).log_liks[-1] - fit(START, X, tol=1e-8).log_liks[-1]) < 2 and gains[-1] > 0
    assert "nothing but rounding is left" in verdict_on([1e-5, 0.0], 1e-5)[1]


# A plateau, a saddle ------------------------------------------------------------------------------------------------


def two_heaps(seed=5):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(-2, 1, (150, 1)), rng.normal(2, 1, (150, 1))])


@pytest.mark.parametrize("away", [1e-1, 1e-2, 1e-3])
@pytest.mark.parametrize("keep", ["all", "last"])
def test_a_fit_that_leaves_a_saddle_slowly_is_not_called_converged(away, keep):
    """Its gains are small and grow, by a factor 1.004 an iteration."""
    x = two_heaps()
    start = GaussianMixture([0.5, 0.5], [[-away], [away]], [5.0, 5.0], "spherical")
    trace = fit(start, x, warn=False, keep=keep)
    more = fit(trace.model, x, tol=None, max_iter=3000, warn=False, keep="last").log_liks[-1] - trace.log_liks[-1]
    assert trace.stop == ("converged" if away == 1e-1 else "max_iter")
    assert (more < 1e-3) == (trace.stop == "converged")
    if away < 1e-1:
        late = np.diff(trace.log_liks)[-50:]
        assert late.max() < 1e-4 and np.all(late[10:] > late[:-10])


@pytest.mark.parametrize("e_step", [exact, hard, shared, tempered(0.7)], ids=["exact", "hard", "shared", "tempered"])
def test_the_objective_is_the_log_likelihood_under_an_exact_e_step_and_the_elbo_under_others(e_step):
    trace = fit(START, X, e_step=e_step, max_iter=6, tol=None)
    m_steps = [trace.steps[0], *trace.steps[1::2]]
    name = "log_lik" if e_step is exact else "elbo"
    assert trace.objectives == pytest.approx([getattr(step.bound, name) for step in m_steps], rel=1e-15)
    assert np.array_equal(trace.objectives, trace.log_liks) == (e_step is exact)


def test_what_rounding_is_relative_to_is_the_sum_of_absolute_terms_as_often_as_they_count(monkeypatch):
    seen = []
    monkeypatch.setattr("emlib.restarts.verdict", lambda before, now, tol, is_exact: seen.append(now.size))
    w = 1.0 + np.arange(len(X)) % 5
    scaled, start = X / 8, GaussianMixture(START.weights, START.means / 8, START.covariances / 64)
    for weights in (None, w):
        seen.clear()
        trace = fit(start, scaled, sample_weight=weights, max_iter=1, tol=None)
        points = trace.steps[-1].bound.per_point.log_lik                     # of either sign
        assert points.min() < 0 < points.max()
        assert seen == [pytest.approx(np.sum(np.abs(points) * (1 if weights is None else w)), rel=1e-13)]
    seen.clear()
    step = fit(coins(WithPrior), HEADS, max_iter=1, tol=None).steps[-1]
    summed = np.abs(step.bound.per_point.log_lik).sum() + abs(step.model.log_prior())
    assert seen == [pytest.approx(summed, rel=1e-13)] and abs(step.model.log_prior()) > 1


# Exactness is an attribute ------------------------------------------------------------------------------------------


class Drifts(GaussianMixture):
    """Its M-step goes a little too far."""

    def m_step(self, x, q, sample_weight=None):
        best = super().m_step(x, q, sample_weight)
        return type(self)(best.weights, best.means + np.diag([0.03, 0]), best.covariances)


def test_an_e_step_says_itself_that_it_is_exact():
    def mine(model, x):
        return model.posterior(x)

    drifting = Drifts(*(getattr(fit(START, X).model, n) for n in ("weights", "means", "covariances")))
    assert fit(drifting, X, e_step=mine, warn=False).stop != "decreased"      # nobody promised anything
    mine.exact = True
    assert fit(drifting, X, e_step=mine, warn=False).stop == "decreased"
    assert fit(drifting, X, warn=False).stop == "decreased"
    trace = fit(START, X, e_step=mine)
    assert trace.stop == "converged" and np.array_equal(trace.objectives, trace.log_liks)
    unsaid = fit(START, X, e_step=lambda model, x: mine(model, x), max_iter=6, tol=None)       # the same q, no promise
    assert np.all(unsaid.objectives[1:] < unsaid.log_liks[1:])
    assert partial(1).exact and not partial(0.5).exact
    assert not any(getattr(e_step, "exact", False) for e_step in (hard, shared, tempered(1), frozen(None)))


@pytest.mark.parametrize("wrapped", [exact, hard])
def test_a_wrapper_of_an_e_step_is_what_is_called(wrapped):
    """functools.wraps copies every attribute of the function inside, even how the loop asks it for q."""
    asked = []

    @functools.wraps(wrapped)
    def mixed(model, x):
        asked.append(1)
        return 0.9 * wrapped(model, x) + 0.1 / 2

    step = next(em(START, X, mixed))
    assert asked == [1] and np.allclose(step.q, 0.9 * wrapped(START, X) + 0.05, rtol=0, atol=1e-15)
    assert getattr(mixed, "exact", False) == (wrapped is exact)


# E-steps get the q that stands --------------------------------------------------------------------------------------


def test_an_e_step_is_given_what_it_asks_for():
    asked = []
    q0 = np.full((len(X), 2), 0.5)
    for e_step in (lambda model, x, q: asked.append(q) or q0, lambda model, x, q=None: asked.append(q) or q0,
                   lambda *a: asked.append(len(a)) or q0, lambda model, x, beta=0.5: asked.append(beta) or q0,
                   lambda model, x, before: asked.append(before) or q0, lambda m, x, q, /: asked.append(q) or q0,
                   lambda m, x, *, q=None: asked.append(q) or q0, lambda m, x, *q: asked.append(len(q)) or q0,
                   lambda m, x, **q: asked.append(len(q)) or q0):
        steps = em(START, X, e_step, q=q0)
        next(steps), next(steps), next(steps)
    assert all(np.array_equal(q, q0) for q in (*asked[:4], *asked[8:12])) and asked[4:8] == [2, 2, 0.5, 0.5]
    assert asked[12:] == [None, None, 0, 0, 0, 0]                   # what is not given by its place is not given
    assert caller(exact) is exact.choose


@pytest.mark.parametrize(("e_step", "said"), [
    ("exact", r"e_step is 'exact'; give a function"), (tempered, r"e_step=tempered cannot be called with .*first"),
    (frozen, "e_step=frozen cannot be called"), (lambda: None, "e_step=<lambda> cannot be called"),
    (lambda a, b, c, d: None, "e_step=<lambda> cannot be called"),
    (lambda a, b, *, beta: None, "e_step=<lambda> cannot be called")])
def test_what_is_no_e_step_is_told_so(e_step, said):
    for act in (lambda: fit(START, X, e_step=e_step), lambda: next(em(START, X, e_step))):
        with pytest.raises(ValueError, match=said):
            act()


@given(cases(), st.sampled_from([0.1, 0.5, 0.9, 1.0]))
def test_a_partial_e_step_leaves_at_most_its_share_of_the_gap(case, fraction):
    model, x, q, _ = case
    before = next(em(model, x, frozen(q))).bound
    step = next(em(model, x, partial(fraction), q=q))
    assert np.allclose(step.q, (1 - fraction) * q + fraction * exact(model, x), rtol=0, atol=1e-12)
    rounding = 1e-12 * max(1.0, float(np.abs(before.per_point.log_lik).sum()))
    assert step.bound.kl <= (1 - fraction) * before.kl + rounding


def test_a_partial_e_step_needs_a_q_and_a_fraction():
    with pytest.raises(ValueError, match=r"e_step=partial\(…\) starts from a q"):
        next(em(START, X, partial(0.5)))
    for fraction in (0, -1, 1.5, math.nan):
        with pytest.raises(ValueError, match="fraction is"):
            partial(fraction)


def test_any_m_step_that_raises_the_bound_is_generalised_em():
    def half_way(model, x, q):
        best = model.m_step(x, q)
        return GaussianMixture((model.weights + best.weights) / 2, best.means, best.covariances)

    q0 = np.random.default_rng(0).dirichlet([1, 1], size=len(X))
    elbos = [s.bound.elbo for s in itertools.islice(em(START, X, partial(0.4), q=q0, m_step=half_way), 40)]
    assert np.all(np.diff(elbos) > -1e-9) and elbos[-1] - elbos[0] > 100


# Each thing once ----------------------------------------------------------------------------------------------------


def test_log_joint_is_evaluated_once_an_iteration():
    calls = []

    class Counted(GaussianMixture):
        def log_joint(self, x):
            calls.append("log_joint")
            return super().log_joint(x)

    class Two:
        def __init__(self, model):
            self.model = model

        def log_joint(self, x):
            calls.append("log_joint")
            return self.model.log_joint(x)

        def m_step(self, x, q):
            return Two(self.model.m_step(x, q))

    for start in (Counted(START.weights, START.means, START.covariances), Two(START)):
        for e_step in (exact, hard, tempered(0.5)):
            calls.clear()
            list(itertools.islice(em(start, X, e_step), 20))
            assert len(calls) == 1 + 10

    class OwnPosterior(Counted):
        def posterior(self, x):
            return super().posterior(x)

    calls.clear()
    list(itertools.islice(em(OwnPosterior(START.weights, START.means, START.covariances), X), 20))
    assert len(calls) == 1 + 2 * 10         # its own posterior is asked, and may be anything


@pytest.mark.parametrize("kind", CASES)
def test_where_z_is_no_label_log_liks_and_posterior_are_evaluated_once_a_model(kind):
    start, x = CASES[kind](np.random.default_rng(0))
    calls = []

    class Counted(type(start)):
        def log_liks(self, x):
            calls.append("log_liks")
            return super().log_liks(x)

        def posterior(self, x):
            calls.append("posterior")
            return super().posterior(x)

    model = Counted(*vars(start).values())
    for e_step in (exact, frozen(exact(model, x))):
        calls.clear()
        list(itertools.islice(em(model, x, e_step), 20))
        assert calls.count("log_liks") == calls.count("posterior") == 1 + 10


# What an M-step lacks is said ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coins:
    """Two coins, 10 tosses a set: the two methods and nothing else."""

    weights: np.ndarray
    probs: np.ndarray

    def log_joint(self, x):
        return np.log(self.weights) + np.outer(x, np.log(self.probs)) + np.outer(10 - x, np.log1p(-self.probs))

    def m_step(self, x, q):
        n = q.sum(axis=0)
        return type(self)(n / n.sum(), (q.T @ x + self.more) / (10 * n + 2 * self.more))

    more = 0


class WithPrior(Coins):
    """Beta(6, 6) on each probability: p = (heads + 5) / (tosses + 10)."""

    more = 5

    def log_prior(self):
        return float(5 * np.sum(np.log(self.probs) + np.log1p(-self.probs)))


class SilentPrior(Coins):
    more = 5


class ForgetsThePrior(WithPrior):
    more = 0


def coins(kind):
    return kind(np.array([0.5, 0.5]), np.array([0.1, 0.9]))


def test_weights_for_a_model_that_takes_none():
    for act in (lambda: fit(coins(Coins), HEADS, sample_weight=np.ones(12)),
                lambda: next(em(coins(Coins), HEADS, sample_weight=np.ones(12)))):
        with pytest.raises(ValueError, match=r"sample_weight is given, but Coins.m_step takes none: add an argument"):
            act()
    with pytest.raises(ValueError, match="sample_weight is given, but m_step takes none"):
        next(em(START, X, sample_weight=np.ones(len(X)), m_step=lambda model, x, q: model))


def test_an_m_step_that_returns_nothing():
    with pytest.raises(ValueError, match=r"m_step returned nothing \(None\)"):
        list(itertools.islice(em(START, X, m_step=lambda model, x, q: None), 2))


# A prior ------------------------------------------------------------------------------------------------------------


def test_with_a_prior_the_penalised_sum_is_what_may_not_fall():
    trace = fit(coins(WithPrior), HEADS)
    priors = [step.model.log_prior() for step in [trace.steps[0], *trace.steps[1::2]]]
    assert trace.stop == "converged" and np.all(np.diff(trace.objectives) >= -1e-12)
    assert trace.objectives == pytest.approx(trace.log_liks + priors, rel=1e-14)
    assert trace.log_liks[1] < trace.log_liks[0] - 1                        # the likelihood itself did fall


def test_a_prior_that_is_not_declared_is_named_as_a_possible_reason():
    trace = fit(coins(SilentPrior), HEADS, warn=False)
    assert trace.stop == "decreased" and "belongs to a model with log_prior()" in trace.message


def test_an_m_step_that_forgets_its_prior_is_found():
    best = fit(coins(WithPrior), HEADS).model
    trace = fit(ForgetsThePrior(best.weights, best.probs), HEADS, warn=False)
    assert trace.stop == "decreased" and "log p(x|θ) + log p(θ) fell by" in trace.message


@pytest.mark.parametrize("value", [np.nan, -np.inf, np.inf])
def test_a_prior_must_be_a_finite_number(value):
    class Bad(WithPrior):
        def log_prior(self):
            return value

    with pytest.raises(ValueError, match=r"log_prior\(\) is"):
        fit(coins(Bad), HEADS)


def test_a_gaussian_with_a_prior_does_not_stream():
    class Shrunk(GaussianMixture):
        def log_prior(self):
            return -1e-3 * float(np.sum(self.means**2))

    start = Shrunk(START.weights, START.means, START.covariances)
    every, last = (fit(start, X, keep=keep, max_iter=3, tol=None) for keep in ("all", "last"))
    assert np.array_equal(every.objectives, last.objectives)
    assert np.all(every.objectives < every.log_liks)


def test_the_best_of_many_starts_is_the_best_by_what_was_maximised():
    class Restarts(WithPrior):
        def restart(self, x, rng):
            return type(self)(self.weights, rng.uniform(0.05, 0.95, 2))

    tight, starts = dict(max_iter=3, tol=None, n_starts=6, rng=3), coins(Restarts)
    trace = fit(starts, HEADS, **tight)
    assert trace.objectives[-1] == max(run.objectives[-1] for run in trace.runs)
    assert trace.log_liks[-1] < max(run.log_liks[-1] for run in trace.runs)         # another is likelier without p(θ)


# What is shown ------------------------------------------------------------------------------------------------------


def test_a_trace_and_a_step_show_themselves_in_a_line():
    trace = fit(START, X, n_starts=2, rng=0)
    for shown in (repr(trace), repr(trace.steps[3])):
        assert "\n" not in shown and len(shown) < 200
    assert repr(trace).startswith("Trace(converged after ") and "best of 2 runs" in repr(trace)
    assert repr(trace.steps[3]).startswith("Step(2, 'M': log-lik ")


def test_a_warning_can_be_left_to_whoever_shows_the_message():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fit(START, X, max_iter=1, warn=False).stop == "max_iter"
    with pytest.warns(ConvergenceWarning):
        fit(START, X, max_iter=1)
