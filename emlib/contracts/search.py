"""Moving parameters to see what happens: steps of a sensible length, slopes, and a climb to the top.

Nothing is known of a parameter's units. A step is as long as it takes for the height to change by about `NAT` nats;
whatever such a search gains is a proof, for the models that it visits exist.
"""

import numpy as np

from emlib.contracts.parameters import INFEASIBLE
from emlib.em import Collapse

__all__ = ["NAT", "ROUNDING", "climb", "slope", "step"]

ROUNDING = 1e-9             # relative to Σ_n |log p(x_n|θ)|; a floor, too, is respected to nine digits
NAT = 1e-2


def climb(trial, model, q, rows=None, key=0):
    """From m_step(x, q), one sweep over the directions of θ, each to the top of its parabola.

    Returns
    -------
    (best model, L(q, ·) after the M-step, the best L, steps taken), or None where the M-step collapses or gives NaN.
    """
    x = trial.x if rows is None else trial.x[rows]
    try:
        best = trial.m_step(model, q, x)
    except Collapse:
        return None
    if np.isnan(trial.log_joint(best, x)).any():
        return None

    def height(m):
        return trial.expected(m, q, x)
    start = top = height(best)
    steps, size = [], trial.size(best, x)
    for direction in trial.parameters.directions(best, trial.rng(14, key)):
        found = step(trial, best, direction, height, top, size)
        if found is None:
            continue
        h, middle, left, right = found
        bend = left + right - 2 * middle
        peak = h * (left - right) / (2 * bend) if bend < 0 else h * np.sign(right - left)
        for t in (peak, h, -h):
            value = _at(trial, best, direction, t, height)
            if value > top + ROUNDING * size:
                best, top = trial.parameters.moved(best, direction, t), value
                steps.append((direction, t))
                break
    entropy = trial.free_energy(best, q, x) - top
    return best, start + entropy, top + entropy, steps


def step(trial, model, direction, height, middle, size):
    """A step of a sensible length.

    Parameters
    ----------
    height : callable
        Model → nats.
    middle, size : float
        The height of `model`, and what rounding is relative to.

    Returns
    -------
    (h, heights at 0, −h, +h), with h such that about NAT nats change; None where θ cannot be moved both ways.
    """
    h, best = 1e-2 * direction.size, None
    for _ in range(16):
        left, right = (_at(trial, model, direction, t, height) for t in (-h, h))
        change = max(abs(left - middle), abs(right - middle))
        if not np.isfinite(change):                     # no model there
            if best is not None:
                return best
            h /= 8
            continue
        if change > 10 * NAT + 1e-11 * size:            # too far to be a parabola
            h *= max(np.sqrt(NAT / change), 1 / 64)
            continue
        best = (h, middle, left, right)
        if change >= NAT / 10 or h >= direction.size:
            return best
        h = min(h * min(np.sqrt(NAT / max(change, NAT / 4096)), 64), direction.size)
    return best


def slope(trial, model, direction, h, height):
    """The derivative of a height (one number, or one a point) along a direction, times h; `h` as from `step`.

    Two central differences, extrapolated: what is left is of the fourth order in h/10.
    """
    wide, narrow = ((height(trial.parameters.moved(model, direction, f * h)) -
                     height(trial.parameters.moved(model, direction, -f * h))) / (2 * f) for f in (0.1, 0.05))
    return (4 * narrow - wide) / 3


def _at(trial, model, direction, t, height):
    """The height at a distance t along a direction; −inf where that is no model."""
    try:
        value = float(height(trial.parameters.moved(model, direction, t)))
    except INFEASIBLE:
        return -np.inf
    return -np.inf if np.isnan(value) else value
