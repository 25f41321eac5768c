"""What depends on the kind of z: one of K labels, where q is a table (N, K), or anything else, where q is an object.

`Labels` and `AnyLatent` answer the same questions, so that a theorem is written once. N counts the independent pieces
of x: rows, pairs or sequences.
"""

import numpy as np

from emlib import _validate as validate
from emlib.bound import bound, has_labels, log_posterior
from emlib.contracts.data import difference, length
from emlib.contracts.theorem import WrongKind

__all__ = ["AnyLatent", "Labels", "needs", "returned"]

NEEDS = {       # by whether z is a label: the methods that a model must have, and what they return
    True: {"log_joint": "log_joint(x) → (N, K)", "m_step": "m_step(x, q) → a new model"},
    False: {"log_liks": "log_liks(x)", "expected_log_joint": "expected_log_joint(x, q)", "posterior": "posterior(x)",
            "m_step": "m_step(x, q)"},
}
OF_Q = {"entropy": "entropy()", "kl": "kl(other)", "__getitem__": "q[rows]", "__len__": "len(q)",
        "near": "near(rng)"}


def needs(model):
    """Whether z is a label, once the model has all that its kind of z needs.

    Raises
    ------
    WrongKind
        That names the methods that are missing.
    """
    any_z = not has_labels(model) and any(hasattr(model, name) for name in ("log_liks", "expected_log_joint"))
    methods = NEEDS[not any_z]
    missing = [name for name in methods if not callable(getattr(model, name, None))]
    if missing and any_z:
        raise WrongKind(f"a model whose z is no label needs {_listed(list(methods.values()))}; "
                         f"{type(model).__name__} has no {_listed(missing, 'or')}")
    if missing:
        raise WrongKind(f"model has no method {missing[0]}; check_em needs {_listed(list(methods.values()))}, "
                         "or, where z is no label, " + ", ".join(NEEDS[False].values()))
    return not any_z


class Labels:
    """z is one of K labels: everything follows from log_joint(x), a table (N, K)."""

    def __init__(self, model, x):
        self.k = _columns(model.log_joint(x))

    def said(self, model, x):
        """What the model itself says of x, in its own kind of numbers."""
        return model.log_joint(x)

    def table(self, model, x):
        """log p(x_n, z=k|θ), (N, K): all that the model says of x."""
        table = model.log_joint(x)
        if np.iscomplexobj(table):
            raise ValueError("log_joint(x) is complex; log p(x, z|θ) is a real number")
        try:
            return np.asarray(table, dtype=float)
        except (TypeError, ValueError) as error:
            raise ValueError(f"log_joint(x) is no table of numbers: {error}") from None

    columns = table

    def log_liks(self, model, x):
        """log p(x_n|θ), (N,)."""
        return np.logaddexp.reduce(self.table(model, x), axis=1)

    def posterior(self, model, x):
        """The model's own posterior; else Bayes' rule on log_joint."""
        if callable(getattr(model, "posterior", None)):
            return np.asarray(model.posterior(x), dtype=float)
        return np.exp(log_posterior(validate.log_joint(self.table(model, x))))

    def expected(self, model, x, q):
        """E_q[log p(x, z|θ)], summed; NaN where the model gives NaN."""
        table = self.table(model, x)
        return np.nan if np.isnan(table).any() else float(np.sum(q * np.where(q > 0, table, 0)))

    def elbo(self, model, x, q):
        """L(q, θ) by its definition W7, always from log_joint."""
        return bound(self.table(model, x), q).elbo

    def kl(self, model, x, q):
        """KL(q ‖ p), (N,), from the model's own posterior where that has digits left, else from its log_joint."""
        p, log_p = self.posterior(model, x), log_posterior(self.table(model, x))
        log_p = np.log(p, out=log_p.copy(), where=p > 1e-8)
        log_q = np.log(q, out=np.zeros_like(q), where=q > 0)
        return np.sum(np.multiply(q, log_q - log_p, out=np.zeros_like(q), where=q > 0), axis=1)

    def random_q(self, model, x, rng):
        """A random distribution for each point, over the z that are possible there."""
        q = rng.dirichlet(np.ones(self.k), size=length(x))
        impossible = self._impossible(model, x, q.shape)
        if not impossible.any():
            return q
        q = np.where(impossible, 0, q)
        return q / q.sum(axis=1, keepdims=True)

    def one_hot_q(self, model, x, rng):
        """Everything on one z, drawn from those that are possible at each point."""
        shape = length(x), self.k
        return np.eye(self.k)[np.where(self._impossible(model, x, shape), -1, rng.random(shape)).argmax(axis=1)]

    def _impossible(self, model, x, shape):
        """Where log p(x, z|θ) = −∞, (N, K): there L(q, θ) = −∞ if q > 0, and nothing is left to compare."""
        table = self.table(model, x)
        bad = np.isneginf(table) if table.shape == shape else np.zeros(shape, dtype=bool)
        return bad & ~bad.all(axis=1, keepdims=True)


class AnyLatent:
    """z is anything: the model knows log p(x), E_q[log p(x, z)] and its posterior, an object; see `emlib.posteriors`.

    Raises
    ------
    WrongKind
        If the posterior is no such object, or its `near` gives no other member of its family.
    """

    k = None

    def __init__(self, model, x):
        p = model.posterior(x)
        missing = [says for name, says in OF_Q.items() if not callable(getattr(p, name, None))]
        if isinstance(p, np.ndarray) or missing:
            raise WrongKind(f"{type(model).__name__}.posterior(x) returned {_kind(p)}; where z is no label it must be "
                             f"a q with {_listed(list(OF_Q.values()))}"
                             + ("" if isinstance(p, np.ndarray) else f", and this one has no {_listed(missing, 'or')}")
                             + ". If z is one of K labels, give the model log_joint(x) → (N, K)")
        self._q = p.near(np.random.default_rng(0))
        if not (isinstance(self._q, type(p)) or isinstance(p, type(self._q))):
            raise WrongKind(f"near(rng) of a {type(p).__name__} returned {_kind(self._q)}, and KL(q ‖ p) needs both of "
                             "one family: return another member of the same class")
        if difference(p, self._q) == 0:
            raise WrongKind(f"near(rng) of a {type(p).__name__} returned the same q; it must draw another one, or "
                             "nothing is put to the test")

    def table(self, model, x):
        """log p(x_n|θ) and E_q[log p(x_n, z|θ)] at one q that stays, (N, 2): what tells two θ apart. x as a whole."""
        return np.column_stack([self.log_liks(model, x), np.asarray(model.expected_log_joint(x, self._q), dtype=float)])

    def said(self, model, x):
        """What the model itself says of x, in its own kind of numbers."""
        return model.log_liks(x)

    def columns(self, model, x):
        """log p(x_n|θ), (N, 1)."""
        return np.asarray(model.log_liks(x), dtype=float)[:, None]

    def log_liks(self, model, x):
        """log p(x_n|θ), (N,)."""
        return np.asarray(model.log_liks(x), dtype=float)

    def posterior(self, model, x):
        return model.posterior(x)

    def expected(self, model, x, q):
        """E_q[log p(x, z|θ)], summed."""
        return float(np.sum(model.expected_log_joint(x, q)))

    def elbo(self, model, x, q):
        """L(q, θ) by its definition W7: E_q[log p(x, z|θ)] + H(q)."""
        return float(np.sum(model.expected_log_joint(x, q) + q.entropy()))

    def kl(self, model, x, q):
        """KL(q ‖ p), (N,)."""
        return np.asarray(q.kl(model.posterior(x)), dtype=float)

    def random_q(self, model, x, rng):
        """Another member of the posterior's family."""
        return model.posterior(x).near(rng)


def returned(model, new):
    """What m_step returned, if it is a new model.

    Raises
    ------
    ValueError
        That says what it returned instead.
    """
    if isinstance(new, type):
        raise ValueError(f"m_step returned the class {new.__name__}; return an object of it, {new.__name__}(…)")
    if new is None or not all(callable(getattr(new, name, None)) for name in NEEDS[has_labels(model)]):
        raise ValueError(f"m_step returned {_kind(new)}; return a new model, such as {type(model).__name__}(…)")
    if not _of_one_kind(model, new):
        raise ValueError(f"m_step returned a {type(new).__name__}, which says something else of x and z than "
                         f"{type(model).__name__}; return a {type(model).__name__}, by type(self)(…)")
    return new


def _of_one_kind(model, new):
    """Whether two models share the functions that say p(x, z|θ), or a name, as where a cell was run again."""
    says = ("log_joint",) if has_labels(model) else ("log_liks", "expected_log_joint")
    return type(new).__name__ == type(model).__name__ or all(
        getattr(type(new), name, new) is getattr(type(model), name, model) for name in says)


def _columns(log_joint):
    """K, if log_joint is a table (N, K)."""
    if np.ndim(log_joint) != 2:
        raise ValueError(f"log_joint(x) has shape {np.shape(log_joint)}, not (N, K)")
    return np.shape(log_joint)[1]


def _kind(thing):
    if isinstance(thing, np.ndarray):
        return f"an array of shape {thing.shape}"
    return "nothing (None)" if thing is None else f"a {type(thing).__name__}"


def _listed(words, last="and"):
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
