"""Any model taken apart into its numbers, and put together again with some of them changed.

A number, or an array of numbers, is found wherever it is kept: in an attribute, in a dict, in a list or tuple of
arrays, in an object that the model holds (the emissions of a hidden Markov model). Its path says where:
``("emissions", "probs")``, ``("params", Item("mu"))``.

A dataclass is rebuilt by `dataclasses.replace`; another object by its constructor where that can be seen to work,
and otherwise as a copy whose attributes are set.
"""

import copy
import dataclasses
import inspect
import itertools
from typing import Any, NamedTuple

import numpy as np

__all__ = ["INFEASIBLE", "Item", "attributes", "constructor", "get", "name_of", "numeric_paths", "rebuilt"]

# What a model may raise when a parameter leaves its range: then that point is not in the parameter space.
INFEASIBLE = (ValueError, ArithmeticError, np.linalg.LinAlgError, TypeError, LookupError, AssertionError)
DEEPEST = 5
MOST_TRIED = 60         # ways to give attributes to a constructor whose arguments have other names


class Item(NamedTuple):
    """A step of a path through ``[key]``; a plain string is a step through an attribute."""

    key: Any


def numeric_paths(thing, path=()):
    """Paths of all numbers and arrays of numbers, in the order in which the model keeps them."""
    for step, part in _parts(thing):
        if _is_numeric(part):
            yield (*path, step)
        elif len(path) + 1 < DEEPEST:
            yield from numeric_paths(part, (*path, step))


def get(thing, path):
    """What stands at a path.

    Raises
    ------
    AttributeError, LookupError
        If there is nothing.
    """
    for step in path:
        thing = thing[step.key] if isinstance(step, Item) else getattr(thing, step)
    return thing


def name_of(path):
    """A path as it is written in code: ``emissions.probs``, ``params['mu']``."""
    return "".join(f"[{step.key!r}]" if isinstance(step, Item) else f".{step}" for step in path).lstrip(".")


def rebuilt(thing, changes, construct=None):
    """A thing like this one with other values at some paths, {path: value}; what it is made of stays untouched.

    `construct`, if given, makes the outermost object: a function (thing, {attribute: value}).
    """
    if () in changes:
        return _as_kind_of(thing, changes[()])
    inner = {}
    for (step, *rest), value in changes.items():
        inner.setdefault(step, {})[tuple(rest)] = value
    new = {step: rebuilt(get(thing, (step,)), part) for step, part in inner.items()}
    if isinstance(thing, tuple):
        return (thing._replace(**new) if hasattr(thing, "_replace") else
                type(thing)([new.get(Item(i), item) for i, item in enumerate(thing)]))
    if construct is not None:
        return construct(thing, new)
    if dataclasses.is_dataclass(thing):
        return dataclasses.replace(thing, **new)
    other = copy.copy(thing)
    for step, value in new.items():
        if isinstance(step, Item):
            other[step.key] = value
        else:
            setattr(other, step, value)
    return other


def constructor(model, evaluate):
    """How to make such a model anew by its constructor, a function (model, {attribute: value}); None where it has none.

    Its arguments are looked for among the attributes, by name, then by order. `evaluate` (model → array) tells whether
    what comes out is the same model.
    """
    if dataclasses.is_dataclass(model) or hasattr(model, "_replace"):
        return None
    arguments = [p for p in inspect.signature(type(model)).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    by_name = {p.name: p.name for p in arguments if hasattr(model, p.name)}
    by_order = dict(zip((p.name for p in arguments), attributes(model), strict=False))
    rest, kept = [p.name for p in arguments if p.name not in by_name], [a for a in attributes(model)
                                                                          if a not in by_name.values()]
    by_trial = ({**by_name, **dict(zip(rest, some, strict=True))} for some in
                itertools.islice(itertools.permutations(kept, len(rest)), MOST_TRIED * (len(kept) <= 8)))
    for names in (by_name, by_order, *by_trial):
        if names and len(names) == len(arguments):
            def construct(model, values, names=names):
                return type(model)(**{a: values.get(n, getattr(model, n)) for a, n in names.items()})
            try:
                if np.array_equal(evaluate(construct(model, {})), evaluate(model), equal_nan=True):
                    return construct
            except Exception:       # the constructor wants something else: it is no way to make one
                continue
    return None


def _parts(thing):
    """What a thing is made of: [(step, part)]."""
    if isinstance(thing, dict):
        return [(Item(key), part) for key, part in thing.items()]
    if hasattr(thing, "_fields") and isinstance(thing, tuple):
        return list(zip(thing._fields, thing, strict=True))
    if isinstance(thing, (list, tuple)):
        return [(Item(i), part) for i, part in enumerate(thing)]
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return [(f.name, getattr(thing, f.name)) for f in dataclasses.fields(thing) if f.init]
    if callable(thing) or inspect.ismodule(thing) or isinstance(thing, np.ndarray):
        return []
    return [(name, getattr(thing, name)) for name in attributes(thing)]


def attributes(thing):
    """Names of what an object keeps, in ``__slots__`` and in ``__dict__``."""
    slots = [name for kind in reversed(type(thing).__mro__) for name in
             ([kind.__dict__["__slots__"]] if isinstance(kind.__dict__.get("__slots__"), str)
              else kind.__dict__.get("__slots__", ()))]
    return [name for name in slots if name[:2] != "__" and hasattr(thing, name)] + list(getattr(thing, "__dict__", {}))


def _is_numeric(value):
    """Whether a value may be a parameter: a number, or an array or list of numbers; not a flag or a name."""
    if isinstance(value, (str, dict)) or (value is None):
        return False
    try:
        array = np.asarray(value)
    except ValueError:                      # a ragged list
        return False
    return array.dtype.kind in "fiu" and 0 < array.size and np.isfinite(array).all()


def _as_kind_of(old, new):
    """`new` as the kind of thing that `old` is: an array, a list, a list of arrays, or a plain number."""
    if isinstance(old, np.ndarray):
        return new
    if isinstance(old, (list, tuple)):
        return type(old)(new if any(isinstance(part, np.ndarray) for part in old) else np.asarray(new).tolist())
    return np.asarray(new).tolist()
