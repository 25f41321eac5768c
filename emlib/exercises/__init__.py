"""The feedback behind every exercise of the course.

A student fills in a function and gives it to the check of the same name: ``exercises.check_elbo(elbo)``. The answer
is praise, or the first case that fails with what is wrong about it; ``hint=1``, ``2``, … adds hints, and the solution
is never among them. A check never raises: a notebook with empty exercises runs to its end.
"""

from emlib.exercises.expectation import (
    check_elbo,
    check_entropy,
    check_expected_log_joint,
    check_hard_e_step,
    check_jensen_gap,
    check_kl,
    check_log_lik,
    check_posterior,
    check_tempered_e_step,
)
from emlib.exercises.feedback import Feedback
from emlib.exercises.maximisation import (
    check_coin_m_step,
    check_covariances,
    check_em_loop,
    check_m_step,
    check_means,
    check_soft_counts,
    check_weights,
)
from emlib.exercises.model import check_model

__all__ = [
    "Feedback",
    "check_coin_m_step",
    "check_covariances",
    "check_elbo",
    "check_em_loop",
    "check_entropy",
    "check_expected_log_joint",
    "check_hard_e_step",
    "check_jensen_gap",
    "check_kl",
    "check_log_lik",
    "check_m_step",
    "check_means",
    "check_model",
    "check_posterior",
    "check_soft_counts",
    "check_tempered_e_step",
    "check_weights",
]
