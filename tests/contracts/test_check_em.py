"""`check_em`: every theorem can turn red, right models pass, and what it says can be relied on."""

import functools

import numpy as np
import own_models
import pytest
from strategies import KINDS, random_gaussian

from emlib import CoinMixture, GaussianMixture, check_em, datasets
from emlib.contracts import THEOREMS, Check, Report
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


class StaysPut(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        variances = np.sum(q * (x[:, None] - self.means) ** 2, axis=0) / q.sum(axis=0)
        return type(self)(new.weights, self.means, variances)


class OneSpread(Clusters):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.means, self.variances)


class ForgetsTheSpread(Clusters):
    def log_joint(self, x):
        return super().log_joint(x) + 0.5 * np.log(self.variances)


class SquaresItsWeights(Clusters):
    def m_step(self, x, q, sample_weight=None):
        w = 1 if sample_weight is None else sample_weight[:, None] ** 2
        new = super().m_step(x, q * w)
        return type(self)(new.weights / new.weights.sum(), new.means, new.variances)


class ForgetsRates(own_models.PoissonMixture):
    def m_step(self, x, q):
        return ForgetsRates(q.mean(axis=0).tolist(), self.rates)


FIRST = {       # mutation: the theorem that must be named first
    NotANumber: "log joint", Impossible: "log joint", Transposed: "log joint", SeesTheOthers: "log joint",
    ForgetsTheSpread: "density sums to 1", SquaresItsWeights: "sample weights",
    ChangesItself: "old model kept", ChangesQ: "old model kept", Raises: "old model kept",
    detective.WrongAxis: "posterior sums to 1", detective.Underflow: "posterior sums to 1",
    ForgetsWeights: "product rule", Decides: "product rule", KeepsItsPosterior: "product rule",
    Mean: "log-likelihood", Bits: "log-likelihood", LargestTerm: "log-likelihood",
    detective.QForBound: "identity, random q", detective.StaleBound: "identity, random q",
    ClipsQ: "identity, one-hot q", WrongAtThePosterior: "identity, posterior",
    CountsForWeights: "weights sum to 1",
    detective.HardCounts: "M-step ascent", detective.VarianceAsDeviation: "M-step ascent",
    detective.LastBatch: "M-step ascent", SampleVariance: "M-step ascent", NotANumberAfterwards: "M-step ascent",
    detective.OldMean: "M-step optimality", OneStaysBehind: "parameters move",
    detective.FrozenWeights: "weights move", StaysPut: "parameters move", OneSpread: "parameters move",
}
ALSO = {        # theorems that are consequences: a mutation that breaks them, whatever else it breaks
    "KL ≥ 0": WrongSign, "E-step is tight": WrongAtThePosterior, "monotone ascent": detective.VarianceAsDeviation,
    "Fisher's identity": Mean, "label permutation": OneStaysBehind, "fixed point": detective.VarianceAsDeviation,
    "M-step optimality": SmoothedWeights, "weights move": SmoothedWeights,
}


def test_the_right_model_passes_every_check():
    report = check_em(start(), data())
    assert report.passed, report
    assert [check.name for check in report.checks if not check.passed] == ["sample weights"]


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
    assert (check.passed, check.counterexample) == (False, "m_step raised RuntimeError: the disk is full")
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
        assert not check.line or (check.line[0] == "W" and 1 <= int(check.line[1:]) <= 25)
        assert len(check.statement) > 40 and check.quantity and check.why
        assert check.passed is (None if check.reason else check.measured <= check.tolerance)
        assert bool(check.counterexample) is (check.passed is False)
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
        if check.passed is None:
            continue
        assert check.result.endswith("none") or f"≤ {check.tolerance:.0e}" in check.result


class Hidden:
    """A model that keeps its parameters where nobody can see them: in its methods."""

    def __init__(self, inner):
        self.log_joint = inner.log_joint
        self.m_step = lambda x, q: Hidden(inner.m_step(x, q))


def test_what_does_not_apply_is_said_with_its_reason_and_never_counted_as_passed():
    report = check_em(Hidden(start()), data())
    assert report.passed
    absent = {check.name: check.reason for check in report.checks if check.passed is None}
    assert "no posterior of its own" in absent["product rule"] and "no log_lik" in absent["log-likelihood"]
    for name in ("M-step optimality", "weights move", "parameters move", "weights sum to 1", "Fisher's identity",
                 "fixed point"):
        assert "no parameters were found" in absent[name]
    assert "not applicable: no parameters" in str(report)
    assert f"all {len(THEOREMS) - len(absent)} checks that apply hold; {len(absent)} do not apply." in report.verdict


def test_weights_held_on_purpose_are_declared():
    x = datasets.two_coins()
    held = check_em(CoinMixture([0.5, 0.5], [0.6, 0.5], learn_weights=False), x)
    assert held.passed and held["weights move"].passed is None and "on purpose" in held["weights move"].reason
    assert held["parameters move"].passed
    assert check_em(CoinMixture([0.5, 0.5], [0.6, 0.5]), x)["weights move"].passed


def test_an_m_step_that_never_updates_its_rates_is_not_certified():
    rng = np.random.default_rng(0)
    report = check_em(ForgetsRates([0.4, 0.6], [1.0, 5.0]), rng.poisson(rng.choice([1.0, 6.0], size=80)))
    assert [check.name for check in report.failures] == ["parameters move"]
    assert "rates = [1, 5]" in report.first_failure.counterexample
    assert 'held = ("rates",)' in report.first_failure.hint


@pytest.mark.parametrize(("held", "passes"), [
    (("variances",), True), ("variances", True), (("variances[0]", "variances[1]"), True), (("variances[0]",), False)])
def test_what_is_held_on_purpose_is_declared(held, passes):
    report = check_em(start(type("Declared", (OneSpread,), {"held": held})), data())
    assert [check.name for check in report.failures] == ([] if passes else ["parameters move"])


def test_an_entry_that_is_held_is_neither_tried_nor_asked_to_move():
    kind = type("Declared", (OneStaysBehind,), {"held": ("means[0]",)})
    assert check_em(start(kind), data()).passed
    kind = type("Wrong", (Clusters,), {"held": ("means[0]",)})
    first = check_em(start(kind), data()).first_failure
    assert first.name == "parameters move" and "means is named in held, yet the M-step moves it" in first.counterexample


@pytest.mark.parametrize("held", ["varience", ("means[2]",), ("means[first]",), ("means[0",)])
def test_held_that_names_no_parameter_is_refused(held):
    with pytest.raises(ValueError, match="parameters found are weights, means, variances"):
        check_em(start(type("Misspelt", (Clusters,), {"held": held})), data())


def test_a_parameter_at_its_floor_need_not_move():
    x = datasets.old_faithful()
    report = check_em(GaussianMixture.start(x, 2, 0, "spherical", floor=1e4), x)
    assert report["parameters move"].passed, report


def test_counts_that_agree_by_chance_are_no_parameter_that_stands_still():
    for seed in range(40):
        x = CoinMixture([1.0], [0.6]).sample(12, np.random.default_rng(seed), tosses=3)[0]
        assert check_em(CoinMixture([1.0], [0.5]), x, seed)["parameters move"].passed


def test_more_points_than_needed_are_drawn_from():
    class AtMost600(Clusters):
        def log_joint(self, x):
            assert len(x) <= 600
            return super().log_joint(x)

    assert check_em(start(AtMost600), np.tile(data(), 400)).passed


@pytest.mark.parametrize(("model", "x", "words"), [
    (object(), [1.0, 2.0], r"model has no method log_joint; check_em needs log_joint\(x\) → \(N, K\) and m_step"),
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


def test_an_m_step_that_fills_the_gaps_of_x_in_place_is_named():
    class Gaps(Clusters):
        def log_joint(self, x):
            return np.where(np.isnan(x)[:, None], np.log(self.weights), super().log_joint(x))

        def m_step(self, x, q):
            known = ~np.isnan(x)
            new = super().m_step(x[known], q[known])
            return type(self)(q.mean(axis=0), new.means, new.variances)

    class FillsInPlace(Gaps):
        def m_step(self, x, q):
            new = super().m_step(x, q)
            np.nan_to_num(x, copy=False)
            return new

    x = data()
    x[::7] = np.nan
    kwargs = [0.4, 0.6], np.nanquantile(x, [0.2, 0.7]), np.full(2, np.nanvar(x))
    assert check_em(Gaps(*kwargs), x).passed
    first = check_em(FillsInPlace(*kwargs), x).first_failure
    assert first.name == "old model kept" and "x has changed" in first.counterexample


def test_letters_are_data_like_any_other():
    class Letters(own_models.CategoricalMixture):
        def coded(self, x):
            return np.searchsorted(list("ACGT"), x)

        def log_joint(self, x):
            return super().log_joint(self.coded(x))

        def m_step(self, x, q):
            return type(self)(*vars(super().m_step(self.coded(x), q)).values())

    class Shifted(Letters):
        def log_lik(self, x):
            return np.logaddexp.reduce(self.log_joint(x), axis=1).sum() + 1

    model, codes = own_models.draw(own_models.CategoricalMixture, np.random.default_rng(1))
    x = np.array(list("ACGT"))[codes]
    assert check_em(Letters(model.weights, model.table), x).passed
    first = check_em(Shifted(model.weights, model.table), x).first_failure
    assert first.name == "log-likelihood" and "A" in first.counterexample
