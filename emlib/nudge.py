"""Maximum, saddle or plateau? A fit that stopped is pushed a little, and runs on (W25)."""

from dataclasses import replace

import numpy as np

from emlib import _validate as validate
from emlib.bound import evaluate, has_labels
from emlib.em import fit
from emlib.trace import Collapse

__all__ = ["nudge"]

HIGHER = 1e-6               # relative to the objective: more than two runs to the same maximum differ by
ROUNDS = 10                 # M-steps in which the way up outgrows the others


def nudge(trace, x, rng, *, times=3, size=0.1, sample_weight=None, **options):
    """Push a fit away from where it stopped, let EM run on, and say whether it comes back.

    EM stops where the slope of log p(x|θ) is 0: at a maximum, but also on a saddle or, for a while, on a plateau, as
    when two components coincide. A push is an M-step from a q near the posterior; from a strict maximum EM returns
    after small pushes, from a saddle it finds the way up.

    Parameters
    ----------
    trace : Trace
        Of `emlib.fit`; ``trace.model`` is pushed.
    x, sample_weight, options
        As for the fit: also its ``e_step`` and ``tol``, if it had others than the usual ones.
    rng : numpy Generator or seed
    times : int
        How many pushes, each from `trace.model`.
    size : float
        Where z is a label: the largest change of an entry of q, 0 < size ≤ 1. Other q move to ``q.near(rng)``.

    Returns
    -------
    Trace
        The run that ended highest, if it is higher than `trace`, else `trace`; ``message`` says what was seen, and
        ``runs`` has all of them. Pushes that end in a collapse do not count: their likelihood has no maximum.

    Raises
    ------
    ValueError
        For a bad argument; if every push collapses, which says nothing about `trace`.

    Notes
    -----
    No proof: that no push of a few ended higher does not show that none would. One that ended higher may also have
    crossed to another maximum, the more likely the larger `size` is.
    """
    times, rng = validate.positive_integer(times, "times"), validate.rng(rng)
    if not 0 < size <= 1:
        raise ValueError(f"size is {size}; it must be above 0 and at most 1: the share of each q that is moved")
    model, weighted = trace.model, {} if sample_weight is None else {"sample_weight": sample_weight}
    runs = []
    for _ in range(times):
        try:
            start = _pushed(model, x, size, rng, weighted)
        except Collapse:
            continue
        run = fit(start, x, warn=False, **weighted, **options)
        if run.stop not in ("collapsed", "decreased"):
            runs.append(run)
    if not runs:
        raise ValueError(f"all {times} nudges ended in a collapse, which says nothing about this fit; give a smaller "
                         "size, or a model with a floor under its variances")
    best = max(runs, key=lambda run: run.objectives[-1])
    gain = best.objectives[-1] - trace.objectives[-1]
    if gain > HIGHER * max(1.0, abs(trace.objectives[-1])):
        return replace(best, runs=tuple(runs), message=f"a nudge ended {gain:.4g} nats higher, so the fit before had "
                       f"stopped on a saddle, a plateau or a low maximum; {best.stop} after {best.n_iter} iterations")
    under_way = sum(run.stop != "converged" for run in runs)
    seen = f"{under_way} of {len(runs)} nudges were still under way, give a larger max_iter" if under_way else (
        f"{len(runs)} nudge{'s' * (len(runs) > 1)} ended no higher: a maximum as far as this can tell")
    return replace(trace, runs=tuple(runs), message=f"{trace.stop} after {trace.n_iter} iterations; {seen}")


def _pushed(model, x, size, rng, weighted):
    """The model after an M-step from a q that is not the posterior.

    Where z is a label q moves to where EM itself is slowest to correct it, or drives it further away: the posterior of
    each M-step shows what is left of the change, and that is stretched to `size` again (the power method on the rate
    matrix of Dempster, Laird and Rubin 1977, section 3). At random alone the changes of the points would cancel.
    """
    q = evaluate(model, x).posterior
    if not has_labels(model):
        return model.m_step(x, q.near(rng), **weighted)
    moved = (1 - size) * q + size * rng.dirichlet(np.ones(q.shape[1]), len(q))
    for _ in range(ROUNDS):
        change = evaluate(model.m_step(x, moved, **weighted), x).posterior - q
        moved = np.maximum(q + size * change / max(np.abs(change).max(), np.finfo(float).tiny), 0)
        moved = moved / moved.sum(axis=1, keepdims=True)
    return model.m_step(x, moved, **weighted)
