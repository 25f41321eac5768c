"""Exercise: the gap between the logarithm of an average and the average of the logarithms (W17, W18)."""

import numpy as np

from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["by_hand_chord", "check_jensen_gap"]

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
             lambda v, q: jensen_gap(v, q) / np.log(2)),
     Mistake("Your logarithm has base 10. Here everything is in nats: np.log.",
             lambda v, q: jensen_gap(v, q) / np.log(10)),
     Mistake("You divided the averages by K once more: Σ q v is an average already, since q sums to 1. Sum, do not "
             "take the mean.", lambda v, q: np.log(np.mean(q * v)) - np.mean(q * np.log(v))),
     Mistake("The logarithm of the average is right; from it you subtracted a plain mean of the logarithms. Both "
             "averages have the weights q.", lambda v, q: np.log(np.sum(q * v)) - np.log(v).mean()),
     Mistake("That is one number for each value, log E_q[v] − log v. The gap is their average: multiply with q and "
             "sum.", lambda v, q: np.log(np.sum(q * v)) - np.log(v)),
     Mistake("q has been multiplied inside the logarithm: the second average is Σ q log v, not Σ log(q v).",
             lambda v, q: np.log(np.sum(q * v)) - np.sum(np.log(q * v)))),
    per_entry="That is one number for each value: a sum over the values is missing. Both averages are sums, Σ q v "
              "and Σ q log v."))


# Two ratios, 1 and 4, with weights ½: the chord and the curve at their middle
LOG_OF_AVERAGE, AVERAGE_OF_LOGS = np.log(2.5), np.log(4) / 2
BITS = "your logarithm has base 2; nats need the natural logarithm, ln."
TENS = "your logarithm has base 10; nats need the natural logarithm, ln."

by_hand_chord = by_hand("chord", (
    Number("log_of_average", LOG_OF_AVERAGE, 3, (
        Slip(LOG_OF_AVERAGE / np.log(2), BITS), Slip(LOG_OF_AVERAGE / np.log(10), TENS),
        Slip(2.5, "that is the average itself; take its logarithm."),
        Slip(np.log(5), "you took the logarithm of the sum, 5; the weights are ½ each."),
        Slip(AVERAGE_OF_LOGS, "that is the average of the logarithms: first average, then take the logarithm."))),
    Number("average_of_logs", AVERAGE_OF_LOGS, 3, (
        Slip(1, BITS), Slip(np.log10(4) / 2, TENS),
        Slip(np.log(4), "the weights ½ are missing."),
        Slip(LOG_OF_AVERAGE, "that is the logarithm of the average: first take the logarithms, then average."))),
    Number("gap", LOG_OF_AVERAGE - AVERAGE_OF_LOGS, 3, (
        Slip((LOG_OF_AVERAGE - AVERAGE_OF_LOGS) / np.log(2), BITS),
        Slip((LOG_OF_AVERAGE - AVERAGE_OF_LOGS) / np.log(10), TENS),
        Slip(LOG_OF_AVERAGE + AVERAGE_OF_LOGS, "you added the two; the gap is their difference.")))),
    ("The average is ½ · 1 + ½ · 4. Its logarithm is a point of the curve.",
     "The average of the logarithms is ½ ln 1 + ½ ln 4: a point of the chord, and ln 1 is 0."),
    "The curve lies above its chord, here by the gap (W17).")
