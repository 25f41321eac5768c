"""Claims that SymPy proves or refuses, and the two simplest: identities, and dependence.

A claim is the *statement*; `prove` works from nothing else. It returns a `Proof` or raises `Refused`, with a
counterexample in exact numbers where there is one. It holds wherever both sides are defined.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from sympy import Dummy, Expr, Symbol, SympifyError, latex, sympify
from sympy.core.function import AppliedUndef

from emlib.whiteboard.algebra import NotKnown, normal_form, split_logs, work_out
from emlib.whiteboard.counterexamples import search
from emlib.whiteboard.proof import Counterexample, Proof, Refused, Step, rows, show
from emlib.whiteboard.sums import carry_out, spread
from emlib.whiteboard.time_limit import SECONDS, TooLong, time_limit

__all__ = ["Claim", "Depends", "Identity"]

TINY = 1e-20  # values are certified to 30 digits: beyond this a number is not 0


class Claim:
    """What all claims share: the board `on` (its name, and which symbols sum to 1) and the ways to say yes and no."""

    def prove(self):
        """Have SymPy prove the claim.

        Returns
        -------
        Proof

        Raises
        ------
        Refused
            If there is no proof: with a counterexample where one was found, else with the reason. This is the answer
            also where SymPy itself gives up with an error, or needs more than `SECONDS` seconds.
        ValueError
            If the claim is put together from something else than SymPy expressions.
        """
        self._check()
        if not all(value.is_commutative for _, value in self._expressions() for value in [sympify(value)]):
            self.refuse("it has symbols that do not commute, and the algebra here is that of numbers")
        try:
            with time_limit():
                return self._prove()
        except Refused:
            raise
        except NotKnown as rule:
            reason = str(rule)
        except TooLong:
            reason = f"no answer within {SECONDS} seconds"
        except Exception as error:  # SymPy has errors of many kinds: the claim is then not proved, and this is why
            reason = f"SymPy gave up ({type(error).__name__}: {error})"
            raise Refused(self.statement, self.on.name, reason=reason) from error
        raise Refused(self.statement, self.on.name, reason=reason)

    def _check(self):
        """ValueError for whatever is no expression, no unknown and no board."""
        for field in ("equality", "claimed", "place", "over"):
            unknowns = getattr(self, field, None)
            if not hasattr(self, field) or (field == "equality" and unknowns is None):
                continue
            if not isinstance(unknowns, dict | tuple | list) or not unknowns:
                raise ValueError(f"{field}: found {unknowns!r}; name at least one symbol")
            if field != "over" and not isinstance(unknowns, dict):
                raise ValueError(f"{field}: found {unknowns!r}; give a dict, {{symbol: value}}")
            for unknown in unknowns:
                if not isinstance(unknown, Symbol | AppliedUndef):
                    raise ValueError(f"{field}: found {unknown!r}; give a symbol, or a function such as q(k)")
        equations = getattr(self, "equations", ())
        if not isinstance(equations, tuple | list):
            raise ValueError(f"equations: found {equations!r}; give a tuple of expressions that must be 0")
        instance = getattr(self, "instance", None)
        if not isinstance(instance, dict | None):
            raise ValueError(f"instance: found {instance!r}; give a dict, {{quantity: number}}, or leave it out")
        for field, value in self._expressions():
            try:
                good = not isinstance(value, str) and isinstance(sympify(value), Expr)
            except SympifyError:
                good = False
            if not good:
                raise ValueError(f"{field}: found {value!r}, a {type(value).__name__}; give a SymPy expression")
        if isinstance(self.on, type) or not all(hasattr(self.on, name) for name in ("name", "sums")):
            raise ValueError(f"on: found {self.on!r}; give a board, AnyLabels(), Discrete(2) or Continuous() say")
        sums = self.on.sums
        if not (isinstance(sums, tuple) and all(isinstance(group, tuple) and group for group in sums)):
            raise ValueError(f"on: its sums are {sums!r}; give a tuple of tuples of symbols, each of sum 1, or ()")

    def proved(self, *steps):
        return Proof(self.statement, self.on.name, steps)

    # Boards: what sums to 1, and sums over any number of labels ----------------------------------------------

    @property
    def _totals(self):
        return getattr(self.on, "totals", None)

    def work_out(self, expr):
        """Densities written out, integrals and sums carried out, as far as they are known."""
        expr = work_out(expr)
        return expr if self._totals is None else carry_out(expr, self._totals)

    def spread(self, expr):
        """(A, g): the expression as A + Σ_k g(k); g is 0 where the board knows no such sums."""
        expr = work_out(expr)
        return (expr, sympify(0)) if self._totals is None else spread(expr, self._totals)

    # Saying no -----------------------------------------------------------------------------------------------

    def refuse(self, reason="neither a proof nor a counterexample was found"):
        raise Refused(self.statement, self.on.name, reason=reason)

    def disprove(self, left, relation, right, wanted):
        """Raise Refused: with exact numbers at which left − right is as wanted, if a search finds some."""
        instances = getattr(self.on, "instances", lambda expr: [(expr, self.on.sums)])
        pairs = zip(instances(sympify(left)), instances(sympify(right)), strict=True)
        for (one, sums), (other, _) in pairs:
            values = search(work_out(one) - work_out(other), wanted, sums)
            if values is not None:
                self.counterexample(values, one, relation, other)
        self.refuse()

    def counterexample(self, values, left, relation, right):
        """Raise Refused with exact numbers, and what both sides come to at them."""
        found = f"${latex(value_at(left, values))}$ {relation} ${latex(value_at(right, values))}$"
        raise Refused(self.statement, self.on.name, Counterexample(self.statement, self.on.name, values, found))


def value_at(expr, values):
    """The expression at exact numbers, to 6 digits."""
    return work_out(expr).subs(values).evalf(6)


@dataclass(frozen=True)
class Identity(Claim):
    """left = right for all values of everything in them, wherever both are defined. Sides are Expr; `on` is a board."""

    left: Any
    right: Any
    on: Any

    def _expressions(self):
        return [("left", self.left), ("right", self.right)]

    @property
    def statement(self):
        return rows(show(self.left), f"= {show(self.right)}")

    def _prove(self):
        left, right = self.work_out(self.left), self.work_out(self.right)
        difference = normal_form(left - right, self.on.sums)
        if difference != 0:
            self.disprove(self.left, "is not", self.right, lambda value: abs(value) > TINY)
        return self.proved(
            *self._worked_out("Left", self.left, left),
            *self._worked_out("Right", self.right, right),
            Step("Left, each logarithm split into irreducible factors", split_logs(left)),
            Step("Right, likewise", split_logs(right)),
            Step("Left − right, as one fraction, with everything that sums to 1 put in", difference),
        )

    def _worked_out(self, side, given, value):
        """Steps from a side as it is given to the same side worked out."""
        outside, term = self.spread(given)
        if term != 0:
            yield Step(f"{side}: one term of its sum, for a generic label $k$, each logarithm split", split_logs(term))
            if outside != 0:
                yield Step(f"{side}: what stands outside the sum", outside)
            yield Step(
                f"{side}: summed over $k$, which is linear, with $\\sum_k q(k) = 1$ where it occurs, "
                r"and $\sum_k P(k,\theta) = P_x(\theta)$",
                value,
            )
        elif value != given:
            yield Step(f"{side}: every density written out, every integral or sum carried out", value)


@dataclass(frozen=True)
class Depends(Claim):
    """The expression changes with the variables `over`: at two places it has two values, all else being equal.

    Where one of the variables is in a group that sums to 1, the whole group moves, within that sum. Where an arbitrary
    function is in the expression, it changes for some such function.
    """

    expression: Any
    over: tuple
    on: Any

    def _expressions(self):
        return [("expression", self.expression), *(("over", part) for part in self.over)]

    @property
    def statement(self):
        return rf"{show(self.expression)} \quad \text{{depends on }} {','.join(map(show, self.over))}"

    def _prove(self):
        if self._totals is not None:
            self.refuse("a dependence is shown at numbers: state it for a number of labels, on Discrete(2) say")
        here = work_out(self.expression)
        groups = [group for group in self.on.sums if set(group) & set(self.over)]
        copies = {v: _another(v) for v in dict.fromkeys((*self.over, *chain(*groups)))}
        there = here.subs(copies, simultaneous=True)
        sums = (*self.on.sums, *(tuple(copies[v] for v in group) for group in groups))
        values = search(here - there, lambda value: abs(value) > TINY, sums)
        if values is not None:
            first, second = ({k: number for k, number in values.items() if k.has(*moving)}
                             for moving in (copies, copies.values()))
            return self.proved(self._seen("At one place", first, here, values),
                               self._seen("At another, all else being equal", second, there, values))
        if normal_form(here - there, sums) == 0:
            self.counterexample({}, sympify(0), "is the difference of any two of its values: never other than", 0)
        self.refuse()

    def _seen(self, words, place, value, values):
        at = ", ".join(f"${show(v)} = {show(number)}$" for v, number in place.items())
        return Step(f"{words}, {at}, it is", value_at(value, values))


def _another(variable):
    """A second value of the variable: a new symbol of which the same is known."""
    if variable.is_Symbol:
        return Dummy(str(variable), **variable.assumptions0)
    signs = ("positive", "nonnegative", "real")
    return Dummy(str(variable), **{sign: getattr(variable, f"is_{sign}") for sign in signs})
