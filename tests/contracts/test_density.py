"""“density sums to 1”: right models are read in the way that fits them, wrong ones named, the rest is not tested."""

import itertools
import math

import numpy as np
import pytest

from emlib import CoinMixture, check_em, datasets
from emlib.contracts.plane import plane
from emlib.contracts.quadrature import Density, along

NAME = "density sums to 1"
LOG_2PI = math.log(2 * math.pi)
log_factorial = np.vectorize(lambda n: math.lgamma(n + 1), otypes=[float])


class Known:
    """A mixture of two known densities, `columns(x)`, of which the M-step learns the weights."""

    def __init__(self, weights):
        self.weights = np.asarray(weights, dtype=float)

    def log_joint(self, x):
        return np.log(self.weights) + self.columns(x)

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0))


def known(columns, **more):
    return type("Mine", (Known,), {"columns": lambda self, x: columns(x), **more})([0.4, 0.6])


def two(log_p, a, b):
    """Columns of one density at two parameters."""
    return lambda x: np.column_stack([log_p(x, a), log_p(x, b)])


def normal(x, m, v=1.0):
    return -0.5 * (LOG_2PI + np.log(v) + (x - m) ** 2 / v)


def poisson(x, rate):
    return x * np.log(rate) - rate - log_factorial(x)


def coins(x, p, n=10):
    return x * np.log(p) + (n - x) * np.log1p(-p)


def line(x, b):
    return normal(x[:, -1], x[:, 0] * b)


def both(draw):
    """80 points, half of each component."""
    return lambda rng: np.concatenate([draw(rng, 0, 40), draw(rng, 1, 40)])


def reals(rng):
    return np.concatenate([rng.normal(-2, 0.7, 30), rng.normal(2, 1.5, 50)])


def counts(rng):
    return rng.poisson(rng.choice([1.0, 7.0], size=80))


def rows(rng):
    return rng.normal(size=(80, 2)) * 1.5


BITS = np.array(list(itertools.product([0, 1], repeat=3)))
GRID = np.linspace(-14, 14, 1501)
LETTERS = two(lambda x, p: np.where(np.asarray(x) == "A", np.log(p), np.log1p(-p)), 0.3, 0.8)
BITS_OF = two(lambda x, p: coins(x.sum(axis=1), p, 3), 0.3, 0.8)

RIGHT = {  # what x is: (columns, data, what more the model says)
    "normal": (two(normal, -2, 2), reals),
    "one column": (lambda x: two(normal, -2, 2)(x[:, 0]), lambda rng: reals(rng)[:, None]),
    "a spike beside a hill": (
        lambda x: np.column_stack([normal(x, 0.123, 1e-6), normal(x, 0, 1e6)]),
        lambda rng: np.concatenate([0.123 + 1e-3 * rng.normal(size=40), 1e3 * rng.normal(size=40)]),
    ),
    "a spike where no data are": (lambda x: np.column_stack([normal(x, 1e3 / 3, 1e-12), normal(x, 0, 1)]), reals),
    "far from the origin": (two(normal, 1e8 - 2, 1e8 + 2), lambda rng: 1e8 + reals(rng)),
    "Cauchy": (two(lambda x, m: -np.log(np.pi) - np.log1p((x - m) ** 2), -2, 2), lambda rng: rng.standard_cauchy(80)),
    "Laplace": (two(lambda x, m: -math.log(2) - np.abs(x - m), -2, 2), reals),
    "exponential, no guard": (two(lambda x, s: -np.log(s) - x / s, 0.3, 5.0), lambda rng: rng.exponential(3, 80)),
    "Pareto from 1 on": (
        two(lambda x, a: np.log(a) - (a + 1) * np.log(x), 0.5, 3.0),
        lambda rng: 1 + rng.pareto(1, 80),
    ),
    "beta": (
        lambda x: np.column_stack([2 * x * 0 + np.log(6) + np.log(x) + np.log1p(-x), 0 * x]),
        lambda rng: rng.beta(1, 1, 80),
    ),
    "an angle": (
        two(lambda x, m: 2 * np.cos(x - m) - LOG_2PI - np.log(np.i0(2.0)), 0, 2.5),
        lambda rng: rng.vonmises(rng.choice([0, 2.5], 80), 2),
    ),
    "uniform and normal": (
        lambda x: np.column_stack([np.where(np.abs(x) < 10, -np.log(20.0), -np.inf), normal(x, 1)]),
        lambda rng: np.concatenate([rng.uniform(-10, 10, 30), rng.normal(1, 1, 50)]),
    ),
    "zeros beside exponential": (
        lambda x: np.column_stack([np.where(x == 0, 0.0, -np.inf), np.where(x > 0, -x, -np.inf)]),
        lambda rng: np.where(rng.random(80) < 0.4, 0, rng.exponential(size=80)),
    ),
    "counts": (two(poisson, 1.0, 7.0), counts),
    "counts as floats": (two(poisson, 1.0, 7.0), lambda rng: counts(rng).astype(float)),
    "counts near 1e9": (two(poisson, 1e9, 1.0003e9), lambda rng: rng.poisson(rng.choice([1e9, 1.0003e9], 80))),
    "even counts": (two(lambda x, r: poisson(x / 2, r), 1.0, 7.0), lambda rng: 2 * counts(rng)),
    "counts from 1 on": (
        two(lambda x, p: np.log(p) + (x - 1) * np.log1p(-p), 0.2, 0.7),
        lambda rng: rng.geometric(0.4, 80),
    ),
    "a heavy tail of counts": (
        two(lambda x, s: -s * np.log(x) - np.log({2: np.pi**2 / 6, 4: np.pi**4 / 90}[s]), 2, 4),
        lambda rng: rng.zipf(3, 80),
    ),
    "heads, no coefficient": (two(coins, 0.2, 0.7), lambda rng: rng.binomial(10, 0.5, 80)),
    "rare of 1000": (two(lambda x, p: coins(x, p, 1000), 0.003, 0.02), lambda rng: rng.binomial(1000, 0.01, 80)),
    "codes from 1 on": (
        lambda x: np.log([[0.2, 0.6], [0.5, 0.1], [0.3, 0.3]])[x - 1],
        lambda rng: rng.integers(1, 4, 80),
    ),
    "true or false": (two(lambda x, p: np.log(np.where(x, p, 1 - p)), 0.3, 0.8), lambda rng: rng.random(80) < 0.5),
    "whole minutes": (
        two(lambda x, m: normal(x, m, 36.0), 54, 80),
        both(lambda rng, i, n: np.round(rng.normal(54 + 26 * i, 6, n)).astype(int)),
    ),
    "whole, and narrow": (
        two(lambda x, m: normal(x, m, 0.01), 1, 5),
        both(lambda rng, i, n: np.round(rng.normal(1 + 4 * i, 0.3, n))),
    ),
    "two numbers": (two(lambda x, m: normal(x - m, 0).sum(axis=1), -1, 1), rows),
    "slanted": (
        two(lambda x, m: normal(x[:, 0], m) + normal(x[:, 1], 0.99 * x[:, 0], 1e-4), -1, 1),
        lambda rng: (lambda a: np.column_stack([a, 0.99 * a + 0.01 * rng.normal(size=80)]))(rng.normal(size=80)),
    ),
    "a line": (two(line, -1, 2), rows),
    "a line over a short way": (two(line, -1, 2), lambda rng: np.column_stack([rng.random(80), rng.normal(size=80)])),
    "y before its design": (two(lambda x, b: line(x[:, ::-1], b), -1, 2), rows),
    "a design of two columns": (
        two(lambda x, b: normal(x[:, -1], x[:, :2].sum(axis=1) * b), -1, 2),
        lambda rng: rng.normal(size=(80, 3)),
    ),
    "counts on a design": (
        two(lambda x, b: x[:, 1] * x[:, 0] * b - np.exp(x[:, 0] * b) - log_factorial(x[:, 1]), -1, 1),
        lambda rng: np.column_stack([rng.normal(size=80), rng.poisson(2, 80)]),
    ),
    "letters, said": (LETTERS, lambda rng: rng.choice(["A", "B"], 80), {"support": lambda self: ["A", "B"]}),
    "bits, said": (BITS_OF, lambda rng: rng.integers(2, size=(80, 3)), {"support": lambda self: BITS}),
    "nodes and weights": (
        two(lambda x, m: normal(x[:, 2], m * x[:, 1]), -1, 1),
        lambda rng: np.column_stack([np.ones(80), rng.normal(size=(80, 2))]),
        {
            "support": lambda self: (
                np.column_stack([0 * GRID, 0 * GRID + 1, GRID]),
                np.full(len(GRID), GRID[1] - GRID[0]),
            )
        },
    ),
}
OPEN = {  # right models whose sum cannot be taken
    "letters": (LETTERS, lambda rng: rng.choice(["A", "B"], 80), "made of letters"),
    "bits": (BITS_OF, lambda rng: rng.integers(2, size=(80, 3)), "rows of 3 numbers"),
    "matrices": (
        two(lambda x, m: normal(x, m).sum(axis=(1, 2)), -1, 1),
        lambda rng: rng.normal(size=(80, 2, 2)),
        "shape (2, 2)",
    ),
    "censored": (
        two(lambda x, r: x[:, 1] * np.log(r) - x[:, 0] * r, 0.3, 3.0),
        lambda rng: (lambda t: np.column_stack([np.minimum(t, 2), t < 2]))(rng.exponential(2, 80)),
        "rows of 2 numbers",
    ),
    "between two limits": (
        two(lambda x, s: np.log(np.exp(-x[:, 0] / s) - np.exp(-x[:, 1] / s)), 0.5, 3.0),
        lambda rng: np.cumsum(rng.exponential(1, (80, 2)), axis=1),
        "did not come to rest",
    ),
    "row numbers": (
        lambda x: two(normal, -1, 1)(np.sin(np.arange(80.0))[x]),
        lambda rng: rng.permutation(80),
        "its own rows",
    ),
    "a table that ends": (
        lambda x: (
            two(lambda x, r: x * np.log(r) - r, 1.0, 7.0)(x)
            - np.cumsum(np.log(np.maximum(np.arange(14.0), 1)))[x][:, None]
        ),
        lambda rng: counts(rng).clip(0, 13),
        "whole numbers",
    ),
    "uniform, no guard": (
        lambda x: np.column_stack([np.full(len(x), -np.log(20.0)), normal(x, 1)]),
        lambda rng: np.concatenate([rng.uniform(-10, 10, 30), rng.normal(1, 1, 50)]),
        "real numbers",
    ),
    "a pole like x^-0.98": (
        two(lambda x, a: (a - 1) * np.log(x) - x - math.lgamma(a), 0.02, 3.0),
        lambda rng: np.maximum(rng.gamma(0.5, 1, 80), 1e-200),
        "did not come to rest",
    ),
}
WRONG = {  # what is wrong: (columns, data, words of the hint)
    "log x! forgotten": (two(lambda x, r: x * np.log(r) - r, 2.0, 7.0), counts, "−log x!"),
    "+ log x!": (two(lambda x, r: x * np.log(r) - r + log_factorial(x), 2.0, 7.0), counts, ""),
    "log x! twice": (two(lambda x, r: x * np.log(r) - r - 2 * log_factorial(x), 2.0, 7.0), counts, ""),
    "+ 0.37 x²": (lambda x: two(poisson, 2.0, 7.0)(x) + 0.37 * x[:, None] ** 2, counts, ""),
    "−λ forgotten": (two(lambda x, r: poisson(x, r) + r, 2.0, 7.0), counts, ""),
    "no log 2π": (two(lambda x, m: -0.5 * (x - m) ** 2, -2, 2), reals, "−½ log 2π is missing"),
    "no log σ, σ < 1": (lambda x: 0.5 * np.log(0.01) + two(lambda x, m: normal(x, m, 0.01), -2, 2)(x), reals, ""),
    "no log σ, σ > 1": (lambda x: 0.5 * np.log(9.0) + two(lambda x, m: normal(x, m, 9.0), -2, 2)(x), reals, ""),
    "base 10": (lambda x: two(normal, -2, 2)(x) / np.log(10), reals, ""),
    "no rate": (two(lambda x, s: -x / s, 0.3, 0.5), lambda rng: rng.exponential(0.4, 80), ""),
    "Cauchy without π": (two(lambda x, m: -np.log1p((x - m) ** 2), -2, 2), lambda rng: rng.standard_cauchy(80), ""),
    "two numbers, 2π once": (two(lambda x, m: normal(x[:, 0], m) - 0.5 * (x[:, 1] - m) ** 2, -1, 1), rows, ""),
    "a line without log 2π": (two(lambda x, b: line(x, b) + 0.5 * LOG_2PI, -1, 2), rows, ""),
    "codes that sum to 1.1": (
        lambda x: np.log([[0.2, 0.6], [0.5, 0.1], [0.4, 0.4]])[x],
        lambda rng: rng.integers(3, size=80),
        "",
    ),
    "bits, said": (
        lambda x: 1.1 * BITS_OF(x),
        lambda rng: rng.integers(2, size=(80, 3)),
        "",
        {"support": lambda self: BITS},
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_density_is_read_in_the_way_that_fits_it(name):
    columns, data, *more = RIGHT[name]
    for seed in range(3):
        check = check_em(known(columns, **(more[0] if more else {})), data(np.random.default_rng(seed)), seed)[NAME]
        assert check.passed and check.measured <= check.tolerance, (seed, check)


@pytest.mark.parametrize("name", OPEN)
def test_what_cannot_be_summed_is_said_and_accuses_nobody(name):
    columns, data, words = OPEN[name]
    for seed in range(3):
        report = check_em(known(columns), data(np.random.default_rng(seed)), seed)
        assert report[NAME].passed is None and words in report[NAME].reason, (seed, report[NAME])
        assert "support()" in report[NAME].reason
        assert report.not_tested[0] == f"Whether p(x|θ) sums to 1 over x: {report[NAME].reason}."


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_density_is_named_first(name):
    columns, data, words, *more = WRONG[name]
    for seed in range(3):
        first = check_em(
            known(columns, **(more[0] if more else {})), data(np.random.default_rng(seed)), seed
        ).first_failure
        assert first.name == NAME and words in first.hint, (seed, first)
        assert "p sums to" in first.counterexample and first.measured > first.tolerance


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda lj, m: lj - np.log(m.weights), "log π_k is missing"),
        (lambda lj, m: np.exp(lj), "return their logarithms"),
        (lambda lj, m: lj - np.logaddexp.reduce(lj, axis=1, keepdims=True), "it is the posterior"),
    ],
)
def test_a_mistake_that_is_known_gets_its_hint(spoil, words):
    class Spoilt(Known):
        columns = staticmethod(two(poisson, 2.0, 7.0))

        def log_joint(self, x):
            return spoil(super().log_joint(x), self)

    first = check_em(Spoilt([0.4, 0.6]), counts(np.random.default_rng(0))).first_failure
    assert first.name == NAME and words in first.hint


def test_heads_and_tails_are_summed_given_their_tosses():
    report = check_em(CoinMixture([0.5, 0.5], [0.6, 0.5]), datasets.two_coins())
    assert report[NAME].passed and any("given the sum of both" in sentence for sentence in report.not_tested)


@np.errstate(all="ignore")
def test_integrals_of_known_size():
    def mass(log_p, data, step=None, least=-np.inf):
        axis = along(Density(lambda x: log_p(x)[:, None], 1, least), np.asarray(data, dtype=float), [0.0, 1.0], step)
        return axis.between(-np.inf, np.inf), axis.between(min(data), max(data)), axis

    total, inside, axis = mass(lambda x: normal(x, 0), [-1.0, 1.0])
    assert total == pytest.approx(1, abs=1e-9) and inside == pytest.approx(math.erf(2**-0.5), abs=1e-9)
    assert axis.error < 1e-7 and axis.grows == (False, False) and axis.refused == (False, False)
    total, inside, axis = mass(lambda x: -x, [0.0, 1.0])
    assert axis.grows[0] and inside == pytest.approx(1 - math.exp(-1), abs=1e-9)
    assert mass(lambda x: 2 + poisson(x, 3.0), [0, 5], 1.0)[0] == pytest.approx(math.exp(2), rel=1e-9)
    assert mass(lambda x: poisson(x, 1e6), [1e6, 1e6 + 9], 1.0, -0.5)[0] == pytest.approx(1, abs=1e-6)
    found = plane(Density(lambda x: (normal(x, 0).sum(axis=1) + 1)[:, None], 1), rows(np.random.default_rng(0)))
    assert found[0] == pytest.approx(math.e, rel=1e-6) and found[1] < found[0] and found[2] < 1e-5
    assert plane(Density(lambda x: line(x, 2)[:, None], 1), rows(np.random.default_rng(0))) is None


# Two positive numbers ------------------------------------------------------------------------------------------------


def of_each(x, shape, rate):
    """log of the product of two gamma densities, one a column; no word on what is below 0."""
    y = np.abs(x)
    return np.sum(shape * np.log(rate) - math.lgamma(shape) + (shape - 1) * np.log(y) - rate * x, axis=1)


def positive(log_p):
    return lambda x: np.where((x > 0).all(axis=1), log_p(np.abs(x)), -np.inf)


PAIRS = {   # log p of one component, log p of the other
    "exponential, no guard": (lambda x: of_each(x, 1.0, 1.0), lambda x: of_each(x, 1.0, 0.3)),
    "exponential": (positive(lambda x: of_each(x, 1.0, 1.0)), positive(lambda x: of_each(x, 1.0, 0.3))),
    "gamma, infinite at 0": (positive(lambda x: of_each(x, 0.5, 0.5)), positive(lambda x: of_each(x, 2.0, 1.0))),
    "one given the other, a joint density": (
        positive(lambda x: -x[:, 0] + np.log(x[:, 0]) - x[:, 0] * x[:, 1]),
        positive(lambda x: of_each(x, 2.0, 1.0))),
}


@pytest.mark.parametrize("log_p", PAIRS.values(), ids=PAIRS)
def test_two_positive_numbers_are_summed_over_their_logarithms(log_p):
    def columns(x):
        return np.column_stack([f(x) for f in log_p])
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.exponential(rng.choice([1.0, 3.0], size=(60, 1)), size=(60, 2))
        report = check_em(known(columns), x, seed)
        assert report.passed and report[NAME].passed, report
        twice = known(columns, log_joint=lambda self, x: 2 * np.log(self.weights) + columns(x))
        report = check_em(twice, x, seed)
        assert report.first_failure.name == NAME and "0.52" in report.first_failure.counterexample, report


def test_one_positive_number_given_another_is_no_density_of_two():
    """∫∫ p(y|x) dx dy has no end: it must not be called 1, nor wrong, as a density of both."""
    columns = two(lambda x, c: np.log(c * x[:, 0]) - c * x[:, 0] * x[:, 1], 1.0, 5.0)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        first = rng.uniform(1, 3, 60)
        report = check_em(known(columns), np.column_stack([first, rng.exponential(1 / first)]), seed)
        assert report.passed, report
        assert any("the last column given the other" in sentence for sentence in report.not_tested)


def test_a_spike_among_real_numbers_is_told():
    columns, data, *_ = RIGHT["zeros beside exponential"]
    report = check_em(known(columns), data(np.random.default_rng(0)))
    assert any("some of which have a probability of their own" in sentence for sentence in report.not_tested)
    columns, data, *_ = RIGHT["normal"]
    report = check_em(known(columns), data(np.random.default_rng(0)))
    assert not any("of their own" in sentence for sentence in report.not_tested)


# Near the tolerances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("off", "passes"), [(-2e-4, False), (-5e-5, True), (5e-5, True)])
def test_just_too_little_is_named_and_less_than_that_passes(off, passes):
    columns, data, *_ = RIGHT["normal"]
    report = check_em(known(lambda x: columns(x) + off), data(np.random.default_rng(0)))
    assert report[NAME].passed is passes, report


def test_a_spike_in_the_middle_of_a_hill():
    """On both sides of the spike there is a density too, so p jumps by less than itself."""
    def columns(x):
        return np.column_stack([np.where(x == 0, 0.0, -np.inf), np.where(x == 0, -np.inf, normal(x, 0.0))])
    for seed in range(3):
        rng = np.random.default_rng(seed)
        report = check_em(known(columns), np.where(rng.random(80) < 0.4, 0.0, rng.normal(size=80)), seed)
        assert report.passed and report[NAME].passed, report


@pytest.mark.parametrize(("log_p", "draw"), [
    (lambda x, s: np.sum(np.log(s / np.pi) - np.log(s**2 + x**2), axis=1), "standard_cauchy"),
    (lambda x, s: np.sum(-np.log(2 * s) - np.abs(x) / s, axis=1), "standard_exponential")], ids=["Cauchy", "Laplace"])
def test_what_the_plane_cannot_sum_accuses_nobody(log_p, draw):
    """Tails beyond every grid; a density of the whole plane of which only positive points were drawn."""
    for seed in range(3):
        x = getattr(np.random.default_rng(seed), draw)(size=(80, 2))
        report = check_em(known(two(log_p, 1.0, 3.0)), x, seed)
        assert report.passed, report


@pytest.mark.parametrize("mean", [lambda x, b: b * x, lambda x, b: x + b], ids=["slopes", "levels"])
def test_a_factor_before_a_density_of_y_given_x_is_named(mean):
    """It does not move with θ, and no range of x that holds the data makes it a density of both."""
    columns = two(lambda x, b: normal(x[:, 1], mean(x[:, 0], b)) + 0.3, 1.0, 5.0)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.uniform(1, 12, 80)
        data = np.column_stack([x, mean(x, rng.choice([1.0, 5.0], 80)) + rng.normal(size=80)])
        report = check_em(known(columns), data, seed)
        assert report.first_failure.name == NAME and "1.34986" in report.first_failure.counterexample, report
