"""How many digits a model and its data have: what is smaller than their rounding accuses nobody."""

import copy

import numpy as np

from emlib.contracts.tolerances import DOUBLE, JITTER

__all__ = ["epsilon", "far", "input_precision", "noise"]

JITTERS = 10            # q moved so often by next to nothing
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


def noise(trial, model=None, q=None):
    """What rounding alone moves in an M-step (the first, from a random q): (nats of the objective, of an entry).

    The spread over M-steps from nearly the same q, and over θ that differ in their last digits from where an M-step
    leads: there L(q, ·) is level, so what moves it is rounding. 0 where the M-step is random: what the same q does not
    give twice is no rounding.
    """
    rng, start = trial.rng(18), trial.model if model is None else model
    q = trial.random_q(start, 18) if q is None else q
    try:
        models = [trial.m_step(start, q), trial.m_step(start, q)]
        values = [trial.expected(model, q) for model in models]
        if values[0] != values[1]:
            return 0.0, 0.0
        if isinstance(q, np.ndarray):
            models += [trial.m_step(start, _nearly(q, trial.epsilon, rng)) for _ in range(JITTERS)]
        models += [_last_digits(trial, models[0], rng) for _ in range(JITTERS)]
        values = np.array([[trial.expected(model, q), trial.objective(model)] for model in models])
        tables = [trial.table(model) for model in models]
    except Exception:               # the checks of the M-step meet it again and name it
        return 0.0, 0.0
    values = values[np.isfinite(values).all(axis=1)]
    spread = np.ptp(np.where(np.isfinite(tables), tables, 0), axis=0)
    return float(np.ptp(values, axis=0).max()) if len(values) else 0.0, float(spread.max(initial=0))


def _nearly(q, epsilon, rng):
    """Nearly the same q: what comes of a naive formula moves with it."""
    near = q * (1 + max(JITTER, 30 * epsilon * (epsilon > DOUBLE)) * rng.standard_normal(q.shape))
    return near / near.sum(axis=1, keepdims=True)


def _last_digits(trial, model, rng):
    """θ with other last digits: a large sum is rounded another way."""
    parameters = trial.parameters_or_none
    values = {name: parameters.value(model, name) for name in (parameters.names if parameters else ())
              if name not in parameters.still}
    if not values:
        return model
    # of single precision only a few: 64 of its last digits are a step that log p(x|θ), not level there, would follow
    most = 64 if trial.epsilon == DOUBLE else 8
    return parameters.replaced(model, **{
        name: value * (1 + trial.epsilon * rng.integers(-most, most + 1, size=value.shape))
        for name, value in values.items()})


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
