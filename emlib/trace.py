"""The record of a fit (`Trace`), and the rule that stops it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Collapse", "ConvergenceWarning", "State", "Trace", "verdict"]

ROUNDING = 1e-12            # relative to the numbers that were summed: less than this is noise, not a decrease
LAST_DIGITS = 4 * np.finfo(float).eps       # relative to the same: a gain that is no gain
STEADY = 1.5                # the rate of one iteration to the next, where it is said to be steady
FAR = 16                    # times the rounding seen in a few tries: it differs from θ to θ by as much as ten


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
    noise: Callable = float     # () → nats of rounding that `size` does not see; asked where the objective has fallen


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
        At the start and after each of the T iterations, in nats: log p(x|θ), and the objective that `fit` watched.
    stop, message : str
        "converged" (the gains were small and had `settled`), "max_iter" (or before that no room for more half-steps),
        "decreased" (what an exact E-step makes monotone has fallen: a bug in the model), "collapsed" (the M-step had
        no maximum; ``model`` is the last good one) or "interrupted"; and it in a sentence.
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
    """("converged" | "decreased", message) after an iteration, or None to go on; `before` are the objectives before it.

    Changes of the objective are signed; if `is_exact`, it may not fall (W24). A small gain alone is no convergence:
    where EM leaves a saddle or a plateau the gains are small, and grow. They must also have `settled`.
    """
    changes = np.diff([*before[-3:], state.objective])
    change, size = changes[-1], max(1.0, state.size)
    if is_exact and change < -ROUNDING * size and change < -FAR * state.noise():
        what = "log p(x|θ) + log p(θ)" if hasattr(state.at.model, "log_prior") else "log-likelihood"
        return "decreased", (f"{what} fell by {-change:.3g} in iteration {state.t}; under the exact E-step that cannot "
                             "happen (W24): the model's m_step or log_joint has a bug (an M-step that uses a prior "
                             "belongs to a model with log_prior())")
    gains = changes if is_exact else np.abs(changes)
    if tol is None or gains[-1] > tol * max(1.0, abs(state.objective)):
        return None
    if gains[-1] <= LAST_DIGITS * size:
        left = "nothing but rounding is left"
    elif settled(gains):
        left = f"at this rate {gains[-1] * gains[-1] / (gains[-2] - gains[-1]):.1g} more would follow"
    else:
        return None
    return "converged", (f"converged after {state.t} iterations: the last one gained {change:.3g} nats, {left}; "
                         "whether this is a maximum or a saddle, nudge(trace, x, rng) tries")


def settled(gains):
    """Whether the last three gains shrink at a steady rate, or ever faster: then they sum to little (Aitken).

    At a plateau the quick part of the gains dies out, their ratio rises to 1 and beyond. Böhning et al. (1994).
    """
    if len(gains) < 3 or not (gains > 0).all():
        return False
    rate, before = gains[2] / gains[1], gains[1] / gains[0]
    return rate < 1 and rate <= STEADY * before and rate * rate < before
