"""The parameters of any model: found, read, moved and relabelled, without knowing its class.

A parameter is a number, or an array of numbers, that log p(x, z|θ) depends on: what a model merely remembers is none.
"""

import ast
import dataclasses
import itertools

import numpy as np

from emlib.contracts.rebuild import INFEASIBLE, constructor, get, name_of, numeric_paths, rebuilt
from emlib.contracts.theorem import WrongKind
from emlib.contracts.tolerances import STILL

__all__ = ["Direction", "Parameters"]

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

    Attributes
    ----------
    names : list of str
        ``weights``, ``emissions.probs``, ``params['mu']``.
    still : list of str
        Parameters that those M-steps leave equal: no data and no q move them.
    held : dict of str to bool array
        What the model declares as held, entry by entry.

    Raises
    ------
    WrongKind
        If `held` names what is no parameter.
    """

    def __init__(self, model, others, evaluate):
        self._evaluate, self._construct = evaluate, constructor(model, evaluate)
        models, values = [model, *others], {}
        for path in numeric_paths(model):
            try:
                values[path] = [np.array(get(m, path), dtype=float) for m in models]
            except (AttributeError, LookupError, TypeError, ValueError):    # not in all: no parameter
                continue
        self._paths = {name_of(path): path for path, v in values.items() if len({a.shape for a in v}) == 1}
        values = {name_of(path): v for path, v in values.items()}
        self._simplex = {n for n in self._paths if all(_is_simplex(a) for a in values[n])}
        self._symmetric = {n for n in self._paths if all(_is_symmetric(a) for a in values[n])}
        self.held, self.still = {}, []
        self.names = [n for n in self._paths if self._matters(model, n)]
        self.held = {n: np.zeros(values[n][0].shape, dtype=bool) for n in self.names}
        held = getattr(model, "held", ())
        for name in [held] if isinstance(held, str) else held:
            self.declare(name)
        if others:
            self.still = [n for n in self.names if np.allclose(values[n][1], values[n][2:], rtol=STILL, atol=0)]

    def declare(self, name):
        """Take a parameter, or an entry such as ``means[0]``, as held on purpose."""
        known = [n for n in self.names if name == n or (name.startswith(f"{n}[") and name.endswith("]"))]
        try:
            index = ast.literal_eval(name[len(known[0]):].strip("[]") or "()")
            self.held[known[0]][index] = True
        except (IndexError, SyntaxError, ValueError):
            raise WrongKind(f"held names {name!r}; the parameters found are {', '.join(self.names) or 'none'}, "
                             "and an entry is written means[0]") from None

    def value(self, model, name):
        """One parameter, as a float array."""
        return np.array(get(model, self._paths[name]), dtype=float)

    def replaced(self, model, **values):
        """The model with other values of some parameters; raises what its constructor raises."""
        return rebuilt(model, {self._paths[name]: value for name, value in values.items()}, self._construct)

    def moved(self, model, direction, t):
        """The model a distance t along a direction."""
        return self.replaced(model, **{direction.name: self.value(model, direction.name) + t * direction.delta})

    def weights(self, model, k):
        """Name of the mixing weights: a usual name, else the one array (K,) that stays a distribution; or None."""
        vectors = [n for n in self.names if self.value(model, n).shape == (k,)]
        named = [n for n in vectors if getattr(self._paths[n][-1], "key", self._paths[n][-1]) in WEIGHT_NAMES]
        return next(iter(named or [n for n in vectors if n in self._simplex]), None)

    def directions(self, model, rng):
        """Ways to move what the M-step moves, each keeping rows that sum to 1 and matrices that are symmetric."""
        free = [d for n in self.names if n not in self.still for d in self._directions(model, n)]
        chosen = sorted(rng.choice(len(free), MOST, replace=False)) if len(free) > MOST else range(len(free))
        return [free[i] for i in chosen]

    def at_its_border(self, model, name):
        """Whether the model refuses every move of a parameter to one side, as below a floor; or all of it is held."""
        def refuses(direction, t):
            try:
                return not np.isfinite(self._evaluate(self.moved(model, direction, t))).all()
            except INFEASIBLE:
                return True
        return all(refuses(d, 1e-3 * d.size) or refuses(d, -1e-3 * d.size) for d in self._directions(model, name))

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

    def _directions(self, model, name):
        value = self.value(model, name)
        held = self.held.get(name, np.zeros(value.shape, dtype=bool))
        for index in np.ndindex(value.shape):
            delta, label = np.zeros(value.shape), f"{name}{list(index) if index else ''}"
            if held[index]:
                continue
            if name in self._simplex:
                row = np.where(held[index[:-1]], -np.inf, value[index[:-1]])
                most = (*index[:-1], int(np.argmax(row)))
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
                    if not np.array_equal(self._evaluate(self.moved(model, direction, t)), before, equal_nan=True):
                        return True
                except INFEASIBLE:
                    continue
        return False


def _is_simplex(value):
    return (value.ndim > 0 and value.shape[-1] > 1 and (value >= 0).all()
            and np.allclose(value.sum(-1), 1, rtol=0, atol=1e-9))


def _is_symmetric(value):
    return (value.ndim >= 2 and value.shape[-1] == value.shape[-2] > 1
            and np.allclose(value, np.swapaxes(value, -1, -2), rtol=1e-9, atol=0))
