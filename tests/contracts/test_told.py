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
