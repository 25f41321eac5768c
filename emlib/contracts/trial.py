"""Shared by all checks of one model: the model after 0–2 M-steps, random q, short EM runs, and accessors that use the
model's own posterior, log_lik and elbo where it has them.
"""

import copy
import itertools
from functools import cached_property
from typing import NamedTuple

import numpy as np

from emlib.contracts import search
from emlib.contracts.latent import AnyLatent, Labels, take
from emlib.contracts.parameters import Parameters
from emlib.contracts.theorem import NotApplicable
from emlib.contracts.tolerances import ASCENT
from emlib.em import Collapse

__all__ = ["Trial"]

SEVERAL = 4             # M-steps that have nothing in common: two may agree by chance, where x is a count and K = 1
STARTS = 3              # beside the model itself
MOST_ITERATIONS = 200
FAR = 1e4               # a point is moved out at most so many times its distance from 0
EMPTY = 1e-100          # a share of the points that is none
RUNAWAY = 20            # nats above the median point: a component is about to collapse there


class Run(NamedTuple):
    """EM from one initial model, an entry an iteration: θ, what EM is to raise, what its rounding is relative to."""

    models: list
    objectives: list
    sizes: list


class Trial:
    """One model under test. Everything drawn at random comes from `seed`, anew for each question asked.

    `model.m_step` is always called on a copy, with copies of the data and of q, so that a model that changes what it
    is given cannot hide what it does.
    """

    def __init__(self, model, x, seed, labels=True):
        self.model, self.x, self.seed, self.labels = model, x, seed, labels
        self.z = (Labels if labels else AnyLatent)(model, x)
        self.n, self.k = len(x), self.z.k
        self.table, self.posterior, self.log_liks = (self._of_x(f) for f in
                                                     (self.z.table, self.z.posterior, self.z.log_liks))

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

    def m_step(self, model, q, x=None):
        return copy.deepcopy(model).m_step(copy.deepcopy(self.x if x is None else x), copy.deepcopy(q))

    def size(self, model, x=None):
        """What rounding is relative to: Σ_n |log p(x_n|θ)|, at least 1 a point, more where x has few digits left."""
        return self._size(self.log_liks(model, x), self.log_prior(model))

    def _size(self, points, log_prior):
        return max(float(len(points)), float(np.abs(points).sum()) + abs(log_prior), self.input_precision / ASCENT)

    @cached_property
    def input_precision(self):
        """Change of log p(x, z|θ) when x moves by one unit in the last place: the precision that the data allow."""
        pieces = self.x if isinstance(self.x, list) else [self.x]
        if any(piece.dtype.kind != "f" for piece in pieces):
            return 0.0
        moved = [np.nextafter(piece, np.inf) for piece in pieces]
        try:
            change = self.table(self.model, moved if isinstance(self.x, list) else moved[0]) - self.table(self.model)
        except ValueError:          # counts, which have no digits to lose
            return 0.0
        change = np.abs(change[np.isfinite(change).all(axis=1)])
        return float(change.max(axis=1).sum()) if change.size else 0.0

    # --- q and θ to try

    def random_q(self, model, *key, x=None):
        """A random q for each point: any distribution over labels, or another member of the posterior's family."""
        return self.z.random_q(model, self.x if x is None else x, self.rng(1, *key))

    def one_hot_q(self, *key):
        return np.eye(self.k)[self.rng(2, *key).integers(self.k, size=self.n)]

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
        """The model itself, and M-steps on some of the points: places for EM to start from that differ."""
        found = [self.model]
        sizes = (8 * self.k, 24 * self.k) if self.labels else (24, self.n)
        for s, n in itertools.product(range(STARTS), sizes):
            rng = self.rng(3, s)
            rows = rng.choice(self.n, size=min(n, self.n), replace=False)
            try:
                x = self.take(rows)
                model = self.m_step(self.model, self.z.random_q(self.model, x, rng), x)
                good = self._is_regular(self.log_liks(model))
            except ValueError:      # a collapse, or too few points: no model to start from
                continue
            if good and len(found) == s + 1:
                found.append(model)
        return found

    @cached_property
    def runs(self):
        """EM from every initial model: [Run], until it converges, collapses or has run long enough."""
        return [self._run(start, MOST_ITERATIONS // (1 if s == 0 else 2)) for s, start in
                enumerate(self.initial_models)]

    def _run(self, model, most):
        run = Run([], [], [])
        points, log_prior = self.log_liks(model), self.log_prior(model)
        for _ in range(most + 1):
            run.models.append(model)
            run.objectives.append(float(points.sum()) + log_prior)
            run.sizes.append(self._size(points, log_prior))
            change = np.abs(np.diff(run.objectives[-2:]))
            if (change <= 1e-13 * max(1.0, float(np.abs(points).sum()))).any():
                break
            try:
                model = self.m_step(model, self.posterior(model))
            except Collapse:
                break
            points, log_prior = self.log_liks(model), self.log_prior(model)
            if not self._is_regular(points):
                break
        return run

    def _is_regular(self, points):
        """Whether no point's likelihood has run away: near a collapse rounding rules, not theorems."""
        return bool(np.isfinite(points).all() and (not self.labels or points.max() - np.median(points) < RUNAWAY))

    @cached_property
    def far(self):
        """Some points moved so far out that exp(log_joint) underflows, or None where x has no such thing."""
        if (not self.labels or isinstance(self.x, list) or self.x.dtype.kind not in "fiu"
                or set(np.unique(self.x)) <= {0, 1}):
            return None
        x, factor = self.x[:3], 1
        while factor < FAR:
            factor *= 10
            try:
                table = self.table(self.model, x * factor)
            except Exception:       # the model refuses such points: that is its right
                return None
            if np.isnan(table).any() or (table.max(axis=1) == -np.inf).any():
                return None
            if table.max() < -800:
                return x * factor
        return None

    @cached_property
    def parameters(self):
        if self.parameters_or_none is None:
            raise NotApplicable("no parameters were found: keep them as attributes, numbers or arrays of numbers")
        return self.parameters_or_none

    @cached_property
    def parameters_or_none(self):
        found = Parameters(self.model, self.unlike, self.table)
        weights = found.weights(self.model, self.k)
        if weights and getattr(self.model, "learn_weights", True) is False:
            found.declare(weights)
        return found if found.names else None

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
