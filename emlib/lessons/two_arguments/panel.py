"""The panel of notebook 06: raise L(q, θ) by steps along its two arguments, from anywhere, by several kinds of step."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from ipywidgets import Dropdown, Label

from emlib import words
from emlib.e_steps import exact, partial
from emlib.em import em
from emlib.lessons.two_arguments.moves import m_gradient, m_part
from emlib.lessons.two_arguments.scene import EDGE, TwoArguments
from emlib.lessons.two_arguments.states import Pair
from emlib.live.controls import NumberField, number_in
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage
from emlib.trace import ROUNDING

__all__ = ["WalkTwoArguments"]

class Moves(NamedTuple):
    """A kind of half-steps: the E-step and the M-step for an amount, the largest amount taken, and the one at first."""

    half_steps: Callable
    most: float
    at_first: float


MOVES = {
    "exact": Moves(lambda amount: (exact, None), 1.0, 1.0),
    "part": Moves(lambda fraction: (partial(fraction), m_part(fraction)), 1.0, 0.4),
    "gradient": Moves(lambda rate: (exact, m_gradient(rate)), 2.0, 0.15),
}
HANDS = ("both", "q", "theta")      # what a hand may move
STILL = 1e-7                        # nats gained in an iteration: nothing more is to be seen


class WalkTwoArguments(Panel):
    """Walk over the landscape of L(q, θ), half-step by half-step; click anywhere to start there, or drag the dot.

    Parameters
    ----------
    model : model
        The start θ⁰: a model with one parameter ``prob``, such as `SmudgedCoin`.
    x : array (1, 2)
        One page of counts, so that q is one number.
    s : float
        The start q⁰(left), in [0, 1].
    max_iter : int
        Iterations shown at most.

    Attributes
    ----------
    choose_moves, amount, choose_hand : widgets
        Which half-steps, one of `MOVES`; how far (a fraction or a rate); what the hand may move, one of `HANDS`.
    verdict : Label
        Whether L rose at every half-step, or what is wrong with the amount.
    """

    def __init__(self, model, x, s=0.05, max_iter=30):
        say = words.of("two_arguments")
        self.x, self.max_iter = np.asarray(x, dtype=float), max_iter
        self.verdict = Label()
        self.choose_moves = Dropdown(options=[(say.MOVES[key], key) for key in MOVES], description=say.MOVES_LABEL)
        self.choose_hand = Dropdown(options=[(say.HANDS[key], key) for key in HANDS], description=say.HAND_LABEL)
        self.amount = NumberField(say.AMOUNTS["exact"], 1.0, amounts("exact"), said=self.verdict, disabled=True)
        stage = Stage(TwoArguments(model, self.x), self._run(Pair.of(model, self.x, s)), alt=say.ALT, interval=500,
                      handles=self._handles, on_drag=self._drag, on_drop=self._drop, on_add=self._add,
                      names={"free": say.FREE})
        super().__init__(stage, [self.choose_moves, self.amount, self.choose_hand], [self.verdict])
        self.on(self.choose_moves, self._new_moves)
        self.on(self.amount, lambda _: self._again())

    def start(self, model, s):
        """Run from the pair θ = model, q = (s, 1 − s)."""
        self.stage.set_states(self._run(Pair.of(model, self.x, s)), index=0)

    @property
    def elbos(self):
        """L(q, θ) at the start and after every half-step shown, in nats, array (S,)."""
        return np.array([pair.bound.elbo for pair in self.states])

    def _run(self, start):
        """The pairs of a run, the start first, until nothing is gained; what it did goes into the verdict."""
        e_step, m_step = MOVES[self.choose_moves.value].half_steps(self.amount.number)
        pairs = [start]
        endless = em(start.model, self.x, e_step=e_step, q=start.q, m_step=m_step)
        for step in itertools.islice(endless, 2 * self.max_iter):
            pairs.append(pairs[-1].then(step))
            if step.kind == "M" and abs(step.bound.elbo - pairs[-3].bound.elbo) < STILL:
                break
        elbos = np.array([pair.bound.elbo for pair in pairs])
        fell, n = falls(elbos), len(elbos) - 1
        say = words.of("two_arguments")
        self.verdict.value = (say.FELL.format(fell=fell, n=n) if fell else
                              say.NEVER_FELL.format(n=n, theta=f"{pairs[-1].prob:.3f}"))
        return pairs

    def _again(self):
        self.start(self.states[0].model, self.states[0].s)

    def _new_moves(self, kind):
        self.amount.description, self.amount.disabled = words.of("two_arguments").AMOUNTS[kind], kind == "exact"
        self.amount.parse = amounts(kind)
        self.amount.put(MOVES[kind].at_first)
        self._again()

    def _handles(self, pair):
        label = words.of("two_arguments").PAIR.format(theta=f"{pair.prob:.2f}", s=f"{pair.s:.2f}")
        return [Handle("pair", pair.prob, pair.s, label)]

    def _drag(self, name, x, y):
        here, free = self.state, self.choose_hand.value
        model = here.model if free == "q" else self._at(x)
        return Pair.of(model, self.x, here.s if free == "theta" else min(max(y, 0.0), 1.0), "hand")

    def _drop(self, name, x, y):
        self.start(self.state.model, self.state.s)

    def _add(self, x, y, axes):
        if axes == 0:
            self.start(self._at(x), min(max(y, 0.0), 1.0))
        elif axes == 1:
            self.start(self._at(x), self.state.s)

    def _at(self, prob):
        return replace(self.state.model, prob=min(max(prob, EDGE), 1 - EDGE))


def falls(elbos):
    """How many of these ELBOs, array (S,), lie below the one before by more than rounding."""
    return int(np.sum(np.diff(elbos) < -ROUNDING * np.maximum(1, np.abs(elbos[:-1]))))


def amounts(kind):
    """What the field of amounts takes for a kind of half-steps, as a `parse`."""
    most = MOVES[kind].most
    return number_in(np.nextafter(0, 1), most, words.of("two_arguments").WANTED.format(most=f"{most:g}"))
