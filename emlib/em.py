"""The engine: Expectation–Maximization as coordinate ascent on L(q, θ), one half-step at a time (W20–W23).

It knows nothing of any model but what `emlib.bound.evaluate` asks of it, and ``m_step(x, q)`` → a new model.
"""

import inspect
import itertools
import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from emlib import _validate as validate
from emlib import restarts
from emlib.bound import Bound, evaluate
from emlib.e_steps import caller, exact
from emlib.trace import Collapse, ConvergenceWarning, State, Trace

__all__ = ["Collapse", "ConvergenceWarning", "Step", "Trace", "em", "fit"]

KEPT = 2e9                  # bytes of half-steps in a trace: what a small laptop can spare
AT_LEAST = 100              # iterations for which there must be room, before a fit that keeps them begins


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """The state after one half-step: after "E", q is new; after "M", the model is new.

    Attributes
    ----------
    t, kind : int, str
        Iteration, from 1, and which half of it: (1, "E"), (1, "M"), (2, "E"), …
    model, q, bound : model, array (N, K) or posterior object, Bound
        The pair (θ, q) after this half-step, and log p(x|θ) = ELBO + KL at that pair.
    """

    t: int
    kind: str
    model: Any
    q: Any
    bound: Bound

    def __repr__(self):
        b = self.bound
        return f"Step({self.t}, {self.kind!r}: log-lik {b.log_lik:.6g} = ELBO {b.elbo:.6g} + KL {b.kl:.6g})"


def em(model, x, e_step=exact, sample_weight=None, q=None, m_step=None):
    """Generate the half-steps of EM without end: E, M, E, M, …

    Parameters
    ----------
    model : object
        The start θ⁰: with what `emlib.identity` asks of it, and ``m_step(x, q)`` → a new model.
    x, sample_weight
        As for `emlib.identity`.
    e_step : callable
        (model, x) → q or (model, x, q) → q, where q is the one that stands: one of `emlib.e_steps`, or your own.
    q : array (N, K) or posterior object, optional
        The one that stands before the first E-step.
    m_step : callable, optional
        (model, x, q) → a new model, in place of the model's own: any that raises L(q, θ) is generalised EM.

    Raises
    ------
    ValueError
        If q is no distribution, the model returns NaN or lacks a method; `Collapse`, a ValueError, from the M-step.

    Notes
    -----
    E moves q with θ fixed (W22), M moves θ with q fixed (W23); under an exact E-step log p(x|θ) never falls (W24).
    Dempster, Laird and Rubin (1977); Neal and Hinton (1998).
    """
    choose, at = caller(e_step), evaluate(model, x)
    name, own = ("m_step", m_step) if m_step else (f"{type(model).__name__}.m_step", getattr(model, "m_step", None))
    if not callable(own):
        raise ValueError(f"{name} is missing; EM needs m_step(x, q) → a new model")
    w, weighted = at.weights(sample_weight), {}
    if sample_weight is not None:
        weighted = {"sample_weight": w}
        if not _takes_weights(own):
            raise ValueError(f"sample_weight is given, but {name} takes none: add an argument sample_weight=None")
    q = None if q is None else at.checked(q)
    for t in itertools.count(1):
        q = at.checked(choose(at, q))
        yield Step(t, "E", model, q, at.bound(q, w))            # W22
        model = m_step(model, x, q, **weighted) if m_step else model.m_step(x, q, **weighted)
        if model is None:
            raise ValueError("m_step returned nothing (None); end it with `return …`, a new model")
        at = evaluate(model, x)
        yield Step(t, "M", model, q, at.bound(q, w))            # W23


def _takes_weights(m_step):
    try:
        return bool(inspect.signature(m_step).bind_partial(sample_weight=None))
    except TypeError:
        return False
    except ValueError:                                          # some callables do not tell
        return True


def fit(model, x, *, max_iter=1000, tol=1e-10, e_step=exact, sample_weight=None, keep="all",
        n_starts=1, rng=None, progress=False, warn=True):
    """Run EM to a stop: a `Trace`. Ctrl-C stops it too, and leaves the best so far.

    Parameters
    ----------
    model, x, e_step, sample_weight
        As for `em`. With ``keep="last"`` and an exact E-step, x may also be larger than memory: a numpy.memmap, or a
        reader, which is anything that can be iterated again and again and gives arrays (B, D).
    max_iter : int
        At most so many iterations; 0 returns the start.
    tol : float or None
        Converged when the objective rises by no more than tol · max(1, |objective|), and its gains shrink at a steady
        rate: the log-likelihood under an exact E-step, else the ELBO, with log p(θ) added where the model has
        ``log_prior()``. That is so at a maximum, and on a saddle: `emlib.nudge` tries which. None: exactly max_iter.
    keep : {"all", "last"}
        "all" keeps every half-step in ``trace.steps``, up to 2 GB; "last" keeps none, and models that offer it are
        streamed (`emlib.streaming`) without calling e_step: the same numbers to 1e-12 of the log-likelihood.
    n_starts, rng : int, numpy Generator or seed
        How many runs: from `model`, then from distinct ``model.restart(x, rng)``; the best has all in ``trace.runs``.
    progress, warn : bool
        Whether to show a bar, if tqdm is installed; and to give a `ConvergenceWarning` for any stop but convergence and
        the max_iter iterations that tol=None asks for.

    Raises
    ------
    ValueError
        For a bad argument, nonsense from a model or E-step, or half-steps of 100 iterations that fill more than 2 GB.
    """
    if not (isinstance(max_iter, (int, np.integer)) and max_iter >= 0):
        raise ValueError(f"max_iter is {max_iter!r}; it must be an integer ≥ 0")
    if tol is not None and not (np.isfinite(tol) and tol >= 0):
        raise ValueError(f"tol is {tol!r}; it must be a finite number ≥ 0, or None for exactly max_iter iterations")
    if keep not in ("all", "last"):
        raise ValueError(f"keep is {keep!r}; it must be 'all' or 'last'")
    from emlib import streaming  # opt-in: the loop itself does not need it

    n_starts = validate.positive_integer(n_starts, "n_starts")
    is_exact = getattr(e_step, "exact", False)
    offered = streaming.offered_by(model)
    streamed = offered and keep == "last" and is_exact
    if offered and not streamed and streaming.is_reader(x):
        raise ValueError("x is a reader of blocks; that needs keep='last' and an exact E-step: give x as one array")
    blocks = model.blocks(x, sample_weight) if streamed else None
    starts = restarts.starts(model, x, sample_weight, blocks, n_starts, rng)

    def trace(start, name):
        steps = []
        states = streaming.states(start, blocks) if streamed else _states(
            start, x, e_step, sample_weight, steps if keep == "all" else None, KEPT / len(starts), max_iter)
        return restarts.run(states, max_iter, tol, is_exact, steps, bar, name)

    with restarts.progress_bar(progress, len(starts), max_iter, tol) as bar:
        traces = (trace(start, f"start {i} of {len(starts)}") for i, start in enumerate(starts, 1))
        found = next(traces) if n_starts == 1 else restarts.best_of(traces, len(starts), n_starts)
    as_asked = found.stop == "max_iter" and found.n_iter == max_iter and (tol is None or max_iter == 0)
    if warn and found.stop != "converged" and not as_asked:
        warnings.warn(found.message, ConvergenceWarning, stacklevel=2)
    return found


def _states(model, x, e_step, sample_weight, steps, room, max_iter):
    """The states of `em` at the start and after each iteration, until the half-steps in `steps` fill `room`, in bytes.

    None in place of `steps` keeps none. A ValueError where there is no room for max_iter or `AT_LEAST` iterations.
    """
    is_exact = getattr(e_step, "exact", False)
    w = 1 if sample_weight is None else validate.real(sample_weight, "sample_weight")
    for step in em(model, x, e_step, sample_weight):
        b, t = step.bound, step.t if step.kind == "M" else step.t - 1       # complete iterations
        if steps is not None and max_iter:
            each = _bytes([step.q, *b.per_point, *b.per_point])
            if each * min(max_iter, AT_LEAST) > room:
                raise ValueError(f"keep='all' would keep {each / 1e6:.3g} MB in each iteration, and may take "
                                 f"{room / 1e6:.3g} MB; give keep='last', a smaller max_iter, or fewer points")
            steps.append(step)
        if step.kind == "M" or t == 0:
            prior = validate.log_prior(step.model)
            # W24 promises ascent of the log-likelihood for an exact E-step only
            yield State(t, step, b.log_lik, (b.log_lik if is_exact else b.elbo) + prior,
                        float(np.sum(w * np.abs(b.per_point.log_lik))) + abs(prior),
                        partial(_noise, model, x, step.q, sample_weight))
            model = step.model
            if steps and (t + 1) * each > room:
                return


def _bytes(value):
    """Of the arrays in a list or in the attributes of an object, such as a q."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(map(_bytes, value if isinstance(value, list) else getattr(value, "__dict__", {}).values()))


def _noise(*at):
    from emlib import rounding  # loaded only where the objective has fallen
    return rounding.noise(*at)
