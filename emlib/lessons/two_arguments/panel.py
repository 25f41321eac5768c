"""The panel of notebook 06: climb L(q, θ) by steps along its two arguments, from anywhere, by several kinds of move."""

import itertools
from dataclasses import replace

import numpy as np
from ipywidgets import Dropdown, Label, Text

from emlib.lessons.two_arguments.moves import climb, e_part, m_full, m_gradient, m_part
from emlib.lessons.two_arguments.scene import EDGE, Place, TwoArguments
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["WalkTwoArguments"]

ALT = ("Left: contours of L(q, θ) with the two ridges and the way so far, below the curve log p(x|θ). "
       "Right: the ELBO as evidence minus KL, and as energy plus entropy.")
MOVES = ("exact EM", "part of the way", "gradient M-step")
HANDS = ("moves q and θ", "moves q alone", "moves θ alone")
AMOUNTS = {MOVES[1]: ("Fraction", 1.0, "0.4"), MOVES[2]: ("Rate", 2.0, "0.15")}     # name, the most, the default
ROUNDING = 1e-12    # nats: less than this is no fall
STILL = 1e-7        # nats gained in an iteration: the climb is over


class WalkTwoArguments(Panel):
    """Climb the landscape of L(q, θ), half-step by half-step; click anywhere to start there, or drag the place.

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
        Which moves; how far (a fraction or a rate, as text); what the hand may move.
    verdict : Label
        Whether L rose at every half-step, or what is wrong with the amount.
    """

    def __init__(self, model, x, s=0.05, max_iter=30):
        self.x, self.max_iter = np.asarray(x, dtype=float), max_iter
        self.choose_moves = Dropdown(options=MOVES, description="Moves")
        self.amount = Text(value="1", description="Fraction", disabled=True, continuous_update=False)
        self.choose_hand = Dropdown(options=HANDS, description="Hand")
        self.verdict = Label()
        self._good, self._busy = 1.0, False
        start = Place.of(model, self.x, s)
        stage = Stage(TwoArguments(model, self.x), self._climb(start), alt=ALT, interval=500, handles=self._handles,
                      on_drag=self._drag, on_drop=self._drop, on_add=self._add)
        self.choose_moves.observe(lambda _: self._new_moves(), "value")
        self.amount.observe(lambda _: self._new_amount(), "value")
        super().__init__(stage, [self.choose_moves, self.amount, self.choose_hand], [self.verdict])

    def start(self, model, s):
        """Climb from the pair θ = model, q = (s, 1 − s)."""
        self.stage.set_states(self._climb(Place.of(model, self.x, s)), index=0)

    @property
    def elbos(self):
        """L(q, θ) at the start and after every half-step shown, in nats, array (S,)."""
        return np.array([place.bound.elbo for place in self.states])

    def _climb(self, place):
        """The places of a climb, the start first, until nothing is gained; what it did goes into the verdict."""
        places, kind = [place], self.choose_moves.value
        moves = {MOVES[0]: lambda: (e_part(1), m_full),
                 MOVES[1]: lambda: (e_part(self._good), m_part(self._good)),
                 MOVES[2]: lambda: (e_part(1), m_gradient(self._good))}[kind]()
        for step in itertools.islice(climb(place.model, self.x, place.q, *moves), 2 * self.max_iter):
            places.append(places[-1].then(step))
            if step.kind == "M" and abs(step.bound.elbo - places[-3].bound.elbo) < STILL:
                break
        gains = np.diff([p.bound.elbo for p in places])
        fell, n = int(np.sum(gains < -ROUNDING)), len(gains)
        self.verdict.value = (f"L fell at {fell} of {n} half-steps: this rate steps over the ridge." if fell else
                              f"L never fell in {n} half-steps; at the end θ = {places[-1].prob:.3f}.")
        return places

    def _new_moves(self):
        kind = self.choose_moves.value
        name, _, value = AMOUNTS.get(kind, ("Fraction", 1.0, "1"))
        self._busy = True                           # one change, one climb
        self.amount.description, self.amount.disabled, self.amount.value = name, kind == MOVES[0], value
        self._busy, self._good = False, float(value)
        self.start(self.states[0].model, self.states[0].s)

    def _new_amount(self):
        if self._busy or self.choose_moves.value not in AMOUNTS:
            return
        name, most, _ = AMOUNTS[self.choose_moves.value]
        try:
            value = float(self.amount.value)
        except ValueError:
            value = float("nan")
        if not 0 < value <= most:
            self.verdict.value = (f"{name} {self.amount.value!r} is not a number above 0 and at most {most:g}; "
                                  f"{self._good:g} is kept.")
            return
        self._good = value
        self.start(self.states[0].model, self.states[0].s)

    def _handles(self, place):
        return [Handle("place", place.prob, place.s, f"θ = {place.prob:.2f}, q(left) = {place.s:.2f}")]

    def _drag(self, name, x, y):
        here, free = self.state, self.choose_hand.value
        model = here.model if free == HANDS[1] else self._at(x)
        return Place.of(model, self.x, here.s if free == HANDS[2] else min(max(y, 0.0), 1.0), "By hand")

    def _drop(self, name, x, y):
        self.start(self.state.model, self.state.s)

    def _add(self, x, y, axes):
        if axes == 0:
            self.start(self._at(x), min(max(y, 0.0), 1.0))
        elif axes == 1:
            self.start(self._at(x), self.state.s)

    def _at(self, prob):
        return replace(self.state.model, prob=min(max(prob, EDGE), 1 - EDGE))
