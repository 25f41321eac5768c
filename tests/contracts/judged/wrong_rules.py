"""What breaks the rules of a model: changed data, no model, NaN, chance, shapes; and wrong methods of its own."""

import numpy as np
import right_data
import right_plane
import right_reals
from right_reals import Normals, normals
from specimen import of_kind, wrong

KEPT, M_STEP = ["old model kept"], ["M-step ascent", "M-step optimality"]
ANY = ("old model kept", *M_STEP, "log joint", "weights sum to 1", "parameters move")


# What is not kept --------------------------------------------------------------------------------------------------


class CentresX(Normals):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        x -= x.mean()
        return new


class NormalisesQ(Normals):
    """Columns of q divided by their sums, in place."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        q /= q.sum(axis=0)
        return new


class MovesItself(Normals):
    """The means are written into the old model, which is returned."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        self.weights, self.means, self.variances = new.weights, new.means, new.variances
        return self


class WritesIntoMeans(Normals):
    """A new model, and the old one's array of means overwritten."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        self.means[:] = new.means
        return new


def own_arrays(kind):
    """A model whose arrays are its own, since it will write into them."""
    def made(rng):
        model, x = normals(kind)(rng)
        return kind(*(part.copy() for part in (model.weights, model.means, model.variances))), x
    return made


class FillsGaps(right_plane.Diagonal):
    """Missing cells overwritten with 0 in the caller's data."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        np.nan_to_num(x, copy=False)
        return new


class StartsElsewhere(right_data.Walks):
    """The first page of the first sequence is overwritten."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        x[0][0] = (x[0][0] + 1) % 3
        return new


wrong("x changed in place", normals(CentresX), KEPT, r"\bx\b|data", proof="rule")
wrong("q changed in place", normals(NormalisesQ), KEPT, r"\bq\b", proof="rule")
wrong("the old model changed", own_arrays(MovesItself), KEPT, "means|weights|variances", proof="rule")
wrong("means of the old model overwritten", own_arrays(WritesIntoMeans), KEPT, "means", proof="rule")
wrong("missing cells overwritten", of_kind(right_plane.missing_cells_left_out, FillsGaps), KEPT, r"\bx\b|data",
      proof="rule")
wrong("a sequence changed in place", of_kind(right_data.ragged_markov_chains, StartsElsewhere), KEPT, r"\bx\b|data",
      proof="rule")


# No model, no number ------------------------------------------------------------------------------------------------


class ReturnsTuple(Normals):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return new.weights, new.means, new.variances


class ReturnsNone(Normals):
    def m_step(self, x, q):
        super().m_step(x, q)


class ReturnsNaN(Normals):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.means * np.nan, new.variances)


class ReturnsClass(Normals):
    """The brackets forgotten: the class itself."""

    def m_step(self, x, q):
        return type(self)


class Raises(Normals):
    """A name that is not there."""

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / count, self.variances)      # noqa: F821


wrong("m_step returns a tuple", normals(ReturnsTuple), ANY, "m_step", "tuple", proof="rule")
wrong("m_step returns None", normals(ReturnsNone), ANY, "m_step", "None|nothing", proof="rule")
wrong("m_step returns a class", normals(ReturnsClass), ANY, "m_step", "class|type", proof="rule")
wrong("m_step gives NaN", normals(ReturnsNaN), ANY, "NaN|nan|not a number", "means", proof="rule")
wrong("m_step raises", normals(Raises), ANY, "count", "m_step|line", proof="rule")


class Chance(Normals):
    """Noise on the means, another at each call."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.means + np.random.default_rng().normal(0, 0.1, 2), new.variances)


wrong("m_step with chance in it", normals(Chance), ANY, "means|twice|random|chance", proof="maximum")


class Counts(Normals):
    """Weights as sums over n, not as means."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(q.sum(axis=0), new.means, new.variances)


wrong("weights not normalised", normals(Counts), ["weights sum to 1"], "weights|π", "sum", proof="rule")


class Transposed(Normals):
    """log_joint with a row a label."""

    def log_joint(self, x):
        return super().log_joint(x).T

    def m_step(self, x, q):
        return super().m_step(x, q.T)


wrong("log_joint transposed", normals(Transposed), ["log joint"], r"\(2, 40\)|\(N, K\)|transpose", proof="rule")


class NaNInOnePoint(Normals):
    """log of a negative number at the points left of −3."""

    def log_joint(self, x):
        with np.errstate(invalid="ignore"):
            return super().log_joint(x) + 0 * np.log(x.max() + np.where(x == x.min(), -np.inf, 0))[:, None]


wrong("log_joint NaN in one point", normals(NaNInOnePoint), ["log joint"], "NaN|nan", proof="rule")


class Standardises(Normals):
    """log_joint takes the mean of its own argument away: a point's row depends on the others."""

    def log_joint(self, x):
        return super().log_joint(x - x.mean())


wrong("log_joint sees the other points", normals(Standardises), ["log joint"], "point|row|alone|others", proof="rule")


# Methods of its own ------------------------------------------------------------------------------------------------


class WithoutWeights(right_reals.OwnWords):
    """The likelihoods normalised over z, without π."""

    def posterior(self, x):
        joint = self.log_joint(x) - np.log(self.weights)
        p = np.exp(joint - joint.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)


class SumsOverPoints(right_reals.OwnWords):
    """The posterior normalised over the wrong axis."""

    def posterior(self, x):
        p = np.exp(self.log_joint(x))
        return p / p.sum(axis=0)


class MeanLogLik(right_reals.OwnWords):
    def log_lik(self, x):
        return super().log_lik(x) / len(x)


class NoEntropy(right_reals.OwnWords):
    """The bound without the entropy of q."""

    def elbo(self, x, q):
        return np.sum(q * self.log_joint(x))


class Bits(right_reals.OwnWords):
    """The entropy in bits."""

    def elbo(self, x, q):
        return np.sum(q * self.log_joint(x)) - np.sum(q * np.log2(np.where(q > 0, q, 1)))


def unequal(kind):
    return of_kind(right_reals.normals_with_their_own_bound, kind, weights=np.array([0.2, 0.8]))


wrong("posterior without π", unequal(WithoutWeights), ["product rule"], "posterior|p\\(z", proof="rule")
wrong("posterior over the wrong axis", unequal(SumsOverPoints), ["posterior sums to 1"], "sum", proof="rule")
wrong("log_lik a mean", unequal(MeanLogLik), ["log-likelihood"], "log_lik|log-lik|mean|N", proof="rule")
wrong("elbo without entropy", unequal(NoEntropy), ["identity, random q"], "entropy|H\\(q\\)", proof="rule")
wrong("elbo in bits", unequal(Bits), ["identity, random q"], "ELBO|elbo", proof="rule")


class WeightsOfPointsIgnored(Normals):
    """sample_weight is taken, and then left lying."""

    def m_step(self, x, q, sample_weight=None):
        return super().m_step(x, q)


wrong("sample_weight ignored", normals(WeightsOfPointsIgnored), [*ANY, "sample weights"], "weight",
      proof="rule")


class NotNormalised(right_data.latent_models.HiddenMarkov):
    """Counts of moves as transitions, without division by their sums."""

    def from_statistics(self, sums):
        new = super().from_statistics(sums)
        return type(self)(new.initial, sums[1] / len(sums[1]), new.emissions)


wrong("transitions not normalised", of_kind(right_data.hidden_markov, NotNormalised), ANY, "transitions",
      proof="rule")
