"""Σ_x p(x|θ) in every way in which its data allow to read it: x a number or two, or what the model says there is.

What x is measured with, nobody says: whole numbers may be counts, or rounded measurements; of two columns, one may be
given. A reading is wrong only if no set of x that holds the data could make the sum 1: there is too much already
between the smallest and the largest x seen, or too little over all x together.
"""

import math
from typing import NamedTuple

import numpy as np

from emlib.contracts.data import as_data
from emlib.contracts.plane import plane, quadrant
from emlib.contracts.quadrature import Density, Refuses, along
from emlib.contracts.theorem import NotApplicable

__all__ = ["HELP", "Reading", "readings", "times_factorial"]

PLACES = (0.0, 1.0, -1.0, math.pi, -math.pi, 2 * math.pi)       # where an x may end of itself: signs, shares, angles
GIVEN = 4                   # rows whose other columns are held while one runs through all its values
MANY = 20                   # values from which a lattice, such as that of even numbers, can be told
LARGEST = 1e15              # whole numbers beyond are no longer told apart


class Reading(NamedTuple):
    """One way to read x, at one θ.

    Attributes
    ----------
    ways : dict
        Ranges of x over which p sums to 1, and how far off 1 it is there; empty if there is none.
    wrong : float or None
        By how much every sum is off 1 at least; None if some range might make it 1.
    said : str
        The sum, in words.
    """

    ways: dict
    wrong: float | None
    said: str
    total: float = math.nan


def readings(trial):
    """[(what x is, function model → Reading, whether it may accuse)]: every way to read these data.

    Raises
    ------
    NotApplicable
        Where p(x|θ) cannot be summed; the message says why, and what would help.
    """
    if callable(getattr(trial.model, "support", None)):
        return [("what support() says", lambda model: _support(trial, model), True)]
    x = trial.x
    if isinstance(x, (list, tuple)) or hasattr(x, "iloc") or x.dtype.kind not in "biuf" or x.ndim > 2:
        raise NotApplicable(f"Σ_x p(x|θ) = 1 is summed where x is a number or two, and here it is {_what(x)}; {HELP}")
    columns = x.reshape(len(x), -1)
    if columns.shape[1] == 1:
        return _of_numbers(trial, columns[:, 0])
    good = columns[np.isfinite(columns.astype(float)).all(axis=1)].astype(float)
    if len(good) < 3:
        raise NotApplicable(f"of Σ_x p(x|θ) too few rows are complete; {HELP}")
    if x.dtype.kind == "b":
        raise NotApplicable(f"rows of truth values cannot be summed; {HELP}")
    found = [(f"{name} column given the {'other' if columns.shape[1] == 2 else 'others'}",
              lambda model, j=j: _given(trial, model, good, j), two_reals(good))
             for name, j in (("the last", -1), ("the first", 0))]
    if columns.shape[1] == 2 and _whole(good) and (good >= 0).all():
        found.insert(0, ("the first count given the sum of both",
                         lambda model: _given_total(trial, model, good), False))
    if columns.shape[1] == 2 and all(len(np.unique(c)) > 8 for c in good.T):
        found.insert(0, ("two real numbers", lambda model: _plane(trial, model, good), True))
    if not two_reals(good):
        found.insert(0, (f"rows of {columns.shape[1]} numbers", lambda model: Reading(
            {}, None, f"rows of {columns.shape[1]} numbers cannot be summed; {HELP}"), True))
    return found


HELP = "give the model support() → every x there is, or (x, weights) whose weighted sum is an integral"


def two_reals(x):
    """Whether rows of data are pairs of real numbers, as far as they tell."""
    return x.shape[1] == 2 and all(not _whole(c) and len(np.unique(c)) > len(c) / 2 for c in x.T)


def _of_numbers(trial, values):
    if values.dtype.kind == "b":
        return [("true or false", lambda model: _pair(trial, model), True)]
    values = values[np.isfinite(values)].astype(float)
    if len(values) < 2 or np.abs(values).max() > LARGEST:
        raise NotApplicable(f"of Σ_x p(x|θ) there are too few numbers, or too large ones; {HELP}")
    real = ("a real number", lambda model: _reals(trial, model, values), True)
    if not _whole(values):
        return [real]
    distinct = np.unique(values)
    if len(distinct) == len(values) > 8 and np.ptp(distinct) == len(values) - 1:
        raise NotApplicable(f"x may count its own rows, so p(x|θ) was not summed over it; {HELP}")
    lattice = np.gcd.reduce(np.diff(distinct).astype(np.int64)) if len(values) >= MANY and len(distinct) > 1 else 1
    step = float(lattice)
    return [("a whole number", lambda model: _counts(trial, model, values, step), True),
            ("heads of so many tosses, each order of them for itself",
             lambda model: _ordered(trial, model, values), True), real]


def _whole(values):
    return bool((values == np.round(values)).all())


def _what(x):
    if isinstance(x, (list, tuple)) or hasattr(x, "iloc"):
        return "a table" if hasattr(x, "iloc") else "a list"
    return {"U": "made of letters", "S": "made of letters", "O": "made of objects", "M": "a date",
            "V": "a record"}.get(x.dtype.kind, f"an array of shape {x.shape[1:]}")


# --- one way to read x each: model → Reading


def _density(trial, model, row_of=None, least=-np.inf):
    """p(x, z|θ) of points (M,), each made a row of the kind that the data have."""
    x, whole = trial.x, trial.x.dtype.kind in "iu"

    def rows(points):
        made = points if row_of is None else row_of(points)
        if whole and _whole(np.asarray(made)):
            made = np.asarray(made).astype(x.dtype)
        return made[:, None] if made.ndim < x.ndim else made
    return Density(lambda points: trial.columns(model, rows(points)), trial.k or 1, least)


def _support(trial, model):
    found = trial.model.support()
    x, weights = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
    p = np.exp(trial.log_liks(model, as_data(x, trial.labels)))
    total = float(np.sum(p) if weights is None else np.sum(np.asarray(weights, dtype=float) * p))
    return _judged({"support": total}, total, total, trial, f"over the {len(p)} x of support() p sums to {total:.6g}")


def _pair(trial, model):
    both = np.array([False, True]).reshape(2, *trial.x.shape[1:])
    total = float(np.exp(trial.log_liks(model, both)).sum())
    return _judged({"both": total}, total, total, trial, f"p(False) + p(True) = {total:.6g}")


def _counts(trial, model, values, step):
    density = _density(trial, model, least=-0.5 * step if values.min() >= 0 else -np.inf)
    axis = along(density, values, [-0.5, *PLACES], step, trial.allowed(1e-7))
    return _axis(trial, axis, values.min() - step / 2, values.max() + step / 2, "whole numbers", steps=64)


def times_factorial(trial):
    """The sum over counts with −log x! put in."""
    inner, values = _density(trial, trial.model), trial.x.reshape(-1).astype(float)
    outer = Density(lambda x: inner(x) - np.array([math.lgamma(v + 1) for v in x])[:, None], inner.k, -0.5)
    return _axis(trial, along(outer, values, [-0.5], 1.0), values.min() - 0.5, values.max() + 0.5, "counts")


def _reals(trial, model, values, row_of=None):
    density = _density(trial, model, row_of)
    try:
        axis = along(density, values, PLACES, tolerance=trial.allowed(1e-7))
    except Refuses:                 # a logarithm of what is below 0, perhaps; or x can only be whole
        if values.min() < 0 and not _whole(values):
            raise
        density.least = 0.0 if values.min() >= 0 else density.least
        try:
            axis = along(density, values, PLACES, tolerance=trial.allowed(1e-7))
        except Refuses:
            if not _whole(values):
                raise
            return Reading({}, np.inf, "the model takes whole numbers only")
    atoms = [] if _whole(values) or row_of is not None else _atoms(density, values)
    return _axis(trial, axis, values.min(), values.max(), "real numbers", sum(atoms))


def _axis(trial, axis, low, high, what, atoms=0.0, steps=0):
    """A line of x: it may end where the data end, or at a place where an x ends of itself."""
    first, last = axis.edges[0], axis.edges[-1]
    starts = {low, -np.inf, *(p for p in axis.edges if p in PLACES or (abs(p - low) <= 1 and p == np.floor(p) + 0.5))}
    stops = {high, np.inf, *(p for p in axis.edges if p in PLACES), *axis.edges[axis.edges >= high][:steps]}
    sums = {(float(a), float(b), mass > 0): axis.between(a, b) + mass
            for a in starts if a <= low for b in stops if b >= high for mass in {0.0, atoms}}
    inside, all_x = axis.between(low, high), np.inf if axis.grows[1] else axis.between(first, last)
    if axis.grows[0]:           # where all data are on one side of 0, what falls off on that side alone ends at 0
        all_x = axis.between(0, last) if low >= 0 and not axis.grows[1] and 0 in axis.edges else np.inf
    open_end = any(axis.refused)
    said = (f"over {what} p sums to {all_x + atoms:.6g}, over those from the smallest to the largest x seen "
            f"to {inside + atoms:.6g}")
    found = _judged(sums, inside, np.inf if open_end else all_x, trial, said, axis.error)
    return found._replace(wrong=None) if atoms else found       # no density alone: what else it is, nobody says


def _judged(sums, inside, all_x, trial, said, error=0.0):
    """A `Reading` from the sums over ranges of x, over the data's own, and over all x."""
    allowed = trial.density_allowed
    ways = {where: abs(total - 1) for where, total in sums.items() if abs(total - 1) <= allowed}
    if error > allowed and not ways:
        return Reading(ways, None, f"the sum did not come to rest: {said}")
    wrong = max(inside - 1, 1 - all_x) - error
    return Reading(ways, float(wrong) if wrong > allowed else None, said, float(all_x))


def _atoms(density, values):
    """What p puts on single numbers, which an integral does not see: values seen twice at which p jumps."""
    seen, times = np.unique(values, return_counts=True)
    ties = seen[times > 1][:20]
    if not len(ties):
        return []
    near = 1e-9 * max(float(values.std()), 1e-300)
    at, left, right = (density.total(ties + d) for d in (0, -near, near))
    return [float(p) for p, a, b in zip(at, left, right, strict=True)
            if max(abs(p - a), abs(p - b)) > 1e-3 * p]


def _ordered(trial, model, values):
    """Heads of n tosses, log p without log C(n, x): each column a straight line in x, and n the same whole number."""
    top = float(max(values.max(), 3.0))
    points = np.array([0.0, 1.0, 2.0, np.floor(top / 2), top])
    table = _density(trial, model)(points)
    intercept, slope = table[0], table[1] - table[0]
    line = intercept + points[:, None] * slope
    straight = np.isfinite(table).all() and np.allclose(table, line, rtol=1e-9, atol=1e-9)
    nothing = Reading({}, np.inf, "log p is no straight line in x")
    if values.min() < 0 or not straight:
        return nothing

    def excess(n):
        return np.logaddexp.reduce(intercept + n * np.logaddexp(0, slope))
    low, high = 0.0, 1e15
    if not excess(low) < 0 < excess(high):
        return nothing
    for _ in range(200):
        low, high = ((low + high) / 2, high) if excess((low + high) / 2) < 0 else (low, (low + high) / 2)
    n = round(high)
    off = abs(float(np.expm1(excess(n))))
    found = n >= values.max() and off <= trial.density_allowed
    return Reading({n: off}, None, f"sequences of {n} tosses") if found else nothing


def _given(trial, model, x, j):
    """One column summed while the others are held as in some rows: a density of y given its design, and the like."""
    rows = x[np.argsort(x[:, -1 - j], kind="stable")][np.unique(np.linspace(0, len(x) - 1, GIVEN).astype(int))]
    found = []
    for row in rows:
        def row_of(points, row=row):
            made = np.repeat(row[None], len(points), axis=0)
            made[:, j] = points
            return made
        if _whole(x[:, j]) and x[:, j].min() >= 0:
            axis = along(_density(trial, model, row_of, -0.5), x[:, j], [-0.5], 1.0)
            found.append(_axis(trial, axis, -0.5, x[:, j].max() + 0.5, "whole numbers", steps=64))
        else:
            found.append(_reals(trial, model, x[:, j], row_of))
        if not found[-1].ways and not two_reals(x):
            break
        if found[-1].wrong == np.inf:           # it does not fall off: no density of this column
            found[-1] = found[-1]._replace(wrong=None)
    if all(reading.ways for reading in found):
        return Reading({j: max(min(reading.ways.values()) for reading in found)}, None, "one column given the others")
    worst = max(found, key=lambda reading: -1 if reading.wrong is None else reading.wrong)
    totals = np.array([reading.total for reading in found])
    same = len(found) > 1 and np.isfinite(totals).all() and np.ptp(totals) <= 1e-4 * totals.max()
    return Reading({}, worst.wrong, f"with the other column held, {worst.said}", float(totals[0]) if same else math.nan)


def _given_total(trial, model, x):
    """Two counts with a fixed sum, as heads and tails are: with log C(n, heads), or each order for itself."""
    ways = {"counts": 0.0, "orders": 0.0}
    for n in np.unique(x.sum(axis=1))[:GIVEN]:
        if n > 2000:
            return Reading({}, None, f"{n:g} tosses are too many to be summed")
        heads = np.arange(n + 1)
        log_p = np.logaddexp.reduce(_density(trial, model, lambda h, n=n: np.column_stack([h, n - h]))(heads), axis=1)
        choose = np.array([math.lgamma(n + 1) - math.lgamma(h + 1) - math.lgamma(n - h + 1) for h in heads])
        sums = {"counts": np.exp(log_p).sum(), "orders": np.exp(log_p + choose).sum()}
        ways = {name: max(off, abs(sums[name] - 1)) for name, off in ways.items()
                if abs(sums[name] - 1) <= trial.density_allowed}
    return Reading(ways, None, f"heads of given tosses sum to {sums['counts']:.6g}; {HELP}")


def _plane(trial, model, x):
    found = plane(_density(trial, model), x, trial.allowed(1e-7))
    if found is None:
        return _quadrant(trial, model, x)
    total, inside, error = found
    said = f"over the plane p sums to {total:.6g}, over the box that holds the data to {inside:.6g}"
    return _judged({"plane": total}, inside, total, trial, said, error)


def _quadrant(trial, model, x):
    found = quadrant(_density(trial, model), x, trial.allowed(1e-7))
    if found is None:
        return Reading({}, None, f"over the plane the sum did not come to rest; {HELP}")
    total, inside, error, ends = found
    said = f"over two positive numbers p sums to {total:.6g}, over the box that holds the data to {inside:.6g}"
    return _judged({"positive": total}, inside, total if ends else np.inf, trial, said, error)
