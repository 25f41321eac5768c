"""Weights go all the way: whole numbers are repeated points, 0 is absent, in every number and every draw."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, cases, parameters

from emlib import CoinMixture, GaussianMixture, datasets, fit
from emlib.models._seeds import _one_of, kmeans_plus_plus

seeds = st.integers(0, 2**32 - 1)


def counts(n, seed, lowest=0):
    """How often each of n points counts: 0 to 3, some of them more than 0."""
    times = np.random.default_rng(seed).integers(lowest, 4, size=n)
    times[:2] = 1
    return times


@given(cases(), seeds)
def test_log_likelihood_and_criteria_of_weights_are_those_of_repeated_points(case, seed):
    model, x, q, _ = case
    times = counts(len(x), seed)
    long, size = x.repeat(times, axis=0), np.abs(model.log_liks(x)) @ times
    assert model.log_lik(x, times) == pytest.approx(model.log_lik(long), rel=0, abs=1e-13 * size)
    for name in ("bic", "aic"):
        weighted, repeated = getattr(model, name)(x, sample_weight=times), getattr(model, name)(long)
        assert weighted == pytest.approx(repeated, rel=0, abs=1e-12 * (1 + size)), name
    apart = model.n_parameters * (math.log(times.sum()) - 2)
    assert model.bic(x, times) - model.aic(x, times) == pytest.approx(apart, abs=1e-12 * (1 + size))
    ones = np.ones(len(x))
    assert all(getattr(model, name)(x, ones) == getattr(model, name)(x) for name in ("log_lik", "bic", "aic"))
    if isinstance(model, CoinMixture):
        repeated = model.soft_counts(long, q.repeat(times, axis=0))
        assert model.soft_counts(x, q, times) == pytest.approx(repeated, rel=1e-12)


@given(cases())
def test_log_liks_are_the_terms_of_log_lik(case):
    model, x, _, _ = case
    each = model.log_liks(x)
    assert each.shape == (len(x),)
    assert each == pytest.approx([model.log_lik(x[n:n + 1]) for n in range(len(x))], rel=1e-12, abs=1e-12)
    assert float(np.sum(each)) == model.log_lik(x)


def test_an_impossible_point_has_the_score_minus_infinity_and_no_likelihood():
    model = CoinMixture([0.5, 0.5], [0.0, 0.0])
    assert model.log_liks([[0, 3], [1, 2]]).tolist() == [0.0, -np.inf]
    with pytest.raises(ValueError, match="log_joint is −inf in all of row 1"):
        model.log_lik([[0, 3], [1, 2]])


@given(cases(), st.integers(1, 5), seeds)
def test_a_start_with_weights_is_the_start_on_repeated_points(case, k, seed):
    model, x, _, _ = case
    times = counts(len(x), seed)
    long = x.repeat(times, axis=0)
    options = {} if isinstance(model, CoinMixture) else {"covariance_type": model.covariance_type}

    def outcome(call):
        try:
            return call()
        except ValueError as error:                                  # too few points, or too few that differ
            return str(error)

    def start(x, w=None):
        return lambda: model.start(x, k, seed, **options, sample_weight=w)

    for ways in ((start(x, times), start(long)), (start(x, np.ones(len(x))), start(x)),
                 (lambda: model.restart(x, seed, times), lambda: model.restart(long, seed))):
        weighted, repeated = map(outcome, ways)
        if isinstance(weighted, str):
            assert weighted.split()[:2] == repeated.split()[:2]
            continue
        means = "probs" if isinstance(model, CoinMixture) else "means"
        assert np.array_equal(getattr(weighted, means), getattr(repeated, means))
        assert parameters(weighted) == pytest.approx(parameters(repeated), rel=1e-9)


def test_points_of_weight_zero_are_never_a_start():
    x = np.random.default_rng(0).normal(size=(60, 2))
    w = np.where(np.arange(60) % 3 == 0, 0, np.random.default_rng(1).random(60))
    tosses = np.column_stack([np.arange(60), 60 - np.arange(60)])
    for seed in range(40):
        means = GaussianMixture.start(x, 4, seed, sample_weight=w).means
        assert not (means[:, None] == x[None, ::3]).all(axis=2).any()
        share = CoinMixture.start(tosses, 4, seed, sample_weight=w).probs * 62 - 1
        assert not (np.round(share) % 3 == 0).any()
    wild = np.vstack([x, [[1e100, 1e100]]])
    a, b = GaussianMixture.start(wild, 3, 0, sample_weight=[*w, 0]), GaussianMixture.start(x, 3, 0, sample_weight=w)
    assert np.array_equal(parameters(a), parameters(b))
    with pytest.raises(ValueError, match="x has N = 1 points for K = 2"):
        GaussianMixture.start(x, 2, 0, sample_weight=np.eye(60)[0])


@pytest.mark.parametrize("weights", [[1.0, 3, 0, 4], [0.25, 0.75, 0, 1.0]])
def test_the_first_seed_is_drawn_with_the_weights(weights):
    rng = np.random.default_rng(0)
    found = np.bincount([_one_of(np.array(weights), rng) for _ in range(4000)], minlength=4) / 4000
    assert found == pytest.approx(np.array(weights) / sum(weights), abs=5 * math.sqrt(0.25 / 4000))
    assert found[2] == 0


def test_later_seeds_are_drawn_with_the_weights():
    """Three places on a line; from the middle one the others are as far, and one of them counts nine times."""
    x, w = np.array([[-1.0], [0.0], [1.0]]), np.array([1.0, 1e6, 9.0])
    rng = np.random.default_rng(0)
    second = [kmeans_plus_plus(x, 2, rng, w)[0] for _ in range(2000)]
    right = np.mean([s[1] == 2 for s in second if s[0] == 1])
    assert right == pytest.approx(0.9, abs=5 * math.sqrt(0.09 / 2000))


@pytest.mark.parametrize("kind", KINDS)
def test_a_histogram_is_fitted_compared_and_chosen_as_its_points_are(kind):
    raw = np.round(datasets.old_faithful()[:, 1:])
    x, times = np.unique(raw, axis=0, return_counts=True)
    start = GaussianMixture.start(x, 2, 0, kind, sample_weight=times)
    repeated = GaussianMixture.start(np.sort(raw, axis=0), 2, 0, kind)
    assert parameters(start) == pytest.approx(parameters(repeated), rel=1e-9)
    for keep in ("all", "last"):
        weighted, repeated = fit(start, x, sample_weight=times, keep=keep), fit(start, raw, keep=keep)
        assert weighted.model.bic(x, times) == pytest.approx(repeated.model.bic(raw), rel=1e-9)
        assert weighted.model.log_lik(x, times) == pytest.approx(weighted.log_liks[-1], rel=1e-12)
