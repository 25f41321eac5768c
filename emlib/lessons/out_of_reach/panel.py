"""The panel of notebook 07: take q from a smaller family, and watch the gap that stays (W21, W24)."""

import numpy as np
from ipywidgets import Dropdown, FloatLogSlider, Label

from emlib import words
from emlib.draw.style import nats
from emlib.e_steps import exact, hard, shared, tempered
from emlib.em import fit
from emlib.lessons.out_of_reach.scene import FamilyStep, OutOfReach
from emlib.live.panel import Panel
from emlib.live.stage import Stage
from emlib.trace import ROUNDING

__all__ = ["ShrinkFamily"]

# the E-step of a family, given β
FAMILIES = {
    "exact": lambda beta: exact,
    "tempered": tempered,
    "hard": lambda beta: hard,
    "shared": lambda beta: shared,
}


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
        say = words.of("out_of_reach")
        self.runs, self.max_iter = dict(runs), max_iter
        self.choose_run = Dropdown(options=list(self.runs), description=say.RUN)
        self.choose_family = Dropdown(options=[(say.FAMILIES[key], key) for key in FAMILIES], value=family,
                                      description=say.FAMILY)
        self.beta = FloatLogSlider(value=beta, base=2, min=-2, max=4, step=0.5, description="β", readout_format=".2f",
                                   continuous_update=False, disabled=family != "tempered")
        self.verdict = Label()
        scene, states = self._fit()
        super().__init__(Stage(scene, states, alt=say.ALT, interval=600),
                         [self.choose_run, self.choose_family, self.beta], [self.verdict])
        for control in (self.choose_run, self.choose_family, self.beta):
            self.on(control, lambda _: self._again())

    @property
    def trace(self):
        """The fit on screen."""
        return self.traces[self.choose_family.value]

    def _again(self):
        self.beta.disabled = self.choose_family.value != "tempered"
        scene, states = self._fit()
        self.stage.set_states(states, scene=scene)

    def _fit(self):
        """Fit all families from the start; the scene and the states of the chosen one."""
        x, start, label = self.runs[self.choose_run.value]
        family, beta = self.choose_family.value, self.beta.value
        self.traces = {name: fit(start, x, e_step=e_step(beta), max_iter=self.max_iter, tol=None, warn=False)
                       for name, e_step in FAMILIES.items()}
        self.verdict.value = told(self.trace)       # a collapse is said there
        runs = {name: trace.steps for name, trace in self.traces.items()}
        return (OutOfReach(x, runs, family, [label], beta),
                [FamilyStep.of(step, family, beta) for step in self.trace.steps])


def told(trace):
    """What fell in a run, and what stayed, in a sentence."""
    say, elbos = words.of("out_of_reach"), np.array([step.bound.elbo for step in trace.steps])
    said = []
    for name, values, fell_at in (("log p(x|θ)", trace.log_liks, say.FELL_AT_ITERATIONS),
                                  ("L", elbos, say.FELL_AT_HALF_STEPS)):
        change = np.diff(values)
        fell = change[change < -ROUNDING * np.maximum(1, np.abs(values[:-1]))]
        said.append(fell_at[len(fell) > 1].format(name=name, n=len(fell), by=nats(-fell.sum())) if len(fell) else
                    say.NEVER_FELL.format(name=name))
    left = [step.bound.kl for step in trace.steps if step.kind == "E"][-1]
    stop = f" {trace.message}" if trace.stop == "collapsed" else ""
    return say.VERDICT.format(log_lik=said[0], elbo=said[1], kl=nats(max(left, 0.0)), stop=stop)
