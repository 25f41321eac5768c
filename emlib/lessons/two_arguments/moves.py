"""M-steps of generalised EM: they need not reach the maximum, because any increase of L(q, θ) is enough (W23).

Each makes a function (model, x, q) → model, for ``em(model, x, m_step=…)``. Neal and Hinton (1998), section 2.
"""

import numpy as np

__all__ = ["m_gradient", "m_part"]


def m_part(fraction):
    """An M-step that goes a fraction of the way to the maximum; the model needs ``toward(other, fraction)``.

    It raises L where L is concave along that way.

    Raises
    ------
    ValueError
        If fraction is not above 0 and at most 1.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction is {fraction}; it must be above 0 and at most 1 (1 goes all the way)")
    return lambda model, x, q: model.toward(model.m_step(x, q), fraction)


def m_gradient(rate):
    """An M-step up the gradient of L(q, θ) in θ; the model needs ``gradient(x, q)`` and ``shifted(delta)``.

    A rate that is too long for the curvature of L steps over the maximum, and may lower L.

    Raises
    ------
    ValueError
        If rate is not finite and above 0.
    """
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"rate is {rate}; it must be finite and > 0")
    return lambda model, x, q: model.shifted(rate * model.gradient(x, q))
