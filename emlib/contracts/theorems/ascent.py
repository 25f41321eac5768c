"""The checks of EM as a whole: what the two half-steps do together, and where they end."""

import itertools

import numpy as np

from emlib.contracts import search
from emlib.contracts.show import apart, numbers, points
from emlib.contracts.theorem import Finding, NotApplicable, theorem
from emlib.contracts.tolerances import (
    ASCENT,
    CONVERGED,
    DERIVATIVE,
    DOUBLE,
    FLAT,
    NOTHING,
    RELABELLED,
    SPREAD,
    STATIONARY,
)
from emlib.em import Collapse

SOME = 20               # falls, the largest first, that are looked at: is it rounding?


@theorem("monotone ascent", "W24",
         "Under the exact E-step log p(x|θ) never falls: log p(x|θ^{t+1}) ≥ L(q, θ^{t+1}) ≥ L(q, θ^t) = log p(x|θ^t).",
         "largest signed fall", ASCENT, "rounding, relative to the sum of |log p(x_n|θ)|")
def monotone(trial):
    falls = [((before - after) / run.sizes[t], s, t + 1, run.models[t], before - after)
             for s, run in enumerate(trial.runs)
             for t, (before, after) in enumerate(itertools.pairwise(run.objectives))]
    if not falls:
        raise NotApplicable("no iteration could be made: every M-step ended in a collapse")
    falls.sort(key=lambda fall: -fall[0])
    real = (f for f in falls[:SOME] if f[0] > trial.allowed(ASCENT)
            and not trial.is_rounding(f[3], trial.posterior(f[3]), f[4]))
    fall, s, t, model, nats = next(real, (None,) * 5)
    if model is None:
        return Finding(float(np.clip(falls[0][0], 0.0, trial.allowed(ASCENT))))

    def falls(rows):
        x = trial.take(rows)
        new = trial.m_step(model, trial.posterior(model, x), x)
        before, after = (trial.objective(m, x) for m in (model, new))
        return (before, after) if after < before - 1e-6 else None
    rows, said = trial.smallest(falls, least=trial.fewest)
    small = f"\n{points(trial, rows)}: one iteration from {' to '.join(apart(*said))}" if said else ""
    where = "the model itself" if s == 0 else f"start {s}"
    return Finding(float(fall), f"from {where}, {_objective(trial)} falls by {nats:.3g} in iteration {t}{small}",
                   "The checks above say which half-step is to blame.")


# A prior would stand on both sides and cancel; without it the comparison is the sharper.
@theorem("Fisher's identity", "",
         "At θ^t the bound touches log p(x|θ) with the same gradient: ∇Q(θ, θ^t) = ∇ log p(x|θ).",
         "difference of the derivatives", DERIVATIVE, "finite differences, relative to the curvature")
def fisher(trial):
    _derivatives_can_be_told(trial)
    worst = (-1.0, "")
    for model in trial.models[:2]:
        q = trial.posterior(model)

        def expected(m, q=q):
            return trial.z.expected(m, trial.x, q)
        objectives = [(objective, objective(model)) for objective in (expected, trial.log_lik)]
        least = max(np.sqrt(search.PROBE), 1e-12 * trial.size(model) / DERIVATIVE, 40 * trial.noise / DERIVATIVE)
        for direction in trial.parameters.directions(model, trial.rng(10)):
            probes = [search.probe(trial, model, direction, *objective, trial.size(model)) for objective in objectives]
            if None in probes:
                continue
            h = min(probe.h for probe in probes)        # short for both: their curvatures differ
            a, b = (search.derivative(trial, model, direction, h, f) for f in (trial.log_lik, expected))
            off = float(abs(a - b) / max(abs(a), abs(b), least))
            off = np.inf if np.isnan(off) else off
            if off > worst[0]:
                worst = (off, f"along {direction.label} log p(x|θ) has the derivative {numbers(a / h)}, "
                         f"Q has {numbers(b / h)}")
    if worst[0] < 0:
        raise NotApplicable("no parameter can be moved both ways")
    return Finding(float(worst[0]), worst[1],
                   "Is log p(x|θ) the sum over z of the same log_joint, and q its posterior?" if trial.labels else
                   "Are log_liks(x) and expected_log_joint(x, q) of one p(x, z|θ), and q its posterior?")


@theorem("label permutation", "",
         "The sum over z has no order: with the labels renamed, the same likelihood and the same EM.",
         "|difference|", RELABELLED, "rounding, relative to log_joint", labels_only=True)
def permutation(trial):
    if trial.k == 1:
        raise NotApplicable("there is only one label")
    order = np.roll(np.arange(trial.k), 1)
    worst = (-1.0, "")
    for model in trial.models[:2]:
        other = trial.parameters.relabelled(model, order)
        if other is None:
            raise NotApplicable("no reordering of the parameters renames the labels: they are not interchangeable here")
        if any(len(held) == trial.k and (held != held[order]).any() for held in trial.parameters.held.values()
               if held.ndim):
            raise NotApplicable("what is held on purpose tells the labels apart")
        if trial.log_prior(other) != trial.log_prior(model):
            raise NotApplicable("the prior tells the labels apart")
        q = trial.random_q(model, 11)
        pairs = [("log p(x|θ)", trial.log_lik(model), trial.log_lik(other)),
                 ("the posterior", trial.posterior(model)[:, order], trial.posterior(other))]
        try:
            pairs.append(("log_joint after one M-step", trial.table(trial.m_step(model, q))[:, order],
                          trial.table(trial.m_step(other, q[:, order]))))
        except Collapse:
            pass
        for what, a, b in pairs:
            a, b = np.asarray(a), np.asarray(b)
            finite = np.isfinite(a)
            size = 1 + np.abs(a) + SPREAD * trial.noise_of_entries / RELABELLED
            off = float(np.max((np.abs(a - b) / size)[finite], initial=0))
            if not np.array_equal(finite, np.isfinite(b)):
                off = np.inf
            if off > worst[0]:
                worst = (off, f"labels in the order {order.tolist()}: {what} differs by up to {off:.3g}")
    return Finding(worst[0], worst[1], "Is one component treated apart, or an array indexed by a fixed label?")


@theorem("fixed point", "W25", "Where EM stands still, log p(x|θ) is stationary: its gradient is 0.",
         "gain along the gradient", STATIONARY, "EM converges linearly, so a small gradient remains")
def fixed_point(trial):
    _derivatives_can_be_told(trial)
    worst = (-1.0, "")
    for model in _ends(trial):
        q = trial.posterior(model)
        expected, size = trial.expected(model, q), trial.size(model)
        for direction in trial.parameters.directions(model, trial.rng(12)):
            # the curvature of Q, not that of log p(x|θ), which may be flat: it is what one more iteration would gain
            probe = search.probe(trial, model, direction, lambda m, q=q: trial.expected(m, q), expected, size)
            if probe is None:
                continue
            gradient = search.derivative(trial, model, direction, probe.h,
                                         lambda m: trial.log_lik(m) + trial.log_prior(m))
            if np.isnan(gradient) and _leaves(trial, model, direction, probe.h):
                continue                    # at the border of θ
            promised = gradient ** 2 / (2 * max(abs(probe.curvature), search.PROBE / 10)) / size
            promised = np.inf if np.isnan(promised) else float(promised)
            if promised > worst[0]:
                worst = (promised, f"EM has stopped, yet along {direction.label} {_objective(trial)} has the "
                         f"derivative {numbers(gradient / probe.h)}")
    if worst[0] < 0:
        raise NotApplicable("no parameter can be moved both ways")
    return Finding(float(worst[0]), worst[1],
                   "EM converged to a place that is no stationary point: one half-step is wrong.")


@theorem("identifiable", "",
         "Two maxima of equal height differ only by the names of the labels: the data can tell all other θ apart.",
         "flat directions", NOTHING, "they are counted", labels_only=True)
def identifiable(trial):
    _derivatives_can_be_told(trial)
    names, ends = trial.parameters.names, _ends(trial)
    if len(ends) < 2:
        raise NotApplicable("EM converged from one start only")
    level = [(a, b) for a, b in itertools.combinations(ends, 2)
             if abs(trial.objective(a) - trial.objective(b)) <= 1e-8 * trial.size(a)]
    if not level:
        raise NotApplicable("no two starts ended at the same height")
    for a, b in level:
        joint_a, joint_b = (np.exp(trial.table(model)).T for model in (a, b))
        apart = [min(float(np.max(np.abs(c - d) / c.max())) for d in joint_b) for c in joint_a]
        if max(apart) < 1e-2:               # the same components, in some order
            continue
        # where two components coincide any model is flat; a model that cannot be identified is flat everywhere
        missing, free = min(_flat(trial, model) for model in (a, *trial.models, *trial.initial_models))
        if missing:
            shown = [", ".join(f"{n} = {numbers(trial.parameters.value(m, n))}" for n in names) for m in (a, b)]
            return Finding(float(missing), f"{shown[0]}\nand {shown[1]}\nhave the same {_objective(trial)} = "
                           f"{numbers(trial.objective(a))}, to eight digits; "
                           f"{missing} of {free} directions of θ are flat",
                           "No algorithm can choose between them: the model has more parameters than these data can "
                           "tell apart.")
    return Finding(0.0)


CHECKS = (monotone, fisher, permutation, fixed_point, identifiable)


def _objective(trial):
    return "log p(x|θ) + log p(θ)" if trial.has("log_prior") else "log p(x|θ)"


def _leaves(trial, model, direction, h):
    """Whether log p(x, z|θ) is no number a small step to one side."""
    return any(np.isnan(trial.table(trial.parameters.moved(model, direction, t))).any() for t in (-0.1 * h, 0.1 * h))


def _derivatives_can_be_told(trial):
    """A step changes the objective by PROBE nats; where rounding does as much, no derivative is left."""
    if trial.noise > 1e-3 * search.PROBE or trial.epsilon > DOUBLE:
        raise NotApplicable("rounding leaves no digits for a difference of derivatives: "
                            + ("single precision" if trial.epsilon > DOUBLE else f"{trial.noise:.1g} nats"))


def _ends(trial):
    """The last model of each run that has converged."""
    ends = [run.models[-1] for run in trial.runs if len(run.models) > 1
            and abs(run.objectives[-1] - run.objectives[-2]) <= CONVERGED * run.sizes[-1]]
    if not ends:
        raise NotApplicable("EM had not converged within the iterations tried")
    return ends


def _flat(trial, model):
    """How many directions of θ change neither any point's likelihood nor the prior, and how many there are."""
    def scores_of(m):
        return np.append(trial.log_liks(m), trial.log_prior(m))
    rows, objective, size = [], trial.objective(model), trial.size(model)
    for direction in trial.parameters.directions(model, trial.rng(15)):
        probe = search.probe(trial, model, direction, trial.objective, objective, size)
        if probe is None:
            return 0, 0             # a parameter at its border: this cannot be told by derivatives
        rows.append(search.derivative(trial, model, direction, probe.h, scores_of))
    scores = np.array(rows)
    scores /= np.maximum(np.linalg.norm(scores, axis=1, keepdims=True), np.finfo(float).tiny)
    values = np.linalg.svd(scores, compute_uv=False)
    return len(rows) - int((values > FLAT * values[0]).sum()), len(rows)
