"""Notebook 08: a Gaussian mixture, fitted half-step by half-step, with the means in your hand."""

ALT = "Left: the data and the mixture. Right: log p(x|θ) split into ELBO and KL, and both over the iterations."

# the controls
START = "Start"
COVARIANCE = "Covariance"
COVARIANCES = {"full": "full", "tied": "tied", "diag": "diag", "spherical": "spherical"}
AGAIN = "Start again"
FEWER = "One component less"
NUDGE = "Nudge"
MEAN = "mean of component {k}: {mean}; Enter or letting go: EM from here"
FREE = "free place: a click or Enter adds a component there"
TOO_MANY = "No more than {most} components: a picture tells no more colours apart. Shift-click on a mean removes it."
LAST_ONE = "The last component stays: a mixture has at least one."
