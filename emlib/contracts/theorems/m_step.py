"""The checks of the M-step: that it never lowers the bound, and reaches its maximum."""

import numpy as np

from emlib.contracts import search
from emlib.contracts.show import apart, numbers, points
from emlib.contracts.theorem import Finding, NotApplicable, theorem
from emlib.contracts.tolerances import ASCENT, ROW_SUM
from emlib.em import Collapse

ENDED = "every M-step tried ended in a collapse"
OF_SIZE = "rounding, relative to the sum of |log p(x_n|θ)|"


@theorem("weights sum to 1", "", "The mixing weights π are a distribution, before and after every M-step.",
         "|Σ_k π_k − 1|", ROW_SUM, "what single precision leaves of 1", labels_only=True)
def weights_sum(trial):
    name = weights_of(trial)
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
    found = trial.once("falls", _falls)
    if not found:
        raise NotApplicable(ENDED)
    # a fall that can be shown in numbers before one to NaN
    finite = [item for item in found if np.isfinite(item[0][0])] or found
    (measured, *_), model, q = max(finite, key=lambda item: item[0][0])
    if measured <= trial.allowed(ASCENT) and len(finite) < len(found):
        (measured, *_), model, q = next(item for item in found if not np.isfinite(item[0][0]))
    if measured <= trial.allowed(ASCENT):
        return Finding(max(measured, 0.0))

    def falls(rows):
        fall = _fall(trial, model, q[rows], rows)
        return fall if fall and 1e-6 < fall[0] < np.inf else None
    rows, fall = trial.smallest(falls, least=trial.fewest)
    _, before, after = fall or _fall(trial, model, q)
    better, of_all = _ascended(trial, model, q, rows), _ascended(trial, model, q, np.arange(trial.n))
    moves = f"; moving {_moves(better)} from there gives {better.after - better.before:.3g} nats more" if better else ""
    look = f"Look at the update of {_worst(of_all)}: is it" if of_all else "Is each update"
    fell = f"from {' to '.join(apart(before, after))}"
    fell = f"falls by {before - after:.3g}, {fell}" if np.isfinite(after) else f"goes {fell}"
    if np.isnan(after):
        return Finding(measured, f"{points(trial, rows, q)}: {_bound(trial)} {fell}", _on_nan(trial, model, q, rows))
    if trial.once("unused q", _without_q):
        return Finding(measured, f"{points(trial, rows, q)}: {_bound(trial)} {fell}",
                       "m_step(x, q) gives the same θ for every q: it does not use the q that it is given.")
    return Finding(measured, f"{points(trial, rows, q)}: {_bound(trial)} {fell}{moves}",
                   f"This θ^{{t+1}} is worse than a θ^t that was there already. {look} the weighted average that "
                   f"q asks for?{_on_prior(trial)}{_on_density(trial)}")


@theorem("M-step optimality", "W14", "θ^{t+1} = argmax_θ E_q[log p(x,z|θ)]: no other θ has a larger L(q, ·).",
         "gain left in L(q, ·)", ASCENT, OF_SIZE)
def m_step_optimality(trial):
    if getattr(trial.model, "generalised", False) is True:
        raise NotApplicable("the model says generalised = True: its M-step raises L(q, ·), short of the maximum")
    held = ", ".join(trial.parameters.frozen)
    found = [((better.after - better.before) / trial.size(model), model, q)
             for model, q, better in trial.searches if better]
    if not found:
        raise NotApplicable(ENDED)
    measured, model, q = max(found, key=lambda item: item[0])
    if measured <= trial.allowed(ASCENT) or trial.is_rounding(model, q, measured * trial.size(model)):
        return Finding(min(max(measured, 0.0), trial.allowed(ASCENT)))

    def gains(rows):
        better = search.ascend(trial, model, q[rows], rows)
        return better if better and better.after > better.before + 1e-6 else None
    rows, better = trial.smallest(gains, least=trial.fewest)
    better = better or search.ascend(trial, model, q)
    before, after = apart(better.before, better.after)
    return Finding(measured, f"{points(trial, rows, q)}: after m_step(x, q), {_bound(trial)} = "
                   f"{before}; moving {_moves(better)} gives {after}, "
                   f"{better.after - better.before:.3g} nats more",
                   f"Look at the update of {_worst(better)}: it is not the maximum of {_bound(trial)}."
                   f"{_on_ascent(trial)}{_on_prior(trial)}{_on_density(trial)}"
                   + (f" Held, so not tried: {held}." if held else ""))


CHECKS = (weights_sum, m_step_ascent, m_step_optimality)


def weights_of(trial):
    """The name of the mixing weights; NotApplicable where there are none."""
    if trial.k == 1:
        raise NotApplicable("with one label there are no mixing weights to move")
    name = trial.parameters.weights(trial.model, trial.k)
    if name is None:
        raise NotApplicable("no attribute was recognised as mixing weights (K,)")
    return name


def _falls(trial):
    """[((fall, before, after), model, q)] of every M-step tried that did not collapse."""
    pairs = [(model, q) for model, q, _ in trial.searches]
    pairs += [(better.model, q) for _, q, better in trial.searches if better]   # the best known must be kept too
    found = [(_fall(trial, model, q), model, q) for model, q in pairs]
    return [((0.0, *fall[1:]) if fall[0] > trial.allowed(ASCENT) and trial.is_rounding(model, q, fall[1] - fall[2])
             else fall, model, q) for fall, model, q in found if fall is not None]


def _ascended(trial, model, q, rows):
    """What a search finds above the M-step on these points; None where it finds nothing, or θ is hidden."""
    try:
        better = search.ascend(trial, model, q[rows], rows) if trial.parameters_or_none else None
    except Exception:           # so few points may be too few for the model
        return None
    return better if better and better.steps else None


def _on_nan(trial, model, q, rows):
    """Which update is no number."""
    new = trial.m_step(model, q[rows], trial.take(rows))
    named = [n for n in trial.found.names if np.isnan(trial.found.value(new, n)).any()]
    return (f"After the M-step {', '.join(named) or trial.speaks} is NaN: look for 0/0, or the logarithm or root of a "
            "negative number.")


def _without_q(trial):
    """Whether two q that have nothing in common give the same θ."""
    tables = [trial.table(trial.m_step(trial.model, trial.random_q(trial.model, 22, s))) for s in range(2)]
    return np.array_equal(*tables)


def _moves(better):
    """The moves that gain most, in words."""
    best = sorted(better.steps, key=lambda step: -step[2])[:3]
    return ", ".join(f"{direction.label} by {t:+.3g}" for direction, t, _ in best)


def _worst(better):
    """The name of the parameter whose move gains most."""
    gains = {}
    for direction, _, gain in better.steps:
        gains[direction.name] = gains.get(direction.name, 0) + gain
    return max(gains, key=gains.get)


def _on_ascent(trial):
    """A step that climbs and stops short has a name of its own."""
    falls = trial.once("falls", _falls)
    return "" if any(not item[0][0] <= trial.allowed(ASCENT) for item in falls) else (
        " Yet L(q, ·) never fell: it is a generalised EM, such as a conditional maximisation (ECM) or a partial step. "
        "If that is meant, say so on the model: generalised = True.")


def _on_density(trial):
    """What is known of log_joint, which may be the wrong one of the two."""
    says = "log_joint" if trial.labels else "expected_log_joint"
    return {False: "", True: f" p(x|θ) sums to 1 over x, so {says} is of some model: m_step does not fit it.",
            None: f" Σ_x p(x|θ) = 1 was not tested: if m_step is right, {says} is of another model.",
            }[trial.density.holds]


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
