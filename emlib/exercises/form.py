"""The form of an answer: is it an array of numbers, of the right shape, finite, in the right order?"""

import itertools

import numpy as np

__all__ = ["PRECISION", "as_numbers", "in_another_order", "shape_words", "show", "why_not_finite"]

PRECISION = dict(rtol=1e-6, atol=1e-9)


def show(value, most=4):
    """Numbers in short: four digits, the first entries of a long array."""
    value = np.asarray(value)
    if value.ndim == 0:
        return f"{value:.4g}"
    shown = [show(v, most) for v in value[:most]]
    return "[" + ", ".join(shown) + (f", … {len(value) - most} more" if len(value) > most else "") + "]"


def as_numbers(name, value, exercise):
    """(array, None), or (None, what is wrong with the type of an answer)."""
    if callable(value):
        return None, (f"{name} is a function or a class, which is no array of numbers. Is a pair of parentheses "
                      f"missing? Expected: {exercise.returns}.")
    try:
        raw = np.asarray(value)
        if raw.dtype.kind not in "biufO":       # "0.5" would become a number, and 1 + 2j lose its second part
            raise TypeError(f"{raw.dtype} is no kind of real numbers")
        return np.array(raw, dtype=float), None
    except Exception:                           # numpy may raise anything here
        if isinstance(value, (list, tuple)):
            what = f"{name} is a {type(value).__name__} that holds things of different kinds or lengths"
        else:
            what = f"{name} is of type {type(value).__name__}"
        return None, f"{what}, which is no array of numbers; expected: {exercise.returns}."


def in_another_order(values, rights):
    """Whether the right arrays came in another order than asked."""
    def same(value, right):
        return np.shape(value) == np.shape(right) and np.allclose(value, right, **PRECISION)

    try:
        asked, *others = itertools.permutations(values)
        return (not all(map(same, asked, rights))
                and any(all(map(same, other, rights)) for other in others))
    except Exception:                           # no arrays of numbers: something else will be said about them
        return False


def why_not_finite(exercise, given):
    """Where a NaN or an infinity comes from, as far as the arguments tell."""
    named = dict(zip(exercise.arguments, given, strict=True))
    log_joint, q = named.get("log_joint", np.zeros(1)), named.get("q", np.ones(1))
    if log_joint.min() < -700:
        return ("Here the numbers in log_joint are so low that exp gives 0: then log 0 = −∞ and 0/0 = NaN. Subtract "
                "the largest entry of each row before exp, and account for it after (log-sum-exp).")
    if log_joint.max() > 700:
        return ("Here the numbers in log_joint are so high that exp overflows. Subtract the largest entry of each row "
                "before exp, and account for it after (log-sum-exp).")
    if (q == 0).any():
        return ("Here an entry of q is 0: 0 · log 0 counts as 0, yet a computer makes it NaN. Leave out, or replace, "
                "the entries where q = 0 before taking the logarithm.")
    return "Look for a division by 0, or the logarithm of a number that is not positive."


def shape_words(name, value, right, given, exercise):
    """What is wrong with the shape of an answer."""
    n = next((len(a) for a in given if isinstance(a, np.ndarray) and a.ndim), 0)
    wanted = f"{right.shape}, {exercise.returns}" if right.ndim else exercise.returns
    text = f"{name} has shape {value.shape}; expected {wanted}."
    if value.ndim == right.ndim == 2 and value.T.shape == right.shape:
        return text + " It is transposed: rows and columns have changed places."
    if value.size == 0:
        return text + " It is empty."
    if right.ndim == 0 and value.size == 1 and value.shape != (n,):
        return text + " It is one number in brackets: take it out, with value[0] or value.sum()."
    if value.ndim == right.ndim and value.size == right.size:
        return text
    if right.ndim == 0 and value.shape == (n,):
        return f"{text} {exercise.per_entry}"
    if right.ndim == 0 and value.ndim == 2:
        return text + " That is one number for each point and each z: sum over both."
    if right.ndim == 2 and value.shape == right.shape[:1]:
        return text + " The sum over z (axis=1) has taken the columns away, or labels are given for rows of q."
    if right.ndim == 1 and value.shape == (n,):
        return text + " That is one number for each point; sum over the points: axis=0."
    return text
