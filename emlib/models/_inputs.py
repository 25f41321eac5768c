"""What a model is given is checked here: data and parameters, as arrays, or a ValueError that says what to do."""

import numpy as np

from emlib import _validate as validate
from emlib._validate import ROW_SUM_TOLERANCE

LARGEST = 1e145             # squares of x, summed over many points, stay below the largest double
SMALLEST = 1e-130           # and of spreads that are all but rounding of x, above the smallest


def enough(n, k):
    """Raise a ValueError where n points are too few for k components."""
    if n < k or n < 2:
        raise ValueError(f"x has N = {n} points for K = {k} components; fitting needs N ≥ K and N ≥ 2")


def counted(x, sample_weight):
    """The rows of x that count, and how often each does; None for once each."""
    if sample_weight is None:
        return x, None
    with np.errstate(over="ignore"):
        w = validate.sample_weight(sample_weight, len(x))
        total = w.sum()
    if not np.isfinite(total):
        raise ValueError("sample_weight is so large that its sums overflow; rescale sample_weight")
    return x[w > 0], w[w > 0]


def not_too_small(magnitude):
    """Raise a ValueError where a column, of this largest absolute value (D,), is so small that squares underflow."""
    if magnitude.min() < SMALLEST and (small := (magnitude > 0) & (magnitude < SMALLEST)).any():
        j = int(np.argmax(small))
        raise ValueError(f"x holds no more than {magnitude[j]:.3g} in column {j}, so small that squares of its spreads "
                         "underflow; rescale x, or give a floor=")


def real(value, name):
    """value as a finite float64 array, or a ValueError that names it."""
    if hasattr(value, "toarray"):
        raise ValueError(f"{name} is a sparse matrix; give {name}.toarray()")
    array = validate.real(value, name)
    if not np.isfinite(array).all():
        what = "NaN" if np.isnan(array).any() else "infinity"
        raise ValueError(f"{name} contains {what}; remove or fill such entries first")
    return array


def parameter(value, name):
    """`real` for a parameter, which the model keeps: an array of its own that nobody changes."""
    array = np.array(real(value, name))
    if np.asarray(value).dtype.kind == "b":
        raise ValueError(f"{name} holds True and False; it must be an array of real numbers")
    return array


def number(value, name):
    """value as a float, from a number or an array () of one, or a ValueError that names it."""
    array = validate.real(value, name)
    if array.ndim or np.asarray(value).dtype.kind == "b":
        raise ValueError(f"{name} is {value!r}; it must be one number")
    return float(array)


def flag(value, name):
    """value as True or False, or a ValueError that names it: a text such as "no" would count as true."""
    if np.shape(value) or np.asarray(value).dtype.kind != "b":
        raise ValueError(f"{name} is {value!r}; it must be True or False")
    return bool(value)


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


def statistics(S, kind, **shapes):
    """Raise a ValueError unless S are statistics of this kind, with arrays of these shapes."""
    if not isinstance(S, kind):
        raise ValueError(f"S is a {type(S).__name__}; expected {kind.__name__}, as statistics(x, q) of a model returns")
    for name, shape in shapes.items():
        if np.shape(getattr(S, name)) != shape:
            raise ValueError(f"S has {name} of shape {np.shape(getattr(S, name))}, and this model {shape}; take "
                             "statistics from a model of the same K, D and covariance type")


def weights(weights):
    """weights as a float array (K,) that sums to 1 to rounding, or a ValueError."""
    weights = parameter(weights, "weights")
    if weights.ndim != 1 or not weights.size:
        raise ValueError(f"weights has shape {weights.shape}; expected (K,) with K ≥ 1")
    if (weights < 0).any() or abs(weights.sum() - 1) > ROW_SUM_TOLERANCE:
        raise ValueError(f"weights must be non-negative and sum to 1; they are {weights}, sum {weights.sum():.6g}")
    # what sums to 1 up to rounding stays as it is, bit by bit: a model made from another's parameters is that model
    return weights if abs(weights.sum() - 1) <= 4 * np.finfo(float).eps else weights / weights.sum()
