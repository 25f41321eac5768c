"""How far a log-likelihood can be trusted: measured on the model at hand, whose own terms may cancel unseen."""

import dataclasses

import numpy as np

from emlib import _validate as validate
from emlib.bound import evaluate

__all__ = ["noise", "shaken"]

TRIES = 6
SHAKE = 1e-7            # of q: enough to round θ otherwise, even where all x are near 10⁹ and differ by a few spreads


def noise(model, x, q, sample_weight=None):
    """How much of log p(x|θ) + log p(θ) after an M-step from q is rounding: float, in nats.

    Log-factorials of counts near 10⁹ cancel to the few nats of log p(x|θ), and leave an error of 10⁻⁵ in them; a model
    that computes in float32 leaves more. It shows when q is shaken a little, one way and the other: what is smooth
    cancels in f(q + δ) + f(q − δ) − 2 f(q), to δ² ≈ 10⁻¹⁴, and what remains is rounding.

    Parameters
    ----------
    model, x, sample_weight
        As for `emlib.em`.
    q : array (N, K) or posterior object

    Returns
    -------
    float
        The largest of several; 0 where the same q gives another number the second time: what is random is no rounding.
    """
    weighted = {} if sample_weight is None else {"sample_weight": validate.real(sample_weight, "sample_weight")}

    def at(q):
        after = model.m_step(x, q, **weighted)
        log_liks = evaluate(after, x).log_liks
        return float(np.sum(weighted.get("sample_weight", 1) * log_liks)) + validate.log_prior(after)

    if at(q) != (middle := at(q)):
        return 0.0
    return max(abs(at(shaken(q, SHAKE, seed)) + at(shaken(q, -SHAKE, seed)) - 2 * middle) for seed in range(TRIES))


def shaken(q, size, seed):
    """q with every number moved by about a relative `size`: an array, or a dataclass of arrays and lists of arrays."""
    rng = np.random.default_rng(seed)

    def moved(part):
        if isinstance(part, list):
            return [moved(p) for p in part]
        if not (isinstance(part, np.ndarray) and part.dtype.kind == "f"):
            return part
        by = rng.standard_normal(part.shape)
        if part.ndim > 1 and part.shape[-1] == part.shape[-2] and np.array_equal(part, np.swapaxes(part, -1, -2)):
            by = by + np.swapaxes(by, -1, -2)               # covariances stay symmetric
        return part * (1 + size * by)

    if not dataclasses.is_dataclass(q):
        return moved(q)
    return dataclasses.replace(q, **{f.name: moved(getattr(q, f.name)) for f in dataclasses.fields(q)})
