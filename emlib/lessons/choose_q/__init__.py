"""Choose any q for one point: log p(x|θ) stays, ELBO and KL trade (W6–W9). Notebooks 00 and 03."""

from emlib.lessons.choose_q.panel import ChooseQ, approach_posterior

__all__ = ["ChooseQ", "approach_posterior"]
