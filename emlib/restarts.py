"""From states to a trace: one run to its stop; many runs, of which the best is kept; a progress bar."""

import contextlib
import itertools
import warnings
from dataclasses import replace

import numpy as np

from emlib import _validate as validate
from emlib.bound import evaluate
from emlib.trace import Collapse, Trace, verdict

__all__ = ["best_of", "progress_bar", "run", "starts"]

ROWS = 20_000               # of the data, enough to choose starts by
TRIES = 20                  # to draw a start unlike those before it


def run(states, max_iter, tol, is_exact, steps, bar, name):
    """Follow the states of one fit, at the start and after each iteration, until there is a reason to stop: a Trace.

    `steps` is where the half-steps that are kept have been put; the bar, if any, shows the run by its name. Ctrl-C ends
    the run with what there is.
    """
    log_liks, objectives, last = [], [], None
    stop, message = "max_iter", f"not converged after max_iter = {max_iter} iterations; raise max_iter or tol"
    try:
        for state in itertools.islice(states, max_iter + 1):
            reason = last and verdict(objectives, state, tol, is_exact)
            log_liks.append(state.log_lik)
            objectives.append(state.objective)
            last = state
            if bar is not None:
                bar.set_postfix_str(f"{name}, log-lik {state.log_lik:.4f}", refresh=False)
                bar.update(state.t > 0)
            if reason:
                stop, message = reason
                break
        else:
            if last.t < max_iter:
                message = (f"not converged: after {last.t} iterations the half-steps fill the memory that keep='all' "
                           "may take; go on from this model with keep='last', which keeps none")
    except Collapse as collapse:
        stop, message = "collapsed", str(collapse)
    except KeyboardInterrupt:
        if last is None:                                            # nothing to give back yet
            raise
        stop, message = "interrupted", f"interrupted in iteration {last.t + 1}; the model is the one before it"
    # Ctrl-C may have come between two lines of the loop: what `last` has is complete
    log_liks, objectives = (np.array(numbers[:last.t + 1]) for numbers in (log_liks, objectives))
    return Trace(last.at.model, tuple(steps), log_liks, stop, message, objectives=objectives)


def best_of(runs, n_starts, asked):
    """The best of the runs from n_starts starts, of highest final objective, as one trace which has them all.

    A run that collapsed or decreased only wins if no other is left: on its way to a collapse the likelihood has no
    upper limit and means nothing. Ctrl-C ends the runs, an iterable, with the best so far.
    """
    done = []
    try:
        for trace in runs:
            done.append(trace)
            if trace.stop == "interrupted":
                break
    except KeyboardInterrupt:                                       # a run had nothing yet to give back
        if not done:
            raise
    best = max(done, key=lambda trace: (trace.stop not in ("collapsed", "decreased"), trace.objectives[-1]))
    message = f"best of {len(done)} starts is number {done.index(best) + 1}: {best.message}"
    collapsed = sum(trace.stop == "collapsed" for trace in done)
    if collapsed:
        message += f" ({collapsed} of {len(done)} collapsed)"
    if len(done) < n_starts or done[-1].stop == "interrupted":
        return replace(best, stop="interrupted", runs=tuple(done), message=f"interrupted; {message}")
    if n_starts < asked:
        message += f"; x has no more than {n_starts} starts that differ"
    return replace(best, runs=tuple(done), message=message)


def starts(model, x, sample_weight, blocks, n_starts, rng):
    """The given model, then at most n_starts − 1 of its kind, from distinct ``model.restart(x, rng)``."""
    if n_starts == 1:
        return [model]
    if not hasattr(model, "restart"):
        raise ValueError(f"n_starts = {n_starts} needs a model that can start anew; give {type(model).__name__} a "
                         "method restart(x, rng) that returns a model")
    rng = validate.rng(rng)
    chosen = _rows(model, x, sample_weight, rng) if blocks is None else blocks.sample(ROWS, rng)
    found, log_liks, tries = [model], [evaluate(model, chosen).log_liks.sum()], 0
    while len(found) < n_starts and tries < TRIES:
        another, tries = model.restart(chosen, rng), tries + 1
        log_lik = evaluate(another, chosen).log_liks.sum()
        # the same components in another order have the same log-likelihood, to rounding
        if not np.isclose(log_lik, log_liks, rtol=1e-13, atol=0).any():
            found, log_liks, tries = [*found, another], [*log_liks, log_lik], 0
    return found


def _rows(model, x, sample_weight, rng):
    """At most ROWS independent pieces of x that count, drawn with their weights."""
    w = evaluate(model, x).weights(sample_weight)
    if len(w) != len(x):                                            # one sequence: its steps are no pieces
        return x
    chosen = np.flatnonzero(w)
    if len(chosen) > ROWS:
        chosen = np.sort(rng.choice(len(w), ROWS, replace=False, p=w / w.sum()))
    return [x[i] for i in chosen] if isinstance(x, (list, tuple)) else np.asarray(x)[chosen]


def progress_bar(wanted, n_starts, max_iter, tol):
    """A context with the bar of tqdm, over the iterations of all starts; with None where it is unwanted or missing."""
    if wanted:
        try:
            from tqdm.auto import tqdm
            return tqdm(total=None if tol is not None else n_starts * max_iter, unit=" iterations")
        except ImportError:
            warnings.warn("progress=True shows a bar only where tqdm is installed: pip install tqdm", stacklevel=3)
    return contextlib.nullcontext()
