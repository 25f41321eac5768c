"""The algorithm as claims, W10–W14 and W19–W25: as taught, and, where the source slips, as written or said.

Each function takes a board and returns the claims of one line there.
"""

from sympy import Add, Derivative, Rational, Symbol, diff, log, pi

from emlib.whiteboard.algebra import Normal
from emlib.whiteboard.boards import THETA, THETA_NEXT, THETA_T, AnyLabels, Continuous
from emlib.whiteboard.bound_lines import at_posterior, tangent_at, tight
from emlib.whiteboard.claims import Depends, Identity
from emlib.whiteboard.inequalities import AtLeast
from emlib.whiteboard.maximisers import LocalMaximum, Maximiser, Saddle, SameMaximiser, T
from emlib.whiteboard.sums import LABEL

# W10–W14: the two steps --------------------------------------------------------------------------------------


def weights_held(b):
    """Numbers for the two-point mixture of known densities: one weight is left free."""
    known = {b.f(1, 1): 2, b.f(1, 2): 1, b.f(2, 1): 1, b.f(2, 2): 2}
    held = {b.q(n, 1): Rational(1, 3) for n in b.ns} | {b.q(n, 2): Rational(2, 3) for n in b.ns}
    return known | held | {b.pi[0]: T, b.pi[1]: 1 - T}


def w10_written(b):
    return [SameMaximiser(b.log_lik(), b.elbo(), b.pi, b, weights_held(b))]


def w10(b):
    return [Maximiser(b.elbo(), dict(zip(b.pi, b.m_step(), strict=True)), b)]


def w11(b):
    if isinstance(b, Continuous):
        return [tight(b)]
    return [tight(b), Identity(*(slope(side) for side in (b.elbo(b.q_hat), log(b.evidence()))), b)]


def slope(expr):
    """The derivative along θ, at θ^t."""
    return diff(expr, THETA).subs(THETA, THETA_T).replace(Derivative, lambda *parts: Derivative(*parts).doit())


def w11_only(b):
    """No other q makes the bound tight at θ^t."""
    here = {THETA: THETA_T}
    place = {q: value.subs(here) for q, value in at_posterior(b).items()}
    return [AtLeast(log(b.evidence(THETA_T)), b.elbo(b.q, THETA_T), b, equality=place)]


def w12(b):
    return [SameMaximiser(b.elbo(b.q_hat), b.expected_log_joint(b.q_hat), (THETA,), b)]


def w13(b):
    return [Identity(b.expected_log_joint(b.q_hat), b.elbo(b.q_hat) - b.entropy(b.q_hat), b)]


def completed(b, spread=True):
    """Q(θ,θ^t) of the continuous board in closed form; without the spread of z, only its mean is filled in."""
    mean, variance = b.posterior_mean(THETA_T), b.posterior_variance if spread else 0
    return -log(2 * pi) - log(b.s) / 2 - (mean**2 + variance) / 2 - ((b.x - THETA - mean) ** 2 + variance) / (2 * b.s)


def w13_integral(b):
    return [Identity(b.expected_log_joint(b.q_hat), completed(b), b)]


def w14_weights(b):
    return [Maximiser(b.weights_part(), b.weights_step(), b)]


def w14_coins(b):
    """Q falls into a part for the weights and one for each coin, and each is largest at the soft counts."""
    parts = Add(b.weights_part(), *map(b.coin_part, b.ks))
    return [
        Identity(b.expected_log_joint(), parts, b),
        *w14_weights(b),
        *(Maximiser(b.coin_part(k), b.coin_step(k), b) for k in b.ks),
    ]


def w14_component(b):
    return [Maximiser(b.expected_log_joint(), b.m_step(), b)]


def w14_integral(b):
    return [Maximiser(b.expected_log_joint(b.q_hat), {THETA: b.x - b.posterior_mean(THETA_T)}, b)]


# W19–W23: two arguments --------------------------------------------------------------------------------------


def w19(b):
    return [SameMaximiser(b.evidence(), log(b.evidence()), (THETA,), b)]


def arguments(b):
    """What q is made of."""
    if isinstance(b, Continuous):
        return b.m, b.v
    return (b.q(LABEL),) if isinstance(b, AnyLabels) else b.sums[0]


def w20(b):
    whole = b.elbo()
    two_ways = [
        Identity(whole, b.expected_log_joint() + b.entropy(), b),
        Identity(whole, log(b.evidence()) - b.kl(), b),
    ]
    # that something changes is shown at numbers, so on a board with a number of labels
    return two_ways if b.general else [*two_ways, Depends(whole, arguments(b), b), Depends(whole, (THETA,), b)]


def w21_hard(b):
    """q = all on one label: 1·log [1/P(z|x,θ)], the other terms being 0·log 0 = 0."""
    return [AtLeast(log(1 / b.posterior(z)), 0, b, strict=True) for z in b.each]


def shared(b):
    """Two points with joints a_k², b_k² and one q for both: the sum of their KL, and its least value."""
    a, c = ([Symbol(f"{name}_{z}", positive=True) for z in b.each] for name in "ab")
    overlap = Add(*(u * v for u, v in zip(a, c, strict=True)))
    squares = [Add(*(u**2 for u in values)) for values in (a, c)]
    kl = Add(
        *(
            b.q(z) * log(b.q(z) * total / u[z - 1] ** 2)
            for u, total in zip((a, c), squares, strict=True)
            for z in b.each
        )
    )
    least = log(squares[0] * squares[1] / overlap**2)
    best = {b.q(z): u * v / overlap for z, u, v in zip(b.each, a, c, strict=True)}
    return kl, least, best


def w21_shared(b):
    kl, least, best = shared(b)
    a_1, b_1, b_2 = (Symbol(name, positive=True) for name in ("a_1", "b_1", "b_2"))
    same_posterior = {a_1: Symbol("a_2", positive=True) * b_1 / b_2}
    return [
        AtLeast(kl, least, b, equality=best),
        AtLeast(least, 0, b, equality=same_posterior),
    ]


def w21_integral(b):
    """q = N(m, 1), its variance held: the posterior's is s/(1 + s) < 1."""
    kl = b.kl(lambda z: Normal(z, b.m, 1))
    variance = b.posterior_variance
    least = (log(variance) + 1 / variance - 1) / 2
    return [AtLeast(kl, least, b, equality={b.m: b.posterior_mean()}), AtLeast(least, 0, b, strict=True)]


def shares_held(b):
    """Numbers for one point: P_1 = 1/10, P_2 = 2/10, and q_1 left free."""
    return {b.joint(z): Rational(z, 10) for z in b.each} | {b.q(1): T, b.q(2): 1 - T}


def w22_written(b):
    return [SameMaximiser(b.kl(), b.elbo(), b.sums[0], b, shares_held(b))]


def w22(b):
    return [
        SameMaximiser(b.kl(), b.elbo(), arguments(b), b, lowest=True),
        Maximiser(b.elbo(), at_posterior(b), b),
    ]


def w23_any_increase(b):
    """Whatever L(q̂,·) gains from θ^t to θ^{t+1}, the log-likelihood gains at least that much."""
    gained = log(b.evidence(THETA_NEXT)) - log(b.evidence(THETA_T))
    gained_bound = b.elbo(b.q_hat, THETA_NEXT) - b.elbo(b.q_hat, THETA_T)
    return [AtLeast(gained, gained_bound, b, **tangent_at(b, THETA_NEXT))]


def w23_weights(b):
    return [Maximiser(b.elbo(b.q_hat), dict(zip(b.pi, b.m_step(b.q_hat), strict=True)), b)]


# W24, W25: what is promised ----------------------------------------------------------------------------------


def w24(b):
    below = b.elbo(b.q_hat, THETA_NEXT)
    log_lik = log(b.evidence(THETA_NEXT))
    return [
        AtLeast(log_lik, below, b, **tangent_at(b, THETA_NEXT)),
        Identity(log_lik - below, b.kl(b.q_hat, THETA_NEXT), b),
        tight(b),
    ]


def w24_weights(b):
    """The middle inequality, through the M-step of a real model: what is gained is N·KL(π^{t+1} ‖ π^t)."""
    after, before = b.elbo(b.q, b.m_step()), b.elbo(b.q, b.pi_t)
    gain = b.N * Add(*(new * log(new / old) for new, old in zip(b.m_step(), b.pi_t, strict=True)))
    return [
        AtLeast(after, before, b, equality=dict(zip(b.pi_t, b.m_step(), strict=True))),
        Identity(after - before, gain, b),
    ]


def w24_restricted(b):
    """Hard labels: each point wholly to its more probable label. L rises to the M-step's maximum, and log P(x|θ) falls.

    Two points have densities 5 and 4 under the labels, one has 1 and 10; π goes from (1/2, 1/2) to (2/3, 1/3).
    """
    densities, chosen = ((5, 4), (5, 4), (1, 10)), (0, 0, 1)
    before, after = (Rational(1, 2), Rational(1, 2)), (Rational(2, 3), Rational(1, 3))

    def log_lik(pi):
        return Add(*(log(Add(*(p * f for p, f in zip(pi, row, strict=True)))) for row in densities))

    def bound(pi):
        return Add(*(log(pi[k] * row[k]) for k, row in zip(chosen, densities, strict=True)))

    chosen_is_best = [
        AtLeast(log(before[k] * row[k]), log(before[1 - k] * row[1 - k]), b, strict=True)
        for k, row in zip(chosen, densities, strict=True)
    ]
    return [
        AtLeast(log_lik(before), log_lik(after), b, strict=True),
        AtLeast(bound(after), bound(before), b, strict=True),
        AtLeast(log_lik(before), bound(before), b, strict=True),
        *chosen_is_best,
        Maximiser(bound(b.pi), dict(zip(b.pi, after, strict=True)), b),
    ]


def w25_e_step(b):
    """The E-step cannot lower L: no q brings it above log P(x|θ), which the posterior reaches."""
    return [AtLeast(log(b.evidence()), b.elbo(), b, equality=at_posterior(b))]


def w25(b):
    equal = dict.fromkeys(b.means, 0)
    stays = [Identity(new.subs(equal), equal[mu], b) for new, mu in zip(b.m_step(), b.means, strict=True)]
    return [*stays, Saddle(b.log_lik(), equal, b)]


def w25_written(b):
    """What is often said instead: that EM ends at a local maximum."""
    return [LocalMaximum(b.log_lik(), dict.fromkeys(b.means, 0), b)]
