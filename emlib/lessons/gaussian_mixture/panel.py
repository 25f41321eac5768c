"""The panel of notebook 08: a Gaussian mixture, fitted half-step by half-step, with the means in your hand."""

from dataclasses import replace

import numpy as np
from ipywidgets import Button, Dropdown, Label

from emlib import words
from emlib.bound import bound
from emlib.draw import style
from emlib.em import Step, fit
from emlib.lessons.gaussian_mixture.scene import FitScene
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage
from emlib.models import _inputs as inputs
from emlib.models.covariance import KINDS, kind_named
from emlib.models.gaussian import GaussianMixture
from emlib.nudge import nudge

__all__ = ["FitMixture"]

MOST = len(style.COMPONENTS)            # components that a picture tells apart
NUDGED = 300                            # iterations after a nudge: from a saddle the way up begins slowly


class FitMixture(Panel):
    """Fit a Gaussian mixture live: scrub the half-steps, change the start, move the means by hand.

    While a mean is dragged q stays as it is: your hand takes the M-step's place, and the KL opens. When you let go
    (or press Enter, after moving it by the arrow keys) EM starts again from there. A click on a free place adds a
    component; shift-click on a mean, or a button, removes it. The menu of covariances keeps what the hand made of the
    start; *Start again* goes back to the start that the other menu names; *Nudge* tells a maximum from a saddle.

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
    verdict : Label
        How it ended.

    Raises
    ------
    ValueError
        If a start is no mixture for x, or has more components than a picture tells apart.
    """

    def __init__(self, x, starts, labels=None, max_iter=40):
        self.x, self.labels, self.starts, self.max_iter = inputs.x(x), labels, dict(starts), max_iter
        if not self.starts:
            raise ValueError("starts is empty; give at least one, such as {'seeds': GaussianMixture.start(x, 2, 0)}")
        for name, start in self.starts.items():
            check_start(start, name, self.x)
        say, model = words.of("gaussian_mixture"), next(iter(self.starts.values()))
        self.choose_start = Dropdown(options=list(self.starts), description=say.START)
        self.choose_type = Dropdown(options=[(say.COVARIANCES[kind], kind) for kind in KINDS],
                                    value=model.covariance_type, description=say.COVARIANCE)
        self.again, self.fewer, self.push = (Button(description=text) for text in (say.AGAIN, say.FEWER, say.NUDGE))
        self.verdict = Label()
        self._start = model                                   # before its covariances take the type of the menu
        self._fit(model)
        stage = Stage(self._scene, self.trace.steps, alt=say.ALT, interval=350, handles=self._handles,
                      on_drag=self._drag, on_drop=self._drop, on_add=self._add, on_remove=self._remove,
                      names={"free": say.FREE})
        super().__init__(stage, [self.choose_start, self.choose_type, self.again, self.fewer, self.push],
                         [self.verdict])
        self.on(self.choose_start, lambda _: self._from_chosen())
        self.on(self.choose_type, lambda _: self._with_chosen_type(self._start))
        self.on(self.again, self._from_chosen)
        self.on(self.fewer, lambda: self._remove(len(self.state.model.weights) - 1))
        self.on(self.push, self.nudge)

    def stills(self):
        """The first half-step, the one in which the KL is widest, and the last."""
        return [self.states[0], max(self.states, key=lambda step: step.bound.kl), self.states[-1]]

    def restart(self, model):
        """Fit again from `model`, and show the first half-step."""
        self._start = model
        self._fit(model)
        self.stage.set_states(self.trace.steps, index=0, scene=self._scene)

    def nudge(self):
        """Push the fit from where it stopped; where that leads higher, show the way up (see `emlib.nudge`)."""
        found = nudge(self.trace, self.x, np.random.default_rng(0), max_iter=NUDGED)
        if found.steps is not self.trace.steps:
            self.restart(found.steps[0].model)
        self.verdict.value = as_sentence(found.message)

    def _fit(self, model):
        """Fit from `model`, say how it ended, and make the scene of its half-steps."""
        self.trace = fit(model, self.x, max_iter=self.max_iter, warn=False)     # the verdict says it
        self.verdict.value = as_sentence(self.trace.message)
        self._scene = FitScene(self.x, self.trace.steps, self.labels)

    def _from_chosen(self):
        self._with_chosen_type(self.starts[self.choose_start.value])

    def _with_chosen_type(self, start):
        self.restart(with_type(start, self.choose_type.value))
        self._start = start

    def _handles(self, step):
        label = words.of("gaussian_mixture").MEAN
        return [Handle(str(k), *place, label.format(k=k + 1, mean=", ".join(f"{m:.4g}" for m in mean)))
                for k, (place, mean) in enumerate(zip(self._scene.places(step.model), step.model.means, strict=True))]

    def _drag(self, name, x, y):
        step, means = self.state, np.array(self.state.model.means)
        means[int(name)] = (x, y)[:means.shape[1]]
        model = replace(step.model, means=means)
        return Step(step.t, "M", model, step.q, bound(model.log_joint(self.x), step.q))

    def _drop(self, name, x, y):
        self.restart(self.state.model)

    def _add(self, x, y, axes):
        if axes != 0:
            return
        if len(self.state.model.weights) == MOST:
            self.verdict.value = words.of("gaussian_mixture").TOO_MANY.format(most=MOST)
        else:
            self.restart(with_component(self.state.model, (x, y)[:self.x.shape[1]]))

    def _remove(self, name):
        if len(self.state.model.weights) == 1:
            self.verdict.value = words.of("gaussian_mixture").LAST_ONE
        else:
            self.restart(without_component(self.state.model, int(name)))


def as_sentence(message):
    """A message with a capital letter."""
    return message[0].upper() + message[1:]


def check_start(start, name, x):
    """Raise a ValueError that names the start, unless it is a mixture for x that a picture can show."""
    who = f"starts[{name!r}]"
    if not isinstance(start, GaussianMixture):
        raise ValueError(f"{who} is a {type(start).__name__}; it must be a GaussianMixture")
    k = len(start.weights)
    if k > MOST:
        raise ValueError(f"{who} has K = {k}; a picture tells at most {MOST} components apart: take fewer")
    try:
        fine = np.isfinite(bound(start.log_joint(x), start.posterior(x)).log_lik)
    except ValueError as error:
        raise ValueError(f"{who} does not fit x: {error}") from None
    if not fine:
        raise ValueError(f"{who} does not fit x: log p(x|θ) is not finite there; start nearer to the data")


def with_type(model, kind):
    """The model with covariances of another type: what they have in common is kept, the rest averaged."""
    return remade(model, model.weights, model.means, model.full_covariances, kind)


def with_component(model, mean):
    """The model with one component more: at `mean`, with an average covariance and an equal share of the weight."""
    k, full = len(model.weights), model.full_covariances
    weights, means = np.append(model.weights * k, 1) / (k + 1), np.vstack([model.means, mean])
    average = np.tensordot(model.weights, full, axes=1)
    return remade(model, weights, means, np.concatenate([full, average[None]]), model.covariance_type)


def without_component(model, k):
    """The model without component k; the others share its weight in their proportions."""
    weights = np.delete(model.weights, k)
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
    full = np.delete(model.full_covariances, k, axis=0)
    return remade(model, weights, np.delete(model.means, k, axis=0), full, model.covariance_type)


def remade(model, weights, means, full, kind):
    """The model with these weights (K,), means (K, D) and matrices (K, D, D), as covariances of a kind."""
    return replace(model, weights=weights, means=means, covariances=kind_named(kind).of_matrices(full, weights),
                   covariance_type=kind)
