"""The checks of the left half of the whiteboard: the posterior, the identity, and the E-step that makes it tight."""

import copy

import numpy as np

from emlib.bound import bound, log_posterior
from emlib.contracts.theorem import Finding, theorem
from emlib.contracts.trial import NotApplicable, numbers, points

ROUNDING = 1e-10            # relative to the sizes added up; a mistake is many orders larger
NO_POSTERIOR = "the model has no posterior of its own; Bayes' rule on its log_joint is used"


@theorem("log joint", "W1",
         "log p(x, z|θ) is one finite number (or −∞) for each point and each z, and a point's row is its own.",
         "entries that are not", "they are counted")
def log_joint(trial):
    x = trial.x
    table = trial.log_joint(trial.model)
    bad = np.isnan(table) | (table == np.inf) | np.isneginf(table).all(axis=1, keepdims=True)
    if len(table) != len(x):
        return Finding(float(table.size), 0, f"log_joint(x) has shape {table.shape} for {len(x)} points",
                       "One row a point, one column a z: is it transposed?")
    if bad.any():
        n = int(np.argmax(bad.any(axis=1)))
        return Finding(float(bad.sum()), 0, f"x = {numbers(x[n])} has the row {numbers(table[n])}",
                       "Work with logarithms throughout: log 0 is −∞, but 0/0 and log of a negative number are NaN.")
    alone = trial.log_joint(trial.model, x[:1])
    differs = not np.allclose(alone[0], table[0], rtol=1e-9, atol=1e-9)
    return Finding(float(differs), 0, f"x = {numbers(x[0])} has the row {numbers(table[0])} among {len(x)} points, "
                   f"and {numbers(alone[0])} alone", "A row must not depend on the other points, nor on chance.")


@theorem("old model kept", "W10", "The M-step returns a new model θ^{t+1}; θ^t, the data and q stay as they were.",
         "largest change", "nothing may change at all")
def old_model_kept(trial):
    model, x, q = copy.deepcopy(trial.model), trial.x.copy(), trial.random_q(0)
    before, given = trial.log_joint(model), q.copy()
    model.m_step(x, q)
    changes = {"log_joint of the old model": np.abs(trial.log_joint(model) - before)[np.isfinite(before)],
               "x": np.abs(x - trial.x), "q": np.abs(q - given)}
    name, change = max(((name, float(np.max(c, initial=0))) for name, c in changes.items()), key=lambda item: item[1])
    return Finding(change, 0, f"after m_step(x, q), {name} has changed by up to {change:.3g}",
                   "Build and return a new model from new arrays; no +=, no assignment to self.")


@theorem("posterior sums to 1", "W5",
         "For every x, p(z|x,θ) is a distribution over z: non-negative, and Σ_z p(z|x,θ) = 1.",
         "|row sum − 1|", "what single precision leaves of 1")
def normalisation(trial):
    worst = (0.0, None)
    for model, x in _places(trial):
        p = trial.posterior(model, x)
        if p.shape != (len(x), trial.k):
            return Finding(np.inf, 1e-6, f"posterior(x) has shape {p.shape}; expected {(len(x), trial.k)}")
        off = np.where(np.isfinite(p).all(axis=1), np.abs(p.sum(axis=1) - 1) + np.maximum(-p, 0).sum(axis=1), np.inf)
        if x is trial.far and worst[0] > 1e-6:          # on the data themselves is the better example
            break
        if off.max() > worst[0]:
            worst = (float(off.max()), (model, x, p, int(np.argmax(off))))
    if worst[1] is None:
        return Finding(0.0, 1e-6)
    model, x, p, n = worst[1]
    lj = trial.log_joint(model, x)
    if not np.isfinite(p[n]).all():
        hint = ("exp(log_joint) underflows to 0 for such a point, and 0/0 is NaN: subtract the row's largest log_joint "
                "before exp (log-sum-exp).") if lj[n].max() < -700 else "Look for 0/0."
    elif np.allclose(p.sum(axis=0), 1):
        hint = ("It is the columns that sum to 1: the sum went over the points (axis=0). "
                "Sum over z: axis=1, keepdims=True.")
    else:
        hint = "Divide each row by its sum over z: axis=1, keepdims=True."
    return Finding(worst[0], 1e-6, f"x = {numbers(x[n])}: log_joint = {numbers(lj[n])}, posterior = {numbers(p[n])}, "
                   f"sum {numbers(p[n].sum())}", hint)


@theorem("product rule", "W3",
         "log p(x,z|θ) − log p(z|x,θ) = log p(x|θ) is the same for every z: the posterior is Bayes' rule.",
         "|posterior − Bayes' rule|", "rounding of a probability, many times over")
def product_rule(trial):
    if not trial.has("posterior"):
        raise NotApplicable(NO_POSTERIOR)
    measured, worst, first = -1.0, None, None
    for model, x in _places(trial):
        log_joint = trial.log_joint(model, x)
        p, right = trial.posterior(model, x), np.exp(log_posterior(log_joint))
        off = _nan_as_inf(np.abs(p - right).max(axis=1))
        n = int(np.argmax(off))
        first = off[n] if first is None else first
        if off[n] > measured:
            measured, worst = float(off[n]), (x[n], log_joint[n], p[n], right[n])
    x, log_joint, p, right = worst
    hint = "It is exp(log_joint) divided by its sum over z, nothing else."
    if sorted(p) == [0] * (trial.k - 1) + [1]:
        hint = "It is one-hot: the most probable z was taken for the posterior."
    elif first <= 1e-8:
        hint = "It was right before the first M-step: is the posterior kept from an older θ?"
    return Finding(measured, 1e-8, f"x = {numbers(x)}: log_joint = {numbers(log_joint)}, so the posterior is "
                   f"{numbers(right)}, not {numbers(p)}", hint)


@theorem("log-likelihood", "W15", "log p(x|θ) = Σ_n log Σ_z p(x_n, z|θ): a sum over the points, in nats.",
         "|log_lik − log-sum-exp|", "rounding, relative to the sum of |log p(x_n|θ)|")
def log_likelihood(trial):
    if not trial.has("log_lik"):
        raise NotApplicable("the model has no log_lik of its own; log-sum-exp of its log_joint is used")
    worst = None
    for model, x in _places(trial):
        def gap(rows, model=model, x=x):
            points = trial.log_liks(model, x[rows])
            return _nan_as_inf(abs(trial.log_lik(model, x[rows]) - points.sum())) / max(1.0, np.abs(points).sum())
        found = gap(np.arange(len(x)))
        if worst is None or found > worst[0]:
            worst = (float(found), model, x, gap)
    value, model, x, gap = worst
    if value <= ROUNDING:
        return Finding(value, ROUNDING)
    rows = np.array([0]) if gap(np.array([0])) > ROUNDING else np.arange(min(2, len(x)))
    mine, right = trial.log_lik(model, x), trial.log_liks(model, x).sum()
    lj = trial.log_joint(model, x)
    guesses = {"It is the mean over the points; totals are needed, or W8 cannot hold for sums.": right / len(x),
               "It is in bits: a logarithm to the base 2.": right / np.log(2),
               "It keeps the largest term only: logaddexp.reduce, not max.": lj.max(axis=1).sum(),
               "It adds logarithms over z: the sum over z stands inside the logarithm.": lj.sum()}
    hint = next((h for h, v in guesses.items() if np.isclose(mine, v, rtol=1e-6)), "")
    if not np.isfinite(mine):
        hint = "exp underflows far from the model: subtract the row's largest log_joint first (log-sum-exp)."
    said, true = trial.log_lik(model, x[rows]), trial.log_liks(model, x[rows]).sum()
    return Finding(value, ROUNDING, f"{len(rows)} point{'s' * (len(rows) > 1)}, x = {numbers(x[rows])}: log_lik says "
                   f"{numbers(said)}, log-sum-exp {numbers(true)}", hint)


def _identity(trial, q_of):
    worst, why = (0.0, None, None), ""
    for model in trial.models:
        q = q_of(model)

        def gap(rows, model=model, q=q):
            x, part = trial.x[rows], q[rows]
            height, elbo, kl = trial.log_lik(model, x), trial.elbo(model, part, x), _kl(trial, model, part, x).sum()
            if elbo == -np.inf and kl == np.inf:
                return 0.0, (height, elbo, kl)
            off = _nan_as_inf(abs(height - elbo - kl)) / max(trial.size(model, x), abs(elbo), abs(kl))
            return off, (height, elbo, kl)

        found = float(gap(np.arange(trial.n))[0])
        if found > worst[0]:
            worst = (found, gap, (model, q))
    if worst[0] <= ROUNDING:
        return Finding(worst[0], ROUNDING)
    model, q = worst[2]
    rows, _ = trial.smallest(lambda rows: worst[1](rows)[0] > ROUNDING)
    _, (height, elbo, kl) = worst[1](rows)
    x, part = trial.x[rows], q[rows]
    if trial.has("elbo"):
        right = bound(trial.log_joint(model, x), part)
        other = trial.elbo(model, trial.random_q(9, n=len(rows)), x)
        if np.isclose(elbo, right.expected_log_joint) and right.entropy > 1e-9:
            why = "elbo is Q = E_q[log p(x,z|θ)] alone. The bound is Q + H(q): the entropy of q is missing."
        elif elbo == other:
            why = "elbo does not move when q does: it uses an older q, not the one it is given."
        elif np.isclose(elbo, right.elbo / len(rows)) or np.isclose(elbo, right.elbo / trial.n):
            why = "elbo is a mean over the points; totals are needed."
        elif np.isclose(elbo, right.expected_log_joint - right.entropy):
            why = "The entropy of q is −Σ q log q; here it enters with the wrong sign."
    return Finding(worst[0], ROUNDING, f"{points(trial, rows, q)}: "
                   f"log p(x) = {numbers(height)}, but ELBO + KL = {numbers(elbo)} + {numbers(kl)}", why)


WHY = "rounding, relative to the sizes added up"
ANY = "log p(x|θ) = ELBO(q, θ) + KL(q ‖ p(z|x,θ)) for every q; here for q"
GAP = "|log p − ELBO − KL|"


@theorem("identity, random q", "W8", f"{ANY} drawn at random.", GAP, WHY)
def identity_random(trial):
    return _identity(trial, lambda model: trial.random_q(5))


@theorem("identity, one-hot q", "W8", f"{ANY} that puts everything on one z (its entropy is 0).", GAP, WHY)
def identity_one_hot(trial):
    return _identity(trial, lambda model: trial.one_hot_q(5))


@theorem("identity, posterior", "W8", f"{ANY} = p(z|x,θ), where the KL is 0.", GAP, WHY)
def identity_posterior(trial):
    return _identity(trial, lambda model: trial.posterior(model))


@theorem("KL ≥ 0", "W9", "KL(q ‖ p(z|x,θ)) ≥ 0, and 0 only at the posterior: at least ½ (Σ_z |q − p|)² (Pinsker).",
         "largest shortfall", "rounding, relative to the sum of |log p(x_n|θ)|")
def kl_not_negative(trial):
    worst, told = -np.inf, ""
    for model in trial.models:
        p, tolerance = trial.posterior(model), ROUNDING * trial.size(model)
        near, half = 0.9 * p + 0.1 * trial.random_q(7), 0.5 * p + 0.5 * trial.one_hot_q(6)
        for q in (trial.random_q(6), near, half, p):
            least = 0.5 * np.sum(np.abs(q - p).sum(axis=1) ** 2)
            by_difference = trial.log_lik(model) - trial.elbo(model, q)
            kl = _kl(trial, model, q, trial.x).sum()
            for value, how in ((kl, "Σ q log(q/p)"), (by_difference, "log p(x) − ELBO")):
                short = _nan_as_inf(max(least - value, abs(value) if q is p else 0)) / tolerance
                if short > worst:
                    worst = short
                    told = (f"all {trial.n} points: KL = {how} = {numbers(value)}, "
                            + ("at the posterior itself" if q is p else f"where at least {numbers(least)} is due"))
    return Finding(float(max(worst, 0)) * ROUNDING, ROUNDING, told,
                   "Is the ELBO a lower bound, and the posterior a distribution?")


@theorem("E-step is tight", "W11", "With q = p(z|x,θ) the bound touches: ELBO(q, θ) = log p(x|θ).",
         "|log p − ELBO|", "rounding, relative to the sum of |log p(x_n|θ)|")
def tightness(trial):
    def gap(model, rows):
        x = trial.x[rows]
        height, elbo = trial.log_lik(model, x), trial.elbo(model, trial.posterior(model, x), x)
        return _nan_as_inf(abs(height - elbo)) / trial.size(model, x), height, elbo
    model = max(trial.models, key=lambda m: gap(m, np.arange(trial.n))[0])
    measured = gap(model, np.arange(trial.n))[0]
    if measured <= ROUNDING:
        return Finding(float(measured), ROUNDING)
    rows, _ = trial.smallest(lambda rows: gap(model, rows)[0] > ROUNDING)
    _, height, elbo = gap(model, rows)
    return Finding(float(measured), ROUNDING, f"{points(trial, rows)}: at the posterior "
                   f" ELBO = {numbers(elbo)}, log p(x) = {numbers(height)}",
                   "Either q is not the posterior of this θ, or the bound is not computed with this q.")


CHECKS = (log_joint, old_model_kept, normalisation, product_rule, log_likelihood, identity_random, identity_one_hot,
          identity_posterior, kl_not_negative, tightness)


def _places(trial):
    """(model, x): every model on the data, the first one also far from them."""
    yield from ((model, trial.x) for model in trial.models)
    if trial.far is not None:
        yield trial.model, trial.far


def _kl(trial, model, q, x):
    """KL(q ‖ p) for each point, from the model's own posterior where that has digits left, else from its log_joint."""
    p, log_p = trial.posterior(model, x), log_posterior(trial.log_joint(model, x))
    log_p = np.log(p, out=log_p.copy(), where=p > 1e-8)
    log_q = np.log(q, out=np.zeros_like(q), where=q > 0)
    return np.sum(np.multiply(q, log_q - log_p, out=np.zeros_like(q), where=q > 0), axis=1)


def _nan_as_inf(value):
    return np.where(np.isnan(value), np.inf, value)
