"""The panel of notebook 04: spread the ratios p(x,z|θ)/q(z), or close them, and watch Jensen's gap (W15–W18)."""

import numpy as np
from ipywidgets import Button

from emlib import words
from emlib.lessons.jensen.scene import TINY, JensenScene, Ratios
from emlib.live.controls import NumberField, numbers_in, with_entry
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["JensenGap"]

LEAST = 0.001       # what the hand leaves to every z: q is a divisor (W4)
FRAMES = 41


class JensenGap(Panel):
    """Drag the bars of q, and the ratios spread; play, and they close: the gap is the KL all the way.

    When the hand lets go, the film below the picture leads from that q to the posterior, along
    q ∝ posterior · (q/posterior)^s with s from 1 to 0: all ratios go to p(x|θ) together.

    Parameters
    ----------
    log_joint : array (K,)
        log p(x, z=k|θ) of one point, in nats.
    labels : sequence of K strings, K from 2 to 4
        What the values of z are called.
    q : array (K,), optional
        The distribution to start from; all equal when left out.
    """

    def __init__(self, log_joint, labels, q=None):
        self.log_joint, self._labels, k = np.asarray(log_joint, dtype=float), tuple(labels), len(labels)
        say, equal = words.of("jensen"), np.full(k, 1 / k)
        states = self._film(equal if q is None else q)
        self.field = NumberField("q =", states[0].q, lambda text: parsed(text, k), written, layout={"width": "280px"})
        stage = Stage(JensenScene(self._labels, states[0]), states, alt=say.ALT, interval=60, handles=self._handles,
                      on_drag=self._drag, on_drop=self._drop)
        level, certain = Button(description=say.LEVEL), Button(description=say.CERTAIN)
        super().__init__(stage, [self.field, level, certain])
        self.on(self.field, self.set_q)
        self.on(level, lambda: self.set_q(equal))
        self.on(certain, lambda: self.set_q(floored(np.eye(k)[0])))

    @property
    def q(self):
        """The distribution on screen, array (K,)."""
        return self.state.q

    def set_q(self, q):
        """Start from q, array (K,) of positive numbers: shown at once; the film leads from it to the posterior."""
        states = self._film(q)
        self.stage.set_states(states, index=0)
        self.field.put(states[0].q)

    def _film(self, q):
        """States from q to the posterior; the logarithms of the ratios shrink towards log p(x|θ) at one rate."""
        start = Ratios.of(self.log_joint, q)
        spread = np.log(start.t) - start.bound.log_lik
        return [start, *(Ratios.of(self.log_joint, normalised(np.log(start.posterior) - s * spread))
                         for s in np.linspace(1, 0, FRAMES)[1:])]

    def _handles(self, state):
        return [Handle(str(k), k - 0.2, q, f"q({label}) = {q:.2f}")
                for k, (q, label) in enumerate(zip(state.q, self._labels, strict=True))]

    def _drag(self, name, x, y):
        return Ratios.of(self.log_joint, floored(with_entry(self.q, int(name), y)))

    def _drop(self, name, x, y):
        self.set_q(self.q)


def normalised(log_q):
    """The distribution whose logarithms are log_q, array (K,), up to a constant."""
    q = np.exp(log_q - np.max(log_q))
    return q / q.sum()


def floored(q):
    """q, array (K,), with at least about LEAST for every z."""
    q = np.maximum(np.asarray(q, dtype=float), LEAST)
    return q / q.sum()


def written(q):
    """q as the text that a student would type."""
    return ", ".join(f"{v:.4g}" for v in q)


def parsed(text, k):
    """What a student typed as a distribution, array (K,); or a ValueError that says what to write."""
    say = words.of("jensen")
    wanted = say.NUMBERS_WANTED.format(k=k, example=written(np.full(k, 1 / k)))
    q = np.array(numbers_in(text, wanted))
    if len(q) != k:
        raise ValueError(wanted)
    if not (q > TINY).all():
        raise ValueError(say.ABOVE_ZERO)
    if abs(q.sum() - 1) > 0.005:
        raise ValueError(say.SUM_WANTED.format(total=f"{q.sum():.4g}"))
    return q / q.sum()
