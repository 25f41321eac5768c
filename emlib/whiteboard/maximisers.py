"""Claims about maxima: where one is, whether two functions share it, whether a stationary point is one."""

from dataclasses import dataclass
from typing import Any

from sympy import (
    Add,
    Dummy,
    Eq,
    I,
    Matrix,
    Mul,
    Pow,
    Rational,
    Symbol,
    default_sort_key,
    diff,
    exp,
    factor,
    hessian,
    latex,
    log,
    preorder_traversal,
    simplify,
    solve,
    sympify,
)
from sympy.core.function import AppliedUndef

from emlib.whiteboard.algebra import free_of, has_sign, moved_with, normal_form, work_out
from emlib.whiteboard.claims import TINY, Claim
from emlib.whiteboard.inequalities import AtLeast
from emlib.whiteboard.proof import Counterexample, Refused, Step, rows, show
from emlib.whiteboard.solutions import only_solution, out_of_domain

__all__ = ["LocalMaximum", "Maximiser", "Saddle", "SameMaximiser", "T"]

T = Symbol("t", positive=True)  # the free variable of an instance


@dataclass(frozen=True)
class Maximiser(Claim):
    """The objective is largest at the claimed values, {symbol: Expr}, and nowhere else.

    Symbols that sum to 1 on the board keep doing so, through a Lagrange multiplier. Differentiation finds the
    point; the lemma log t ≤ t − 1, not the derivative, shows that nothing is as high anywhere else.
    """

    objective: Any
    claimed: dict
    on: Any

    def _expressions(self):
        return [("objective", self.objective), *(("claimed", value) for value in self.claimed.values())]

    @property
    def statement(self):
        unknown, values = (r",\ ".join(map(show, part)) for part in (self.claimed, self.claimed.values()))
        return rows(rf"\arg\max_{{{unknown}}}\ {show(self.objective)}", rf"= \left({values}\right)")

    @property
    def groups(self):
        """The constraints: groups of the unknowns that sum to 1."""
        return [group for group in self.on.sums if set(group) & set(self.claimed)]

    def _prove(self):
        claimed = {k: self.work_out(v) for k, v in self.claimed.items()}
        if sympify(self.objective).has(I):
            self.refuse("the objective is not seen to be real, and only real numbers have a largest one")
        functions = {unknown.func for unknown in claimed if isinstance(unknown, AppliedUndef)}
        others = {f for f in sympify(self.objective).atoms(AppliedUndef) if f.func in functions} - set(claimed)
        if others:
            self.refuse(f"claimed: {', '.join(map(str, others))} would move too, and has no value")
        self._keeps_the_sums(claimed)
        if wrong := out_of_domain(claimed, self.on, self.work_out):
            self.refuse(wrong)
        largest = sympify(self.objective).subs(self.claimed, simultaneous=True)
        # under a sum over any number of labels there is no derivative to take: there the lemma does it alone
        steps = [] if self._totals else self._stationary_point(work_out(self.objective), claimed)
        return self.proved(*steps, *AtLeast(largest, self.objective, self.on, equality=self.claimed)._prove().steps)

    def _keeps_the_sums(self, claimed):
        for group in self.groups:
            if set(group) <= set(claimed):
                total = Add(*(claimed[symbol] for symbol in group))
                if normal_form(total - 1, self.on.sums) != 0:
                    self.disprove(total, "is the sum, which must be", 1, lambda value: abs(value) > TINY)

    def _stationary_point(self, objective, claimed):
        """Steps to the Lagrangian's stationary point, which must be the claimed point; none where it is not found."""
        multipliers = {group: Symbol(f"lambda_{i}" if i else "lambda") for i, group in enumerate(self.groups)}
        lagrangian = objective + Add(*(many * (1 - Add(*group)) for group, many in multipliers.items()))
        derivatives = {symbol: diff(lagrangian, symbol) for symbol in claimed}
        equations = [*derivatives.values(), *(1 - Add(*group) for group in multipliers)]
        place = only_solution(equations, [*claimed, *multipliers.values()], self.work_out)
        if place is None:
            return []
        if any(normal_form(place[k] - v, self.on.sums) != 0 for k, v in claimed.items()):
            here, there = (objective.subs(at, simultaneous=True) for at in (claimed, place))
            self.disprove(here, "at the claimed point is less than", there, lambda value: value < -TINY)
        solved = "Solved, with the sum kept at 1" if multipliers else "Solved"
        return [
            *(Step(f"Derivative along ${show(s)}$, set to 0", Eq(d, 0)) for s, d in derivatives.items()),
            *(Step(solved, Eq(s, place[s])) for s in claimed),
        ]


@dataclass(frozen=True)
class SameMaximiser(Claim):
    """argmax F = argmax G over the variables, because F is an increasing function of G or they differ by a constant.

    Attributes
    ----------
    first, second : Expr
    over : tuple of Symbol
    on : a board
    instance : dict, optional
        {quantity: number, or expression in `T`}: one small case for the refusal, with one free variable 0 < T < 1.
    lowest : bool
        Claims argmin F = argmax G instead.
    """

    first: Any
    second: Any
    over: tuple
    on: Any
    instance: dict | None = None
    lowest: bool = False

    @property
    def statement(self):
        unknown, end = ",".join(map(show, self.over)), "min" if self.lowest else "max"
        first, second = show(self.first), show(self.second)
        return rows(rf"\arg\{end}_{{{unknown}}}\ {first}", rf"= \arg\max_{{{unknown}}}\ {second}")

    def _expressions(self):
        return [("first", self.first), ("second", self.second), *(("over", part) for part in self.over)]

    def _prove(self):
        first, second = self._sides()
        difference = free_of(first - second, self.over, self.on.sums)
        if difference is not None:
            along = ",".join(map(show, self.over))
            return self.proved(
                Step("First − second", first - second),
                Step(f"In normal form it does not contain ${along}$: both are largest at the same place", difference),
            )
        moving = moved_with(self.over, self.on.sums)
        for inner, outer in ((first, second), (second, first)):
            u = Dummy("u", positive=True)
            outside = outer.subs(inner, u)
            if has_sign(inner, self.on.sums) > 0 and not outside.has(*moving) and _increasing(outside, u):
                return self.proved(
                    Step("The one is positive, and the other is a function of it, u, namely", outside),
                    Step("which has no gaps for u > 0, and whose derivative is positive", diff(outside, u)),
                )
        self._refuse_maxima()

    def _sides(self):
        """Both functions worked out, so turned that both are to be made large."""
        first = self.work_out(self.first)
        return (-first if self.lowest else first), self.work_out(self.second)

    def _refuse_maxima(self):
        """In the instance: where the one, concave in T, has its maximum, the other is lower than elsewhere."""
        if self.instance is None:
            self.refuse()
        first, second = (side.subs(self.instance, simultaneous=True) for side in self._sides())
        for one, other in ((first, second), (second, first)):
            w = Dummy("w", positive=True)
            concave = has_sign(diff(one, T, 2).subs(T, w / (1 + w))) < 0
            maxima = [t for t in solve(diff(one, T), T) if t.is_real and 0 < t < 1] if concave else []
            best = max((Rational(n, 12) for n in range(1, 12)), key=lambda place: other.subs(T, place).evalf())
            if len(maxima) == 1 and (other.subs(T, best) - other.subs(T, maxima[0])).evalf(30) > TINY:
                low, high = (latex(other.subs(T, place).evalf(6)) for place in (maxima[0], best))
                moving = {k: v for k, v in self.instance.items() if sympify(v).has(T)}
                there = ", ".join(f"${show(k)} = {show(v.subs(T, best))}$" for k, v in moving.items())
                found = f"one side is at its maximum; but the other is ${low}$ there and more, ${high}$, at {there}"
                values = {k: sympify(v).subs(T, maxima[0]) for k, v in self.instance.items()}
                raise Refused(self.statement, self.on.name, Counterexample(self.statement, self.on.name, values, found))
        self.refuse()


def _increasing(expr, u):
    """Whether the expression is seen to increase over all u > 0: derivative positive, no jump or pole on the way."""
    no_pole = all(power.base.is_positive or power.exp.is_positive for power in expr.atoms(Pow))
    return bool(_smooth(expr, {}) and no_pole and not expr.has(I) and diff(expr, u).is_positive)


def _smooth(expr, place):
    """Whether the expression has derivatives at the place: of +, ×, powers, exp and log alone, and none at its edge."""
    known = all(part.is_Atom or isinstance(part, Add | Mul | Pow | log | exp) for part in preorder_traversal(expr))
    logs = all(has_sign(part.args[0].subs(place)) > 0 for part in expr.atoms(log))
    powers = [power for power in expr.atoms(Pow) if not (power.exp.is_integer and power.exp.is_nonnegative)]
    signs = ((power.exp.is_integer, has_sign(power.base.subs(place))) for power in powers)
    return known and logs and (not place or all(sign > 0 or (whole and sign) for whole, sign in signs))


@dataclass(frozen=True)
class LocalMaximum(Claim):
    """The function has derivative 0 at the point, {symbol: value}, and negative curvature in every direction."""

    function: Any
    place: dict
    on: Any

    def _expressions(self):
        return [("function", self.function), *(("place", value) for value in self.place.values())]

    @property
    def statement(self):
        at = r",\ ".join(f"{show(k)} = {show(v)}" for k, v in self.place.items())
        return rows(show(self.function), rf"\text{{has a local maximum at }} {at}")

    def _prove(self):
        step, curvatures = self._stationary_point()
        for direction, curvature in curvatures:
            if not curvature.is_negative:
                more = f"is the curvature along ${show(direction)}$: more than"
                self.disprove(curvature, more, 0, lambda value: value > TINY)
        return self.proved(step, *(Step(f"Curvature along ${show(d)}$, negative", c) for d, c in curvatures))

    def _stationary_point(self):
        """The step that finds derivative 0, and the principal directions with the second derivative along each."""
        unknown = list(self.place)
        if any(set(group) & set(unknown) for group in self.on.sums):
            self.refuse("place: symbols that sum to 1 cannot move freely, so their curvatures say nothing")
        if wrong := out_of_domain({k: sympify(v) for k, v in self.place.items()}, self.on, self.work_out):
            self.refuse(f"place: {wrong}")
        for symbol, value in self.place.items():
            side = 1 if symbol.is_nonnegative else -1 if symbol.is_nonpositive else 0
            if not symbol.is_real or symbol.is_rational is not None or (side and has_sign(value) != side):
                self.refuse(f"place: {symbol} is not a real number that can move to both sides of {value}")
        function = sympify(self.function)
        if not _smooth(function, self.place) or function.has(I) or not all(s.is_real for s in function.free_symbols):
            self.refuse("the function is not seen to be real and to have derivatives there")
        derivatives = [simplify(diff(self.function, s).subs(self.place)) for s in unknown]
        for derivative in derivatives:
            if derivative != 0:
                self.disprove(derivative, "is a derivative there, not", 0, lambda value: abs(value) > TINY)
        curvatures = simplify(hessian(self.function, unknown).subs(self.place))
        directions = [(v.T, factor(value)) for value, _, vectors in curvatures.eigenvects() for v in vectors]
        return Step("The derivatives there", Matrix([derivatives])), sorted(directions, key=default_sort_key)


@dataclass(frozen=True)
class Saddle(LocalMaximum):
    """The function has derivative 0 at the point, yet rises in one direction and falls in another."""

    @property
    def statement(self):
        at = r",\ ".join(f"{show(k)} = {show(v)}" for k, v in self.place.items())
        return rows(show(self.function), rf"\text{{is flat, and at no maximum, at }} {at}")

    def _prove(self):
        step, curvatures = self._stationary_point()
        if not (any(c.is_positive for _, c in curvatures) and any(c.is_negative for _, c in curvatures)):
            for sign in ("negative", "positive"):
                if all(getattr(c, f"is_non{sign}") for _, c in curvatures):
                    self.counterexample({}, curvatures[0][1], "and", curvatures[-1][1])
            self.refuse()
        return self.proved(step, *(Step(f"Curvature along ${show(d)}$", c) for d, c in curvatures))
