"""The feedback behind every exercise of the course.

A student fills in a function and gives it to the check of the same name: ``exercises.check_elbo(elbo)``. The answer
is praise, or one thing that is wrong, in the order that `feedback.ORDER` gives; ``hint=1``, ``2``, … adds hints, and
the solution is never among them. Numbers worked out by hand go to ``exercises.by_hand_one_point(log_lik=…)``. A check
never raises: a notebook with empty exercises runs to its end.

Here stands what all exercises share. Each exercise stands in its lesson, ``emlib/lessons/<idea>/exercises.py``, and
is loaded when it is asked for.
"""

from emlib._on_demand import on_demand

LESSONS = {
    "choose_q": ("by_hand_distance", "by_hand_one_point", "check_elbo", "check_entropy", "check_expected_log_joint",
                 "check_kl", "check_log_lik"),
    "climb": ("by_hand_new_mean", "check_posterior"),
    "detective": ("check_model",),
    "gaussian_mixture": ("by_hand_m_step", "check_covariances", "check_m_step", "check_means", "check_tied_covariance",
                         "check_weights"),
    "identity": ("by_hand_two_labels", "check_log_lik_at_z"),
    "jensen": ("by_hand_chord", "check_jensen_gap"),
    "out_of_reach": ("by_hand_floor", "check_hard_e_step", "check_shared_e_step", "check_tempered_e_step"),
    "two_arguments": ("by_hand_two_hills", "check_ascend"),
    "two_coins": ("by_hand_e_step", "check_coin_m_step", "check_em_loop", "check_soft_counts"),
}

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".feedback": ("Feedback",),
    **{f"..lessons.{lesson}.exercises": checks for lesson, checks in LESSONS.items()},
})
