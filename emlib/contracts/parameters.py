"""The parameters of any model: found, read, moved and relabelled, without knowing its class.

A parameter is a number, or an array of numbers, that log p(x, z|θ) depends on: what a model merely remembers is none.
"""

import ast
import dataclasses
import inspect
import itertools

import numpy as np

from emlib.contracts.rebuild import INFEASIBLE, Item, constructor, get, rebuilt
from emlib.contracts.slots import slots
from emlib.contracts.theorem import WrongKind
from emlib.contracts.tolerances import ROW_SUM, STILL

__all__ = ["Direction", "Parameters", "nearly_equal"]

MOST = 24                   # directions tried; a random choice among more
WEIGHT_NAMES = ("weights", "pi", "pis", "π", "mixing", "mixing_weights", "proportions")


@dataclasses.dataclass(frozen=True, eq=False)
class Direction:
    """One way to move θ: parameter `name` plus t · `delta`; `label` for the reader; t between ±`size` is plenty."""

    name: str
    delta: np.ndarray
    label: str
    size: float


class Parameters:
    """How to read and move the parameters of one kind of model.

    Parameters
    ----------
    model : object
        Where it says ``held = ("variances", "means[0]")``, these parameters, or entries of them, are left alone.
    others : sequence of models of the same class
        After M-steps from q and data that have nothing to do with each other, or none. What is the same in all
        models by structure (rows that sum to 1, symmetric matrices) is kept when parameters are moved.
    evaluate : callable
        Model → array: all that is asked of p(x, z|θ), to see what it depends on.
    again : callable, optional
        Model → the model after an M-step, to see what that leaves alone.

    Attributes
    ----------
    names : list of str
        ``weights``, ``emissions.probs``, ``params['mu']``, ``components[·].mu``, ``mu1, mu2``.
    left : dict of str to bool array
        Entries that the M-step leaves alone, from wherever it starts.
    held : dict of str to bool array
        What the model declares as held, entry by entry.
    ignored : list of str
        What M-steps move though p(x, z|θ) does not depend on it.

    Raises
    ------
    WrongKind
        If `held` names what is no parameter.
    """

    def __init__(self, model, others, evaluate, again=None, rounding=STILL):
        self._evaluate, self._construct = evaluate, constructor(model, evaluate)
        models = [model, *others]
        self._slots = slots(models)
        values = {n: [self.value(m, n) for m in models] for n in self._slots}
        self._shares = {n: groups for n in self._slots if (groups := shares(values[n])) is not None}
        self._symmetric = {n for n in self._slots if all(_is_symmetric(a) for a in values[n])}
        self.held, self.left = {}, {}
        self.names = [n for n in self._slots if self._matters(model, n)]
        self.held = {n: np.zeros(values[n][0].shape, dtype=bool) for n in self.names}
        held = getattr(model, "held", ())
        for name in [held] if isinstance(held, str) or not hasattr(held, "__iter__") else held:
            self.declare(name)
        self.left = {n: self._left(model, n, values[n], again, rounding) for n in self.names}
        self.ignored = [n for n in self._slots if n not in self.names and len(others) > 1 and
                        not np.allclose(values[n][0], values[n][1:], rtol=1e-6, atol=0)]

    @property
    def still(self):
        """Parameters that M-steps leave alone as a whole."""
        return [n for n in self.names if self.left[n].all()]

    @property
    def frozen(self):
        """What is held or left alone, so that it was not moved: parameters, or single entries of them."""
        kept = {n: self.left[n] | self.held[n] for n in self.names}
        return [label for n in self.names for label in (
            [n] if kept[n].all() else [self.label(n, index) for index in np.argwhere(kept[n])])]

    def declare(self, name):
        """Take a parameter, or an entry such as ``means[0]``, as held on purpose."""
        if not isinstance(name, str):
            raise WrongKind(f"held holds {name!r}; write names, held = (\"means\", \"weights[0]\")")
        for n in self.names:
            if name in self._slots[n].members:
                self.held[n][self._slots[n].members.index(name)] = True
                return
        known = [n for n in self.names if name == n or (name.startswith(f"{n}[") and name.endswith("]"))]
        try:
            index = ast.literal_eval(name[len(known[0]):].strip("[]") or "()")
            self.held[known[0]][index] = True
        except (IndexError, SyntaxError, ValueError):
            raise WrongKind(f"held names {name!r}; the parameters found are {', '.join(self.names) or 'none'}, "
                             "and an entry is written means[0]") from None

    def value(self, model, name):
        """One parameter, as a float array."""
        return self._slots[name].value(model)

    def is_count(self, model, name):
        """Whether a parameter is kept as one whole number, which may be a constant of the model."""
        return isinstance(get(model, self._slots[name].paths[0]), (int, np.integer)) and not self._slots[name].members

    def last_steps(self, name):
        """What its places are called: the last step of each path."""
        return [getattr(path[-1], "key", path[-1]) for path in self._slots[name].paths]

    def is_argument(self, model, name):
        """Whether it is given to the constructor, or kept in a dict: θ itself, not what is remembered or derived."""
        path = self._slots[name].paths[0]
        names = ([f.name for f in dataclasses.fields(model) if f.init] if dataclasses.is_dataclass(model) else
                 model._fields if hasattr(model, "_fields") else
                 inspect.signature(type(model)).parameters if self._construct else ())
        return path[0] in names or (self._construct is None and isinstance(path[-1], Item))

    def replaced(self, model, **values):
        """The model with other values of some parameters; raises what its constructor raises."""
        changes = {}
        for name, value in values.items():
            changes |= self._slots[name].changes(value)
        return rebuilt(model, changes, self._construct)

    def label(self, name, index):
        """An entry as it is written in code."""
        return self._slots[name].label(tuple(index))

    def moved(self, model, direction, t):
        """The model a distance t along a direction."""
        return self.replaced(model, **{direction.name: self.value(model, direction.name) + t * direction.delta})

    def weights(self, model, k):
        """Name of the mixing weights: a usual name, else the one array (K,) that stays a distribution; or None."""
        vectors = [n for n in self.names if self.value(model, n).shape == (k,)]
        named = [n for n in vectors if self.is_called_weights(n)]
        return next(iter(named or [n for n in vectors if n in self._shares]), None)

    def is_called_weights(self, name):
        """Whether a parameter has a name that mixing weights usually have."""
        return all(str(step).rstrip("_0123456789") in WEIGHT_NAMES for step in self.last_steps(name))

    def directions(self, model, rng):
        """Ways to move what the M-step moves, each keeping rows that sum to 1 and matrices that are symmetric."""
        free = self.all_directions(model)
        chosen = sorted(rng.choice(len(free), MOST, replace=False)) if len(free) > MOST else range(len(free))
        return [free[i] for i in chosen]

    def all_directions(self, model):
        """Every way to move what the M-step moves."""
        return [d for n in self.names for d in self._directions(model, n)]

    def _left(self, model, name, values, again, rounding):
        """Entries that are equal after every M-step, and stay where they are put if they are put elsewhere.

        An entry that the model lets move to one side only, as a parameter at its floor, is not left alone.
        """
        shape = values[0].shape
        left = np.zeros(shape, dtype=bool)
        if len(values) < 3 or again is None:
            return left
        still = np.isclose(values[1:], values[0], rtol=rounding, atol=0).all(axis=0)
        stays, tried = None, 0
        for direction in self._directions(model, name, np.zeros(shape, dtype=bool)):
            index = tuple(np.argwhere(direction.delta)[0])
            index = index if direction.delta[index] > 0 else tuple(np.argwhere(direction.delta > 0)[0])
            if not still[index] or tried == 12:
                continue
            tried += 1
            stays = self._stays(model, direction, index, again, rounding)
            if stays:
                left |= (direction.delta != 0) & still
        return still if tried == 12 and stays else left

    def _stays(self, model, direction, index, again, rounding):
        before = np.isfinite(self._evaluate(model))
        for t in (1e-3 * direction.size, -1e-3 * direction.size):
            try:
                moved = self.moved(model, direction, t)
                if (before & ~np.isfinite(self._evaluate(moved))).any():
                    return False
                put, after = (self.value(m, direction.name)[index] for m in (moved, again(moved)))
            except Exception:       # no model there: the parameter is at its border
                return False
            if not np.isclose(put, after, rtol=rounding, atol=0):
                return False
        return True

    def relabelled(self, model, order):
        """The model with its labels in another order, found by trying: log_joint must follow. None if there is none."""
        target = self._evaluate(model)[:, order]
        able = [n for n in self.names if (v := self.value(model, n)).ndim and len(v) == len(order)]
        for n in range(len(able), 0, -1):
            for names in itertools.combinations(able, n):
                try:
                    other = self.replaced(model, **{name: self.value(model, name)[order] for name in names})
                    same = np.allclose(self._evaluate(other), target, rtol=1e-9, atol=1e-9)
                except INFEASIBLE:
                    continue
                if same:
                    return other
        return None

    def _directions(self, model, name, held=None):
        value = self.value(model, name)
        if held is None:
            held = np.zeros(value.shape, dtype=bool) | self.held.get(name, False) | self.left.get(name, False)
        for index in np.ndindex(value.shape):
            delta, label = np.zeros(value.shape), self.label(name, index)
            if held[index]:
                continue
            if name in self._shares:
                groups = self._shares[name]
                free = np.where(held | (groups != groups[index]), -np.inf, value)
                most = tuple(int(i) for i in np.unravel_index(np.argmax(free), value.shape))
                if index == most or value[index] <= 0:
                    continue
                delta[index], delta[most] = 1, -1
                size = min(value[index], value[most]) / 2
            elif name in self._symmetric:
                *batch, i, j = index
                if j < i or held[(*batch, j, i)]:
                    continue
                delta[(*batch, i, j)] = delta[(*batch, j, i)] = 1
                size = np.sqrt(abs(value[(*batch, i, i)] * value[(*batch, j, j)])) / 2
            else:
                delta[index], size = 1, max(abs(value[index]), 1e-3)
            yield Direction(name, delta, label, float(size))

    def _matters(self, model, name):
        """Whether p(x, z|θ) depends on a parameter (on its first few entries, for a long one)."""
        before = self._evaluate(model)
        for direction in itertools.islice(self._directions(model, name), 6):
            for t in (1e-3 * direction.size, -1e-3 * direction.size):
                try:
                    after = self._evaluate(self.moved(model, direction, t))
                    if after.shape == before.shape and not nearly_equal(after, before):
                        return True
                except INFEASIBLE:
                    continue
        return False


def nearly_equal(a, b):
    """Whether two tables differ by rounding alone: what is added and taken away again leaves that much."""
    return np.allclose(a, b, rtol=STILL, atol=STILL, equal_nan=True)


def shares(values):
    """What sums to 1 in all models, as group numbers of the entries: rows, columns, matrices, all; None if nothing."""
    shape = values[0].shape
    n = len(shape)
    for axes in dict.fromkeys([(n - 1,), (0,), (n - 2, n - 1), tuple(range(n))]) if n else ():
        if min(axes) >= 0 and all((v >= 0).all() and np.allclose(v.sum(axes), 1, rtol=0, atol=ROW_SUM) for v in values):
            kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
            return np.broadcast_to(np.arange(np.prod(kept)).reshape(kept), shape)
    return None


def _is_symmetric(value):
    return (value.ndim >= 2 and value.shape[-1] == value.shape[-2] > 1
            and np.allclose(value, np.swapaxes(value, -1, -2), rtol=1e-9, atol=0))
