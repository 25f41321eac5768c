"""The checks of single parameters: that the M-step moves them, and that log p(x, z|θ) uses them."""

import inspect

import numpy as np

from emlib.contracts.data import difference, take
from emlib.contracts.show import numbers
from emlib.contracts.theorem import NO_PARAMETERS, Finding, NotApplicable, theorem
from emlib.contracts.theorems.m_step import ENDED, weights_of
from emlib.contracts.tolerances import NOTHING, RELABELLED, SPREAD, WEIGHTS
from emlib.em import Collapse


@theorem("weights move", "", "The M-step sets π_k to the average responsibility Σ_n q_nk / N (Lagrange, W14).",
         "nats that π leaves", WEIGHTS, "rounding of a mean", labels_only=True)
def weights_move(trial):
    name = weights_of(trial)
    if getattr(trial.model, "learn_weights", True) is False:
        raise NotApplicable("the model says learn_weights = False: its weights are held on purpose")
    if trial.parameters.held[name].any():
        raise NotApplicable(f"the model says that it holds {name} on purpose")
    if getattr(trial.model, "generalised", False) is True:
        raise NotApplicable("the model says generalised = True: its weights need not get there in one step")
    worst = (-np.inf, "", "")
    for s in range(3):
        q = trial.random_q(trial.model, 8, s) ** (s + 1)
        q /= q.sum(axis=1, keepdims=True)
        model = trial.m_step(trial.model, q)
        new, share = trial.parameters.value(model, name), q.mean(axis=0)
        if trial.log_prior(model) != trial.log_prior(trial.parameters.replaced(model, **{name: share})):
            raise NotApplicable("the prior moves the weights from that average; “M-step optimality” looks at them")
        left = float(np.sum(share * np.log(share / new, out=np.zeros_like(share), where=share > 0)))
        if np.isnan(left) or left > worst[0]:
            same = np.array_equal(new, trial.parameters.value(trial.model, name))
            hint = (f"{name} is never updated. If you hold it on purpose, say so: learn_weights = False." if same else
                    "It moves, but not to the average of q over the points. If a prior is meant, say so: give the "
                    "model log_prior().")
            worst = (np.inf if np.isnan(left) else left,
                     f"the average of q is {numbers(share)}, yet after the M-step {name} = {numbers(new)}", hint)
    return Finding(*worst)


@theorem("parameters move", "W23",
         "The M-step maximises over all of θ: what it leaves alone, it leaves on purpose; what it moves, p depends on.",
         "parameters left alone or ignored", NOTHING, "they are counted")
def parameters_move(trial):
    parameters, new = trial.parameters_or_none, trial.unlike
    ignored = trial.ignored if new else []
    if parameters is None and not ignored:
        raise NotApplicable(NO_PARAMETERS)
    if not new:
        raise NotApplicable(ENDED)
    told, names, hints = [], [], []
    for name in parameters.names if parameters else ():
        held, value = parameters.held[name], parameters.value(trial.model, name)
        after = [parameters.value(model, name) for model in new]
        left = parameters.left[name] & ~held
        if name not in trial.constants and left.any():
            entries = ([(name, after[0])] if left.all() else
                       [(parameters.label(name, i), after[0][tuple(i)]) for i in np.argwhere(left)])
            names += [entry for entry, _ in entries]
            told += [f"{entry} = {numbers(kept)} after each of {len(new)} M-steps, each from another q"
                     for entry, kept in entries[:3]]
        if held.any() and max(difference(value[held], a[held]) for a in after) > 0:
            told.append(f"{name} is named in held, yet the M-step moves it from {numbers(value)} "
                        f"to {numbers(after[0])}")
            hints.append("Leave it out of held, or leave it alone in m_step.")
    if names:
        quoted = ", ".join(f'"{name}"' for name in names)
        hints.insert(0, "Is its update missing? If it is held on purpose, or is no parameter, say so on the model: "
                        f"held = ({quoted},).")
    for name in ignored:
        told.append(f"{name} moves in every M-step, yet {trial.speaks} is the same for any other {name}")
        hints.append(("Is log π_k missing in log_joint? log p(x, z=k) = log π_k + log p(x|k). "
                      if trial.is_weights(name) else f"Is {name} forgotten in {trial.speaks}? ")
                     + "What a model merely remembers gets a name that begins with “_”.")
    return Finding(float(len(told)), "\n".join(told), " ".join(hints))


@theorem("sample weights", "", "A point of weight w counts w times: the M-step is that of the data with it repeated.",
         "|difference|", RELABELLED, "rounding, relative to log p(x, z|θ)")
def sample_weights(trial):
    try:
        taken = inspect.signature(trial.model.m_step).parameters
    except (TypeError, ValueError):
        taken = {}
    if "sample_weight" not in taken:
        raise NotApplicable("m_step takes no sample_weight")
    rng, q = trial.rng(19), trial.random_q(trial.model, 19)
    w = rng.permutation(np.resize([1, 0, 2, 3] if trial.n > 8 else [2, 1, 3], trial.n))
    rows = np.repeat(np.arange(trial.n), w)
    try:
        weighted = trial.m_step(trial.model, q, sample_weight=w.astype(float))
        repeated = trial.m_step(trial.model, q[rows], take(trial.x, rows))
    except Collapse:
        raise NotApplicable(ENDED) from None
    a, b = trial.table(repeated), trial.table(weighted)
    finite = np.isfinite(a)
    off = (np.abs(a - b) / (1 + np.abs(a) + SPREAD * trial.noise_of_entries / RELABELLED))[finite]
    off = np.inf if not np.array_equal(finite, np.isfinite(b)) else float(np.max(off, initial=0))
    return Finding(off, f"with the weights {numbers(w)} the M-step gives a {trial.speaks} that differs by up to "
                   f"{off:.3g} from that of the data with each row repeated so often",
                   "Every sum over the points takes w_n as a factor, once: Σ_n w_n q_nk x_n / Σ_n w_n q_nk, and "
                   "π_k = Σ_n w_n q_nk / Σ_n w_n.")


CHECKS = (weights_move, parameters_move, sample_weights)
