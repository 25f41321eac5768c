"""The two forms of a component in streaming EM: the digits that they promise, and which is taken when."""

import contextlib
import itertools
import math

import mpmath
import numpy as np
import pytest
from strategies import KINDS, half_steps, parameters, random_gaussian
from test_protocol import models, recentred, states

from emlib import Collapse, GaussianMixture, fit
from emlib.models.covariance import KINDS as COVARIANCE_KINDS
from emlib.streaming import forms, gaussian, protocol

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
@pytest.mark.parametrize("separation", [1, 10, 30, 50, 70, 97, 1e3, 1e5, 1e8])
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


@pytest.mark.parametrize("tilt", [3, 30, 90, 300, 1e4, 1e6])
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

    assert [recentred(last(s)) for s in (1, 10, 20)] == [0] * 3
    assert [recentred(last(s)) for s in (1e3, 1e6)] == [3] * 2
    assert recentred(last(1, offset=1e3)) == 0 and recentred(last(1, offset=1e6)) == 3


@pytest.mark.parametrize("column", [0, 1])
def test_one_column_is_enough_to_change_the_form(column):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 2))
    x[150:, column] += 1e4
    model = GaussianMixture([0.5, 0.5], [x[:150].mean(axis=0), x[150:].mean(axis=0)], [np.eye(2)] * 2)
    assert recentred(states(model, x, 3)[-1]) == 2


def test_without_the_check_digits_would_be_lost(monkeypatch):
    """What the recentred form is for: the linear one alone, at 1e5 spreads, is wrong in the seventh digit."""
    model, x = clusters(1e5, 2)
    right, right_log_lik = models(model, x, 4)
    monkeypatch.setattr(gaussian, "LIMIT", np.inf)
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
    for points in (x, x[50:51], x[52:], np.r_[x[:50], x[52:]]):
        assert states(model, np.r_[points, points], 1)[0].log_lik == pytest.approx(2 * model.log_lik(points), rel=1e-14)
    assert states(model, x, 1)[0].log_lik == pytest.approx(model.log_lik(x), rel=1e-14)
    assert parameters(models(model, x, 2)[0][1]) == pytest.approx(
        parameters(model.m_step(x, model.posterior(x))), rel=1e-11)


# Thin components beside others ---------------------------------------------------------------------------------------


def one_thin(d, k, thin, n=40, seed=0):
    """Overlapping clusters of which the first is so thin in one oblique direction; a start a little off."""
    rng = np.random.default_rng(seed)
    root = np.array([np.eye(d)] * k) + 0.2 * rng.standard_normal((k, d, d))
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
    root[0] = axes * np.r_[thin, np.ones(d - 1)]
    means = 3 * rng.standard_normal((k, d))
    x = np.concatenate([mean + rng.standard_normal((n, d)) @ r.T for mean, r in zip(means, root, strict=True)])
    return GaussianMixture(np.full(k, 1 / k), means + 0.1 * root[:, :, 0], 1.2 * root @ np.swapaxes(root, 1, 2)), x


@pytest.mark.parametrize("thin", [1e-1, 3e-3, 1e-3])
def test_a_thin_component_alone_is_recentred_and_all_keep_their_digits(thin):
    model, x = one_thin(3, 3, thin, n=20)
    found = states(model, x, 4)
    assert all(state.at.linear.tolist() == [thin == 1e-1, True, True] for state in found)
    log_liks, means, cov = fifty_digits(model, x, 3)
    last = found[-1].at.model
    assert np.array([state.log_lik for state in found]) == pytest.approx(log_liks, rel=1e-12)
    assert np.abs(last.means - means).max() <= 1e-12
    assert np.abs(last.covariances - cov).max() <= 1e-11


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_both_forms_in_one_block_are_em(kind, weighted):
    """Blocks of several sizes, with weights, for every kind: counts, means and moments end up with their components."""
    rng = np.random.default_rng(3)
    _, x = one_thin(4, 4, 1e-3, n=400)
    if kind in ("diag", "spherical"):                               # tight, and far from the centre
        x[:400] = 30 + 1e-1 * (x[:400] - x[:400].mean(axis=0))
    labels = [2, 0, 3, 1]                                           # the thin one is neither the first nor the last
    means = x.reshape(4, 400, 4).mean(axis=1)[labels]
    pooled = np.array([np.cov(part.T, bias=True) for part in x.reshape(4, 400, 4)])[labels]
    model = GaussianMixture([0.1, 0.2, 0.3, 0.4], means, COVARIANCE_KINDS[kind].of_matrices(pooled, np.full(4, 0.25)),
                            kind)
    w = rng.integers(0, 3, len(x)).astype(float) if weighted else None
    slow = [model, *(step.model for step in half_steps(model, x, 6, sample_weight=w)[1::2])]
    blocks = gaussian.Blocks(np.array_split(x, 7), w, np.asarray, 300)
    fast = list(itertools.islice(protocol.states(model, blocks), 4))
    assert any(0 < recentred(state) < 4 for state in fast) or kind == "tied"
    assert all(state.at.m_step() for state in fast)                 # nothing had to be taken again
    for state, expected in zip(fast, slow, strict=True):
        per_point = np.logaddexp.reduce(expected.log_joint(x), axis=1)
        assert state.log_lik == pytest.approx(per_point.sum() if w is None else per_point @ w, rel=1e-12)
        assert parameters(state.at.model) == pytest.approx(parameters(expected), rel=1e-9, abs=1e-12)


def test_a_and_log_det_come_from_one_factor():
    """With an inverse and a determinant of their own the log-likelihood is wrong by up to 2e-11 of its size here."""
    for seed in (0, 1, 6):
        rng = np.random.default_rng(seed)
        root = np.eye(32) + 0.4 * rng.standard_normal((2, 32, 32))
        means = 4 * rng.standard_normal((2, 32))
        x = np.concatenate([m + rng.standard_normal((200, 32)) @ r.T for m, r in zip(means, root, strict=True)])
        for state in states(at_rest(x, 2), x, 3):
            assert recentred(state) == 0
            size = np.abs(np.logaddexp.reduce(state.at.model.log_joint(x), axis=1)).sum()
            assert abs(state.log_lik - state.at.model.log_lik(x)) <= 1e-12 * size


# Thresholds, each at its edge ----------------------------------------------------------------------------------------


def at_rest(x, k=1):
    """A mixture that an M-step hardly moves: each component on its own run of rows."""
    parts = np.split(np.asarray(x, dtype=float), k)
    return GaussianMixture(np.full(k, 1 / k), [p.mean(axis=0) for p in parts],
                           [np.atleast_2d(np.cov(p.T, bias=True)) for p in parts])


def two_apart(kappa):
    """Two clusters of variance 1 with E[x²] = κ."""
    s = math.sqrt(kappa - 1)
    return np.array([[s - 1], [s + 1], [-s - 1], [-s + 1]]).repeat(3, axis=0), 2


def thin_in_two(kappa):
    """Two columns that are all but equal: A_ii Σ_ii = κ for both."""
    delta = 1 / math.sqrt(kappa - 1)
    a, b = np.array([1, 1, -1, -1]), np.array([1, -1, 1, -1])
    return np.column_stack([a, a + delta * b]), 1


def thin_in_three(kappa):
    """The same, and a third column with a κ of 1: their mean counts."""
    two, _ = thin_in_two((3 * kappa - 1) / 2)
    return np.column_stack([np.tile(two, (2, 1)), np.repeat([1, -1], 4)]), 1


def far_column(kappa):
    """Two clusters apart in one column of three: the mean of A_ii E[x_i²] is a third of κ, the column decides."""
    one, _ = two_apart(kappa)
    return np.column_stack([one, np.tile([1, 1, -1, -1, 0, 0], 2), np.tile([1, -1, 1, -1, 0, 0], 2)]), 2


def off_the_origin(kappa):
    """A cluster of variance 1 at an offset c: 1 + 1e-4 c² = κ."""
    return math.sqrt((kappa - 1) * 1e4) + np.array([[1.0], [-1.0]]).repeat(2, axis=0), 1


@pytest.mark.parametrize("data", [two_apart, thin_in_two, thin_in_three, far_column, off_the_origin])
def test_the_limit_of_kappa(data):
    for kappa, expected in ((0.99e4, 0), (1.01e4, 1)):
        x, k = data(kappa)
        model = at_rest(x, k)
        assert all(recentred(state) == expected * k for state in states(model, x, 3))


def test_a_component_is_linear_again_well_below_the_limit():
    for kappa, expected in ((0.99 * 2.5e3, 0), (1.01 * 2.5e3, 2), (0.99e4, 2)):
        x, k = two_apart(kappa)
        rest = at_rest(x, k)
        start = GaussianMixture(rest.weights, rest.means, rest.covariances / 30)    # so thin that it starts recentred
        found = states(start, x, 3)
        assert recentred(found[0]) == 2
        assert [recentred(state) for state in found[1:]] == [expected] * 2


def test_only_the_component_that_needs_it_is_taken_again_and_the_others_stay_linear():
    """Beside a cluster far out, and one whose κ is too large to become linear but small enough to stay so."""
    x = np.concatenate([100 * s + np.array([[-1.0], [1.0]]).repeat(3, axis=0) * u
                        for s, u in ((-1, 1.5), (1, 1.5), (0, 1e-5), (0.3, 0.1))])
    rest = at_rest(x, 4)
    wide = rest.covariances * np.array([1, 1, 1, 25])[:, None, None]
    start = GaussianMixture(rest.weights, rest.means, wide)
    step = states(start, x, 1)[0].at
    kappa = step.fit.kappa(gaussian.Theta(rest.weights, rest.means, rest.covariances),
                           rest._kind.whitener(rest.covariances, 4, 1))
    assert ((kappa[:2] > 2.5e3) & (kappa[:2] < 1e4)).all() and kappa[2] > 1e4 and kappa[3] > 1e4
    assert step.linear.tolist() == [True, True, False, True]
    assert step.m_step() is None and step.retake().linear.tolist() == [True, True, False, False]
    assert [state.at.linear.tolist() for state in states(start, x, 3)[1:]] == [[True, True, False, False]] * 2


def test_a_mean_that_starts_so_far_out_that_the_first_correction_is_rounding():
    """From 1e20 the first better mean is 0, a thousand spreads off; the second is right."""
    x = 1000 + np.random.default_rng(0).standard_normal((50, 2))
    after = models(GaussianMixture([1.0], [[1e20, 1e20]], [1e30 * np.eye(2)]), x, 2)[0][1]
    assert after.means[0] == pytest.approx(x.mean(axis=0), rel=1e-14)
    assert after.covariances[0] == pytest.approx(np.cov(x.T, bias=True), rel=1e-10)


class Counted:
    """A reader that counts how often it is read."""

    def __init__(self, x):
        self.x, self.times = x, 0

    def __iter__(self):
        self.times += 1
        yield self.x


def test_moments_are_taken_again_where_the_mean_has_moved_far():
    x = np.array([[-1.0], [1.0], [1.0], [-1.0]])
    for squared, passes in ((0.99e4, 3), (1.01e4, 4)):
        reader = Counted(x)
        blocks = gaussian.Blocks(reader, None, np.asarray, 3)       # two blocks, so that it is read in each pass
        reader.times = 0
        after = list(itertools.islice(protocol.states(
            GaussianMixture([1.0], [[math.sqrt(squared)]], [[[0.5]]]), blocks), 3))[1].at.model
        assert reader.times == passes
        assert after.means[0] == pytest.approx(0, abs=1e-12) and after.covariances[0] == pytest.approx(1, rel=1e-11)


def test_moments_of_which_nothing_is_left_are_taken_again():
    """From 2⁴⁰ spreads away the second moments cancel to an exact 0: that is no collapse."""
    x = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    model = GaussianMixture([1.0], [[2.0**40, 2.0**40]], [np.eye(2)])
    after = models(model, x, 2)[0][1]
    assert np.array_equal(after.means, [[0.0, 0.0]]) and np.array_equal(after.covariances[0], np.eye(2))


def test_a_spread_below_rounding_of_the_data_is_a_collapse_in_the_linear_form_too():
    """Between clusters that reach out to 1.1e8, of which 64 roundings are 1.56e-6."""
    wide = np.array([[9e7], [11e7]]).repeat(3, axis=0)
    for spread, stop in ((1.5e-6, "collapsed"), (1.65e-6, "max_iter")):
        x = np.concatenate([wide, np.array([[spread], [-spread]]).repeat(3, axis=0), -wide])
        rest = at_rest(x, 3)
        model = GaussianMixture(rest.weights, rest.means, rest.covariances * [[[1.0]], [[1e12]], [[1.0]]])
        with pytest.warns(UserWarning) if stop == "collapsed" else contextlib.nullcontext():
            assert fit(model, x, keep="last", max_iter=2, tol=None).stop == stop


def test_the_size_that_rounding_is_relative_to_holds_where_points_cancel():
    """log p = ± log K: the sum is 0, the sum of sizes is N log K."""
    k = 4
    variance = 1 / (k**2 * 2 * math.pi)                             # so that log π − ½ log 2πσ² = 0
    x = np.sqrt(variance * 4 * math.log(k)) * np.array([[0.0], [1.0], [0.0], [-1.0]])
    state = states(GaussianMixture(np.full(k, 1 / k), np.zeros((k, 1)), np.full(k, variance)), x, 1)[0]
    assert state.log_lik == pytest.approx(0, abs=1e-12) and state.size >= 4 * math.log(k) * (1 - 1e-12)


def test_exp_is_zero_where_it_is_nothing():
    a = np.array([0.0, -1.0, -699.9, -700.1, -745.0, -1e300, -np.inf])
    expected = np.where(a > -700, np.exp(a), 0)
    protocol._exp_or_zero(a)
    assert np.array_equal(a, expected)
    model, x = one_thin(3, 3, 1e-3)
    assert states(model, x, 1)[0].at.far and not states(*clusters(3, 2), 1)[0].at.far
    for kappa, far in ((600, False), (800, True)):
        x, k = thin_in_two(kappa)
        assert all(state.at.far == far for state in states(at_rest(x, k), x, 3))


def test_features_are_one_the_columns_and_their_products():
    x = np.random.default_rng(0).standard_normal((5, 3))
    for kind in COVARIANCE_KINDS.values():
        features = forms.Features(kind, gaussian.Blocks(x, None, np.asarray, 3))
        moved = x - x.mean(axis=0)
        pairs = zip(features.i, features.j, strict=True)
        expected = np.array([np.ones(5), *moved.T, *(moved[:, i] * moved[:, j] for i, j in pairs)])
        assert features.of(x[:3].T) == pytest.approx(expected[:, :3], rel=1e-14)
        assert features.of(x[3:].T) == pytest.approx(expected[:, 3:], rel=1e-14)


def test_empty_components_are_named_whichever_form_they_have():
    x = np.array([[0.0], [1.0], [0.5], [0.2]])
    for spread in (1.0, 1e-3):
        model = GaussianMixture([0.5, 0.5], [[0.5], [1e3]], np.array([0.2, spread]))
        with pytest.raises(Collapse, match="component 1 is empty"):
            list(itertools.islice(protocol.states(model, model.blocks(x)), 3))
