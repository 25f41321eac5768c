"""Inequalities by one lemma: the logarithm lies below its tangents."""

from dataclasses import dataclass
from typing import Any

from sympy import Add, Dummy, Eq, Expr, Sum, Tuple, default_sort_key, diff, expand_mul, log, sympify

from emlib.whiteboard.algebra import has_sign, normal_form, positive_form, split_logs
from emlib.whiteboard.claims import TINY, Claim
from emlib.whiteboard.proof import Refused, Step, rows, show
from emlib.whiteboard.solutions import only_solution, out_of_domain
from emlib.whiteboard.sums import LABEL, LABELS

__all__ = ["AtLeast", "tangent_lemma"]


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
class _Tangent:
    """One term factor·log t of the gap, and what stands in for log t: its tangent at t = m, or log t itself."""

    factor: Expr
    t: Expr
    m: Expr
    below: Expr

    @property
    def moved(self):
        """Whether something was given away: then equality needs t = m, since the factor is not 0."""
        return self.below != log(self.t)


@dataclass(frozen=True)
class AtLeast(Claim):
    """left ≥ right for all values of everything in them, wherever both sides are real numbers.

    Attributes
    ----------
    left, right : Expr
    on : a board
    equality : dict, optional
        {symbol, or function such as q(k): value}: also claims that the sides are equal there and nowhere else. The
        tangents are taken there.
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

    def _expressions(self):
        at = [("equality", value) for value in (self.equality or {}).values()]
        return [("left", self.left), ("right", self.right), ("tangent_at", self.tangent_at), *at]

    @property
    def statement(self):
        relation = ">" if self.strict else r"\ge"
        iff = ",\\ ".join(f"{show(k)} = {show(v)}" for k, v in (self.equality or {}).items())
        only = [rf"\text{{with equality iff }}\ {iff}"] if iff else []
        return rows(show(self.left), f"{relation} {show(self.right)}", *only)

    def _prove(self):
        outside, term = self.spread(sympify(self.left) - self.right)
        self._equal_where_claimed()
        if not (outside + term).free_symbols:
            return self._numbers(normal_form(outside))
        for split in (lambda expr: expr, split_logs):
            one, other = self.spread(split(outside) + (Sum(split(term), (LABEL, 1, LABELS)) if term != 0 else 0))
            tangents, lower = zip(*(self._lowered(part) for part in (one, other)), strict=True)
            if None in lower:
                continue
            summed = self.work_out(lower[0] + (Sum(lower[1], (LABEL, 1, LABELS)) if lower[1] != 0 else 0))
            lowest = normal_form(summed, self.on.sums)
            if lowest.is_nonnegative:
                moved = [tangent for part in tangents for tangent in part if tangent.moved]
                return self.proved(
                    *tangent_lemma(),
                    *self._written(one, other, moved, lower, lowest),
                    *self._never_equal(moved, lowest),
                    *self._equal_nowhere_else(moved, lowest),
                )
        self.disprove(self.left, "is less than", self.right, lambda value: value < -TINY)

    def _written(self, outside, term, moved, lower, lowest):
        """The steps from left − right to what it is at least."""
        if term == 0:
            yield Step("Left − right", outside)
        else:
            yield Step("Left − right is a sum over the labels; its term for a generic label $k$", term)
            if outside != 0:
                yield Step("and what stands outside the sum", outside)
        for tangent in moved:
            yield Step(f"Tangent of ${show(log(tangent.t))}$ at ${show(tangent.m)}$", tangent.below)
        if term != 0:
            yield Step("Each logarithm replaced by its tangent, the term is at least", lower[1])
            sums = r"$\sum_k q(k) = 1$ and $\sum_k P(k,\theta) = P_x(\theta)$"
            yield Step(f"Summed over $k$ with {sums}, left − right is at least", lowest)
        else:
            yield Step("Each logarithm replaced by its tangent, left − right is at least", lowest)

    @property
    def _here(self):
        """Where the sides are claimed to be equal."""
        return {symbol: self.work_out(value) for symbol, value in (self.equality or {}).items()}

    def _equal_where_claimed(self):
        """Refuse a place of equality at which the sides differ, and one that is no place at all."""
        if self.equality is None:
            return
        apart = (sympify(self.left) - self.right).subs(self.equality, simultaneous=True)
        if normal_form(self.work_out(apart), self.on.sums) != 0:
            self.disprove(apart, "is the difference where there should be none:", 0, lambda value: abs(value) > TINY)
        if wrong := out_of_domain(self._here, self.on, self.work_out):
            self.refuse(f"equality: {wrong}")

    def _numbers(self, gap):
        """Numbers alone: SymPy certifies the sign."""
        if not (gap.is_positive if self.strict else gap.is_nonnegative):
            if gap.is_negative or (self.strict and gap == 0):
                self.counterexample({}, self.left, "is not more than" if self.strict else "is less than", self.right)
            self.refuse()
        if self.equality is not None:
            self.refuse("equality: these are numbers, with no place to choose")
        return self.proved(Step("Left − right is, in exact numbers,", gap), Step("which is", gap.evalf(6)))

    def _lowered(self, expr):
        """The tangents of the expression's logarithms, and the expression with them: at most what it was.

        (…, None) where a term is not factor·log t, or where a tangent is not known to be on the right side.
        """
        if expr == 0:
            return (), expr
        names = {atom: Dummy() for atom in sorted(expr.atoms(log), key=default_sort_key)}
        terms = [
            term.as_independent(*names.values(), as_Add=False) for term in Add.make_args(expand_mul(expr.subs(names)))
        ]
        if any(inside != 1 and inside not in names.values() for _, inside in terms):
            return (), None
        tangents = []
        for atom, name in names.items():
            tangent = self._tangent(Add(*(c for c, inside in terms if inside == name)), atom.args[0])
            if tangent is None:
                return (), None
            tangents.append(tangent)
        rest = [c for c, inside in terms if inside == 1]
        return tangents, Add(*rest, *(tangent.factor * tangent.below for tangent in tangents))

    def _tangent(self, factor, t):
        """A `_Tangent` so that factor·log t is bounded below; None if the sign of factor, t or m is not known.

        The lemma with t/m in place of t: log t ≤ log m + t/m − 1; with m/t: log t ≥ log m + 1 − m/t.
        """
        m = t.subs(self._here, simultaneous=True) if self.equality else self.work_out(self.tangent_at)
        if t == m or normal_form(factor, self.on.sums) == 0 or normal_form(t - m, self.on.sums) == 0:
            return _Tangent(factor, t, m, log(t))
        known = all(positive_form(part, self.on.sums)[0].is_nonnegative or has_sign(part, self.on.sums) > 0
                    for part in (t, m))
        sign = has_sign(factor, self.on.sums)
        if not known or sign == 0:
            return None
        return _Tangent(factor, t, m, log(m) + 1 - m / t if sign > 0 else log(m) + t / m - 1)

    def _never_equal(self, moved, lowest):
        """The step for `strict`: what is left is positive, or a tangent touches nowhere."""
        if not self.strict:
            return ()
        if lowest.is_positive:
            return (Step("What is left is positive, so the sides are never equal", lowest),)
        for tangent in moved:
            apart = normal_form(tangent.t - tangent.m, self.on.sums)
            if has_sign(apart):
                words = f"${show(log(tangent.t))}$ is equal to its tangent only where this is 0, which it never is"
                return (Step(words, apart),)
        self.disprove(self.left, "is not more than", self.right, lambda value: value < TINY)

    def _equal_nowhere_else(self, moved, lowest):
        """The steps for `equality`: the sides are equal only where every tangent touches and nothing is left."""
        if self.equality is None:
            return ()
        conditions = [tangent.t - tangent.m for tangent in moved] + ([lowest] if lowest != 0 else [])
        places = only_solution(conditions, list(self.equality), self.work_out)
        if places is None or any(normal_form(places[k] - v, self.on.sums) != 0 for k, v in self._here.items()):
            self.refuse("equality: nowhere else is not proved")
        needed = "Equality needs every tangent to touch: this must be 0"
        return (
            *(Step(needed if condition != lowest else "and nothing to be left: this must be 0", condition)
              for condition in conditions),
            *(Step("which gives", Eq(k, v)) for k, v in places.items()),
        )
