"""Each theorem at its tolerance: a model just wrong enough turns it red, one that is off by less keeps it."""

import dataclasses

import numpy as np
import pytest
from fine import FINE, Fine, fine

from emlib import check_em
from emlib.contracts import THEOREMS
from emlib.lessons.detective.cases import Clusters

OF = {theorem.name: theorem for theorem in THEOREMS}


def test_every_theorem_has_its_fine_model():
    assert list(FINE) == list(OF)


@pytest.mark.parametrize("name", FINE)
def test_just_wrong_enough_fails_and_less_than_that_passes(name):
    kind, wrong, right = FINE[name]
    broken, kept = (check_em(*fine(kind, eps))[name] for eps in (wrong, right))
    assert broken.passed is False and kept.passed is True, (broken, kept)
    tolerance = OF[name].tolerance
    if tolerance > 0:               # so near that a tolerance ten times as large, or as small, would be seen here
        assert tolerance < broken.measured <= 10 * tolerance
        assert kept.measured <= tolerance
        assert kept.measured > tolerance / 10 or name == "M-step optimality"     # it counts gains above rounding only


@pytest.mark.parametrize("name", FINE)
def test_rounding_passes(name):
    kind, _, _ = FINE[name]
    if issubclass(kind, Fine) and name != "parameters move":        # there 0 is the mistake itself
        assert check_em(*fine(kind, 0))[name].passed


# The KL is at least what Pinsker asks, not only ≥ 0 ------------------------------------------------------------


class HalfTheKL(Clusters):
    """An ELBO that lies half-way to log p(x): the KL that is left is positive, zero at the posterior, and too small."""

    share = 0.5

    def elbo(self, x, q):
        return self.share * super().elbo(x, q) + (1 - self.share) * self.log_lik(x)


@pytest.mark.parametrize(("share", "passes"), [(0.5, False), (0.9, False), (1.0, True)])
def test_a_gap_that_is_positive_but_below_pinskers_is_no_kl(share, passes):
    kind = type("Half", (HalfTheKL,), {"share": share})
    x = np.linspace(-1, 1, 40)                  # every posterior near ½: there Pinsker is nearly an equality
    check = check_em(kind([0.5, 0.5], [-0.01, 0.01], [1.0, 1.0]), x)["KL ≥ 0"]
    assert check.passed is passes, check
    assert passes or "is due" in check.counterexample


# The climb looks beside the maximiser of its parabola too ------------------------------------------------------


class StopsAboveItsFloor(Clusters):
    """Variances have a floor, and the M-step stops somewhat above it: the parabola's maximum lies below the floor."""

    floor, above = 4.0, 1.0

    def __init__(self, weights, means, variances):
        super().__init__(weights, means, variances)
        if (self.variances < self.floor).any():
            raise ValueError("below the floor")

    def m_step(self, x, q):
        counts = q.sum(axis=0)
        means = q.T @ x / counts
        variances = np.sum(q * (x[:, None] - means) ** 2, axis=0) / counts
        above = (self.above - 1) * self.floor * counts / len(x)
        return type(self)(counts / len(x), means, np.maximum(variances, self.floor) + above)


@pytest.mark.parametrize(("above", "passes"), [(1.0, True), (1.2, False)])
def test_a_gain_is_found_where_the_parabola_points_beyond_a_border(above, passes):
    x = np.random.default_rng(0).normal(0, 1.75, 60)        # variances near 3: at the floor of 4 the curve is concave
    model = type("Floored", (StopsAboveItsFloor,), {"above": above})([0.5, 0.5], [-1.0, 1.0], [5.0, 5.0])
    check = check_em(model, x)["M-step optimality"]
    assert check.passed is passes, check
    assert passes or "variances" in check.counterexample


def test_a_theorem_without_its_tolerance_would_be_seen(monkeypatch):
    """The table above is read from the theorems themselves: with another tolerance the same models change sides."""
    kind, wrong, _ = FINE["log-likelihood"]
    loose = tuple(dataclasses.replace(t, tolerance=1e-9) if t.name == "log-likelihood" else t for t in THEOREMS)
    monkeypatch.setattr("emlib.contracts.THEOREMS", loose)
    assert check_em(*fine(kind, wrong))["log-likelihood"].passed
