"""Claims that SymPy proves or refuses: identities, inequalities, exact solutions, dependence.

A claim is the *statement*; `prove` works from nothing else. It returns a `Proof` or raises `Refused`, with a
counterexample in exact numbers where there is one.
"""

from dataclasses import dataclass
from typing import Any

from sympy import Add, Dummy, Eq, Tuple, default_sort_key, diff, expand_mul, fraction, latex, log, solve, sympify

from emlib.whiteboard.algebra import derivatives_along, normal_form, positive_form, search, split_logs, work_out
from emlib.whiteboard.proof import Counterexample, Proof, Refused, Step, rows, show

__all__ = ["AtLeast", "Depends", "Identity", "Solution", "tangent_lemma"]

TINY = 1e-20  # values are certified to 30 digits: beyond this a number is not 0


class Claim:
    """What all claims share: the board `on` (its name, and which symbols sum to 1) and the way to say no."""

    def refuse(self, values=None, left=None, relation="", right=None):
        """Raise Refused; where there are exact numbers, with what both sides come to at them."""
        if values is None:
            raise Refused(self.statement, self.on.name)
        found = f"${latex(value_at(left, values))}$ {relation} ${latex(value_at(right, values))}$"
        raise Refused(self.statement, self.on.name, Counterexample(self.statement, self.on.name, values, found))

    def proved(self, *steps):
        return Proof(self.statement, self.on.name, steps)


def value_at(expr, values):
    """The expression at exact numbers, to 6 digits."""
    return work_out(expr).subs(values).evalf(6)


@dataclass(frozen=True)
class Identity(Claim):
    """left = right for all values of everything in them. Sides are Expr; `on` is a board."""

    left: Any
    right: Any
    on: Any

    @property
    def statement(self):
        return rows(show(self.left), f"= {show(self.right)}")

    def prove(self):
        left, right = work_out(self.left), work_out(self.right)
        difference = normal_form(left - right, self.on.sums)
        if difference != 0:
            values = search(left - right, lambda value: abs(value) > TINY, self.on.sums)
            self.refuse(values, self.left, "is not", self.right)
        steps = [
            Step(f"{side}: every density written out, every integral carried out", value)
            for side, given, value in (("Left", self.left, left), ("Right", self.right, right))
            if value != given
        ]
        return self.proved(
            *steps,
            Step("Left, each logarithm split into irreducible factors", split_logs(left)),
            Step("Right, likewise", split_logs(right)),
            Step("Left − right, as one fraction, with everything that sums to 1 put in", difference),
        )


def tangent_lemma():
    """log t ≤ t − 1 for t > 0, with equality only at t = 1: the steps by which SymPy proves it.

    Raises Refused if one of them fails.
    """
    t = Dummy("t", positive=True)
    gap = t - 1 - log(t)
    first, curvature = diff(gap, t), diff(gap, t, 2)
    if gap.subs(t, 1) != 0 or first.subs(t, 1) != 0 or not curvature.is_positive:
        raise Refused(r"\log t \le t - 1", "t > 0")
    return (
        Step("The tangent of the logarithm: let g(t) = t − 1 − log t for t > 0. Its derivative is", first),
        Step("At t = 1, g and its derivative are", Tuple(gap.subs(t, 1), first.subs(t, 1))),
        Step(
            "and g is convex, so 1 is its one minimum: log t ≤ t − 1, equality iff t = 1. Its second derivative is",
            curvature,
        ),
    )


@dataclass(frozen=True)
class AtLeast(Claim):
    """left ≥ right for all values of everything in them.

    Attributes
    ----------
    left, right : Expr
    on : a board
    equality : dict, optional
        {symbol: value}: also claims that the sides are equal there and nowhere else. The tangents are taken there.
    tangent_at : Expr
        Without `equality`, where the tangent of the logarithm is taken. A hint: a wrong one proves nothing.
    strict : bool
        Also claims that the sides are never equal.
    """

    left: Any
    right: Any
    on: Any
    equality: dict | None = None
    tangent_at: Any = 1
    strict: bool = False

    @property
    def statement(self):
        relation = ">" if self.strict else r"\ge"
        iff = ",\\ ".join(f"{show(k)} = {show(v)}" for k, v in (self.equality or {}).items())
        only = [rf"\text{{with equality iff }}\ {iff}"] if iff else []
        return rows(show(self.left), f"{relation} {show(self.right)}", *only)

    def prove(self):
        gap = work_out(self.left) - work_out(self.right)
        if not gap.free_symbols:
            return self._numbers(gap)
        self._equal_where_claimed(gap)
        for expression in (gap, split_logs(gap)):
            logs, rest = self._gather(expression)
            if logs is None:
                continue
            tangents = [self._tangent(*log_term) for log_term in logs]
            if None in tangents:
                continue
            lowest = normal_form(
                rest + Add(*(c * below for (c, _, _), below in zip(logs, tangents, strict=True))), self.on.sums
            )
            if lowest.is_nonnegative:
                moving = [(c, t, m) for c, t, m in logs if t != m]
                steps = [
                    Step("Left − right", rest + Add(*(c * log(t) for c, t, _ in logs))),
                    *(
                        Step(f"Tangent of ${show(log(t))}$ at ${show(m)}$", below)
                        for (_, t, m), below in zip(logs, tangents, strict=True)
                        if t != m
                    ),
                    Step("Each logarithm replaced by its tangent, left − right is at least", lowest),
                ]
                return self.proved(*tangent_lemma(), *steps, *self._equality(gap, moving, lowest))
        values = search(gap, lambda value: value < -TINY, self.on.sums)
        self.refuse(values, self.left, "is less than", self.right)

    @property
    def _here(self):
        """Where the sides are claimed to be equal."""
        return {symbol: work_out(value) for symbol, value in (self.equality or {}).items()}

    def _equal_where_claimed(self, gap):
        """Refuse a place of equality at which the sides differ."""
        apart = gap.subs(self._here, simultaneous=True)
        if self.equality is not None and normal_form(apart, self.on.sums) != 0:
            values = search(apart, lambda value: abs(value) > TINY, self.on.sums)
            self.refuse(values, apart, "is the difference where there should be none:", 0)

    def _numbers(self, gap):
        """Numbers alone: SymPy certifies the sign."""
        if not (gap.is_positive if self.strict else gap.is_nonnegative):
            self.refuse({}, self.left, "is not more than" if self.strict else "is less than", self.right)
        return self.proved(Step("Left − right is, in exact numbers,", gap), Step("which is", gap.evalf(6)))

    def _gather(self, gap):
        """[(factor, t, m)] of the terms factor·log t, m being where the tangent is taken, and the rest.

        (None, None) where there are other kinds of terms, products of logarithms say.
        """
        names = {atom: Dummy() for atom in sorted(gap.atoms(log), key=default_sort_key)}
        terms = [
            term.as_independent(*names.values(), as_Add=False) for term in Add.make_args(expand_mul(gap.subs(names)))
        ]
        found = {atom: Add(*(c for c, inside in terms if inside == name)) for atom, name in names.items()}
        rest = [c for c, inside in terms if inside == 1]
        if len(rest) + sum(inside in names.values() for _, inside in terms) < len(terms):
            return None, None
        at = (lambda t: t.subs(self._here, simultaneous=True)) if self.equality else lambda t: work_out(self.tangent_at)
        return [(c, t.args[0], at(t.args[0])) for t, c in sorted(found.items(), key=default_sort_key)], Add(*rest)

    def _tangent(self, factor, t, m):
        """What bounds log t so that factor·log t is bounded below; None if the sign of the factor or of m is not known.

        The lemma with t/m in place of t: log t ≤ log m + t/m − 1; with m/t: log t ≥ log m + 1 − m/t.
        """
        if t == m or (self.equality is None and normal_form(t - m, self.on.sums) == 0):
            return log(t)
        if not positive_form(m, self.on.sums)[0].is_nonnegative:
            return None
        factor, _ = positive_form(factor, self.on.sums)
        if not (factor.is_positive or factor.is_negative):
            factor = normal_form(factor)
        if factor == 0:
            return log(t)
        if factor.is_positive:
            return log(m) + 1 - m / t
        return log(m) + t / m - 1 if factor.is_negative else None

    def _equality(self, gap, moving, lowest):
        """Steps for what is claimed about equality: a tangent equals its logarithm only at t = m."""
        conditions = [Eq(t, m) for _, t, m in moving] + ([Eq(fraction(lowest)[0], 0)] if lowest != 0 else [])
        if self.strict:
            unknown = sorted(gap.free_symbols, key=str)
            if not lowest.is_positive and (places := solve(conditions, unknown[:1], dict=True, check=False)):
                self.refuse(places[0], self.left, "equals", self.right)
            return (Step("and equality never happens, for it would need", conditions[-1]),)
        if self.equality is None:
            return ()
        places = solve(conditions, list(self.equality), dict=True, check=False)
        if len(places) != 1 or any(normal_form(places[0][k] - v, self.on.sums) != 0 for k, v in self._here.items()):
            self.refuse()
        words = "Equality only where every tangent equals its logarithm; solved for that"
        return tuple(Step(words, Eq(k, v)) for k, v in places[0].items())


@dataclass(frozen=True)
class Solution(Claim):
    """The equations (expressions that must be 0) have one solution, the claimed one: {unknown: Expr}."""

    equations: tuple
    claimed: dict
    on: Any

    @property
    def statement(self):
        equations = r",\ ".join(f"{show(e)} = 0" for e in self.equations)
        values = r",\ ".join(f"{show(k)} = {show(v)}" for k, v in self.claimed.items())
        return rows(equations, rf"\iff {values}")

    def prove(self):
        for equation in self.equations:
            rest = equation.subs(self.claimed)
            if normal_form(rest) != 0:
                self.refuse(search(rest, lambda value: abs(value) > TINY), rest, "is not", 0)
        found = solve(self.equations, list(self.claimed), dict=True, check=False)
        if len(found) != 1 or any(normal_form(found[0][k] - v) != 0 for k, v in self.claimed.items()):
            self.refuse()
        put_in = Step("The claimed values put into the equations leave", sympify(0))
        return self.proved(
            put_in,
            *(Step("Solved for all unknowns at once; the one solution has", Eq(k, v)) for k, v in found[0].items()),
        )


@dataclass(frozen=True)
class Depends(Claim):
    """The expression changes with the variables `over`."""

    expression: Any
    over: tuple
    on: Any

    @property
    def statement(self):
        return rf"{show(self.expression)} \quad \text{{depends on }} {','.join(map(show, self.over))}"

    def prove(self):
        expression = work_out(self.expression)
        for derivative in derivatives_along(expression, self.over, self.on.sums):
            values = search(derivative, lambda value: abs(value) > TINY, self.on.sums)
            if values is not None:
                somewhere = Step("is at some point", value_at(derivative, values))
                return self.proved(Step("Its derivative", derivative), somewhere)
            if normal_form(derivative, self.on.sums) != 0:
                self.refuse()
        self.refuse({}, derivative, "is its derivative everywhere: never other than", 0)
