"""Whether what looks like a parameter is one: constants of a model, and what its density forgets."""

import numpy as np

from emlib.contracts import weigh
from emlib.contracts.parameters import nearly_equal
from emlib.contracts.rebuild import INFEASIBLE

__all__ = ["constants", "ignored"]

BETWEEN = 0.37, -0.29       # a whole number is moved so far, to what is none


def constants(trial):
    """Whole numbers that no M-step moves and that no density has between two of them: how many tosses, say."""
    if trial.parameters_or_none is None:
        return []
    names = [n for n in trial.parameters.still if trial.parameters.is_count(trial.model, n)]
    return [n for n in names if not (trial.density.holds and _sums_to_one_too(trial, n))]


def _sums_to_one_too(trial, name):
    """Whether Σ_x p(x|θ) stays 1 where a parameter moves a little, as it does along every true parameter."""
    value = trial.parameters.value(trial.model, name)
    try:
        moved = [trial.parameters.replaced(trial.model, **{name: value + d}) for d in BETWEEN]
        return bool(weigh.weigh(trial, moved).holds)
    except INFEASIBLE:
        return False


def ignored(trial):
    """Parameters that M-steps move though neither p(x, z|θ) nor the next M-step depends on them."""
    return [n for n in trial.found.ignored if _is_forgotten(trial, n)]


def _is_forgotten(trial, name):
    parameters, q = trial.found, trial.random_q(trial.model, 21)
    if any(str(step).startswith("_") for step in parameters.last_steps(name)):
        return False
    if not (trial.is_weights(name) or parameters.is_argument(trial.model, name)):
        return False
    value, again = parameters.value(trial.model, name), trial.table(trial.m_step(trial.model, q))
    derived = any(all(_is_made_of(parameters.value(m, name), parameters.value(m, n)) for m in trial.unlike)
                  for n in parameters.names)
    if derived or trial.noise_of_entries > 1e-3:
        return False
    for other in [parameters.value(model, name) for model in trial.unlike] + [np.flip(value)]:
        try:
            model = parameters.replaced(trial.model, **{name: other})
            if not (nearly_equal(trial.table(trial.model), trial.table(model))
                    and nearly_equal(again, trial.table(trial.m_step(model, q)))):
                return False
        except INFEASIBLE:
            return False
    return True


def _is_made_of(value, other):
    """Whether one parameter is another in other words: its logarithm, its root, its inverse."""
    if value.size != other.size:
        return False
    value, other = value.ravel(), other.ravel()
    return any(np.allclose(made, goal, rtol=1e-9) for a, goal in ((value, other), (other, value)) for made in
               (a, np.log(np.abs(a)), np.sqrt(np.abs(a)), 1 / a, a ** 2, a / a.sum(),
                np.log(np.abs(a)) - np.log(np.abs(1 - a))))
