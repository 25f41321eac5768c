"""What the model says of x and z: log p(x, z|θ), the posterior by Bayes' rule, and the log-likelihood."""

import copy

import numpy as np

from emlib.bound import log_posterior
from emlib.contracts.data import difference, length, one, take
from emlib.contracts.latent import returned
from emlib.contracts.show import numbers
from emlib.contracts.theorem import Finding, NotApplicable, theorem
from emlib.contracts.tolerances import ALONE, IDENTITY, NOTHING, PROBABILITY, ROW_SUM

NO_POSTERIOR = "the model has no posterior of its own; Bayes' rule on its log_joint is used"


@theorem("log joint", "",
         "log p(x, z|θ) is one finite number (or −∞) for each point and each z, and a point's row is its own.",
         "entries NaN or +∞, rows all −∞", NOTHING, "they are counted")
def log_joint(trial):
    prior = trial.log_prior(trial.model) if np.ndim(_log_prior(trial)) == 0 else np.nan
    if not np.isfinite(prior):
        return Finding(1.0, f"log_prior() = {numbers(_log_prior(trial))}", "log p(θ) is one finite number, in nats.")
    return (_table if trial.labels else _any_z)(trial)


def _log_prior(trial):
    return trial.model.log_prior() if trial.has("log_prior") else 0.0


def _table(trial):
    x, table = trial.x, trial.table(trial.model)
    bad = np.isnan(table) | (table == np.inf) | np.isneginf(table).all(axis=1, keepdims=True)
    if len(table) != length(x):
        return Finding(float(table.size), f"log_joint(x) has shape {table.shape} for {length(x)} points",
                       "One row a point, one column a z: is it transposed?")
    if bad.any():
        n = int(np.argmax(bad.any(axis=1)))
        return Finding(float(bad.sum()), f"x = {numbers(one(x, n))} has the row {numbers(table[n])}",
                       "Work with logarithms throughout: log 0 is −∞, but 0/0 and log of a negative number are NaN.")
    alone, alone_to = trial.table(trial.model, take(x, slice(0, 1))), trial.allowed(ALONE)
    differs = not np.allclose(alone[0], table[0], rtol=alone_to, atol=alone_to)
    return Finding(float(differs), f"x = {numbers(one(x, 0))} has the row {numbers(table[0])} among {length(x)} "
                   f"points, and {numbers(alone[0])} alone",
                   "A row must not depend on the other points, nor on chance.")


def _any_z(trial):
    """The same of log p(x|θ), E_q[log p(x, z|θ)], H(q) and KL, one number a piece."""
    model, x, alone_to = trial.model, trial.x, trial.allowed(ALONE)
    q = trial.random_q(model, 17)
    said = {"log_liks(x)": model.log_liks(x), "expected_log_joint(x, q)": model.expected_log_joint(x, q),
            "q.entropy()": q.entropy(), "q.kl(posterior(x))": q.kl(model.posterior(x))}
    first, part = take(x, slice(0, 1)), q[np.arange(1)]
    alone = {"log_liks(x)": model.log_liks(first), "expected_log_joint(x, q)": model.expected_log_joint(first, part),
             "q.entropy()": part.entropy(), "q.kl(posterior(x))": part.kl(model.posterior(first))}
    for what, values in said.items():
        if np.shape(values) != (length(x),):
            return Finding(float(max(np.size(values), 1)),
                           f"{what} has shape {np.shape(values)} for {length(x)} rows of x",
                           f"One number for each row or sequence: ({length(x)},).")
        bad = ~np.isfinite(values) & ~(np.equal(values, np.inf) & (what == "q.kl(posterior(x))"))
        if bad.any():
            n = int(np.argmax(bad))
            return Finding(float(bad.sum()), f"x = {numbers(one(x, n))} has {what} = {numbers(values[n])}",
                           "Work with logarithms throughout: 0/0 and log of a negative number are NaN.")
        if np.shape(alone[what]) != (1,) or not np.allclose(alone[what][0], values[0], rtol=alone_to, atol=alone_to):
            return Finding(1.0, f"x = {numbers(one(x, 0))} has {what} = {numbers(values[0])} among {length(x)}, "
                           f"and {numbers(np.asarray(alone[what]))} alone",
                           "What is said of a row or sequence must not depend on the others, nor on chance; "
                           "and q[rows] is the q of these rows.")
    return Finding(0.0)


@theorem("old model kept", "", "The M-step returns a new model θ^{t+1}; θ^t, the data and q stay as they were.",
         "largest change", NOTHING, "nothing may change at all")
def old_model_kept(trial):
    model, x, q = copy.deepcopy(trial.model), copy.deepcopy(trial.x), trial.random_q(trial.model, 0)
    said = "log_joint" if trial.labels else "log_liks or expected_log_joint"
    before, given = trial.table(model), copy.deepcopy(q)
    returned(model, model.m_step(x, q))
    changes = {f"{said} of the old model": difference(before, trial.table(model)),
               "x": difference(trial.x, x), "q": difference(given, q)}
    name, change = max(changes.items(), key=lambda item: item[1])
    overwritten = [n for n in trial.found.names if difference(trial.found.value(trial.model, n),
                                                              trial.found.value(model, n))] if change else []
    of = f" (its {', '.join(overwritten)})" if overwritten else ""
    return Finding(change, f"after m_step(x, q), {name}{of} has changed by up to {change:.3g}",
                   "Build and return a new model from new arrays; no +=, no assignment to self.")


@theorem("posterior sums to 1", "",
         "For every x, p(z|x,θ) is a distribution over z: non-negative, and Σ_z p(z|x,θ) = 1.",
         "|row sum − 1|", ROW_SUM, "what single precision leaves of 1", labels_only=True)
def normalisation(trial):
    worst = (0.0, None)
    for model, x in _places(trial):
        p = trial.posterior(model, x)
        if p.shape != (length(x), trial.k):
            return Finding(np.inf, f"posterior(x) has shape {p.shape}; expected {(length(x), trial.k)}")
        off = np.where(np.isfinite(p).all(axis=1), np.abs(p.sum(axis=1) - 1) + np.maximum(-p, 0).sum(axis=1), np.inf)
        if x is trial.far and worst[0] > trial.allowed(ROW_SUM):       # on the data themselves is the better example
            break
        if off.max() > worst[0]:
            worst = (float(off.max()), (model, x, p, int(np.argmax(off))))
    if worst[1] is None:
        return Finding(0.0)
    model, x, p, n = worst[1]
    lj = trial.table(model, x)
    if not np.isfinite(p[n]).all():
        hint = ("exp(log_joint) underflows to 0 for such a point, and 0/0 is NaN: subtract the row's largest log_joint "
                "before exp (log-sum-exp).") if lj[n].max() < -700 else "Look for 0/0."
    elif np.allclose(p.sum(axis=0), 1):
        hint = ("It is the columns that sum to 1: the sum went over the points (axis=0). "
                "Sum over z: axis=1, keepdims=True.")
    else:
        hint = "Divide each row by its sum over z: axis=1, keepdims=True."
    return Finding(worst[0], f"x = {numbers(one(x, n))}: log_joint = {numbers(lj[n])}, posterior = {numbers(p[n])}, "
                   f"sum {numbers(p[n].sum())}", hint)


@theorem("product rule", "W3",
         "log p(x,z|θ) − log p(z|x,θ) = log p(x|θ) is the same for every z: the posterior is Bayes' rule.",
         "|posterior − Bayes' rule|", PROBABILITY, "rounding of a probability, many times over", labels_only=True)
def product_rule(trial):
    if not trial.has("posterior"):
        raise NotApplicable(NO_POSTERIOR)
    measured, worst, first = -1.0, None, None
    for model, x in _places(trial):
        log_joint = trial.table(model, x)
        p, right = trial.posterior(model, x), np.exp(log_posterior(log_joint))
        off = _nan_as_inf(np.abs(p - right).max(axis=1))
        n = int(np.argmax(off))
        first = off[n] if first is None else first
        if off[n] > measured:
            measured, worst = float(off[n]), (one(x, n), log_joint[n], p[n], right[n])
    x, log_joint, p, right = worst
    hint = "It is exp(log_joint) divided by its sum over z, nothing else."
    if sorted(p) == [0] * (trial.k - 1) + [1]:
        hint = "It is one-hot: the most probable z was taken for the posterior."
    elif first <= trial.allowed(PROBABILITY):
        hint = "It was right before the first M-step: is the posterior kept from an older θ?"
    return Finding(measured, f"x = {numbers(x)}: log_joint = {numbers(log_joint)}, so the posterior is "
                   f"{numbers(right)}, not {numbers(p)}", hint)


@theorem("log-likelihood", "W15", "log p(x|θ) = Σ_n log Σ_z p(x_n, z|θ): a sum over the points, in nats.",
         "|log_lik − log-sum-exp|", IDENTITY, "rounding, relative to the sum of |log p(x_n|θ)|")
def log_likelihood(trial):
    if not trial.has("log_lik"):
        raise NotApplicable("the model has no log_lik of its own; "
                            + ("log-sum-exp of its log_joint is used" if trial.labels else "log_liks(x) is added up"))
    worst = None
    for model, x in _places(trial):
        def gap(rows, model=model, x=x):
            points = trial.log_liks(model, take(x, rows))
            return _nan_as_inf(abs(trial.log_lik(model, take(x, rows)) - points.sum())) / max(1, np.abs(points).sum())
        found = gap(np.arange(length(x)))
        if worst is None or found > worst[0]:
            worst = (float(found), model, x, gap)
    value, model, x, gap = worst
    if value <= trial.allowed(IDENTITY):
        return Finding(value)
    rows = np.array([0]) if gap(np.array([0])) > trial.allowed(IDENTITY) else np.arange(min(2, length(x)))
    mine, right = trial.log_lik(model, x), trial.log_liks(model, x).sum()
    guesses = {"It is the mean over the points; totals are needed, or W8 cannot hold for sums.": right / length(x),
               "It is in bits: a logarithm to the base 2.": right / np.log(2)}
    if trial.labels:
        lj = trial.table(model, x)
        guesses |= {"It keeps the largest term only: logaddexp.reduce, not max.": lj.max(axis=1).sum(),
                    "It adds logarithms over z: the sum over z stands inside the logarithm.": lj.sum()}
    hint = next((h for h, v in guesses.items() if np.isclose(mine, v, rtol=1e-6)), "")
    if not np.isfinite(mine):
        hint = "exp underflows far from the model: subtract the row's largest log_joint first (log-sum-exp)."
    shown = take(x, rows)
    said, true = trial.log_lik(model, shown), trial.log_liks(model, shown).sum()
    return Finding(value, f"{len(rows)} point{'s' * (len(rows) > 1)}, x = {numbers(shown)}: log_lik says "
                   f"{numbers(said)}, {'log-sum-exp' if trial.labels else 'the sum of log_liks'} {numbers(true)}", hint)


OF_LOG_JOINT = (log_joint,)
CHECKS = (old_model_kept, normalisation, product_rule, log_likelihood)


def _places(trial):
    """(model, x): every model on the data, the first one also far from them."""
    yield from ((model, trial.x) for model in trial.models)
    if trial.far is not None:
        yield trial.model, trial.far


def _nan_as_inf(value):
    return np.where(np.isnan(value), np.inf, value)
