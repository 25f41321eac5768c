"""Right models with the habits of those who write classes: derived attributes, other scales, zeros, lists."""

import latent_models
import numpy as np
from right_counts import PoissonMixture
from right_data import Answers, Walks, walks
from right_homes import LINE, update
from right_reals import HALF, Normals
from specimen import normal, poisson, right, two_normals, two_poissons, whole

MEANS, ONES = np.array([-1.0, 2.0]), np.ones(2)


class Derived:
    """log_joint reads what the constructor has computed from the parameters."""

    def __init__(self, weights, means, variances):
        self.weights, self.means, self.variances = weights, means, variances
        self.precisions, self.constants = 1 / variances, np.log(weights) - 0.5 * np.log(2 * np.pi * variances)

    def log_joint(self, x):
        return self.constants - 0.5 * (x[:, None] - self.means) ** 2 * self.precisions

    def m_step(self, x, q):
        return Derived(*update(x, q))


@right(mass=LINE)
def derived_attributes(rng):
    return Derived(HALF, MEANS, ONES), two_normals(rng)


class Careful(Normals):
    """The constructor refuses what is no mixture."""

    def __init__(self, weights, means, variances):
        if abs(sum(weights) - 1) > 1e-6 or min(weights) < 0:
            raise ValueError("weights must be positive and sum to 1")
        if min(variances) <= 0:
            raise ValueError("variances must be positive")
        super().__init__(weights, means, variances)


@right(mass=LINE)
def a_constructor_that_refuses(rng):
    return Careful(HALF, MEANS, ONES), two_normals(rng)


class Numbered:
    """K kept as an attribute, and loops over it."""

    def __init__(self, K, weights, rates):
        self.K, self.weights, self.rates = K, weights, rates

    def log_joint(self, x):
        columns = [np.log(self.weights[k]) + poisson(x, self.rates[k:k + 1])[:, 0] for k in range(self.K)]
        return np.column_stack(columns)

    def m_step(self, x, q):
        return Numbered(self.K, q.mean(axis=0), q.T @ x / q.sum(axis=0))


@right(mass=whole(0, 80))
def number_of_labels_as_attribute(rng):
    return Numbered(2, HALF, np.array([3.0, 7.0])), two_poissons(rng)


class OnLogScale:
    """log-odds of the share, log of the rates."""

    def __init__(self, log_odds, log_rates):
        self.log_odds, self.log_rates = log_odds, log_rates

    def log_joint(self, x):
        log_weights = -np.logaddexp(0, [-self.log_odds, self.log_odds])
        return log_weights + poisson(x, np.exp(self.log_rates))

    def m_step(self, x, q):
        n = q.sum(axis=0)
        return OnLogScale(float(np.log(n[0] / n[1])), np.log(q.T @ x / n))


@right(mass=whole(0, 80))
def parameters_on_the_log_scale(rng):
    return OnLogScale(0.0, np.log([3.0, 7.0])), two_poissons(rng)


class TakesLists(PoissonMixture):
    """x a plain list of numbers."""

    def log_joint(self, x):
        return super().log_joint(np.asarray(x))

    def m_step(self, x, q):
        return super().m_step(np.asarray(x), q)


@right(mass=whole(0, 80))
def counts_in_a_plain_list(rng):
    return TakesLists([0.5, 0.5], [3.0, 7.0]), two_poissons(rng).tolist()


class ThreeNamed:
    """mu1, mu2: numbers under names of their own; deviations, and their squares nowhere."""

    def __init__(self, p, mu1, mu2, sd):
        self.p, self.mu1, self.mu2, self.sd = p, mu1, mu2, sd

    def log_joint(self, x):
        means, sd = np.array([self.mu1, self.mu2]), np.full(2, self.sd)
        return np.log([self.p, 1 - self.p]) + normal(x, means, sd**2)

    def m_step(self, x, q):
        weights, means, variances = update(x, q)
        return ThreeNamed(weights[0], *means, np.sqrt(weights @ variances))


@right(mass=LINE)
def numbers_under_names(rng):
    return ThreeNamed(0.5, -1, 2, 1), two_normals(rng)


# Zeros that stay zeros -----------------------------------------------------------------------------------------------


class CertainAnswers(Answers):
    """Those of the first kind never say yes to the first question: −∞ for whoever does."""

    def log_joint(self, x):
        with np.errstate(divide="ignore"):
            return super().log_joint(x)


@right()
def an_answer_that_is_certain(rng):
    x = rng.random((60, 4)) < np.where(rng.random((60, 1)) < 0.5, [0, 0.2, 0.3, 0.2], [0.8, 0.7, 0.6, 0.8])
    return CertainAnswers(HALF, np.array([[0, 0.3, 0.4, 0.3], [0.6, 0.6, 0.5, 0.7]])), x


@right()
def moves_that_are_impossible(rng):
    forwards = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])
    moves = np.stack([np.full((3, 3), 0.25) + 0.25 * np.eye(3), forwards])
    x = walks(rng, 12)
    for _ in range(10):
        steps = rng.integers(2, size=int(rng.integers(3, 9)))
        x.append((rng.integers(3) + np.cumsum(np.append(0, steps))) % 3)
    return Walks(HALF, np.array([[0.4, 0.3, 0.3], [0.3, 0.3, 0.4]]), moves), x


@right()
def hidden_markov_left_to_right(rng):
    model, x = latent_models.paths(rng, lengths=(12, 9, 20, 7))
    return latent_models.HiddenMarkov(np.array([0.7, 0.3]), np.array([[0.8, 0.2], [0, 1.0]]), model.emissions), x
