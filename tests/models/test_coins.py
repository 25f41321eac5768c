"""Mixtures of coins: densities and M-step against definitions, symmetries, sampling."""

import dataclasses
import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import coin_cases, expected_log_joint, naive_log_joint

from emlib import CoinMixture, Collapse, GaussianMixture, bound, datasets, fit


@given(coin_cases())
def test_density_is_binomial(case):
    model, x, _, _ = case
    assert np.allclose(model.log_joint(x), naive_log_joint(model, x), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("tosses", [1, 7, 30])
def test_density_sums_to_one_over_all_outcomes(tosses):
    heads = np.arange(tosses + 1)
    model = CoinMixture([0.2, 0.5, 0.3], [0.0, 0.35, 1.0])
    assert np.exp(model.log_joint(np.column_stack([heads, tosses - heads]))).sum() == pytest.approx(1, rel=1e-12)


def exact(heads, tosses, prob):
    """log C(tosses, heads) ρ^heads (1 − ρ)^tails in sixty digits, for ρ strictly inside (0, 1)."""
    h, t, p = mpmath.mpf(heads), mpmath.mpf(tosses - heads), mpmath.mpf(float(prob))
    return (mpmath.loggamma(h + t + 1) - mpmath.loggamma(h + 1) - mpmath.loggamma(t + 1) + h * mpmath.log(p)
            + t * mpmath.log1p(-p))


@pytest.mark.parametrize("tosses", [1, 5, 15, 16, 17, 100, 10**3, 10**5, 10**7, 10**9, 10**11, 10**13, 2**53])
def test_density_keeps_its_digits_however_many_tosses(tosses):
    """Off by a few 1e-16 of what adds up to it: |heads − n ρ|, |log p|, and at most 21 for the rest of log C."""
    rng = np.random.default_rng(tosses % 1009)
    probs = [0.5, 1 / 3, 1e-3, 1e-10, 1 - 1e-12, 1e-199, 1e-201, 1e-300, 5e-324, *rng.uniform(0.01, 0.99, 5)]
    with mpmath.workdps(60):
        for prob in probs:
            near = tosses * prob + math.sqrt(tosses * prob * (1 - prob)) * rng.normal(0, 3, 6)
            heads = sorted({0, tosses, tosses // 2, 1, *(int(h) for h in np.clip(near, 0, tosses))})
            found = CoinMixture([1.0], [prob]).log_joint([[h, tosses - h] for h in heads])[:, 0]
            for h, log_p in zip(heads, found, strict=True):
                right = exact(h, tosses, prob)
                apart = abs(h - tosses * mpmath.mpf(float(prob)))
                assert abs(mpmath.mpf(float(log_p)) - right) <= 5e-16 * (apart + abs(right) + 21), (prob, h)


@pytest.mark.parametrize("tosses", [1e5, 1e7, 1e9, 1e11, 1e13])
def test_many_tosses_climb_to_rounding_of_what_is_left(tosses):
    """No log-likelihood on the way falls by more than 1e-16 of the distances from what was expected, |heads − n ρ|."""
    rng = np.random.default_rng(2)
    p, off = np.array([0.5, 0.5 + 3 / np.sqrt(tosses)]), np.array([-1, 1]) / np.sqrt(tosses)
    heads = np.round(rng.normal(tosses * p[rng.integers(2, size=200)], np.sqrt(tosses) / 2))
    x = np.column_stack([heads, tosses - heads])
    for keep in ("all", "last"):
        trace = fit(CoinMixture([0.5, 0.5], p + off), x, tol=None, max_iter=150, keep=keep, warn=False)
        apart = np.abs(heads[:, None] - tosses * trace.model.probs).sum()
        assert trace.stop == "max_iter"
        assert np.diff(trace.log_liks).min() >= -1e-16 * (apart + 200 * 40)


def test_a_probability_of_minus_zero_is_zero():
    model = CoinMixture([0.5, 0.5], [-0.0, 1.0])
    assert model.log_joint([[0, 3], [2, 0], [1, 1], [0, 0]]).tolist() == [
        [math.log(0.5), -np.inf], [-np.inf, math.log(0.5)], [-np.inf, -np.inf], [math.log(0.5)] * 2]
    assert not np.signbit(model.probs).any()


@given(coin_cases())
def test_m_step_is_heads_over_tosses_counted_softly(case):
    model, x, q, _ = case
    after = model.m_step(x, q)
    table = model.soft_counts(x, q)
    for k in range(len(model.weights)):
        heads, tails = (math.fsum(q[n, k] * x[n, side] for n in range(len(x))) for side in (0, 1))
        assert table[k] == pytest.approx([heads, tails], rel=1e-12, abs=1e-300)
        assert after.probs[k] == pytest.approx(heads / (heads + tails), rel=1e-12)
        share = math.fsum(q[:, k]) / len(x) if model.learn_weights else model.weights[k]
        assert after.weights[k] == pytest.approx(share, rel=1e-12)
    assert after.learn_weights == model.learn_weights


@given(coin_cases())
def test_m_step_cannot_be_improved_and_raises_the_elbo(case):
    """W14 and W23, for any q."""
    model, x, q, rng = case
    best = model.m_step(x, q)
    before, after = bound(model.log_joint(x), q), bound(best.log_joint(x), q)
    assert after.elbo >= before.elbo - 1e-12 * max(1, abs(before.elbo))
    top, k = expected_log_joint(best, x, q), len(model.weights)
    for step in (1e-3, 0.1, 1.0):
        weights = best.weights * np.exp(step * rng.standard_normal(k)) if model.learn_weights else best.weights
        probs = np.clip(best.probs + step * rng.standard_normal(k), 0, 1)
        rival = CoinMixture(weights / weights.sum(), probs, model.learn_weights)
        assert expected_log_joint(rival, x, q) <= top + 1e-12 * max(1, abs(top))


@given(coin_cases(), st.integers(0, 2**32 - 1))
def test_symmetries(case, seed):
    model, x, q, _ = case
    rng = np.random.default_rng(seed)
    rows, labels, times = rng.permutation(len(x)), rng.permutation(len(model.weights)), rng.integers(1, 4, len(x))
    after = model.m_step(x, q)
    close = {"rtol": 1e-12, "atol": 1e-14}
    assert np.allclose(model.m_step(x[rows], q[rows]).probs, after.probs, **close)
    renamed = CoinMixture(model.weights[labels], model.probs[labels], model.learn_weights)
    assert np.allclose(renamed.m_step(x, q[:, labels]).probs, after.probs[labels], **close)
    # heads and tails exchanged: ρ becomes 1 − ρ, and no set is more or less probable
    mirrored = CoinMixture(model.weights, 1 - model.probs, model.learn_weights)
    assert np.allclose(mirrored.log_joint(x[:, ::-1]), model.log_joint(x), rtol=1e-9, atol=1e-9)
    assert np.allclose(mirrored.m_step(x[:, ::-1], q).probs, 1 - after.probs, rtol=1e-9, atol=1e-12)
    # integer weights are repeated rows, zero weights absent ones
    weighted, repeated = model.m_step(x, q, times), model.m_step(x.repeat(times, axis=0), q.repeat(times, axis=0))
    assert np.allclose(weighted.probs, repeated.probs, **close)
    assert np.allclose(weighted.weights, repeated.weights, **close)
    some = np.r_[np.ones(len(x)), 0]
    more = model.m_step(np.vstack([x, [1000, 0]]), np.vstack([q, np.eye(len(labels))[0]]), some)
    assert np.allclose(more.probs, after.probs, **close) and np.allclose(more.weights, after.weights, **close)


def test_a_coin_that_never_lands_heads():
    model = CoinMixture([0.5, 0.5], [0.0, 0.5])
    log_joint = model.log_joint([[0, 3], [1, 2]])
    assert log_joint[0, 0] == pytest.approx(math.log(0.5))
    assert log_joint[1, 0] == -np.inf
    b = bound(log_joint, [[1, 0], [0.5, 0.5]])
    assert b.kl == np.inf and b.elbo == -np.inf
    trace = fit(model, [[0, 3], [1, 2], [0, 4]])
    assert trace.stop == "converged" and np.isfinite(trace.log_liks).all()


def test_a_coin_seen_once_in_a_blue_moon_to_land_tails_is_not_called_impossible():
    """1 − 1e-20 rounds to 1; the ELBO of q, which gives that coin a set with tails, must not become −∞ by it."""
    x, start = np.array([[9, 0], [3, 3]]), CoinMixture([0.5, 0.5], [0.9, 0.5])
    for q in ([[1, 0], [1e-20, 1]], [[0, 1], [1, 1e-20]], [[0.5, 0.5], [1e-300, 1]]):
        for sides in (x, x[:, ::-1]):
            before, after = (bound(m.log_joint(sides), q) for m in (start, start.m_step(sides, q)))
            assert after.elbo >= before.elbo and np.isfinite(after.kl)
    assert start.m_step(x, [[1, 0], [0, 1]]).probs.tolist() == [1, 0.5]     # never seen is 0, exactly


def test_held_weights_stay_and_learned_weights_move():
    x = datasets.two_coins()
    start = [0.5, 0.5], [0.6, 0.5]
    assert fit(CoinMixture(*start, learn_weights=False), x).model.weights.tolist() == [0.5, 0.5]
    learned = fit(CoinMixture(*start), x).model
    assert learned.weights[0] > 0.51
    assert CoinMixture(*start).n_parameters == 3
    assert CoinMixture(*start, learn_weights=False).n_parameters == 2


def test_one_coin_is_heads_over_tosses_at_once():
    model = CoinMixture([1.0], [0.9]).m_step(datasets.two_coins(), np.ones((5, 1)))
    assert model.probs.item() == pytest.approx(33 / 50, rel=1e-15)


def test_a_model_leaves_the_arrays_that_it_was_made_from_alone():
    weights, probs = np.array([0.5, 0.5]), np.array([0.6, 0.5])
    model = CoinMixture(weights, probs)
    weights[0] = probs[0] = 0.1
    assert model.weights.tolist() == [0.5, 0.5] and model.probs.tolist() == [0.6, 0.5]


def test_a_coin_without_tosses_is_called_by_its_name():
    x = datasets.two_coins()
    with pytest.raises(Collapse, match="component 1 is empty"):
        CoinMixture([0.5, 0.5], [0.6, 0.5]).m_step(x, np.tile([1.0, 0.0], (5, 1)))


def test_many_tosses_do_not_underflow():
    model = CoinMixture([0.5, 0.5], [0.2, 0.8])
    posterior = model.posterior([[100_000, 900_000], [500_000, 500_000]])
    assert posterior == pytest.approx(np.array([[1, 0], [0.5, 0.5]]), abs=1e-9)


def test_samples_have_the_moments_of_the_model_and_repeat_with_their_seed():
    model = CoinMixture([0.25, 0.75], [0.2, 0.9])
    x, z = model.sample(40_000, rng=1, tosses=8)
    assert x.shape == (40_000, 2) and np.all(x.sum(axis=1) == 8)
    for k in range(2):
        heads, n = x[z == k, 0], np.sum(z == k)
        p = model.probs[k]
        assert abs(n / 40_000 - model.weights[k]) <= 5 * math.sqrt(0.25 / 40_000)
        assert abs(heads.mean() - 8 * p) <= 5 * math.sqrt(8 * p * (1 - p) / n)
        assert heads.var() == pytest.approx(8 * p * (1 - p), rel=0.1)
    again, other = model.sample(9, np.random.default_rng(4)), model.sample(9, rng=4)
    assert np.array_equal(again[0], other[0]) and np.array_equal(again[1], other[1])
    assert not np.array_equal(model.sample(9, rng=5)[0], other[0])


# Sufficient statistics -------------------------------------------------------------------------------------------


@given(coin_cases(), st.lists(st.integers(0, 30), max_size=4), st.sampled_from([0.25, 3, np.float64(1e4)]))
def test_statistics_add_up_and_scale(case, cuts, number):
    model, x, q, _ = case
    whole = model.m_step(x, q)
    cuts = [0, *sorted({min(c, len(x)) for c in cuts} - {0, len(x)}), len(x)]
    total = sum(model.statistics(x[a:b], q[a:b]) for a, b in itertools.pairwise(cuts))
    assert total.n == len(x)
    for S in (total, total * number, number * total):
        found = model.from_statistics(S)
        assert np.allclose(found.probs, whole.probs, rtol=1e-12)
        assert np.allclose(found.weights, whole.weights, rtol=1e-12)
    rows, weights = np.concatenate([x, x]), np.repeat([float(number), 1.0], len(x))
    both = model.from_statistics(number * total + model.statistics(x, q[::-1]))
    expected = model.m_step(rows, np.concatenate([q, q[::-1]]), weights)
    assert np.allclose(both.probs, expected.probs, rtol=1e-12)
    assert np.allclose(both.weights, expected.weights, rtol=1e-12)


def test_statistics_of_coins_refuse_others():
    x, model = datasets.two_coins(), CoinMixture([0.5, 0.5], [0.6, 0.5])
    S = model.statistics(x, np.full((5, 2), 0.5))
    with pytest.raises(TypeError):
        S + 1
    with pytest.raises(TypeError):
        S + GaussianMixture([1.0], [[0.0]], [1.0]).statistics([[1.0], [2.0]], np.ones((2, 1)))
    with pytest.raises(ValueError, match="have sets of shapes"):
        S + CoinMixture([1.0], [0.5]).statistics(x, np.ones((5, 1)))
    with pytest.raises(ValueError, match="statistics are multiplied by -1"):
        S * -1


def test_a_subclass_stays_what_it_is():
    class Named(CoinMixture):
        pass

    x = datasets.two_coins()
    start = Named([0.5, 0.5], [0.6, 0.5], False)
    found = fit(start, x, max_iter=2, tol=None).model
    assert type(found) is Named and found.learn_weights is False
    assert type(start.restart(x, np.random.default_rng(0))) is Named


def test_the_least_that_a_coin_must_have_been_tossed():
    """5 sets: less than 5 times the smallest normal double is nothing."""
    x, model, least = datasets.two_coins(), CoinMixture([0.5, 0.5], [0.6, 0.5]), 5 * np.finfo(float).tiny
    S = model.statistics(x, np.full((5, 2), 0.5))
    some = dataclasses.replace(S, heads=np.array([1.0, 1.01 * least]), tails=np.array([1.0, 0.0]))
    assert model.from_statistics(some).probs.tolist() == [0.5, 1.0]
    with pytest.raises(Collapse, match="component 1 is empty"):
        model.from_statistics(dataclasses.replace(some, heads=np.array([1.0, 0.99 * least])))


def test_a_start_has_one_more_head_and_tail_than_the_sets_it_was_made_from():
    x = np.array([[0, 3], [5, 0], [2, 2]])
    for seed in range(6):
        found = CoinMixture.start(x, 3, rng=seed)
        assert sorted(found.probs) == pytest.approx([1 / 5, 3 / 6, 6 / 7], rel=1e-15)
