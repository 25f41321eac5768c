"""The feedback behind every exercise of the course.

A student fills in a function and gives it to the check of the same name: ``exercises.check_elbo(elbo)``. The answer
is praise, or the first case that fails with what is wrong about it; ``hint=1``, ``2``, … adds hints, and the solution
is never among them. A check never raises: a notebook with empty exercises runs to its end.

Here stands what all exercises share. Each exercise stands in its lesson, ``emlib/lessons/<idea>/exercises.py``, and
is loaded when it is asked for.
"""

from emlib._on_demand import on_demand

LESSONS = {
    "choose_q": ("check_elbo", "check_entropy", "check_expected_log_joint", "check_kl", "check_log_lik"),
    "climb": ("check_posterior",),
    "detective": ("check_model",),
    "gaussian_mixture": ("check_covariances", "check_m_step", "check_means", "check_weights"),
    "jensen": ("check_jensen_gap",),
    "out_of_reach": ("check_hard_e_step", "check_tempered_e_step"),
    "two_coins": ("check_coin_m_step", "check_em_loop", "check_soft_counts"),
}

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".feedback": ("Feedback",),
    **{f"..lessons.{lesson}.exercises": checks for lesson, checks in LESSONS.items()},
})
