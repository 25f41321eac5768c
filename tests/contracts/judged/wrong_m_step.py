"""M-steps that do not reach the maximum, beside a log_joint that is right."""

import latent_models
import numpy as np
import right_counts
import right_data
import right_homes
import right_plane
import right_priors
import right_reals
from right_data import Codes, Letters
from right_reals import Normals, normals
from specimen import of_kind, spread, wrong

ASCENT, OPTIMUM = "M-step ascent", "M-step optimality"
M_STEP = (ASCENT, OPTIMUM)
SHORT = "maximum is not reached|not the maximum|not its maximum"       # ascent holds, and that is said


# Part of the way: no fall, no maximum ------------------------------------------------------------------------------


class HalfWay(Normals):
    """The means go half of their way."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        means = (self.means + new.means) / 2
        return type(self)(new.weights, means, spread(x, q, means))


wrong("half-way means", normals(HalfWay), [OPTIMUM], "means", SHORT, proof="maximum")


class HalfWaySpike(right_homes.Spike):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        mean = (self.mean + new.mean) / 2
        return type(self)(new.share, mean, q[:, 1] @ (x - mean) ** 2 / q[:, 1].sum())


wrong("half-way from whole numbers", of_kind(right_homes.whole_number_starts, HalfWaySpike), [OPTIMUM], r"\bmean\b",
      SHORT, proof="maximum")


class HalfWayRates(right_counts.PoissonMixture):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, (self.rates + new.rates) / 2)


wrong("half-way rates", of_kind(right_counts.counts_near_1e3, HalfWayRates), [OPTIMUM], "rates", SHORT,
      proof="maximum", terms=1e4)
wrong("half-way rates near 1e7", of_kind(right_counts.counts_near_1e7, HalfWayRates), [OPTIMUM], "rates", SHORT,
      proof="maximum", terms=2e8)


class HalfWayAnswers(right_data.Answers):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, (self.probs + new.probs) / 2)


wrong("half-way probabilities of booleans", of_kind(right_data.booleans, HalfWayAnswers), [OPTIMUM], "probs", SHORT,
      proof="maximum")


class AboutTheOldMeans(Normals):
    """Variances about the old means, then new means: two conditional maximisations, which is ECM."""

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0), spread(x, q, self.means))


wrong("variances about the old means (ECM)", normals(AboutTheOldMeans), [OPTIMUM], "variances", SHORT,
      proof="maximum")


class FillsIn(right_reals.Censored):
    """Censored times filled in with what is still to be expected, t + 1/λ: EM with one more hidden number."""

    def m_step(self, x, q):
        time, seen = x.T
        filled = time[:, None] + (1 - seen)[:, None] / self.rates
        return type(self)(q.mean(axis=0), q.sum(axis=0) / (q * filled).sum(axis=0))


wrong("censored times filled in", of_kind(right_reals.exponentials_censored, FillsIn), [OPTIMUM], "rates", SHORT,
      proof="maximum")


# Another formula ---------------------------------------------------------------------------------------------------


class OneLess(Normals):
    """Variances divided by N_k − 1."""

    def m_step(self, x, q):
        new, n = super().m_step(x, q), q.sum(axis=0)
        return type(self)(new.weights, new.means, (new.variances * n / np.maximum(n - 1, 0.5)).astype(x.dtype))


class OneLess32(OneLess, right_reals.Normals32):
    pass


wrong("variances of one less", normals(OneLess), M_STEP, "variances", proof="maximum")


def a_dozen_in_float32(rng):
    """Few points: among forty the slip is 0.002 nats, which single precision hardly shows."""
    model, x = right_reals.normals_in_float32(rng)
    return model, x[:12]


wrong("variances of one less in float32", of_kind(a_dozen_in_float32, OneLess32), M_STEP, "variances",
      proof="maximum", eps=2.0**-28)


class Deviations(Normals):
    """The square root where the variance is due."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.means, np.sqrt(new.variances))


wrong("deviations for variances", normals(Deviations), M_STEP, "variances", proof="maximum")


class IgnoresQ(Normals):
    """Each label gets the points on its side of 0, whatever q is."""

    def m_step(self, x, q):
        side = np.column_stack([x < 0, x >= 0]) * 0.98 + 0.01
        return super().m_step(x, side)


class SquaresQ(Normals):
    def m_step(self, x, q):
        return super().m_step(x, q**2)


class HardQ(Normals):
    """Each point wholly to its likeliest label, inside the M-step."""

    def m_step(self, x, q):
        return super().m_step(x, np.eye(2)[q.argmax(axis=1)] * 0.999 + 0.0005)


ALL = "means|variances|weights"
wrong("q ignored", normals(IgnoresQ), M_STEP, ALL + "|use the q", proof="maximum")
wrong("q squared", normals(SquaresQ), [*M_STEP, "weights sum to 1"], ALL, proof="maximum")
wrong("q made hard", normals(HardQ), M_STEP, ALL, proof="maximum")


class SlopesOfAll(right_plane.TwoLines):
    """The straight lines by least squares of all points, without q."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, super().m_step(x, np.ones_like(q)).slopes, new.heights, new.variances)


wrong("slopes without q", of_kind(right_plane.two_regressions, SlopesOfAll), M_STEP, "slopes", proof="maximum")


class Untied(right_plane.Tied):
    """The tied covariance as the plain mean of the K covariances, whatever their weights."""

    def m_step(self, x, q):
        new = right_plane.Plane.m_step(self, x, q)
        return type(self)(new.weights, new.means, new.covariances.mean(axis=0))


wrong("tied covariance without weights", of_kind(right_plane.normals_of_tied_covariance, Untied), M_STEP,
      "covariances", proof="maximum")


class Backwards(right_data.Walks):
    """Moves counted from the later page to the earlier."""

    def m_step(self, x, q):
        new, backwards = super().m_step(x, q), super().m_step([s[::-1] for s in x], q)
        return type(self)(new.weights, new.first, backwards.moves)


wrong("moves backwards, ragged", of_kind(right_data.ragged_markov_chains, Backwards), M_STEP, "moves",
      proof="maximum")


class OffRate(right_counts.ZeroInflated):
    """The rate from all counts, the certain zeros among them."""

    def m_step(self, x, q):
        return type(self)(q[:, 0].mean(), x.mean())


wrong("rate from all counts, with −∞", of_kind(right_counts.zero_inflated_poisson, OffRate), M_STEP, "rate",
      proof="maximum")


# A prior that is unsaid, forgotten, or upside down -------------------------------------------------------------------


class Smoothed(Letters):
    """Pseudo-counts without a word of a prior."""

    def m_step(self, x, q):
        counts = q.T @ self.counted(x) + 3
        return type(self)(q.mean(axis=0), counts / counts.sum(axis=1, keepdims=True))


class SmoothedCodes(Codes, Smoothed):
    pass


wrong("pseudo-counts of letters", of_kind(right_data.letters, Smoothed), M_STEP, "table", "prior", proof="maximum")
wrong("pseudo-counts of codes", of_kind(right_data.codes, SmoothedCodes), M_STEP, "table", "prior", proof="maximum")


class Bare:
    """Coins with the pseudo-counts of Beta(6, 6), and no log_prior."""

    log_joint, m_step = right_priors.MapCoins.log_joint, right_priors.MapCoins.m_step

    def __init__(self, weights, probs):
        self.weights, self.probs = weights, probs


wrong("MAP without log_prior", of_kind(right_priors.map_beta, Bare), M_STEP, "probs", "prior", proof="maximum")


class PriorUpsideDown(right_priors.MapRates):
    def log_prior(self):
        return -super().log_prior()


class PriorForgotten(right_priors.MapRates):
    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0))


for name, kind in (("log_prior with the wrong sign", PriorUpsideDown), ("log_prior forgotten", PriorForgotten)):
    wrong(name, of_kind(right_priors.map_dirichlet_and_gamma, kind), M_STEP, "weights|rates", "log_prior",
          proof="maximum")


# z that is no label --------------------------------------------------------------------------------------------------


class Transposed(latent_models.HiddenMarkov):
    """Transitions from the later state to the earlier."""

    def m_step(self, x, q):
        n_first, n_moves, n_seen = self.statistics(x, q)
        return self.from_statistics((n_first, n_moves.T, n_seen))


wrong("transitions transposed", of_kind(right_data.hidden_markov, Transposed), M_STEP, "transitions", proof="maximum")


class NoSpread(latent_models.FactorAnalysis):
    """The noise from the residuals of the posterior means alone."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        r = x - new.mean - q.mean @ new.loadings.T
        return type(self)(new.loadings, new.mean, (r**2).mean(axis=0))


wrong("noise without the spread of z", of_kind(right_data.factor_analysis, NoSpread), M_STEP, "noise_variances",
      proof="maximum")
