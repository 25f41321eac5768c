"""What a report says, to the letter: names of what is held or ignored, numbers that differ, and what was not seen."""

import math

import numpy as np
import pytest
from test_kinds import Poissons, counts, reals

from emlib import check_em
from emlib.contracts.show import apart
from emlib.contracts.trial import Trial
from emlib.lessons.detective.cases import Clusters


def test_an_ignored_number_is_named_like_an_ignored_array():
    """A number on its own, which has no order that could be turned round."""
    class Drifting(Poissons):
        def __init__(self, weights, rates, drift=1.0):
            super().__init__(weights, rates)
            self.drift = drift

        def m_step(self, x, q):
            new = super().m_step(x, q)
            return Drifting(new.weights, new.rates, q[:, 0] @ x)
    for seed in range(3):
        first = check_em(Drifting([0.4, 0.6], [1.0, 5.0]), counts(np.random.default_rng(seed)), seed).first_failure
        assert first.name == "parameters move"
        assert "drift moves in every M-step, yet log_joint is the same for any other drift" in first.counterexample


def test_an_entry_of_a_list_that_is_held_is_told_by_its_own_name():
    class Listed(Poissons):
        held = ("parts[1]['rate']",)

        def __init__(self, parts):
            self.parts = parts

        weights = property(lambda self: np.array([part["share"] for part in self.parts]))
        rates = property(lambda self: np.array([part["rate"] for part in self.parts]))

        def m_step(self, x, q):
            return Listed([{"share": q[:, 0].mean(), "rate": q[:, 0] @ x / q[:, 0].sum()},
                           {"share": q[:, 1].mean(), "rate": self.parts[1]["rate"]}])
    start = [{"share": 0.4, "rate": 1.0}, {"share": 0.6, "rate": 5.0}]
    report = check_em(Listed(start), counts(np.random.default_rng(0)))
    assert report.passed, report
    assert "Updates of what is held or left alone: parts[1]['rate']." in report.not_tested
    free = check_em(type("Free", (Listed,), {"held": ()})(start), counts(np.random.default_rng(0)))
    assert not free.passed and "held = (\"parts[1]['rate']\",)" in free.first_failure.hint


def test_where_runs_end_is_said_only_where_it_was_seen():
    x = reals(np.random.default_rng(0), 60)
    level = "where they stop log p(x|θ) is level"
    report = check_em(Clusters([0.4, 0.6], [-2.0, 1.0], [1.0, 2.0]), x)
    assert report["fixed point"].passed and any(level in sentence for sentence in report.not_tested)
    single = type("Single", (Clusters,), {"log_joint": lambda self, x: Clusters.log_joint(self, x).astype(np.float32)})
    report = check_em(single([0.4, 0.6], [-2.0, 1.0], [1.0, 2.0]), x)
    assert report["fixed point"].passed is None and not any(level in sentence for sentence in report.not_tested)
    assert any("log p(x|θ) is level was not seen either" in sentence for sentence in report.not_tested)


@pytest.mark.parametrize(("pair", "shown"), [
    ((-33.34012, -33.34022), ("-33.3401", "-33.3402")), ((1.0, 2.0), ("1", "2")), ((-5.749, -5.638),) * 2,
    ((0.0, math.nan), ("0", "nan")), ((-math.inf, 3.0), ("-inf", "3")), ((3.0, 3.0), ("3", "3"))])
def test_two_numbers_that_differ_are_shown_apart(pair, shown):
    assert apart(*pair) == tuple(str(number) for number in shown)


# Near the tolerances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "moves"), [(1e-7, True), (0.0, False)])
def test_a_short_step_is_no_parameter_left_alone(part, moves):
    slow = type("Slow", (Poissons,), {"generalised": True, "m_step": lambda self, x, q: type(self)(
        q.mean(axis=0), self.rates + part * (q.T @ x / q.sum(axis=0) - self.rates))})
    for seed in range(3):
        report = check_em(slow([0.4, 0.6], [1.0, 5.0]), counts(np.random.default_rng(seed)), seed)
        assert report["parameters move"].passed is moves, report


def test_sums_that_are_off_by_a_hundred_thousandth_are_named():
    x = counts(np.random.default_rng(0))
    heavy = type("Heavy", (Poissons,), {"m_step": lambda self, x, q: type(self)(
        q.mean(axis=0) * (1 + 1e-5), q.T @ x / q.sum(axis=0))})
    assert check_em(heavy([0.4, 0.6], [1.0, 5.0]), x)["weights sum to 1"].passed is False

    def posterior(self, x):
        p = np.exp(self.log_joint(x))
        return p / p.sum(axis=1, keepdims=True) * (1 + 1e-5)
    assert check_em(type("Own", (Poissons,), {"posterior": posterior})([0.4, 0.6], [1.0, 5.0]), x)[
        "posterior sums to 1"].passed is False


def test_where_rounding_is_large_a_step_is_larger_and_the_gain_is_right():
    """Means half a standard deviation too large cost N/2 · ½² = 12.5 nats, whatever log 10¹¹! rounds away."""
    size = 1e11
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rates = size * np.array([1, 1 + 6 / np.sqrt(size)])
        x = np.round(rng.normal(rates[rng.integers(2, size=100)], np.sqrt(size))).astype(np.int64)
        off = type("Off", (Poissons,), {"m_step": lambda self, x, q: type(self)(
            q.mean(axis=0), (q.T @ x / q.sum(axis=0)) * (1 + 0.5 / np.sqrt(size)))})
        found = Trial(off([0.5, 0.5], [rates[0] - np.sqrt(size), rates[1] + np.sqrt(size)]), x, seed).searches
        for _, _, better in found:
            assert better.after - better.before == pytest.approx(12.5, abs=0.15)


class Counts(Poissons):
    """A right model that counts its M-steps under a public name."""

    def __init__(self, weights, rates, n_iter=0):
        super().__init__(weights, rates)
        self.n_iter = n_iter

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0), self.n_iter + 1)


class CountsInSilence(Counts):
    def __init__(self, weights, rates, _n_iter=0):
        Poissons.__init__(self, weights, rates)
        self._n_iter = _n_iter

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0), self._n_iter + 1)


@pytest.mark.parametrize("seed", range(3))
def test_what_every_m_step_moves_by_the_same_amount_is_moved_too(seed):
    x = counts(np.random.default_rng(seed))
    first = check_em(Counts([0.5, 0.5], [1.0, 6.0]), x, seed).first_failure
    assert first.name == "parameters move" and first.counterexample.startswith("n_iter moves in every M-step")
    assert "begins with “_”" in first.hint
    assert check_em(CountsInSilence([0.5, 0.5], [1.0, 6.0]), x, seed).passed


class Geometrics(Poissons):
    """Whose M-step goes over to another family."""

    def log_joint(self, x):
        return np.log(self.weights) + np.outer(x, np.log(self.rates / (1 + self.rates))) - np.log1p(self.rates)

    def m_step(self, x, q):
        return Poissons(q.mean(axis=0), q.T @ x / q.sum(axis=0))


class Renamed(Poissons):
    """The same family under another name is no other family."""

    def m_step(self, x, q):
        return Other(q.mean(axis=0), q.T @ x / q.sum(axis=0))


class Other:
    __init__, log_joint, m_step = Poissons.__init__, Poissons.log_joint, Poissons.m_step


def test_an_m_step_that_goes_over_to_another_family_is_named():
    x = counts(np.random.default_rng(0))
    first = check_em(Geometrics([0.5, 0.5], [1.0, 6.0]), x).first_failure
    assert "m_step returned a Poissons, which says something else of x and z than Geometrics" in first.counterexample
    assert check_em(Renamed([0.5, 0.5], [1.0, 6.0]), x).passed


def test_a_mistake_of_the_sum_itself_is_not_told_as_not_tested(monkeypatch):
    """What the model raises is a reason not to sum; what the sum raises of itself is a bug, and must be seen."""
    x, model = counts(np.random.default_rng(0)), Poissons([0.5, 0.5], [1.0, 6.0])
    assert check_em(model, x)["density sums to 1"].passed
    monkeypatch.setattr("emlib.contracts.density.PLACES", None)
    check = check_em(model, x)["density sums to 1"]
    assert check.passed is False and "raised TypeError" in check.counterexample
