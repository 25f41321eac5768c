"""Points, sequences, q and numbers as a reader wants to see them in a counterexample."""

import numpy as np

__all__ = ["numbers", "points"]


def points(trial, rows, q=None):
    """The points (or sequences) of a counterexample, and the q of each where it is a table."""
    kind = "sequence" if isinstance(trial.x, list) else "point"
    if len(rows) == trial.n and trial.n > 6:
        return f"all {trial.n} {kind}s"
    text = f"{len(rows)} {kind}{'s' * (len(rows) > 1)}, x = {numbers(trial.take(rows))}"
    return text if q is None or not trial.labels else f"{text}, q = {numbers(q[rows])}"


def numbers(values, most=6):
    """Numbers for the eye, four digits each, the rest of a long array left out; ragged lists and letters too."""
    if isinstance(values, (list, tuple)):
        shown = [numbers(v, most) for v in values[:most]]
    else:
        values = np.asarray(values)
        if values.ndim == 0:
            return f"{values:.4g}" if values.dtype.kind in "fiu" else str(values)
        shown = [numbers(v, most) for v in values[:most]]
    return "[" + ", ".join(shown) + (f", … {len(values) - most} more" if len(values) > most else "") + "]"
