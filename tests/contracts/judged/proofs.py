"""What shows that a specimen is what it is said to be, computed here from its two methods, without `check_em`.

A right model: log p(x|θ) never falls along its EM by more than rounding, no neighbour of the M-step's θ has a larger
E_q[log p(x, z|θ)] (+ log p(θ)), and p(x|θ) adds up to 1 over the x that are given.
"""

import copy
from collections.abc import Mapping

import numpy as np


def log_liks(model, x):
    """log p(x_n|θ), array (N,)."""
    if hasattr(model, "log_liks"):
        return np.asarray(model.log_liks(x))
    return np.logaddexp.reduce(np.asarray(model.log_joint(x), dtype=float), axis=1)


def prior(model):
    return model.log_prior() if hasattr(model, "log_prior") else 0.0


def posterior(model, x):
    if hasattr(model, "log_liks"):
        return model.posterior(x)
    return np.exp(np.asarray(model.log_joint(x), dtype=float) - log_liks(model, x)[:, None])


def expected(model, x, q):
    """What the M-step maximises, with 0 · (−∞) = 0."""
    if hasattr(model, "log_liks"):
        return model.expected_log_joint(x, q).sum() + prior(model)
    return np.where(q > 0, q * np.where(q > 0, model.log_joint(x), 0), 0).sum() + prior(model)


def some_q(model, x, rng):
    """The posterior, and that of a neighbour: q at random, which respects what is impossible."""
    q = posterior(model, x)
    if hasattr(model, "log_liks"):
        return [q, q.near(rng)]
    other = q * rng.uniform(0.2, 1, size=q.shape) + 0.05 * (q > 0)
    return [q, other / other.sum(axis=1, keepdims=True)]


def rounding(specimen, x):
    """How far off a sum over the points may be: each entry by some units in the last place of its terms."""
    return 8 * len(x) * specimen.terms * specimen.eps


# Neighbours of a model: one number of it moved, sums to 1 kept, symmetry kept ---------------------------------------


def leaves(thing, path=()):
    """(path, array of floats) of every parameter, wherever it lives; class attributes are none."""
    if isinstance(thing, (bool, str, bytes)) or thing is None:
        return
    if isinstance(thing, (int, float, np.number, np.ndarray)) or (isinstance(thing, list) and np.ndim(thing) and
                                                                  np.asarray(thing).dtype.kind in "if"):
        yield path, np.asarray(thing, dtype=float)
    elif isinstance(thing, Mapping):
        for key, part in thing.items():
            yield from leaves(part, (*path, key))
    elif isinstance(thing, (list, tuple)):
        for i, part in enumerate(thing):
            yield from leaves(part, (*path, i))
    else:
        for name in attributes(thing):
            yield from leaves(getattr(thing, name), (*path, name))


def attributes(thing):
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*slots, *getattr(thing, "__dict__", ())]


def put(thing, path, value):
    """A copy with another value at the end of the path."""
    if not path:
        return value if isinstance(thing, np.ndarray) else value.tolist()
    step, *rest = path
    if isinstance(thing, Mapping):
        return {**thing, step: put(thing[step], rest, value)}
    if isinstance(thing, (list, tuple)):
        parts = [put(part, rest, value) if i == step else part for i, part in enumerate(thing)]
        return type(thing)(*parts) if hasattr(thing, "_fields") else type(thing)(parts)
    new = copy.copy(thing)
    object.__setattr__(new, step, put(getattr(thing, step), rest, value))
    return new


def axes_of_one(a):
    """The axes, from the last, over which the array sums to 1; () where it does not."""
    for n in range(1, a.ndim + 1):
        axes = tuple(range(-n, 0))
        if (a >= 0).all() and np.allclose(a.sum(axis=axes), 1, atol=1e-6):
            return axes
    return ()


def directions(model):
    """Functions ε → a neighbour at the relative distance ε, one for each number that may move; with their names."""
    held = {name.replace(" ", "") for name in getattr(model, "held", ())}
    held |= set() if getattr(model, "learn_weights", True) else {"weights"}
    shares = [(path, a) for path, a in leaves(model) if path[-1] == "share"]
    for path, a in leaves(model):
        name, axes = str(path[0]), axes_of_one(a)
        if name in held or len(shares) > 1 and path[-1] == "share":
            continue                                        # shares of several objects: moved together, below
        scale = np.abs(a).max() or 1.0
        for i in np.ndindex(a.shape):
            if f"{name}[{','.join(map(str, i))}]" in held or (axes and a[i] == 0):
                continue
            yield f"{path} {i}", _move(model, path, a, i, axes, scale)
    if len(shares) > 1:
        def move(eps):
            new = np.array([a for _, a in shares]) * (1 + eps * (np.arange(len(shares)) == 0))
            moved = model
            for (path, _), share in zip(shares, new / new.sum(), strict=True):
                moved = put(moved, path, np.asarray(share))
            return moved
        yield "shares", move


def _move(model, path, a, i, axes, scale):
    mirror = a.ndim >= 2 and a.shape[-1] == a.shape[-2] and np.allclose(a, np.swapaxes(a, -1, -2), atol=1e-12 * scale)

    def move(eps):
        new = a.copy()
        new[i] = a[i] * (1 + eps) if axes else a[i] + eps * scale
        if axes:
            new = new / new.sum(axis=axes, keepdims=True)
        elif mirror and "cov" in str(path[-1]):
            new[(*i[:-2], i[-1], i[-2])] = new[i]
        return put(model, path, new)
    return move


def better_neighbour(model, x, q, noise):
    """The name of a direction in which `expected` rises, or None: each is followed until its change is seen."""
    with np.errstate(all="ignore"):
        here = expected(model, x, q)
        for name, move in directions(model):
            for eps in 4.0 ** np.arange(-20, 0):
                ahead, behind = (expected(move(e), x, q) - here for e in (eps, -eps))
                if max(ahead, behind) > 50 * noise:
                    return f"{name}: {max(ahead, behind):.3g} nats at ±{eps:.1e}"
                if min(ahead, behind) < -50 * noise and max(ahead, behind) < -10 * noise:
                    break
    return None


# The three proofs --------------------------------------------------------------------------------------------------


def climb(specimen, model, x, steps=12):
    """The largest fall of log p(x|θ) + log p(θ) along EM, in units of rounding; ≤ 1 is none."""
    heights = []
    for _ in range(steps):
        heights.append(log_liks(model, x).sum() + prior(model))
        model = model.m_step(x, posterior(model, x))
    return -np.diff(heights).min() / rounding(specimen, x)


def maximum(specimen, model, x, rng):
    """Where the M-step is not a maximum, in words; '' where it is."""
    for q in some_q(model, x, rng):
        found = better_neighbour(model.m_step(x, q), x, q, rounding(specimen, x))
        if found:
            return found
    return ""


def total(specimen, model):
    """Σ p(x|θ) over the values that are given."""
    x, widths = specimen.mass(model)
    with np.errstate(all="ignore"):
        return float(np.sum(widths * np.exp(log_liks(model, x))))
