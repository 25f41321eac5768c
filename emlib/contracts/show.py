"""Points, sequences, q and numbers as a reader wants to see them in a counterexample."""

import re
import traceback
from pathlib import Path

import numpy as np

__all__ = ["apart", "calls", "numbers", "points", "where"]

METHOD = re.compile(r"\b(?:model|other|q|p|part|deepcopy\(model\))\.(log_joint|log_liks?|m_step|posterior|elbo|"
                    r"log_prior|expected_log_joint|entropy|kl|near|support)\(")
# emlib, the standard library and what is installed: what lies elsewhere is the model's own code
NOT_THE_MODELS = tuple(str(path) for path in (Path(__file__).parents[1], Path(re.__file__).parents[1],
                                              Path(np.__file__).parents[1]))


def points(trial, rows, q=None):
    """The points (or sequences) of a counterexample, and the q of each where it is a table."""
    pieces = trial.x if isinstance(trial.x, list) else []
    kind = "sequence" if pieces and all(isinstance(piece, np.ndarray) for piece in pieces) else "point"
    if len(rows) == trial.n and trial.n > 6:
        return f"all {trial.n} {kind}s"
    text = f"{len(rows)} {kind}{'s' * (len(rows) > 1)}, x = {numbers(trial.take(rows))}"
    return text if q is None or not trial.labels else f"{text}, q = {numbers(q[rows])}"


def numbers(values, most=6):
    """Numbers for the eye, four digits each, the rest of a long array left out; ragged lists and letters too."""
    if isinstance(values, dict):
        return "{" + ", ".join(f"{key}: {numbers(v, most)}" for key, v in list(values.items())[:most]) + "}"
    if hasattr(values, "iloc"):
        values = [tuple(row) for row in values.to_numpy()] if values.ndim > 1 else list(values)
    if isinstance(values, (list, tuple)):
        shown = [numbers(v, most) for v in values[:most]]
    else:
        values = np.asarray(values)
        if values.ndim == 0:
            return f"{values:.4g}" if values.dtype.kind in "fiu" else str(values)
        shown = [numbers(v, most) for v in values[:most]]
    return "[" + ", ".join(shown) + (f", … {len(values) - most} more" if len(values) > most else "") + "]"


def apart(before, after):
    """Two numbers, with as many digits as it takes to see two digits of their difference."""
    digits = 4
    while digits < 15 and abs(float(f"{after:.{digits}g}") - float(f"{before:.{digits}g}") - (after - before)) > (
            0.05 * abs(after - before)):
        digits += 1
    return f"{before:.{digits}g}", f"{after:.{digits}g}"


def calls(error):
    """The method of the model that was called when an error was raised; empty where it was none."""
    of_emlib = [frame.line for frame in traceback.extract_tb(error.__traceback__)
                if frame.filename.startswith(NOT_THE_MODELS[0])]
    found = [name for line in of_emlib for name in METHOD.findall(line or "")]
    return found[-1] if found else ""


def where(error):
    """The method and line of the model's own code that raised, in a sentence; empty where it cannot be seen."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__)
           if not frame.filename.startswith(NOT_THE_MODELS)]
    return f"It was raised in {own[-1].name}, line {own[-1].lineno}: {own[-1].line}" if own and own[-1].line else ""
