"""Rounding is measured, not guessed: what cancels inside a model, float32, and what is no rounding."""

import math

import numpy as np
import pytest
from latent_models import CASES

from emlib import fit
from emlib.bound import bayes
from emlib.rounding import SHAKE, noise, shaken

log_factorial = np.vectorize(lambda n: math.lgamma(n + 1))


class Photons:
    """Mixture of Poisson distributions, as everybody writes it: the log-factorials cancel."""

    def __init__(self, weights, rates):
        self.weights, self.rates = np.asarray(weights, float), np.asarray(rates, float)

    def log_joint(self, x):
        return np.log(self.weights) + np.outer(x, np.log(self.rates)) - self.rates - log_factorial(x)[:, None]

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0))


class Drifting(Photons):
    """Each rate is set a third of its spread too high."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.rates + np.sqrt(new.rates) / 3)


class Single:
    """Two normals on a line, all in float32."""

    def __init__(self, weights, means):
        self.weights, self.means = np.asarray(weights, np.float32), np.asarray(means, np.float32)

    def log_joint(self, x):
        away = x.astype(np.float32)[:, None] - self.means
        return np.log(self.weights) - away**2 / np.float32(2) - np.float32(0.5 * np.log(2 * np.pi))

    def m_step(self, x, q):
        q = q.astype(np.float32)
        return type(self)(q.mean(axis=0), q.T @ x.astype(np.float32) / q.sum(axis=0))


def counts(size, seed, n=200):
    rng = np.random.default_rng(seed)
    rates = size * np.array([1, 1 + 6 / np.sqrt(size)])
    x = np.round(rng.normal(rates[rng.integers(2, size=n)], np.sqrt(size))).astype(np.int64)
    return x, [rates[0] - np.sqrt(size), rates[1] + np.sqrt(size)]


@pytest.mark.parametrize("size", [1e3, 1e7, 1e9, 1e11])
@pytest.mark.parametrize("seed", range(3))
def test_a_right_model_of_large_counts_is_never_accused(size, seed):
    x, rates = counts(size, seed)
    for tol in (0, 1e-13, 1e-10):
        assert fit(Photons([0.5, 0.5], rates), x, tol=tol, max_iter=200, warn=False).stop in ("converged", "max_iter")


@pytest.mark.parametrize("seed", range(5))
def test_a_right_model_in_float32_is_never_accused(seed):
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(-1, 1, 300), rng.normal(1, 1, 200)])
    assert fit(Single([0.5, 0.5], [-0.5, 0.5]), x, tol=0, max_iter=300, warn=False).stop in ("converged", "max_iter")


@pytest.mark.parametrize("size", [1e3, 1e7, 1e9])
def test_a_wrong_model_of_large_counts_is_still_found(size):
    x, rates = counts(size, 0)
    assert fit(Drifting([0.5, 0.5], rates), x, tol=0, warn=False).stop == "decreased"


def test_the_rounding_of_log_factorials_is_seen_to_within_two_orders():
    """x log λ is near 2·10¹⁰ at counts of 10⁹, where neighbouring doubles are 4·10⁻⁶ apart; 200 of them are summed."""
    x, rates = counts(1e9, 0)
    model = Photons([0.5, 0.5], rates)
    assert 1e-6 < noise(model, x, bayes(model, x)) < 1e-2
    small, rates = counts(30, 0)
    model = Photons([0.5, 0.5], [20.0, 60.0])
    assert noise(model, small, bayes(model, small)) < 1e-10             # and a smooth change is no rounding


class Dice(Photons):
    """Its M-step draws the rates at random."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.rates * RNG.uniform(0.9, 1.1, 2))


RNG = np.random.default_rng(0)


def test_what_is_random_is_no_rounding():
    x, rates = counts(1e3, 0)
    model = Dice([0.5, 0.5], rates)
    q = bayes(model, x)
    assert noise(model, x, q) == 0 < noise(Photons([0.5, 0.5], rates), x, q)


def test_rounding_is_of_the_weighted_sum_and_of_the_prior_too():
    """Four times the weights, four times the sum: all its digits, and so its rounding, are the same, times four."""
    x, rates = counts(1e9, 0)

    class Weighted(Photons):
        def m_step(self, x, q, sample_weight):
            return super().m_step(x, q * sample_weight[:, None] / sample_weight.mean())

        def log_prior(self):
            return self.more

        more = 0.0

    model, w = Weighted([0.5, 0.5], rates), 1.0 + np.arange(len(x)) % 3
    q = bayes(model, x)
    once = noise(model, x, q, w)
    assert once > 1e-6 and noise(model, x, q, 4 * w) == 4 * once
    Weighted.more = 1e13                                                # beside it, 2·10⁻³ is the last digit
    assert noise(model, x, q, w) % np.spacing(1e13) == 0 < once % np.spacing(1e13)


@pytest.mark.parametrize("kind", CASES)
def test_any_q_is_shaken_and_remains_one(kind):
    model, x = CASES[kind](np.random.default_rng(0))
    q = model.posterior(x)
    moved, back = shaken(q, SHAKE, 1), shaken(q, -SHAKE, 1)
    assert type(moved) is type(q)
    kl, other = moved.kl(q), back.kl(q)
    assert np.all(np.abs(kl) < 1e-6) and np.all(np.abs(other) < 1e-6)
    before, after = model.expected_log_joint(x, q), model.expected_log_joint(x, moved)
    assert 0 < np.abs(after - before).max() < 1e-3
