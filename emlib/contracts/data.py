"""Data of any kind: arrays, tables, records, ragged lists, pairs; copied, divided into rows, and compared."""

import copy

import numpy as np

__all__ = ["as_data", "difference", "length", "one", "shape_of", "take"]


def as_data(x, labels):
    """A copy of x: an array of rows, a table, a tuple of arrays side by side, or a list of pieces.

    Raises
    ------
    ValueError
        If x is masked where there are entries under the mask.
    """
    if isinstance(x, np.ma.MaskedArray) or any(isinstance(piece, np.ma.MaskedArray) for piece in _pieces(x)):
        n = sum(int(np.ma.getmaskarray(piece).sum()) for piece in ([x] if hasattr(x, "mask") else _pieces(x))
                if isinstance(piece, np.ma.MaskedArray))
        if n:
            raise ValueError(f"x is a masked array with {n} masked {'entry' if n == 1 else 'entries'}; "
                             "drop those rows or fill them first")
        x = x.data if hasattr(x, "mask") else type(x)(np.ma.getdata(piece) for piece in x)
    if isinstance(x, np.ndarray) and np.iscomplexobj(x):
        raise ValueError("x is complex; give real numbers")
    if hasattr(x, "iloc"):                              # a table: its rows are taken by place
        return x.reset_index(drop=True)
    if _side_by_side(x):
        return tuple(np.array(part) for part in x)
    whole = isinstance(x, (list, tuple)) and len(x) > 0 and all(
        hasattr(piece, "__len__") and not isinstance(piece, (str, bytes)) for piece in x)
    if whole and not (labels and _stackable(x)):
        return [np.array(piece) if isinstance(piece, (list, np.ndarray)) and _regular(piece) else copy.deepcopy(piece)
                for piece in x]
    if isinstance(x, (list, tuple)) and not _regular(x):
        return [copy.deepcopy(piece) for piece in x]
    return np.array(x)


def _pieces(x):
    return x if isinstance(x, (list, tuple)) else ()


def _side_by_side(x):
    """Whether x is a tuple of arrays with a row of each point: (design, y)."""
    return (isinstance(x, tuple) and not hasattr(x, "_fields") and len(x) > 1
            and all(isinstance(part, np.ndarray) and part.ndim for part in x)
            and len({len(part) for part in x}) == 1 and len(x[0]) > len(x))


def _regular(pieces):
    try:
        return np.asarray(pieces).dtype != object
    except ValueError:
        return False


def _stackable(pieces):
    """Whether pieces are rows of one array of numbers; a pair with a letter, or with names for its parts, is none."""
    kinds = {np.asarray(part).dtype.kind for piece in pieces[:20] if isinstance(piece, (list, tuple)) for part in piece}
    return (all(isinstance(piece, (list, tuple, np.ndarray)) and not hasattr(piece, "_fields") for piece in pieces)
            and _regular(pieces)
            and len({np.shape(piece) for piece in pieces}) == 1 and ("U" not in kinds or kinds == {"U"}))


def length(x):
    """How many independent pieces x has."""
    return len(x[0]) if isinstance(x, tuple) else len(x)


def shape_of(x):
    """The shape of x for a reader."""
    if isinstance(x, tuple):
        return tuple(np.shape(part) for part in x)
    return x.shape if hasattr(x, "shape") else (len(x),)


def one(x, n):
    """Piece number n, for a reader."""
    if isinstance(x, tuple):
        return tuple(part[n] for part in x)
    return tuple(x.iloc[n]) if hasattr(x, "iloc") and x.ndim > 1 else x.iloc[n] if hasattr(x, "iloc") else x[n]


def take(x, rows):
    """Some of the pieces: rows of an array or a table, or pieces of a list."""
    if isinstance(x, tuple):
        return tuple(part[rows] for part in x)
    if hasattr(x, "iloc"):
        return x.iloc[rows].reset_index(drop=True)
    return [x[n] for n in np.arange(len(x))[rows]] if isinstance(x, list) else x[rows]


def difference(before, after):
    """The largest change between two things of one make: arrays, lists, dicts or objects, field by field.

    0 where every number is the same, NaN for NaN; infinite where anything but a number changed, or the shape did.
    What `after` has more than `before` (something it remembers) is no change.
    """
    if hasattr(before, "iloc"):
        return 0.0 if before.equals(after) else np.inf
    if isinstance(before, dict):
        return max((difference(v, after[k]) if k in after else np.inf for k, v in before.items()), default=0.0)
    if isinstance(before, (list, tuple)):
        if len(before) != len(after):
            return np.inf
        return max((difference(*pair) for pair in zip(before, after, strict=True)), default=0.0)
    if hasattr(before, "__dict__"):
        return difference(vars(before), vars(after))
    a, b = np.asarray(before), np.asarray(after)
    if a.shape != b.shape:
        return np.inf
    if a.dtype.names:
        return max(difference(a[name], b[name]) for name in a.dtype.names)
    if a.dtype == object and a.ndim:
        return max((difference(*pair) for pair in zip(a.ravel(), b.ravel(), strict=True)), default=0.0)
    if a.dtype.kind not in "fiuc" or b.dtype.kind not in "fiuc":
        gaps = np.isnat(a) & np.isnat(b) if a.dtype.kind in "mM" and b.dtype.kind == a.dtype.kind else False
        return 0.0 if np.all((a == b) | gaps) else np.inf
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    change = np.abs(a - b, out=np.zeros(a.shape), where=~same, dtype=float, casting="unsafe")
    return float(np.max(np.where(np.isnan(change), np.inf, change), initial=0.0))
