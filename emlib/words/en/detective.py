"""Notebook 19: six suspects, what they claim, and the report that convicts them."""

ALT = ("Left: log p(x|θ) and ELBO as the suspect reports them. Right: the checks, each passed, failed or not yet "
       "looked at.")

# the controls
CHOOSE = "Suspect"
OPEN = "Open the report"

# in the picture
NAME = "Suspect {name}"
WHEN = "iteration {t}, after {kind}"
CHECKS = "Check by check"

# what is on screen
CLAIM = "{name}, {when}: it claims log-lik {log_lik} and ELBO {elbo}."
CLOSED = "{claim} The report is closed."
NONE_BROKEN = "{claim} No check fails."
FIRST_BROKEN = "{claim} The first check that fails: {check}."
