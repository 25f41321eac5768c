"""The checks of the M-step: the right half of the whiteboard."""

import numpy as np

from emlib.contracts import search
from emlib.contracts.latent import difference
from emlib.contracts.show import numbers, points
from emlib.contracts.theorem import Finding, NotApplicable, theorem
from emlib.contracts.tolerances import ASCENT, NOTHING, ROW_SUM, WEIGHTS
from emlib.em import Collapse

ENDED = "every M-step tried ended in a collapse"
OF_SIZE = "rounding, relative to the sum of |log p(x_n|θ)|"


@theorem("weights sum to 1", "W14", "The mixing weights π are a distribution, before and after every M-step.",
         "|Σ_k π_k − 1|", ROW_SUM, "what single precision leaves of 1", labels_only=True)
def weights_sum(trial):
    name = _weights(trial)
    worst, told = -1.0, ""
    for model in trial.models:
        pi = trial.parameters.value(model, name)
        off = abs(pi.sum() - 1) + np.maximum(-pi, 0).sum()
        if off > worst:
            worst, told = off, f"{name} = {numbers(pi)}, sum {numbers(pi.sum())}"
    return Finding(float(worst), told, "Divide the soft counts Σ_n q_nk by the number of points N.")


@theorem("M-step ascent", "W23", "For the q held fixed, the M-step never lowers the bound: L(q, θ^{t+1}) ≥ L(q, θ^t).",
         "fall of L(q, ·)", ASCENT, OF_SIZE)
def m_step_ascent(trial):
    pairs = [(model, q) for model, q, _ in trial.searches]
    pairs += [(better.model, q) for _, q, better in trial.searches if better]   # the best known must be kept too
    found = [(_fall(trial, model, q), model, q) for model, q in pairs]
    found = [item for item in found if item[0] is not None]
    if not found:
        raise NotApplicable(ENDED)
    # a fall that can be shown in numbers before one to NaN
    finite = [item for item in found if np.isfinite(item[0][0])] or found
    (measured, *_), model, q = max(finite, key=lambda item: item[0][0])
    if measured <= ASCENT and len(finite) < len(found):
        (measured, *_), model, q = next(item for item in found if not np.isfinite(item[0][0]))
    if measured <= ASCENT:
        return Finding(max(measured, 0.0))

    def falls(rows):
        fall = _fall(trial, model, q[rows], rows)
        return fall if fall and 1e-6 < fall[0] < np.inf else None
    rows, fall = trial.smallest(falls, least=trial.fewest)
    _, before, after = fall or _fall(trial, model, q)
    return Finding(measured,
                   f"{points(trial, rows, q)}: {_bound(trial)} falls from {numbers(before)} to {numbers(after)}",
                   "This θ^{t+1} is worse than a θ^t that was there already. Is each update the weighted average that "
                   f"q asks for?{_on_prior(trial)}")


@theorem("M-step optimality", "W14", "θ^{t+1} = argmax_θ E_q[log p(x,z|θ)]: no other θ has a larger L(q, ·).",
         "gain left in L(q, ·)", ASCENT, OF_SIZE)
def m_step_optimality(trial):
    held = [*trial.parameters.still, *(n for n, entries in trial.parameters.held.items() if entries.any())]
    untried = f" Held, so not tried: {', '.join(dict.fromkeys(held))}." if held else ""
    found = [((better.after - better.before) / trial.size(model), model, q)
             for model, q, better in trial.searches if better]
    if not found:
        raise NotApplicable(ENDED)
    measured, model, q = max(found, key=lambda item: item[0])
    if measured <= ASCENT:
        return Finding(max(measured, 0.0))

    def gains(rows):
        better = search.ascend(trial, model, q[rows], rows)
        return better if better and better.after > better.before + 1e-6 else None
    rows, better = trial.smallest(gains, least=trial.fewest)
    _, before, after, steps = better or search.ascend(trial, model, q)
    moves = ", ".join(f"{direction.label} by {t:+.3g}" for direction, t in steps[:3])
    return Finding(measured, f"{points(trial, rows, q)}: after m_step(x, q), {_bound(trial)} = {numbers(before)}; "
                   f"moving {moves} gives {numbers(after)}, {after - before:.3g} nats more",
                   f"Look at the update of {steps[0][0].name}: it is not the maximum of {_bound(trial)}."
                   f"{_on_prior(trial)}{untried}")


@theorem("weights move", "W14", "The M-step sets π_k to the average responsibility Σ_n q_nk / N (Lagrange).",
         "nats that π leaves", WEIGHTS, "rounding of a mean", labels_only=True)
def weights_move(trial):
    name = _weights(trial)
    if getattr(trial.model, "learn_weights", True) is False:
        raise NotApplicable("the model says learn_weights = False: its weights are held on purpose")
    if trial.parameters.held[name].any():
        raise NotApplicable(f"the model says that it holds {name} on purpose")
    worst = (-np.inf, "", "")
    for s in range(3):
        q = trial.random_q(trial.model, 8, s) ** (s + 1)
        q /= q.sum(axis=1, keepdims=True)
        model = trial.m_step(trial.model, q)
        new, share = trial.parameters.value(model, name), q.mean(axis=0)
        if trial.log_prior(model) != trial.log_prior(trial.parameters.replaced(model, **{name: share})):
            raise NotApplicable("the prior moves the weights from that average; “M-step optimality” looks at them")
        left = float(np.sum(share * np.log(share / new)))
        if np.isnan(left) or left > worst[0]:
            same = np.array_equal(new, trial.parameters.value(trial.model, name))
            hint = (f"{name} is never updated. If you hold it on purpose, say so: learn_weights = False." if same else
                    "It moves, but not to the average of q over the points." + _on_prior(trial))
            worst = (np.inf if np.isnan(left) else left,
                     f"the average of q is {numbers(share)}, yet after the M-step {name} = {numbers(new)}", hint)
    return Finding(*worst)


@theorem("parameters move", "W23", "The M-step maximises over all of θ: what it leaves alone, it leaves on purpose.",
         "parameters left alone", NOTHING, "they are counted")
def parameters_move(trial):
    parameters, new = trial.parameters, trial.unlike
    if not new:
        raise NotApplicable(ENDED)
    told = []
    for name in parameters.names:
        held, value = parameters.held[name], parameters.value(trial.model, name)
        after = [parameters.value(model, name) for model in new]
        if name in parameters.still and not parameters.at_its_border(new[0], name):
            told.append(f"{name} = {numbers(after[0])} after each of {len(new)} M-steps, each from another q")
        if held.any() and max(difference(value[held], a[held]) for a in after) > 0:
            told.append(f"{name} is named in held, yet the M-step moves it from {numbers(value)} "
                        f"to {numbers(after[0])}")
    names = ", ".join(f'"{name}"' for name in parameters.still)
    return Finding(float(len(told)), "\n".join(told),
                   f"Is its update missing? If it is held on purpose, or is no parameter, say so on the model: "
                   f"held = ({names},)." if names else "Leave it out of held, or leave it alone in m_step.")


CHECKS = (weights_sum, m_step_ascent, m_step_optimality, weights_move, parameters_move)


def _weights(trial):
    if trial.k == 1:
        raise NotApplicable("with one label there are no mixing weights to move")
    name = trial.parameters.weights(trial.model, trial.k)
    if name is None:
        raise NotApplicable("no attribute was recognised as mixing weights (K,)")
    return name


def _bound(trial):
    """What the M-step is to raise, as a reader finds it on the whiteboard."""
    return "L(q, ·) + log p(θ)" if trial.has("log_prior") else "L(q, ·)"


def _on_prior(trial):
    """What a prior has to do with an M-step that is not the argmax."""
    return (" The model has a log_prior, so the M-step is to maximise E_q[log p(x,z|θ)] + log p(θ): does it leave the "
            "prior out?" if trial.has("log_prior") else
            " If a prior is meant, say so: give the model log_prior().")


def _fall(trial, model, q, rows=slice(None)):
    """(fall relative to size, bound before, bound after) of one M-step on some points; None where it collapses."""
    x = trial.take(rows)
    try:
        new = trial.m_step(model, q, x)
    except Collapse:
        return None
    before = trial.bound(model, q, x)
    if not np.isfinite(before):
        return None
    after = trial.bound_or_nan(new, q, x)
    return np.inf if np.isnan(after) else float((before - after) / trial.size(model, x)), before, after
