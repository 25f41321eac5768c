"""The panels of notebook 02: two curves over z whose distance is log p(x|θ), whatever z and whatever q (W1–W5)."""

import numpy as np
from ipywidgets import Button, ToggleButtons

from emlib import words
from emlib.lessons.identity.scene import OverZScene, handles_of_normal
from emlib.lessons.identity.two_terms import EDGE, VIEWS, OverZ
from emlib.live.controls import NumberField, number_in, with_entry
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["PickLabel", "PickZ"]

Q_STEP = 0.01       # to which the bars of q are rounded
NEAR = 1e-6         # of a bar: what a place loses on its way through pixels

class OverZPanel(Panel):
    """What the two panels share: the view, the z looked at, and a q that the hand changes.

    The bank runs z along its axis; the view and q rebuild it.
    """

    def __init__(self, scene, pick, controls=(), notes=()):
        say = words.of("identity")
        self.view = ToggleButtons(options=[(say.VIEWS[view], view) for view in VIEWS], style={"button_width": "150px"})
        stage = Stage(scene, self._bank(), alt=say.ALT, index=pick, interval=50, handles=self._handles,
                      on_drag=self._drag)
        super().__init__(stage, [self.view, *controls], notes)
        self.on(self.view, lambda _: self._rebuild())

    def pick(self, z):
        """Look at the z nearest to this one."""
        self.stage.index = int(np.argmin(np.abs(np.asarray(self._places) - z)))

    def _bank(self):
        return [self._state_at(place) for place in self._places]

    def _rebuild(self):
        self.stage.set_states(self._bank())

    def _handles(self, state):
        lo, hi = self.limits
        here = np.clip(np.nan_to_num(np.mean(state.here), posinf=hi, neginf=lo), lo, hi)
        label = words.of("identity").PICK.format(z=self._name_of(state.pick))
        return [Handle("z", state.pick, float(here), label, step=float(self._places[1] - self._places[0]), tall=True),
                *self._q_handles(state)]

    def _drag(self, name, x, y):
        if name == "z":
            self.pick(x)
        else:
            self._hold(name, x, y)


class PickZ(OverZPanel):
    """z is a number, q any normal density: drag z along the axis, drag q by its top (mean) or its side (width).

    Parameters
    ----------
    model : LinearGaussian
    x : float
        The point seen.
    mean, sd : float
        Of q, to begin with.
    """

    def __init__(self, model, x, mean=0.0, sd=1.0):
        self.model, self.x, self.spread = model, float(x), (float(mean), float(sd))
        self._places = np.linspace(-2.5, 2.5, 51).round(1)
        self.limits = (float(model.log_joint(self.x, self._places).min()) - 0.5, 3.0)
        log_lik = float(model.log_lik(self.x))
        say = words.of("identity")
        self.field = NumberField("z", 0.5, number_in(-EDGE, EDGE, say.Z_WANTED.format(edge=f"{EDGE:g}")),
                                 layout={"width": "150px"}, style={"description_width": "20px"})
        snap = Button(description=say.SNAP)
        super().__init__(OverZScene(self.limits, (log_lik - 5, log_lik + 2)), 30, [self.field, snap])
        self.on(self.stage, lambda index: self.field.put(float(self._places[index])))
        self.on(self.field, lambda z: self.stage.show(self._state_at(z)))
        self.on(snap, lambda: self.set_q(*model.posterior(self.x)))

    def set_q(self, mean, sd):
        """Average over another normal q; its mean is held within ±2, its standard deviation between 0.25 and 1.5."""
        self.spread = float(np.clip(mean, -2, 2)), float(np.clip(sd, 0.25, 1.5))
        self._rebuild()

    def _rebuild(self):
        self.field.said.value = ""
        super()._rebuild()

    def _state_at(self, z):
        return OverZ.of_number(self.model, self.x, self.spread, float(z), self.view.value)

    def _name_of(self, z):
        return f"z = {z:.2f}".replace("-", "−")

    def _q_handles(self, state):
        (mean, top), (side, height) = handles_of_normal(*state.spread)
        say = words.of("identity")
        return [Handle("mean", mean, top, say.MEAN.format(mean=f"{mean:.2f}"), axes=2),
                Handle("sd", side, height, say.SD.format(sd=f"{state.spread[1]:.2f}"), axes=2)]

    def _hold(self, name, x, y):
        mean, sd = self.spread
        self.set_q(*((x, sd) if name == "mean" else (mean, x - mean)))


class PickLabel(OverZPanel):
    """z is one of K labels, q any distribution over them: choose the label, drag the bars of q.

    Parameters
    ----------
    model : mixture with log_joint and weights
        Such as a GaussianMixture.
    x : array (1, D)
        The point seen.
    labels : sequence of K strings
        What the labels are called.
    q : array (K,), optional
        To begin with; all equal when left out.
    """

    def __init__(self, model, x, labels, q=None):
        k = len(labels)
        self.log_joint, self.labels = model.log_joint(x)[0], tuple(labels)
        self.log_prior = np.log(model.weights)
        self.q = np.full(k, 1 / k) if q is None else np.asarray(q, dtype=float)
        terms = np.concatenate([self.log_joint, self.log_prior])
        lo, hi = float(terms.min()) - 1.0, 2.5
        self.limits = (lo, hi)
        level = Button(description=words.of("identity").LEVEL)
        difference = np.append(self.log_joint - self.log_prior, np.logaddexp.reduce(self.log_joint))
        around = (float(difference.min()) - 0.5, float(difference.max()) + 0.5)
        self._places = np.arange(k)
        super().__init__(OverZScene(self.limits, around, labels), 0, [level])
        self.on(level, lambda: self.set_q(np.full(k, 1 / k)))

    def set_q(self, q):
        """Average over another distribution q, array (K,)."""
        state = OverZ.of_labels(self.log_joint, self.log_prior, q)         # refuses what is no distribution
        self.q = state.q
        self._rebuild()

    def _state_at(self, label):
        return OverZ.of_labels(self.log_joint, self.log_prior, self.q, int(label), self.view.value)

    def _name_of(self, z):
        return self.labels[int(z)]

    def _q_handles(self, state):
        return [Handle(str(k), k, q, f"q({label}) = {q:.2f}", axes=2, step=Q_STEP)
                for k, (q, label) in enumerate(zip(state.q, self.labels, strict=True))]

    def _hold(self, name, x, y):
        if abs(y - self.q[int(name)]) > NEAR:                 # a sideways key rounds nothing
            self.set_q(with_entry(self.q, int(name), round(max(y, 0.0), 2)))  # never −0
