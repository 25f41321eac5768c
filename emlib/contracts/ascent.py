"""The checks of EM as a whole: what the two half-steps do together, and where they end."""

import itertools

import numpy as np

from emlib.contracts import search
from emlib.contracts.theorem import Finding, theorem
from emlib.contracts.trial import NotApplicable, numbers, points
from emlib.em import Collapse

ROUNDING = search.ROUNDING
SLOPE = 1e-4                # of two slopes, each by finite differences
STATIONARY = 1e-8           # relative to Σ_n |log p(x_n|θ)|: EM creeps, so a little is always left
FLAT = 1e-10                # of singular values: a direction this much flatter than the steepest changes nothing


@theorem("monotone ascent", "W24",
         "Under the exact E-step log p(x|θ) never falls: log p(x|θ^{t+1}) ≥ L(q, θ^{t+1}) ≥ L(q, θ^t) = log p(x|θ^t).",
         "largest signed fall", "rounding, relative to the sum of |log p(x_n|θ)|")
def monotone(trial):
    worst = (-np.inf, 0, 0, None, 0)
    for s, (models, heights) in enumerate(trial.runs):
        for t, (before, after) in enumerate(itertools.pairwise(heights)):
            fall = (before - after) / trial.size(models[t])
            if fall > worst[0]:
                worst = (fall, s, t + 1, models[t], before - after)
    if worst[3] is None:
        raise NotApplicable("no iteration could be made: every M-step ended in a collapse")
    fall, s, t, model, nats = worst
    if fall <= ROUNDING:
        return Finding(max(float(fall), 0.0), ROUNDING)

    def falls(rows):
        x = trial.x[rows]
        new = trial.m_step(model, trial.posterior(model, x), x)
        before, after = (trial.log_liks(m, x).sum() for m in (model, new))
        return (before, after) if after < before - 1e-6 else None
    rows, said = trial.smallest(falls, least=trial.k + 1)
    small = f"\n{points(trial, rows)}: one iteration from {numbers(said[0])} to {numbers(said[1])}" if said else ""
    where = "the model itself" if s == 0 else f"start {s}"
    return Finding(float(fall), ROUNDING, f"from {where}, log p(x|θ) falls by {nats:.3g} in iteration {t}{small}",
                   "The checks above say which half-step is to blame.")


@theorem("Fisher's identity", "W18",
         "At θ^t the bound touches log p(x|θ) with the same slope: ∇Q(θ, θ^t) = ∇ log p(x|θ).",
         "difference of the slopes", "finite differences, relative to the curvature")
def fisher(trial):
    worst = (-1.0, "")
    for model in trial.models[:2]:
        q = trial.posterior(model)

        def expected(m, q=q):
            return trial.expected(m, q)
        heights = [(height, height(model)) for height in (expected, trial.log_lik)]
        least = max(np.sqrt(search.NAT), 1e-12 * trial.size(model) / SLOPE)
        for direction in trial.parameters.directions(model, trial.rng(10)):
            steps = [search.step(trial, model, direction, *height, trial.size(model)) for height in heights]
            if None in steps:
                continue
            h = min(step[0] for step in steps)          # short for both: they bend differently
            a, b = (search.slope(trial, model, direction, h, height) for height in (trial.log_lik, expected))
            off = float(abs(a - b) / max(abs(a), abs(b), least))
            off = np.inf if np.isnan(off) else off
            if off > worst[0]:
                worst = (off, f"along {direction.label} log p(x|θ) has the slope {numbers(a / h)}, "
                         f"Q has {numbers(b / h)}")
    if worst[0] < 0:
        raise NotApplicable("no parameter can be moved both ways")
    return Finding(float(worst[0]), SLOPE, worst[1],
                   "Is log p(x|θ) the sum over z of the same log_joint, and q its posterior?")


@theorem("label permutation", "W15",
         "The sum over z has no order: with the labels renamed, the same likelihood and the same EM.",
         "|difference|", "rounding, relative to log_joint")
def permutation(trial):
    if trial.k == 1:
        raise NotApplicable("there is only one label")
    order = np.roll(np.arange(trial.k), 1)
    worst = (-1.0, "")
    for model in trial.models[:2]:
        other = trial.parameters.relabelled(model, order)
        if other is None:
            raise NotApplicable("no reordering of the parameters renames the labels: they are not interchangeable here")
        q = trial.random_q(11)
        pairs = [("log p(x|θ)", trial.log_lik(model), trial.log_lik(other)),
                 ("the posterior", trial.posterior(model)[:, order], trial.posterior(other))]
        try:
            pairs.append(("log_joint after one M-step", trial.log_joint(trial.m_step(model, q))[:, order],
                          trial.log_joint(trial.m_step(other, q[:, order]))))
        except Collapse:
            pass
        for what, a, b in pairs:
            a, b = np.asarray(a), np.asarray(b)
            finite = np.isfinite(a)
            off = float(np.max((np.abs(a - b) / (1 + np.abs(a)))[finite], initial=0))
            if not np.array_equal(finite, np.isfinite(b)):
                off = np.inf
            if off > worst[0]:
                worst = (off, f"labels in the order {order.tolist()}: {what} differs by up to {off:.3g}")
    return Finding(worst[0], 1e-7, worst[1], "Is one component treated apart, or an array indexed by a fixed label?")


@theorem("fixed point", "W25", "Where EM stands still, log p(x|θ) is stationary: its gradient is 0.",
         "gain along the gradient", "EM creeps at the end, so a little is left")
def fixed_point(trial):
    ends = _ends(trial)
    worst = (-1.0, "")
    for model in ends:
        q = trial.posterior(model)
        top, size = trial.expected(model, q), trial.size(model)
        for direction in trial.parameters.directions(model, trial.rng(12)):
            # the bend of Q, not that of log p(x|θ), which may be flat: it is what one more iteration would gain
            step = search.step(trial, model, direction, lambda m, q=q: trial.expected(m, q), top, size)
            if step is None:
                continue
            h, middle, left, right = step
            slope = search.slope(trial, model, direction, h, trial.log_lik)
            promised = slope ** 2 / (2 * max(abs(right + left - 2 * middle), search.NAT / 10)) / size
            promised = np.inf if np.isnan(promised) else float(promised)
            if promised > worst[0]:
                worst = (promised, f"EM has stopped, yet along {direction.label} log p(x|θ) has the slope "
                         f"{numbers(slope / h)}")
    if worst[0] < 0:
        raise NotApplicable("no parameter can be moved both ways")
    return Finding(float(worst[0]), STATIONARY, worst[1],
                   "EM converged to a place that is no stationary point: one half-step is wrong.")


@theorem("identifiable", "W25",
         "Two maxima of equal height differ only by the names of the labels: the data can tell all other θ apart.",
         "flat directions", "they are counted")
def identifiable(trial):
    names, ends = trial.parameters.names, _ends(trial)
    if len(ends) < 2:
        raise NotApplicable("EM converged from one start only")
    level = [(a, b) for a, b in itertools.combinations(ends, 2)
             if abs(trial.log_liks(a).sum() - trial.log_liks(b).sum()) <= 1e-8 * trial.size(a)]
    if not level:
        raise NotApplicable("no two starts ended at the same height")
    for a, b in level:
        joint_a, joint_b = (np.exp(trial.log_joint(model)).T for model in (a, b))
        apart = [min(float(np.max(np.abs(c - d) / c.max())) for d in joint_b) for c in joint_a]
        if max(apart) < 1e-2:               # the same components, in some order
            continue
        # where two components coincide any model is flat; a model that cannot be identified is flat everywhere
        missing, free = min(_flat(trial, model) for model in (a, *trial.models, *trial.starts))
        if missing:
            shown = [", ".join(f"{n} = {numbers(trial.parameters.value(m, n))}" for n in names) for m in (a, b)]
            return Finding(float(missing), 0, f"{shown[0]}\nand {shown[1]}\nhave the same log p(x|θ) = "
                           f"{numbers(trial.log_liks(a).sum())}, to eight digits; "
                           f"{missing} of {free} directions of θ are flat",
                           "No algorithm can choose between them: the model has more parameters than these data can "
                           "tell apart.")
    return Finding(0.0, 0)


CHECKS = (monotone, fisher, permutation, fixed_point, identifiable)


def _ends(trial):
    """The last model of each run that has converged."""
    ends = [models[-1] for models, heights in trial.runs
            if len(heights) > 1 and abs(heights[-1] - heights[-2]) <= 1e-11 * trial.size(models[-1])]
    if not ends:
        raise NotApplicable("EM had not converged within the iterations tried")
    return ends


def _flat(trial, model):
    """How many directions of θ change no point's likelihood, and how many there are."""
    rows, top, size = [], float(trial.log_liks(model).sum()), trial.size(model)
    for direction in trial.parameters.directions(model, trial.rng(15)):
        step = search.step(trial, model, direction, lambda m: trial.log_liks(m).sum(), top, size)
        if step is None:
            return 0, 0             # a parameter at its border: this cannot be told by derivatives
        rows.append(search.slope(trial, model, direction, step[0], trial.log_liks))
    scores = np.array(rows)
    scores /= np.maximum(np.linalg.norm(scores, axis=1, keepdims=True), np.finfo(float).tiny)
    values = np.linalg.svd(scores, compute_uv=False)
    return len(rows) - int((values > FLAT * values[0]).sum()), len(rows)
