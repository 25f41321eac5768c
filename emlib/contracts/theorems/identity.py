"""The identity log p(x|θ) = ELBO + KL for any q, the sign of the KL, and the E-step that makes the bound tight."""

import numpy as np

from emlib.bound import bound, identity
from emlib.contracts.show import numbers, points
from emlib.contracts.theorem import Finding, theorem
from emlib.contracts.tolerances import IDENTITY

WHY = "rounding, relative to the sizes added up"
ANY = "log p(x|θ) = ELBO(q, θ) + KL(q ‖ p(z|x,θ)) for every q; here for q"
GAP = "|log p − ELBO − KL|"


@theorem("identity, random q", "W8", f"{ANY} drawn at random.", GAP, IDENTITY, WHY)
def identity_random(trial):
    return _identity(trial, lambda model: trial.random_q(model, 5))


@theorem("identity, one-hot q", "W8", f"{ANY} that puts everything on one z (its entropy is 0).", GAP, IDENTITY, WHY,
         labels_only=True)
def identity_one_hot(trial):
    return _identity(trial, lambda model: trial.one_hot_q(model, 5))


@theorem("identity, posterior", "W8", f"{ANY} = p(z|x,θ), where the KL is 0.", GAP, IDENTITY, WHY)
def identity_posterior(trial):
    return _identity(trial, trial.posterior)


def _identity(trial, q_of):
    worst = (0.0, None, None)
    for model in trial.models:
        q = q_of(model)

        def gap(rows, model=model, q=q):
            x, part = trial.take(rows), q[rows]
            log_lik, elbo, kl = three = _three_numbers(trial, model, part, x)
            if elbo == -np.inf and kl == np.inf:
                return 0.0, three
            off = _nan_as_inf(abs(log_lik - elbo - kl)) / max(trial.size(model, x), abs(elbo), abs(kl))
            return off, three

        found = float(gap(np.arange(trial.n))[0])
        if found > worst[0]:
            worst = (found, gap, (model, q))
    if worst[0] <= trial.allowed(IDENTITY):
        return Finding(worst[0])
    model, q = worst[2]
    rows, _ = trial.smallest(lambda rows: worst[1](rows)[0] > trial.allowed(IDENTITY))
    _, (log_lik, elbo, kl) = worst[1](rows)
    hint = (_hint if trial.labels else _hint_any_z)(trial, model, q[rows], trial.take(rows), log_lik, elbo, kl)
    return Finding(worst[0], f"{points(trial, rows, q)}: "
                   f"log p(x) = {numbers(log_lik)}, but ELBO + KL = {numbers(elbo)} + {numbers(kl)}", hint)


def _three_numbers(trial, model, q, x):
    """log p(x|θ), ELBO, KL: each by its own formula, and the model's own where it has one."""
    if trial.labels:
        return trial.log_lik(model, x), trial.elbo(model, q, x), trial.z.kl(model, x, q).sum()
    three = identity(model, x, q)
    return (trial.log_lik(model, x) if trial.has("log_lik") else three.log_lik,
            trial.elbo(model, q, x) if trial.has("elbo") else three.elbo, three.kl)


def _hint(trial, model, q, x, log_lik, elbo, kl):
    if not trial.has("elbo"):
        return ""
    right, n = bound(trial.table(model, x), q), len(x)
    if np.isclose(elbo, right.expected_log_joint) and right.entropy > 1e-9:
        return "elbo is Q = E_q[log p(x,z|θ)] alone. The bound is Q + H(q): the entropy of q is missing."
    if elbo == trial.elbo(model, trial.random_q(model, 9, x=x), x):
        return "elbo does not move when q does: it uses an older q, not the one it is given."
    if np.isclose(elbo, right.elbo / n) or np.isclose(elbo, right.elbo / trial.n):
        return "elbo is a mean over the points; totals are needed."
    if np.isclose(elbo, right.expected_log_joint - right.entropy):
        return "The entropy of q is −Σ q log q; here it enters with the wrong sign."
    return ""


def _hint_any_z(trial, model, q, x, log_lik, elbo, kl):
    p = model.posterior(x)
    missing, entropy = log_lik - elbo - kl, float(np.sum(q.entropy()))
    at_posterior = log_lik - trial.elbo(model, p, x)
    if np.isclose(log_lik - elbo, np.sum(p.kl(q)), rtol=1e-6):
        return "q.kl(p) is KL(p ‖ q): its two arguments are exchanged."
    if abs(at_posterior) <= trial.allowed(IDENTITY) * trial.size(model, x):
        return "It holds at the posterior, where the KL is 0: look at q.kl and at how the ELBO depends on q."
    if entropy == 0:
        return "q.entropy() is 0, also for a q that is not certain."
    if np.isclose(missing, -2 * entropy, rtol=1e-6):
        return "It is off by twice q.entropy(): that has the wrong sign."
    if np.isclose(abs(missing), abs(entropy), rtol=1e-6):
        return "It is off by H(q): does expected_log_joint bring the entropy in, which is added to it?"
    if np.isclose(missing, at_posterior, rtol=1e-6):
        return "It is off by as much for every q: log_liks, expected_log_joint or entropy(), perhaps by a constant."
    return ("One of four is wrong: log_liks(x), expected_log_joint(x, q), posterior(x), or q's entropy and kl. "
            "Compare each with a case that you can integrate by hand.")


@theorem("KL ≥ 0", "W9", "KL(q ‖ p(z|x,θ)) ≥ 0, and 0 only at the posterior: at least ½ (Σ_z |q − p|)² (Pinsker).",
         "largest shortfall", IDENTITY, "rounding, relative to the sum of |log p(x_n|θ)|")
def kl_not_negative(trial):
    worst, told = -np.inf, ""
    for model in trial.models:
        size = trial.size(model)
        for q, due, at_posterior in _q_and_least_kl(trial, model):
            by_difference = trial.log_lik(model) - trial.elbo(model, q)
            kl = trial.z.kl(model, trial.x, q)
            values = [(kl.sum(), due, "Σ q log(q/p)" if trial.labels else "q.kl(p)"),
                      (by_difference, due, "log p(x) − ELBO")]
            if not trial.labels:
                values.append((kl.min(), 0.0, "q.kl(p) of one row"))
            for value, least, how in values:
                short = _nan_as_inf(max(least - value, abs(value) if at_posterior else 0)) / size
                if short > worst:
                    worst = short
                    where = "at the posterior itself" if at_posterior else f"where at least {numbers(least)} is due"
                    told = f"{points(trial, np.arange(trial.n))}: KL = {how} = {numbers(value)}, {where}"
    return Finding(float(max(worst, 0)), told, "Is the ELBO a lower bound, and the posterior a distribution?")


def _q_and_least_kl(trial, model):
    """[(q, the least KL that is due there, whether it is the posterior)]."""
    p = trial.posterior(model)
    if not trial.labels:            # no total variation to be had from q alone: Pinsker says nothing here, ≥ 0 does
        return [(trial.random_q(model, 6), 0.0, False), (trial.random_q(model, 7), 0.0, False), (p, 0.0, True)]
    near, half = 0.9 * p + 0.1 * trial.random_q(model, 7), 0.5 * p + 0.5 * trial.one_hot_q(model, 6)
    return [(q, 0.5 * np.sum(np.abs(q - p).sum(axis=1) ** 2), q is p)
            for q in (trial.random_q(model, 6), near, half, p)]


@theorem("E-step is tight", "W11", "With q = p(z|x,θ) the bound touches: ELBO(q, θ) = log p(x|θ).",
         "|log p − ELBO|", IDENTITY, "rounding, relative to the sum of |log p(x_n|θ)|")
def tightness(trial):
    def gap(model, rows):
        x = trial.take(rows)
        log_lik, elbo = trial.log_lik(model, x), trial.elbo(model, trial.posterior(model, x), x)
        return _nan_as_inf(abs(log_lik - elbo)) / trial.size(model, x), log_lik, elbo
    model = max(trial.models, key=lambda m: gap(m, np.arange(trial.n))[0])
    measured = gap(model, np.arange(trial.n))[0]
    if measured <= trial.allowed(IDENTITY):
        return Finding(float(measured))
    rows, _ = trial.smallest(lambda rows: gap(model, rows)[0] > trial.allowed(IDENTITY))
    _, log_lik, elbo = gap(model, rows)
    return Finding(float(measured), f"{points(trial, rows)}: at the posterior "
                   f"ELBO = {numbers(elbo)}, log p(x) = {numbers(log_lik)}",
                   "Either q is not the posterior of this θ, or the bound is not computed with this q.")


CHECKS = (identity_random, identity_one_hot, identity_posterior, kl_not_negative, tightness)


def _nan_as_inf(value):
    return np.where(np.isnan(value), np.inf, value)
