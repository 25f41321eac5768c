"""Sums over any number of labels: a sum is carried out by what is known of one term of it, for a generic label.

What is known: Σ q(k) = 1, Σ P(k,θ) = P_x(θ), and that a sum is linear. Nothing here knows how many labels there are.
"""

from sympy import Add, Derivative, Mul, Sum, Symbol, Tuple, expand, expand_mul, factor, sympify
from sympy.core.function import AppliedUndef

from emlib.whiteboard.algebra import NotKnown, positive_form, split_logs

__all__ = ["LABEL", "LABELS", "carry_out", "spread"]

LABEL, LABELS = (Symbol(name, integer=True, positive=True) for name in ("k", "K"))


def _known_total(part, totals):
    """Σ_k of one function of k, if it is known, else None. `totals`: {function: function of the other arguments}."""
    if part == 1:
        return LABELS
    if isinstance(part, Derivative) and isinstance(part.expr, AppliedUndef):
        whole = _known_total(part.expr, totals)  # the derivative of a sum is the sum of the derivatives
        return None if whole is None or LABEL in part.variables else Derivative(whole, *part.variable_count).doit()
    if isinstance(part, AppliedUndef) and part.func in totals and part.args[0] == LABEL:
        return None if Tuple(*part.args[1:]).has(LABEL) else totals[part.func](*part.args[1:])
    return None


def carry_out(expr, totals):
    """The expression with each Σ_k split into terms, constants moved out, and the sums that are known put in."""
    return sympify(expr).replace(lambda e: isinstance(e, Sum), lambda e: _total(e, totals))


def _total(whole, totals):
    if whole.limits != (Tuple(LABEL, 1, LABELS),):
        raise NotKnown(f"sum: {whole} does not run over all labels; no other sum is known here")
    term, origin = positive_form(whole.function)
    back = {value: part for part, value in origin.items() if value.is_Symbol}
    moving = [value for value, part in back.items() if LABEL in part.free_symbols]
    done = []
    for piece in Add.make_args(expand(split_logs(term))):
        constant, inside = (part.subs(back) for part in factor(piece).as_independent(*moving, as_Add=False))
        known = _known_total(inside, totals)
        done.append(constant * (Sum(inside, *whole.limits) if known is None else known))
    return Add(*done)


def spread(expr, totals):
    """(A, g): the expression as A + Σ_k g(k), where no k is in A, and no logarithm was split."""
    outside, inside = [], []
    for piece in Add.make_args(expand_mul(expr, deep=False)):
        wholes = [part for part in Mul.make_args(piece) if isinstance(part, Sum)]
        whole = wholes[0] if len(wholes) == 1 and wholes[0].limits == (Tuple(LABEL, 1, LABELS),) else 1
        constant = piece / whole
        if whole == 1 or LABEL in constant.free_symbols:  # a k outside the sum is another k than the one inside
            outside.append(carry_out(piece, totals))
            continue
        term = carry_out(constant, totals) * carry_out(whole.function, totals)
        for part in Add.make_args(expand_mul(term, deep=False)):
            constant, moving = part.as_independent(LABEL, as_Add=False)
            known = _known_total(moving, totals)
            (inside if known is None else outside).append(part if known is None else constant * known)
    return Add(*outside), Add(*inside)
