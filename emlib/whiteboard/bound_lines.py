"""The bound as claims, W1–W9 and W15–W18: as taught, and, where the source slips, as written.

Each function takes a board and returns the claims of one line there. What is written once holds for sums
and for integrals.
"""

from sympy import Mul, Poly, Symbol, expand, expand_log, log

from emlib.whiteboard.algebra import Normal, work_out
from emlib.whiteboard.boards import THETA, THETA_T, AnyLabels, Continuous
from emlib.whiteboard.claims import Identity
from emlib.whiteboard.inequalities import AtLeast
from emlib.whiteboard.solutions import Solution
from emlib.whiteboard.sums import LABEL

# W1–W5: before there is a q, and putting it in ---------------------------------------------------------------


def w1_written(b):
    return [Identity(log(b.evidence()), log(b.joint(z)) - log(b.prior(z)), b) for z in b.each]


def w1(b):
    return [Identity(log(b.evidence()), log(b.joint(z)) - log(b.posterior(z)), b) for z in b.each]


def w2(b):
    product_rule = [Identity(b.joint(z), b.posterior(z) * b.evidence(), b) for z in b.each]
    return product_rule + [Identity(log(b.evidence()), log(b.joint(z) / b.posterior(z)), b) for z in b.each]


def w4(b):
    return [Identity(log(b.evidence()), log(b.joint(z) / b.q(z)) - log(b.posterior(z) / b.q(z)), b) for z in b.each]


def w5(b):
    constant = log(b.evidence())
    return [
        Identity(b.mean(lambda z: constant), constant * b.total(b.q), b),
        Identity(constant * b.total(b.q), constant, b),
    ]


# W6–W9: ELBO and KL ------------------------------------------------------------------------------------------


def terms(b):
    """The two integrals of W6."""
    return b.mean(lambda z: log(b.joint(z) / b.q(z))), b.mean(lambda z: log(b.posterior(z) / b.q(z)))


def w6_written(b):
    first, second = terms(b)
    return [Identity(log(b.evidence()), first + second, b)]


def w6(b):
    first, second = terms(b)
    return [Identity(log(b.evidence()), first - second, b)]


def w7_written(b):
    return [Identity(b.kl(), terms(b)[1], b)]


def w7(b):
    first, second = terms(b)
    return [Identity(b.elbo(), first, b), Identity(b.kl(), -second, b)]


def w8(b):
    return [Identity(log(b.evidence()), b.elbo() + b.kl(), b)]


def at_posterior(b):
    """The q that is the posterior, as {symbol: value}."""
    if isinstance(b, Continuous):
        return {b.m: b.posterior_mean(), b.v: b.posterior_variance}
    if isinstance(b, AnyLabels):
        return {b.q(LABEL): b.joint(LABEL) / b.total(b.joint)} | ({b.rest(): 0} if b.zeros else {})
    return {b.q(z): b.posterior(z) for z in b.each}


def tangent_at(b, at=THETA):
    """Where the tangent is laid to bound log E_q[P(x,z|θ)/q]: at that mean, P(x|θ)."""
    return {} if isinstance(b, Continuous) else {"tangent_at": b.evidence(at)}


def tight(b):
    """With q = P(z|x,θ^t) the bound is tight at θ^t."""
    return Identity(b.elbo(b.q_hat, THETA_T), log(b.evidence(THETA_T)), b)


def w9(b):
    return [
        AtLeast(b.kl(), 0, b, equality=at_posterior(b)),
        AtLeast(log(b.evidence()), b.elbo(), b, equality=at_posterior(b)),
    ]


# W15–W18: Jensen ---------------------------------------------------------------------------------------------


def mean_ratio(b, q=None):
    """∫ [P(x,z|θ)/q(z)] q(z) dz, nothing cancelled yet; with another q outside than inside, a slip."""
    return b.total(lambda z: Mul(b.joint(z) / b.q(z), (q or b.q)(z), evaluate=False))


def w15(b):
    return [Identity(log(b.evidence()), log(mean_ratio(b)), b)]


def w17(b):
    outside = b.mean(lambda z: log(b.joint(z) / b.q(z)))
    return [AtLeast(log(mean_ratio(b)), outside, b, equality=at_posterior(b)), Identity(outside, b.elbo(), b)]


def w18_written(b):
    return [Identity(b.elbo(b.q, THETA_T), b.elbo(b.q, THETA_T) * b.posterior(z, THETA_T), b) for z in b.each]


def w18_equality(b):
    """Jensen's two sides are equal only at the posterior; `w18` says that this is where the ratio is constant."""
    return w17(b)[:1]


def w18(b):
    if isinstance(b, Continuous):
        return [constant_ratio(b), tight(b)]
    c = Symbol("c", positive=True)
    labels = [LABEL] if isinstance(b, AnyLabels) else b.each
    ratio_is_c = (*(b.joint(z) - c * b.q(z) for z in labels), b.total(b.q) - 1)
    return [Solution(ratio_is_c, at_posterior(b) | {c: b.evidence()}, b), tight(b)]


def constant_ratio(b):
    """log [P(x,z|θ)/q(z)] − log c is a polynomial in z: 0 for all z means that each coefficient is."""
    z, log_c = b.each[0], Symbol("log_c", real=True)
    difference = expand(expand_log(work_out(log(b.joint(z) / b.q(z))))) - log_c
    claimed = at_posterior(b) | {log_c: log(Normal(b.x, THETA, 1 + b.s)).doit()}
    return Solution(tuple(Poly(difference, z).all_coeffs()), claimed, b)
