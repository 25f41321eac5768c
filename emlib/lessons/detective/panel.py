"""The panel of notebook 19: six suspects, what they claim, and the report that convicts them."""

import math
from dataclasses import replace

import numpy as np
from ipywidgets import Dropdown, ToggleButton

from emlib.contracts import check_em
from emlib.lessons.detective.scene import Claim, Evidence, EvidenceScene
from emlib.live.panel import Panel
from emlib.live.stage import Stage

__all__ = ["DetectivePanel", "claims"]

ALT = ("Left: log p(x|θ) and ELBO as the suspect reports them. Right: the theorems, each kept, broken or not yet "
       "looked at.")


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
        self.suspects, self._cases = dict(suspects), {}
        self._max_iter = max_iter
        self.choose = Dropdown(options=list(self.suspects), description="Suspect")
        self.open_report = ToggleButton(description="Open the report")
        stage = Stage(*self._scene_and_states(), alt=ALT, interval=350)
        self.choose.observe(lambda _: self._show(0), "value")
        self.open_report.observe(lambda _: self._show(self.stage.index), "value")
        super().__init__(stage, [self.choose, self.open_report])

    @property
    def report(self):
        return self._case()[1]

    def _case(self):
        """(half-steps, report) of the suspect chosen, computed once."""
        name = self.choose.value
        if name not in self._cases:
            model, x = self.suspects[name]
            self._cases[name] = claims(model, x, self._max_iter), check_em(model, x)
        return self._cases[name]

    def _scene_and_states(self):
        states, report = self._case()
        states = [replace(state, open=self.open_report.value) for state in states]
        return EvidenceScene(f"Suspect {self.choose.value}", states, report.checks), states

    def _show(self, index):
        scene, states = self._scene_and_states()
        self.stage.set_states(states, index=min(index, len(states) - 1), scene=scene)


def claims(model, x, max_iter=10):
    """What a model says of itself along its own EM: a list of `Evidence`, two a iteration, until it says NaN.

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
            found.append(Evidence(t, kind, claim))
    return found
