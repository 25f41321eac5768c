"""From states to a trace: one run to its stop; many runs, of which the best is kept; a progress bar."""

import contextlib
import itertools
import warnings
from dataclasses import replace
from functools import partial

import numpy as np

from emlib import _validate as validate
from emlib.bound import evaluate, has_labels
from emlib.trace import Collapse, Trace, verdict

__all__ = ["best_of", "progress_bar", "run", "starts"]

ROWS = 20_000               # of the data, enough to choose starts by
TRIES = 20                  # to draw a start unlike those before it


def run(states, max_iter, tol, is_exact, steps=(), show=None):
    """Follow the states of one fit, at the start and after each iteration, until there is a reason to stop: a Trace.

    `steps` is where the half-steps that are kept have been put; ``show(state)`` draws a progress bar. Ctrl-C ends the
    run with what there is.
    """
    log_liks, objectives, last = [], [], None
    stop, message = "max_iter", f"not converged after max_iter = {max_iter} iterations; raise max_iter or tol"
    try:
        for state in itertools.islice(states, max_iter + 1):
            reason = last and verdict(objectives, state, tol, is_exact)
            log_liks.append(state.log_lik)
            objectives.append(state.objective)
            last = state
            if show:
                show(state)
            if reason:
                stop, message = reason
                break
    except Collapse as collapse:
        stop, message = "collapsed", str(collapse)
    except KeyboardInterrupt:
        if last is None:                                            # nothing to give back yet
            raise
        stop = "interrupted"
        message = f"interrupted in iteration {last.t + 1}; the model is the one before it"
    if stop == "max_iter" and last.t < max_iter:
        message = (f"not converged: after {last.t} iterations the half-steps fill the memory that keep='all' may take; "
                   "go on from this model with keep='last', which keeps none")
    # Ctrl-C may have come between two lines of the loop: what `last` has is complete
    done = last.t + 1
    return Trace(last.at.model, tuple(steps), np.array(log_liks[:done]), stop, message,
                 objectives=np.array(objectives[:done]))


def best_of(runs, asked):
    """The best of many runs, of highest final objective, as one trace which has them all.

    A run that collapsed or decreased only wins if no other is left: on its way to a collapse the likelihood has no
    upper limit and means nothing. Ctrl-C ends the runs, an iterable, with the best so far; so many were asked for.
    """
    done, interrupted = [], False
    try:
        for trace in runs:
            done.append(trace)
            if trace.stop == "interrupted":
                break
    except KeyboardInterrupt:
        if not done:
            raise
        interrupted = True
    i, best = max(enumerate(done), key=lambda pair: (pair[1].stop not in ("collapsed", "decreased"),
                                                     pair[1].objectives[-1]))
    message = f"best of {len(done)} starts is number {i + 1}: {best.message}"
    collapsed = sum(trace.stop == "collapsed" for trace in done)
    if collapsed:
        message += f" ({collapsed} of {len(done)} collapsed)"
    if interrupted or done[-1].stop == "interrupted":
        return replace(best, stop="interrupted", runs=tuple(done), message=f"interrupted; {message}")
    if len(done) < asked:
        message += f"; x has no more than {len(done)} starts that differ"
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
    found, log_liks = [model], [evaluate(model, chosen).log_liks.sum()]
    for _ in range(n_starts - 1):
        for _ in range(TRIES):
            another = model.restart(chosen, rng)
            log_lik = evaluate(another, chosen).log_liks.sum()
            # the same components in another order have the same log-likelihood, to rounding
            if not np.isclose(log_lik, log_liks, rtol=1e-13, atol=0).any():
                found.append(another)
                log_liks.append(log_lik)
                break
        else:
            break
    return found


def _rows(model, x, sample_weight, rng):
    """At most ROWS independent pieces of x that count, drawn with their weights."""
    pieces = len(evaluate(model, x).log_liks)                       # refuses what is no data, by name
    x = np.asarray(x) if has_labels(model) else x
    w = validate.sample_weight(sample_weight, pieces)
    counted = np.flatnonzero(w)
    if pieces != len(x):                                            # one sequence: its steps are no pieces
        return x
    chosen = counted if len(counted) <= ROWS else np.sort(rng.choice(pieces, ROWS, replace=False, p=w / w.sum()))
    return [x[i] for i in chosen] if isinstance(x, (list, tuple)) else x[chosen]


@contextlib.contextmanager
def progress_bar(wanted, n_starts, max_iter, tol):
    """A context whose value makes, for start i, the `show` of `run`; it needs tqdm, and goes on without."""
    if wanted:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            warnings.warn("progress=True shows a bar only where tqdm is installed: pip install tqdm", stacklevel=4)
            wanted = False
    if not wanted:
        yield lambda i: None
        return

    def show(i, state):
        bar.set_postfix_str(f"start {i + 1} of {n_starts}, log-lik {state.log_lik:.4f}", refresh=False)
        bar.update(state.t > 0)

    with tqdm(total=None if tol is not None else n_starts * max_iter, unit=" iterations") as bar:
        yield lambda i: partial(show, i)
