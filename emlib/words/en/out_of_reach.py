"""Notebook 07: q from a family that may not hold the posterior."""

ALT = ("Top: the data with its mixture, and log p(x|θ) split into ELBO and KL. Bottom: the KL that is left after each "
       "E-step, for every family; and log p(x|θ) and ELBO over the iterations.")

# the controls
RUN = "Run"
FAMILY = "Family of q"
FAMILIES = {"exact": "exact", "tempered": "tempered", "hard": "hard", "shared": "shared"}

# a family as it is named beside its line: the tempered one with its β
NAMES = {**FAMILIES, "tempered": "tempered β = {beta}"}

# in the picture
TITLE = "{family}: iteration {t}, after {kind}"
KL_AFTER_E = "KL after E, nats"
SENTENCE = "{family}. {identity}"

# what fell in a run, and what stayed
NEVER_FELL = "{name} never fell"
FELL_AT_ITERATIONS = ("{name} fell in {n} iteration, by {by} nats together",
                      "{name} fell in {n} iterations, by {by} nats together")
FELL_AT_HALF_STEPS = ("{name} fell in {n} half-step, by {by} nats together",
                      "{name} fell in {n} half-steps, by {by} nats together")
VERDICT = "{log_lik}; {elbo}; KL after the last E: {kl} nats.{stop}"
