"""Whether Σ_x p(x|θ) = 1, from every reading of the data at every θ that is tried.

It holds if it does in one reading, at every θ; it is broken if every reading is wrong somewhere. Anything else is not
tested: a right density may be one that is not understood here.
"""

import math
from typing import NamedTuple

import numpy as np

from emlib.contracts import show
from emlib.contracts.density import HELP, readings, times_factorial
from emlib.contracts.quadrature import Refuses
from emlib.contracts.theorem import NotApplicable
from emlib.contracts.tolerances import DENSITY

__all__ = ["Weighed", "weigh"]


class Weighed(NamedTuple):
    """What was found over all θ tried: `holds` (None where it could not be told), `said` in words, `off` by how much.

    Attributes
    ----------
    after : bool
        Whether it is broken after an M-step only.
    factorial : bool
        Whether it would hold with −log x!.
    total : float
        The sum at the model itself, where it was found; else NaN.
    """

    holds: bool | None
    said: str
    off: float = 0.0
    after: bool = False
    factorial: bool = False
    total: float = math.nan


def weigh(trial, models=None):
    """Every reading of the data at every θ (those of the trial, if no others), put together: a `Weighed`."""
    models = _valid(trial) if models is None else models
    try:
        ways = readings(trial)
    except NotApplicable as reason:
        return Weighed(None, str(reason))
    broken, openings = [], []
    for what, read, accuses in ways:
        try:
            found = [read(model) for model in models]
        except Exception as error:          # a model may raise anything at an x that nobody has seen
            if not isinstance(error, Refuses) and not show.where(error):
                raise                       # no line of the model's own: the mistake is here, and must be seen
            openings.append(f"as {what}, the sum ended in {type(error).__name__}: {error}")
            continue
        common = set.intersection(*(set(reading.ways) for reading in found))
        if common:
            way = min(common, key=lambda way: max(reading.ways[way] for reading in found))
            atoms = ", some of which have a probability of their own" if isinstance(way, tuple) and way[-1] else ""
            return Weighed(True, what + atoms, max(reading.ways[way] for reading in found))
        wrong = [(i, reading) for i, reading in enumerate(found) if reading.wrong is not None and not reading.ways]
        if accuses and wrong:
            broken.append((*wrong[0], found))
        else:
            openings.append(next((r.said for r in found if not r.ways), found[0].said))
    if openings and len(broken) == 2 and _is_conditional(trial, broken):
        openings = []
    if openings or not broken:
        return Weighed(None, openings[0] if HELP in openings[0] else f"{openings[0]}; {HELP}")
    i, reading, _ = broken[0]
    where = "at the model itself" if i == 0 else f"after {i} M-step{'s' * (i > 1)}"
    factorial = ways[0][0] == "a whole number" and bool(times_factorial(trial).ways)
    return Weighed(False, f"{where}, {reading.said}", reading.wrong, i > 0, factorial, reading.total)


def _is_conditional(trial, broken):
    """Whether p is c times a density of one column given the other: then no joint one, if c moves with θ or is large.

    As a joint density it would have the other column uniform over a range of length 1/c, which no θ can change, and
    which holds the data.
    """
    for (_, _, found), other in zip(broken, (0, -1), strict=True):
        totals = np.array([reading.total for reading in found])
        if np.isfinite(totals).all() and (np.ptp(totals) > 1e-3 * totals.max()
                                          or totals.max() * np.ptp(trial.x[:, other]) > 1 + 1e-3):
            return True
    return False


def _valid(trial):
    """θ to try: the model's own, and M-steps from random q; weights that do not sum to 1 have a check of their own."""
    k = trial.k or 0
    name = trial.parameters_or_none and k > 1 and trial.parameters.weights(trial.model, k)
    found = [m for m in trial.unlike[:2] if np.isfinite(trial.log_liks(m)).all()]
    return [trial.model, *(m for m in found if not name or abs(trial.parameters.value(m, name).sum() - 1) < DENSITY)]
