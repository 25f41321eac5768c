"""The models on which the lines are proved: z one of any number of labels, of K labels, and z a real number.

A claim that is written with `total`, `mean`, `joint`, `posterior` is one claim for sums and for integrals.
"""

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from sympy import Add, Derivative, Function, Integral, Sum, Symbol, Tuple, log, oo, symbols, sympify

from emlib.whiteboard.algebra import Normal, NotKnown
from emlib.whiteboard.sums import LABEL, LABELS

__all__ = ["THETA", "THETA_NEXT", "THETA_T", "AnyLabels", "Continuous", "Discrete"]

THETA, THETA_T, THETA_NEXT = symbols("theta theta^t theta^{t+1}", real=True)


class _Board:
    """What all kinds of z share. q is a function of z; `at` is the parameter."""

    general = False  # whether what is proved here is proved for any number of labels

    def evidence(self, at=THETA):
        """P(x|θ) = ∫ P(x,z|θ) dz."""
        return self.total(lambda z: self.joint(z, at))

    def mean(self, f, q=None):
        """E_q[f(z)] = ∫ q(z) f(z) dz."""
        q = q or self.q
        return self.total(lambda z: q(z) * f(z))

    def elbo(self, q=None, at=THETA):
        """L(q,θ) = ∫ q log [P(x,z|θ)/q] dz, in nats."""
        q = q or self.q
        return self.mean(lambda z: log(self.joint(z, at) / q(z)), q)

    def kl(self, q=None, at=THETA):
        """KL(q ‖ P(z|x,θ)) = ∫ q log [q/P(z|x,θ)] dz, in nats."""
        q = q or self.q
        return self.mean(lambda z: log(q(z) / self.posterior(z, at)), q)

    def expected_log_joint(self, q=None, at=THETA):
        """E_q[log P(x,z|θ)]; with q = P(z|x,θ^t) it is Q(θ,θ^t)."""
        return self.mean(lambda z: log(self.joint(z, at)), q)

    def entropy(self, q=None):
        """H(q) = −∫ q log q dz, in nats."""
        q = q or self.q
        return self.mean(lambda z: log(1 / q(z)), q)

    def q_hat(self, z):
        """P(z|x,θ^t): what the E-step sets q to."""
        return self.posterior(z, THETA_T)


@dataclass(frozen=True)
class AnyLabels(_Board):
    """z one of K labels, for every K: sums stay sums, and one term of them, for a generic label k, is what is proved.

    P(k,θ) = P(x, z=k | θ) is any positive function, q(k) and pi(k) are any positive distributions.

    Attributes
    ----------
    zeros : bool
        Besides the K labels with q > 0 there may be others with q = 0: any number, whose joints add up to R(θ) ≥ 0.
        A term with q = 0 is 0·log 0 = 0, so the sums of q run over the K labels, and P(x|θ) = Σ_k P(k,θ) + R(θ).
    """

    zeros: bool = False
    general = True
    sums = ()
    each = (Symbol("z", integer=True, positive=True),)
    _P, _q, _pi, _R = (Function(name, **{sign: True}) for name, sign in
                       (("P", "positive"), ("q", "positive"), ("pi", "positive"), ("R", "nonnegative")))
    totals = MappingProxyType({_P: Function("P_x", positive=True), _q: lambda: 1, _pi: lambda: 1})

    @property
    def name(self):
        if self.zeros:
            return "z one of any number of labels, q = 0 at some of them: sums, any P(x,z|θ) > 0 where q > 0"
        return "z one of any number of labels: sums, any P(x,z|θ) > 0, any q > 0"

    def joint(self, z, at=THETA):
        return self._P(z, at)

    def evidence(self, at=THETA):
        return super().evidence(at) + (self._R(at) if self.zeros else 0)

    def rest(self, at=THETA):
        """R(θ): what the joints of the labels with q = 0 add up to."""
        return self._R(at)

    def posterior(self, z, at=THETA):
        return self.joint(z, at) / self.evidence(at)

    def prior(self, z):
        return self._pi(z)

    def q(self, z):
        return self._q(z)

    def total(self, f):
        """Σ_k f(k); a sum inside must not use the k of the sum outside."""
        mark = Symbol("k_outside", integer=True, positive=True)
        if any(whole.has(mark) for whole in sympify(f(mark)).atoms(Sum)):
            raise NotKnown("total: a sum over z stands inside a sum over z and uses its z; give single sums")
        return Sum(f(LABEL), (LABEL, 1, LABELS))

    def instances(self, expr):
        """The expression on small boards with numbers of labels, to look for a counterexample: (expression, sums)."""
        for K in (2, 3, 1):
            board = Discrete(K)
            explicit = expr.replace(Sum, partial(_added_up, board.each)).subs({self.each[0]: 1, LABEL: 1, LABELS: K})
            for function, value in ((self._P, board.joint), (self._q, board.q), (self._pi, board.prior)):
                explicit = explicit.replace(function, value)
            yield explicit.replace(Derivative, lambda *parts: Derivative(*parts).doit()), board.sums


def _added_up(labels, term, *limits):
    """Σ_k of the term, written out for these labels; another sum stays as it is."""
    if limits != (Tuple(LABEL, 1, LABELS),):
        return Sum(term, *limits)
    return Add(*(term.subs(LABEL, k) for k in labels))


@dataclass(frozen=True)
class Discrete(_Board):
    """z ∈ {1, …, K}; P_k(θ) = P(x, z=k | θ) any positive functions of θ, q and P(z|θ) any positive distributions."""

    K: int = 2

    def __post_init__(self):
        if isinstance(self.K, bool) or not isinstance(self.K, int) or self.K < 1:
            raise ValueError(f"K: found {self.K!r}; give a number of labels, 1 or more, or take AnyLabels() for any")

    @property
    def name(self):
        return f"z one of {self.K} labels: sums, any P(x,z|θ) > 0, any q > 0"

    @property
    def each(self):
        return range(1, self.K + 1)

    @property
    def sums(self):
        return tuple(map(self.q, self.each)), tuple(map(self.prior, self.each))

    def joint(self, z, at=THETA):
        """P(x,z|θ)."""
        return Function(f"P_{z}", positive=True)(at)

    def posterior(self, z, at=THETA):
        """P(z|x,θ) = P(x,z|θ)/P(x|θ)."""
        return self.joint(z, at) / self.evidence(at)

    def prior(self, z):
        """P(z|θ)."""
        return Symbol(f"pi_{z}", positive=True)

    def q(self, z):
        return Symbol(f"q_{z}", positive=True)

    def total(self, f):
        return Add(*map(f, self.each))


@dataclass(frozen=True)
class Continuous(_Board):
    """z ~ N(0, 1), x | z ~ N(θ + z, s), q = N(m, v): Gaussians all, so that every integral is real."""

    name = "z a real number: integrals; z ~ N(0, 1), x|z ~ N(θ + z, s), q = N(m, v)"
    sums = ()
    x = Symbol("x", real=True)
    s = Symbol("s", positive=True)
    m = Symbol("m", real=True)
    v = Symbol("v", positive=True)
    each = (Symbol("z", real=True),)

    def joint(self, z, at=THETA):
        return self.prior(z) * Normal(self.x, at + z, self.s)

    def posterior(self, z, at=THETA):
        """Bayes' rule by completing the square; W2 checks it against the joint and the integral."""
        return Normal(z, self.posterior_mean(at), self.posterior_variance)

    def posterior_mean(self, at=THETA):
        return (self.x - at) / (1 + self.s)

    @property
    def posterior_variance(self):
        return self.s / (1 + self.s)

    def prior(self, z):
        return Normal(z, 0, 1)

    def q(self, z):
        return Normal(z, self.m, self.v)

    def total(self, f):
        z = self.each[0]
        return Integral(f(z), (z, -oo, oo))
