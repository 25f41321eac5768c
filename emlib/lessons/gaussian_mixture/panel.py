"""The panel of notebook 08: a Gaussian mixture, fitted half-step by half-step, with the means in your hand."""

import warnings
from dataclasses import replace

import numpy as np
from ipywidgets import Dropdown, Label

from emlib.bound import bound
from emlib.em import ConvergenceWarning, Step, fit
from emlib.lessons.gaussian_mixture.scene import FitScene
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage
from emlib.models import covariance as of

__all__ = ["FitMixture"]

ALT = "Left: the data and the mixture. Right: log p(x|θ) split into ELBO and KL, and both over the iterations."
MOST = 8            # components that a picture tells apart


class FitMixture(Panel):
    """Fit a Gaussian mixture live: scrub the half-steps, change the start, move the means by hand.

    While a mean is dragged q stays as it is: your hand takes the M-step's place, and the KL opens. When you let go
    (or press Enter, after moving it by the arrow keys) EM starts again from there. A click on a free place adds a
    component; shift-click on a mean removes it.

    Parameters
    ----------
    x : array (N, D) with D = 1 or 2
    starts : dict of str to GaussianMixture
        Named places to start from; the first is shown.
    labels : sequence of D strings, optional
        What the columns measure, with units.
    max_iter : int
        Iterations shown at most.

    Attributes
    ----------
    trace : Trace
        The fit on screen.
    """

    def __init__(self, x, starts, labels=None, max_iter=40):
        if not starts:
            raise ValueError("starts is empty; give at least one, such as {'seeds': GaussianMixture.start(x, 2, 0)}")
        self.x, self.labels, self.starts, self.max_iter = np.asarray(x, dtype=float), labels, dict(starts), max_iter
        model = next(iter(self.starts.values()))
        self.choose_start = Dropdown(options=list(self.starts), description="Start")
        self.choose_type = Dropdown(options=of.COVARIANCE_TYPES, value=model.covariance_type, description="Covariance")
        self.verdict = Label()
        self._fit(model)
        stage = Stage(self._scene, self.trace.steps, alt=ALT, interval=350, handles=self._handles, on_drag=self._drag,
                      on_drop=self._drop, on_add=self._add, on_remove=self._remove)
        for control in (self.choose_start, self.choose_type):
            control.observe(lambda _: self._restart(), "value")
        super().__init__(stage, [self.choose_start, self.choose_type], [self.verdict])

    def restart(self, model):
        """Fit again from `model`, and show the first half-step."""
        self._fit(model)
        self.stage.set_states(self.trace.steps, index=0, scene=self._scene)

    def _fit(self, model):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)     # the panel shows the message itself
            self.trace = fit(model, self.x, max_iter=self.max_iter)
        self.verdict.value = self.trace.message[0].upper() + self.trace.message[1:]
        self._scene = FitScene(self.x, self.trace.steps, self.labels)

    def _restart(self):
        self.restart(with_type(self.starts[self.choose_start.value], self.choose_type.value))

    def _handles(self, step):
        return [Handle(str(k), *place, f"mean of component {k + 1}")
                for k, place in enumerate(self._scene.places(step.model))]

    def _drag(self, name, x, y):
        step, means = self.state, np.array(self.state.model.means)
        means[int(name)] = (x, y)[:means.shape[1]]
        model = replace(step.model, means=means)
        return Step(step.t, "M", model, step.q, bound(model.log_joint(self.x), step.q))

    def _drop(self, name, x, y):
        self.restart(self.state.model)

    def _add(self, x, y, axes):
        if axes == 0 and len(self.state.model.weights) < MOST:
            self.restart(with_component(self.state.model, (x, y)[:self.x.shape[1]]))

    def _remove(self, name):
        if len(self.state.model.weights) > 1:
            self.restart(without_component(self.state.model, int(name)))


def with_type(model, kind):
    """The model with covariances of another type: what they have in common is kept, the rest averaged."""
    full = model.full_covariances
    if kind == "tied":
        return replace(model, covariances=np.einsum("k,kij->ij", model.weights, full), covariance_type=kind)
    return replace(model, covariances=np.array([of.of_type(c, kind) for c in full]), covariance_type=kind)


def with_component(model, mean):
    """The model with one component more: at `mean`, with an average covariance and an equal share of the weight."""
    k = len(model.weights)
    cov = model.covariances
    if model.covariance_type != "tied":
        cov = np.concatenate([cov, np.average(cov, axis=0, weights=model.weights)[None]])
    return replace(model, weights=np.append(model.weights * k, 1) / (k + 1), means=np.vstack([model.means, mean]),
                   covariances=cov)


def without_component(model, k):
    """The model without component k; the others share its weight in their proportions."""
    weights = np.delete(model.weights, k)
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
    cov = model.covariances if model.covariance_type == "tied" else np.delete(model.covariances, k, axis=0)
    return replace(model, weights=weights, means=np.delete(model.means, k, axis=0), covariances=cov)
