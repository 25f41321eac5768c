"""Counterexamples: exact numbers at which a statement is false, looked for in the same order each time."""

from sympy import Derivative, Rational, nan, numer, sympify, zoo
from sympy.core.function import AppliedUndef
from sympy.core.sorting import default_sort_key

from emlib.whiteboard.algebra import KINDS, SIGNS, WHOLES, contradicts, positive_form, work_out

__all__ = ["search"]

_SHARES = (1, 2, 3)
_DENSITIES = tuple(Rational(n, 10) for n in (1, 2, 3))
_POSITIVE = (sympify(1), sympify(2), Rational(1, 2), sympify(3))
_REAL = (sympify(0), sympify(1), sympify(-1), sympify(2))


def search(expr, wanted, sums=(), attempts=200):
    """Rational numbers for every quantity at which the value of the expression is as wanted, or None.

    Parameters
    ----------
    expr : Expr
        In nats where it holds logarithms.
    wanted : function of a number
        Called with the value to 30 digits, which SymPy certifies.
    sums : tuple of tuples of Symbol
        Groups of positive symbols, each with sum 1.
    attempts : int
        How many assignments are tried; always the same ones, so a search can be repeated.

    Returns
    -------
    dict or None
        {quantity: rational number}. None also where the value of a sum, or of a derivative of anything but an arbitrary
        function, would have to be chosen: it is no free number.
    """
    expr, origin = positive_form(work_out(expr), sums)
    wholes = [part for part in origin if isinstance(part, WHOLES)]
    if not all(isinstance(part, Derivative) and isinstance(part.expr, AppliedUndef) for part in wholes):
        return None
    inside = {numer(value): quantity for quantity, value in origin.items() if value.free_symbols}
    symbols = sorted(inside, key=lambda s: default_sort_key(inside[s]))
    numbers = _park_miller()
    for _ in range(attempts):
        values = {s: _pick(s, inside[s], numbers) for s in symbols}
        if None in values.values() or not _one_value_each(origin, values):
            continue
        value = expr.subs(values).evalf(30)
        if value.is_comparable and value not in (nan, zoo) and wanted(value):
            return {part: sympify(v).subs(values) for part, v in origin.items()}
    return None


def _pick(symbol, quantity, numbers):
    """A small rational of the right kind."""
    if isinstance(quantity, AppliedUndef):
        choices = _DENSITIES if symbol.is_positive else (0, *_DENSITIES) if symbol.is_nonnegative else _REAL
    elif symbol.is_positive:
        choices = _SHARES if symbol != quantity else _POSITIVE
    else:
        choices = _REAL
    choices = [sympify(choice) for choice in choices]
    if symbol == quantity or isinstance(quantity, AppliedUndef):
        choices = [choice for choice in choices if not contradicts(quantity, choice, ("real", *SIGNS, *KINDS))]
    number = next(numbers) // 1000
    return choices[number % len(choices)] if choices else None


def _one_value_each(origin, values):
    """Whether each function has one value at one place: with u = v, f(u) and f(v) must be the same number."""
    at = {part: v for part, v in values.items() if part in origin}
    seen = {}
    return all(seen.setdefault(part.subs(at), values[dummy]) == values[dummy]
               for part, dummy in origin.items() if isinstance(part, AppliedUndef | Derivative))


def _park_miller(state=1):
    """Numbers that look random and are the same on every machine and in every version of Python."""
    while True:
        state = state * 16807 % 2147483647
        yield state
