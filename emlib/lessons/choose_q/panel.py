"""The panel of notebooks 00 and 03: one point, any q, and the identity that holds for all of them (W6–W9)."""

import numpy as np
from ipywidgets import Button

from emlib import words
from emlib.draw.parts.identity_bar import window
from emlib.lessons.choose_q.scene import Choice, ChoiceScene
from emlib.live.controls import with_entry
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["ChooseQ", "approach_posterior"]

LEAST = 1e-4        # of a bar from one state to the next: one that moves less cannot be dragged


def approach_posterior(log_joint, labels, start, n=61):
    """A stage that carries q in a straight line from a start to the posterior; a dragged bar takes q along the line.

    Parameters
    ----------
    log_joint : array (K,)
        log p(x, z=k|θ) of one point, in nats.
    labels : sequence of K strings
        What the values of z are called.
    start : array (K,)
        The distribution to start from.
    n : int
        Number of states on the way, both ends included.

    Returns
    -------
    Panel
    """
    start, posterior = np.asarray(start, dtype=float), Choice.of(log_joint, start).posterior
    choices = [Choice.of(log_joint, (1 - s) * start + s * posterior) for s in np.linspace(0, 1, n)]
    scene = ChoiceScene(labels, window(c.bound for c in choices))
    qs = np.array([choice.q for choice in choices])
    steps = np.abs(posterior - start) / max(n - 1, 1)

    def handles(choice):
        return [handle for handle in bars(choice.q, labels, steps) if handle.step > LEAST]

    def drag(name, x, y):
        stage.index = int(np.argmin(np.abs(qs[:, int(name)] - y)))

    stage = Stage(scene, choices, alt=words.of("choose_q").ALT, interval=50, handles=handles, on_drag=drag)
    return Panel(stage)


def bars(q, labels, steps):
    """The handles of the bars of q, array (K,): their tops."""
    return [Handle(str(k), k - 0.2, float(height), f"q({label}) = {height:.2f}", step=float(step))
            for k, (height, label, step) in enumerate(zip(q, labels, steps, strict=True))]


class ChooseQ(Panel):
    """Drag the bars of q; they stay a distribution. ELBO and KL trade, and their sum does not move.

    Parameters
    ----------
    log_joint : array (K,)
        log p(x, z=k|θ) of one point, in nats.
    labels : sequence of K strings
        What the values of z are called.
    q : array (K,), optional
        The distribution to start from; all equal when left out.
    """

    def __init__(self, log_joint, labels, q=None):
        self.log_joint, self._labels, k = np.asarray(log_joint, dtype=float), tuple(labels), len(labels)
        say, choice = words.of("choose_q"), Choice.of(self.log_joint, np.full(k, 1 / k) if q is None else q)
        corners = [Choice.of(self.log_joint, one) for one in np.eye(k)]         # q at its furthest
        stage = Stage(ChoiceScene(labels, window(c.bound for c in [*corners, choice])), [choice], alt=say.ALT,
                      handles=self._handles, on_drag=self._drag)
        snap, level = Button(description=say.SNAP), Button(description=say.LEVEL)
        super().__init__(stage, [snap, level])
        self.on(snap, self.snap)
        self.on(level, self.level)

    @property
    def q(self):
        """The distribution on screen, array (K,)."""
        return self.state.q

    @property
    def bound(self):
        """The identity on screen."""
        return self.state.bound

    def set_q(self, q):
        """Show any distribution q, array (K,)."""
        self.stage.show(Choice.of(self.log_joint, q))

    def snap(self):
        """q = p(z|x,θ), the E-step: the KL goes to 0 (W9, W11)."""
        self.set_q(self.state.posterior)

    def level(self):
        """The same q for every z."""
        self.set_q(np.full(len(self.q), 1 / len(self.q)))

    def _handles(self, choice):
        return bars(choice.q, self._labels, np.zeros(len(choice.q)))

    def _drag(self, name, x, y):
        return Choice.of(self.log_joint, with_entry(self.q, int(name), y))
