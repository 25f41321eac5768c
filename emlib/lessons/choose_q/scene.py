"""One point, K labels: q(z) beside the posterior p(z|x,θ), and what that choice of q does to the identity."""

from dataclasses import dataclass

import numpy as np

from emlib.bound import Bound, bound, log_posterior
from emlib.draw.parts.identity_bar import IdentityBar
from emlib.draw.parts.q_bars import QBars
from emlib.draw.scene import Together


@dataclass(frozen=True, eq=False)
class Choice:
    """A choice of q for one point: q and the posterior, arrays (K,), and the identity at that pair."""

    q: np.ndarray
    posterior: np.ndarray
    bound: Bound

    @classmethod
    def of(cls, log_joint, q):
        """The choice q, array (K,), for a point with the given log p(x, z=k|θ), array (K,), in nats."""
        log_joint, q = np.asarray(log_joint, dtype=float)[None], np.asarray(q, dtype=float)[None]
        return cls(q[0], np.exp(log_posterior(log_joint))[0], bound(log_joint, q))


class ChoiceScene(Together):
    """`QBars` and the identity bar side by side, 900 by 300 pixels.

    Parameters
    ----------
    labels : sequence of K strings
    limits : (float, float)
        The window of the identity bar, in nats.
    """

    def __init__(self, labels, limits):
        super().__init__([(QBars(labels), (0.06, 0.12, 0.36, 0.76)),
                          (IdentityBar(limits), (0.49, 0.06, 0.48, 0.86))], size=(9.0, 3.0))
