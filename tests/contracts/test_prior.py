"""MAP: a model with `log_prior` is EM too, and its prior belongs into the M-step."""

from math import lgamma

import numpy as np
import pytest

from emlib import bound, check_em
from emlib.contracts.trial import Trial
from emlib.lessons.detective.cases import CASES, Clusters

M_STEP = {"M-step ascent", "M-step optimality"}


class MapCoins:
    """Two coins, Beta(a, b) on each probability and Dirichlet(c) on the weights; x heads of `tosses`."""

    tosses, a, b, c = 10, 6.0, 4.0, 3.0

    def __init__(self, weights, probs):
        self.weights, self.probs = np.asarray(weights), np.asarray(probs)

    def log_joint(self, x):
        return (np.log(self.weights) + np.outer(x, np.log(self.probs))
                + np.outer(self.tosses - x, np.log1p(-self.probs)))

    def log_prior(self):
        return float(np.sum((self.a - 1) * np.log(self.probs) + (self.b - 1) * np.log1p(-self.probs))
                     + (self.c - 1) * np.log(self.weights).sum() + lgamma(len(self.weights) * self.c))

    def m_step(self, x, q):
        n = q.sum(axis=0)
        return type(self)((n + self.c - 1) / (len(x) + len(n) * (self.c - 1)),
                          (q.T @ x + self.a - 1) / (self.tosses * n + self.a + self.b - 2))


class MapOnProbsAlone(MapCoins):
    c = 1.0


class ForgetsBeta(MapCoins):
    def m_step(self, x, q):
        return type(self)(super().m_step(x, q).weights, q.T @ x / (self.tosses * q.sum(axis=0)))


class ForgetsDirichlet(MapCoins):
    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), super().m_step(x, q).probs)


class PosteriorMean(MapCoins):
    """(heads + a) / (tosses + a + b) is the mean of the Beta posterior; its mode is the maximum."""

    def m_step(self, x, q):
        return type(self)(super().m_step(x, q).weights,
                          (q.T @ x + self.a) / (self.tosses * q.sum(axis=0) + self.a + self.b))


class MapClusters(Clusters):
    """Normals on a line with a normal-inverse-gamma prior on each (mean, variance): m₀, κ, shape, rate."""

    m0, kappa, shape, rate = 3.0, 2.0, 3.0, 4.0

    def log_prior(self):
        v = self.variances
        return float(np.sum(-(self.shape + 1.5) * np.log(v)
                            - (2 * self.rate + self.kappa * (self.means - self.m0) ** 2) / (2 * v)))

    def m_step(self, x, q):
        n = q.sum(axis=0)
        means = (q.T @ x + self.kappa * self.m0) / (n + self.kappa)
        spread = np.sum(q * (x[:, None] - means) ** 2, axis=0) + self.kappa * (means - self.m0) ** 2 + 2 * self.rate
        return type(self)(n / len(x), means, spread / (n + 2 * self.shape + 3))


class ForgetsPriorOfTheMean(MapClusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, q.T @ x / q.sum(axis=0), new.variances)


class LabelsApart(MapClusters):
    """Another prior for each label: then the labels are not interchangeable."""

    m0 = np.array([-2.0, 5.0])


def coins(kind, seed=0):
    rng = np.random.default_rng(seed)
    return kind([0.4, 0.6], [0.3, 0.6]), rng.binomial(10, rng.choice([0.2, 0.8], size=40))


def clusters(kind, seed=0):
    _, x, right, _ = CASES["hard counts"].models(seed)
    return kind(right.weights, right.means, right.variances), x


@pytest.mark.parametrize("case", [(coins, MapCoins), (coins, MapOnProbsAlone), (clusters, MapClusters),
                                  (clusters, LabelsApart)], ids=lambda case: case[1].__name__)
def test_a_right_map_model_is_certified(case):
    data, kind = case
    for seed in range(10):
        report = check_em(*data(kind, seed), seed)
        assert report.passed, f"seed {seed}\n{report}"
        asked = {check.name for check in report.checks if check.passed}
        assert M_STEP | {"monotone ascent", "Fisher's identity", "parameters move"} <= asked


@pytest.mark.parametrize("case", [(coins, ForgetsBeta), (coins, ForgetsDirichlet), (coins, PosteriorMean),
                                  (clusters, ForgetsPriorOfTheMean)], ids=lambda case: case[1].__name__)
def test_an_m_step_that_forgets_its_prior_breaks_the_theorems_of_the_m_step(case):
    data, kind = case
    for seed in range(5):
        report = check_em(*data(kind, seed), seed)
        first = report.first_failure
        assert first.name in M_STEP, report
        assert "log_prior" in first.hint and "+ log p(θ)" in first.counterexample


def test_pseudo_counts_without_a_word_are_told_how_to_be_said():
    class Silent(MapCoins):
        log_prior = None

    first = check_em(*coins(Silent)).first_failure
    assert first.name in M_STEP and "give the model log_prior()" in first.hint


def test_the_prior_is_in_what_may_not_fall_and_not_in_the_identity():
    report = check_em(*coins(ForgetsBeta))
    assert report["monotone ascent"].passed is False
    assert "log p(x|θ) + log p(θ) falls" in report["monotone ascent"].counterexample
    assert report["fixed point"].passed is False and "log p(θ)" in report["fixed point"].counterexample
    for name in ("identity, random q", "E-step is tight", "KL ≥ 0", "Fisher's identity"):
        assert report[name].passed


def test_what_em_raises_is_the_sum():
    model, x = coins(MapCoins)
    trial, q = Trial(model, x, 0), np.full((len(x), 2), 0.5)
    assert trial.objective(model) == pytest.approx(trial.log_liks(model).sum() + model.log_prior(), rel=1e-14)
    assert trial.bound(model, q) == pytest.approx(bound(model.log_joint(x), q).elbo + model.log_prior(), rel=1e-14)


def test_weights_that_a_prior_moves_are_left_to_the_optimality():
    report = check_em(*coins(MapCoins))
    assert report["weights move"].passed is None and "the prior moves the weights" in report["weights move"].reason
    assert check_em(*coins(MapOnProbsAlone))["weights move"].passed
    assert "prior tells the labels apart" in check_em(*clusters(LabelsApart))["label permutation"].reason


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.zeros(2)])
def test_a_prior_that_is_no_number_is_named(value):
    kind = type("Bad", (MapCoins,), {"log_prior": lambda self: value})
    first = check_em(*coins(kind)).first_failure
    assert first.name == "log joint" and "log_prior() = " in first.counterexample
    assert "one finite number" in first.hint


def test_a_prior_settles_what_the_data_cannot_tell():
    class OneToss(MapCoins):
        tosses, held = 1, ("weights",)

        def m_step(self, x, q):
            return type(self)(self.weights, super().m_step(x, q).probs)

    class Flat(OneToss):
        a = b = c = 1.0

    x = np.repeat([0, 1], [20, 30])
    assert check_em(OneToss([0.4, 0.6], [0.3, 0.6]), x).passed
    assert check_em(Flat([0.4, 0.6], [0.3, 0.6]), x).first_failure.name == "identifiable"
