"""What every check needs: the model, some of its neighbours, some q, and what the model computes of its own."""

import copy
import itertools
from functools import cached_property

import numpy as np

from emlib import _validate as validate
from emlib.bound import bound, log_posterior
from emlib.contracts import search
from emlib.contracts.parameters import Parameters
from emlib.em import Collapse

__all__ = ["NotApplicable", "Trial", "numbers", "points"]

STARTS = 3              # beside the model itself
MOST_ITERATIONS = 200
FAR = 1e4               # a point is moved out at most so many times its distance from 0
EMPTY = 1e-100          # a share of the points that is none
PEAK = 20               # nats above the median point: a component is about to collapse there


class NotApplicable(Exception):
    """A theorem does not apply to the model at hand; the message says why."""


class Trial:
    """One model under test. Everything drawn at random comes from `seed`, anew for each question asked.

    `model.m_step` is always called on a copy, so that a model that changes itself cannot hide what it does.
    """

    def __init__(self, model, x, seed):
        self.model, self.x, self.seed = model, x, seed
        self.n, self.k = np.shape(model.log_joint(x))

    def rng(self, *key):
        """A generator of its own for each purpose: checks do not disturb each other."""
        return np.random.default_rng([self.seed, *key])

    # --- what the model computes, of its own where it can

    def log_joint(self, model, x=None):
        return np.asarray(model.log_joint(self.x if x is None else x), dtype=float)

    def has(self, name):
        """Whether the model brings its own `posterior`, `log_lik` or `elbo`."""
        return callable(getattr(self.model, name, None))

    def posterior(self, model, x=None):
        """Its own posterior; else Bayes' rule on log_joint."""
        x = self.x if x is None else x
        if self.has("posterior"):
            return np.asarray(model.posterior(x), dtype=float)
        return np.exp(log_posterior(validate.log_joint(self.log_joint(model, x))))

    def log_liks(self, model, x=None):
        """log p(x_n|θ) for each point, from log_joint."""
        return np.logaddexp.reduce(self.log_joint(model, x), axis=1)

    def log_lik(self, model, x=None):
        """Its own log_lik; else from log_joint."""
        x = self.x if x is None else x
        return float(model.log_lik(x) if self.has("log_lik") else self.log_liks(model, x).sum())

    def elbo(self, model, q, x=None):
        """Its own elbo; else W7 on log_joint."""
        x = self.x if x is None else x
        return float(model.elbo(x, q)) if self.has("elbo") else bound(self.log_joint(model, x), q).elbo

    def free_energy(self, model, q, x=None):
        """L(q, θ) by the definition W7, always from log_joint: what the M-step is to raise."""
        return bound(self.log_joint(model, x), q).elbo

    def expected(self, model, q, x=None):
        """E_q[log p(x, z|θ)]: L(q, θ) but for the entropy of q, which no θ moves; NaN where the model gives NaN."""
        return float(np.sum(q * np.where(q > 0, self.log_joint(model, x), 0)))

    def m_step(self, model, q, x=None):
        return copy.deepcopy(model).m_step(self.x if x is None else x, np.array(q))

    def size(self, model, x=None):
        """What rounding is relative to: Σ_n |log p(x_n|θ)|, at least 1 a point, more where x has few digits left."""
        points = self.log_liks(model, x)
        return max(float(len(points)), float(np.abs(points).sum()), self.grain / search.ROUNDING)

    @cached_property
    def grain(self):
        """Nats that the last digit of x decides about; far from the origin it has to serve for the clusters' spread."""
        if self.x.dtype.kind != "f":
            return 0.0
        try:
            change = self.log_joint(self.model, np.nextafter(self.x, np.inf)) - self.log_joint(self.model)
        except ValueError:          # counts, which have no digits to lose
            return 0.0
        change = np.abs(change[np.isfinite(change).all(axis=1)])
        return float(change.max(axis=1).sum()) if change.size else 0.0

    # --- q and θ to try

    def random_q(self, *key, n=None):
        """A random distribution for each point."""
        return self.rng(1, *key).dirichlet(np.ones(self.k), size=self.n if n is None else n)

    def one_hot_q(self, *key):
        return np.eye(self.k)[self.rng(2, *key).integers(self.k, size=self.n)]

    @cached_property
    def models(self):
        """The model, and where its first M-steps take it: one from a random q, one from the posterior."""
        found = [self.model]
        for q in (lambda m: self.random_q(0), self.posterior):
            try:
                model = self.m_step(found[-1], q(found[-1]))
                if np.isfinite(self.log_liks(model)).all():
                    found.append(model)
            except Exception:       # the checks of the M-step meet it again and name it; those of the E-step go on
                break
        return found

    @cached_property
    def starts(self):
        """The model itself, and M-steps on a few points: starts that differ."""
        found = [self.model]
        for s, n in itertools.product(range(STARTS), (8 * self.k, 24 * self.k)):
            rng = self.rng(3, s)
            rows = rng.choice(self.n, size=min(n, self.n), replace=False)
            try:
                model = self.m_step(self.model, rng.dirichlet(np.ones(self.k), size=len(rows)), self.x[rows])
                good = self._is_regular(self.log_liks(model))
            except ValueError:      # a collapse, or too few points: this start is none
                continue
            if good and len(found) == s + 1:
                found.append(model)
        return found

    @cached_property
    def runs(self):
        """EM from every start: [(models, log-likelihoods)], until it converges, collapses or has had its iterations."""
        return [self._run(start, MOST_ITERATIONS // (1 if s == 0 else 2)) for s, start in enumerate(self.starts)]

    def _run(self, model, most):
        models, heights = [model], [float(self.log_liks(model).sum())]
        for _ in range(most):
            try:
                model = self.m_step(model, self.posterior(model))
            except Collapse:
                break
            points = self.log_liks(model)
            if not self._is_regular(points):
                break
            models.append(model)
            heights.append(float(points.sum()))
            if abs(heights[-1] - heights[-2]) <= 1e-13 * max(1.0, float(np.abs(points).sum())):
                break
        return models, np.array(heights)

    def _is_regular(self, points):
        """Whether no point's likelihood has run away: near a collapse rounding rules, not theorems."""
        return bool(np.isfinite(points).all() and points.max() - np.median(points) < PEAK)

    @cached_property
    def far(self):
        """Some points moved so far out that exp(log_joint) underflows, or None where x has no such thing."""
        if self.x.dtype.kind not in "fiu" or set(np.unique(self.x)) <= {0, 1}:
            return None
        x, factor = self.x[:3], 1
        while factor < FAR:
            factor *= 10
            try:
                log_joint = self.log_joint(self.model, x * factor)
            except Exception:       # the model refuses such points: that is its right
                return None
            if np.isnan(log_joint).any() or (log_joint.max(axis=1) == -np.inf).any():
                return None
            if log_joint.max() < -800:
                return x * factor
        return None

    @cached_property
    def parameters(self):
        if self.parameters_or_none is None:
            raise NotApplicable("no parameters were found: keep them as attributes, numbers or arrays of numbers")
        return self.parameters_or_none

    @cached_property
    def parameters_or_none(self):
        found = Parameters(self.models[:2], self.x)
        return found if found.names else None

    @cached_property
    def climbs(self):
        """[(θ, q, what `search.climb` finds above m_step(x, q) from there)]; no climb where parameters are hidden."""
        found = []
        for s, model in enumerate(self.models):
            for q in (self.random_q(13, s), self.posterior(model)):
                if q.sum(axis=0).min() > EMPTY:         # a component without points has no M-step
                    climbed = search.climb(self, model, q, key=len(found)) if self.parameters_or_none else None
                    found.append((model, q, climbed))
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


def points(trial, rows, q=None):
    """The points of a counterexample, and the q of each, for the eye."""
    if len(rows) == trial.n and trial.n > 6:
        return f"all {trial.n} points"
    text = f"{len(rows)} point{'s' * (len(rows) > 1)}, x = {numbers(trial.x[rows])}"
    return text if q is None else f"{text}, q = {numbers(q[rows])}"


def numbers(values, most=6):
    """Numbers for the eye, four digits each, the rest of a long array left out."""
    values = np.asarray(values)
    if values.ndim == 0:
        return f"{values:.4g}"
    if values.ndim > 1 and len(values) <= most:
        return "[" + ", ".join(numbers(v, most) for v in values) + "]"
    shown = [numbers(v, most) for v in values[:most]]
    return "[" + ", ".join(shown) + (f", … {len(values) - most} more" if len(values) > most else "") + "]"
