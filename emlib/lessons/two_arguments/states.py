"""The states of notebook 06's picture: pairs (q, θ); and L(q, θ) over all of them (W20)."""

from dataclasses import dataclass, replace

import numpy as np

from emlib.bound import Bound, bound


@dataclass(frozen=True, eq=False)
class Pair:
    """A pair (q, θ), and how it was reached.

    Attributes
    ----------
    model : model
        θ: anything with ``prob``, strictly between 0 and 1, and ``log_joint(x)`` → (1, 2).
    q : array (1, 2)
    bound : Bound
        log p(x|θ) = ELBO + KL at that pair.
    kind : {"start", "hand", "E", "M"}
        Where a run begins, a pair chosen by hand, or the half-step that led here.
    t : int
        Its iteration; 0 where no half-step led here.
    before : Pair or None
        The pair from which that half-step was taken.
    """

    model: object
    q: np.ndarray
    bound: Bound
    kind: str = "start"
    t: int = 0
    before: "Pair | None" = None

    @classmethod
    def of(cls, model, x, s, kind="start"):
        """The pair θ = model, q = (s, 1 − s), with no half-step before it."""
        q = np.array([[s, 1 - s]])
        return cls(model, q, bound(model.log_joint(x), q), kind)

    def then(self, step):
        """The pair after one half-step more, a `Step`."""
        return Pair(step.model, step.q, step.bound, step.kind, step.t, before=self)

    @property
    def prob(self):
        """θ."""
        return self.model.prob

    @property
    def s(self):
        """q(left), which says all of q."""
        return float(self.q[0, 0])

    @property
    def path(self):
        """(θ, q(left)) of every pair from the start to this one, array (S, 2)."""
        pairs, pair = [], self
        while pair is not None:
            pairs.append((pair.prob, pair.s))
            pair = pair.before
        return np.array(pairs[::-1])


def landscape(model, x, probs, s):
    """L(q, θ) in nats for every θ of `probs` (G,) and every q(left) of `s` (S,): array (S, G).

    Also log p(x|θ), array (G,), and the posterior's p(left|x,θ), array (G,).
    """
    q = np.column_stack([s, 1 - np.asarray(s)])
    log_joints = [replace(model, prob=prob).log_joint(x) for prob in probs]
    elbo = [bound(np.tile(row, (len(q), 1)), q).per_point.elbo for row in log_joints]
    stacked = np.concatenate(log_joints)
    log_lik = np.logaddexp.reduce(stacked, axis=1)
    return np.array(elbo).T, log_lik, np.exp(stacked[:, 0] - log_lik)
