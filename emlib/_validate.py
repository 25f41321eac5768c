"""What goes into the core is checked here: bad input gets a ValueError that says what is wrong and what to do."""

from decimal import Decimal
from numbers import Real

import numpy as np

ROW_SUM_TOLERANCE = 1e-6    # what float32 leaves of "sums to 1"; more than that is a mistake, not rounding


def unmasked(values, name):
    """values as they are, or a ValueError if entries are masked: numpy.asarray would take what lies under the mask."""
    def count(part):
        if isinstance(part, (list, tuple)):
            return sum(count(p) for p in part if isinstance(p, (list, tuple, np.ndarray)))
        return int(np.count_nonzero(getattr(part, "mask", False))) if isinstance(part, np.ndarray) else 0

    if n := count(values):
        raise ValueError(f"{name} is a masked array with {n} masked entries; drop those rows or fill them first")
    return values


def real(values, name):
    """values as a float array, or a ValueError that says why they are no real numbers."""
    unmasked(values, name)
    try:
        array = np.asanyarray(values)
        wrong = "" if array.dtype.kind in "fiub" else _no_numbers(array)
        numbers = None if wrong else np.asarray(array).astype(float, copy=False)
    except Exception as reason:                                 # a tensor that cannot be read raises what it likes
        wrong = reason
    if wrong:
        raise ValueError(f"{name} must be an array of real numbers: {wrong}")
    unmasked(array, name)                                       # what a tensor gave may be masked too
    return numbers


def _no_numbers(array):
    """Why the entries of an array are no real numbers, or "": astype(float) would read text, dates and None."""
    kinds = {"M": "dates", "m": "dates", "U": "text", "S": "text", "T": "text", "V": "records", "c": "complex numbers"}
    for value in array.flat if array.dtype.kind == "O" else ():             # numpy calls timedelta64 an integer
        if isinstance(value, np.timedelta64) or not isinstance(value, (Real, Decimal, np.bool_)):
            return f"{'it is' if array.ndim == 0 else 'one of them is'} of type {type(value).__name__}"
    what, days = kinds.get(array.dtype.kind, ""), ", such as days" * (array.dtype.kind in "mM")
    return what and f"{what} ({array.dtype}); turn them into numbers first{days}"


def log_joint(log_joint):
    """log_joint as a float array (N, K), or a ValueError that says what is wrong with it."""
    log_joint = real(log_joint, "log_joint")
    if log_joint.ndim != 2 or 0 in log_joint.shape:
        raise ValueError(f"log_joint has shape {log_joint.shape}; expected (N, K): one row a point, one column a z")
    if not np.isfinite(log_joint).all():
        largest = log_joint.max(axis=1)                         # NaN where any is
        n = int(np.argmin(np.isfinite(largest)))
        if np.isneginf(largest[n]):
            raise ValueError(f"log_joint is −inf in all of row {n}: the model gives this point probability 0, so it "
                             "has no posterior; check the point, or give the model wider support")
        if not np.isfinite(largest[n]):
            raise ValueError(f"log_joint has NaN or +inf in row {n}; it must be finite, or −inf for the impossible")
    return log_joint


def q(q, shape):
    """q as a float array of the given shape whose rows are distributions, or a ValueError that says which is not."""
    q = real(q, "q")
    if q.shape != shape:
        raise ValueError(f"q has shape {q.shape}; expected (N, K) = {shape}, the shape of log_joint")
    if not (q >= 0).all():
        n = int(np.argmin((q >= 0).all(axis=1)))
        raise ValueError(f"q has a negative or NaN entry in row {n}; a distribution is non-negative")
    total = np.sum(q, axis=1, keepdims=True)
    n = int(np.argmax(np.abs(total - 1)))
    if not abs(total[n, 0] - 1) <= ROW_SUM_TOLERANCE:
        raise ValueError(f"q sums to {total[n, 0]:.6g} in row {n}, not to 1: divide by the sum over k (axis=1)")
    # what sums to 1 up to rounding stays as it is, bit by bit: a second check changes nothing
    return q / np.where(np.abs(total - 1) <= 4 * np.finfo(float).eps, 1, total)


def per_piece(values, name, n=None):
    """values as a float array (N,), one number for each independent piece of x, or a ValueError; n is N, if known."""
    values = real(values, name)
    if values.ndim != 1 or n not in (None, len(values)) or not len(values):
        raise ValueError(f"{name} has shape {values.shape}; expected ({n or 'N'},): one number for each piece of x")
    if np.isnan(values).any():
        raise ValueError(f"{name} is NaN at {int(np.argmax(np.isnan(values)))}")
    return values


def log_prior(model):
    """log p(θ) of a model that has ``log_prior()``, in nats; 0 for one that has none."""
    value = float(model.log_prior()) if hasattr(model, "log_prior") else 0.0
    if not np.isfinite(value):
        raise ValueError(f"log_prior() is {value}; it must be a finite number of nats at every θ that EM visits")
    return value


def sample_weight(sample_weight, n):
    """sample_weight as a float array (n,) of finite non-negative numbers with a positive sum; ones for None."""
    if sample_weight is None:
        return np.ones(n)
    w = real(sample_weight, "sample_weight")
    if w.shape != (n,):
        raise ValueError(f"sample_weight has shape {w.shape}; expected ({n},): one number a point")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
        raise ValueError("sample_weight must be finite and non-negative, with a positive sum")
    return w


def positive_integer(value, name):
    """value as an int ≥ 1, or a ValueError that names it."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} is {value!r}; it must be an integer ≥ 1")
    return int(value)


def rng(rng):
    """A numpy Generator from a Generator or a seed; None is refused, so that every draw can be repeated."""
    if rng is None:
        raise ValueError("rng is None; give a seed or numpy.random.default_rng(seed), so that the draw can be repeated")
    return np.random.default_rng(rng)
