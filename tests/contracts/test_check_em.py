"""`check_em`: every theorem can turn red, right models pass, and what it says can be relied on."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import own_models
import pytest
from strategies import KINDS, random_gaussian

from emlib import CoinMixture, GaussianMixture, check_em, datasets
from emlib.contracts import THEOREMS, Check, Report
from emlib.contracts.parameters import Parameters
from emlib.contracts.trial import Trial
from emlib.lessons.detective import cases as detective
from emlib.lessons.detective.cases import Clusters

NAMES = [theorem.name for theorem in THEOREMS]


def data(seed=0):
    return detective.CASES["hard counts"].models(seed)[1]


def start(kind=Clusters, seed=0):
    x = data(seed)
    return kind([0.4, 0.6], np.quantile(x, [0.2, 0.7]), [x.var(), x.var()])


# Every check can fail: one mutation of the right model for each --------------------------------------------


class NotANumber(Clusters):
    def log_joint(self, x):
        return np.where(x[:, None] > np.median(x), np.nan, super().log_joint(x))


class Impossible(Clusters):
    def log_joint(self, x):
        return np.where(x[:, None] > np.median(x), -np.inf, super().log_joint(x))


class Transposed(Clusters):
    def log_joint(self, x):
        return super().log_joint(x).T


class SeesTheOthers(Clusters):
    def log_joint(self, x):
        return super().log_joint(x - x.mean())


class ChangesItself(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        self.weights, self.means, self.variances = new.weights, new.means, new.variances
        return self


class ChangesQ(Clusters):
    def m_step(self, x, q):
        q /= q.sum(axis=0)
        return super().m_step(x, q)


class ForgetsWeights(Clusters):
    def posterior(self, x):
        p = np.exp(self.log_joint(x) - np.log(self.weights))
        p = np.where(p.sum(axis=1, keepdims=True) > 0, p, 1)
        return p / p.sum(axis=1, keepdims=True)


class Decides(Clusters):
    def posterior(self, x):
        return np.eye(2)[self.log_joint(x).argmax(axis=1)]


class KeepsItsPosterior(Clusters):
    kept = None

    def posterior(self, x):
        return super().posterior(x) if self.kept is None or len(self.kept) != len(x) else self.kept

    def m_step(self, x, q):
        new = super().m_step(x, q)
        new.kept = super().posterior(x)
        return new


class Mean(Clusters):
    def log_lik(self, x):
        return super().log_lik(x) / len(x)


class Bits(Clusters):
    def log_lik(self, x):
        return super().log_lik(x) / np.log(2)


class LargestTerm(Clusters):
    def log_lik(self, x):
        return self.log_joint(x).max(axis=1).sum()


class ClipsQ(Clusters):
    def elbo(self, x, q):
        return super().elbo(x, np.clip(q, 1e-9, 1))


class WrongAtThePosterior(Clusters):
    def elbo(self, x, q):
        return super().elbo(x, q) - np.allclose(q, self.posterior(x))


class WrongSign(Clusters):
    def elbo(self, x, q):
        return np.sum(q * (self.log_joint(x) + np.log(q)))


class CountsForWeights(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(q.sum(axis=0), new.means, new.variances)


class SampleVariance(Clusters):
    def m_step(self, x, q):
        new, counts = super().m_step(x, q), q.sum(axis=0)
        return type(self)(new.weights, new.means, new.variances * counts / (counts - 0.5))


class SmoothedWeights(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)((new.weights + 0.01) / 1.02, new.means, new.variances)


class OneStaysBehind(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        means = np.array([self.means[0], new.means[1]])
        return type(self)(new.weights, means, np.sum(q * (x[:, None] - means) ** 2, axis=0) / q.sum(axis=0))


class NotANumberAfterwards(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.means * np.nan, new.variances)


class Raises(Clusters):
    def m_step(self, x, q):
        raise RuntimeError("the disk is full")


FIRST = {       # mutation: the theorem that must be named first
    NotANumber: "log joint", Impossible: "log joint", Transposed: "log joint", SeesTheOthers: "log joint",
    ChangesItself: "old model kept", ChangesQ: "old model kept", Raises: "old model kept",
    detective.WrongAxis: "posterior sums to 1", detective.Underflow: "posterior sums to 1",
    ForgetsWeights: "product rule", Decides: "product rule", KeepsItsPosterior: "product rule",
    Mean: "log-likelihood", Bits: "log-likelihood", LargestTerm: "log-likelihood",
    detective.QForBound: "identity, random q", detective.StaleBound: "identity, random q",
    ClipsQ: "identity, one-hot q", WrongAtThePosterior: "identity, posterior",
    CountsForWeights: "weights sum to 1",
    detective.HardCounts: "M-step ascent", detective.VarianceAsDeviation: "M-step ascent",
    detective.LastBatch: "M-step ascent", SampleVariance: "M-step ascent", NotANumberAfterwards: "M-step ascent",
    detective.OldMean: "M-step optimality", OneStaysBehind: "M-step optimality",
    detective.FrozenWeights: "weights move",
}
ALSO = {        # theorems that are consequences: a mutation that breaks them, whatever else it breaks
    "KL ≥ 0": WrongSign, "E-step is tight": WrongAtThePosterior, "monotone ascent": detective.VarianceAsDeviation,
    "Fisher's identity": Mean, "label permutation": OneStaysBehind, "fixed point": detective.VarianceAsDeviation,
    "M-step optimality": SmoothedWeights, "weights move": SmoothedWeights,
}


def test_the_right_model_passes_every_check():
    report = check_em(start(), data())
    assert report.passed and all(check.passed for check in report.checks), report


@pytest.mark.parametrize(("kind", "name"), [pytest.param(k, n, id=f"{k.__name__}-{n}") for k, n in FIRST.items()])
def test_a_mutation_is_named_first(kind, name):
    for seed in range(3):
        report = check_em(start(kind, seed), data(seed), seed)
        assert report.first_failure.name == name, report
        assert report.first_failure.counterexample


@pytest.mark.parametrize(("name", "kind"), ALSO.items())
def test_a_consequence_turns_red_too(name, kind):
    assert check_em(start(kind), data())[name].passed is False


def test_no_check_is_left_that_nothing_turns_red():
    assert {*FIRST.values(), *ALSO, "identifiable"} == set(NAMES)
    model, x = detective.CASES["three coins"].models()[:2]
    assert check_em(model, x)["identifiable"].passed is False


@pytest.mark.parametrize(("kind", "words"), [
    (Transposed, "is it transposed?"), (Mean, "the mean over the points"), (Bits, "to the base 2"),
    (LargestTerm, "the largest term only"), (Decides, "one-hot"), (KeepsItsPosterior, "kept from an older θ"),
    (ChangesItself, "no assignment to self"), (NotANumber, "0/0"),
    (SeesTheOthers, "must not depend on the other points"),
    (SampleVariance, "weighted average"), (SmoothedWeights, "weighted average")])
def test_a_mistake_that_is_known_gets_its_hint(kind, words):
    assert words in check_em(start(kind), data()).first_failure.hint


def test_the_wrong_sign_of_the_entropy_is_recognised():
    assert "wrong sign" in check_em(start(WrongSign), data())["identity, random q"].hint


def test_what_a_model_raises_is_the_counterexample():
    check = check_em(start(Raises), data())["M-step ascent"]
    assert (check.passed, check.counterexample) == (False, "raised RuntimeError: the disk is full")
    assert check.result == "the model raised an error"


# No false alarm ---------------------------------------------------------------------------------------------


def correct(i):
    """(model, data) number i: every family of the library and of `own_models`, starts, scales, places, floors."""
    rng = np.random.default_rng([77, i])
    if i % 2 == 0:
        return own_models.draw(own_models.KINDS[i // 2 % len(own_models.KINDS)], rng)
    kind, how = KINDS[i // 2 % 4], i // 2 % 5
    k, d = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    n = int(3 * k * (d + 3) + rng.integers(60))
    if how == 0:
        toss = CoinMixture(rng.dirichlet(np.full(k, 4.0)), rng.uniform(0.1, 0.9, k))
        model = CoinMixture(rng.dirichlet(np.full(k, 4.0)), rng.uniform(0.2, 0.8, k), bool(rng.integers(2)))
        return model, toss.sample(n, rng, tosses=int(rng.integers(8, 20)))[0]
    scale = 10.0 ** rng.uniform(-3, 3)
    x = random_gaussian(rng, kind, k, d, scale).sample(n, rng)[0]
    if how == 1:
        x = x + 1e6 * scale * rng.normal(size=d)
    if how == 2:
        return random_gaussian(rng, kind, k, d, scale), x
    floor = 0.3 * float(x.var(axis=0).min()) if how == 3 else 0.0
    return GaussianMixture.start(x, k, rng, kind, floor=floor), x


@functools.cache
def report_on(i):
    """The report on the right model number i."""
    return check_em(*correct(i), seed=i)


@pytest.mark.parametrize("block", range(10))
def test_no_false_alarm_in_200_right_models(block):
    for i in range(20 * block, 20 * block + 20):
        report = report_on(i)
        assert report.passed, f"model {i}\n{report}"


def test_the_200_models_put_every_theorem_to_the_test():
    asked = {name: 0 for name in NAMES}
    for i in range(60, 100):
        for check in report_on(i).checks:
            asked[check.name] += check.passed is not None
    assert min(asked.values()) >= 5, asked


# What it says can be relied on ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Clusters, detective.HardCounts, detective.StaleBound])
def test_the_same_seed_gives_the_same_report(kind):
    first, again = (check_em(start(kind), data(), seed=7) for _ in range(2))
    assert str(first) == str(again) and first._repr_html_() == again._repr_html_()


def test_the_model_and_the_data_are_left_as_they_were():
    model, x = start(ChangesItself), data()
    means, copy = model.means.copy(), x.copy()
    check_em(model, x)
    np.testing.assert_array_equal(model.means, means)
    np.testing.assert_array_equal(x, copy)


def test_every_check_has_what_a_reader_needs():
    report = check_em(start(detective.HardCounts), data())
    assert [check.name for check in report.checks] == NAMES
    for check in report.checks:
        assert check.line[0] == "W" and 1 <= int(check.line[1:]) <= 25
        assert len(check.statement) > 40 and check.quantity and check.why
        assert check.passed is (check.measured <= check.tolerance)
        assert bool(check.counterexample) is not check.passed
    assert report.first_failure is report.failures[0] is report["M-step ascent"]
    with pytest.raises(KeyError, match="no check is called 'luck'"):
        report["luck"]


def test_the_table_and_the_html_say_the_same():
    report = check_em(start(detective.HardCounts), data())
    text, page = str(report), report._repr_html_()
    assert text == repr(report) and max(map(len, text.splitlines())) <= 101
    for check in report.checks:
        assert f"{check.line:<4}{check.name}" in text
        assert check.name.replace("'", "&#x27;").replace(" ", "\xa0") in page
    assert report.first_failure.counterexample.split(":")[0].split(",")[0] in text
    assert page.count("✗") == len(report.failures)


def test_html_escapes_what_a_model_says():
    report = Report("<b>", (Check("a<b", "W1", "s" * 50, False, counterexample="<script>", hint="<i>"),))
    assert "<script>" not in report._repr_html_() and "&lt;script&gt;" in report._repr_html_()


def test_rounding_is_not_printed_for_it_differs_between_machines():
    for check in check_em(start(), data()).checks:
        assert check.result.endswith("none") or f"≤ {check.tolerance:.0e}" in check.result


@dataclass
class Hidden:
    """A model that keeps its parameters where nobody can see them."""

    inner: Any

    def log_joint(self, x):
        return self.inner.log_joint(x)

    def m_step(self, x, q):
        return Hidden(self.inner.m_step(x, q))


def test_what_does_not_apply_is_said_with_its_reason_and_never_counted_as_passed():
    report = check_em(Hidden(start()), data())
    assert report.passed
    absent = {check.name: check.reason for check in report.checks if check.passed is None}
    assert "no posterior of its own" in absent["product rule"] and "no log_lik" in absent["log-likelihood"]
    for name in ("M-step optimality", "weights move", "weights sum to 1", "Fisher's identity", "fixed point"):
        assert "no parameters were found" in absent[name]
    assert "not applicable: no parameters" in str(report)
    assert f"all {19 - len(absent)} theorems that apply hold; {len(absent)} do not" in report.verdict


def test_weights_held_on_purpose_are_declared():
    x = datasets.two_coins()
    held = check_em(CoinMixture([0.5, 0.5], [0.6, 0.5], learn_weights=False), x)
    assert held.passed and held["weights move"].passed is None and "on purpose" in held["weights move"].reason
    assert check_em(CoinMixture([0.5, 0.5], [0.6, 0.5]), x)["weights move"].passed


def test_more_points_than_needed_are_drawn_from():
    class AtMost600(Clusters):
        def log_joint(self, x):
            assert len(x) <= 600
            return super().log_joint(x)

    assert check_em(start(AtMost600), np.tile(data(), 400)).passed


@pytest.mark.parametrize(("model", "x", "words"), [
    (object(), [1.0, 2.0], "model has no method log_joint"),
    (type("Half", (), {"log_joint": lambda self, x: x})(), [1.0, 2.0], "model has no method m_step"),
    (start(), [], "give at least 2 points"), (start(), 3.0, "give at least 2 points"),
    (start(), [1.0], "give at least 2 points")])
def test_bad_input(model, x, words):
    with pytest.raises(ValueError, match=words):
        check_em(model, x)


def test_a_log_joint_that_is_no_table_stops_the_rest():
    class Flat(Clusters):
        def log_joint(self, x):
            return super().log_joint(x)[:, 0]
    report = check_em(start(Flat), data())
    assert report.first_failure.name == "log joint" and "no array (N, K)" in report.first_failure.counterexample
    assert {check.passed for check in report.checks[1:]} == {None}


# How parameters are found -----------------------------------------------------------------------------------


def found(kind):
    model, x = own_models.draw(kind, np.random.default_rng(3))
    trial = Trial(model, x, 0)
    return trial.parameters, trial


@pytest.mark.parametrize(("kind", "names", "weights", "held"), [
    (own_models.PoissonMixture, ["weights", "rates"], "weights", []),
    (own_models.ExponentialMixture, ["pi", "scale"], "pi", []),
    (own_models.BernoulliMixture, ["weights", "probs"], "weights", []),
    (own_models.CategoricalMixture, ["weights", "table"], "weights", []),
    (own_models.KnownSpread, ["share", "places", "known"], "share", ["known"]),
    (own_models.EqualShares, ["weights", "means", "variances"], "weights", ["weights"]),
    (own_models.LineMixture, ["weights", "lines", "noise"], "weights", [])])
def test_parameters_are_found_whatever_they_are_called(kind, names, weights, held):
    parameters, trial = found(kind)
    assert parameters.names == names
    assert parameters.weights(trial.model, trial.k) == weights
    assert parameters.held == held


def test_directions_keep_distributions_and_symmetry():
    rng, (parameters, trial) = np.random.default_rng(0), found(own_models.CategoricalMixture)
    for direction in parameters.directions(trial.model, rng):
        moved = parameters.moved(trial.model, direction, 0.5 * direction.size)
        assert np.allclose(moved.table.sum(axis=1), 1) and np.isclose(np.sum(moved.weights), 1)
        assert (np.asarray(moved.table) >= 0).all()
    x = datasets.old_faithful()
    model = GaussianMixture.start(x, 2, 0)
    for direction in Parameters([model], x).directions(model, rng):
        if direction.name == "covariances":
            np.testing.assert_array_equal(direction.delta, np.swapaxes(direction.delta, -1, -2))


def test_relabelled_finds_which_arrays_carry_the_labels():
    x = datasets.old_faithful()
    for kind in KINDS:
        model = GaussianMixture.start(x, 3, 0, kind).m_step(x, np.random.default_rng(1).dirichlet([1] * 3, size=len(x)))
        other = Parameters([model], x).relabelled(model, [2, 0, 1])
        np.testing.assert_array_equal(other.means, model.means[[2, 0, 1]])
        np.testing.assert_allclose(other.log_joint(x), model.log_joint(x)[:, [2, 0, 1]], rtol=1e-12)
