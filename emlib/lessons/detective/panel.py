"""The panel of notebook 19: six suspects, what they claim, and the report that convicts them."""

import math

import numpy as np
from ipywidgets import Dropdown, ToggleButton

from emlib import words
from emlib.contracts import check_em
from emlib.lessons.detective.scene import Claim, SuspectScene, SuspectStep
from emlib.live.panel import Panel
from emlib.live.stage import Stage

__all__ = ["DetectivePanel", "claims"]


class DetectivePanel(Panel):
    """Choose a suspect, step through what it claims, make up your mind, and open the report.

    Parameters
    ----------
    suspects : dict of str to (model, x)
        Models with ``log_lik`` and ``elbo`` of their own; the first is shown.
    max_iter : int
        Iterations shown at most.

    Attributes
    ----------
    report : Report
        What `check_em` says about the suspect on screen.
    """

    def __init__(self, suspects, max_iter=10):
        if not suspects:
            raise ValueError("suspects is empty; give at least one, such as {'A': detective.suspect('A')}")
        say = words.of("detective")
        self.suspects, self.max_iter, self._known = dict(suspects), max_iter, {}
        self.choose = Dropdown(options=list(self.suspects), description=say.CHOOSE)
        self.open_report = ToggleButton(description=say.OPEN)
        super().__init__(Stage(self._scene(), self._case()[0], alt=say.ALT, interval=350),
                         [self.choose, self.open_report])
        self.on(self.choose, lambda _: self._another())
        self.on(self.open_report, lambda _: self._show(self.stage.index))

    @property
    def report(self):
        """What `check_em` says about the suspect on screen."""
        return self._case()[1]

    def _case(self):
        """(half-steps, report) of the suspect chosen, computed once."""
        name = self.choose.value
        if name not in self._known:
            model, x = self.suspects[name]
            self._known[name] = claims(model, x, self.max_iter), check_em(model, x)
        return self._known[name]

    def _scene(self):
        states, report = self._case()
        return SuspectScene(self.choose.value, states, report.checks, self.open_report.value)

    def _another(self):
        """Another suspect: its report is closed, so that the reader makes up his own mind first."""
        self.open_report.value = False
        self._show(0)

    def _show(self, index):
        states, _ = self._case()
        self.stage.set_states(states, index=min(index, len(states) - 1), scene=self._scene())


def claims(model, x, max_iter=10):
    """What a model says of itself along its own EM: a list of `SuspectStep`, two an iteration, until it says NaN.

    Parameters
    ----------
    model : object
        With ``posterior``, ``m_step``, ``log_lik`` and ``elbo``; none of them is trusted, and none is checked.
    x : array
    max_iter : int
    """
    found = []
    for t in range(1, max_iter + 1):
        with np.errstate(all="ignore"):
            q = model.posterior(x)
            after_e = Claim(float(model.log_lik(x)), float(model.elbo(x, q)))
            model = model.m_step(x, q)
            after_m = Claim(float(model.log_lik(x)), float(model.elbo(x, q)))
        for kind, claim in (("E", after_e), ("M", after_m)):
            if not (math.isfinite(claim.log_lik) and math.isfinite(claim.elbo)):
                return found
            found.append(SuspectStep(t, kind, claim))
    return found
