"""Which claims make up each line, and on which boards each is proved.

GENERAL: for any number of labels. INSTANCES: on models of a stated size, and with a real z; for a line in WHOLE they
are a replay, since there the general claims say all that the line says; for any other line they are a part of it.
"""

from emlib.whiteboard import bound_lines as bound
from emlib.whiteboard import em_lines as em
from emlib.whiteboard.boards import AnyLabels, Continuous, Discrete
from emlib.whiteboard.models import Coins, Component, TwoMeans, Weights

__all__ = ["GENERAL", "INSTANCES", "WHOLE", "WRITTEN"]

ANY = (AnyLabels(),)
ZEROS = (*ANY, AnyLabels(zeros=True))  # and q = 0 at some labels
SUMS = (Discrete(2), Discrete(3))
EVERY = (*SUMS, Continuous())
GAUSSIAN = (Continuous(),)


def on(boards, *statements):
    """A function of nothing that gives the claims of all statements on all boards."""
    return lambda: tuple(claim for board in boards for statement in statements for claim in statement(board))


def both(*functions):
    """The claims of several such functions, one after the other."""
    return lambda: tuple(claim for function in functions for claim in function())


GENERAL = {
    "W1": on(ANY, bound.w1),
    "W2": on(ANY, bound.w2),
    "W3": on(ANY, bound.w1),
    "W4": on(ANY, bound.w4),
    "W5": on(ZEROS, bound.w5),
    "W6": on(ZEROS, bound.w6),
    "W7": on(ZEROS, bound.w7),
    "W8": on(ZEROS, bound.w8),
    "W9": on(ZEROS, bound.w9),
    "W11": on(ANY, em.w11, em.w11_only),
    "W12": on(ANY, em.w12),
    "W13": on(ANY, em.w13),
    "W15": on(ANY, bound.w15),
    "W16": on(ANY, bound.w15),
    "W17": on(ANY, bound.w17),
    "W18": on(ANY, bound.w18_equality, bound.w18),
    "W19": on(ANY, em.w19),
    "W20": on(ZEROS, em.w20),
    "W22": on(ANY, em.w22),
    "W23": on(ANY, em.w23_any_increase),
    "W24": on(ANY, em.w24),
    "W25": on(ANY, em.w25_e_step, em.w11),
}
WHOLE = frozenset(GENERAL) - {"W23", "W24", "W25"}
INSTANCES = {
    "W1": on(EVERY, bound.w1),
    "W2": on(EVERY, bound.w2),
    "W3": on(EVERY, bound.w1),
    "W4": on(EVERY, bound.w4),
    "W5": on(EVERY, bound.w5),
    "W6": on(EVERY, bound.w6),
    "W7": on(EVERY, bound.w7),
    "W8": on(EVERY, bound.w8),
    "W9": on(EVERY, bound.w9),
    "W10": on((Weights(),), em.w10),
    "W11": on(EVERY, em.w11),
    "W12": on(EVERY, em.w12),
    "W13": both(on(EVERY, em.w13), on(GAUSSIAN, em.w13_integral)),
    "W14": both(
        on((Coins(),), em.w14_coins),
        on((Coins(K=3),), em.w14_weights),
        on((Component(),), em.w14_component),
        on(GAUSSIAN, em.w14_integral),
    ),
    "W15": on(EVERY, bound.w15),
    "W16": on(EVERY, bound.w15),
    "W17": on(EVERY, bound.w17),
    "W18": on(EVERY, bound.w18_equality, bound.w18),
    "W19": on(EVERY, em.w19),
    "W20": on(EVERY, em.w20),
    "W21": both(on(SUMS, em.w21_hard), on(SUMS[:1], em.w21_shared), on(GAUSSIAN, em.w21_integral)),
    "W22": on(EVERY, em.w22),
    "W23": both(on(EVERY, em.w23_any_increase), on((Weights(),), em.w23_weights)),
    "W24": both(on(EVERY, em.w24), on((Weights(),), em.w24_weights), on((Weights(3),), em.w24_restricted)),
    "W25": both(on((Weights(),), em.w24_weights), on((TwoMeans(),), em.w25)),
}
WRITTEN = {
    "W1": on(SUMS, bound.w1_written),
    "W6": on(SUMS, bound.w6_written),
    "W7": on(SUMS, bound.w7_written),
    "W10": on((Weights(),), em.w10_written),
    "W18": on(SUMS, bound.w18_written),
    "W22": on(SUMS[:1], em.w22_written),
    "W25": on((TwoMeans(),), em.w25_written),
}
