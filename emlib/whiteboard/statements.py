"""Which claims make up each line, and on which boards each is proved."""

from emlib.whiteboard import bound_lines as bound
from emlib.whiteboard import em_lines as em
from emlib.whiteboard.boards import Continuous, Discrete
from emlib.whiteboard.models import Coins, Component, TwoMeans, Weights

__all__ = ["TAUGHT", "WRITTEN"]

SUMS = (Discrete(2), Discrete(3))
EVERY = (*SUMS, Continuous())
GAUSSIAN = (Continuous(),)


def on(boards, *statements):
    """A function of nothing that gives the claims of all statements on all boards."""
    return lambda: tuple(claim for board in boards for statement in statements for claim in statement(board))


def both(*functions):
    """The claims of several such functions, one after the other."""
    return lambda: tuple(claim for function in functions for claim in function())


TAUGHT = {
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
    "W18": on(EVERY, bound.w18),
    "W19": on(EVERY, em.w19),
    "W20": on(EVERY, em.w20),
    "W21": both(on(SUMS, em.w21_hard), on(SUMS[:1], em.w21_shared), on(GAUSSIAN, em.w21_integral)),
    "W22": on(EVERY, em.w22),
    "W23": both(on(EVERY, em.w23_any_increase), on((Weights(),), em.w23_weights)),
    "W24": both(on(EVERY, em.w24), on((Weights(),), em.w24_weights), on((Weights(3),), em.w24_restricted)),
    "W25": both(on(SUMS, em.w25_e_step, em.w11), on((Weights(),), em.w24_weights), on((TwoMeans(),), em.w25)),
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
