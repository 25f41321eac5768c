"""Notebook 05: the bound touches the log-likelihood, and EM climbs by it."""

ALT_CLIMB = ("Left: log p(x|θ) and the bound L(q,θ) below it, over θ. Right: the three relations that make it climb, "
             "each with its number.")
ALT_RIDE = ("Left: log p(x|θ), the bound L(q,θ) that touches it, and Q(θ,θᵗ), over θ. Right: values and slopes where "
            "they touch.")

# the controls
START = "start at θ ="
WANTED = "write a number from {lo} to {hi}"
THETA = "θ = {theta}"
THETA_AND_GO = "θ = {theta}; Enter or letting go: EM from here"

# above the curves
Q_FUNCTION = "Q(θ,θᵗ) dashed"

# the three relations of W24: why each holds, or does not
REASONS = {
    ("kl", True): "KL ≥ 0 (W9)",
    ("kl", False): "KL ≥ 0 (W9)",
    ("m_step", True): "M-step (W14)",
    ("m_step", False): "no M-step",
    ("e_step", True): "E-step (W11)",
    ("e_step", False): "E-step (W11)",
}

# the numbers of the tangency
AT_THE_TANGENCY = "At the touch"
DERIVATIVE_OF_LOG_LIK = "slope of log p"
DERIVATIVE_OF_ELBO = "slope of L"
ENTROPY = "entropy of q̂"
MAXIMISER_OF_ELBO = "top of L at θ ="
MAXIMISER_OF_Q_FUNCTION = "top of Q at θ ="
TANGENCY = ("The bound touches log p(x|θ) at θ = {theta}: values {log_lik} and {elbo}, slopes {derivative_of_log_lik} "
            "and {derivative_of_elbo}; its top is at θ = {maximiser}.")
