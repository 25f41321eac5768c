"""The numbers that the folded answers to the ★★★ exercises tell, computed."""

import itertools

import numpy as np
import pytest

from emlib import CoinMixture, GaussianMixture, bound, check_em, datasets, em, exercises, fit, hard, partial, shared
from emlib.lessons.climb import OneMean
from emlib.lessons.two_arguments import SmudgedCoin, m_part

WAITING = datasets.old_faithful()[:, 1:]
JOINT = np.array([0.1, 0.3])


def test_02_a_slip_may_agree_on_average_and_not_at_one_label():
    slip = np.log(JOINT / 0.5)                          # log p(x, z) − log p(z), at z = 1 and z = 2
    assert slip.round(3).tolist() == [-1.609, -0.511]
    q = np.array([0.369, 0.631])
    assert q @ slip == pytest.approx(np.log(0.4), abs=5e-4) and not np.isclose(slip, np.log(0.4)).any()


def test_03_the_ring_breaks_at_the_smallest_kl_on_a_side():
    model = GaussianMixture([0.3, 0.4, 0.3], [[-1.5], [0.0], [1.5]], [1.0, 0.8, 1.2])
    log_joint, posterior = model.log_joint([[0.6]]), model.posterior([[0.6]])[0]
    assert posterior.min().round(4) == 0.0565 and posterior.argmin() == 0
    share = np.linspace(0, 1, 2001)
    smallest = []
    for k in range(3):                                  # the side of the triangle on which label k has no weight
        q = np.insert(np.column_stack([share, 1 - share]), k, 0.0, axis=1)
        smallest.append(bound(np.tile(log_joint, (len(q), 1)), q).per_point.kl.min())
    assert np.allclose(smallest, -np.log(1 - posterior), atol=1e-6) and min(smallest) == pytest.approx(0.058, abs=5e-4)
    corners = bound(np.tile(log_joint, (3, 1)), np.eye(3)).per_point.kl
    assert corners.argmin() == 1 and corners[1] == pytest.approx(0.495, abs=5e-4) and np.sum(corners > 1) == 2


def test_03_weight_on_an_impossible_label_makes_the_elbo_minus_infinity():
    b = bound([[np.log(0.4), -np.inf]], [[0.5, 0.5]])
    assert (b.elbo, b.kl) == (-np.inf, np.inf)


def test_04_the_square_root_is_bounded_and_tight_at_the_posterior():
    q = np.linspace(0.001, 0.999, 999)
    q = np.column_stack([q, 1 - q])
    bounds = np.sum(q * np.sqrt(JOINT / q), axis=1)
    assert bounds.max() == pytest.approx(np.sqrt(0.4), abs=1e-12) and q[bounds.argmax(), 0] == pytest.approx(0.25)
    assert bounds[499].round(3) == 0.611 and np.sqrt(0.4).round(3) == 0.632


def test_05_one_turn_is_a_step_along_the_slope_and_half_a_turn_keeps_the_chain():
    start = OneMean(GaussianMixture([0.5, 0.5], [[95.0], [80.0]], [[[100.0]], [[100.0]]]))
    q, h = start.posterior(WAITING), 1e-4
    slope = (start.at(95 + h).log_lik(WAITING) - start.at(95 - h).log_lik(WAITING)) / (2 * h)
    step = start.m_step(WAITING, q).theta - 95
    assert step == pytest.approx(100 / q[:, 0].sum() * slope, rel=1e-7)
    assert [round(v, 3) for v in (100 / q[:, 0].sum(), slope)] == [2.033, -5.962] and round(step, 2) == -12.12
    half = start.at(95 + step / 2)
    bounds = [bound(model.log_joint(WAITING), q).elbo for model in (start, half)]
    assert np.round(bounds, 1).tolist() == [-1365.2, -1338.1] and half.log_lik(WAITING) >= bounds[1]


def test_05_half_way_turns_leave_three_quarters():
    def left(fraction, turns):
        model, distance = top.at(top.theta + 1.0), []
        for _ in range(turns):
            model = model.toward(model.m_step(WAITING, model.posterior(WAITING)), fraction) if fraction < 1 else \
                model.m_step(WAITING, model.posterior(WAITING))
            distance.append(model.theta - top.theta)
        return distance[-1] / distance[-2]

    class Halfway(OneMean):
        def toward(self, other, fraction):
            return self.at((1 - fraction) * self.theta + fraction * other.theta)

    start = Halfway(GaussianMixture([0.5, 0.5], [[60.0], [80.0]], [[[100.0]], [[100.0]]]))
    top = fit(start, WAITING, tol=None, max_iter=200).model
    assert left(1, 20) == pytest.approx(0.515, abs=5e-4) and left(0.5, 40) == pytest.approx(0.757, abs=5e-4)


@pytest.mark.parametrize(("fraction", "falls"), [(0.1, 0.0090), (0.2, 0.0037), (0.3, 0), (0.4, 0), (1, 0)])
def test_06_partial_half_steps_may_lower_log_p_and_never_lower_the_elbo(fraction, falls):
    page = np.array([[8, 3]])
    steps = itertools.islice(em(SmudgedCoin(0.5, 0.55), page, e_step=partial(fraction), q=[[0.05, 0.95]],
                                m_step=m_part(fraction)), 80)
    elbos, log_liks = np.array([(step.bound.elbo, step.bound.log_lik) for step in steps]).T
    assert (np.diff(elbos) > -1e-12).all()
    assert -np.diff(log_liks).min() == pytest.approx(falls, abs=5e-5)


def test_06_a_partial_e_step_before_a_whole_m_step_does_not_lower_it_here():
    page = np.array([[8, 3]])
    steps = itertools.islice(em(SmudgedCoin(0.5, 0.55), page, e_step=partial(0.2), q=[[0.05, 0.95]]), 80)
    assert np.diff([step.bound.log_lik for step in steps]).min() > -1e-12


def test_07_shared_is_the_librarys_and_log_p_falls_by_at_most_the_floor():
    model = GaussianMixture([0.4, 0.6], [[55.0], [80.0]], [[[36.0]], [[36.0]]])
    truth = exercises.check_shared_e_step.exercise.truth
    assert np.allclose(truth(model.log_joint(WAITING)), shared(model, WAITING), atol=1e-12)
    rng = np.random.default_rng(7)
    for _ in range(30):
        x = rng.normal(0, 3, (40, 1))
        start = GaussianMixture([0.5, 0.5], [[-1.0], [1.5]], [[[4.0]], [[4.0]]])
        e, m = itertools.islice(em(start, x, e_step=hard), 2)
        assert e.bound.log_lik - m.bound.log_lik <= e.bound.kl + 1e-9


def test_07_tempered_members_come_as_near_as_one_likes():
    posterior = np.array([[0.9, 0.1]])
    kls = []
    for beta in (0.9, 0.99, 0.999):
        q = posterior**beta
        kls.append(bound(np.log(posterior), q / q.sum()).kl)
    assert kls[0] > kls[1] > kls[2] > 0 and kls[2] < 1e-6


def test_08_a_spike_beats_the_fit_without_end():
    def spike(sd):
        return GaussianMixture([1 / 272, 271 / 272], [WAITING[0], WAITING.mean(axis=0)],
                               [[[sd**2]], [[WAITING.var()]]]).log_lik(WAITING)
    best = fit(GaussianMixture([0.4, 0.6], [[55.0], [80.0]], [[[36.0]], [[36.0]]]), WAITING, tol=1e-13).log_liks[-1]
    assert round(best, 2) == -1034.00
    assert [round(spike(sd), 1) for sd in (1e-6, 1e-60)] == [-986.3, 257.1]
    assert spike(1.2e-4) < best < spike(1.15e-4) and (WAITING == WAITING[0]).sum() == 10 and WAITING[0] == 79
    assert spike(1e-7) - spike(1e-6) == pytest.approx(10 * np.log(10), abs=1e-3)


def test_08_with_three_kinds_there_are_several_ends():
    x, ends = datasets.old_faithful(), set()
    rng = np.random.default_rng(8)
    model = GaussianMixture.start(x, 3, rng=rng)
    for _ in range(8):
        ends.add(round(fit(model.restart(x, rng), x, max_iter=3000, tol=1e-9).log_liks[-1], 1))
    assert len(ends) >= 2 and max(ends) <= -1114.4


@pytest.mark.parametrize(("seed", "end"), [(12, -1119.88), (7, -1119.64), (0, -1119.21), (1, -1114.44)])
def test_08_the_four_ends_of_forty_starts(seed, end):
    x = datasets.old_faithful()
    start = GaussianMixture.start(x, 3, np.random.default_rng(seed))
    assert fit(start, x).log_liks[-1] == pytest.approx(end, abs=5e-3)


class PoissonMixture:
    """The answer of notebook 19."""

    log_factorial = np.cumsum(np.log([1, *range(1, 100)]))

    def __init__(self, weights, rates):
        self.weights, self.rates = np.array(weights), np.array(rates)

    def log_joint(self, x):
        x = x[:, None]
        return np.log(self.weights) + x * np.log(self.rates) - self.rates - self.log_factorial[x]

    def m_step(self, x, q):
        counts = q.sum(axis=0)
        return type(self)(counts / len(x), q.T @ x / counts)


class WithoutFactorial(PoissonMixture):
    log_factorial = np.zeros(100)


class Geometric(PoissonMixture):
    def log_joint(self, x):
        return np.log(self.weights) + x[:, None] * np.log(self.rates) - (x[:, None] + 1) * np.log1p(self.rates)


def variances(model):
    x = np.arange(100)
    p = np.exp(model.log_joint(x)) / model.weights
    mean = x @ p
    return x**2 @ p - mean**2


def test_19_a_forgotten_factorial_is_seen_and_another_family_is_not():
    x = np.repeat(np.arange(7), 8)
    forgotten = check_em(WithoutFactorial([0.3, 0.7], [1.0, 2.5]), x)
    assert [check.name for check in forgotten.checks if check.passed is False] == ["density sums to 1"]
    assert check_em(PoissonMixture([0.3, 0.7], [1.0, 2.5]), x).passed
    assert check_em(Geometric([0.3, 0.7], [1.0, 2.5]), x).passed
    assert np.allclose(variances(PoissonMixture([0.3, 0.7], [1.0, 2.5])), [1, 2.5])
    assert np.allclose(variances(Geometric([0.3, 0.7], [1.0, 2.5])), [2, 8.75])


def test_01_the_weights_are_learnt_by_one_line_more():
    x = datasets.two_coins()
    model = CoinMixture([0.3, 0.7], [0.6, 0.5])
    q = model.posterior(x)
    new = model.m_step(x, q)
    assert np.allclose(new.weights, q.mean(axis=0))
    assert np.allclose(new.probs, exercises.check_coin_m_step.exercise.truth(x, q))
