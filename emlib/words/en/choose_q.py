"""Words of the panel in which q is chosen for one point."""

ALT = "Left: bars of q(z) beside the posterior. Right: log p(x|θ) as a bar, split into ELBO and KL."
SNAP = "Snap to posterior"
LEVEL = "All equal"
