"""The panels of notebook 01: label the sets by hand, softly, by EM; and one likelihood on two scales (W19)."""

from dataclasses import replace

import numpy as np
from ipywidgets import Button, Dropdown

from emlib import words
from emlib.em import fit
from emlib.lessons.two_coins.scene import Tally, TallyScene
from emlib.lessons.two_coins.two_scales import LikelihoodAt, TwoScales
from emlib.live.controls import NumberField, numbers_in
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["ClimbLikelihood", "CountSoftly", "LabelSets"]

NEAR = 1e-6         # of a bar's width: what a place loses on its way through pixels
SHARE = 0.01        # to which a share is rounded


class SplitPanel(Panel):
    """What the first two panels share: sets whose bars are split between two coins."""

    event = "labels"        # what a hand does: see `Tally`

    @property
    def q(self):
        """Each set's share in the two coins, array (N, 2)."""
        return self.state.q

    def _with_share(self, row, share):
        """The table when a set gives this share to coin A."""
        q, share = np.array(self.q), round(min(max(float(share), 0.0), 1.0), 2)
        q[row] = share, 1 - share
        return Tally.by_hand(self.model, self.x, q, self.event)

    def _row(self, y, axes):
        """The set whose bar is at height y, None where there is none."""
        row = int(np.floor(y))
        return row if axes == 0 and 0 <= row < len(self.x) else None


class LabelSets(SplitPanel):
    """Say which coin each set came from, and see at once what that makes of the coins.

    A click into a set's bar, or on its edge, gives the set to the other coin, and so does Enter; the edge can be
    dragged across, and an arrow key moves it to the other end.

    Parameters
    ----------
    tosses : sequence of N strings
        The sets, such as "HTTTHHTHTH".
    model : CoinMixture
        Two coins; its weights are kept, its probabilities follow from the labels.
    labels : string of N letters A and B, optional
        The labels to start from; all A but the first when left out.
    true : string of N letters A and B, optional
        What was really tossed: a button shows it.
    """

    def __init__(self, tosses, model, labels=None, true=None):
        scene, say = TallyScene(tosses), words.of("two_coins")
        self.x, self.model = scene.x, model
        start = Tally.by_hand(model, self.x, one_hot(labels or "B" + "A" * (len(self.x) - 1), len(self.x)))
        stage = Stage(scene, [start], alt=say.ALT, handles=lambda tally: _edges(tally, 1.0), on_drag=self._drag,
                      on_click=self._other, on_key=self._key, on_add=self._click, names={"free": say.FREE_LABEL})
        exchange, truth = Button(description=say.EXCHANGE), Button(description=say.TRUTH)
        super().__init__(stage, [exchange] if true is None else [exchange, truth])
        self.on(exchange, lambda: self.set_q(self.q[:, ::-1]))
        if true is not None:
            q = one_hot(true, len(self.x))
            self.on(truth, lambda: self.set_q(q, "truth"))

    def set_q(self, q, event="labels"):
        """Show any shares q, array (N, 2)."""
        self.stage.show(Tally.by_hand(self.model, self.x, q, event))

    def _drag(self, name, x, y):
        return self._with_share(int(name), float(x >= 0.5))

    def _key(self, name, x, y):
        """A key moves the edge to the other end, where it goes that way: the set goes to the coin on that side."""
        edge = self.q[int(name), 0]
        return self._with_share(int(name), float(x > edge)) if abs(x - edge) > NEAR else None

    def _other(self, name):
        return self._with_share(int(name), self.q[int(name), 1])

    def _click(self, x, y, axes):
        row = self._row(y, axes)
        return None if row is None else self._other(row)


class CountSoftly(SplitPanel):
    """Split each set between the coins, then let EM go on from there, half-step by half-step.

    The first bank is EM from a start θ: the table fills set by set. When an edge of a bar is dragged the counts and θ
    follow the hand; when it is let go (or Enter is pressed) EM starts again from that split. A click into a bar does
    both at once.

    Parameters
    ----------
    tosses : sequence of N strings
        The sets, such as "HTTTHHTHTH".
    model : CoinMixture
        Two coins, where EM starts.
    max_iter : int
        Iterations shown.

    Attributes
    ----------
    trace : Trace
        The fit on screen.
    """

    event = "split"

    def __init__(self, tosses, model, max_iter=10):
        scene, say = TallyScene(tosses), words.of("two_coins")
        self.x, self.model, self.max_iter = scene.x, model, max_iter
        self.trace = self._fit(model)
        self.start = NumberField(say.START, self.trace, self._fit_from, lambda trace: written(trace.steps[0].model),
                                 style={"description_width": "initial"})
        stage = Stage(scene, self._filling(self.trace), alt=say.ALT, interval=700,
                      handles=lambda tally: _edges(tally, SHARE), on_drag=self._drag, on_drop=self._drop,
                      on_add=self._click, names={"free": say.FREE_SPLIT})
        again, half = Button(description=say.AGAIN), Button(description=say.HALVES, layout={"width": "auto"})
        super().__init__(stage, [self.start, again, half])
        self.on(self.start, self._restart)
        self.on(again, lambda: self._restart(self.start.number))
        self.on(half, lambda: self.restart_from(np.full((len(self.x), 2), 0.5)))

    def restart_from(self, q):
        """Let EM start from a split of the sets, array (N, 2): first its M-step, then E, M, E, …"""
        first = Tally.by_hand(self.model, self.x, q, self.event)
        states = [first]
        if np.isfinite(first.probs).all():
            self.trace = self._fit(self.model.m_step(self.x, first.q))
            states += [Tally.of_step(step, self.x) for step in self.trace.steps]
        self.start.said.value = "" if len(states) > 1 else words.of("two_coins").NO_THETA
        self.stage.set_states(states, index=0)

    def _restart(self, trace):
        """Show a fit from a start θ."""
        self.trace, self.start.said.value = trace, ""
        self.stage.set_states(self._filling(trace), index=0)

    def _filling(self, trace):
        """The states of a fit; its first table fills set by set."""
        first = [Tally.of_step(trace.steps[0], self.x, known) for known in range(len(self.x))]
        return [*first, *(Tally.of_step(step, self.x) for step in trace.steps)]

    def _fit(self, model):
        return fit(model, self.x, max_iter=self.max_iter, tol=None, warn=False)

    def _fit_from(self, text):
        """The fit from the θ that was typed; a ValueError says what to write instead."""
        say = words.of("two_coins")
        probs = numbers_in(text, say.START_WANTED)
        if len(probs) != 2 or not all(0 <= p <= 1 for p in probs):
            raise ValueError(say.START_WANTED)
        model = replace(self.model, probs=probs)
        if not np.isfinite(model.log_joint(self.x)).any(axis=1).all():
            raise ValueError(say.START_IMPOSSIBLE)
        trace = self._fit(model)
        if trace.stop == "collapsed":
            raise ValueError(say.START_EMPTY)
        return trace

    def _drag(self, name, x, y):
        return self._with_share(int(name), x)

    def _drop(self, name, x, y):
        self.restart_from(self.q)

    def _click(self, x, y, axes):
        row = self._row(y, axes)
        if row is not None:
            self.restart_from(self._with_share(row, x).q)


class ClimbLikelihood(Panel):
    """Move one coin's probability and read p(x|θ) and log p(x|θ): they rise and fall together (W19).

    Parameters
    ----------
    x : array (N, 2)
        Heads and tails of each set.
    model : CoinMixture
        Two coins; the second coin and the weights stay as they are.
    copies : sequence of int
        How many times the data may be repeated.
    """

    def __init__(self, x, model, copies=(1, 10, 100)):
        self.x, self.model, say = np.asarray(x, dtype=float), model, words.of("two_coins")
        self.copies = Dropdown(options=[(say.COPIES_OPTION.format(n=n), n) for n in copies], description=say.COPIES)
        self.theta = np.linspace(0.01, 0.99, 99)
        states = self._states()
        stage = Stage(TwoScales(states[0]), states, alt=say.ALT_SCALES, index=self._nearest(model.probs[0]),
                      interval=50, handles=self._handles, on_drag=self._drag)
        super().__init__(stage, [self.copies])
        self.on(self.copies, lambda _: self._repeat())

    def _states(self):
        x = np.tile(self.x, (self.copies.value, 1))
        curve = np.array([replace(self.model, probs=[theta, self.model.probs[1]]).log_lik(x) for theta in self.theta])
        return [LikelihoodAt(self.theta, curve, float(at), float(here))
                for at, here in zip(self.theta, curve, strict=True)]

    def _repeat(self):
        states = self._states()
        self.stage.set_states(states, scene=TwoScales(states[0]))

    def _handles(self, state):
        lo, hi = state.window
        curves = (("p", "p(x|θ)", float(np.exp(state.here))), ("θ_A", "log p(x|θ)", min(max(state.here, lo), hi)))
        label, step = words.of("two_coins").THETA_ON, float(self.theta[1] - self.theta[0])
        return [Handle(name, state.at, y, label.format(at=f"{state.at:.2f}", curve=curve), axes, step=step)
                for axes, (name, curve, y) in enumerate(curves)]

    def _drag(self, name, x, y):
        self.stage.index = self._nearest(x)

    def _nearest(self, theta):
        return int(np.argmin(np.abs(self.theta - theta)))


def _edges(tally, step):
    """Where each set's bar changes colour; a key moves it by a step at least."""
    label = words.of("two_coins").EDGE
    return [Handle(str(row), q, row + 0.5, label.format(row=row + 1, q=f"{q:.2f}"), step=step)
            for row, q in enumerate(tally.q[:, 0])]


def one_hot(labels, n):
    """Labels such as "BAABA" as shares, array (n, 2)."""
    if len(labels) != n or set(labels) - set("AB"):
        raise ValueError(f"labels is {labels!r}; give {n} letters, A or B, one a set")
    return np.array([[letter == "A", letter == "B"] for letter in labels], dtype=float)


def written(model):
    """θ as a student would type it."""
    return ", ".join(f"{p:g}" for p in model.probs)
