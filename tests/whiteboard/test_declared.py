"""What is declared of a symbol is kept, what moves with a variable moves, and no value is made up.

The groups: places that the unknown cannot take, quantities that move though they were not named, dependence, values
that are no free numbers, variables bound in a limit or a product, and what only complex numbers satisfy.
"""

import pytest
from sympy import (
    Abs,
    Derivative,
    Function,
    I,
    KroneckerDelta,
    Limit,
    Max,
    Min,
    Mod,
    Product,
    Rational,
    Subs,
    Sum,
    Symbol,
    conjugate,
    exp,
    floor,
    frac,
    im,
    oo,
    pi,
    re,
    sign,
    sin,
    symbols,
)

from emlib.whiteboard import (
    THETA,
    AnyLabels,
    AtLeast,
    Depends,
    Discrete,
    Identity,
    LocalMaximum,
    Maximiser,
    Refused,
    Saddle,
    SameMaximiser,
    Solution,
    log,
)
from emlib.whiteboard.counterexamples import search
from emlib.whiteboard.sums import LABEL as K_TH
from emlib.whiteboard.sums import LABELS


class Plain:
    """A board of which nothing is known."""

    name, sums = "numbers", ()


class Board:
    """A board with what it is given for its sums."""

    name = "a board"

    def __init__(self, sums):
        self.sums = sums


W, TWO, THREE, ANY = Plain(), Discrete(2), Discrete(3), AnyLabels()
x, y = symbols("x y", positive=True)
a, b = symbols("a b", nonnegative=True)
r, m, u = symbols("r m u", real=True)
c, z = Symbol("c"), ANY.each[0]
n, even, prime = Symbol("n", integer=True), Symbol("even", even=True), Symbol("prime", prime=True)
whole = Symbol("whole", integer=True, positive=True)
below, at_most_0 = Symbol("below", negative=True), Symbol("at_most_0", nonpositive=True)
not_0, zero = Symbol("not_0", nonzero=True), Symbol("zero", zero=True)
imaginary, irrational = Symbol("imaginary", imaginary=True), Symbol("irrational", irrational=True)
any_function, positive = Function("f")(u), Function("h", positive=True)(u)
g, negative = Function("g", real=True), Function("g_2", negative=True)(u)
Q, HALF = TWO.sums[0], Rational(1, 2)
WHOLE = Product(g(u), (u, 1, 3))
WEIGHT = 1 + Derivative(g(imaginary), imaginary) ** 2  # 1 minus a square
POSTERIOR = {ANY.q(K_TH): ANY.joint(K_TH) / ANY.total(ANY.joint)}

FALSE = {
    # no place that the unknown can take
    "a half for a whole number": Solution((2 * n - 1,), {n: HALF}, W),
    "an odd number for an even one": Solution((even - 1,), {even: 1}, W),
    "four for a prime": Solution((prime - 4,), {prime: 4}, W),
    "0 for what is not 0": Solution((not_0,), {not_0: 0}, W),
    "a real number for an imaginary one": Solution((imaginary - 1,), {imaginary: 1}, W),
    "a fraction for an irrational number": Solution((irrational - 1,), {irrational: 1}, W),
    "1 for a negative number": Solution((below * x - x,), {below: 1}, W),
    "iff at a half": AtLeast((2 * n - 1) ** 2, 0, W, equality={n: HALF}),
    "largest at a half": Maximiser(-((n - HALF) ** 2), {n: HALF}, W),
    "largest where it may not be": Maximiser(-((x - r) ** 2), {x: r}, W),  # for r < 0 there is no largest
    "largest where it may not be, below 0": Maximiser(-((below - r) ** 2), {below: r}, W),
    "largest at infinity": Maximiser(-exp(-r), {r: oo}, W),
    "a local maximum above 0 of a negative number": LocalMaximum(-((below - 1) ** 2), {below: 1}, W),
    "a saddle at the edge": Saddle(-(a**2) - b**2 - 4 * a * b, {a: 0, b: 0}, W),  # 0 is the maximum there
    "a saddle at the other edge": Saddle(-(at_most_0**2) - b**2 + 4 * at_most_0 * b, {at_most_0: 0, b: 0}, W),
    "a saddle between whole numbers": Saddle((n - HALF) ** 2 - (r - HALF) ** 2, {n: HALF, r: HALF}, W),
    "a saddle of whole numbers": Saddle(n**2 * (1 - n**2) - r**2, {n: 0, r: 0}, W),  # no whole number lifts it above 0
    # what moves too
    "same, the rest of a sum of 1 grows": SameMaximiser(Q[0], Q[0] + 5 * Q[1], (Q[0],), TWO),
    "same, one of three grows": SameMaximiser(THREE.q(1), THREE.q(1) + 5 * THREE.q(2), (THREE.q(1),), THREE),
    "same, q at another label": SameMaximiser(ANY.elbo(), ANY.elbo() + ANY.q(z), (ANY.q(K_TH),), ANY),
    "same, q at another label grows": SameMaximiser(ANY.q(K_TH), ANY.q(K_TH) + 5 * ANY.q(z), (ANY.q(K_TH),), ANY),
    "max, q at another label": Maximiser(ANY.elbo() - ANY.q(z), POSTERIOR, ANY),
    "max, log q at another label": Maximiser(ANY.elbo() + log(ANY.q(z)), POSTERIOR, ANY),
    # dependence: two values, not a derivative
    "depends, frac and floor": Depends(frac(r) + floor(r) - r, (r,), W),
    "depends, a remainder": Depends(Mod(r, 1) + floor(r) - r, (r,), W),
    "depends, real and imaginary part": Depends(re(c) + I * im(c) - c, (c,), W),
    "depends, a square of a size": Depends(Abs(c) ** 2 - c * conjugate(c), (c,), W),
    "depends, a sign": Depends(sign(r) * Abs(r) - r, (r,), W),
    "depends, the larger and the smaller": Depends(Max(r, m) + Min(r, m) - r - m, (r,), W),
    "depends, times 0": Depends(x * zero, (x,), W),
    "depends, 0 at whole numbers": Depends(sin(pi * (n**3 - n) / 3), (n,), W),
    "depends, times 0 at whole numbers": Depends(x * sin(pi * (whole**3 - whole) / 3), (x,), W),
    "depends, a sum": Depends(Sum(r * K_TH, (K_TH, 1, 3)) - 6 * r, (r,), W),
    "depends, q alone on θ": Depends(TWO.q(1), (THETA,), TWO),
    "depends, all three": Depends(sum(THREE.sums[0]), (THREE.q(1),), THREE),
    # bound variables
    "a function at 0": Identity(Subs(any_function, u, 0), any_function, W),
    "a derivative at 0": Identity(Derivative(any_function, u).subs(u, 0), Derivative(any_function, u), W),
    "a limit": Identity(Limit(positive, u, 0, "+"), positive, W),
    "a product": Identity(Product(positive, (u, 1, 3)), positive**3, W),
    "a sum without its first term": Identity(Sum(ANY.q(K_TH), (K_TH, 2, LABELS)), 1, ANY),
    "a label for a parameter": Identity(
        ANY.total(lambda k: ANY.joint(k, k)), Function("P_x", positive=True)(K_TH), ANY
    ),
    "a derivative along the label": Identity(ANY.total(lambda k: Derivative(ANY.q(k), k)), 0, ANY),
    # only real numbers have an order
    "a weight with an imaginary derivative": AtLeast(WEIGHT * (x - 1), WEIGHT * log(x), W),
    "the square of an imaginary derivative": AtLeast(Derivative(g(imaginary), imaginary) ** 2, 0, W),
    "a complex local maximum": LocalMaximum(-(c**2), {c: 0}, W),
    "a local maximum that is not real": LocalMaximum(I - r**2, {r: 0}, W),
    "a saddle that is not real": Saddle(I + r**2 - m**2, {r: 0, m: 0}, W),
    "a root that is not real": LocalMaximum((-1 - x) ** Rational(1, 3) - r**2, {r: 0}, W),
    "a maximum that is not real": Maximiser(I - r**2, {r: 0}, W),
    "same, not real": SameMaximiser(positive, positive + I, (u,), W),
    "same, an exponential that is not real": SameMaximiser(positive, exp(positive) + I, (u,), W),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_refused(name):
    with pytest.raises(Refused):
        FALSE[name].prove()


# True, and not shown false by numbers that may not be -------------------------------------------------------------

TRUE = {
    "a whole number": (Solution((2 * n - 6,), {n: 3}, W), True),
    "minus a positive number": (Solution((below + x,), {below: -x}, W), True),
    "not 0": (Solution((not_0 - 2,), {not_0: 2}, W), True),
    "inside": (Saddle((a - 1) ** 2 - (b - 1) ** 2, {a: 1, b: 1}, W), True),
    "increasing, all else held": (SameMaximiser(positive, positive + g(m), (u,), W), True),
    "largest value of a function": (Maximiser(log(positive) - positive, {positive: 1}, W), True),
    "depends, complex": (Depends(c**2, (c,), W), True),
    "depends, whole": (Depends((-1) ** n, (n,), W), True),
    "depends, two of three": (Depends(THREE.q(1) + THREE.q(2), (THREE.q(1),), THREE), True),
    "depends, a function's value": (Depends(2 * positive, (positive,), W), True),
    "a product kept whole": (Identity((x + 1) * WHOLE, x * WHOLE + WHOLE, W), True),
    "whole numbers": (AtLeast(whole**2, whole, W), None),
    "above 1 for negative numbers": (AtLeast(exp(-below), 1, W), None),
    "above 1 from 0 on": (AtLeast(exp(a), 1, W), None),
    "below 1 for a negative function": (AtLeast(1, exp(negative), W), None),
    "a sum of numbers": (Identity(Sum(K_TH, (K_TH, 1, 3)), 6, W), None),
    "a symbol that is 0": (Identity(zero * x, 0, W), None),
    "a slope that is no free number": (Identity(Derivative(frac(r) + floor(r), r).doit(), 1, W), None),
    "one value at one place": (Identity(KroneckerDelta(u, r) * (g(u) - g(r)), 0, W), None),
    "a function at a number": (Identity(Subs(any_function, u, 0), Function("f")(0), W), None),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_never_shown_false(name):
    claim, proved = TRUE[name]
    if proved:
        assert claim.prove().verdict == "proved"
        return
    try:
        claim.prove()
    except Refused as refused:
        assert refused.counterexample is None, refused


def test_a_place_at_an_edge_is_named():
    for claim in (Maximiser(-(x**2), {x: 0}, W), Maximiser(-(not_0**2), {not_0: 0}, W)):
        with pytest.raises(Refused, match="= 0 is not known to be a possible value"):
            claim.prove()


def test_a_search_takes_what_may_be():
    for symbol in (whole, below, a, at_most_0, n, even):
        value = search(symbol, lambda number: True)[symbol]
        assert all(getattr(value, f"is_{kind}") == told for kind, told in symbol.assumptions0.items())
    assert search(prime - 1, lambda number: number > 0)[prime].is_prime
    assert search(imaginary, lambda number: True) is None  # none is among the fractions


def test_a_dependence_shows_both_places():
    first, second = Depends(TWO.elbo(), Q, TWO).prove().steps
    assert all(f"${q} = " in step.words for step in (first, second) for q in ("q_{1}", "q_{2}"))
    assert first.math != second.math
    for step in Depends(TWO.elbo(), (THETA,), TWO).prove().steps:
        assert r"P_{1}{\left(\theta \right)}" in step.words


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (AtLeast(x, 0, W, equality=[x]), r"equality: found \[x\]; give a dict"),
        (Maximiser(x, [x], W), r"claimed: found \[x\]; give a dict"),
        (Maximiser(x, None, W), "claimed: found None; name at least one symbol"),
        (LocalMaximum(x, (x,), W), r"place: found \(x,\); give a dict"),
        (LocalMaximum(x, None, W), "place: found None; name"),
        (Depends(x, None, W), "over: found None; name"),
        (Solution(x - 1, {x: 1}, W), "equations: found x - 1; give a tuple"),
        (SameMaximiser(x, -x, (x,), W, "abc"), "instance: found 'abc'; give a dict"),
        (Identity(x, x, Board(None)), "on: its sums are None; give a tuple of tuples"),
        (Identity(x, x, Board((x, y))), r"on: its sums are \(x, y\); give a tuple of tuples"),
        (Identity(x, x, Board(((),))), "on: its sums are"),
    ],
)
def test_what_is_no_claim_is_named(claim, words):
    with pytest.raises(ValueError, match=words):
        claim.prove()


def test_whatever_stands_under_a_sum_may_be_any_number():
    assert Identity(ANY.total(lambda k: LABELS * ANY.q(k)), LABELS, ANY).prove().verdict == "proved"


def test_a_rule_of_the_prover_is_not_said_to_be_an_error_of_sympy():
    """A sum from 2 on is none that the rules know: that is said, and nothing is blamed on SymPy."""
    board = AnyLabels()
    part = Sum(board.q(K_TH), (K_TH, 2, LABELS))
    with pytest.raises(Refused, match="does not run over all labels; no other sum is known here") as refused:
        Identity(part, 1, board).prove()
    assert "SymPy gave up" not in str(refused.value)
