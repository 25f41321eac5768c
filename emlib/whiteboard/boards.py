"""The two kinds of model on which the lines are proved: z one of K labels, and z a real number.

A claim that is written with `total`, `mean`, `joint`, `posterior` is one claim for sums and for integrals.
"""

from dataclasses import dataclass

from sympy import Add, Function, Integral, Symbol, log, oo, symbols

from emlib.whiteboard.algebra import Normal

__all__ = ["THETA", "THETA_NEXT", "THETA_T", "Continuous", "Discrete"]

THETA, THETA_T, THETA_NEXT = symbols("theta theta^t theta^{t+1}", real=True)


class _Board:
    """What both kinds of z share. q is a function of z; `at` is the parameter."""

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
class Discrete(_Board):
    """z ∈ {1, …, K}; P_k(θ) = P(x, z=k | θ) any positive functions of θ, q and P(z|θ) any positive distributions."""

    K: int = 2

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
