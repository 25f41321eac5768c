"""What every mixture with K labels has in common: it follows from ``log_joint`` alone."""

import numpy as np

from emlib.bound import bayes, evaluate


class Mixture:
    """Posterior, log-likelihood and information criteria of any model with ``log_joint`` and ``n_parameters``."""

    # responsibilities, array (N, K); the loop knows this function by its name and need not call log_joint again for it
    posterior = bayes

    def log_lik(self, x):
        """log p(x|θ) in nats, summed over the points (W15)."""
        return float(np.sum(evaluate(self, x).log_liks))

    def bic(self, x):
        """Bayesian information criterion −2 log p(x|θ) + n_parameters · log N; smaller is better."""
        return -2 * self.log_lik(x) + self.n_parameters * float(np.log(len(x)))

    def aic(self, x):
        """Akaike information criterion −2 log p(x|θ) + 2 n_parameters; smaller is better."""
        return -2 * self.log_lik(x) + 2 * self.n_parameters
