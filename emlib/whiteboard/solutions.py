"""Equations with one solution: found by steps that lose none, so that "only there" is proved and not hoped for.

An equation is used where it is linear in an unknown and the factor of the unknown is never 0; other factors of the
equation may be dropped where they are never 0. So each step says: if the equations hold, this unknown has this value.
"""

from dataclasses import dataclass
from typing import Any

from sympy import (
    Add,
    Eq,
    I,
    Integer,
    Poly,
    PolynomialError,
    Sum,
    default_sort_key,
    factor_list,
    fraction,
    sympify,
    together,
)

from emlib.whiteboard.algebra import KINDS, contradicts, has_sign, normal_form, split_logs, work_out
from emlib.whiteboard.claims import TINY, Claim
from emlib.whiteboard.proof import Step, rows, show
from emlib.whiteboard.sums import LABEL, LABELS

__all__ = ["Solution", "only_solution", "out_of_domain"]


def _only_root(equation, unknown):
    """The one value of the unknown at which the expression is 0, or None where no single value is seen to be forced."""
    numerator = fraction(together(split_logs(equation)))[0]
    try:
        factors = [f for f, _ in factor_list(numerator)[1]]
    except PolynomialError:
        return None
    may_be_0 = [f for f in factors if not has_sign(f)]
    if len(may_be_0) != 1 or not may_be_0[0].has(unknown):
        return None
    try:
        line = Poly(may_be_0[0], unknown)
    except PolynomialError:
        return None
    if line.degree() != 1 or line.free_symbols_in_domain & {unknown} or not has_sign(line.LC()):
        return None
    return -line.coeff_monomial(1) / line.LC()


def only_solution(equations, unknowns, reduce):
    """{unknown: value} that the equations (expressions that must be 0) force, or None where this cannot be seen.

    Parameters
    ----------
    equations : list of Expr
    unknowns : list of Expr
        Symbols, or functions such as q(k).
    reduce : function
        What is known of an expression: sums carried out, say.
    """
    found = {}
    while len(found) < len(unknowns):
        step = _next_value(equations, [u for u in unknowns if u not in found], found, reduce)
        if step is None:
            return None
        unknown, value = step
        found = {u: reduce(v.subs(unknown, value)) for u, v in found.items()} | {unknown: value}
    return found


def _next_value(equations, unknowns, found, reduce):
    for equation in equations:
        rest = reduce(equation.subs(found, simultaneous=True))
        # what changes from label to label first: one value for all of them can be found only after it
        for unknown in sorted(unknowns, key=lambda u: (not u.has(LABEL), default_sort_key(u))):
            if rest.has(unknown) and (value := _only_root(rest, unknown)) is not None:
                return unknown, value
    return None


def out_of_domain(values, on, work_out):
    """What is wrong with {unknown: value} as a point of the board, in words; empty if nothing is.

    A positive unknown needs a value that is known to be ≥ 0 and is not 0 itself; where the data make it 0 the point
    is not there, and the claim says nothing. A whole number needs a value that is known to be one, and so for all that
    is declared of an unknown. What sums to 1 must keep doing so.
    """
    for unknown, value in values.items():
        strange = unknown.is_real and (value.is_real is False or value.has(I))
        for side in (1, -1):
            if not strange and (side * unknown).is_nonnegative:
                strange = not ((side * value).is_nonnegative or has_sign(value, on.sums) == side)
        if unknown.is_zero is False:
            strange = strange or value.is_zero or not (unknown.is_positive or unknown.is_negative or value.is_nonzero)
        if strange or contradicts(unknown, value, KINDS):
            return f"{unknown} = {value} is not known to be a possible value"
        if unknown.has(LABEL):
            whole, given = (work_out(Sum(f, (LABEL, 1, LABELS))) for f in (unknown, value.subs(values)))
            if normal_form(whole - given) != 0:
                return f"{unknown} = {value} does not have the sum that it must have"
    for group in on.sums:
        if named := set(group) & set(values):
            if len(named) < len(group) or normal_form(Add(*(values[s] for s in group)) - 1, on.sums) != 0:
                return f"{', '.join(map(str, group))} must sum to 1"
    return ""


@dataclass(frozen=True)
class Solution(Claim):
    """The equations (expressions that must be 0) have one solution, the claimed one: {unknown: Expr}."""

    equations: tuple
    claimed: dict
    on: Any

    def _expressions(self):
        return [*(("equations", e) for e in self.equations), *(("claimed", e) for e in self.claimed.values())]

    @property
    def statement(self):
        equations = r",\ ".join(f"{show(e)} = 0" for e in self.equations)
        values = r",\ ".join(f"{show(k)} = {show(v)}" for k, v in self.claimed.items())
        return rows(equations, rf"\iff {values}")

    def _prove(self):
        claimed = {k: self.work_out(v) for k, v in self.claimed.items()}
        for equation in self.equations:
            rest = sympify(equation).subs(self.claimed, simultaneous=True)
            if normal_form(self.work_out(rest)) != 0:
                self.disprove(rest, "is not", 0, lambda value: abs(value) > TINY)
        if wrong := out_of_domain(claimed, self.on, self.work_out):
            self.refuse(wrong)
        found = only_solution([work_out(e) for e in self.equations], list(claimed), self.work_out)
        if found is None or any(normal_form(found[k] - v) != 0 for k, v in claimed.items()):
            self.refuse("the equations are not seen to force these values")
        put_in = Step("The claimed values put into the equations leave", Integer(0))
        return self.proved(
            put_in,
            *(Step("No other solution: each equation is linear in an unknown, and gives", Eq(k, v))
              for k, v in found.items()),
        )
