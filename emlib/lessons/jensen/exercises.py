"""Exercise: the gap between the logarithm of an average and the average of the logarithms (W17, W18)."""

import numpy as np

from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["check_jensen_gap"]

RNG = np.random.default_rng(1980)


def jensen_gap(values, q):
    return np.log(np.sum(q * values)) - np.sum(q * np.log(values))


SPREAD = [(RNG.uniform(0.2, 5, k), RNG.dirichlet(np.ones(k))) for k in (2, 2, 3, 5)]
EQUAL = (np.full(3, 2.0), RNG.dirichlet(np.ones(3)))

check_jensen_gap = checker(Exercise(
    "jensen_gap", ("values", "q"), "one number, in nats", jensen_gap, (*SPREAD, EQUAL),
    ("Two averages with the weights q: the logarithm of the average, and the average of the logarithms.",
     "log E_q[v] − E_q[log v], with E_q[v] = Σ q v: the first is never the smaller one (W17)."),
    "log is concave, so the gap is never negative; it is 0 when all values are equal (W17, W18).",
    (Mistake("The gap is the other way round: the logarithm of the average is the larger one.",
     lambda v, q: -jensen_gap(v, q)),
     Mistake("The weights are missing: both averages are over q, not plain means.",
             lambda v, q: np.log(v.mean()) - np.log(v).mean()),
     Mistake("That is only log E_q[v]: the average of the logarithms is to be subtracted.",
             lambda v, q: np.log(np.sum(q * v))),
     Mistake("That is only E_q[log v]: it is to be subtracted from log E_q[v].", lambda v, q: np.sum(q * np.log(v))),
     Mistake("The logarithm of the average is missing its log: log Σ q v.",
             lambda v, q: np.sum(q * v) - np.sum(q * np.log(v))),
     Mistake("Your logarithm has base 2: those are bits. Here everything is in nats: np.log.",
             lambda v, q: jensen_gap(v, q) / np.log(2)))))
