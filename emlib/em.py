"""The engine: Expectation–Maximization as coordinate ascent on L(q, θ), one half-step at a time (W20–W23).

It knows nothing of any model but two methods: ``log_joint(x)`` → (N, K) and ``m_step(x, q)`` → a new model.
"""

import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from emlib import checks
from emlib.bound import Bound, bound
from emlib.e_steps import exact

__all__ = ["Collapse", "ConvergenceWarning", "Step", "Trace", "em", "fit"]

ROUNDING = 1e-12            # relative to Σ_n |log p(x_n|θ)|: less than this is noise, not a decrease


class Collapse(ValueError):
    """The M-step has no maximum: a component is empty, or its variance runs to 0 and the likelihood to infinity."""


class ConvergenceWarning(UserWarning):
    """A fit stopped for another reason than convergence; ``trace.stop`` and ``trace.message`` say which."""


@dataclass(frozen=True, eq=False)
class Step:
    """The state after one half-step: after "E", q is new; after "M", the model is new.

    Attributes
    ----------
    t : int
        Iteration, from 1: (1, "E"), (1, "M"), (2, "E"), …
    kind : str
        "E" or "M".
    model, q, bound : model, array (N, K), Bound
        The pair (θ, q) after this half-step, and log p(x|θ) = ELBO + KL at that pair.
    """

    t: int
    kind: str
    model: Any
    q: np.ndarray
    bound: Bound


@dataclass(frozen=True, eq=False)
class Trace:
    """What a fit did.

    Attributes
    ----------
    model : model
        After the last complete iteration.
    steps : tuple of Step
        Every half-step; empty with ``keep="last"``.
    log_liks : array (T + 1,)
        log p(x|θ) in nats, at the start and after each of the T iterations.
    stop : str
        "converged", "max_iter", "decreased" (log-likelihood fell under the exact E-step: a bug in the model) or
        "collapsed" (the M-step had no maximum; ``model`` is the last good one).
    message : str
        The reason in a sentence, with remedies.
    """

    model: Any
    steps: tuple
    log_liks: np.ndarray
    stop: str
    message: str

    @property
    def n_iter(self):
        """Number of complete iterations, T."""
        return len(self.log_liks) - 1


def em(model, x, e_step=exact, sample_weight=None):
    """Generate the half-steps of EM without end: E, M, E, M, …

    Parameters
    ----------
    model : object
        The start θ⁰: anything with ``log_joint(x)`` → (N, K) and ``m_step(x, q)`` → a new model.
    x : array
        Data, of the shape that the model takes.
    e_step : callable
        (model, x) → q: `exact`, `hard`, `tempered(beta)`, `frozen(q)`, or your own.
    sample_weight : array (N,), optional
        How often each point counts.

    Yields
    ------
    Step

    Raises
    ------
    ValueError
        If q is not a distribution or the model returns NaN; `Collapse` (a ValueError) from the M-step.

    Notes
    -----
    W22 and W23: E moves q with θ fixed, M moves θ with q fixed; under the exact E-step
    log p(x|θ) never falls (W24). Dempster, Laird and Rubin (1977); Neal and Hinton (1998).
    """
    weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
    log_joint = checks.log_joint(model.log_joint(x))
    for t in itertools.count(1):
        q = checks.q(e_step(model, x), log_joint.shape)
        yield Step(t, "E", model, q, bound(log_joint, q, **weighted))       # W22
        model = model.m_step(x, q, **weighted)
        log_joint = checks.log_joint(model.log_joint(x))
        yield Step(t, "M", model, q, bound(log_joint, q, **weighted))       # W23


def fit(model, x, *, max_iter=1000, tol=1e-10, e_step=exact, sample_weight=None, keep="all"):
    """Run EM to a stop.

    Parameters
    ----------
    model, x, e_step, sample_weight
        As for `em`.
    max_iter : int
        At most so many iterations; 0 returns the start.
    tol : float or None
        Converged when the objective rises by no more than tol · max(1, |objective|). The objective is the
        log-likelihood under the exact E-step, the ELBO under any other. None: exactly max_iter iterations.
    keep : {"all", "last"}
        "all" keeps every half-step in ``trace.steps``; "last" keeps none, for big data.

    Returns
    -------
    Trace
        With a `ConvergenceWarning` unless it converged, or tol is None and it ran max_iter iterations.

    Raises
    ------
    ValueError
        For a bad argument, or a model or E-step that returns nonsense.
    """
    if not (isinstance(max_iter, (int, np.integer)) and max_iter >= 0):
        raise ValueError(f"max_iter is {max_iter!r}; it must be an integer ≥ 0")
    if tol is not None and not (np.isfinite(tol) and tol >= 0):
        raise ValueError(f"tol is {tol!r}; it must be a finite number ≥ 0, or None for exactly max_iter iterations")
    if keep not in ("all", "last"):
        raise ValueError(f"keep is {keep!r}; it must be 'all' or 'last'")

    steps, log_liks, before = [], [], -np.inf
    stop, message = "max_iter", f"not converged after max_iter = {max_iter} iterations; raise max_iter or tol"
    try:
        for step in itertools.islice(em(model, x, e_step, sample_weight), max(2 * max_iter, 1)):
            model = step.model
            if max_iter and keep == "all":
                steps.append(step)
            if step.kind == "M" or not log_liks:
                log_liks.append(step.bound.log_lik)
                # W24 promises ascent of the log-likelihood for the exact E-step only
                now = step.bound.log_lik if e_step is exact else step.bound.elbo
                verdict = _judge(before, now, step, tol, e_step is exact, sample_weight)
                if verdict:
                    stop, message = verdict
                    break
                before = now
    except Collapse as collapse:
        stop, message = "collapsed", str(collapse)
    if stop in ("decreased", "collapsed") or (stop == "max_iter" and tol is not None and max_iter):
        warnings.warn(message, ConvergenceWarning, stacklevel=2)
    return Trace(model, tuple(steps), np.array(log_liks), stop, message)


def _judge(before, now, step, tol, is_exact, sample_weight):
    """("converged" | "decreased", message) after one iteration, or None to go on. The change is signed."""
    if not np.isfinite(before):
        return None
    change, size = now - before, np.abs(step.bound.per_point.log_lik)
    rounding = ROUNDING * max(1.0, float(np.sum(size if sample_weight is None else size * sample_weight)))
    if is_exact and change < -rounding:
        return "decreased", (f"log-likelihood fell by {-change:.3g} in iteration {step.t}; under the exact E-step that "
                             "cannot happen (W24): the model's m_step or log_joint has a bug")
    if tol is not None and (change if is_exact else abs(change)) <= tol * max(1.0, abs(now)):
        return "converged", f"converged after {step.t} iterations: the last one gained {change:.3g} nats"
    return None
