"""The panels of notebook 05: the bound rides along the log-likelihood (W11–W13), and EM raises it (W14, W24)."""

import numpy as np

from emlib import words
from emlib.bound import bound
from emlib.em import Step, fit
from emlib.lessons.climb.scene import ClimbScene, RideScene
from emlib.lessons.climb.states import Iteration, iterations, tangency
from emlib.live.controls import NumberField, number_in
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["Climb", "ride_along"]


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
    thetas = np.linspace(hi - margin, lo + margin, n)
    states = [tangency(model.at(theta), x) for theta in thetas]

    def handles(state):
        said = words.of("climb").THETA.format(theta=f"{state.theta:.2f}")
        return [Handle("theta", state.theta, state.bound.log_lik, said, step=abs(float(thetas[1] - thetas[0])))]

    def drag(name, x, y):
        stage.index = int(np.argmin(np.abs(thetas - x)))

    stage = Stage(RideScene(x, model, limits, label), states, alt=words.of("climb").ALT_RIDE, interval=80,
                  handles=handles, on_drag=drag)
    return Panel(stage)


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
        say = words.of("climb")
        self.x, self.limits, self.max_iter = np.asarray(x, dtype=float), tuple(map(float, limits)), max_iter
        lo, hi = map("{:.6g}".format, self.limits)
        self.field = NumberField(say.START, model.theta, number_in(*self.limits, say.WANTED.format(lo=lo, hi=hi)),
                                 layout={"width": "220px"}, style={"description_width": "initial"})
        self.trace = self._fit(model)
        stage = Stage(ClimbScene(self.x, model, self.limits, label), iterations(self.trace.steps), alt=say.ALT_CLIMB,
                      interval=600, handles=self._handles, on_drag=self._drag, on_drop=self._drop)
        super().__init__(stage, [self.field])
        self.on(self.field, self.restart)

    @property
    def theta(self):
        """θ on screen."""
        return self.state.theta

    def stills(self):
        """The half-steps in which the gap opens and closes again, and the end."""
        return [*self.states[:3], self.states[-1]]

    def restart(self, theta):
        """Fit again from `theta`, and show the first half-step."""
        self.trace = self._fit(self.trace.model.at(theta))
        self.field.put(theta)
        self.stage.set_states(iterations(self.trace.steps), index=0)

    def _fit(self, model):
        return fit(model, self.x, max_iter=self.max_iter, tol=1e-8, warn=False)     # the last half-step says enough

    def _handles(self, state):
        label = words.of("climb").THETA_AND_GO.format(theta=f"{state.theta:.2f}")
        return [Handle("theta", state.theta, state.bound.log_lik, label)]

    def _drag(self, name, x, y):
        e = self.state.e
        model = e.model.at(x)
        return Iteration(e, Step(e.t, "M", model, e.q, bound(model.log_joint(self.x), e.q)), self.state.past)

    def _drop(self, name, x, y):
        self.restart(x)
