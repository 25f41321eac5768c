"""The panels of notebook 01: label the sets by hand, softly, by EM; and one likelihood on two scales (W19)."""

from dataclasses import replace

import numpy as np
from ipywidgets import Button, Dropdown, Label, Text

from emlib.em import Collapse, fit
from emlib.lessons.two_coins.scene import Tally, TallyScene
from emlib.lessons.two_coins.two_scales import Height, TwoScales
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["ClimbLikelihood", "CountSoftly", "LabelSets"]

ALT = "Five sets of tosses, each split between coin A and coin B; beside them the table of counts and each coin's θ."
ALT_SCALES = "Left: p(x|θ) over one coin's probability of heads. Right: its logarithm. One summit for both."


class LabelSets(Panel):
    """Say which coin each set came from, and see at once what that makes of the coins.

    A click into a set's bar gives the set to the other coin; so does dragging the bar's edge across, or an arrow key.

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

    words = "Your labels"

    def __init__(self, tosses, model, labels=None, true=None):
        scene = TallyScene(tosses)
        self.x, self.model = scene.x, model
        start = Tally.by_hand(model, self.x, one_hot(labels or "B" + "A" * (len(self.x) - 1), len(self.x)))
        stage = Stage(scene, [start], alt=ALT, handles=_edges, on_drag=self._drag,
                      on_click=self._other, on_add=self._click)
        buttons = [Button(description="Exchange A and B")]
        buttons[0].on_click(lambda _: self.set_q(self.q[:, ::-1]))
        if true is not None:
            truth = one_hot(true, len(self.x))
            buttons.append(Button(description="Show the truth"))
            buttons[-1].on_click(lambda _: self.set_q(truth, "True labels"))
        super().__init__(stage, buttons)

    @property
    def q(self):
        """Each set's share in the two coins, array (N, 2)."""
        return self.state.q

    def set_q(self, q, title="Your labels"):
        """Show any shares q, array (N, 2)."""
        self.stage.show(Tally.by_hand(self.model, self.x, q, title))

    def _drag(self, name, x, y):
        return self._with_share(int(name), float(x >= 0.5))

    def _other(self, name):
        """A click on the edge is a click into the bar."""
        return self._with_share(int(name), self.q[int(name), 1])

    def _click(self, x, y, axes):
        row = int(np.floor(y))
        return self._with_share(row, self.q[row, 1]) if axes == 0 and 0 <= row < len(self.x) else None

    def _with_share(self, row, share):
        q, share = np.array(self.q), round(min(max(float(share), 0.0), 1.0), 2)
        q[row] = share, 1 - share
        return Tally.by_hand(self.model, self.x, q, self.words)


class CountSoftly(LabelSets):
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

    words = "Your split"

    def __init__(self, tosses, model, max_iter=10):
        scene = TallyScene(tosses)
        self.x, self.model, self.max_iter = scene.x, model, max_iter
        self.note = Label()
        stage = Stage(scene, self._from_theta(model), alt=ALT, interval=700, handles=_edges, on_drag=self._drag,
                      on_drop=self._drop, on_add=self._click)
        self.start = Text(value=_theta_words(model), description="θ at the start", continuous_update=False,
                          style={"description_width": "initial"})
        self.start.observe(lambda change: self._restart(change["new"]), "value")
        again = Button(description="Start again")
        again.on_click(lambda _: self._restart(self.start.value))
        half = Button(description="All sets half and half", layout={"width": "auto"})
        half.on_click(lambda _: self.restart_from(np.full((len(self.x), 2), 0.5)))
        Panel.__init__(self, stage, [self.start, again, half], [self.note])

    def restart_from(self, q):
        """Let EM start from a split of the sets, array (N, 2): first its M-step, then E, M, E, …"""
        first = Tally.by_hand(self.model, self.x, q, self.words)
        states = [first]
        if np.isfinite(first.probs).all():
            self.trace = fit(self.model.m_step(self.x, first.q), self.x, max_iter=self.max_iter, tol=None)
            states += [Tally.of_step(step, self.x) for step in self.trace.steps]
            self.note.value = ""
        else:
            self.note.value = "A coin without tosses has no θ: EM cannot start here. Give it a share of some set."
        self.stage.set_states(states, index=0)

    def _from_theta(self, model):
        """The states of EM from a start θ; the first table fills set by set."""
        self.trace = fit(model, self.x, max_iter=self.max_iter, tol=None)
        steps, n = self.trace.steps, len(self.x)
        filling = [Tally.of_step(steps[0], self.x, known) for known in range(n)]
        return [*filling, *(Tally.of_step(step, self.x) for step in steps)]

    def _restart(self, words):
        try:
            model = replace(self.model, probs=_two_numbers(words))
            states = self._from_theta(model)
        except Collapse:
            self.note.value = f"From θ = {words} a coin gets no tosses at all. The last start stays; try another one."
        except ValueError as error:
            self.note.value = f"{error}. The last start stays."
        else:
            self.note.value = ""
            self.stage.set_states(states, index=0)

    def _drag(self, name, x, y):
        return self._with_share(int(name), x)

    def _drop(self, name, x, y):
        self.restart_from(self.q)

    def _click(self, x, y, axes):
        row = int(np.floor(y))
        if axes == 0 and 0 <= row < len(self.x):
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
        self.x, self.model = np.asarray(x, dtype=float), model
        self.copies = Dropdown(options=[(f"{n} × the data", n) for n in copies], description="Sets")
        self.theta = np.linspace(0.01, 0.99, 99)
        states = self._states()
        stage = Stage(TwoScales(states[0]), states, alt=ALT_SCALES, index=self._nearest(model.probs[0]), interval=50,
                      handles=self._handles, on_drag=self._drag)
        self.copies.observe(lambda _: self._repeat(), "value")
        super().__init__(stage, [self.copies])

    def _states(self):
        x = np.tile(self.x, (self.copies.value, 1))
        curve = np.array([replace(self.model, probs=[theta, self.model.probs[1]]).log_lik(x) for theta in self.theta])
        return [Height(self.theta, curve, float(at), float(here)) for at, here in zip(self.theta, curve, strict=True)]

    def _repeat(self):
        states = self._states()
        self.stage.set_states(states, scene=TwoScales(states[0]))

    def _handles(self, state):
        lo, hi = state.window
        return [Handle("θ_A", state.at, min(max(state.here, lo), hi), f"θ_A = {state.at:.2f}", axes=1)]

    def _drag(self, name, x, y):
        self.stage.index = self._nearest(x)

    def _nearest(self, theta):
        return int(np.argmin(np.abs(self.theta - theta)))


def _edges(tally):
    """Where each set's bar changes colour."""
    return [Handle(str(row), q, row + 0.5, f"set {row + 1}: {q:.2f} of it from coin A")
            for row, q in enumerate(tally.q[:, 0])]


def one_hot(labels, n):
    """Labels such as "BAABA" as shares, array (n, 2)."""
    if len(labels) != n or set(labels) - set("AB"):
        raise ValueError(f"labels is {labels!r}; give {n} letters, A or B, one a set")
    return np.array([[letter == "A", letter == "B"] for letter in labels], dtype=float)


def _theta_words(model):
    return ", ".join(f"{p:g}" for p in model.probs)


def _two_numbers(words):
    """Two probabilities from words such as "0.6, 0.5", or a ValueError that says what is wrong with them."""
    try:
        numbers = [float(word) for word in words.replace(",", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) != 2 or not all(0 <= p <= 1 for p in numbers):
        raise ValueError(f"θ at the start is {words!r}; write two numbers between 0 and 1, such as 0.6, 0.5")
    return numbers
