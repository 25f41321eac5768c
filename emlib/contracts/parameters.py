"""The parameters of any model: found, read, moved and relabelled, without knowing its class.

A dataclass is rebuilt by `dataclasses.replace`; another object by its constructor where that can be seen to work,
and otherwise as a copy whose attributes are set. A parameter is a number, or an array of numbers, that `log_joint`
depends on: what a model merely remembers is none.
"""

import copy
import dataclasses
import inspect
import itertools

import numpy as np

__all__ = ["INFEASIBLE", "Direction", "Parameters"]

# What a model may raise when a parameter leaves its range: then that point is not in the parameter space.
INFEASIBLE = (ValueError, ArithmeticError, np.linalg.LinAlgError)
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
    models : sequence of models, all of one class
        At least one. What is the same in all of them by structure (rows that sum to 1, symmetric matrices) is kept
        when parameters are moved; what has the same value in all is `held`.
    x : array
        Data, to see what `log_joint` depends on.
    """

    def __init__(self, models, x):
        self._x = x
        self._road, names = _road(models, x)
        values = {name: [np.array(getattr(m, name), dtype=float) for m in models] for name in names}
        values = {name: v for name, v in values.items() if len({a.shape for a in v}) == 1}
        self._simplex = {n for n, v in values.items() if all(_is_simplex(a) for a in v)}
        self._symmetric = {n for n, v in values.items() if all(_is_symmetric(a) for a in v)}
        self.names = [n for n in values if self._matters(models[0], n)]
        self.held = [n for n in self.names if len(models) > 1 and _is_held(values[n])]

    def value(self, model, name):
        """One parameter, as a float array."""
        return np.array(getattr(model, name), dtype=float)

    def replaced(self, model, **values):
        """The model with other values of some parameters; raises what its constructor raises."""
        values = {n: type_like(getattr(model, n), v) for n, v in values.items()}
        return self._road(model, values)

    def moved(self, model, direction, t):
        """The model a distance t along a direction."""
        return self.replaced(model, **{direction.name: self.value(model, direction.name) + t * direction.delta})

    def weights(self, model, k):
        """Name of the mixing weights: a usual name, else the one array (K,) that stays a distribution; or None."""
        vectors = [n for n in self.names if self.value(model, n).shape == (k,)]
        named = [n for n in vectors if n in WEIGHT_NAMES]
        return next(iter(named or [n for n in vectors if n in self._simplex]), None)

    def directions(self, model, rng):
        """Ways to move what is not held, each keeping rows that sum to 1 and matrices that are symmetric."""
        free = [d for n in self.names if n not in self.held for d in self._directions(model, n)]
        chosen = sorted(rng.choice(len(free), MOST, replace=False)) if len(free) > MOST else range(len(free))
        return [free[i] for i in chosen]

    def relabelled(self, model, order):
        """The model with its labels in another order, found by trying: log_joint must follow. None if there is none."""
        target = np.asarray(model.log_joint(self._x))[:, order]
        able = [n for n in self.names if (v := self.value(model, n)).ndim and len(v) == len(order)]
        for n in range(len(able), 0, -1):
            for names in itertools.combinations(able, n):
                try:
                    other = self.replaced(model, **{name: self.value(model, name)[order] for name in names})
                    same = np.allclose(other.log_joint(self._x), target, rtol=1e-9, atol=1e-9)
                except INFEASIBLE:
                    continue
                if same:
                    return other
        return None

    def _directions(self, model, name):
        value = self.value(model, name)
        for index in np.ndindex(value.shape):
            delta, label = np.zeros(value.shape), f"{name}{list(index) if index else ''}"
            if name in self._simplex:
                most = (*index[:-1], int(np.argmax(value[index[:-1]])))
                if index == most or value[index] <= 0:
                    continue
                delta[index], delta[most] = 1, -1
                size = min(value[index], value[most]) / 2
            elif name in self._symmetric:
                *batch, i, j = index
                if j < i:
                    continue
                delta[(*batch, i, j)] = delta[(*batch, j, i)] = 1
                size = np.sqrt(abs(value[(*batch, i, i)] * value[(*batch, j, j)])) / 2
            else:
                delta[index], size = 1, max(abs(value[index]), 1e-3)
            yield Direction(name, delta, label, float(size))

    def _matters(self, model, name):
        """Whether log_joint depends on a parameter (on its first few entries, for a long one)."""
        before = np.asarray(model.log_joint(self._x))
        for direction in itertools.islice(self._directions(model, name), 6):
            for t in (1e-3 * direction.size, -1e-3 * direction.size):
                try:
                    if not np.array_equal(self.moved(model, direction, t).log_joint(self._x), before):
                        return True
                except INFEASIBLE:
                    continue
        return False


def type_like(old, new):
    """`new` as the kind of thing that `old` is: an array, a list, or a plain number."""
    if isinstance(old, np.ndarray):
        return new
    return new.tolist() if isinstance(old, (list, tuple)) or np.ndim(old) == 0 else new


def _road(models, x):
    """How to rebuild a model with some values changed, and the names of its numeric attributes."""
    model = models[0]
    if dataclasses.is_dataclass(model):
        fields = [f.name for f in dataclasses.fields(model) if f.init]
        return _replace, [n for n in fields if _numeric(getattr(model, n))]
    attributes = [n for n in getattr(model, "__dict__", {}) if _numeric(getattr(model, n))]
    arguments = [p for p in inspect.signature(type(model)).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    by_name = {p.name: p.name for p in arguments if hasattr(model, p.name)}
    by_order = dict(zip((p.name for p in arguments), getattr(model, "__dict__", {}), strict=False))
    for names in (by_name, by_order):
        if names and len(names) == len(arguments):
            def construct(model, values, names=names):
                return type(model)(**{a: values.get(n, getattr(model, n)) for a, n in names.items()})
            if all(_same(construct, m, x) for m in models):
                return construct, [n for n in names.values() if n in attributes]
    return _copied, attributes


def _replace(model, values):
    return dataclasses.replace(model, **values)


def _copied(model, values):
    other = copy.copy(model)
    for name, value in values.items():
        setattr(other, name, value)
    return other


def _same(construct, model, x):
    try:
        return np.array_equal(construct(model, {}).log_joint(x), model.log_joint(x))
    except (TypeError, *INFEASIBLE):
        return False


def _numeric(value):
    """Whether a value may be a parameter: a float, or an array or list of numbers; not one count, a flag or a name."""
    try:
        array = np.asarray(value)
    except ValueError:                      # a ragged list
        return False
    return array.dtype.kind in ("f" if array.ndim == 0 else "fiu") and 0 < array.size and np.isfinite(array).all()


def _is_held(values):
    """Whether a parameter is the same everywhere, but for rounding (as when weights are divided by their sum)."""
    return all(np.allclose(value, values[0], rtol=1e-12, atol=0) for value in values)


def _is_simplex(value):
    return (value.ndim > 0 and value.shape[-1] > 1 and (value >= 0).all()
            and np.allclose(value.sum(-1), 1, rtol=0, atol=1e-9))


def _is_symmetric(value):
    return (value.ndim >= 2 and value.shape[-1] == value.shape[-2] > 1
            and np.allclose(value, np.swapaxes(value, -1, -2), rtol=1e-9, atol=0))
