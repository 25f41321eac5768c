"""Every door through which numbers come in: what is no data is refused by the argument's name, and other forms of the
same numbers give the same answer."""

import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from emlib import CoinMixture, Collapse, GaussianMixture, fit, from_sklearn, to_sklearn

RNG = np.random.default_rng(3)
X = np.round(np.concatenate([RNG.normal(0, 4, (20, 2)), RNG.normal(40, 6, (20, 2))]) + 40)      # whole, 0 … 127
TOSSES = RNG.integers(1, 100, (40, 2)).astype(float)
WEIGHTS, PROBS = np.array([0.5, 0.5]), np.array([0.3, 0.6])
MEANS, COV = np.array([[40.0, 40], [80, 80]]), np.full(2, 9.0)
G, C = GaussianMixture(WEIGHTS, MEANS, COV), CoinMixture(WEIGHTS, PROBS)
Q, ONES = np.full((40, 2), 0.5), np.ones(40)
OF_X = "log_joint", "posterior", "log_liks", "log_lik", "bic", "aic"
FEW = {"max_iter": 2, "tol": None, "warn": False}


def estimator(**changed):
    theirs = to_sklearn(G)
    for name, value in changed.items():
        setattr(theirs, name, value)
    return theirs


# door → (the name in its message, numbers that are right there, what is called with them)
DOORS = {
    **{f"Gaussian {name}": ("x", X, getattr(G, name)) for name in OF_X},
    "Gaussian m_step": ("x", X, lambda v: G.m_step(v, Q)),
    "Gaussian statistics": ("x", X, lambda v: G.statistics(v, Q)),
    "Gaussian start": ("x", X, lambda v: GaussianMixture.start(v, 2, 0)),
    "Gaussian restart": ("x", X, lambda v: G.restart(v, 0)),
    "fit, all": ("x", X, lambda v: fit(G, v, **FEW)),
    "fit, last": ("x", X, lambda v: fit(G, v, keep="last", **FEW)),
    "fit, starts": ("x", X, lambda v: fit(G, v, n_starts=2, rng=0, **FEW)),
    "fit, last, starts": ("x", X, lambda v: fit(G, v, keep="last", n_starts=2, rng=0, **FEW)),
    "a block": ("x", X, lambda v: fit(G, [X, v], keep="last", **FEW)),
    "a block of a reader": ("x", X, lambda v: fit(G, Reader(X, v), keep="last", **FEW)),
    **{f"Coin {name}": ("x", TOSSES, getattr(C, name)) for name in OF_X},
    "Coin m_step": ("x", TOSSES, lambda v: C.m_step(v, Q)),
    "Coin soft_counts": ("x", TOSSES, lambda v: C.soft_counts(v, Q)),
    "Coin start": ("x", TOSSES, lambda v: CoinMixture.start(v, 2, 0)),
    "Coin restart": ("x", TOSSES, lambda v: C.restart(v, 0)),
    "coins, fit": ("x", TOSSES, lambda v: fit(C, v, keep="last", **FEW)),
    **{f"{name}, weighted": ("sample_weight", ONES, lambda v, call=call: call(v)) for name, call in {
        "Gaussian log_lik": lambda v: G.log_lik(X, v), "Gaussian bic": lambda v: G.bic(X, v),
        "Gaussian aic": lambda v: G.aic(X, v), "Gaussian m_step": lambda v: G.m_step(X, Q, v),
        "Gaussian start": lambda v: GaussianMixture.start(X, 2, 0, sample_weight=v),
        "Gaussian restart": lambda v: G.restart(X, 0, v), "Coin log_lik": lambda v: C.log_lik(TOSSES, v),
        "Coin m_step": lambda v: C.m_step(TOSSES, Q, v), "Coin soft_counts": lambda v: C.soft_counts(TOSSES, Q, v),
        "Coin start": lambda v: CoinMixture.start(TOSSES, 2, 0, sample_weight=v),
        "Coin restart": lambda v: C.restart(TOSSES, 0, v),
        "fit, all": lambda v: fit(G, X, sample_weight=v, **FEW),
        "fit, last": lambda v: fit(G, X, sample_weight=v, keep="last", **FEW),
        "blocks": lambda v: fit(G, [X[:9], X[9:]], sample_weight=v, keep="last", **FEW)}.items()},
    "Gaussian q": ("q", Q, lambda v: G.m_step(X, v)),
    "Coin q": ("q", Q, lambda v: C.soft_counts(TOSSES, v)),
    "Gaussian weights": ("weights", WEIGHTS, lambda v: GaussianMixture(v, MEANS, COV)),
    "means": ("means", MEANS, lambda v: GaussianMixture(WEIGHTS, v, COV)),
    "covariances": ("covariances", COV, lambda v: GaussianMixture(WEIGHTS, MEANS, v)),
    "Coin weights": ("weights", WEIGHTS, lambda v: CoinMixture(v, PROBS)),
    "probs": ("probs", PROBS, lambda v: CoinMixture(WEIGHTS, v)),
    "an estimator": ("means", MEANS, lambda v: from_sklearn(estimator(means_=v))),
}


class Reader:
    """Blocks, again and again."""

    def __init__(self, *blocks):
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)


class Raises:
    """A tensor that requires grad, or lives on another device."""

    def __init__(self, values, error):
        self.values, self.error, self.shape, self.ndim, self.dtype = values, error, values.shape, values.ndim, object()

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        raise self.error


class Holds:
    """A tensor that can be read."""

    def __init__(self, values):
        self.values = values
        self.shape, self.ndim, self.dtype = values.shape, values.ndim, object()

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        return Holds(self.values[rows])

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)


def masked(v):
    """The numbers with one of them masked; what lies under the mask could be data."""
    mask = np.zeros(v.shape, bool)
    mask.flat[-1] = True
    return np.ma.masked_array(v, mask=mask)


def with_one(value):
    """The numbers as objects, one of them something else."""
    def made(v):
        v = v.astype(object)
        v.flat[-1] = value
        return v
    return made


MASK = "{} is a masked array with 1 masked entries; drop those rows or fill them first"
REAL = "{} must be an array of real numbers: "
ONE = REAL + "one of them is of type "
REFUSED = {
    "masked": (masked, MASK),
    "masked rows in a list": (lambda v: list(masked(v)), MASK),
    "a masked number in lists": (
        lambda v: [*v.tolist()[:-1], np.ma.masked if v.ndim == 1 else [1.0, np.ma.masked]], MASK),
    "a tensor that is masked": (lambda v: Holds(masked(v)), MASK),
    "dates": (lambda v: np.full(v.shape, "2026-11-25", "M8[D]"), REAL + r"dates \(datetime64\[D\]\); turn them"),
    "durations": (lambda v: v.astype("m8[ns]"), REAL + r"dates \(timedelta64\[ns\]\)"),
    "a date among numbers": (with_one(np.datetime64(1, "D")), ONE + "datetime64"),
    "a duration among numbers": (with_one(np.timedelta64(1, "D")), ONE + "timedelta64"),
    "complex": (lambda v: v + 0j, REAL + "complex"),
    "complex among numbers": (with_one(np.complex128(1)), ONE + "complex128"),
    "text of numbers": (lambda v: v.astype(str), REAL + "text"),
    "bytes of numbers": (lambda v: v.astype("S"), REAL + "text"),
    "a text among numbers": (with_one("1"), ONE + "str"),
    "None among numbers": (with_one(None), ONE + "NoneType"),
    "records": (lambda v: v.astype([("a", float)]), REAL + "records"),
    "an integer too large": (with_one(10**400), REAL + "int too large"),
    "requires grad": (lambda v: Raises(v, RuntimeError("Can't call numpy() on Tensor that requires grad")),
                      REAL + r"Can't call numpy\(\) on Tensor that requires grad"),
    "on a GPU": (lambda v: Raises(v, TypeError("can't convert cuda:0 device type tensor to numpy")),
                 REAL + "can't convert cuda:0"),
    "of no library that I know": (lambda v: Raises(v, LookupError("no such thing")), REAL + "no such thing"),
    "ragged": (lambda v: [*v.tolist()[:-1], [[1.0, 2.0]]], REAL),
    "a mapping": (lambda v: {"a": v}, REAL),
    "a set": (lambda v: {1.0, 2.0}, REAL),
    "None, where it is no default": (lambda v: None, REAL),
    "NaN": (lambda v: np.where(np.arange(v.size).reshape(v.shape) == 3 % v.size, np.nan, v), "{} "),
    "infinity": (lambda v: np.where(np.arange(v.size).reshape(v.shape) == 3 % v.size, np.inf, v), "{} "),
    "a number": (lambda v: 3.0, "{} "),
    "nothing": (lambda v: v[:0], "({}|statistics) "),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_array_of_numbers_is_refused_at_every_door_by_the_name_of_the_argument(kind):
    make, message = REFUSED[kind]
    for door, (name, right, call) in DOORS.items():
        bad = make(right)
        if (bad is None and name == "sample_weight") or (kind == "nothing" and "block" in door and name == "x"):
            continue                                                # none given; a block without rows
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                with pytest.raises(ValueError, match="^" + message.format(name)) as caught:
                    call(bad)
            except BaseException as error:
                raise AssertionError(f"{door}: {kind}") from error
        assert not isinstance(caught.value, Collapse), door


def same(a, b):
    """Whether two answers hold the same numbers, bit by bit."""
    if hasattr(a, "__dict__"):
        return all(same(value, vars(b)[name]) for name, value in vars(a).items())
    if isinstance(a, tuple):
        return all(map(same, a, b))
    return bool(np.array_equal(a, b)) if isinstance(a, (np.ndarray, float)) else a == b or callable(a)


def read_only(v):
    v = v.copy()
    v.setflags(write=False)
    return v


def strided(v):
    wide = np.full((2 * len(v), *[2 * n for n in v.shape[1:]]), np.nan)
    wide[tuple(slice(None, None, 2) for _ in v.shape)] = v
    return wide[tuple(slice(None, None, 2) for _ in v.shape)]


TAKEN = {
    "a mask that hides nothing": lambda v: np.ma.masked_array(v, mask=False),
    "a tensor": Holds, "Fortran order": np.asfortranarray, "read-only": read_only, "strides": strided,
    "backwards": lambda v: v[::-1].copy()[::-1], "lists": lambda v: v.tolist(),
    "tuples": lambda v: tuple(map(tuple, v)) if v.ndim == 2 else tuple(v),
    "big-endian": lambda v: v.astype(">f8"), "long double": lambda v: v.astype(np.longdouble),
    "objects": lambda v: v.astype(object), "fractions": np.vectorize(Fraction, otypes=[object]),
    "decimals": np.vectorize(Decimal, otypes=[object]),
}
WHOLE = {name: lambda v, name=name: v.astype(name) for name in (
    "int8", "uint8", "int16", "uint16", "int32", "uint64", "float16", "float32", ">i2")}


@pytest.mark.parametrize("form", [*TAKEN, *WHOLE])
def test_other_forms_of_the_same_numbers_give_the_same_answer(form):
    for door, (_, right, call) in DOORS.items():
        if form in WHOLE and not (right == right.astype(form)).all():
            continue                                                # 0.5 is no whole number
        if form in ("lists", "tuples") and "block" in door and "weighted" not in door:
            continue                                                # a list is no block, but may hold some
        given = {**TAKEN, **WHOLE}[form](right)
        assert same(call(given), call(right.copy())), door


def test_nothing_that_is_given_is_changed():
    for door, (_, right, call) in DOORS.items():
        before = right.copy()
        call(right)
        assert np.array_equal(right, before), door


def test_counts_of_few_bits_do_not_overflow():
    """200 heads and 100 tails in 8 bits are 300 tosses, not 44; heads of a signed type are not negative."""
    x = np.array([[200, 100], [120, 90]])
    assert np.array_equal(C.log_joint(x.astype(np.uint8)), C.log_joint(x.astype(float)))
    big = np.array([[2_000_000_000, 1_000_000_000]])
    assert np.array_equal(C.log_joint(big.astype(np.int32)), C.log_joint(big.astype(float)))
    assert np.array_equal(C.soft_counts(x.astype(np.uint8), np.full((2, 2), 0.5)), [[160, 95], [160, 95]])


@pytest.mark.parametrize(("message", "call"), [
    ("weights holds True and False", lambda: GaussianMixture([True, False], MEANS, COV)),
    ("covariances holds True and False", lambda: GaussianMixture([0.5, 0.5], MEANS, np.ones(2, bool))),
    ("probs holds True and False", lambda: CoinMixture([0.5, 0.5], [True, False])),
    ("floor is True; it must be one number", lambda: GaussianMixture([0.5, 0.5], MEANS, COV, floor=True)),
    (r"floor is \[1.0\]; it must be one number", lambda: GaussianMixture([0.5, 0.5], MEANS, COV, floor=[1.0])),
    ("floor must be .* text", lambda: GaussianMixture.start(X, 2, 0, floor="1")),
    ("covariance_type is .*; it must be one of", lambda: GaussianMixture([0.5, 0.5], MEANS, COV, ["spherical"])),
    ("learn_weights is 'no'; it must be True or False", lambda: CoinMixture([0.5, 0.5], PROBS, "no")),
    ("learn_weights is 1; it must be True or False", lambda: CoinMixture([0.5, 0.5], PROBS, 1)),
    ("x holds 9.01e[+]15; above 2⁵³", lambda: C.log_joint([[2**53 + 2, 0]])),
    ("tosses is 36028797018963968; above 2⁵³", lambda: C.sample(3, 0, tosses=2**55)),
    ("sample_weight is so large", lambda: GaussianMixture.start(X, 2, 0, sample_weight=np.full(40, 1e308))),
])
def test_what_would_be_taken_for_something_else_is_refused(message, call):
    with pytest.raises(ValueError, match="^" + message):
        call()


@pytest.mark.parametrize("call", [
    lambda x: GaussianMixture.start(x, 2, 0), lambda x: G.m_step(x, Q), lambda x: fit(G, x, **FEW),
    lambda x: fit(G, x, keep="last", **FEW), lambda x: fit(G, [x, x], keep="last", **FEW)])
def test_values_whose_squares_underflow_are_refused_and_not_called_equal(call):
    with pytest.raises(ValueError, match=r"^x holds no more than 8[.].e-1.* in column 1, so small that .* rescale x"):
        call(X * [1, 1e-137])
    GaussianMixture.start(X * 1e-137, 2, 0, floor=1e-3)              # a floor leaves nothing to be lost
    call(X * [1, 1e-125])
