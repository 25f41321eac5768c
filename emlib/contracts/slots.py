"""Where a parameter is kept: at one place, or in pieces at several, which are put side by side.

The means of a list of components, ``components[0].mu`` and ``components[1].mu``, are one parameter with an entry a
component; so are ``mu1`` and ``mu2``; and so are numbers that always sum to 1, whatever they are called.
"""

import itertools
import re
from typing import NamedTuple

import numpy as np

from emlib.contracts.rebuild import Item, get, name_of, numeric_paths

__all__ = ["Slot", "slots"]

ONE = 1e-9              # of 1: numbers that sum to 1 in every model are shares
MOST_SHARES = 8         # single numbers among which shares are looked for


class Slot(NamedTuple):
    """One parameter: its name, its paths, and what each path is called where there are several (else nothing)."""

    name: str
    paths: tuple
    members: tuple = ()

    def value(self, model):
        """As a float array."""
        parts = [np.array(get(model, path), dtype=float) for path in self.paths]
        return np.array(parts) if self.members else parts[0]

    def changes(self, value):
        """{path: value}, to be put into a model."""
        return dict(zip(self.paths, value if self.members else [value], strict=True))

    def label(self, index):
        """One entry, as it is written in code."""
        name, index = (self.members[index[0]], index[1:]) if self.members else (self.name, index)
        return f"{name}{list(map(int, index)) if index else ''}"


def slots(models):
    """{name: Slot} of all numbers that models of one kind have in common, in the order of the first model."""
    first, shapes = models[0], {}
    for path in numeric_paths(first):
        try:
            found = {np.array(get(m, path), dtype=float).shape for m in models}
        except (AttributeError, LookupError, TypeError, ValueError):    # not in all: no parameter
            continue
        if len(found) == 1:
            shapes[path] = found.pop()
    groups = {}
    for path in list(shapes):
        if _differ(path, models):
            parts = shapes.pop(path)
            shapes |= {(*path, Item(i)): parts[1:] for i in range(parts[0])}
    for path, shape in shapes.items():
        groups.setdefault((*_family(path), shape), []).append(path)
    found = []
    for (name, _, _), paths in groups.items():
        members = tuple(map(name_of, paths))
        if len(paths) == 1:
            found.append(Slot(members[0], tuple(paths)))
        else:
            found.append(Slot(name if "[·]" in name else ", ".join(members), tuple(paths), members))
    return {slot.name: slot for slot in _shares(found, models)}


def _differ(path, models):
    """Whether a list or tuple holds arrays of unlike kinds, of which some are shares: (weights, means, variances)."""
    if not isinstance(get(models[0], path), (list, tuple)) or np.ndim(get(models[0], path)) < 2:
        return False
    parts = [np.array([np.asarray(get(m, path)[i], dtype=float) for m in models])
             for i in range(len(get(models[0], path)))]
    sums = [bool((part >= 0).all() and np.allclose(part.sum(axis=-1), 1, rtol=0, atol=ONE)) for part in parts]
    return any(sums) and not all(sums)


def _family(path):
    """(name, kind) that pieces of one parameter share: a number of the component is left out of them."""
    for i, step in enumerate(path[:-1]):
        if isinstance(step, Item) and isinstance(step.key, int):
            return name_of(path[:i]) + "[·]" + "".join(
                f"[{s.key!r}]" if isinstance(s, Item) else f".{s}" for s in path[i + 1:]), "listed"
    last = path[-1].key if isinstance(path[-1], Item) else path[-1]
    stem = re.sub(r"_?\d+$", "", last) if isinstance(last, str) else last
    return (name_of((*path[:-1], stem)), "numbered") if stem != last and stem else (name_of(path), "alone")


def _shares(found, models):
    """The same slots, numbers that sum to 1 in all models put together."""
    single = [slot for slot in found if len(slot.paths) == 1 and slot.value(models[0]).ndim == 0][:MOST_SHARES]
    if len(models) < 3:
        return found
    values = {slot.name: np.array([float(slot.value(m)) for m in models]) for slot in single}
    for size in range(2, min(len(single), 4) + 1):
        for some in itertools.combinations(single, size):
            parts = np.array([values[slot.name] for slot in some])
            if (parts >= 0).all() and np.allclose(parts.sum(axis=0), 1, rtol=0, atol=ONE) and np.ptp(parts) > 0:
                names = tuple(slot.name for slot in some)
                joint = Slot(", ".join(names), tuple(slot.paths[0] for slot in some), names)
                return [joint if slot is some[0] else slot for slot in found if slot not in some[1:]]
    return found
