"""The record of a fit (`Trace`), and the rule that stops it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Collapse", "ConvergenceWarning", "State", "Trace", "verdict"]

ROUNDING = 1e-12            # relative to the numbers that were summed: less than this is noise, not a decrease


class Collapse(ValueError):
    """The M-step has no maximum: a component is empty, or its variance runs to 0 and the likelihood to infinity."""


class ConvergenceWarning(UserWarning):
    """A fit stopped for another reason than convergence; ``trace.stop`` and ``trace.message`` say which."""


class State(NamedTuple):
    """After t complete iterations: what the decision to stop looks at."""

    t: int
    at: Any                 # has the model as .model, which need not exist before somebody asks for it
    log_lik: float
    objective: float        # log_lik under an exact E-step, the ELBO under any other; with log p(θ) where there is one
    size: float             # Σ_n |log p(x_n|θ)| or a little more: what rounding is relative to


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """The record of a fit.

    Attributes
    ----------
    model : model
        After the last complete iteration; of many runs, the best.
    steps : tuple of Step
        Every half-step; empty with ``keep="last"``.
    log_liks, objectives : arrays (T + 1,)
        At the start and after each of the T iterations, in nats: log p(x|θ), and what the stopping rule watched (under
        an exact E-step the same, under any other the ELBO; with log p(θ) where the model has ``log_prior()``).
    stop, message : str
        "converged", "max_iter", "decreased" (what an exact E-step makes monotone has fallen: a bug in the model),
        "collapsed" (the M-step had no maximum; ``model`` is the last good one) or "interrupted"; and it in a sentence.
    runs : tuple of Trace
        With ``n_starts``: the trace of every run, in order, the best one among them; else empty.
    """

    model: Any
    steps: tuple
    log_liks: np.ndarray
    stop: str
    message: str
    runs: tuple = ()
    objectives: np.ndarray | None = None

    def __repr__(self):
        first, last = self.log_liks[[0, -1]]
        many = f", best of {len(self.runs)} runs" if self.runs else ""
        return (f"Trace({self.stop} after {self.n_iter} iterations{many}: log-lik {first:.6f} → {last:.6f}, "
                f"{len(self.steps)} half-steps kept)")

    @property
    def n_iter(self):
        """Number of complete iterations, T."""
        return len(self.log_liks) - 1


def verdict(before, state, tol, is_exact):
    """("converged" | "decreased", message) after an iteration, or None to go on. The change is signed."""
    change = state.objective - before
    if is_exact and change < -ROUNDING * max(1.0, state.size):
        what = "log p(x|θ) + log p(θ)" if hasattr(state.at.model, "log_prior") else "log-likelihood"
        return "decreased", (f"{what} fell by {-change:.3g} in iteration {state.t}; under the exact E-step that cannot "
                             "happen (W24): the model's m_step or log_joint has a bug (an M-step that uses a prior "
                             "belongs to a model with log_prior())")
    if tol is not None and (change if is_exact else abs(change)) <= tol * max(1.0, abs(state.objective)):
        return "converged", f"converged after {state.t} iterations: the last one gained {change:.3g} nats"
    return None
