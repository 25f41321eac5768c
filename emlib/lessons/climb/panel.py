"""The panels of notebook 05: the bound rides along the log-likelihood (W11–W13), and EM climbs by it (W14, W24)."""

import base64
import warnings

import numpy as np
from ipywidgets import HTML, Text

from emlib import words
from emlib.bound import bound
from emlib.draw.film import GAP, filmstrip
from emlib.em import ConvergenceWarning, Step, fit
from emlib.lessons.climb.scene import ClimbScene, RideScene
from emlib.lessons.climb.states import Iteration, iterations, tangency
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["Climb", "ride_along"]

TEXT = words.of("climb")


def ride_along(x, model, limits, label="θ", n=65):
    """A panel that carries the point of tangency along the log-likelihood: an exact E-step at every θ (W11).

    Parameters
    ----------
    x : array (N, D)
    model : model with one free number
        It has ``theta`` and ``at(theta)`` besides ``log_joint``, ``posterior`` and ``m_step``, as `OneMean` does.
    limits : (float, float)
        The window of θ; a twentieth of it on either side is left out.
    label : str
        What θ is, with its unit.
    n : int
        Number of θ at which the bound is made to touch.

    Returns
    -------
    Panel
    """
    lo, hi = limits
    margin = 0.05 * (hi - lo)
    states = [tangency(model.at(theta), x) for theta in np.linspace(hi - margin, lo + margin, n)]
    return Panel(Stage(RideScene(x, model, limits, label), states, alt=TEXT.ALT_RIDE, interval=80))


class Climb(Panel):
    """EM on one free number, half-step by half-step, with θ in your hand.

    While θ is dragged q stays as it is: your hand takes the M-step's place, and the relations say whether it was a
    good one. When you let go (or press Enter), EM starts again from there. The field takes a start as a number.

    Parameters
    ----------
    x, model, limits, label
        As for `ride_along`; `model` is the start.
    max_iter : int
        Iterations shown at most.

    Attributes
    ----------
    trace : Trace
        The fit on screen.
    """

    def __init__(self, x, model, limits, label="θ", max_iter=30):
        self.x, self.limits, self.max_iter = np.asarray(x, dtype=float), tuple(map(float, limits)), max_iter
        self.field = Text(description=TEXT.START, value=written(model.theta), continuous_update=False,
                          layout={"width": "220px"}, style={"description_width": "initial"})
        self.said = HTML()
        self.trace = self._fit(model)
        stage = Stage(ClimbScene(self.x, model, self.limits, label), iterations(self.trace.steps), alt=TEXT.ALT_CLIMB, interval=600,
                      handles=self._handles, on_drag=self._drag, on_drop=self._drop)
        self.field.observe(self._typed, "value")
        super().__init__(stage, [self.field], [self.said])

    @property
    def theta(self):
        """θ on screen."""
        return self.state.theta

    def _repr_mimebundle_(self, **kwargs):
        """As for every panel; but with the stills in which the gap opens and closes again, and the end."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        scene, states = self.stage.scene, [*self.states[:3], self.states[-1]]
        height = sum(self.stage.size[1] for _ in states) + GAP * (len(states) - 1)
        return ({**data, "text/plain": "\n".join(scene.sentence(state) for state in states),
                 "image/png": base64.b64encode(filmstrip(scene, states, columns=1)).decode()},
                {**metadata, "image/png": {"width": self.stage.size[0], "height": height}})

    def restart(self, theta):
        """Fit again from `theta`, and show the first half-step."""
        self.trace = self._fit(self.trace.model.at(theta))
        self.said.value = ""
        self.stage.set_states(iterations(self.trace.steps), index=0)
        self.field.unobserve(self._typed, "value")          # showing the number is not typing it
        self.field.value = written(theta)
        self.field.observe(self._typed, "value")

    def _fit(self, model):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)     # the last half-step says how far it came
            return fit(model, self.x, max_iter=self.max_iter, tol=1e-8)

    def _handles(self, state):
        return [Handle("theta", state.theta, state.bound.log_lik, TEXT.THETA.format(theta=f"{state.theta:.2f}"))]

    def _drag(self, name, x, y):
        e = self.state.e
        model = e.model.at(x)
        return Iteration(e, Step(e.t, "M", model, e.q, bound(model.log_joint(self.x), e.q)), self.state.past)

    def _drop(self, name, x, y):
        self.restart(x)

    def _typed(self, change):
        lo, hi = self.limits
        try:
            theta = float(change["new"])
        except ValueError:
            theta = np.nan
        if lo <= theta <= hi:
            self.restart(theta)
        else:
            self.said.value = TEXT.KEPT.format(lo=written(lo), hi=written(hi))


def written(theta):
    """θ as a student would type it."""
    return f"{theta:.6g}"
