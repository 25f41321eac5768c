"""`check_em` where z is no label: numbers, missing cells, paths; right models are certified, broken ones named."""

from dataclasses import dataclass, fields, replace
from typing import Any

import latent_models
import numpy as np
import pytest
from latent_models import FactorAnalysis, HiddenMarkov, IncompleteNormal

from emlib import check_em
from emlib.contracts import THEOREMS
from emlib.contracts.data import as_data, difference, take
from emlib.contracts.show import numbers
from emlib.posteriors import Cells, Chains, Gaussians

LABELS_ONLY = {"posterior sums to 1", "product rule", "identity, one-hot q", "weights sum to 1", "weights move",
               "label permutation", "identifiable"}
HOME = {FactorAnalysis: "factors", IncompleteNormal: "holes", HiddenMarkov: "paths"}


SMALL = {FactorAnalysis: {"n": 60}, IncompleteNormal: {"n": 30}, HiddenMarkov: {"lengths": (12, 1, 20, 7)}}


def case(kind, seed=0):
    """(a model of this kind, data), the kind being one of the three or a mutation of it."""
    base = next(b for b in HOME if issubclass(kind, b))
    model, x = latent_models.CASES[HOME[base]](np.random.default_rng(seed), **SMALL[base])
    return kind(*vars(model).values()), x


# Right models ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HOME)
def test_a_right_model_is_certified(kind):
    for seed in range(5):
        report = check_em(*case(kind, seed), seed)
        assert report.passed, f"seed {seed}\n{report}"
        absent = {check.name for check in report.checks if check.reason == "z is no label"}
        assert absent == LABELS_ONLY == {theorem.name for theorem in THEOREMS if theorem.labels_only}
        rest = {check.name for check in report.checks if check.passed is None} - LABELS_ONLY
        assert rest <= {"fixed point", "density sums to 1"}                 # EM may be slow; rows are long


@pytest.mark.parametrize("kind", HOME)
def test_the_same_seed_gives_the_same_report(kind):
    first, again = (check_em(*case(kind), seed=3) for _ in range(2))
    assert str(first) == str(again)


@pytest.mark.parametrize("kind", [IncompleteNormal, HiddenMarkov])
def test_fixed_points_are_looked_at_where_em_converges(kind):
    assert check_em(*case(kind))["fixed point"].passed


# Broken models: the theorem that is named first ------------------------------------------------------------------


class NoPairs(HiddenMarkov):
    """Pair counts from the products of marginals, as if z_t did not depend on z_{t−1}."""

    def m_step(self, x, q):
        new, g = super().m_step(x, q), q.marginals
        pairs = sum(rows[:-1].T @ rows[1:] for rows in g)
        return replace(new, transitions=pairs / pairs.sum(axis=1, keepdims=True))


class FirstOfOneSequence(HiddenMarkov):
    def m_step(self, x, q):
        return replace(super().m_step(x, q), initial=q.first[0])


class TransitionsStay(HiddenMarkov):
    def m_step(self, x, q):
        return replace(super().m_step(x, q), transitions=self.transitions)


class ForgetsLastSymbol(HiddenMarkov):
    def log_liks(self, x):
        return super().log_liks([s[:-1] if len(s) > 1 else s for s in x])


class FilteredPath(HiddenMarkov):
    """The chain run forwards only: it does not know what is still to come."""

    def posterior(self, x):
        q = super().posterior(x)
        return Chains(q.first, [np.tile(self.transitions, (len(m), 1, 1)) for m in q.moves])


class ForgetsSpread(IncompleteNormal):
    """The conditional covariance of the missing cells is left out: notebook 13's mistake."""

    def m_step(self, x, q):
        r = q.filled - q.filled.mean(axis=0)
        return type(self)(q.filled.mean(axis=0), r.T @ r / len(x) + 1e-3 * np.eye(x.shape[1]))


class SampleCovariance(IncompleteNormal):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return replace(new, covariance=new.covariance * len(x) / max(len(x) - 1, 1))


class MarginalSpread(IncompleteNormal):
    """The marginal covariance of the missing cells where the conditional one is due."""

    def posterior(self, x):
        q = super().posterior(x)
        cov = np.where(q.missing[:, :, None] & q.missing[:, None, :], self.covariance, 0.0)
        return Cells(q.filled, cov, q.missing)


class WritesIntoX(IncompleteNormal):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        np.nan_to_num(x, copy=False)
        return new


class WritesIntoQ(FactorAnalysis):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        q.cov[0] *= 1 + 1e-15
        return new


class NoiseWithoutSpread(FactorAnalysis):
    """ψ from the residuals of the means alone: the spread of z is forgotten."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return replace(new, noise_variances=((x - new.mean - q.mean @ new.loadings.T) ** 2).mean(axis=0))


class LoadingsStay(FactorAnalysis):
    def m_step(self, x, q):
        r = x - self.mean
        misfit = (r - q.mean @ self.loadings.T) ** 2 + np.einsum("dl,nlm,dm->nd", self.loadings, q.cov, self.loadings)
        return replace(self, noise_variances=misfit.mean(axis=0))


class ConstantLeftOut(FactorAnalysis):
    def log_liks(self, x):
        return super().log_liks(x) + 0.5 * x.shape[1] * np.log(2 * np.pi)


class PriorOfZLeftOut(FactorAnalysis):
    def expected_log_joint(self, x, q):
        return super().expected_log_joint(x, q) + 0.5 * np.trace(q.cov, axis1=1, axis2=2)


class OldPosterior(FactorAnalysis):
    """The posterior of another θ: the noise is taken twice as large."""

    def posterior(self, x):
        return FactorAnalysis(self.loadings, self.mean, 2 * self.noise_variances).posterior(x)


class NotANumber(FactorAnalysis):
    def log_liks(self, x):
        return np.where(x[:, 0] > self.mean[0], np.nan, super().log_liks(x))


class Total(FactorAnalysis):
    def expected_log_joint(self, x, q):
        return super().expected_log_joint(x, q).sum()


class SeesOthers(FactorAnalysis):
    def log_liks(self, x):
        return super().log_liks(x - x.mean(axis=0))


class HalfLogLik(FactorAnalysis):
    def log_lik(self, x):
        return super().log_lik(x) / len(x)


class Raises(FactorAnalysis):
    def m_step(self, x, q):
        raise RuntimeError("the disk is full")


class NoEntropy(Gaussians):
    def entropy(self):
        return np.zeros(len(self))


class WrongSign(Gaussians):
    def entropy(self):
        return -super().entropy()


class WrongWay(Gaussians):
    def kl(self, other):
        return Gaussians.kl(other, self)


class MeansOnly(Gaussians):
    """A KL that forgets the covariances."""

    def kl(self, other):
        return Gaussians.kl(type(self)(self.mean, other.cov), other)


class EntropyOfUnits(Gaussians):
    """log 2π where log 2πe is due: wrong by a constant, the same for every q."""

    def entropy(self):
        return super().entropy() - 0.5 * self.mean.shape[1]


class PathEntropy(Chains):
    def entropy(self):
        return super().entropy() + 0.5


class WrongWayOfPaths(Chains):
    def kl(self, other):
        return Chains.kl(other, self)


class WrongWayOfCells(Cells):
    def kl(self, other):
        return Cells.kl(other, self)


class WrongRows(Gaussians):
    def __getitem__(self, rows):
        chosen = np.arange(len(self))[rows]
        return super().__getitem__(len(self) - 1 - chosen)


def with_q(family):
    """The model of this kind of q, whose q is of another family."""
    base = {Gaussians: FactorAnalysis, Cells: IncompleteNormal, Chains: HiddenMarkov}[family.__base__]

    def posterior(self, x):
        q = base.posterior(self, x)
        return family(*(getattr(q, field.name) for field in fields(q)))
    return type(family.__name__, (base,), {"posterior": posterior})


FIRST = {
    NotANumber: "log joint", Total: "log joint", SeesOthers: "log joint", with_q(WrongRows): "log joint",
    WritesIntoX: "old model kept", WritesIntoQ: "old model kept", Raises: "old model kept",
    HalfLogLik: "log-likelihood",
    ConstantLeftOut: "identity, random q", PriorOfZLeftOut: "identity, random q", OldPosterior: "identity, random q",
    MarginalSpread: "identity, random q", ForgetsLastSymbol: "identity, random q", FilteredPath: "identity, random q",
    with_q(NoEntropy): "identity, random q", with_q(WrongSign): "identity, random q",
    with_q(WrongWay): "identity, random q", with_q(MeansOnly): "identity, random q",
    with_q(WrongWayOfCells): "identity, random q", with_q(WrongWayOfPaths): "identity, random q",
    with_q(EntropyOfUnits): "identity, random q", with_q(PathEntropy): "identity, random q",
    NoPairs: "M-step ascent", FirstOfOneSequence: "M-step ascent", ForgetsSpread: "M-step ascent",
    SampleCovariance: "M-step ascent", NoiseWithoutSpread: "M-step ascent",
    TransitionsStay: "parameters move", LoadingsStay: "parameters move",
}


@pytest.mark.parametrize(("kind", "name"), [pytest.param(k, n, id=f"{k.__name__}-{n}") for k, n in FIRST.items()])
def test_a_mutation_is_named_first(kind, name):
    for seed in range(1, 3):
        report = check_em(*case(kind, seed), seed)
        assert report.first_failure.name == name, report
        assert report.first_failure.counterexample


@pytest.mark.parametrize(("kind", "words"), [
    (with_q(WrongWay), "its two arguments are exchanged"), (with_q(WrongWayOfCells), "its two arguments are exchanged"),
    (with_q(WrongWayOfPaths), "its two arguments are exchanged"), (with_q(EntropyOfUnits), "as much for every q"),
    (with_q(PathEntropy), "as much for every q"), (with_q(NoEntropy), "entropy() is 0"),
    (with_q(WrongSign), "that has the wrong sign"), (ConstantLeftOut, "as much for every q"),
    (with_q(MeansOnly), "look at q.kl"), (TransitionsStay, 'held = ("transitions",)'),
    (with_q(WrongRows), "q[rows] is the q of these rows")])
def test_a_mistake_that_is_known_gets_its_hint(kind, words):
    assert words in check_em(*case(kind)).first_failure.hint


def test_a_posterior_that_is_wrong_leaves_the_bound_loose():
    for kind in (OldPosterior, MarginalSpread, FilteredPath):
        assert check_em(*case(kind))["E-step is tight"].passed is False


def test_a_negative_kl_is_named():
    class Negative(Gaussians):
        def kl(self, other):
            return super().kl(other) - 2

    class NegativeHere(Gaussians):
        """Below 0 in one row, as much too large in another: every sum over the rows is right."""

        def kl(self, other):
            off = np.zeros(len(self))
            if len(self) > 2:
                off[1:3] = 100, -100
            kl = super().kl(other)
            return kl + off * (kl.max() > 1e-9)

    for family in (Negative, NegativeHere):
        assert check_em(*case(with_q(family)))["KL ≥ 0"].passed is False
    assert "of one row" in check_em(*case(with_q(NegativeHere)))["KL ≥ 0"].counterexample


def test_a_counterexample_has_few_sequences_and_can_be_read():
    first = check_em(*case(NoPairs)).first_failure
    assert int(first.counterexample.split()[0]) <= 4 and "sequence" in first.counterexample
    assert "L(q, ·) falls by" in first.counterexample


@pytest.mark.parametrize(("name", "tiny"), [("identity, random q", 3e-10), ("E-step is tight", 3e-10)])
def test_the_identity_is_held_to_its_tolerance(name, tiny):
    def off(eps):
        return type("Off", (FactorAnalysis,), {
            "log_liks": lambda self, x: FactorAnalysis.log_liks(self, x) * (1 + eps), "log_lik": None})
    # relative to the largest of log p, ELBO and KL: at a random q the last two are larger than the first
    assert check_em(*case(off(30 * tiny)))[name].passed is False
    assert check_em(*case(off(tiny / 10)))[name].passed


# MAP, and parameters kept in objects ------------------------------------------------------------------------------


class WishartPrior(IncompleteNormal):
    """log p(θ) = −½ [a log |Σ| + tr(S Σ⁻¹)]: the M-step adds S and a to what it divides."""

    a, s = 6.0, 0.5

    def log_prior(self):
        return float(-0.5 * (self.a * np.linalg.slogdet(self.covariance)[1]
                             + self.s * np.trace(np.linalg.inv(self.covariance))))

    def m_step(self, x, q):
        new = IncompleteNormal(self.mean, self.covariance).m_step(x, q)
        return type(self)(new.mean, (new.covariance * len(x) + self.s * np.eye(x.shape[1])) / (len(x) + self.a))


class ForgetsItsPrior(WishartPrior):
    def m_step(self, x, q):
        new = IncompleteNormal(self.mean, self.covariance).m_step(x, q)
        return type(self)(new.mean, new.covariance)


def test_map_is_certified_and_a_forgotten_prior_is_named():
    assert check_em(*case(WishartPrior)).passed
    first = check_em(*case(ForgetsItsPrior)).first_failure
    assert first.name in ("M-step ascent", "M-step optimality") and "log_prior" in first.hint


@dataclass(frozen=True, eq=False)
class Table:
    """The emissions of a hidden Markov model, an object of their own."""

    probs: np.ndarray


@dataclass(frozen=True, eq=False)
class WithEmissions:
    initial: np.ndarray
    transitions: np.ndarray
    emissions: Any

    def inner(self):
        return HiddenMarkov(self.initial, self.transitions, self.emissions.probs)

    def log_liks(self, x):
        return self.inner().log_liks(x)

    def posterior(self, x):
        return self.inner().posterior(x)

    def expected_log_joint(self, x, q):
        return self.inner().expected_log_joint(x, q)

    def m_step(self, x, q):
        new = self.inner().m_step(x, q)
        return type(self)(new.initial, new.transitions, Table(new.emissions))


class EmissionsStay(WithEmissions):
    def m_step(self, x, q):
        return replace(super().m_step(x, q), emissions=self.emissions)


def test_parameters_inside_an_object_are_tried_too():
    model, x = case(HiddenMarkov)
    parts = model.initial, model.transitions, Table(model.emissions)
    assert check_em(WithEmissions(*parts), x).passed
    first = check_em(EmissionsStay(*parts), x).first_failure
    assert first.name == "parameters move" and "emissions.probs" in first.counterexample


def test_an_update_that_needs_no_q_is_no_parameter_left_alone():
    class SampleMean(FactorAnalysis):
        def m_step(self, x, q):
            return replace(super().m_step(x, q), mean=x.mean(axis=0))

    assert check_em(*case(SampleMean))["parameters move"].passed


# What x may be ---------------------------------------------------------------------------------------------------


class OneOrMany(HiddenMarkov):
    """It takes one sequence as it is, as the library's own does."""

    def m_step(self, x, q):
        return super().m_step(self.many(x), q)

    def log_liks(self, x):
        return super().log_liks(self.many(x))

    def posterior(self, x):
        return super().posterior(self.many(x))

    def expected_log_joint(self, x, q):
        return super().expected_log_joint(self.many(x), q)

    def many(self, x):
        return x if isinstance(x, list) else [x]


def test_one_sequence_is_one_piece():
    model, x = case(OneOrMany)
    one = np.concatenate(x)
    assert str(check_em(model, one)) == str(check_em(model, [one])) and check_em(model, one).passed
    wrong = type("Wrong", (OneOrMany, TransitionsStay), {})
    assert check_em(wrong(*vars(model).values()), one).first_failure.name == "parameters move"


def test_long_data_are_drawn_from_and_a_sequence_stays_whole():
    seen = []

    class Watches(HiddenMarkov):
        def log_liks(self, x):
            seen.append((len(x), sum(map(len, x))))
            return super().log_liks(x)

    model, x = case(Watches)
    assert check_em(model, 60 * x[:4]).passed
    assert max(n for n, _ in seen) <= 100 and max(steps for _, steps in seen) <= 300


def test_the_data_and_the_q_are_left_as_they_were():
    model, x = case(WritesIntoX)
    copy = x.copy()
    report = check_em(model, x)
    np.testing.assert_array_equal(x, copy)
    assert [check.name for check in report.failures] == ["old model kept"]


def test_data_that_one_m_step_spoils_are_sound_in_the_next_check():
    class Halves(FactorAnalysis):
        def m_step(self, x, q):
            new = super().m_step(x, q)
            x *= 0.5
            q.mean[:] = 0
            return new

    assert [check.name for check in check_em(*case(Halves)).failures] == ["old model kept"]


def test_lists_are_sequences_for_one_kind_of_z_and_rows_for_the_other():
    rows = [[0.0, 1.0], [2.0, 3.0]]
    assert as_data(rows, labels=True).shape == (2, 2) and len(as_data(rows, labels=False)) == 2
    ragged = as_data([[0, 1, 1], [1]], labels=True)
    assert isinstance(ragged, list) and take(ragged, np.array([1]))[0].tolist() == [1]
    assert as_data(["A", "C"], labels=False).shape == (2,) and as_data([1.0, 2.0], labels=False).shape == (2,)
    assert numbers(ragged) == "[[0, 1, 1], [1]]"


def test_what_changed_is_found_field_by_field():
    q = case(FactorAnalysis)[0].posterior(case(FactorAnalysis)[1])
    other = Gaussians(q.mean.copy(), q.cov.copy())
    assert difference(q, other) == 0
    other.mean[3, 0] += 0.25
    assert difference(q, other) == 0.25
    assert difference([np.array([np.nan, 1.0])], [np.array([np.nan, 1.0])]) == 0
    assert difference([np.array([np.nan])], [np.array([0.0])]) == np.inf
    assert difference(np.zeros(2), np.zeros(3)) == np.inf and difference([1], [1, 2]) == np.inf
    assert difference(np.array(["A"]), np.array(["C"])) == np.inf
    assert difference({"a": 1.0}, {"a": 1.0, "remembered": 2.0}) == 0 and difference({"a": 1.0}, {}) == np.inf


# Bad input, in words ----------------------------------------------------------------------------------------------


def without(*names):
    return type("Mine", (FactorAnalysis,), dict.fromkeys(names))


class Alone(Gaussians):
    near = None


class Uncounted(Gaussians):
    __len__ = None


class Elsewhere(Gaussians):
    def near(self, rng):
        return Chains(np.full((len(self), 2), 0.5), [np.zeros((0, 2, 2))] * len(self))


class SameAgain(Gaussians):
    def near(self, rng):
        return self


@pytest.mark.parametrize(("kind", "words"), [
    (without("expected_log_joint"), r"a model whose z is no label needs log_liks\(x\), expected_log_joint\(x, q\), "
                                    r"posterior\(x\) and m_step\(x, q\); Mine has no expected_log_joint"),
    (without("posterior", "m_step"), "Mine has no posterior or m_step"),
    (type("Mine", (FactorAnalysis,), {"posterior": lambda self, x: np.ones((len(x), 2))}),
     r"Mine.posterior\(x\) returned an array of shape \(60, 2\); where z is no label it must be a q with entropy\(\)"),
    (type("Mine", (FactorAnalysis,), {"posterior": lambda self, x: None}), "returned nothing"),
    (with_q(Alone), r"this one has no near\(rng\)"),
    (with_q(Uncounted), r"q\[rows\], len\(q\) and near\(rng\), and this one has no len\(q\)"),
    (with_q(Elsewhere), r"near\(rng\) of a Elsewhere returned a Chains"),
    (with_q(SameAgain), r"near\(rng\) of a SameAgain returned the same q")])
def test_what_is_missing_is_told_by_name(kind, words):
    with pytest.raises(ValueError, match=words):
        check_em(*case(kind))


@pytest.mark.parametrize("x", [[], np.zeros((0, 5)), 3.0])
def test_no_data(x):
    with pytest.raises(ValueError, match="give at least 2 points"):
        check_em(case(FactorAnalysis)[0], x)
