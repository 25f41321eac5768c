"""The checks of the M-step: the right half of the whiteboard."""

import numpy as np

from emlib.contracts import search
from emlib.contracts.theorem import Finding, theorem
from emlib.contracts.trial import NotApplicable, numbers, points
from emlib.em import Collapse

ROUNDING = search.ROUNDING
ENDED = "every M-step tried ended in a collapse"


@theorem("weights sum to 1", "W14", "The mixing weights π are a distribution, before and after every M-step.",
         "|Σ_k π_k − 1|", "what single precision leaves of 1")
def weights_sum(trial):
    name = _weights(trial)
    worst, told = -1.0, ""
    for model in trial.models:
        pi = trial.parameters.value(model, name)
        off = abs(pi.sum() - 1) + np.maximum(-pi, 0).sum()
        if off > worst:
            worst, told = off, f"{name} = {numbers(pi)}, sum {numbers(pi.sum())}"
    return Finding(float(worst), 1e-6, told, "Divide the soft counts Σ_n q_nk by the number of points N.")


@theorem("M-step ascent", "W23", "For the q held fixed, the M-step never lowers the bound: L(q, θ^{t+1}) ≥ L(q, θ^t).",
         "fall of L(q, ·)", "rounding, relative to the sum of |log p(x_n|θ)|")
def m_step_ascent(trial):
    pairs = [(model, q) for model, q, _ in trial.climbs]
    pairs += [(climbed[0], q) for _, q, climbed in trial.climbs if climbed]     # the best known must be kept too
    found = [(_fall(trial, model, q), model, q) for model, q in pairs]
    found = [item for item in found if item[0] is not None]
    if not found:
        raise NotApplicable(ENDED)
    # a fall that can be shown in numbers before one to NaN
    finite = [item for item in found if np.isfinite(item[0][0])] or found
    (measured, *_), model, q = max(finite, key=lambda item: item[0][0])
    if measured <= ROUNDING and len(finite) < len(found):
        (measured, *_), model, q = next(item for item in found if not np.isfinite(item[0][0]))
    if measured <= ROUNDING:
        return Finding(max(measured, 0.0), ROUNDING)

    def falls(rows):
        fall = _fall(trial, model, q[rows], rows)
        return fall if fall and 1e-6 < fall[0] < np.inf else None
    rows, fall = trial.smallest(falls, least=trial.k + 1)
    _, before, after = fall or _fall(trial, model, q)
    return Finding(measured, ROUNDING,
                   f"{points(trial, rows, q)}: L(q, ·) falls from {numbers(before)} to {numbers(after)}",
                   "This θ^{t+1} is worse than a θ^t that was there already. Is each update the weighted average that "
                   "q asks for?")


@theorem("M-step optimality", "W14", "θ^{t+1} = argmax_θ E_q[log p(x,z|θ)]: no other θ has a larger L(q, ·).",
         "gain left in L(q, ·)", "rounding, relative to the sum of |log p(x_n|θ)|")
def m_step_optimality(trial):
    held = f" Held, so not tried: {', '.join(trial.parameters.held)}." if trial.parameters.held else ""
    found = [((c[2] - c[1]) / trial.size(c[0]), model, q) for model, q, c in trial.climbs if c]
    if not found:
        raise NotApplicable(ENDED)
    measured, model, q = max(found, key=lambda item: item[0])
    if measured <= ROUNDING:
        return Finding(max(measured, 0.0), ROUNDING)

    def gains(rows):
        climbed = search.climb(trial, model, q[rows], rows)
        return climbed if climbed and climbed[2] > climbed[1] + 1e-6 else None
    rows, climbed = trial.smallest(gains, least=trial.k + 1)
    _, start, top, steps = climbed or search.climb(trial, model, q)
    moves = ", ".join(f"{direction.label} by {t:+.3g}" for direction, t in steps[:3])
    return Finding(measured, ROUNDING, f"{points(trial, rows, q)}: after m_step(x, q), L(q, ·) = {numbers(start)}; "
                   f"moving {moves} gives {numbers(top)}, {top - start:.3g} nats more",
                   f"Look at the update of {steps[0][0].name}: it is not the maximum of L(q, ·).{held}")


@theorem("weights move", "W14", "The M-step sets π_k to the average responsibility Σ_n q_nk / N (Lagrange).",
         "nats that π leaves", "rounding of a mean")
def weights_move(trial):
    name = _weights(trial)
    if getattr(trial.model, "learn_weights", True) is False:
        raise NotApplicable("the model says learn_weights = False: its weights are held on purpose")
    worst = (-np.inf, "", "")
    for s in range(3):
        q = trial.random_q(8, s) ** (s + 1)
        q /= q.sum(axis=1, keepdims=True)
        new = trial.parameters.value(trial.m_step(trial.model, q), name)
        share = q.mean(axis=0)
        left = float(np.sum(share * np.log(share / new)))
        if np.isnan(left) or left > worst[0]:
            same = np.array_equal(new, trial.parameters.value(trial.model, name))
            hint = (f"{name} is never updated. If you hold it on purpose, say so: learn_weights = False." if same else
                    "It moves, but not to the average of q over the points.")
            worst = (np.inf if np.isnan(left) else left,
                     f"the average of q is {numbers(share)}, yet after the M-step {name} = {numbers(new)}", hint)
    return Finding(worst[0], ROUNDING, *worst[1:])


CHECKS = (weights_sum, m_step_ascent, m_step_optimality, weights_move)


def _weights(trial):
    if trial.k == 1:
        raise NotApplicable("with one label there are no mixing weights to move")
    name = trial.parameters.weights(trial.model, trial.k)
    if name is None:
        raise NotApplicable("no attribute was recognised as mixing weights (K,)")
    return name


def _fall(trial, model, q, rows=slice(None)):
    """(fall relative to size, L before, L after) of one M-step on some points; None where it collapses."""
    x = trial.x[rows]
    try:
        new = trial.m_step(model, q, x)
    except Collapse:
        return None
    before, broken = trial.free_energy(model, q, x), np.isnan(trial.log_joint(new, x)).any()
    if not np.isfinite(before):
        return None
    after = np.nan if broken else trial.free_energy(new, q, x)
    return np.inf if broken else float((before - after) / trial.size(model, x)), before, after
