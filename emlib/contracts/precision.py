"""How many digits a model and its data have: what is smaller than their rounding accuses nobody."""

import copy

import numpy as np

from emlib.contracts.tolerances import DIGITS, DOUBLE

__all__ = ["epsilon", "far", "input_precision", "noise"]

JITTERS = 6             # q moved so often by rounding alone
FAR = 1e4               # a point is moved out at most so many times its distance from 0


def epsilon(trial):
    """The rounding of the coarsest kind of number in use: of single precision where log_joint, θ or x are of it."""
    found = [trial.x] if isinstance(trial.x, np.ndarray) else []
    found += [np.asarray(trial.said(trial.model))]
    found += [np.asarray(part) for model in (trial.model, *trial.unlike[:1]) for part in _kept(model)]
    kinds = {array.dtype for array in found if array.dtype.kind == "f" and array.size}
    return max([DOUBLE, *(float(np.finfo(kind).eps) for kind in kinds)])


def _kept(model):
    kept = getattr(model, "__dict__", {})
    return [part for part in kept.values() if isinstance(part, (np.ndarray, np.floating))]


def noise(trial):
    """Nats by which rounding alone moves L(q, θ): its spread over M-steps from q that differ in their last digit.

    0 where the M-step is random: what the same q does not give twice is no rounding.
    """
    q = trial.random_q(trial.model, 18)
    if not isinstance(q, np.ndarray):
        return 0.0
    rng, values = trial.rng(18), []
    for i in range(JITTERS + 2):
        part = q if i < 2 else q * (1 + DIGITS * trial.epsilon * rng.standard_normal(q.shape))
        try:
            values.append(trial.expected(trial.m_step(trial.model, part / part.sum(axis=1, keepdims=True)), q))
        except Exception:               # the checks of the M-step meet it again and name it
            return 0.0
    if values[0] != values[1] or not np.isfinite(values).all():
        return 0.0
    return float(np.ptp(values))


def input_precision(trial):
    """Change of log p(x, z|θ) when x moves by one unit in the last place: the precision that the data allow."""
    pieces = trial.x if isinstance(trial.x, (list, tuple)) else [trial.x]
    if any(not isinstance(piece, np.ndarray) or piece.dtype.kind != "f" for piece in pieces):
        return 0.0
    moved = [np.nextafter(piece, np.inf) for piece in pieces]
    try:
        there = type(trial.x)(moved) if isinstance(trial.x, (list, tuple)) else moved[0]
        change = trial.table(trial.model, there) - trial.table(trial.model)
    except Exception:                   # counts, which have no digits to lose
        return 0.0
    change = np.abs(change[np.isfinite(change).all(axis=1)])
    return float(change.max(axis=1).sum()) if change.size else 0.0


def far(trial):
    """Some points moved so far out that exp(log_joint) underflows, or None where x has no such thing."""
    if (not trial.labels or not isinstance(trial.x, np.ndarray) or trial.x.dtype.kind not in "fiu"
            or set(np.unique(trial.x)) <= {0, 1}):
        return None
    x, factor = copy.deepcopy(trial.x[:3]), 1
    while factor < FAR:
        factor *= 10
        try:
            table = trial.table(trial.model, x * factor)
        except Exception:               # the model refuses such points: that is its right
            return None
        if np.isnan(table).any() or (table.max(axis=1) == -np.inf).any():
            return None
        if table.max() < -800:
            return x * factor
    return None
