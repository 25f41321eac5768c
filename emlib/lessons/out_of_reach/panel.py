"""The panel of notebook 07: take q from a smaller family, and watch the gap that stays (W21, W24)."""

import warnings

import numpy as np
from ipywidgets import Dropdown, FloatLogSlider, Label

from emlib.draw.style import nats
from emlib.e_steps import exact, hard, shared, tempered
from emlib.em import ConvergenceWarning, fit
from emlib.lessons.out_of_reach.scene import OutOfReach, Reach
from emlib.live.panel import Panel
from emlib.live.stage import Stage

__all__ = ["ShrinkFamily"]

ALT = ("Top: the data with its mixture, and log p(x|θ) split into ELBO and KL. Bottom: the KL that is left after each "
       "E-step, for every family; and log p(x|θ) and ELBO over the iterations.")
FAMILIES = ("exact", "tempered", "hard", "shared")
ROUNDING = 1e-9         # nats: less than this is no fall


class ShrinkFamily(Panel):
    """Run EM with q from a family that may not hold the posterior; scrub the half-steps.

    Parameters
    ----------
    runs : dict of str to (x, model, label)
        Named data (N, 1), start and axis label; the first is shown.
    family : str
        One of `FAMILIES`: the E-step of the run shown.
    beta : float
        Of the tempered family: 1 is exact, towards ∞ it becomes hard.
    max_iter : int
        Iterations of every run.

    Attributes
    ----------
    traces : dict of str to Trace
        The fits of all four families from the same start.
    verdict : Label
        Which of log p(x|θ) and L fell, and the KL that is left.
    """

    def __init__(self, runs, family="hard", beta=2.0, max_iter=10):
        if not runs:
            raise ValueError("runs is empty; give at least one, such as {'my data': (x, model, 'x')}")
        self.runs, self.max_iter = dict(runs), max_iter
        self.choose_run = Dropdown(options=list(self.runs), description="Run")
        self.choose_family = Dropdown(options=FAMILIES, value=family, description="Family of q")
        self.beta = FloatLogSlider(value=beta, base=2, min=-2, max=4, step=0.5, description="β", readout_format=".2f",
                                   continuous_update=False, disabled=family != "tempered")
        self.verdict = Label()
        scene, states = self._fit()
        for control in (self.choose_run, self.choose_family, self.beta):
            control.observe(lambda _: self._again(), "value")
        super().__init__(Stage(scene, states, alt=ALT, interval=600), [self.choose_run, self.choose_family, self.beta],
                         [self.verdict])

    @property
    def trace(self):
        """The fit on screen."""
        return self.traces[self._name(self.choose_family.value)]

    def _name(self, family):
        return f"tempered β = {self.beta.value:.3g}" if family == "tempered" else family

    def _again(self):
        self.beta.disabled = self.choose_family.value != "tempered"
        scene, states = self._fit()
        self.stage.set_states(states, scene=scene)

    def _fit(self):
        """Fit all families from the start; the scene and the states of the chosen one."""
        x, start, label = self.runs[self.choose_run.value]
        e_steps = {"exact": exact, "tempered": tempered(self.beta.value), "hard": hard, "shared": shared}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)     # the panel shows the message itself
            self.traces = {self._name(f): fit(start, x, e_step=e_steps[f], max_iter=self.max_iter, tol=None)
                           for f in FAMILIES}
        name = self._name(self.choose_family.value)
        self.verdict.value = told(self.trace)
        runs = {f: trace.steps for f, trace in self.traces.items()}
        return OutOfReach(x, runs, name, [label]), [Reach.of(step, name) for step in self.trace.steps]


def told(trace):
    """What fell in a run, and what stayed, in a sentence."""
    elbos = np.array([step.bound.elbo for step in trace.steps])
    said = []
    for name, change, unit in (("log p(x|θ)", np.diff(trace.log_liks), "iteration"),
                               ("L", np.diff(elbos), "half-step")):
        fell = change[change < -ROUNDING]
        many = "" if len(fell) == 1 else "s"
        said.append(f"{name} fell in {len(fell)} {unit}{many}, by {nats(-fell.sum())} nats together" if len(fell) else
                    f"{name} never fell")
    floor = [step.bound.kl for step in trace.steps if step.kind == "E"][-1]
    stop = f" {trace.message}" if trace.stop == "collapsed" else ""
    return f"{said[0]}; {said[1]}; KL after the last E: {nats(max(floor, 0.0))} nats.{stop}"
