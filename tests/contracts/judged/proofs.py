"""What shows that a specimen is what it is said to be, computed here from its two methods, without `check_em`.

A right model: log p(x|θ) never falls along its EM by more than rounding, no neighbour of the M-step's θ has a larger
E_q[log p(x, z|θ)] (+ log p(θ)), and p(x|θ) adds up to 1 over the x that are given.
"""

import copy
import inspect
import pickle
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
    """What the constructor takes; the number of labels is no parameter."""
    return [name for name in inspect.signature(type(thing)).parameters if name != "K"]


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
    given = {name: getattr(thing, name) for name in inspect.signature(type(thing)).parameters}
    return type(thing)(**{**given, step: put(given[step], rest, value)})


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
        if name in held or (len(shares) > 1 and path[-1] == "share"):
            continue                                        # shares of several objects: moved together, below
        scale = np.abs(a).max() or 1.0
        for i in np.ndindex(a.shape):
            border = a[i] == 0 and (a >= 0).all()              # a probability of 0 goes nowhere below
            if f"{name}[{','.join(map(str, i))}]" in held or border:
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
                ahead, behind = (_expected(move, e, x, q) - here for e in (eps, -eps))
                if max(ahead, behind) > 50 * noise:
                    return f"{name}: {max(ahead, behind):.3g} nats at ±{eps:.1e}"
                if min(ahead, behind) < -50 * noise and max(ahead, behind) < -10 * noise:
                    break
    return None


def _expected(move, eps, x, q):
    try:
        return expected(move(eps), x, q)
    except ValueError:              # beyond the limits that the constructor sets
        return -np.inf


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


def totals(specimen, model, data):
    """Σ p(x|θ) over the values that are given, at θ and after an M-step (a variance of 1 hides a forgotten one)."""
    x, widths = specimen.mass(model)
    with np.errstate(all="ignore"):
        both = model, model.m_step(data, posterior(model, data))
        return np.array([np.sum(widths * np.exp(log_liks(m, x))) for m in both])


# What a model must keep to, whatever its formulas -------------------------------------------------------------------


def broken_rule(model, x):
    """The first rule that the model breaks, in words; '' where it keeps them all."""
    return _of_log_joint(model, x) or _of_the_m_step(model, x) or _of_its_own(model, x)


def _of_log_joint(model, x):
    if hasattr(model, "log_liks"):
        return ""
    joint = np.asarray(model.log_joint(x))
    if joint.ndim != 2 or len(joint) != len(x):
        return f"log_joint has the shape {joint.shape}"
    if np.isnan(joint).any():
        return "log_joint has NaN"
    return "" if np.allclose(model.log_joint(x[:1]), joint[:1], rtol=1e-5) else "log_joint of a point needs the others"


def _of_the_m_step(model, x):
    q = posterior(model, x)
    before = {name: _print(thing) for name, thing in (("the model", model), ("x", x), ("q", q))}
    try:
        new = model.m_step(x, q)
    except NameError as error:
        return f"m_step raises: {error}"
    for name, thing in (("the model", model), ("x", x), ("q", q)):
        if _print(thing) != before[name]:
            return f"m_step changes {name}"
    if type(new) is not type(model):
        return f"m_step returns {new}"
    for path, a in leaves(new):
        if np.isnan(a).any():
            return f"{path} is NaN"
        if path[-1] in ("weights", "transitions") and not axes_of_one(a):
            return f"{path} does not sum to 1"
    return _of_weights(model, x, q, new)


def _of_weights(model, x, q, new):
    if "sample_weight" not in inspect.signature(model.m_step).parameters or hasattr(model, "log_liks"):
        return ""
    twice = model.m_step(x, q, sample_weight=np.arange(len(x)) % 3)
    same = all(np.array_equal(a, b) for (_, a), (_, b) in zip(leaves(new), leaves(twice), strict=True))
    return "sample_weight changes nothing" if same else ""


def _of_its_own(model, x):
    if hasattr(model, "log_liks"):
        return ""
    p, log_p = posterior(model, x), log_liks(model, x).sum()
    if hasattr(model, "posterior") and not np.allclose(model.posterior(x), p, atol=1e-9):
        return "posterior is not Bayes' rule"
    if hasattr(model, "log_lik") and not np.isclose(model.log_lik(x), log_p, rtol=1e-9):
        return "log_lik is another number"
    if hasattr(model, "elbo") and not np.isclose(model.elbo(x, p), log_p, rtol=1e-9):
        return "elbo is not log p at the posterior"
    return ""


def _print(thing):
    return pickle.dumps(copy.deepcopy(thing))


# Parameters that nothing depends on ----------------------------------------------------------------------------------


def unused(model, x):
    """A parameter that the M-step moves and on which log_joint does not depend, or ''."""
    new = model.m_step(x, posterior(model, x))
    for (path, old), (_, a) in zip(leaves(model), leaves(new), strict=True):
        if not np.array_equal(old, a) and np.array_equal(model.log_joint(x), put(model, path, a).log_joint(x)):
            return str(path)
    return ""
