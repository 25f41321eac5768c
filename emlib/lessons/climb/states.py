"""The states of notebook 05's pictures, and what is known of each: derivatives (W13) and the relations of W24."""

from dataclasses import dataclass
from typing import NamedTuple

from emlib.bound import bound
from emlib.em import Step

EQUAL = 1e-9            # relative to |log-lik|: closer than this is the same number


@dataclass(frozen=True, eq=False)
class Iteration:
    """One iteration of EM so far: its E-step, its M-step once that is done, and the E-steps before it.

    The model of a step needs, besides `log_joint` and `m_step`, its one free number ``theta`` and ``at(theta)``.
    """

    e: Step
    m: Step | None = None
    past: tuple = ()

    @property
    def step(self):
        """The half-step on screen."""
        return self.m or self.e

    @property
    def bound(self):
        """The identity on screen."""
        return self.step.bound

    @property
    def theta(self):
        """θ on screen."""
        return self.step.model.theta


def iterations(steps):
    """For each half-step of a fit, in order, the `Iteration` up to it."""
    e_steps = [s for s in steps if s.kind == "E"]
    return [Iteration(e_steps[s.t - 1], s if s.kind == "M" else None, tuple(e_steps[:s.t - 1])) for s in steps]


def tangency(model, x):
    """The `Iteration` whose bound touches the log-likelihood at this model: one exact E-step (W11)."""
    q = model.posterior(x)
    return Iteration(Step(1, "E", model, q, bound(model.log_joint(x), q)))


class Relation(NamedTuple):
    """One of the relations of W24: "kl", "m_step" or "e_step"; left side minus right side in nats; whether it holds."""

    name: str
    difference: float
    holds: bool


def relations(state):
    """What is known of W24 at an `Iteration`: log p(x|θ¹) ≥ L(q̂,θ¹) ≥ L(q̂,θ⁰) = log p(x|θ⁰), read from the right."""
    e, m = state.e, state.m
    rounding = EQUAL * max(1.0, abs(e.bound.log_lik))
    difference = e.bound.log_lik - e.bound.elbo
    known = [Relation("e_step", difference, abs(difference) <= rounding)]
    if m:
        gain, gap = m.bound.elbo - e.bound.elbo, m.bound.log_lik - m.bound.elbo
        known += [Relation("m_step", gain, gain >= -rounding), Relation("kl", gap, gap >= -rounding)]
    return known


def derivatives(e, x, h=1e-3):
    """d/dθ of log p(x|θ) and of L(q, θ) at the θ of a step, q held, in nats to a unit of θ: central differences."""
    before, after = (bound(e.model.at(e.model.theta + d).log_joint(x), e.q) for d in (-h, h))
    return (after.log_lik - before.log_lik) / (2 * h), (after.elbo - before.elbo) / (2 * h)
