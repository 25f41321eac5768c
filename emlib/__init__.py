"""emlib: Expectation–Maximization, computed exactly so that it can be understood.

    log p(x|θ) = ELBO(q, θ) + KL(q ‖ p(z|x, θ))

The core needs NumPy alone. Pictures are in ``emlib.draw``, live panels in ``emlib.live``.
"""

from emlib import datasets
from emlib.bound import Bound, bound, identity, log_posterior
from emlib.contracts import check_em
from emlib.e_steps import exact, frozen, hard, partial, shared, tempered
from emlib.em import Collapse, ConvergenceWarning, Step, Trace, em, fit
from emlib.interop import from_sklearn, to_sklearn
from emlib.models import CoinMixture, GaussianMixture
from emlib.nudge import nudge

__version__ = "0.1.0"
__all__ = [
    "Bound",
    "CoinMixture",
    "Collapse",
    "ConvergenceWarning",
    "GaussianMixture",
    "Step",
    "Trace",
    "bound",
    "check_em",
    "datasets",
    "em",
    "exact",
    "fit",
    "from_sklearn",
    "frozen",
    "hard",
    "identity",
    "log_posterior",
    "nudge",
    "partial",
    "shared",
    "tempered",
    "to_sklearn",
]
