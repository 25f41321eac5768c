"""The one axiom that makes p a model: over all x it sums to 1."""

import numpy as np

from emlib.contracts.show import numbers
from emlib.contracts.theorem import Finding, NotApplicable, theorem
from emlib.contracts.tolerances import DENSITY


@theorem("density sums to 1", "", "Over all x there are, Σ_x p(x|θ) = 1 (an integral where x is real): p is a density.",
         "|Σ_x p − 1|", DENSITY, "quadrature, and rounding of log p(x|θ)")
def density(trial):
    found = trial.density
    if found.holds is None:
        raise NotApplicable(found.said)
    if found.holds:
        return Finding(found.off)
    return Finding(found.off, found.said, _hint(trial, found))


CHECKS = (density,)


def _hint(trial, found):
    """The mistake that looks like this, where it is recognised."""
    if found.after:
        return ("At the first θ it is 1. Is a term missing that is 0 there, such as −½ log σ² at σ = 1? Or does the "
                "M-step return parameters that are none, such as a table whose rows do not sum to 1?")
    if not trial.labels:
        return "log_liks(x) is log p(x|θ) in nats with every constant: −½ log 2π, −log x!, log Σ …"
    table = trial.table(trial.model)
    rows = np.logaddexp.reduce(table, axis=1)
    if np.allclose(rows, 0, atol=1e-6):
        return ("Each row of exp(log_joint) sums to 1: it is the posterior, divided by its sum over z. log_joint is "
                "log p(x, z|θ), before that division.")
    if (table >= 0).all() and (table <= 1).all() and np.ptp(table) > 0:
        return "log_joint holds numbers from 0 to 1, as probabilities are: return their logarithms."
    total = found.total
    for right, says in ((trial.k, "log π_k is missing: log p(x, z=k) = log π_k + log p(x|k)."),
                        (np.sqrt(2 * np.pi), "−½ log 2π is missing, which every normal density has."),
                        (2 * np.pi, "−log 2π is missing: −½ log 2π for each column of x.")):
        if abs(total - right) <= 1e-3 * right and (trial.k > 1 or right != trial.k):
            return f"The sum is {numbers(total)}: {says}"
    if found.factorial:
        return "With −log x! the sum is 1: it is missing."
    return ("A term of log p(x, z|θ) is wrong or missing, such as log π_k, −log x!, −λ_k or −½ log 2πσ_k²; or the "
            "weights themselves do not sum to 1. It is log_joint that must be put right first: m_step is judged by it.")

