"""What a report cannot see, in words: a certificate is worth as much as what it says of its own ends."""

import numpy as np

from emlib.contracts.parameters import MOST
from emlib.contracts.tolerances import ASCENT, DOUBLE

__all__ = ["not_tested"]

ALWAYS = (
    "Whether {speaks} is the model that you meant: it was compared with m_step and with itself, not with your plan.",
    "Whether EM finds the highest maximum: {climbs}.",
    "Other data, and other θ than this one, those that M-steps led to from it and those a small step away.",
)


def not_tested(trial, checks, n_of=None):
    """Sentences on what these checks left open, on this model and these data.

    Parameters
    ----------
    trial : Trial
    checks : sequence of Check
    n_of : (int, int) or None
        So many points were drawn, of so many.
    """
    by_name = {check.name: check for check in checks}
    found = [sentence.format(speaks=trial.speaks, climbs=_climbs(trial, by_name)) for sentence in ALWAYS]
    density = by_name["density sums to 1"]
    if density.passed is None and density.reason:
        found.insert(0, f"Whether p(x|θ) sums to 1 over x: {density.reason}.")
    elif density.passed and trial.density.holds:
        found.insert(1, f"Other ways to read x: p(x|θ) sums to 1 with x read as {trial.density.said}.")
    if n_of is not None:
        found.append(f"Points other than the {n_of[0]} that were drawn of {n_of[1]}.")
    parameters = trial.parameters_or_none
    if parameters is None:
        found.append("Whether the M-step reaches its maximum: no parameters were found that could be moved.")
    else:
        n = len(parameters.all_directions(trial.model))
        if n > MOST:
            found.append(f"Directions of θ other than {MOST} drawn at random for each M-step, of {n}.")
        if parameters.frozen:
            found.append(f"Updates of what is held or left alone: {', '.join(parameters.frozen)}.")
        for name in trial.constants:
            found.append(f"Whether {name}, a whole number that no M-step moves, is a constant, as was assumed.")
    if by_name["sample weights"].passed is None:
        found.append(f"Weights of the points: {by_name['sample weights'].reason}.")
    if getattr(trial.model, "generalised", False) is True:
        found.append("Whether the M-step reaches its maximum: the model says generalised = True.")
    if by_name["M-step optimality"].passed is not None:
        nats = ASCENT * trial.size(trial.model)
        size = max(nats, trial.allowed(ASCENT) * trial.size(trial.model))
        why = ("single precision" if trial.epsilon > DOUBLE else
               "rounding of this model is that large" if trial.noise > 0.01 * nats else "rounding")
        found.append(f"Slips that change the bound by less than {_nats(size)} nats: {why}.")
    found += [f"The check “{check.name}”: {check.reason}." for check in checks
              if check.passed is None and check.name in ("fixed point", "identifiable", "Fisher's identity")
              and check.reason != "z is no label"]
    return tuple(found)


def _climbs(trial, by_name):
    """What was seen of its runs."""
    if not by_name["monotone ascent"].passed:
        return "no run of EM was found to climb"
    objective = "log p(x|θ) + log p(θ)" if trial.has("log_prior") else "log p(x|θ)"
    return (f"its runs climb, and where they stop {objective} is level, no more" if by_name["fixed point"].passed
            else f"its runs climb, and whether they end where {objective} is level was not seen either")


def _nats(value):
    return f"{value:.0e}" if np.isfinite(value) else "all"
