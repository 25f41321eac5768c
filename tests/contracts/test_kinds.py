"""Models and data of every kind: a right one passes, a slip in it is named, and nothing ends in an error of our own."""

from dataclasses import dataclass
from math import lgamma
from typing import Any, NamedTuple

import numpy as np
import pytest

from emlib import check_em
from emlib.contracts.data import as_data, length, one, take
from emlib.contracts.show import numbers
from emlib.contracts.trial import Trial
from emlib.lessons.detective.cases import CASES, Clusters

log_factorial = np.vectorize(lambda n: lgamma(n + 1), otypes=[float])
M_STEP = ("M-step ascent", "M-step optimality")


def reals(rng, n=80):
    return np.concatenate([rng.normal(-2, 0.7, n // 3), rng.normal(2, 1.5, n - n // 3)])


def counts(rng):
    return rng.poisson(rng.choice([1.0, 6.0], size=80))


class Poissons:
    def __init__(self, weights, rates):
        self.weights, self.rates = np.asarray(weights, dtype=float), np.asarray(rates, dtype=float)

    def log_joint(self, x):
        return np.log(self.weights) + np.outer(x, np.log(self.rates)) - self.rates - log_factorial(x)[:, None]

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0))


# Where parameters are kept: a right model, its weights never learned, its means a little off ----------------------


def updated(w, m, v, x, q, slip):
    new = Clusters(w, m, v).m_step(x, q)
    return (w if slip == "weights" else new.weights), new.means + 0.05 * (slip == "means"), new.variances


class Kept:
    """The mixture of normals; `parts` reads θ, `made` puts it away."""

    slip = ""

    def log_joint(self, x):
        return Clusters(*self.parts()).log_joint(x)

    def m_step(self, x, q):
        return type(self).made(*updated(*self.parts(), x, q, self.slip))


class InATuple(NamedTuple):
    pi: Any
    mu: Any
    var: Any


class AsTuple(Kept, InATuple):
    def parts(self):
        return self.pi, self.mu, self.var

    made = classmethod(lambda cls, *theta: cls(*theta))


class InSlots(Kept):
    __slots__ = ("mu", "pi", "var")

    def __init__(self, pi, mu, var):
        self.pi, self.mu, self.var = pi, mu, var

    parts, made = AsTuple.parts, classmethod(lambda cls, *theta: cls(*theta))


class Numbered(Kept):
    def __init__(self, pi1, pi2, mu1, mu2, var1, var2):
        self.pi1, self.pi2, self.mu1, self.mu2, self.var1, self.var2 = map(float, (pi1, pi2, mu1, mu2, var1, var2))

    def parts(self):
        return np.array([self.pi1, self.pi2]), np.array([self.mu1, self.mu2]), np.array([self.var1, self.var2])

    made = classmethod(lambda cls, pi, mu, var: cls(*pi, *mu, *var))


class Shares(Numbered):
    """Weights by names that say nothing: they are known by their sum."""

    def __init__(self, a, b, mu1, mu2, var1, var2):
        self.a, self.b, self.mu1, self.mu2, self.var1, self.var2 = map(float, (a, b, mu1, mu2, var1, var2))

    def parts(self):
        return np.array([self.a, self.b]), np.array([self.mu1, self.mu2]), np.array([self.var1, self.var2])


@dataclass
class Component:
    pi: float
    mu: float
    var: float


class Components(Kept):
    def __init__(self, components):
        self.components = list(components)

    def parts(self):
        return tuple(np.array([getattr(c, name) for c in self.components]) for name in ("pi", "mu", "var"))

    made = classmethod(lambda cls, *theta: cls(Component(*map(float, part)) for part in zip(*theta, strict=True)))


@dataclass(frozen=True)
class Theta:
    pi: Any
    comps: tuple


@dataclass(frozen=True)
class Nested(Kept):
    theta: Theta

    def parts(self):
        return self.theta.pi, *(np.array([getattr(c, name) for c in self.theta.comps]) for name in ("mu", "var"))

    made = classmethod(lambda cls, pi, mu, var: cls(Theta(pi, tuple(
        Component(0.0, float(m), float(v)) for m, v in zip(mu, var, strict=True)))))


@dataclass(slots=True)
class SlottedData(Kept):
    pi: Any
    mu: Any
    var: Any

    parts, made = AsTuple.parts, classmethod(lambda cls, *theta: cls(*theta))


class Dicts(Kept):
    def __init__(self, theta):
        self.theta = theta

    def parts(self):
        comps = self.theta["comps"]
        return np.array(self.theta["pi"]), *(np.array([c[key] for c in comps]) for key in ("mu", "var"))

    made = classmethod(lambda cls, pi, mu, var: cls(
        {"pi": pi, "comps": [{"mu": m, "var": v} for m, v in zip(mu, var, strict=True)]}))


class OtherNames(Kept):
    """The constructor's arguments have other names than the attributes, and one attribute is made of another."""

    def __init__(self, w, m, v):
        self.log_weights, self.weights, self.places, self.spreads = np.log(w), np.asarray(w), m, v

    def log_joint(self, x):
        return Clusters(np.exp(self.log_weights), self.places, self.spreads).log_joint(x)

    def parts(self):
        return self.weights, self.places, self.spreads

    made = classmethod(lambda cls, *theta: cls(*theta))


class Remembers(Kept):
    def __init__(self, pi, mu, var, history=()):
        self.pi, self.mu, self.var, self.history = pi, mu, var, list(history)
        self.n_iter, self.counts = len(self.history), np.zeros(2)

    def m_step(self, x, q):
        new = super().m_step(x, q)
        new.history, new.counts = [*self.history, float(q[0, 0])], q.sum(axis=0)
        return new

    parts, made = AsTuple.parts, classmethod(lambda cls, *theta: cls(*theta))


PLACES = (AsTuple, InSlots, Numbered, Shares, Components, Nested, SlottedData, Dicts, OtherNames, Remembers)


@pytest.mark.parametrize("kind", PLACES, ids=lambda kind: kind.__name__)
def test_parameters_are_found_wherever_they_are_kept(kind):
    x, theta = reals(np.random.default_rng(0)), (np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.array([1.0, 2.0]))
    report = check_em(kind.made(*theta), x)
    assert report.passed and report["M-step optimality"].passed and report["weights move"].passed, report
    for slip, names in (("weights", ("weights move", "parameters move")), ("means", M_STEP)):
        first = check_em(type(kind.__name__, (kind,), {"slip": slip, "__slots__": ()}).made(*theta), x).first_failure
        assert first.name in names, (slip, first)


# What is left alone, and what is ignored --------------------------------------------------------------------------


class OneMean:
    """A normal of unknown mean and variance beside a known one; scalars as parameters."""

    share, spread = 1.0, 1

    def __init__(self, weights, mean, variance):
        self.weights, self.mean, self.variance = np.asarray(weights, dtype=float), mean, variance

    def log_joint(self, x):
        return np.log(self.weights) - 0.5 * np.column_stack([
            np.log(2 * np.pi * self.variance) + (x - self.mean) ** 2 / self.variance, np.log(18 * np.pi) + x**2 / 9])

    def m_step(self, x, q):
        mean = (1 - self.share) * self.mean + self.share * (q[:, 0] @ x) / q[:, 0].sum()
        return type(self)(q.mean(axis=0), mean, q[:, 0] @ (x - mean) ** 2 / q[:, 0].sum())


@pytest.mark.parametrize(("share", "name"), [(1.0, None), (0.5, "M-step optimality"), (0.0, "parameters move")])
def test_a_whole_number_is_a_parameter_like_any_other(share, name):
    class Mine(OneMean):
        def m_step(self, x, q):
            new = super().m_step(x, q)
            return new if self.share else type(self)(new.weights, self.mean, new.variance)     # still an int

    Mine.share = share
    first = check_em(Mine([0.5, 0.5], 2, 1), reals(np.random.default_rng(0))).first_failure
    assert (first and first.name) == name
    assert first is None or "mean" in first.counterexample


class Tosses:
    """Heads of n tosses, n kept beside the parameters."""

    def __init__(self, weights, probs, n):
        self.weights, self.probs, self.n = np.asarray(weights), np.asarray(probs), n

    def log_joint(self, x):
        return np.log(self.weights) + np.outer(x, np.log(self.probs)) + np.outer(self.n - x, np.log1p(-self.probs))

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0) / self.n, self.n)


def test_a_whole_number_between_which_there_is_no_density_is_a_constant():
    rng = np.random.default_rng(0)
    report = check_em(Tosses([0.4, 0.6], [0.3, 0.6], 10), rng.binomial(10, rng.choice([0.2, 0.8], 60)))
    assert report.passed and any("Whether n, a whole number" in sentence for sentence in report.not_tested)


def test_one_entry_left_alone_is_named():
    class First(Poissons):
        def m_step(self, x, q):
            return type(self)(q.mean(axis=0), [self.rates[0], super().m_step(x, q).rates[1]])

    first = check_em(First([0.4, 0.6], [1.0, 5.0]), counts(np.random.default_rng(0))).first_failure
    assert first.name == "parameters move" and 'held = ("rates[0]",)' in first.hint
    assert check_em(type("Said", (First,), {"held": ("rates[0]",)})([0.4, 0.6], [1.0, 5.0]),
                    counts(np.random.default_rng(0))).passed


def test_what_the_data_alone_settle_is_not_left_alone():
    class TwoMeans:
        def __init__(self, weights, means):
            self.weights, self.means = np.asarray(weights), np.asarray(means)

        def log_joint(self, x):
            return np.log(self.weights) - np.log(2 * np.pi) - 0.5 * ((x[:, None] - self.means) ** 2).sum(axis=2)

        def m_step(self, x, q):
            return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0)[:, None])

    x = np.column_stack([np.full(60, 3.0), reals(np.random.default_rng(0), 60)])       # a column that never changes
    assert check_em(TwoMeans([0.5, 0.5], [[3.0, -1.0], [3.0, 1.0]]), x).passed


class Bits:
    """Rows of bits, whose density nobody sums."""

    def __init__(self, weights, probs):
        self.weights, self.probs = np.asarray(weights), np.asarray(probs)

    def log_joint(self, x):
        return np.log(self.weights) + x @ np.log(self.probs).T + (1 - x) @ np.log1p(-self.probs).T

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0)[:, None])


def bits(rng):
    return (rng.random((60, 6)) < rng.uniform(0.1, 0.9, (2, 6))[rng.integers(2, size=60)]).astype(float)


def test_weights_that_log_joint_never_uses_are_named():
    class ForgetsWeights(Bits):
        def log_joint(self, x):
            return super().log_joint(x) - np.log(self.weights)

    for seed in range(5):
        rng = np.random.default_rng(seed)
        x, theta = bits(rng), ([0.4, 0.6], rng.uniform(0.2, 0.8, (2, 6)))
        first = check_em(ForgetsWeights(*theta), x, seed).first_failure
        assert first.name == "parameters move" and "Is log π_k missing in log_joint?" in first.hint
        assert check_em(Bits(*theta), x, seed).passed


# −∞ in log_joint, single precision, rounding ----------------------------------------------------------------------


class ZeroInflated:
    def __init__(self, weights, rate):
        self.weights, self.rate = np.asarray(weights, dtype=float), float(rate)

    def log_joint(self, x):
        return np.log(self.weights) + np.column_stack([
            np.where(x == 0, 0.0, -np.inf), x * np.log(self.rate) - self.rate - log_factorial(x)])

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q[:, 1] @ x / q[:, 1].sum())


def test_what_is_impossible_gets_no_q_and_is_no_mistake():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x = np.where(rng.random(100) < 0.3, 0, rng.poisson(3, 100))
        model = ZeroInflated([0.3, 0.7], 2)
        trial = Trial(model, x, seed)
        for q in (trial.random_q(model, 1), trial.one_hot_q(model, 1)):
            assert not q[np.isneginf(model.log_joint(x))].any() and np.allclose(q.sum(axis=1), 1)
        assert check_em(model, x, seed).passed
        off = type("Off", (ZeroInflated,), {"m_step": lambda self, x, q: type(self)(
            q.mean(axis=0), 1.1 * (q[:, 1] @ x) / q[:, 1].sum())})
        assert check_em(off([0.3, 0.7], 2), x, seed).first_failure.name in M_STEP


class Single:
    """All in single precision, with a posterior, log_lik and elbo of its own; `off` deviations from the right mean."""

    off = 0.0

    def __init__(self, weights, means, variances):
        self.weights, self.means, self.variances = (np.asarray(v, np.float32) for v in (weights, means, variances))

    def log_joint(self, x):
        x, two_pi = np.asarray(x, np.float32), np.float32(2 * np.pi)
        return np.log(self.weights) - (np.log(two_pi * self.variances) + (x[:, None] - self.means) ** 2
                                       / self.variances) / np.float32(2)

    def posterior(self, x):
        p = np.exp(self.log_joint(x) - self.log_joint(x).max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def log_lik(self, x):
        return np.logaddexp.reduce(self.log_joint(x), axis=1).sum()

    def elbo(self, x, q):
        return np.sum(np.asarray(q, np.float32) * (self.log_joint(x) - np.log(np.where(q > 0, q, 1))))

    def m_step(self, x, q):
        x, q = np.asarray(x, np.float32), np.asarray(q, np.float32)
        n = q.sum(axis=0)
        means = q.T @ x / n
        return type(self)(n / n.sum(), means + np.float32(self.off), (q * (x[:, None] - means) ** 2).sum(axis=0) / n)


@pytest.mark.parametrize("place", [0, 100])
def test_single_precision_is_judged_by_its_own_rounding(place):
    for seed in range(5):
        x = (place + reals(np.random.default_rng(seed))).astype(np.float32)
        theta = [0.4, 0.6], [place - 1, place + 1], [1, 2]
        report = check_em(Single(*theta), x, seed)
        assert report.passed and any("single precision" in sentence for sentence in report.not_tested), report
        assert check_em(type("Off", (Single,), {"off": 0.2})(*theta), x, seed).first_failure.name in M_STEP


@pytest.mark.parametrize("size", [1e3, 1e5, 1e7, 1e9, 1e11])
def test_counts_of_any_size_accuse_nobody_of_rounding(size):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rates = size * np.array([1, 1 + 6 / np.sqrt(size)])
        x = np.round(rng.normal(rates[rng.integers(2, size=100)], np.sqrt(size))).astype(np.int64)
        start = [0.5, 0.5], [rates[0] - np.sqrt(size), rates[1] + np.sqrt(size)]
        assert check_em(Poissons(*start), x, seed).passed
        off = type("Off", (Poissons,), {"m_step": lambda self, x, q: type(self)(
            q.mean(axis=0), (q.T @ x / q.sum(axis=0)) * (1 + 0.5 / np.sqrt(size)))})
        assert check_em(off(*start), x, seed).first_failure.name in M_STEP


class Naive(Clusters):
    """E[x²] − E[x]², which loses its digits far from the origin."""

    def m_step(self, x, q):
        n = q.sum(axis=0)
        means = q.T @ x / n
        return type(self)(n / len(x), means, q.T @ x**2 / n - means**2)


@pytest.mark.parametrize("place", [1e3, 1e5, 1e6, 1e7])
def test_a_formula_that_loses_digits_is_no_broken_em(place):
    for seed in range(3):
        x = place + reals(np.random.default_rng(seed))
        assert check_em(Naive([0.5, 0.5], [place - 1, place + 1], [1.0, 2.0]), x, seed).passed


def test_chance_is_not_taken_for_rounding():
    rng = np.random.default_rng(0)
    model = type("Random", (Poissons,), {"m_step": lambda self, x, q: type(self)(
        q.mean(axis=0), q.T @ x / q.sum(axis=0) * (1 + 0.01 * rng.normal(size=2)))})([0.4, 0.6], [1.0, 5.0])
    x = counts(np.random.default_rng(1))
    assert Trial(model, x, 0).noise == 0 and not check_em(model, x).passed


# Data of every kind ------------------------------------------------------------------------------------------------


class OfParts:
    """A number t (normal, variance 1) and a count n (Poisson) a point; `parts(x)` takes x apart."""

    def __init__(self, weights, means, rates):
        self.weights, self.means, self.rates = (np.asarray(v, dtype=float) for v in (weights, means, rates))

    def log_joint(self, x):
        t, n = self.parts(x)
        return (np.log(self.weights) - 0.5 * np.log(2 * np.pi) - 0.5 * (t[:, None] - self.means) ** 2
                + np.outer(n, np.log(self.rates)) - self.rates - log_factorial(n)[:, None])

    def m_step(self, x, q):
        (t, n), total = self.parts(x), q.sum(axis=0)
        return type(self)(q.mean(axis=0), q.T @ t / total, q.T @ n / total)


def records(t, n):
    x = np.zeros(len(t), dtype=[("t", float), ("n", int)])
    x["t"], x["n"] = t, n
    return x


class Visit(NamedTuple):
    """A row of data whose parts have names."""

    hours: float
    calls: int


FORMS = {       # (t, n) → x, and x → (t, n)
    "two arrays": (lambda t, n: (t, n), lambda x: x),
    "records": (records, lambda x: (x["t"], x["n"])),
    "pairs": (lambda t, n: list(zip(t.tolist(), n.tolist(), strict=True)), lambda x: np.array([*x]).T),
    "pairs with names": (lambda t, n: [Visit(*pair) for pair in zip(t.tolist(), n.tolist(), strict=True)],
                         lambda x: (np.array([v.hours for v in x]), np.array([v.calls for v in x]))),
    "number and letters": (lambda t, n: [(a, "x" * b) for a, b in zip(t.tolist(), n.tolist(), strict=True)],
                           lambda x: (np.array([a for a, _ in x]), np.array([len(b) for _, b in x]))),
    "dicts": (lambda t, n: [{"t": a, "n": b} for a, b in zip(t, n, strict=True)],
              lambda x: (np.array([d["t"] for d in x]), np.array([d["n"] for d in x]))),
    "dates": (lambda t, n: np.rec.fromarrays([np.datetime64("2026-01-01") + (1e6 * t).astype("timedelta64[s]"), n]),
              lambda x: ((x["f0"] - np.datetime64("2026-01-01")) / np.timedelta64(1_000_000, "s"), x["f1"])),
    "ragged": (lambda t, n: [np.array([a] + [0.0] * b) for a, b in zip(t, n, strict=True)],
               lambda x: (np.array([s[0] for s in x]), np.array([len(s) - 1 for s in x]))),
    "matrices": (lambda t, n: np.stack([np.diag([a, b]) for a, b in zip(t, n, strict=True)]),
                 lambda x: (x[:, 0, 0], x[:, 1, 1])),
}


@pytest.mark.parametrize("form", FORMS)
def test_data_of_every_form_are_drawn_from_shown_and_judged(form):
    make, parts = FORMS[form]
    for seed in range(3):
        rng = np.random.default_rng(seed)
        z = rng.integers(2, size=60)
        x = make(rng.normal(3.0 * z), rng.poisson(1 + 5 * z))
        kind = type("Mine", (OfParts,), {"parts": staticmethod(parts)})
        report = check_em(kind([0.5, 0.5], [0.0, 1.0], [1.0, 3.0]), x, seed)
        assert report.passed and report[M_STEP[1]].passed, report
        slip = type("Slip", (kind,), {"m_step": lambda self, x, q: type(self)(
            *vars(OfParts.m_step(self, x, q[::-1])).values())})
        first = check_em(slip([0.5, 0.5], [0.0, 1.0], [1.0, 3.0]), x, seed).first_failure
        assert first.name in M_STEP and "Error" not in first.counterexample
        inner = as_data(x, True)
        assert length(inner) == 60 and length(take(inner, np.array([3, 1]))) == 2 and numbers([one(inner, 3)])


def test_dates_alone():
    class Days:
        def __init__(self, weights, means):
            self.weights, self.means = np.asarray(weights), np.asarray(means)

        def log_joint(self, x):
            t = (x - np.datetime64("2026-01-01")) / np.timedelta64(1, "D")
            return np.log(self.weights) - 0.5 * np.log(2e2 * np.pi) - (t[:, None] - self.means) ** 2 / 200

        def m_step(self, x, q):
            t = (x - np.datetime64("2026-01-01")) / np.timedelta64(1, "D")
            return type(self)(q.mean(axis=0), q.T @ t / q.sum(axis=0))

    days = np.round(20 * reals(np.random.default_rng(0))).astype("timedelta64[D]")
    report = check_em(Days([0.5, 0.5], [-10.0, 10.0]), np.datetime64("2026-01-01") + days)
    assert report.passed and "a date" in report["density sums to 1"].reason


@pytest.mark.parametrize("x", [
    np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 1]),
    [np.ma.masked_array([1.0, 2.0], mask=[1, 0]), np.ma.masked_array([1.0], [1])]])
def test_masked_entries_are_refused_by_number(x):
    with pytest.raises(ValueError, match="x is a masked array with 2 masked entries; drop those rows or fill them"):
        check_em(Clusters([0.4, 0.6], [-1, 1], [1, 2]), x)


def test_a_mask_that_hides_nothing_is_none():
    x = reals(np.random.default_rng(0))
    plain, masked = (check_em(Clusters([0.4, 0.6], [-1, 1], [1, 2]), data) for data in (x, np.ma.masked_array(x)))
    assert str(plain) == str(masked) and plain.passed


# What a report says of itself --------------------------------------------------------------------------------------


def test_a_step_that_climbs_and_stops_short_is_called_what_it_is():
    half = type("Half", (Poissons,), {"m_step": lambda self, x, q: type(self)(
        q.mean(axis=0), (self.rates + q.T @ x / q.sum(axis=0)) / 2)})
    x = counts(np.random.default_rng(0))
    for model, data in ((half([0.4, 0.6], [1.0, 5.0]), x), CASES["covariance about the old mean"].models(1)[:2]):
        report = check_em(model, data)
        assert report.climbs and not report.passed and "ECM" in report.first_failure.hint
        assert "Ascent holds, the maximum is not reached: a generalised EM" in report.verdict
        said = check_em(type("Said", (type(model),), {"generalised": True})(*vars(model).values()), data)
        assert said.passed and "generalised = True" in said["M-step optimality"].reason
        assert any("reaches its maximum" in sentence for sentence in said.not_tested)
    assert not check_em(*CASES["hard counts"].models(1)[:2]).climbs


def test_what_was_not_tested_is_printed_with_every_report():
    x = reals(np.random.default_rng(0), 900)
    report = check_em(type("Mine", (Clusters,), {"held": ("means[0]",), "m_step": lambda self, x, q: type(self)(
        q.mean(axis=0), [self.means[0], q[:, 1] @ x / q[:, 1].sum()],
        [q[:, 0] @ (x - self.means[0]) ** 2 / q[:, 0].sum(), np.cov(x, aweights=q[:, 1], ddof=0)])})(
            [0.4, 0.6], [-2, 1], [1, 2]), x)
    text = " ".join(str(report).split())
    assert report.passed and text.startswith("Mine: all ") and "do not apply." in report.verdict
    for words in ("log_joint is the model that you meant", "the highest maximum", "Other data",
                  "600 that were drawn of 900", "held or left alone: means[0].", "m_step takes no sample_weight",
                  "p(x|θ) sums to 1 with x read as a real number"):
        assert any(words in sentence for sentence in report.not_tested), words
    for sentence in report.not_tested:
        assert sentence.endswith(".") and sentence in text.replace("· ", "")
        assert sentence.split("'")[0] in report._repr_html_()


def test_the_useful_sentence_stands_in_the_first_failure():
    off = type("Off", (Poissons,), {"m_step": lambda self, x, q: type(self)(
        q.mean(axis=0), q.T @ x / q.sum(axis=0) * [1.0, 1.2])})
    first = check_em(off([0.4, 0.6], [1.0, 5.0]), counts(np.random.default_rng(0))).first_failure
    assert first.name == "M-step ascent" and "moving rates[1] by -" in first.counterexample
    assert "Look at the update of rates" in first.hint and "m_step does not fit it" in first.hint


@pytest.mark.parametrize(("m_step", "words"), [
    (lambda self, x, q: (self.weights, self.rates), "m_step returned a tuple; return a new model, such as Mine(…)"),
    (lambda self, x, q: None, "m_step returned nothing (None)"),
    (lambda self, x, q: type(self)(q.mean(axis=0), q.T @ x * np.nan), "rates is NaN"),
    (lambda self, x, q: type(self)([0.5, 0.5], [1.0, x.mean()]), "it does not use the q that it is given"),
    (lambda self, x, q: [][1], "It was raised in <lambda>, line")])
def test_what_went_wrong_in_m_step_is_said(m_step, words):
    model = type("Mine", (Poissons,), {"m_step": m_step})([0.4, 0.6], [1.0, 5.0])
    first = check_em(model, counts(np.random.default_rng(0))).first_failure
    assert words in f"{first.counterexample} {first.hint}"
