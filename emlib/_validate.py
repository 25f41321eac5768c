"""What goes into the core is checked here: bad input gets a ValueError that says what is wrong and what to do."""

import numpy as np

LARGEST = 1e145             # squares of x, summed over many points, stay below the largest double
ROW_SUM_TOLERANCE = 1e-6    # what float32 leaves of "sums to 1"; more than that is a mistake, not rounding


def log_joint(log_joint):
    """log_joint as a float array (N, K), or a ValueError that says what is wrong with it."""
    log_joint = np.asarray(log_joint, dtype=float)
    if log_joint.ndim != 2 or 0 in log_joint.shape:
        raise ValueError(f"log_joint has shape {log_joint.shape}; expected (N, K): one row a point, one column a z")
    if np.isnan(log_joint).any() or (log_joint == np.inf).any():
        n = int(np.argmax((np.isnan(log_joint) | (log_joint == np.inf)).any(axis=1)))
        raise ValueError(f"log_joint has NaN or +inf in row {n}; it must be log p(x, z|θ): "
                         "finite, or −inf for the impossible")
    impossible = np.isneginf(log_joint).all(axis=1)
    if impossible.any():
        raise ValueError(f"log_joint is −inf in all of row {int(np.argmax(impossible))}: the model gives this point "
                         "probability 0, so it has no posterior; check the point, or give the model wider support")
    return log_joint


def q(q, shape):
    """q as a float array of the given shape whose rows are distributions, or a ValueError that says which is not."""
    q = np.asarray(q, dtype=float)
    if q.shape != shape:
        raise ValueError(f"q has shape {q.shape}; expected (N, K) = {shape}, the shape of log_joint")
    if not (q >= 0).all():
        n = int(np.argmin((q >= 0).all(axis=1)))
        raise ValueError(f"q has a negative or NaN entry in row {n}; a distribution is non-negative")
    total = np.sum(q, axis=1, keepdims=True)
    n = int(np.argmax(np.abs(total - 1)))
    if not abs(total[n, 0] - 1) <= ROW_SUM_TOLERANCE:
        raise ValueError(f"q sums to {total[n, 0]:.6g} in row {n}; a distribution sums to 1: "
                         "divide by the sum over k (axis=1)")
    # what sums to 1 up to rounding stays as it is, bit by bit: a q that was checked once is not changed by a second check
    return q / np.where(np.abs(total - 1) <= 4 * np.finfo(float).eps, 1, total)


def per_piece(values, name, n=None):
    """values as a float array (N,), one number for each independent piece of x, or a ValueError; n, if it is known."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or n not in (None, len(values)) or not len(values):
        raise ValueError(f"{name} has shape {values.shape}; expected ({'N' if n is None else n},): one number for each "
                         "independent piece of x")
    if np.isnan(values).any():
        raise ValueError(f"{name} is NaN at {int(np.argmax(np.isnan(values)))}")
    return values


def posterior(q, name, n):
    """q if it can serve as a distribution over z for n pieces of x, or a ValueError that says what it lacks."""
    lacks = [need for need in ("entropy", "kl", "near", "__getitem__", "__len__") if not hasattr(q, need)]
    if lacks:
        raise ValueError(f"{name} is a {type(q).__name__}, which has no {', no '.join(lacks)}; where z is no label a "
                         "distribution over it is an object such as emlib.posteriors.Gaussians")
    if len(q) != n:
        raise ValueError(f"{name} has {len(q)} distributions; x has {n} independent pieces")
    return q


def log_prior(model):
    """log p(θ) of a model that has ``log_prior()``, in nats; 0 for one that has none."""
    value = float(model.log_prior()) if hasattr(model, "log_prior") else 0.0
    if not np.isfinite(value):
        raise ValueError(f"log_prior() is {value}; it must be a finite number of nats: take a prior under which every "
                         "θ that EM visits is possible")
    return value


def sample_weight(sample_weight, n):
    """sample_weight as a float array (n,) of finite non-negative numbers with a positive sum; ones for None."""
    if sample_weight is None:
        return np.ones(n)
    w = np.asarray(sample_weight, dtype=float)
    if w.shape != (n,):
        raise ValueError(f"sample_weight has shape {w.shape}; expected ({n},): one number a point")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
        raise ValueError("sample_weight must be finite and non-negative, with a positive sum")
    return w


def enough(n, k):
    if n < k or n < 2:
        raise ValueError(f"x has N = {n} points for K = {k} components; fitting needs N ≥ K and N ≥ 2")


def real(value, name):
    """value as a finite float64 array, or a ValueError that names it."""
    if hasattr(value, "toarray"):
        raise ValueError(f"{name} is a sparse matrix; give {name}.toarray()")
    try:
        array = np.asarray(value)
        if np.iscomplexobj(array):
            raise ValueError("complex numbers")
        array = array.astype(float, copy=False)
    except (TypeError, ValueError) as reason:
        raise ValueError(f"{name} must be an array of real numbers: {reason}") from None
    if not np.isfinite(array).all():
        what = "NaN" if np.isnan(array).any() else "infinity"
        raise ValueError(f"{name} contains {what}; remove or fill such entries first")
    return array


def x(x, d=None):
    """x as a finite float64 array (N, D), or a ValueError that says what is wrong with it."""
    x = real(x, "x")
    if x.ndim != 2:
        hint = "; for one column give x[:, None]" if x.ndim == 1 else ""
        raise ValueError(f"x has shape {x.shape}; expected 2-D (N, D): one row a point{hint}")
    if 0 in x.shape:
        raise ValueError(f"x has shape {x.shape}: no {'columns' if len(x) else 'points'}; expected N ≥ 1 and D ≥ 1")
    if np.abs(x).max() > LARGEST:
        raise ValueError(f"x holds {np.abs(x).max():.3g}, so large that its square overflows; rescale x")
    if d is not None and x.shape[1] != d:
        raise ValueError(f"x has D = {x.shape[1]} columns; this model has D = {d}")
    return x


def weights(weights):
    """weights as a float array (K,) that sums to 1 to rounding, or a ValueError."""
    weights = real(weights, "weights")
    if weights.ndim != 1 or not weights.size:
        raise ValueError(f"weights has shape {weights.shape}; expected (K,) with K ≥ 1")
    if (weights < 0).any() or abs(weights.sum() - 1) > ROW_SUM_TOLERANCE:
        raise ValueError(f"weights must be non-negative and sum to 1; they are {weights}, sum {weights.sum():.6g}")
    # what sums to 1 up to rounding stays as it is, bit by bit: a model made from another's parameters is that model
    return weights.copy() if abs(weights.sum() - 1) <= 4 * np.finfo(float).eps else weights / weights.sum()


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
