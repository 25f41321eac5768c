"""Shared by all checks of one model: the model after 0–2 M-steps, random q, short EM runs, and accessors that use the
model's own posterior, log_lik and elbo where it has them.
"""

import copy
from functools import cached_property

import numpy as np

from emlib.contracts import precision, runs, search, used, weigh
from emlib.contracts.data import length, take
from emlib.contracts.latent import AnyLatent, Labels, returned
from emlib.contracts.parameters import Parameters
from emlib.contracts.theorem import NO_PARAMETERS, NotApplicable
from emlib.contracts.tolerances import ASCENT, DENSITY, DOUBLE, OF_ROUNDING, SPREAD, STILL

__all__ = ["Trial"]

SEVERAL = 4             # M-steps that have nothing in common: two may agree by chance, where x is a count and K = 1
EMPTY = 1e-100          # a share of the points that is none


class Trial:
    """One model under test. Everything drawn at random comes from `seed`, anew for each question asked.

    `model.m_step` is always called on a copy, with copies of the data and of q, so that a model that changes what it
    is given cannot hide what it does.
    """

    def __init__(self, model, x, seed, labels=True):
        self.model, self.x, self.seed, self.labels, self._known = model, x, seed, labels, {}
        self.z = (Labels if labels else AnyLatent)(model, x)
        self.n, self.k = length(x), self.z.k
        self.table, self.posterior, self.log_liks, self.said, self.columns = (
            self._of_x(f) for f in (self.z.table, self.z.posterior, self.z.log_liks, self.z.said, self.z.columns))

    def _of_x(self, function):
        """A function (model, x) whose x may be left out."""
        return lambda model, x=None: function(model, self.x if x is None else x)

    def rng(self, *key):
        """A generator of its own for each purpose: checks do not disturb each other."""
        return np.random.default_rng([self.seed, *key])

    def take(self, rows):
        """The data of some points (or sequences)."""
        return take(self.x, rows)

    # --- what the model computes, of its own where it can

    def has(self, name):
        """Whether the model brings its own `posterior`, `log_lik`, `elbo` or `log_prior`."""
        return callable(getattr(self.model, name, None))

    def log_lik(self, model, x=None):
        """Its own log_lik; else Σ_n log p(x_n|θ)."""
        x = self.x if x is None else x
        return float(model.log_lik(x) if self.has("log_lik") else self.log_liks(model, x).sum())

    def elbo(self, model, q, x=None):
        """Its own elbo; else W7."""
        x = self.x if x is None else x
        return float(model.elbo(x, q)) if self.has("elbo") else self.z.elbo(model, x, q)

    def log_prior(self, model):
        """log p(θ), of a model that has one; else 0."""
        return float(model.log_prior()) if self.has("log_prior") else 0.0

    def objective(self, model, x=None):
        """What EM never lowers: log p(x|θ), plus log p(θ) where the model has a prior."""
        return float(self.log_liks(model, x).sum()) + self.log_prior(model)

    def bound(self, model, q, x=None):
        """What the M-step is to raise: L(q, θ) by its definition W7, plus log p(θ) where the model has a prior."""
        return self.z.elbo(model, self.x if x is None else x, q) + self.log_prior(model)

    def bound_or_nan(self, model, q, x=None):
        """`bound`; NaN of a model that gives NaN."""
        return np.nan if np.isnan(self.expected(model, q, x)) else self.bound(model, q, x)

    def expected(self, model, q, x=None):
        """`bound` but for the entropy of q, which no θ moves: E_q[log p(x, z|θ)] + log p(θ)."""
        return self.z.expected(model, self.x if x is None else x, q) + self.log_prior(model)

    def m_step(self, model, q, x=None, **weights):
        new = copy.deepcopy(model).m_step(copy.deepcopy(self.x if x is None else x), copy.deepcopy(q), **weights)
        return returned(model, new)

    def size(self, model, x=None):
        """What rounding is relative to: Σ_n |log p(x_n|θ)|, at least 1 a point, more where x has few digits left."""
        return self.size_of(self.log_liks(model, x), self.log_prior(model))

    def size_of(self, points, log_prior):
        """The same, of log p(x_n|θ) that are known."""
        allowed = self.allowed(ASCENT)
        return max(float(len(points)), float(np.abs(points).sum()) + abs(log_prior), self.input_precision / allowed,
                   SPREAD * self.noise / allowed)

    def is_rounding(self, model, q, nats):
        """Whether an M-step from here changes the objective by so much through rounding alone."""
        return bool(nats <= SPREAD * precision.noise(self, model, q)[0])

    def allowed(self, tolerance):
        """A tolerance for relative rounding, or what the numbers in use leave where that is more; 0 stays 0."""
        return max(tolerance, OF_ROUNDING * self.epsilon) if tolerance and self.epsilon > DOUBLE else tolerance

    @cached_property
    def density_allowed(self):
        """What Σ_x p(x|θ) may be off 1: rounding of log p(x|θ) is relative to p."""
        return max(self.allowed(DENSITY), SPREAD * self.noise / np.sqrt(self.n))

    @cached_property
    def density(self):
        """Whether Σ_x p(x|θ) = 1, a `Weighed`."""
        return weigh.weigh(self)

    def once(self, name, function):
        """function(self), computed once."""
        if name not in self._known:
            self._known[name] = function(self)
        return self._known[name]

    @cached_property
    def epsilon(self):
        return precision.epsilon(self)

    @cached_property
    def _noise(self):
        return precision.noise(self)

    @property
    def noise(self):
        """Nats by which rounding alone moves the objective."""
        return self._noise[0]

    @property
    def noise_of_entries(self):
        """The same of one entry of log p(x, z|θ)."""
        return self._noise[1]

    @cached_property
    def input_precision(self):
        return precision.input_precision(self)

    @cached_property
    def far(self):
        return precision.far(self)

    # --- q and θ to try

    def random_q(self, model, *key, x=None):
        """A random q for each point: any distribution over labels, or another member of the posterior's family."""
        return self.z.random_q(model, self.x if x is None else x, self.rng(1, *key))

    def one_hot_q(self, model, *key):
        return self.z.one_hot_q(model, self.x, self.rng(2, *key))

    @cached_property
    def models(self):
        """The model, and where its first M-steps take it: one from a random q, one from the posterior."""
        found = [self.model]
        for q in (lambda m: self.random_q(m, 0), self.posterior):
            try:
                model = self.m_step(found[-1], q(found[-1]))
                if np.isfinite(self.log_liks(model)).all():
                    found.append(model)
            except Exception:       # the checks of the M-step meet it again and name it; those of the E-step go on
                break
        return found

    @cached_property
    def unlike(self):
        """θ after M-steps from random q and random halves of the data, SEVERAL; [] where they cannot be made."""
        half = max(2, self.n // 2)
        for size in (half, self.n):         # so few points may be too few for the model
            try:
                draws = [np.sort(self.rng(16, s).permutation(self.n)[:size]) for s in range(SEVERAL)]
                return [self.m_step(self.model, self.random_q(self.model, 16, s, x=self.take(rows)), self.take(rows))
                        for s, rows in enumerate(draws)]
            except Exception:               # the checks of the M-step name what it raises
                continue
        return []

    @cached_property
    def initial_models(self):
        return runs.initial_models(self)

    @cached_property
    def runs(self):
        return runs.runs(self)

    @cached_property
    def parameters(self):
        if self.parameters_or_none is None:
            raise NotApplicable(NO_PARAMETERS)
        return self.parameters_or_none

    @property
    def speaks(self):
        """The method in which the model says what it is."""
        return "log_joint" if self.labels else "log_liks"

    @cached_property
    def parameters_or_none(self):
        return self.found if self.found.names else None

    @cached_property
    def constants(self):
        return used.constants(self)

    @cached_property
    def ignored(self):
        return used.ignored(self)

    def is_weights(self, name):
        """Whether a parameter is called as mixing weights are, and there is one a label."""
        return self.found.is_called_weights(name) and self.found.value(self.model, name).shape == (self.k,)

    @cached_property
    def found(self):
        """The `Parameters`, even if there are none."""
        q = self.random_q(self.model, 20)
        found = Parameters(self.model, self.unlike, self.table, lambda model: self.m_step(model, q),
                           self.allowed(STILL))
        weights = found.weights(self.model, self.k)
        if weights and getattr(self.model, "learn_weights", True) is False:
            found.declare(weights)
        return found

    @cached_property
    def searches(self):
        """[(θ, q, what `search.ascend` finds above m_step(x, q) from there)]; None where parameters are hidden."""
        found = []
        for s, model in enumerate(self.models):
            for q in (self.random_q(model, 13, s), self.posterior(model)):
                if not self.labels or q.sum(axis=0).min() > EMPTY:      # a component without points has no M-step
                    better = search.ascend(self, model, q, key=len(found)) if self.parameters_or_none else None
                    found.append((model, q, better))
        return found

    def smallest(self, fails, least=1):
        """Rows of the fewest points found, at least `least`, for which `fails(rows)` says something, and what it says.

        All the points are tried last; returns (rows, None) if even they do not fail.
        """
        rng = self.rng(4)
        for n in (1, 2, 3, 4, 6, 10, 20, 50):
            for _ in range(8 if least <= n < self.n else 0):
                rows = np.sort(rng.choice(self.n, size=n, replace=False))
                try:
                    said = fails(rows)
                except Exception:           # so few points may be too few for the model
                    continue
                if said:
                    return rows, said
        return np.arange(self.n), fails(np.arange(self.n))

    @property
    def fewest(self):
        """Points that an M-step needs at least: one more than there are labels."""
        return self.k + 1 if self.labels else 1

