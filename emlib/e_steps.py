"""E-steps: ways to choose q(z) for the model at hand. Each is a function (model, x) or (model, x, q) → the new q.

One that returns the posterior, so that the bound is tight and log p(x|θ) cannot fall, says so: ``e_step.exact = True``.
"""

import inspect

import numpy as np

from emlib.bound import evaluate, log_posterior

__all__ = ["caller", "exact", "frozen", "hard", "partial", "shared", "tempered"]


def caller(e_step):
    """How the loop asks an E-step: a function (model at x, q that stands) → q. ValueError if it is no E-step."""
    if not callable(e_step):
        raise ValueError(f"e_step is {e_step!r}; give a function (model, x) → q, such as emlib.exact")
    if hasattr(e_step, "choose") and not hasattr(e_step, "__wrapped__"):       # functools.wraps copies choose too
        return e_step.choose
    try:
        signature = inspect.signature(e_step, follow_wrapped=False)
    except (TypeError, ValueError):                     # some callables do not tell
        return lambda at, q: e_step(at.model, at.x)
    third = list(signature.parameters.values())[2:3]
    takes_q = any(p.kind <= p.POSITIONAL_OR_KEYWORD and (p.name == "q" or p.default is p.empty) for p in third)
    try:
        signature.bind(*["model", "x", "q"][:2 + takes_q])
    except TypeError:
        raise ValueError(f"e_step={getattr(e_step, '__name__', e_step)} cannot be called with (model, x) or (model, x, "
                         "q); a function that makes E-steps is called first, such as e_step=tempered(0.5)") from None
    return lambda at, q: e_step(at.model, at.x, *([q] if takes_q else []))


def _reading(choose):
    """An E-step made of a function (at, q) → q of the model at x, which the loop has already evaluated."""
    def e_step(model, x, q=None):
        return choose(evaluate(model, x), q)
    e_step.choose, e_step.__name__, e_step.__doc__ = choose, choose.__name__, choose.__doc__
    return e_step


def _log_joint(at):
    """log_joint (N, K), or a ValueError where z is no label."""
    if not hasattr(at, "log_joint"):
        raise ValueError(f"this E-step chooses among K labels; {type(at.model).__name__} has no log_joint, so its z is "
                         "no label: use `exact`")
    return at.log_joint


@_reading
def exact(at, q):
    """The exact E-step: q = p(z|x, θ), which makes the bound tight (W11). Array (N, K), or a posterior object."""
    return at.posterior


exact.exact = True


@_reading
def hard(at, q):
    """q is one-hot at the most probable z (the first of equals): the bound stays loose (W21). Array (N, K)."""
    log_joint = _log_joint(at)
    return np.eye(log_joint.shape[1])[np.argmax(log_joint, axis=1)]


def tempered(beta):
    """An E-step with q ∝ p(z|x, θ)^β, 0 ≤ β < ∞: exact at β = 1, uniform at β = 0, hard as β → ∞ (W21).

    It maximises β · E_q[log p(x, z|θ)] + H(q), which is the ELBO at β = 1 alone: that sum never falls; L may.
    """
    if not (isinstance(beta, (int, float, np.number)) and np.isfinite(beta) and beta >= 0):
        raise ValueError(f"beta is {beta}; it must be finite and ≥ 0 (1 is the exact E-step; for β = ∞ use `hard`)")

    @_reading
    def tempered_e_step(at, q):
        log_p = log_posterior(_log_joint(at))
        return np.exp(log_posterior(np.multiply(beta, log_p, out=log_p.copy(), where=np.isfinite(log_p))))
    return tempered_e_step


@_reading
def shared(at, q):
    """One q for all points, the one with the largest ELBO: q_k ∝ exp(mean_n log p(x_n, z=k|θ)), (N, K) (W21).

    A ValueError where every label is impossible for some point, so that no shared q has a finite ELBO.
    """
    log_joint = _log_joint(at)
    mean = np.mean(log_joint, axis=0)
    if np.isneginf(mean).all():
        raise ValueError("every label is impossible for some point, so no q shared by all points has a finite ELBO; "
                         "use `exact`, or give the model wider support")
    return np.tile(np.exp(log_posterior(mean[None])), (len(log_joint), 1))


def partial(fraction):
    """An E-step that goes a fraction of the straight way from the q that stands to the posterior; 1 is exact (W22).

    KL(q‖p) is convex in q, so the gap that is left is at most (1 − fraction) of the one before (Neal and Hinton 1998,
    section 2). It needs labels, and a q to start from: ``em(…, q=)``.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction is {fraction}; it must be above 0 and at most 1 (1 goes all the way)")

    @_reading
    def partial_e_step(at, q):
        _log_joint(at)
        if q is None:
            raise ValueError("e_step=partial(…) starts from a q; give one, em(model, x, e_step=partial(0.5), q=…)")
        return (1 - fraction) * q + fraction * at.posterior
    partial_e_step.exact = fraction == 1
    return partial_e_step


def frozen(q):
    """An E-step that leaves q as it is, whatever the model: only the M-step moves (W23)."""
    return lambda model, x: q
