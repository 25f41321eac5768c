"""Generalised EM: half-steps that need not go all the way, because any increase of L(q, θ) is enough (W22, W23).

Here a move may depend on the q that stands, so both arguments are carried along:
an E-move is (model, x, q) → q, an M-move is (model, x, q) → model.
"""

import itertools

import numpy as np

from emlib import _validate as validate
from emlib.bound import bound
from emlib.e_steps import exact
from emlib.em import Step

__all__ = ["climb", "e_part", "m_full", "m_gradient", "m_part"]


def climb(model, x, q, e_move, m_move):
    """Generate the half-steps of generalised EM without end, from any pair (q, θ): E, M, E, M, …

    Parameters
    ----------
    model : object
        The start θ⁰: anything with ``log_joint(x)`` → (N, K), and what `m_move` asks for.
    x : array
        Data, of the shape that the model takes.
    q : array (N, K)
        The start q⁰.
    e_move, m_move : callable
        (model, x, q) → q and (model, x, q) → model, such as `e_part` and `m_gradient` make.

    Yields
    ------
    Step

    Notes
    -----
    Where each move raises L or leaves it, so does the climb. Neal and Hinton (1998), section 2.
    """
    q = validate.q(q, validate.log_joint(model.log_joint(x)).shape)
    for t in itertools.count(1):
        q = e_move(model, x, q)
        yield Step(t, "E", model, q, bound(model.log_joint(x), q))
        model = m_move(model, x, q)
        yield Step(t, "M", model, q, bound(model.log_joint(x), q))


def e_part(fraction):
    """An E-move that goes a fraction of the straight way from q to the posterior; 1 is the exact E-step.

    KL(q‖p) is convex in q, so the gap that is left is at most (1 − fraction) of the one before.
    """
    fraction = _fraction(fraction)
    return lambda model, x, q: (1 - fraction) * q + fraction * exact(model, x)


def m_full(model, x, q):
    """The exact M-step as a move (W23)."""
    return model.m_step(x, q)


def m_part(fraction):
    """An M-move that goes a fraction of the way to the maximum; the model needs ``toward(other, fraction)``.

    It raises L where L is concave along that way.
    """
    fraction = _fraction(fraction)
    return lambda model, x, q: model.toward(model.m_step(x, q), fraction)


def m_gradient(rate):
    """An M-move up the gradient of L(q, θ) in θ; the model needs ``gradient(x, q)`` and ``shifted(delta)``.

    A rate that is too long for the curvature of L steps over the maximum, and may lower L.
    """
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"rate is {rate}; it must be finite and > 0")
    return lambda model, x, q: model.shifted(rate * model.gradient(x, q))


def _fraction(value):
    if not 0 < value <= 1:
        raise ValueError(f"fraction is {value}; it must be above 0 and at most 1 (1 goes all the way)")
    return value
