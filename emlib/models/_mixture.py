"""What every mixture with K labels has in common: it follows from ``log_joint`` alone."""

import numpy as np

from emlib import _validate as validate
from emlib.bound import log_posterior


class Mixture:
    """Posterior, log-likelihood and information criteria of any model with ``log_joint`` and ``n_parameters``."""

    def posterior(self, x):
        """Responsibilities p(z=k | x_n, θ), array (N, K) with rows summing to 1 (W3, W11)."""
        return np.exp(log_posterior(validate.log_joint(self.log_joint(x))))

    def log_lik(self, x):
        """log p(x|θ) in nats, summed over the points (W15)."""
        return float(np.sum(np.logaddexp.reduce(validate.log_joint(self.log_joint(x)), axis=1)))

    def bic(self, x):
        """Bayesian information criterion −2 log p(x|θ) + n_parameters · log N; smaller is better."""
        return -2 * self.log_lik(x) + self.n_parameters * float(np.log(len(x)))

    def aic(self, x):
        """Akaike information criterion −2 log p(x|θ) + 2 n_parameters; smaller is better."""
        return -2 * self.log_lik(x) + 2 * self.n_parameters
