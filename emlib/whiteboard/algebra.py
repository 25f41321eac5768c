"""The algebra the proofs rest on: one normal form, real integrals, signs that are known.

Symbols that sum to 1 are rewritten as w_k / (w_1 + … + w_K) with free positive w. What stands for a probability is
declared positive, and only the logarithms of what is positive are split. Then an identity is proved by one question:
is a polynomial zero?
"""

from functools import cache
from itertools import chain

from sympy import (
    Add,
    Derivative,
    Dummy,
    Function,
    Integral,
    Limit,
    Mul,
    NumberSymbol,
    Poly,
    Product,
    Rational,
    Subs,
    Sum,
    Tuple,
    cancel,
    default_sort_key,
    exp,
    expand,
    expand_log,
    factor,
    fraction,
    integrate,
    log,
    oo,
    pi,
    powsimp,
    sqrt,
    sympify,
    together,
)
from sympy.core.function import AppliedUndef
from sympy.polys.domains import QQ
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

__all__ = [
    "KINDS",
    "SIGNS",
    "WHOLES",
    "Normal",
    "NotKnown",
    "contradicts",
    "free_of",
    "has_sign",
    "moved_with",
    "normal_form",
    "positive_form",
    "split_logs",
    "work_out",
]


class NotKnown(ValueError):
    """A sum, an integral or a group of symbols that the rules here do not cover: what holds it is not proved."""


class Normal(Function):
    """The density N(y | mean, variance), kept whole for the reader until `doit` writes it out."""

    nargs = 3

    def _eval_is_positive(self):
        return self.args[2].is_positive

    def doit(self, **hints):
        y, mean, variance = self.args
        return exp(-((y - mean) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)

    def _latex(self, printer, exp=None):
        y, mean, variance = (printer.doprint(part) for part in self.args)
        shown = rf"\mathcal{{N}}\!\left({y} \mid {mean},\, {variance}\right)"
        return shown if exp is None else rf"{shown}^{{{exp}}}"


# Integrals ---------------------------------------------------------------------------------------------------


def work_out(expr):
    """The expression with densities written out, integrals over z ∈ ℝ carried out by SymPy, and decimals made exact.

    A decimal stands for the fraction that its 15 digits write: 0.1 is 1/10, and so is what SymPy adds up to 0.1.
    """
    expr = sympify(expr).replace(lambda e: e.is_Float, lambda e: Rational(str(e)))
    expr = expr.replace(lambda e: isinstance(e, Normal), lambda e: e.doit())
    return expr.replace(lambda e: isinstance(e, Integral), _integral)


def _integral(integral):
    """∫ over the real line of polynomials times Gaussians in z, term by term."""
    z = integral.variables[0]
    if integral.limits != (Tuple(z, -oo, oo),):
        raise NotKnown(f"integral: {integral} is not over the whole real line; no other integral is known here")
    integrand = integral.function.replace(lambda e: isinstance(e, log), lambda e: expand(expand_log(e)))
    return Add(*(_gaussian_integral(term, z) for term in Add.make_args(integrand) if term != 0))


@cache
def _moment(n):
    """∫ uⁿ exp(−u²) du over the real line, by SymPy, in units of √π; once for each n."""
    u = Dummy("u", real=True)
    return integrate(u**n * exp(-(u**2)), (u, -oo, oo)) / sqrt(pi)


def _gaussian_integral(term, z):
    """∫ constant · polynomial · exp(quadratic) dz, the quadratic of negative curvature."""
    factors = Mul.make_args(powsimp(term, combine="exp"))
    gaussian = Poly(Add(*(f.args[0] for f in factors if isinstance(f, exp))), z)
    roots = [f for f in factors if f.is_Pow and f.exp.is_Rational and f.is_positive and not f.has(z)]
    polynomial = Poly(expand(Mul(*(f for f in factors if not isinstance(f, exp) and f not in roots))), z)
    curvature, linear = factor(-gaussian.coeff_monomial(z**2)), gaussian.coeff_monomial(z)
    if gaussian.degree() > 2 or not curvature.is_positive:
        raise NotKnown(
            f"integral: {term} is not a polynomial times a Gaussian in {z}; no real integral is known here"
        )
    # complete the square: z = centre + u/√a, and a z² − b z = u² − b²/4a
    centre, u = linear / (2 * curvature), Dummy("u")
    shifted = Poly(polynomial.as_expr().subs(z, centre + u / sqrt(curvature)), u)
    moments = Add(*(coefficient * _moment(n) for (n,), coefficient in shifted.terms()))
    scale = sqrt(factor(Mul(*roots) ** 2 * pi / curvature))
    return moments * scale * exp(factor(gaussian.coeff_monomial(1) + linear**2 / (4 * curvature)))


# Normal form -------------------------------------------------------------------------------------------------


def positive_form(expr, sums=()):
    """Free positive symbols in place of probabilities, and the way back.

    Parameters
    ----------
    expr : Expr
    sums : tuple of tuples of Symbol
        Groups of positive symbols, each with sum 1.

    Returns
    -------
    expr : Expr
        With w_k / Σw for the k-th of a group, and a symbol for each P_k(θ), each derivative of it and each sum over k
        (or other whole in which a variable is bound, such as a product or a limit).
        A symbol is positive, or real, only where what it stands for is known to be so.
    origin : dict
        For each quantity of `expr` its value in the free symbols.
    """
    expr, origin = sympify(expr), {}
    found = sorted(expr.atoms(*WHOLES), key=default_sort_key)
    expr = expr.subs({whole: origin.setdefault(whole, Dummy("whole", real=_known_real(whole))) for whole in found})
    for f in sorted(expr.atoms(AppliedUndef), key=default_sort_key):
        origin[f] = Dummy(str(f), **{sign: getattr(f, f"is_{sign}") for sign in ("positive", "nonnegative", "real")})
    expr = expr.subs({f: s for f, s in origin.items() if isinstance(f, AppliedUndef)})
    for group in sums:
        if not all(part.is_positive for part in group):
            raise NotKnown(f"sums: {group} must be positive symbols, declared so; give Symbol(…, positive=True)")
        shares = {part: Dummy(f"w_{k}", positive=True) for k, part in enumerate(group) if expr.has(part)}
        others = 1 if len(shares) < len(group) else 0  # those that the expression does not name
        origin.update({part: w / Add(others, *shares.values()) for part, w in shares.items()})
    known = {symbol for value in origin.values() for symbol in value.free_symbols}
    expr = expr.subs({part: value for part, value in origin.items() if part.is_Symbol})
    origin.update({s: s for s in sorted(expr.free_symbols - known, key=default_sort_key)})
    return expr, origin


WHOLES = (Sum, Derivative, Product, Integral, Limit, Subs)  # a variable is bound in them: f(u) inside is no f(u)


def _known_real(whole):
    """Whether a sum, or a derivative along real variables, is of something real; None if that is not known."""
    if not isinstance(whole, Sum | Derivative):
        return None
    inside = whole.function if isinstance(whole, Sum) else whole.expr
    return True if inside.is_real and all(symbol.is_real for symbol in whole.variables) else None


def has_sign(expr, sums=()):
    """1 or −1 where the expression is known to be positive or negative, else 0."""
    free, _ = positive_form(expr, sums)
    if not (free.is_positive or free.is_negative):
        free = normal_form(free)
    return 1 if free.is_positive else -1 if free.is_negative else 0


SIGNS = ("positive", "negative", "zero", "imaginary")
KINDS = ("integer", "rational", "even", "odd", "prime", "composite", "algebraic")


def contradicts(unknown, value, kinds):
    """Whether something of these kinds is declared of the unknown, and is not known of the value."""
    told = ((getattr(unknown, f"is_{kind}"), getattr(value, f"is_{kind}")) for kind in kinds)
    return any(declared is not None and declared != known for declared, known in told)


def moved_with(over, sums=()):
    """All that moves with the variables: what is in a sum of 1 with one of them, and with q(k) the function q."""
    groups = (group for group in sums if set(group) & set(over))
    return {v.func if isinstance(v, AppliedUndef) else v for v in (*over, *chain(*groups))}


def free_of(expr, over, sums=()):
    """The expression in normal form if none of the variables, nor what moves with them, is left in it, else None.

    Parameters
    ----------
    expr : Expr
    over : tuple of Expr
        Symbols, or functions such as q(k).
    sums : tuple of tuples of Symbol
    """
    over = moved_with(over, sums)
    free, origin = positive_form(expr, sums)
    free = normal_form(free)
    moving = {w for part, value in origin.items() if part.has(*over) for w in value.free_symbols}
    if free.free_symbols & moving:
        return None
    return free.subs({value: part for part, value in origin.items() if value.is_Symbol})


def split_logs(expr):
    """Each logarithm split over the factors of what stands in it: log(ab/c) = log a + log b − log c."""
    expr = expand_log(expr)
    return expr.replace(
        lambda e: isinstance(e, log), lambda e: expand_log(log(factor(together(e.args[0]))), factor=True)
    )


def normal_form(expr, sums=()):
    """The expression as one fraction in free positive symbols and logarithms of irreducible factors.

    Where its numerator is the zero polynomial, it is 0 wherever it is defined: that needs no guessing.
    """
    expr, origin = positive_form(work_out(expr), sums)
    back = {value: part for part, value in origin.items() if value.is_Symbol}
    expr = split_logs(expr)
    atoms = {
        atom: Dummy(positive=atom.is_positive) for atom in sorted(expr.atoms(log, NumberSymbol), key=default_sort_key)
    }
    expr = expr.subs(atoms)
    if expr.is_rational_function():
        numerator, denominator = fraction(together(expr))
        symbols = sorted(expr.free_symbols, key=default_sort_key)
        zero = PolyRing(symbols, QQ, lex).from_expr(numerator) == 0
    else:
        numerator, denominator = fraction(together(powsimp(expr, combine="exp")))
        numerator = powsimp(expand(numerator), combine="exp").replace(exp, lambda power: exp(factor(cancel(power))))
        zero = expand(numerator) == 0
    if zero:
        return sympify(0)
    return factor(numerator / denominator).subs({dummy: atom for atom, dummy in atoms.items()}).subs(back)
