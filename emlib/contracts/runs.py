"""Short runs of EM from places that differ: what the checks of EM as a whole look at."""

import itertools
from typing import NamedTuple

import numpy as np

from emlib.em import Collapse

__all__ = ["Run", "initial_models", "runs"]

STARTS = 3              # beside the model itself
MOST_ITERATIONS = 200
RUNAWAY = 20            # nats above the median point: a component is about to collapse there


class Run(NamedTuple):
    """EM from one initial model, an entry an iteration: θ, what EM is to raise, what its rounding is relative to."""

    models: list
    objectives: list
    sizes: list


def initial_models(trial):
    """The model itself, and M-steps on some of the points: places for EM to start from that differ."""
    found = [trial.model]
    sizes = (8 * trial.k, 24 * trial.k) if trial.labels else (24, trial.n)
    for s, n in itertools.product(range(STARTS), sizes):
        rng = trial.rng(3, s)
        rows = rng.choice(trial.n, size=min(n, trial.n), replace=False)
        try:
            x = trial.take(rows)
            model = trial.m_step(trial.model, trial.z.random_q(trial.model, x, rng), x)
            good = _is_regular(trial, trial.log_liks(model))
        except ValueError:          # a collapse, or too few points: no model to start from
            continue
        if good and len(found) == s + 1:
            found.append(model)
    return found


def runs(trial):
    """EM from every initial model: [Run], until it converges, collapses or has run long enough."""
    return [_run(trial, start, MOST_ITERATIONS // (1 if s == 0 else 2)) for s, start in enumerate(trial.initial_models)]


def _run(trial, model, most):
    run = Run([], [], [])
    points, log_prior = trial.log_liks(model), trial.log_prior(model)
    for _ in range(most + 1):
        run.models.append(model)
        run.objectives.append(float(points.sum()) + log_prior)
        run.sizes.append(trial.size_of(points, log_prior))
        change = np.abs(np.diff(run.objectives[-2:]))
        if (change <= 1e-13 * max(1.0, float(np.abs(points).sum()))).any():
            break
        try:
            model = trial.m_step(model, trial.posterior(model))
        except Collapse:
            break
        points, log_prior = trial.log_liks(model), trial.log_prior(model)
        if not _is_regular(trial, points):
            break
    return run


def _is_regular(trial, points):
    """Whether no point's likelihood has run away: near a collapse rounding rules, not theorems."""
    return bool(np.isfinite(points).all() and (not trial.labels or points.max() - np.median(points) < RUNAWAY))
