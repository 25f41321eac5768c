"""Streaming EM: one pass over the data an iteration, block by block; only sufficient statistics are kept.

A mixture of an exponential family has log p(x, z=k|θ) = η_k(θ)·T(x). Then E and M together are

    a = η T(x)      r = exp(a) / Σ_k exp(a)      S = r T(x)ᵀ      θ' = the maximum of E_q[log p] given S

two matrix products around one exp, with components along the first axis so that every sum over points runs
along memory. What is held at any time is one block: its T, its r and the sums. A model joins in with two methods:

``blocks(x, sample_weight)``
    The data as `emlib.streaming.Blocks`, checked.
``first_pass(blocks)``
    The first *streaming step*: an object that evaluates its θ and collects the statistics of the next, with
    ``model``                       this θ as a public model
    ``log_offset``                  upper bound of log p(x, z=k|θ); `log_joint` returns values minus this, so exp cannot
                                    overflow
    ``far``                         whether much of `log_joint` may lie below `UNDERFLOW`, where exp is slow
    ``read(rows)``                  what the step needs to know of a block, components or columns first
    ``log_joint(block, out)``       log p(x_n, z=k|θ) − log_offset into out (K, B)
    ``add(r, block)``               collect the statistics; r (K, B) are responsibilities times sample weights
    ``m_step()``                    the step at the next θ, or None if digits would be lost; raises `Collapse`
    ``retake()``                    after a None: a step at the same θ whose statistics lose fewer digits

Each streaming step sees all the data once.
"""

import itertools

import numpy as np

from emlib import _validate as validate
from emlib.trace import State

__all__ = ["offered_by", "states"]

UNDERFLOW = -700.0          # exp of less is 0 here: NumPy takes ten times as long to find that out
SMALLEST = 1e-280           # of Σ_k exp(a): below, single terms underflow and the block is shifted point by point
DECIDES = ("log_joint", "posterior", "m_step", "statistics", "from_statistics", "log_prior",
           "__new__", "__init__", "__post_init__")      # these may change parameters; streaming makes no model between


def offered_by(model):
    """Whether the model streams, and its class changes none of the methods that the streaming steps stand for."""
    kind = type(model)
    owner = next((c for c in kind.__mro__ if "first_pass" in vars(c)), None)
    return owner is not None and all(getattr(kind, name, None) is getattr(owner, name, None) for name in DECIDES)


def states(model, blocks):
    """Generate the states of EM without end: at the start, after 1 iteration, after 2, …

    Yields
    ------
    State
        Its log-likelihood is that of `em` to rounding; ``at.model`` makes the model on demand.

    Raises
    ------
    Collapse
        From the M-step.
    ValueError
        If a point has probability 0 under the model, or a reader changes between passes.
    """
    now = model.first_pass(blocks)
    run = _Pass(len(model.weights), blocks)
    for t in itertools.count():
        log_lik, size = run(now)
        yield State(t, now, log_lik, log_lik, size)
        while (after := now.m_step()) is None:
            now = now.retake()
            run(now)
        now = after


class _Pass:
    """One pass over all blocks: log-likelihood and statistics, in buffers that are made once."""

    def __init__(self, k, blocks):
        self.blocks = blocks if blocks.n > blocks.widest else list(blocks)
        self.total = blocks.total
        self.ones, self.slack = np.ones(k), 2 * np.log(k)
        self.a, self.s = np.empty((k, blocks.widest)), np.empty((2, blocks.widest))
        self.n, self.buffers = 0, ()

    def __call__(self, now):
        """log p(x|θ) and a bound on Σ_n |log p(x_n|θ)|; the streaming step collects its statistics on the way."""
        relative = 0.0                                              # Σ_n w_n log p(x_n|θ) − log_offset
        for rows, weights in self.blocks:
            if len(rows) != self.n:
                self.n = n = len(rows)
                self.buffers = self.a[:, :n], self.s[0, :n], self.s[1, :n]
            a, s, log_s = self.buffers
            block = now.read(rows)
            now.log_joint(block, a)
            if now.far:
                _exp_or_zero(a)
            else:
                np.exp(a, out=a)                                    # at most 1: the offset is taken off
            np.matmul(self.ones, a, out=s)
            if np.minimum.reduce(s) > SMALLEST:
                np.log(s, out=log_s)
            else:
                self._shifted(now, block, rows, a, s, log_s)
            relative += float(np.add.reduce(log_s) if weights is None else weights @ log_s)
            np.divide(1.0 if weights is None else weights, s, out=s)
            np.multiply(a, s, out=a)                                # responsibilities (W11), as often as they count
            now.add(a, block)
        # log s ≤ log K, so that its absolute values sum to no more than this
        size = abs(relative) + self.total * (abs(now.log_offset) + self.slack)
        return relative + self.total * now.log_offset, size

    def _shifted(self, now, block, rows, a, s, log_s):
        """A block with points so far out that exp underflows: each is shifted by its own largest term."""
        now.log_joint(block, a)
        largest = a.max(axis=0)
        if not np.isfinite(largest).all():
            validate.log_joint(now.model.log_joint(rows))           # says which point is impossible, or which is NaN
        np.subtract(a, largest, out=a)
        _exp_or_zero(a)
        np.matmul(self.ones, a, out=s)
        np.log(s, out=log_s)
        np.add(log_s, largest, out=log_s)


def _exp_or_zero(a):
    """exp of a in place, 0 below `UNDERFLOW`; where less than a quarter is so low, exp finds out faster itself."""
    below = np.less(a, UNDERFLOW)
    if np.count_nonzero(below) < 0.25 * below.size:
        np.exp(a, out=a)
        return
    np.putmask(a, below, 0.0)
    np.exp(a, out=a)
    np.putmask(a, below, 0.0)
