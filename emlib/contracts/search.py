"""Moving parameters to see what happens: steps of a sensible length, derivatives, and coordinate ascent to a maximum.

Nothing is known of a parameter's units. A step is as long as it takes for the objective to change by about `PROBE`
nats. A gain found this way disproves optimality: it is attained at an actual θ.
"""

from typing import Any, NamedTuple

import numpy as np

from emlib.contracts.rebuild import INFEASIBLE
from emlib.contracts.tolerances import ASCENT
from emlib.em import Collapse

__all__ = ["PROBE", "Ascended", "Probe", "ascend", "derivative", "probe"]

PROBE = 1e-2        # nats by which a step changes the objective: far above rounding, small enough for a parabola
ABOVE_NOISE = 100   # times the nats that rounding alone moves: a step that is shorter measures nothing else


class Ascended(NamedTuple):
    """The best θ found, L(q, ·) after the M-step and at the best, and the steps taken: [(direction, t, gain)]."""

    model: Any
    before: float
    after: float
    steps: list


class Probe(NamedTuple):
    """A step h along a direction, and the objective at 0, −h and +h."""

    h: float
    middle: float
    left: float
    right: float

    @property
    def curvature(self):
        """Second difference: the second derivative times h²."""
        return self.left + self.right - 2 * self.middle


def ascend(trial, model, q, rows=None, key=0):
    """From m_step(x, q), one sweep over the directions of θ, each to the maximum of its parabola.

    Returns
    -------
    Ascended, or None where the M-step collapses or gives NaN.
    """
    x = trial.x if rows is None else trial.take(rows)
    try:
        best = trial.m_step(model, q, x)
    except Collapse:
        return None

    def objective(m):
        return trial.expected(m, q, x)
    start = value_there = objective(best)
    if np.isnan(start):
        return None
    steps, size = [], trial.size(best, x)
    for direction in trial.parameters.directions(best, trial.rng(14, key)):
        found = probe(trial, best, direction, objective, value_there, size)
        if found is None:
            continue
        h, curvature = found.h, found.curvature
        # the parabola through three points leans where the objective is skew; a gain near rounding needs the derivative
        maximiser = (-h * derivative(trial, best, direction, h, objective) / curvature if curvature < 0
                     else h * np.sign(found.right - found.left))
        for t in (maximiser, h, -h):            # beyond a border, or where it is no parabola, ±h may still gain
            value = _at(trial, best, direction, t, objective)
            if value > value_there + trial.allowed(ASCENT) * size:
                steps.append((direction, t, value - value_there))
                best, value_there = trial.parameters.moved(best, direction, t), value
                break
    entropy = trial.bound(best, q, x) - value_there
    return Ascended(best, start + entropy, value_there + entropy, steps)


def probe(trial, model, direction, objective, middle, size):
    """A step of a sensible length.

    Parameters
    ----------
    objective : callable
        Model → nats.
    middle, size : float
        The objective at `model`, and what rounding is relative to.

    Returns
    -------
    Probe, with h such that about PROBE nats change, more where rounding would hide that; None where θ cannot be moved
    both ways.
    """
    h, best, goal = 1e-2 * direction.size, None, max(PROBE, ABOVE_NOISE * trial.noise)
    for _ in range(16):
        left, right = (_at(trial, model, direction, t, objective) for t in (-h, h))
        change = max(abs(left - middle), abs(right - middle))
        if not np.isfinite(change):                     # no model there
            if best is not None:
                return best
            h /= 8
            continue
        if change > 10 * goal + 1e-11 * size:           # too far to be a parabola
            h *= max(np.sqrt(goal / change), 1 / 64)
            continue
        best = Probe(h, middle, left, right)
        if change >= goal / 10 or h >= direction.size:
            return best
        h = min(h * min(np.sqrt(goal / max(change, goal / 4096)), 64), direction.size)
    return best


def derivative(trial, model, direction, h, objective):
    """The derivative of an objective (one number, or one a point) along a direction, times h; `h` as from `probe`.

    Two central differences, extrapolated: what is left is of the fourth order in h/10.
    """
    wide, narrow = ((objective(trial.parameters.moved(model, direction, f * h)) -
                     objective(trial.parameters.moved(model, direction, -f * h))) / (2 * f) for f in (0.1, 0.05))
    return (4 * narrow - wide) / 3


def _at(trial, model, direction, t, objective):
    """The objective at a distance t along a direction; −inf where that is no model."""
    try:
        value = float(objective(trial.parameters.moved(model, direction, t)))
    except INFEASIBLE:
        return -np.inf
    return -np.inf if np.isnan(value) else value
