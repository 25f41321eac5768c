"""Small models with an M-step of their own, in symbols: mixtures of known densities, coins, Gaussians."""

from dataclasses import dataclass

from sympy import Add, Rational, Symbol, exp, log, pi, sqrt, symbols

__all__ = ["Coins", "Component", "TwoMeans", "Weights"]


@dataclass(frozen=True)
class _Mixture:
    """N points and K components, numbered from 1."""

    N: int = 2
    K: int = 2

    @property
    def ns(self):
        return range(1, self.N + 1)

    @property
    def ks(self):
        return range(1, self.K + 1)


@dataclass(frozen=True)
class Weights(_Mixture):
    """N points, K known densities f_nk = f_k(x_n), unknown weights: θ = π, P(x_n, z=k | π) = π_k f_nk."""

    @property
    def name(self):
        return f"a mixture of {self.K} known densities with unknown weights π, {self.N} points"

    @property
    def sums(self):
        return (self.pi, self.pi_t, *(tuple(self.q(n, k) for k in self.ks) for n in self.ns))

    @property
    def pi(self):
        return tuple(Symbol(f"pi_{k}", positive=True) for k in self.ks)

    @property
    def pi_t(self):
        return tuple(Symbol(f"pi_{k}^t", positive=True) for k in self.ks)

    def f(self, n, k):
        return Symbol(f"f_{n}{k}", positive=True)

    def q(self, n, k):
        return Symbol(f"q_{n}{k}", positive=True)

    def q_hat(self, n, k):
        """P(z_n = k | x_n, π^t)."""
        return self.pi_t[k - 1] * self.f(n, k) / self.evidence(n, self.pi_t)

    def evidence(self, n, pi):
        return Add(*(pi[k - 1] * self.f(n, k) for k in self.ks))

    def log_lik(self, pi=None):
        return Add(*(log(self.evidence(n, pi or self.pi)) for n in self.ns))

    def elbo(self, q=None, pi=None):
        q, pi = q or self.q, pi or self.pi
        return Add(*(q(n, k) * log(pi[k - 1] * self.f(n, k) / q(n, k)) for n in self.ns for k in self.ks))

    def m_step(self, q=None):
        """π_k = Σ_n q_nk / N."""
        q = q or self.q
        return tuple(Add(*(q(n, k) for n in self.ns)) / self.N for k in self.ks)


@dataclass(frozen=True)
class Coins(_Mixture):
    """N sets of tosses, h_n heads and t_n tails, each set by one of K coins with chances a_k of heads, b_k of tails."""

    @property
    def name(self):
        return f"{self.K} coins, {self.N} sets of tosses, responsibilities r_nk from the E-step"

    @property
    def sums(self):
        rows = (tuple(self.r(n, k) for k in self.ks) for n in self.ns)
        return (tuple(map(self.pi, self.ks)), *((self.a(k), self.b(k)) for k in self.ks), *rows)

    def pi(self, k):
        return Symbol(f"pi_{k}", positive=True)

    def a(self, k):
        return Symbol(f"a_{k}", positive=True)

    def b(self, k):
        return Symbol(f"b_{k}", positive=True)

    def r(self, n, k):
        return Symbol(f"r_{n}{k}", positive=True)

    def h(self, n):
        return Symbol(f"h_{n}", positive=True)

    def t(self, n):
        return Symbol(f"t_{n}", positive=True)

    def expected_log_joint(self):
        """Q(θ,θ^t) = Σ_n Σ_k r_nk log P(x_n, z=k|θ), without the binomial coefficients: no parameter is in them."""
        return Add(
            *(
                self.r(n, k) * log(self.pi(k) * self.a(k) ** self.h(n) * self.b(k) ** self.t(n))
                for n in self.ns
                for k in self.ks
            )
        )

    def weights_part(self):
        """The part of Q in which the weights stand."""
        return Add(*(self.r(n, k) * log(self.pi(k)) for n in self.ns for k in self.ks))

    def coin_part(self, k):
        """The part of Q in which coin k stands."""
        return Add(*(self.r(n, k) * (self.h(n) * log(self.a(k)) + self.t(n) * log(self.b(k))) for n in self.ns))

    def weights_step(self):
        """π_k = Σ_n r_nk / N: soft counts of sets."""
        return {self.pi(k): Add(*(self.r(n, k) for n in self.ns)) / self.N for k in self.ks}

    def coin_step(self, k):
        """Soft heads, and soft tails, over soft tosses."""
        heads, tails = (Add(*(self.r(n, k) * count(n) for n in self.ns)) for count in (self.h, self.t))
        return {self.a(k): heads / (heads + tails), self.b(k): tails / (heads + tails)}


@dataclass(frozen=True)
class Component:
    """One component of a Gaussian mixture: points x_n, responsibilities r_n, mean μ, variance v."""

    N: int = 3
    mu = Symbol("mu", real=True)
    v = Symbol("v", positive=True)
    sums = ()

    @property
    def name(self):
        return f"one component of a Gaussian mixture, {self.N} points, not all equal, with responsibilities r_n"

    @property
    def x(self):
        return symbols(f"x_1:{self.N + 1}", real=True)

    @property
    def r(self):
        return symbols(f"r_1:{self.N + 1}", positive=True)

    def average(self, values):
        """Σ_n r_n value_n / Σ_n r_n."""
        return Add(*(r * y for r, y in zip(self.r, values, strict=True))) / Add(*self.r)

    def expected_log_joint(self):
        """This component's part of Q(θ,θ^t), without log π_k and constants."""
        return Add(
            *(
                r * (-Rational(1, 2) * log(self.v) - (x - self.mu) ** 2 / (2 * self.v))
                for r, x in zip(self.r, self.x, strict=True)
            )
        )

    def m_step(self):
        """The weighted mean and the weighted variance about it."""
        mean = self.average(self.x)
        return {self.mu: mean, self.v: self.average([(x - mean) ** 2 for x in self.x])}


@dataclass(frozen=True)
class TwoMeans:
    """½N(μ_1, 1) + ½N(μ_2, 1) and two points, x = −a and x = a, further from 0 than the components are wide."""

    name = "½N(μ₁, 1) + ½N(μ₂, 1), two points at ±√(1 + e), e > 0"
    sums = ()
    means = symbols("mu_1 mu_2", real=True)
    x = (-sqrt(1 + Symbol("e", positive=True)), sqrt(1 + Symbol("e", positive=True)))

    def joint(self, x):
        return [exp(-((x - mu) ** 2) / 2) / (2 * sqrt(2 * pi)) for mu in self.means]

    def log_lik(self):
        return Add(*(log(Add(*self.joint(x))) for x in self.x))

    def m_step(self):
        """The two weighted means, as functions of the two means before."""
        soft = [[part / Add(*self.joint(x)) for part in self.joint(x)] for x in self.x]
        columns = zip(*soft, strict=True)
        return [Add(*(r * x for r, x in zip(column, self.x, strict=True))) / Add(*column) for column in columns]
