"""Moving parameters to see what happens: steps of a sensible length, slopes, and a climb to the top.

Nothing is known of a parameter's units. A step is as long as it takes for the height to change by about `NAT` nats;
whatever such a search gains is a proof, for the models that it visits exist.
"""

import numpy as np

from emlib.contracts.parameters import INFEASIBLE
from emlib.em import Collapse

__all__ = ["NAT", "ROUNDING", "climb", "slope", "step"]

ROUNDING = 1e-10            # relative to Σ_n |log p(x_n|θ)|
NAT = 1e-2


def climb(trial, model, q, rows=None):
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
        return trial.free_energy(m, q, x)
    start = top = height(best)
    steps, least = [], ROUNDING * trial.size(best, x)
    for direction in trial.parameters.directions(best, trial.rng(14)):
        found = step(trial, best, direction, height)
        if found is None:
            continue
        h, middle, left, right = found
        bend = left + right - 2 * middle
        peak = h * (left - right) / (2 * bend) if bend < 0 else h * np.sign(right - left)
        for t in (peak, h, -h):
            value = _at(trial, best, direction, t, height)
            if value > top + least:
                best, top = trial.parameters.moved(best, direction, t), value
                steps.append((direction, t))
                break
    return best, start, top, steps


def step(trial, model, direction, height):
    """(h, heights at 0, −h, +h), with h such that about NAT nats change; None where θ cannot be moved both ways."""
    middle, noise = float(height(model)), 1e-14 * trial.size(model)
    h, best = 1e-2 * direction.size, None
    for _ in range(16):
        left, right = (_at(trial, model, direction, t, height) for t in (-h, h))
        change = max(abs(left - middle), abs(right - middle))
        if not change <= 10 * NAT + 1e3 * noise:        # too far, or no model at all there
            if best is not None and not np.isfinite(change):
                return best
            h /= 8
            continue
        best = (h, middle, left, right)
        if change >= NAT / 10 or 4 * h > direction.size:
            return best
        h *= 4
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
