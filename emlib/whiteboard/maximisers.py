"""Claims about maxima: where one is, whether two functions share it, whether a stationary point is one."""

from dataclasses import dataclass
from typing import Any

from sympy import (
    Add,
    Dummy,
    Eq,
    Matrix,
    Rational,
    Symbol,
    default_sort_key,
    diff,
    factor,
    hessian,
    latex,
    simplify,
    solve,
    sympify,
)

from emlib.whiteboard.algebra import derivatives_along, normal_form, search, work_out
from emlib.whiteboard.claims import TINY, AtLeast, Claim
from emlib.whiteboard.proof import Counterexample, Refused, Step, rows, show

__all__ = ["LocalMaximum", "Maximiser", "Saddle", "SameMaximiser", "T"]

T = Symbol("t", positive=True)  # the free variable of an instance


@dataclass(frozen=True)
class Maximiser(Claim):
    """The objective is largest at the claimed values, {symbol: Expr}, and nowhere else.

    Symbols that sum to 1 on the board keep doing so, through a Lagrange multiplier. Differentiation finds the
    point; the lemma log t ≤ t − 1 shows that nothing is higher.
    """

    objective: Any
    claimed: dict
    on: Any

    @property
    def statement(self):
        unknown, values = (r",\ ".join(map(show, part)) for part in (self.claimed, self.claimed.values()))
        return rows(rf"\arg\max_{{{unknown}}}\ {show(self.objective)}", rf"= \left({values}\right)")

    @property
    def groups(self):
        """The constraints: groups of the unknowns that sum to 1."""
        return [group for group in self.on.sums if set(group) <= set(self.claimed)]

    def prove(self):
        objective = work_out(self.objective)
        self._stays_in_the_domain()
        steps, place = self._stationary_point(objective)
        if any(normal_form(place[k] - v, self.on.sums) != 0 for k, v in self.claimed.items()):
            lost = objective.subs(self.claimed, simultaneous=True) - objective.subs(place, simultaneous=True)
            values = search(lost, lambda value: value < -TINY, self.on.sums)
            here, there = (objective.subs(at, simultaneous=True) for at in (self.claimed, place))
            self.refuse(values, here, "at the claimed point is less than", there)
        largest = objective.subs(self.claimed, simultaneous=True)
        highest = AtLeast(largest, objective, self.on, equality=self.claimed).prove()
        return self.proved(*steps, *highest.steps)

    def _stays_in_the_domain(self):
        for group in self.groups:
            total = Add(*(self.claimed[symbol] for symbol in group))
            if normal_form(total - 1, self.on.sums) != 0:
                values = search(total - 1, lambda value: abs(value) > TINY, self.on.sums)
                self.refuse(values, total, "is the sum, which must be", 1)

    def _stationary_point(self, objective):
        """Steps, and the one stationary point of the Lagrangian."""
        steps, place = [], {}
        free = [symbol for symbol in self.claimed if not any(symbol in group for group in self.groups)]
        for unknown, sum_to_one in [
            *((list(group), True) for group in self.groups),
            *([(free, False)] if free else []),
        ]:
            multiplier = Symbol("lambda")
            lagrangian = objective + (multiplier * (1 - Add(*unknown)) if sum_to_one else 0)
            derivatives = [diff(lagrangian, symbol) for symbol in unknown]
            equations = [*derivatives, 1 - Add(*unknown)] if sum_to_one else derivatives
            found = solve(equations, [*unknown, multiplier] if sum_to_one else unknown, dict=True, check=False)
            found = [f for f in found if not any(s.is_positive and f.get(s, s).is_nonpositive for s in unknown)]
            if len(found) != 1 or set(unknown) - set(found[0]):
                self.refuse()
            place.update({symbol: found[0][symbol] for symbol in unknown})
            steps += [
                Step(f"Derivative along ${show(s)}$, set to 0", Eq(derivative, 0))
                for s, derivative in zip(unknown, derivatives, strict=True)
            ]
            steps += [
                Step("Solved, with the sum kept at 1" if sum_to_one else "Solved", Eq(s, found[0][s])) for s in unknown
            ]
        return steps, place


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

    def prove(self):
        first, second = self._sides()
        derivatives = derivatives_along(first - second, self.over, self.on.sums)
        if all(normal_form(derivative, self.on.sums) == 0 for derivative in derivatives):
            constant = Step("First − second", first - second)
            along = ",".join(map(show, self.over))
            return self.proved(constant, Step(f"has derivative along ${along}$, sums kept at 1,", derivatives[0] * 0))
        for inner, outer in ((first, second), (second, first)):
            u = Dummy("u", positive=True)
            outside = outer.subs(inner, u)
            if not outside.has(*self.over) and diff(outside, u).is_positive:
                return self.proved(
                    Step("The one is a function of the other, u, namely", outside),
                    Step("whose derivative is positive", diff(outside, u)),
                )
        self._refuse_maxima()

    def _sides(self):
        """Both functions worked out, so turned that both are to be made large."""
        first = work_out(self.first)
        return (-first if self.lowest else first), work_out(self.second)

    def _refuse_maxima(self):
        """In the instance: where the one is at its maximum, the other is lower than elsewhere."""
        if self.instance is None:
            self.refuse()
        first, second = (side.subs(self.instance, simultaneous=True) for side in self._sides())
        for one, other in ((first, second), (second, first)):
            maxima = [t for t in solve(diff(one, T), T) if 0 < t < 1 and diff(one, T, 2).subs(T, t) < 0]
            best = max((Rational(n, 12) for n in range(1, 12)), key=lambda place: other.subs(T, place).evalf())
            if len(maxima) == 1 and (other.subs(T, best) - other.subs(T, maxima[0])).evalf(30) > TINY:
                low, high = (latex(other.subs(T, place).evalf(6)) for place in (maxima[0], best))
                moving = {k: v for k, v in self.instance.items() if sympify(v).has(T)}
                there = ", ".join(f"${show(k)} = {show(v.subs(T, best))}$" for k, v in moving.items())
                found = f"one side is at its maximum; but the other is ${low}$ there and more, ${high}$, at {there}"
                values = {k: sympify(v).subs(T, maxima[0]) for k, v in self.instance.items()}
                raise Refused(self.statement, self.on.name, Counterexample(self.statement, self.on.name, values, found))
        self.refuse()


@dataclass(frozen=True)
class LocalMaximum(Claim):
    """The function has derivative 0 at the point, {symbol: value}, and negative curvature in every direction."""

    function: Any
    place: dict
    on: Any

    @property
    def statement(self):
        at = r",\ ".join(f"{show(k)} = {show(v)}" for k, v in self.place.items())
        return rows(show(self.function), rf"\text{{has a local maximum at }} {at}")

    def prove(self):
        step, curvatures = self._stationary_point()
        for direction, curvature in curvatures:
            if not curvature.is_negative:
                self.refuse(
                    search(curvature, lambda value: value > TINY),
                    curvature,
                    f"is the curvature along ${show(direction)}$: more than",
                    0,
                )
        return self.proved(step, *(Step(f"Curvature along ${show(d)}$, negative", c) for d, c in curvatures))

    def _stationary_point(self):
        """The step that finds derivative 0, and the principal directions with the second derivative along each."""
        unknown = list(self.place)
        derivatives = [simplify(diff(self.function, s).subs(self.place)) for s in unknown]
        for derivative in derivatives:
            if derivative != 0:
                values = search(derivative, lambda value: abs(value) > TINY)
                self.refuse(values, derivative, "is a derivative there, not", 0)
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

    def prove(self):
        step, curvatures = self._stationary_point()
        if not (any(c.is_positive for _, c in curvatures) and any(c.is_negative for _, c in curvatures)):
            self.refuse({}, curvatures[0][1], "and", curvatures[-1][1])
        return self.proved(step, *(Step(f"Curvature along ${show(d)}$", c) for d, c in curvatures))
