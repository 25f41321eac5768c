"""The panel of notebook 04: spread the ratios p(x,z|θ)/q(z), or close them, and watch Jensen's gap (W15–W18)."""

import numpy as np
from ipywidgets import HTML, Button, Text

from emlib.lessons.jensen.scene import JensenScene, Ratios
from emlib.live.controls import with_entry
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["JensenGap"]

ALT = ("Left: bars of q(z) beside the posterior. Right: the ratios t = p(x,z|θ)/q(z) as points of the curve log t, "
       "and the gap between log E[t] and E[log t].")
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
        level = np.full(k, 1 / k)
        states = self._film(level if q is None else q)
        self.field = Text(description="q =", continuous_update=False, layout={"width": "280px"})
        self.field.value = written(states[0].q)
        self.field.observe(self._typed, "value")
        self.said = HTML()
        stage = Stage(JensenScene(self._labels, states[0]), states, alt=ALT, interval=60, handles=self._handles,
                      on_drag=self._drag, on_drop=self._drop)
        buttons = []
        for words, q in (("All equal", level), ("Nearly certain", floored(np.eye(k)[0]))):
            buttons.append(Button(description=words))
            buttons[-1].on_click(lambda _, q=q: self.set_q(q))
        super().__init__(stage, [self.field, *buttons], [self.said])

    @property
    def q(self):
        """The distribution on screen, array (K,)."""
        return self.state.q

    def set_q(self, q):
        """Start from q, array (K,) of positive numbers: shown at once; the film leads from it to the posterior."""
        states = self._film(q)
        self.said.value = ""
        self.stage.set_states(states, index=0)
        self._write(states[0].q)

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

    def _typed(self, change):
        try:
            self.set_q(parsed(change["new"], len(self._labels)))
        except ValueError as reason:
            self.said.value = f"<b>Kept as it was:</b> {reason}"

    def _write(self, q):
        """Show q in the field without taking that for typing."""
        self.field.unobserve(self._typed, "value")
        self.field.value = written(q)
        self.field.observe(self._typed, "value")


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
    """The distribution that a student typed: k numbers, or a ValueError that says what is wrong and what to do."""
    try:
        q = np.array([float(word) for word in text.replace(",", " ").replace(";", " ").split()])
    except ValueError:
        raise ValueError(f"q must be {k} numbers such as {written(np.full(k, 1 / k))}") from None
    if len(q) != k:
        raise ValueError(f"q needs {k} numbers, one for each z; there are {len(q)}")
    if not np.isfinite(q).all() or (q < 0).any():
        raise ValueError("q must be finite numbers above 0")
    if abs(q.sum() - 1) > 0.005:
        raise ValueError(f"q sums to {q.sum():.4g}; a distribution sums to 1")
    return q / q.sum()
