"""Gaussian mixtures: densities and M-step against definitions, the symmetries of the model, sampling and starting."""

import functools
import itertools
import math
import operator
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    KINDS,
    as_matrix,
    expected_log_joint,
    gaussian_cases,
    half_steps,
    naive_log_joint,
    parameters,
    random_covariances,
    random_gaussian,
    random_q,
)

from emlib import CoinMixture, Collapse, GaussianMixture, bound, datasets, fit

seeds = st.integers(0, 2**32 - 1)


def assert_same(a, b, tolerance=1e-10):
    """The same model to rounding, each parameter relative to the largest of its kind."""
    for name in ("weights", "means", "covariances"):
        p, q = getattr(a, name), getattr(b, name)
        assert p.shape == q.shape
        assert np.max(np.abs(p - q)) <= tolerance * np.max(np.abs(q)), name


def replace(model, *, weights=None, means=None, covariances=None):
    """The model with some parameters changed."""
    return GaussianMixture(model.weights if weights is None else weights, model.means if means is None else means,
                           model.covariances if covariances is None else covariances, model.covariance_type,
                           model.floor)


# Densities -------------------------------------------------------------------------------------------------------


@given(gaussian_cases())
def test_density_is_a_product_of_normals_along_the_axes_of_the_ellipsoid(case):
    model, x, _, _ = case
    expected = naive_log_joint(model, x)
    assert model.log_joint(x).shape == (len(x), len(model.weights))
    assert np.allclose(model.log_joint(x), expected, rtol=1e-10, atol=1e-10)
    assert math.isclose(model.log_lik(x), math.fsum(np.log(np.exp(expected - expected.max(axis=1, keepdims=True)).sum(
        axis=1)) + expected.max(axis=1)), rel_tol=1e-10, abs_tol=1e-9)
    posterior = model.posterior(x)
    assert np.allclose(posterior.sum(axis=1), 1, rtol=0, atol=1e-14)
    odds = np.exp(expected - expected.max(axis=1, keepdims=True))
    assert np.allclose(posterior, odds / odds.sum(axis=1, keepdims=True), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_density_integrates_to_one(kind):
    model = random_gaussian(np.random.default_rng(3), kind, 3, 2)
    side = np.linspace(-25, 25, 501)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    density = np.exp(np.logaddexp.reduce(model.log_joint(grid), axis=1))
    assert density.sum() * (side[1] - side[0]) ** 2 == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_full_covariances_are_what_the_type_means(kind):
    model = random_gaussian(np.random.default_rng(1), kind, 3, 2)
    assert model.full_covariances.shape == (3, 2, 2)
    for k in range(3):
        assert np.array_equal(model.full_covariances[k], as_matrix(model, k))


# The M-step ------------------------------------------------------------------------------------------------------


def naive_m_step(model, x, q):
    """Weighted maximum likelihood from its definition, one point at a time."""
    k_all, d = model.means.shape
    counts = [math.fsum(q[:, k]) for k in range(k_all)]
    means = [np.array([math.fsum(q[:, k] * x[:, j]) for j in range(d)]) / counts[k] for k in range(k_all)]
    full = [sum(q[n, k] * np.outer(x[n] - means[k], x[n] - means[k]) for n in range(len(x))) / counts[k]
            for k in range(k_all)]
    cov = {"full": lambda: full, "tied": lambda: sum(c * f for c, f in zip(counts, full, strict=True)) / len(x),
           "diag": lambda: [np.diag(f) for f in full], "spherical": lambda: [np.trace(f) / d for f in full]}
    return np.array(counts) / len(x), np.array(means), np.array(cov[model.covariance_type]())


@given(gaussian_cases())
def test_m_step_is_weighted_maximum_likelihood_for_any_q(case):
    model, x, q, _ = case
    after = model.m_step(x, q)
    assert after.covariance_type == model.covariance_type
    weights, means, covariances = naive_m_step(model, x, q)
    spread = np.abs(x - x.mean(axis=0)).max()
    assert np.allclose(after.weights, weights, rtol=1e-12, atol=1e-15)
    assert np.allclose(after.means, means, rtol=0, atol=1e-11 * np.abs(x).max())
    assert np.allclose(after.covariances, covariances, rtol=0, atol=1e-11 * spread**2)


def test_means_and_variances_keep_their_digits_far_from_the_origin():
    """The rounding of a mean at 2⁴⁰ is a hundredth of the spread here; it is taken off the mean and the moments."""
    rng = np.random.default_rng(0)
    steps = rng.integers(-80, 81, size=(501, 2))                      # in units of 2⁻¹¹; x is exact
    x, q = 2.0**40 + steps * 2.0**-11, np.ones((501, 1))
    exact_mean = np.array([Fraction(int(s), 501) for s in steps.sum(axis=0)], dtype=float)
    exact = np.cov(steps.T, bias=True)
    for start, cov in ((np.eye(2)[None], exact), (np.ones((1, 2)), np.diag(exact)), (np.ones(1), np.trace(exact) / 2)):
        after = GaussianMixture([1.0], x[:1], start).m_step(x, q)
        assert np.abs((after.means[0] - 2.0**40) * 2**11 - exact_mean).max() <= 0.26    # half a digit there
        assert np.allclose(after.covariances[0] * 2**22, cov, rtol=1e-9)


def moved(model, rng, size):
    """Two models on opposite sides of this one, in a random direction of all its parameters at once."""
    k, d = model.means.shape
    sd = np.sqrt(np.mean([np.trace(c) for c in model.full_covariances]) / d)
    tilt, shift = rng.standard_normal(k), rng.standard_normal((k, d)) * sd
    stretch = rng.standard_normal(model.covariances.shape)
    sides = []
    for step in (size, -size):
        weights = model.weights * np.exp(step * tilt)
        if model.covariance_type in ("full", "tied"):
            root = np.eye(d) + step * stretch / d
            cov = root @ model.covariances @ np.swapaxes(root, -1, -2)
            cov = (cov + np.swapaxes(cov, -1, -2)) / 2
        else:
            cov = model.covariances * np.exp(step * stretch)
        sides.append(replace(model, weights=weights / weights.sum(), means=model.means + step * shift,
                             covariances=cov))
    return sides


@given(gaussian_cases())
def test_m_step_cannot_be_improved_in_any_direction_and_its_gradient_is_zero(case):
    """W14: θ maximises E_q[log p(x, z|θ)] for any q, not only for a posterior."""
    model, x, q, rng = case
    best = model.m_step(x, q)
    top = expected_log_joint(best, x, q)
    size = max(1.0, float(np.sum(np.abs(best.log_joint(x)) * q)))
    for step in (1e-4, 1e-2, 0.3):
        up, down = (expected_log_joint(m, x, q) for m in moved(best, rng, step))
        assert max(up, down) <= top + 1e-11 * size
        if step == 1e-4:
            curvature = abs(up + down - 2 * top) / step**2
            assert abs(up - down) / (2 * step) <= 1e-3 * (curvature + len(x)) + 1e-7 * size


@given(gaussian_cases())
def test_m_step_raises_the_elbo_for_any_q(case):
    """W23: with q fixed, L(q, ·) does not fall; the entropy of q does not move."""
    model, x, q, _ = case
    before, after = bound(model.log_joint(x), q), bound(model.m_step(x, q).log_joint(x), q)
    assert after.elbo >= before.elbo - 1e-12 * max(1, abs(before.elbo))
    assert after.entropy == before.entropy


@given(gaussian_cases())
def test_types_agree_where_they_must(case):
    """Full, diagonal, spherical and tied are one scatter, restricted or averaged."""
    model, x, q, _ = case
    k, d = model.means.shape
    fits = {kind: GaussianMixture(model.weights, model.means, random_covariances(np.random.default_rng(0), kind, k, d),
                                  kind).m_step(x, q) for kind in KINDS}
    full = fits["full"].covariances
    close = {"rtol": 1e-9, "atol": 1e-12 * np.abs(full).max()}
    assert np.allclose(fits["diag"].covariances, np.diagonal(full, axis1=1, axis2=2), **close)
    assert np.allclose(fits["spherical"].covariances, np.trace(full, axis1=1, axis2=2) / d, **close)
    assert np.allclose(fits["tied"].covariances, np.einsum("k,kij->ij", fits["full"].weights, full), **close)


# Sufficient statistics -------------------------------------------------------------------------------------------


def assert_same_to_spreads(a, b, x, tolerance=1e-10):
    """The same model, means and covariances to a part of the data's own spreads."""
    spread = x.std(axis=0).max()
    assert np.allclose(a.weights, b.weights, rtol=tolerance, atol=0)
    assert np.abs(a.means - b.means).max() <= tolerance * spread
    assert np.abs(a.covariances - b.covariances).max() <= tolerance * spread**2


@given(gaussian_cases(), st.lists(st.integers(0, 60), max_size=5), seeds)
def test_statistics_of_any_blocks_of_rows_add_up_to_those_of_the_whole(case, cuts, seed):
    model, x, q, _ = case
    rng = np.random.default_rng(seed)
    w = rng.integers(0, 3, len(x)).astype(float)
    w[:len(model.weights) + 1] = 1
    cuts = [0, *sorted({min(c, len(x)) for c in cuts} - {0, len(x)}), len(x)]
    rows = [slice(a, b) for a, b in itertools.pairwise(cuts) if w[a:b].any()]
    for weights in (None, w):
        whole = outcome(lambda weights=weights: model.m_step(x, q, weights))
        parts = [model.statistics(x[r], q[r], None if weights is None else weights[r]) for r in rows]
        if weights is None:
            parts = [model.statistics(x[a:b], q[a:b]) for a, b in itertools.pairwise(cuts)]
        rng.shuffle(parts)
        for total in (sum(parts), functools.reduce(operator.add, reversed(parts))):
            assert total.n == (len(x) if weights is None else np.count_nonzero(w))
            counted = x if weights is None else x[w > 0]
            assert np.array_equal(total.magnitude, np.abs(counted).max(axis=0))
            merged = outcome(lambda total=total: model.from_statistics(total))
            if isinstance(whole, str):
                assert isinstance(merged, str)
                continue
            assert type(merged) is GaussianMixture and merged.floor == model.floor
            assert_same_to_spreads(merged, whole, x)


def outcome(make):
    """What is made, or the name of the Collapse."""
    try:
        return make()
    except Collapse as collapse:
        return str(collapse)


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_add_up_wherever_the_blocks_lie(kind):
    """Two shards 1e8 spreads apart, each with all of one component and a hair of the other."""
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal((80, 2)) * 1024) / 1024
    x[40:] += 2.0**27
    q = np.repeat([[1 - 1e-9, 1e-9], [1e-9, 1 - 1e-9]], 40, axis=0)
    model = random_gaussian(rng, kind, 2, 2)
    whole, merged = model.m_step(x, q), model.from_statistics(model.statistics(x[:40], q[:40]) +
                                                              model.statistics(x[40:], q[40:]))
    assert merged.means == pytest.approx(whole.means, rel=1e-15, abs=1e-12)
    assert merged.covariances == pytest.approx(whole.covariances, rel=1e-11)


@given(gaussian_cases(), st.sampled_from([1e-3, 0.5, 3, np.float64(7.5), 1e6]))
def test_statistics_times_a_number_leave_the_parameters_alone(case, number):
    model, x, q, _ = case
    S = model.statistics(x, q)
    for scaled in (S * number, number * S):
        assert np.allclose(scaled.counts, number * S.counts)
        assert_same_to_spreads(model.from_statistics(scaled), model.from_statistics(S), x, 1e-14)
    # and as weights: c times these rows, once those
    both = model.from_statistics(number * S + model.statistics(x + 1, q))
    rows, weights = np.concatenate([x, x + 1]), np.repeat([float(number), 1.0], len(x))
    assert_same_to_spreads(both, model.m_step(rows, np.concatenate([q, q]), weights), rows, 1e-9)


def test_nothing_is_added_by_a_block_that_counts_nothing():
    x, q = datasets.old_faithful(), np.tile([0.0, 1.0], (272, 1))
    model = GaussianMixture.start(x, 2, rng=0)
    q[100:] = [0.5, 0.5]
    empty = model.statistics(x[:100], q[:100])                      # component 0 has no point in it
    assert np.array_equal(empty.means[0], [0, 0]) and not empty.moments[0].any()
    rest = model.statistics(x[100:], q[100:])
    for total in (empty + rest, rest + empty):
        assert_same_to_spreads(model.from_statistics(total), model.m_step(x, q), x, 1e-13)
    with pytest.raises(Collapse, match="component 0 is empty"):
        model.from_statistics(empty)
    gone = rest * 0 + rest
    assert_same_to_spreads(model.from_statistics(gone), model.from_statistics(rest), x, 1e-14)


def test_what_statistics_refuse():
    x = datasets.old_faithful()
    full, diag = (GaussianMixture.start(x, 2, rng=0, covariance_type=kind) for kind in ("full", "diag"))
    q = np.full((272, 2), 0.5)
    S = full.statistics(x, q)
    with pytest.raises(ValueError, match=r"have moments of shapes \(2, 2, 2\) and \(2, 2\); take"):
        S + diag.statistics(x, q)
    for number in (-1, np.nan, np.inf):
        with pytest.raises(ValueError, match="statistics are multiplied by"):
            S * number
    for other in (1, "x", object()):
        with pytest.raises(TypeError):
            S + other
    with pytest.raises(TypeError):
        S * "2"


def test_statistics_of_another_model_are_refused():
    """K, D or kind of covariance of others would otherwise become this model's."""
    x, rng = np.random.default_rng(1).normal(size=(30, 2)), np.random.default_rng(2)
    made = {(kind, k): random_gaussian(rng, kind, k, 2) for kind in KINDS for k in (2, 3)}
    for mine, model in made.items():
        for theirs, other in made.items():
            S = other.statistics(x, np.full((30, theirs[1]), 1 / theirs[1]))
            matrices = [kind in ("full", "tied") for kind, _ in (mine, theirs)]
            if mine[1] == theirs[1] and matrices[0] == matrices[1]:
                assert model.from_statistics(S).covariance_type == mine[0]
                continue
            with pytest.raises(ValueError, match=r"S has (counts|moments) of shape .*; take statistics"):
                model.from_statistics(S)
    narrow = random_gaussian(rng, "diag", 2, 1)
    with pytest.raises(ValueError, match=r"S has means of shape \(2, 1\), and this model \(2, 2\)"):
        made["diag", 2].from_statistics(narrow.statistics(x[:, :1], np.full((30, 2), 0.5)))
    coins = CoinMixture([0.5, 0.5], [0.4, 0.7])
    tosses = coins.statistics([[3, 4], [5, 6]], np.full((2, 2), 0.5))
    for model, others in ((coins, S), (made["full", 2], tosses), (coins, None)):
        with pytest.raises(ValueError, match=r"S is a (GaussianStatistics|CoinStatistics|NoneType); expected"):
            model.from_statistics(others)
    with pytest.raises(ValueError, match=r"S has sets of shape \(2,\), and this model \(1,\)"):
        CoinMixture([1.0], [0.5]).from_statistics(tosses)


@pytest.mark.parametrize("kind", KINDS)
def test_em_by_statistics_alone_is_em(kind):
    """A loop over shards, as in a cluster: each knows its rows and the model, and hands in statistics."""
    x = datasets.old_faithful()
    model = start = GaussianMixture.start(x, 2, rng=0, covariance_type=kind)
    for _ in range(5):
        model = model.from_statistics(sum(model.statistics(part, model.posterior(part))
                                          for part in np.array_split(x, 7)))
    expected = fit(start, x, max_iter=5, tol=None).model
    assert_same(model, expected)


# Symmetries ------------------------------------------------------------------------------------------------------


@given(gaussian_cases(), seeds)
def test_integer_sample_weights_are_repeated_rows_and_zero_weights_absent_ones(case, seed):
    model, x, q, _ = case
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 4, size=len(x))
    weighted = model.m_step(x, q, sample_weight=times)
    assert_same(weighted, model.m_step(x.repeat(times, axis=0), q.repeat(times, axis=0)))
    assert_same(model.m_step(x, q, sample_weight=times * 0.125), weighted)          # only their ratios matter
    k, d = model.means.shape
    # rows that are there and do not count: wild points, any q
    wild = np.concatenate([x, 1e3 * np.abs(x).max() * rng.standard_normal((5, d))])
    more_q = np.concatenate([q, random_q(rng, 5, k, "random")])
    absent = model.m_step(wild, more_q, sample_weight=np.r_[np.ones(len(x)), np.zeros(5)])
    assert_same(absent, model.m_step(x, q), 1e-8)


@given(gaussian_cases(), seeds)
def test_order_of_rows_and_of_labels_does_not_matter(case, seed):
    model, x, q, _ = case
    rng = np.random.default_rng(seed)
    rows, labels = rng.permutation(len(x)), rng.permutation(len(model.weights))
    assert_same(model.m_step(x[rows], q[rows]), model.m_step(x, q))
    covariances = model.covariances if model.covariance_type == "tied" else model.covariances[labels]
    renamed = replace(model, weights=model.weights[labels], means=model.means[labels], covariances=covariances)
    assert np.allclose(renamed.log_joint(x), model.log_joint(x)[:, labels], rtol=1e-12, atol=1e-12)
    after, expected = renamed.m_step(x, q[:, labels]), model.m_step(x, q)
    assert np.allclose(after.means, expected.means[labels], rtol=1e-10, atol=1e-12 * np.abs(x).max())
    assert math.isclose(renamed.log_lik(x), model.log_lik(x), rel_tol=1e-12, abs_tol=1e-9)


@given(gaussian_cases(scales=(1.0,)), st.integers(-1000, 1000))
def test_moving_the_data_moves_the_means_and_nothing_else(case, shift):
    model, x, q, _ = case
    x = np.round(x * 1024) / 1024                                   # so that adding an integer is exact
    means = np.round(model.means * 1024) / 1024
    model, there = replace(model, means=means), replace(model, means=means + shift)
    assert np.allclose(there.log_joint(x + shift), model.log_joint(x), rtol=1e-12, atol=1e-12)
    a, b = model.m_step(x, q), there.m_step(x + shift, q)
    assert np.allclose(b.means - shift, a.means, rtol=0, atol=1e-12 * (1 + abs(shift)))
    assert np.allclose(b.covariances, a.covariances, rtol=1e-11, atol=1e-12)


@given(gaussian_cases(), st.lists(st.integers(-60, 60), min_size=4, max_size=4))
def test_units_that_differ_by_powers_of_two_change_nothing_not_even_rounding(case, powers):
    """Scaling column j by s_j shifts log_lik by −N Σ log s_j; a power of two is exact in binary, up to the logs."""
    model, x, q, _ = case
    kind, d = model.covariance_type, x.shape[1]
    s = 2.0 ** np.array([powers[0]] * d if kind == "spherical" else powers[:d])
    scale = {"full": np.outer(s, s), "tied": np.outer(s, s), "diag": s**2, "spherical": s[0] ** 2}[kind]
    there = replace(model, means=model.means * s, covariances=model.covariances * scale)
    log_density, shifted = model.log_joint(x), there.log_joint(x * s) + np.log(s).sum()
    assert np.allclose(shifted, log_density, rtol=1e-10, atol=1e-10)
    a, b = model.m_step(x, q), there.m_step(x * s, q)
    assert np.allclose(b.means / s, a.means, rtol=1e-13, atol=1e-13 * np.abs(x).max())
    # entries of a covariance are relative to the variances they stand between
    assert np.allclose(b.covariances / scale, a.covariances, rtol=0, atol=1e-10 * np.abs(a.covariances).max())


@given(gaussian_cases(scales=(1.0,)))
def test_affine_maps_of_the_data_shift_the_log_likelihood_by_log_det(case):
    model, x, _, rng = case
    d = x.shape[1]
    full = GaussianMixture(model.weights, model.means, model.full_covariances, "full")
    a, b = rng.standard_normal((d, d)) + 2 * np.eye(d), rng.standard_normal(d)
    if np.linalg.cond(a) > 1e3:
        a = np.eye(d)
    cov = a @ full.covariances @ a.T
    there = GaussianMixture(full.weights, full.means @ a.T + b, (cov + np.swapaxes(cov, 1, 2)) / 2, "full")
    shift = -len(x) * np.linalg.slogdet(a)[1]
    assert math.isclose(there.log_lik(x @ a.T + b), full.log_lik(x) + shift, rel_tol=1e-8, abs_tol=1e-6)


@given(gaussian_cases(), seeds)
def test_em_with_weights_is_em_on_repeated_rows(case, seed):
    model, x, _, _ = case
    times = np.random.default_rng(seed).integers(1, 4, size=len(x))
    weighted = half_steps(model, x, 6, sample_weight=times)
    repeated = half_steps(model, x.repeat(times, axis=0), 6)
    assert len(weighted) == len(repeated)
    for a, b in zip(weighted, repeated, strict=True):
        value = np.linalg.eigvalsh(b.model.full_covariances)
        if (value[:, -1] > 1e10 * value[:, 0]).any():                   # a hair from collapse: rounding is all there is
            break
        for name in ("log_lik", "elbo", "kl"):
            size = max(1, abs(b.bound.log_lik), abs(b.bound.elbo))
            assert abs(getattr(a.bound, name) - getattr(b.bound, name)) <= 1e-7 * size


# Floor -----------------------------------------------------------------------------------------------------------


@given(gaussian_cases(scales=(1.0,)), st.sampled_from([1e-6, 0.05, 0.5, 5.0]))
def test_the_floor_is_the_exact_maximum_over_covariances_that_respect_it(case, floor):
    model, x, q, rng = case
    cov = model.covariances + floor * (np.eye(x.shape[1]) if model.covariance_type in ("full", "tied") else 1)
    model = GaussianMixture(model.weights, model.means, cov, model.covariance_type, floor)
    best = model.m_step(x, q)
    assert best.floor == floor
    assert np.linalg.eigvalsh(best.full_covariances).min() >= floor * (1 - 1e-9)
    top = expected_log_joint(best, x, q)
    for step in (1e-3, 0.1, 0.5):
        for rival in rivals_above(floor, best, rng, step):
            assert expected_log_joint(rival, x, q) <= top + 1e-10 * max(1, abs(top))
    # and so the ascent holds with a floor as without
    log_liks = [s.bound.log_lik for s in half_steps(model, x, 9)[0::2]]
    assert len(log_liks) == 5                                       # a floor cannot collapse
    assert np.all(np.diff(log_liks) >= -1e-12 * np.abs(log_liks[1:]) - 1e-11)


def rivals_above(floor, best, rng, step):
    """Rivals of a model that respect its floor too: moved at random, then every short axis lengthened to the floor."""
    free = GaussianMixture(best.weights, best.means, best.covariances, best.covariance_type)
    for rival in moved(free, rng, step):
        if rival.covariance_type in ("full", "tied"):
            value, axes = np.linalg.eigh(rival.covariances)
            cov = (axes * np.maximum(value, floor * (1 + 1e-9))[..., None, :]) @ np.swapaxes(axes, -1, -2)
            cov = (cov + np.swapaxes(cov, -1, -2)) / 2
        else:
            cov = np.maximum(rival.covariances, floor)
        yield replace(best, weights=rival.weights, means=rival.means, covariances=cov)


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_a_floor_far_below_the_largest_variance_holds_to_rounding(kind):
    """Eigenvalues are known to eps times the largest: the check of the floor must allow for that."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        line = 1e3 * rng.standard_normal((30, 1)) @ rng.standard_normal((1, 3))
        x = line + 1e-4 * rng.standard_normal((30, 3))
        wide = 1e4 * (np.eye(3)[None] if kind == "full" else np.eye(3))
        start = GaussianMixture([1.0], [[0.0] * 3], wide, kind, floor=1e-4)
        cov = start.m_step(x, np.ones((30, 1))).full_covariances
        assert np.array_equal(cov, np.swapaxes(cov, 1, 2))
        assert np.linalg.eigvalsh(cov).min() == pytest.approx(1e-4, abs=1e-15 * np.abs(cov).max() * 64)


@pytest.mark.parametrize("wrong", [1e-16, 1e-10])
def test_covariances_may_miss_symmetry_by_rounding(wrong):
    """As the inverse of a precision matrix does, where an entry off the diagonal is all but 0."""
    GaussianMixture([1.0], [[0.0, 0.0]], [[[1.0, 0.0], [wrong, 1.0]]])
    with pytest.raises(ValueError, match="covariances must be symmetric"):
        GaussianMixture([1.0], [[0.0, 0.0]], [[[1e-12, 0.0], [1e-16, 1e-12]]])


def test_a_floor_that_does_not_bind_changes_nothing():
    x = datasets.old_faithful()
    free = GaussianMixture.start(x, 2, rng=1)
    floored = GaussianMixture(free.weights, free.means, free.covariances, floor=1e-9)
    a, b = fit(free, x), fit(floored, x)
    assert a.n_iter == b.n_iter
    assert_same(b.model, a.model, 1e-12)


# Counting parameters ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "count"), [("full", 41), ("tied", 26), ("diag", 21), ("spherical", 13)])
def test_number_of_parameters(kind, count):
    assert random_gaussian(np.random.default_rng(0), kind, 2, 5).n_parameters == count


@given(gaussian_cases())
def test_information_criteria(case):
    model, x, _, _ = case
    log_lik, p = model.log_lik(x), model.n_parameters
    assert model.aic(x) == pytest.approx(2 * p - 2 * log_lik, rel=1e-14)
    assert model.bic(x) == pytest.approx(p * math.log(len(x)) - 2 * log_lik, rel=1e-14)


def test_all_types_are_one_model_when_k_and_d_are_1():
    x = np.random.default_rng(2).normal(3, 2, size=(50, 1))
    shapes = {"full": (1, 1, 1), "tied": (1, 1), "diag": (1, 1), "spherical": (1,)}
    bics = []
    for kind in KINDS:
        start = GaussianMixture([1.0], [[0.0]], np.ones(shapes[kind]), kind)
        model = fit(start, x).model
        assert model.means.item() == pytest.approx(x.mean(), rel=1e-12)
        assert model.covariances.item() == pytest.approx(x.var(), rel=1e-12)        # ML: divided by N
        bics.append(model.bic(x))
    assert np.ptp(bics) < 1e-9
    closed_form = -0.5 * len(x) * (math.log(2 * math.pi * x.var()) + 1)
    assert bics[0] == pytest.approx(2 * math.log(50) - 2 * closed_form, rel=1e-12)


# The model as an object ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_type_is_read_off_the_shape(kind):
    model = random_gaussian(np.random.default_rng(0), kind, 3, 2)
    assert GaussianMixture(model.weights, model.means, model.covariances).covariance_type == kind
    assert repr(model) == f"GaussianMixture(K=3, D=2, {kind})"


def test_where_k_is_d_the_shape_leaves_a_doubt_and_the_numbers_may_settle_it():
    means = np.zeros((2, 2))
    assert GaussianMixture([0.5, 0.5], means, [[2.0, 0.5], [0.5, 1.0]], "tied").covariance_type == "tied"
    assert GaussianMixture([0.5, 0.5], means, [[2.0, 0.5], [0.7, 1.0]]).covariance_type == "diag"   # not symmetric
    assert GaussianMixture([0.5, 0.5], means, [[2.0, -0.5], [-0.5, 1.0]]).covariance_type == "tied"  # no variance < 0
    with pytest.raises(ValueError, match="tied or diag"):
        GaussianMixture([0.5, 0.5], means, [[2.0, 0.5], [0.5, 1.0]])


def test_a_model_keeps_its_own_numbers_and_nobody_changes_them():
    weights, means, cov, x = np.array([0.5, 0.5]), np.zeros((2, 1)), np.ones(2), np.array([[0.3], [2.0]])
    model = GaussianMixture(weights, means, cov)
    before = model.log_joint(x)
    weights[:], means[:], cov[:] = [0.9, 0.1], 7, 9
    assert np.array_equal(model.log_joint(x), before)
    for array in (model.weights, model.means, model.covariances):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        model.means = means


@given(gaussian_cases())
def test_m_step_leaves_its_arguments_alone(case):
    model, x, q, _ = case
    kept = parameters(model).copy(), x.copy(), q.copy()
    model.m_step(x, q, sample_weight=np.ones(len(x)))
    model.posterior(x)
    for now, then in zip((parameters(model), x, q), kept, strict=True):
        assert np.array_equal(now, then)


def test_far_points_have_finite_posteriors():
    model = GaussianMixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0])
    posterior = model.posterior([[1e6], [-1e6], [0.5]])
    assert posterior == pytest.approx(np.array([[0, 1], [1, 0], [0.5, 0.5]]))
    with pytest.raises(ValueError, match="row 0"):
        GaussianMixture([1.0], [[0.0]], [1e-99]).log_lik([[1e140]])         # −inf under every component: said, not NaN


# Collapse --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_empty_component(kind):
    model = random_gaussian(np.random.default_rng(0), kind, 2, 2)
    x = np.random.default_rng(1).normal(size=(20, 2))
    with pytest.raises(Collapse, match=r"component 1 is empty.*floor="):
        model.m_step(x, np.tile([1.0, 0.0], (20, 1)))


@pytest.mark.parametrize(("kind", "name"), [("full", "component 1"), ("diag", "component 1"),
                                            ("spherical", "component 1")])
def test_component_on_one_point(kind, name):
    model = random_gaussian(np.random.default_rng(0), kind, 2, 2)
    q = np.tile([1.0, 0.0], (20, 1))
    q[3] = [0, 1]
    with pytest.raises(Collapse, match=rf"{name} has collapsed.*floor="):
        model.m_step(np.random.default_rng(1).normal(5, 1, size=(20, 2)), q)


@pytest.mark.parametrize("at", [0.0, 1e6])
@pytest.mark.parametrize("kind", ["full", "tied"])
def test_a_repeated_column_is_a_singular_covariance_wherever_it_lies(kind, at):
    column = at + np.random.default_rng(4).normal(size=30)
    x = np.column_stack([column, column])
    model = random_gaussian(np.random.default_rng(0), kind, 1, 2)
    with pytest.raises(Collapse, match="singular"):
        model.m_step(x, np.ones((30, 1)))
    diagonal = random_gaussian(np.random.default_rng(0), "diag", 1, 2).m_step(x, np.ones((30, 1)))
    assert diagonal.covariances[0] == pytest.approx([column.var()] * 2)


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_spread_that_is_one(kind):
    """64 roundings of the largest number in a column; of the largest column where they share a variance."""
    for spread, good in ((0.97, False), (1.03, True)):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((64, 2))
        x[:, 1] = 1e6 + 64 * 2.0**-52 * 1e6 * spread * np.tile([-1, 1], 32)
        if kind == "spherical":                                     # shared: √ of the mean of two variances
            x[:, 0] = (64 * 2.0**-52 * 1e6 * spread) * np.repeat([-1, 1], 32)
        magnitude = np.abs(x).max(axis=0)
        spreads = x.std(axis=0) if kind != "spherical" else np.sqrt(np.mean(x.var(axis=0)))[None]
        expected = (spreads > 64 * 2.0**-52 * (magnitude.max() if kind == "spherical" else magnitude)).all()
        assert expected == good
        model = random_gaussian(rng, kind, 1, 2)
        assert isinstance(outcome(lambda model=model, x=x: model.m_step(x, np.ones((64, 1)))), str) != good


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_the_thinnest_covariance_that_is_one(kind):
    """The smallest eigenvalue of the correlations, beside 64 roundings for each column."""
    for d in (2, 5):
        limit = 64 * 2.0**-52 * d
        for smallest, good in ((0.9 * limit, False), (1.1 * limit, True)):
            cov = np.full((d, d), 0.0) + np.eye(d)
            cov[0, 1] = cov[1, 0] = 1 - smallest
            cov = cov if kind == "tied" else cov[None]
            if good:
                GaussianMixture([1.0], np.zeros((1, d)), cov, kind)
            else:
                with pytest.raises(ValueError, match="covariances must be positive-definite; matrix 0 is not"):
                    GaussianMixture([1.0], np.zeros((1, d)), cov, kind)


def test_points_of_weight_zero_do_not_count_as_points():
    x, q = np.random.default_rng(0).standard_normal((5, 2)), np.full((5, 3), 1 / 3)
    model = random_gaussian(np.random.default_rng(0), "spherical", 3, 2)
    with pytest.raises(ValueError, match="x has N = 2 points for K = 3"):
        model.m_step(x, q, [1, 0, 0, 1, 0])


# Sampling --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_the_moments_of_the_model(kind):
    model = GaussianMixture([0.2, 0.3, 0.5], [[-9.0, 3.0], [0.0, 0.0], [8.0, -2.0]],
                            random_covariances(np.random.default_rng(8), kind, 3, 2), kind)
    n = 60_000
    x, z = model.sample(n, rng=5)
    assert x.shape == (n, 2) and z.shape == (n,)
    for k in range(3):
        mine = x[z == k]
        count, sd = len(mine), np.sqrt(np.diagonal(model.full_covariances[k]))
        assert abs(count / n - model.weights[k]) <= 5 * math.sqrt(0.25 / n)
        assert np.all(np.abs(mine.mean(axis=0) - model.means[k]) <= 5 * sd / math.sqrt(count))
        error = np.abs(np.cov(mine.T) - model.full_covariances[k])
        assert np.all(error <= 5 * math.sqrt(2 / count) * np.outer(sd, sd))


@pytest.mark.parametrize("n", [1, 2, 17, 99])
def test_sample_has_the_size_asked_for_and_repeats_with_its_seed(n):
    model = random_gaussian(np.random.default_rng(0), "full", 3, 2)
    x, z = model.sample(n, rng=7)
    assert x.shape == (n, 2) and z.shape == (n,)
    again = model.sample(n, np.random.default_rng(7))
    assert np.array_equal(x, again[0]) and np.array_equal(z, again[1])
    assert not np.array_equal(x, model.sample(n, rng=8)[0])


def test_no_sample_comes_from_a_component_of_weight_zero():
    assert set(GaussianMixture([1, 0], [[0.0], [9.0]], [1.0, 1.0]).sample(500, rng=0)[1]) == {0}


def test_a_sample_takes_a_few_times_its_own_size():
    """Not a matrix for each point."""
    model = random_gaussian(np.random.default_rng(0), "full", 4, 32)
    tracemalloc.start()
    x, _ = model.sample(20_000, rng=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 3 * x.nbytes


@pytest.mark.parametrize("kind", KINDS)
def test_a_well_separated_truth_is_recovered(kind):
    truth = GaussianMixture([0.3, 0.7], [[-6.0, 0.0], [6.0, 2.0]],
                            random_covariances(np.random.default_rng(6), kind, 2, 2), kind)
    x, z = truth.sample(2000, rng=3)
    starts = [GaussianMixture.start(x, 2, rng=seed, covariance_type=kind) for seed in range(4)]
    traces = [fit(start, x, tol=None, max_iter=40, keep="last") for start in starts]
    found = max(traces, key=lambda trace: trace.log_liks[-1]).model         # one start alone may sit on a plateau
    order = np.argsort(found.means[:, 0])
    assert found.weights[order] == pytest.approx(truth.weights, rel=0.1)
    assert found.means[order] == pytest.approx(truth.means, abs=0.2)
    assert found.full_covariances[order] == pytest.approx(truth.full_covariances, rel=0.1, abs=0.1)
    assert np.mean(found.posterior(x)[:, order].argmax(axis=1) == z) > 0.99


# Starts ----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 6), st.sampled_from(KINDS), seeds)
def test_a_start_has_distinct_points_as_means_and_can_be_repeated(k, kind, seed):
    x = datasets.old_faithful()
    start = GaussianMixture.start(x, k, rng=seed, covariance_type=kind)
    assert start.covariance_type == kind
    assert len(np.unique(start.means, axis=0)) == k
    assert all((mean == x).all(axis=1).any() for mean in start.means)
    assert start.weights == pytest.approx(np.full(k, 1 / k), rel=1e-15)
    assert np.linalg.eigvalsh(start.full_covariances).min() > 0
    again = GaussianMixture.start(x, k, np.random.default_rng(seed), covariance_type=kind)
    assert np.array_equal(parameters(start), parameters(again))
    assert np.isfinite(start.log_lik(x))


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_has_the_spread_about_the_nearest_mean(kind):
    x = datasets.old_faithful()
    start = GaussianMixture.start(x, 2, rng=3, covariance_type=kind)
    sd = x.std(axis=0)
    nearest = np.argmin([(((x - mean) / sd) ** 2).sum(axis=1) for mean in start.means], axis=0)
    within = x - start.means[nearest]
    pooled = within.T @ within / len(x)
    expected = {"full": pooled, "tied": pooled, "diag": np.diag(np.diag(pooled)),
                "spherical": np.eye(2) * np.trace(pooled) / 2}[kind]
    assert np.allclose(start.full_covariances, expected, rtol=1e-12)


def test_starts_differ_by_seed_and_do_not_depend_on_units():
    x = datasets.old_faithful()
    starts = [GaussianMixture.start(x, 3, rng=seed) for seed in range(20)]
    assert len({start.means.tobytes() for start in starts}) > 15
    scaled = [GaussianMixture.start(x * [1024, 0.125], 3, rng=seed) for seed in range(20)]
    for a, b in zip(starts, scaled, strict=True):
        assert np.array_equal(a.means * [1024, 0.125], b.means)


def test_a_start_may_use_every_point_as_a_mean():
    x = np.array([[0.0, 0.0], [1.0, 3.0], [5.0, 1.0]])
    start = GaussianMixture.start(x, 3, rng=0)
    assert sorted(map(tuple, start.means)) == sorted(map(tuple, x))


def test_k_means_plus_plus_seeds_lie_far_apart():
    """Three tight clusters: seeds from the same one would be a rare accident."""
    centres = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]])
    x = np.concatenate([c + np.random.default_rng(i).normal(size=(50, 2)) for i, c in enumerate(centres)])
    for seed in range(20):
        means = GaussianMixture.start(x, 3, rng=seed).means
        nearest = np.argmin(np.linalg.norm(means[:, None] - centres, axis=2), axis=1)
        assert sorted(nearest) == [0, 1, 2]


def test_one_component_and_three_points():
    x = np.array([[0.0, 1.0], [2.0, 0.5], [1.0, 4.0]])
    trace = fit(GaussianMixture.start(x, 1, rng=0), x)
    assert trace.stop == "converged"
    assert trace.model.means[0] == pytest.approx(x.mean(axis=0))
    assert trace.model.covariances[0] == pytest.approx(np.cov(x.T, ddof=0))
    assert trace.model.sample(5, rng=0)[0].shape == (5, 2)
